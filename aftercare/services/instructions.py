"""Instructions of the day: a clinic's versions, what goes to a phone, and what was shown on record."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from aftercare.care import instructions as care
from aftercare.care.calendar import DAY_90, LAST_DAY
from aftercare.checks.pack import expected
from aftercare.db.pool import Connection, Database
from aftercare.errors import AftercareError, Conflict, Malformed, NotFound, Outdated
from aftercare.model.care import Episode
from aftercare.model.instructions import (
    Instruction,
    Instructions,
    InstructionsDraft,
    InstructionSet,
    NewDraft,
    SetHead,
    ShownDay,
    ShownWords,
)
from aftercare.model.people import Actor, Clinic, Patient
from aftercare.model.recovery import Recovery
from aftercare.model.words import Modality
from aftercare.services import audit, judges
from aftercare.store import clinics, patients
from aftercare.store import instructions as store

PAGE = 30
NEWEST = 2**31 - 1
_KEPT = 256
# (clinic, id of its set) -> what is published, which never changes; the first that came goes first.
_published: dict[tuple[UUID, UUID], InstructionSet] = {}


class DraftExistsError(Conflict):
    """A draft is being written already. Go on with that one, or discard it first."""

    type = "draft-exists"
    title = "There is a draft"


class NotADraftError(Conflict):
    """This version is no draft any more, and stays as it is. Begin a new draft from it."""

    type = "not-a-draft"
    title = "No draft"


class NotWhollyUsableError(AftercareError):
    """These instructions cannot be kept like this. What is wrong is said at its place."""

    status = 422
    type = "instructions-refused"
    title = "Instructions refused"


async def wrong_with(db: Connection, clinic: Clinic, instructions: Sequence[Instruction]) -> dict[str, str]:
    """What is wrong with a set, compared with the course that the clinic's own checks expect; by pointer."""
    pack = await judges.telling(db, clinic.clinic_id)

    def band(modality: Modality, item: str, day: int, needle_depth_mm: float | None) -> int:
        return expected(pack, modality, item, day, needle_depth_mm=needle_depth_mm)

    return care.problems(instructions, clinic_language=clinic.language, band=band)


async def list_sets(
    database: Database, actor: Actor, *, before: int = NEWEST, now: datetime
) -> list[SetHead]:
    """The clinic's own versions, the newest first, and at the end the shipped one."""
    async with database.clinic(actor.clinic_id) as db:
        found = await store.page(db, actor.clinic_id, before, PAGE)
        current = (await store.in_use(db, actor.clinic_id)).version
        await audit.record(db, actor, "instructions.listed", now=now)
    if len(found) < PAGE and before > 0:
        found = [*found, head_of(care.shipped())]
    return [head_of(one, in_use=current) for one in found]


def head_of(one: SetHead, *, in_use: int | None = None) -> SetHead:
    """A version without its content, and whether it is the one in use."""
    facts = {name: getattr(one, name) for name in SetHead.__struct_fields__}
    return SetHead(**facts | {"in_use": one.version == in_use})


async def get_set(database: Database, actor: Actor, version: int, *, now: datetime) -> InstructionSet:
    """One version with its content. Raises NotFound."""
    async with database.clinic(actor.clinic_id) as db:
        found = await read_set(db, actor.clinic_id, version)
        current = (await store.in_use(db, actor.clinic_id)).version
        await audit.record(db, actor, "instructions.seen", now=now, detail=version)
    return msgspec.structs.replace(found, in_use=found.version == current)


async def read_set(db: Connection, clinic_id: UUID, version: int) -> InstructionSet:
    """One version. Raises NotFound."""
    found = care.shipped() if version == 0 else await store.get(db, clinic_id, version)
    if found is None:
        raise NotFound
    return found


async def set_in_use(db: Connection, clinic_id: UUID) -> InstructionSet:
    """The version that patients get; its content is read once."""
    current = await store.in_use(db, clinic_id)
    if current.set_id is None:
        return care.shipped()
    key = (clinic_id, current.set_id)
    if key not in _published:
        found = await read_set(db, clinic_id, current.version)
        if len(_published) >= _KEPT:
            del _published[next(iter(_published))]
        _published[key] = found
    return _published[key]


async def create_draft(database: Database, actor: Actor, draft: NewDraft, *, now: datetime) -> InstructionSet:
    """A draft that begins as a copy of a version, of the one in use by default. Raises NotFound, DraftExistsError."""
    async with database.clinic(actor.clinic_id) as db:
        source = draft.copy_of
        if source is None:
            source = (await store.in_use(db, actor.clinic_id)).version
        copied = (await read_set(db, actor.clinic_id, source)).instructions
        version = await store.begin(db, actor.clinic_id, draft.note, source, copied, _staff(actor), now)
        if version is None:
            raise DraftExistsError
        await audit.record(db, actor, "instructions.drafted", now=now, detail=[version, source])
        return await read_set(db, actor.clinic_id, version)


async def update_draft(
    database: Database, actor: Actor, version: int, draft: InstructionsDraft, *, revision: int, now: datetime
) -> InstructionSet:
    """The draft as it is sent. Raises NotFound, Outdated, NotADraftError, NotWhollyUsableError with a pointer for each."""
    async with database.clinic(actor.clinic_id) as db:
        before = await _draft(db, actor, version)
        wrong = await wrong_with(db, await _clinic(db, actor), draft.instructions)
        if wrong := _of_what_is_new(wrong, before.instructions, draft.instructions):
            raise NotWhollyUsableError(pointers=wrong)
        kept = care.in_order(draft.instructions)
        newer = await store.edit(db, actor.clinic_id, version, revision, draft.note, kept, now)
        if newer is None:
            raise Outdated
        await audit.record(db, actor, "instructions.edited", now=now, detail=[version, draft])
    return msgspec.structs.replace(before, note=draft.note, instructions=kept, revision=newer, edited_at=now)


