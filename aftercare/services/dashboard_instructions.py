"""The pages of the instructions: the matrix, the form of one, the patient's view, publishing, and what was shown."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import pairwise
from uuid import UUID

from aftercare.care import instructions as care
from aftercare.db.pool import Connection, Database
from aftercare.errors import NotFound
from aftercare.model.instruction_pages import (
    ChangedInstruction,
    DayColumn,
    HistoryRow,
    InstructionsPage,
    InstructionsPreviewPage,
    InstructionsPublishPage,
    Matrix,
    MatrixCell,
    MatrixRow,
    PatientInstructionsPage,
)
from aftercare.model.instructions import Instruction, InstructionSet, SetHead, Topic
from aftercare.model.pages import InstructionFormPage, Typed
from aftercare.model.people import Clinic, StaffMember
from aftercare.model.words import Modality, Role
from aftercare.services import dashboard_views as views
from aftercare.services import instructions
from aftercare.services.dashboard_head import Reader, clinic_of, head
from aftercare.store import instructions as store
from aftercare.store import patients, staff


async def overview(
    database: Database, reader: Reader, version: int | None, *, now: datetime
) -> InstructionsPage:
    """One version, the one in use by default, over the history. Raises NotFound."""
    clinic_id = reader.actor.clinic_id
    async with database.clinic(clinic_id) as db:
        clinic = await clinic_of(db, reader)
        top = await head(db, reader, clinic, now)
        current = (await store.in_use(db, clinic_id)).version
        chosen = await instructions.read_set(db, clinic_id, current if version is None else version)
        before = await _copied(db, clinic_id, chosen)
        heads = await store.page(db, clinic_id, instructions.NEWEST, instructions.PAGE)
        by = {one.published_by or one.created_by for one in heads} - {None}
        names = await staff.several(db, clinic_id, [one for one in by if one is not None])
        draft = await store.draft(db, clinic_id)
        missing = await _missing(db, clinic, chosen)
    languages = care.languages_for("en", clinic.language)
    history = [*heads, care.shipped()]
    return InstructionsPage(
        head=top,
        of=instructions.head_of(chosen, in_use=current),
        matrices=tuple(matrix(chosen.instructions, before, modality, languages) for modality in Modality),
        history=tuple(_history_row(one, current, names) for one in history),
        draft=draft,
        may_write=reader.member.role is Role.PRACTITIONER,
        missing=missing,
        clinic_language=clinic.language,
    )


async def _missing(db: Connection, clinic: Clinic, chosen: InstructionSet) -> tuple[str, ...]:
    """Why a draft cannot go out: what is wrong, with whose it is, and where nobody is told when to call."""
    if chosen.state != "draft":
        return ()
    wrong = await instructions.wrong_with(db, clinic, chosen.instructions)
    at = {pointer: chosen.instructions[int(pointer.split("/")[2])] for pointer in wrong}
    said = (
        f"{care.title(at[pointer])}, after {at[pointer].modality.replace('_', ' ')}, from day {at[pointer].from_day}: {what}"
        for pointer, what in wrong.items()
    )
    return (*said, *care.gaps(chosen.instructions).values())


def _history_row(one: SetHead, current: int, names: dict[UUID, StaffMember]) -> HistoryRow:
    who = one.published_by or one.created_by
    return HistoryRow(
        of=instructions.head_of(one, in_use=current),
        by=names[who].name if who in names else None,
        at=one.published_at or one.edited_at,
    )


async def _copied(db: Connection, clinic_id: UUID, chosen: InstructionSet) -> tuple[Instruction, ...]:
    """What a version was copied from; itself for the shipped one."""
    if chosen.copied_from is None:
        return chosen.instructions
    return (await instructions.read_set(db, clinic_id, chosen.copied_from)).instructions


def matrix(
    chosen: Sequence[Instruction], before: Sequence[Instruction], modality: Modality, languages: Sequence[str]
) -> Matrix:
    """Topics by days: a column wherever something begins or ends."""
    mine = [one for one in chosen if one.modality is modality]
    starts = sorted({0, *(one.from_day for one in mine), *(one.to_day + 1 for one in mine)})
    columns = tuple(DayColumn(start, end - 1) for start, end in pairwise(starts))
    by_key = keyed(chosen)
    place = {id(one): key for key, one in by_key.items()}
    rows = []
    for topic in Topic:
        for lane in _lanes([one for one in mine if one.topic is topic]):
            cells = _cells(lane, columns, place, before, languages)
            rows.append(MatrixRow(topic, tuple(cells)))
    return Matrix(modality=modality, columns=columns, rows=tuple(rows))


def keyed(chosen: Sequence[Instruction]) -> dict[str, Instruction]:
    """The instructions by a name that stays when others are added: modality, topic, first day, and a count of equals."""
    found: dict[str, Instruction] = {}
    for one in chosen:
        name, count = f"{one.modality}.{one.topic}.{one.from_day}", 0
        while f"{name}.{count}" in found:
            count += 1
        found[f"{name}.{count}"] = one
    return found


def _lanes(mine: Sequence[Instruction]) -> list[list[Instruction]]:
    """Rows in which nothing overlaps."""
    lanes: list[list[Instruction]] = []
    for one in sorted(mine, key=lambda each: each.from_day):
        lane = next((lane for lane in lanes if lane[-1].to_day < one.from_day), None)
        if lane is None:
            lanes.append([one])
        else:
            lane.append(one)
    return lanes


def _cells(
    lane: Sequence[Instruction],
    columns: Sequence[DayColumn],
    place: dict[int, str],
    before: Sequence[Instruction],
    languages: Sequence[str],
) -> Iterator[MatrixCell]:
    at = 0
    for one in lane:
        if one.from_day > at:
            yield _cell(columns, at, one.from_day - 1)
        told = care.told(one, languages)
        yield MatrixCell(
            columns=_width(columns, one.from_day, one.to_day),
            from_day=one.from_day,
            to_day=one.to_day,
            kind=one.kind,
            text=told.text,
            key=place[id(one)],
            languages=tuple(sorted(one.texts)),
            differs=one not in before,
        )
        at = one.to_day + 1
    if columns and at <= columns[-1].to_day:
        yield _cell(columns, at, columns[-1].to_day)


def _cell(columns: Sequence[DayColumn], start: int, end: int) -> MatrixCell:
    return MatrixCell(columns=_width(columns, start, end), from_day=start, to_day=end)


def _width(columns: Sequence[DayColumn], start: int, end: int) -> int:
    return sum(start <= column.from_day <= end for column in columns)


async def form_page(
    database: Database,
    reader: Reader,
    version: int,
    key: str | None,
    *,
    form: Typed,
    now: datetime,
) -> InstructionFormPage:
    """The form around what is typed. `key` is None for a new instruction. Raises NotFound, NotADraftError."""
    async with database.clinic(reader.actor.clinic_id) as db:
        clinic = await clinic_of(db, reader)
        top = await head(db, reader, clinic, now)
        chosen = await instructions.read_set(db, reader.actor.clinic_id, version)
    if chosen.state != "draft":
        raise instructions.NotADraftError
    one = None if key is None else keyed(chosen.instructions).get(key)
    written = {*care.LANGUAGES, clinic.language, *(one.texts if one else ())}
    return InstructionFormPage(
        head=top,
        version=version,
        revision=chosen.revision,
        key=key if one else None,
        form=form,
        languages=tuple(sorted(written, key=lambda tag: (tag != clinic.language, tag))),
    )


async def preview(
    database: Database,
    reader: Reader,
    version: int,
    modality: Modality,
    day: int,
    language: str,
    *,
    now: datetime,
) -> InstructionsPreviewPage:
    """A day as a patient of that language reads it. Raises NotFound."""
    clinic_id = reader.actor.clinic_id
    async with database.clinic(clinic_id) as db:
        clinic = await clinic_of(db, reader)
        top = await head(db, reader, clinic, now)
        chosen = await instructions.read_set(db, clinic_id, version)
        current = (await store.in_use(db, clinic_id)).version
    mine = [one for one in chosen.instructions if one.modality is modality]
    here = care.on_day(chosen.instructions, modality, day)
    languages = care.languages_for(language, clinic.language)
    return InstructionsPreviewPage(
        head=top,
        of=instructions.head_of(chosen, in_use=current),
        modality=modality,
        day=day,
        days=tuple(sorted({0, *(one.from_day for one in mine)})),
        language=language,
        languages=tuple(sorted({*care.LANGUAGES, *(tag for one in mine for tag in one.texts)})),
        items=tuple(care.told(one, languages) for one in here),
    )


async def publish_page(
    database: Database,
    reader: Reader,
    version: int,
    *,
    note: str | None = None,
    problem: str | None = None,
    now: datetime,
) -> InstructionsPublishPage:
    """What changes for patients when a draft goes out. Raises NotFound, NotADraftError."""
    clinic_id = reader.actor.clinic_id
    async with database.clinic(clinic_id) as db:
        clinic = await clinic_of(db, reader)
        top = await head(db, reader, clinic, now)
        chosen = await instructions.read_set(db, clinic_id, version)
        current = (await store.in_use(db, clinic_id)).version
        used = await instructions.read_set(db, clinic_id, current)
        missing = await _missing(db, clinic, chosen)
    if chosen.state != "draft":
        raise instructions.NotADraftError
    return InstructionsPublishPage(
        head=top,
        of=instructions.head_of(chosen, in_use=current),
        in_use=current,
        changes=tuple(_changes(used.instructions, chosen.instructions)),
        missing=missing,
        note=chosen.note if note is None else note,
        problem=problem,
        clinic_language=clinic.language,
    )


def _changes(before: Sequence[Instruction], after: Sequence[Instruction]) -> Iterator[ChangedInstruction]:
    found = care.difference(before, after)
    for one in found.changed:
        yield ChangedInstruction(before=care.same_in(one, before), after=one)
    yield from (ChangedInstruction(after=one) for one in found.added)
    yield from (ChangedInstruction(before=one) for one in found.removed)


async def shown(
    database: Database,
    reader: Reader,
    patient_id: UUID,
    *,
    before: tuple[date, int] | None,
    now: datetime,
) -> PatientInstructionsPage:
    """What a patient was shown, day by day. Raises NotFound."""
    async with database.clinic(reader.actor.clinic_id) as db:
        top = await head(db, reader, await clinic_of(db, reader), now)
        patient = await patients.get(db, reader.actor.clinic_id, patient_id)
    if patient is None:
        raise NotFound
    days = await instructions.list_shown(database, reader.actor, patient_id, before=before, now=now)
    last = days[-1] if len(days) == instructions.PAGE else None
    return PatientInstructionsPage(
        head=top,
        patient=views.patient_view(patient),
        days=tuple(days),
        more=f"/patients/{patient_id}/instructions?before={last.date}&beside={last.version}"
        if last
        else None,
    )