def _of_what_is_new(
    wrong: dict[str, str], before: Sequence[Instruction], after: Sequence[Instruction]
) -> dict[str, str]:
    """Without the promises that stood in the draft already: a pack that was released since must not stop its mending."""
    return {
        pointer: what
        for pointer, what in wrong.items()
        if "/claims/" not in pointer or after[int(pointer.split("/")[2])] not in before
    }


async def end_draft(
    database: Database,
    actor: Actor,
    version: int,
    state: Literal["published", "discarded"],
    *,
    revision: int,
    now: datetime,
) -> InstructionSet:
    """Publish a draft: patients get it from now on; or discard it.

    Raises NotFound, Outdated, NotADraftError, and NotWhollyUsableError where it may not go out.
    """
    async with database.clinic(actor.clinic_id) as db:
        before = await _draft(db, actor, version)
        if state == "published":
            wrong = await wrong_with(db, await _clinic(db, actor), before.instructions)
            if wrong := wrong | care.gaps(before.instructions):
                raise NotWhollyUsableError(pointers=wrong)
        newer = await store.end_draft(db, actor.clinic_id, version, revision, state, _staff(actor), now)
        if newer is None:
            raise Outdated
        await audit.record(db, actor, f"instructions.{state}", now=now, detail=version)
        ended = await store.get(db, actor.clinic_id, version)
    if ended is None:
        raise NotFound
    return msgspec.structs.replace(ended, in_use=state == "published")


async def deliver(db: Connection, actor: Actor, mine: Recovery, *, now: datetime) -> Instructions | None:
    """What to do today and on the next six days, on record as delivered; None where nothing is monitored."""
    zone = ZoneInfo(mine.patient.time_zone)
    today = now.astimezone(zone).date()
    episode = episode_on(mine.episodes, today, zone)
    if episode is None:
        return None
    chosen = await set_in_use(db, actor.clinic_id)
    told = care.ahead(
        chosen,
        episode.modality,
        today=today,
        session_on=episode.session_at.astimezone(zone).date(),
        last_day=last_day(episode),
        languages=_languages(mine.patient, mine.clinic),
    )
    delivered = shown_day(mine, episode, today, chosen.version)
    await store.deliver(
        db, actor.clinic_id, mine.patient.patient_id, msgspec.structs.replace(delivered, delivered_at=now)
    )
    return told


def last_day(episode: Episode) -> int:
    """The last day that is monitored."""
    return DAY_90 if episode.with_day_90 else LAST_DAY


def episode_on(episodes: Sequence[Episode], on: date, zone: ZoneInfo) -> Episode | None:
    """The episode whose instructions hold on a local day: the newest session's until then, while it is monitored."""
    for episode in episodes:
        day = (on - episode.session_at.astimezone(zone).date()).days
        if day >= 0:
            return episode if day <= last_day(episode) else None
    return None


def shown_day(mine: Recovery, episode: Episode, on: date, version: int) -> ShownDay:
    """The record of one local day, without an instant yet."""
    zone = ZoneInfo(mine.patient.time_zone)
    return ShownDay(
        date=on,
        version=version,
        shipped=care.SHIPPED,
        modality=episode.modality,
        day=(on - episode.session_at.astimezone(zone).date()).days,
        languages=_languages(mine.patient, mine.clinic),
    )


async def list_shown(
    database: Database,
    actor: Actor,
    patient_id: UUID,
    *,
    before: tuple[date, int] | None = None,
    now: datetime,
) -> list[ShownWords]:
    """What a patient was shown, the newest day first, in the words of then. Raises NotFound."""
    async with database.clinic(actor.clinic_id) as db:
        if await patients.get(db, actor.clinic_id, patient_id) is None:
            raise NotFound
        days = await store.shown(db, actor.clinic_id, patient_id, before or (date.max, NEWEST), PAGE)
        versions = {
            one.version: await read_set(db, actor.clinic_id, one.version) for one in days if one.version
        }
        await audit.record(db, actor, "instructions.shown_seen", now=now, patient_id=patient_id)
    return [in_words(one, versions.get(one.version) or care.shipped(one.shipped)) for one in days]


def in_words(day: ShownDay, chosen: InstructionSet) -> ShownWords:
    """A day of the record with its words, as they were put together then."""
    here = care.on_day(chosen.instructions, day.modality, day.day)
    items = tuple(care.told(one, day.languages) for one in here)
    return ShownWords(**msgspec.structs.asdict(day), items=items)


def _languages(patient: Patient, clinic: Clinic) -> tuple[str, ...]:
    return care.languages_for(patient.language, clinic.language)


async def _draft(db: Connection, actor: Actor, version: int) -> InstructionSet:
    found = await read_set(db, actor.clinic_id, version)
    if found.state != "draft":
        raise NotADraftError
    return found


async def _clinic(db: Connection, actor: Actor) -> Clinic:
    clinic = await clinics.get(db, actor.clinic_id)
    if clinic is None:
        raise NotFound
    return clinic


def _staff(actor: Actor) -> UUID:
    if actor.id is None:
        raise Malformed("Only a member of staff writes instructions.")
    return actor.id
