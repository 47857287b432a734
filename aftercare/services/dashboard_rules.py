"""The pages about the clinic's rules: what is live, what is tried, what a pack holds, and a draft being written."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, get_args
from uuid import UUID

from aftercare.checks.clinic_pack import difference, flat, takes, type_at
from aftercare.checks.docs import in_words, rows_in_words
from aftercare.checks.floor import GUARDS, floor_rows
from aftercare.checks.pack import RulePack, default_pack
from aftercare.checks.presets import Preset, preset
from aftercare.db.pool import Connection, Database
from aftercare.errors import AftercareError, Conflict
from aftercare.model.rule_packs import Fault, PackState, PresetName, RulePackRecord
from aftercare.model.rule_pages import (
    Band,
    PackLine,
    PresetOffer,
    RuleAct,
    RuleField,
    RuleGroup,
    RuleRow,
    RulesActPage,
    RulesEditPage,
    RulesPage,
)
from aftercare.model.words import Code, Modality, Role, Tier
from aftercare.services.dashboard_head import Reader, clinic_of, head
from aftercare.services.rule_packs import END, MUTED_DAYS, SHIPPED, effective
from aftercare.store import rule_packs as store
from aftercare.store import staff

KEPT = "kept"  # the section of what goes along with a form unseen
OFF = "off"  # beside the tiers, what may be chosen for a row
ALONE = "/alone_from_day"  # the end of a row's pointer: it has a field of its own beneath the row's
_GOALS = {"patients_alerted": 0.20, "uneventful_soon": 0.03, "caught_in_time": 0.97}  # rules.md 5
_SHOWN = 200  # packs in the history


async def rules(database: Database, reader: Reader, number: int | None, *, now: datetime) -> RulesPage:
    """One pack, or without a number the one that matters: live, else in shadow, else as shipped. Raises NotFound."""
    clinic_id = reader.actor.clinic_id
    async with database.clinic(clinic_id) as db:
        top = await head(db, reader, await clinic_of(db, reader), now)
        records, lines = await _history(db, clinic_id, number)
        live, shadow = _in(lines, PackState.LIVE), _in(lines, PackState.SHADOW)
        if number is None:
            number = live.number if live else shadow.number if shadow else SHIPPED
        pack = await effective(db, clinic_id, number)
        against = live.number if live and live.number != number else SHIPPED
        before = await effective(db, clinic_id, against)
        muted = await store.muted_counts(db, clinic_id, number, now - timedelta(days=MUTED_DAYS))
    return RulesPage(
        head=top,
        packs=lines,
        shown=next((one for one in lines if one.number == number), None),
        version=next((one.version for one in records if one.number == number), 0),
        live=live,
        in_shadow=shadow,
        against=against,
        difference=difference(before, pack),
        muted=tuple(muted),
        muted_days=MUTED_DAYS,
        groups=groups_of(pack),
        bands=bands_of(pack),
        may_change=reader.member.role is Role.PRACTITIONER,
        offers=offers(),
    )


def offers() -> tuple[PresetOffer, ...]:
    """What a draft may begin with beside the clinic's own packs."""
    return tuple(_offer(name, preset(name)) for name in get_args(PresetName))


def _offer(name: PresetName, one: Preset) -> PresetOffer:
    shipped, ours = one.simulated["shipped"], one.simulated["preset"]
    return PresetOffer(
        preset=name,
        name=one.name,
        note=one.note,
        rows=len(one.changes.get("rows", {})),
        simulated=tuple(
            (what, getattr(shipped, what), getattr(ours, what), goal) for what, goal in _GOALS.items()
        ),
    )


async def edit(
    database: Database,
    reader: Reader,
    number: int,
    *,
    now: datetime,
    typed: dict[str, str] | None = None,
    faults: Sequence[Fault] = (),
    problem: str = "",
) -> RulesEditPage:
    """A draft to be edited, or as it was typed with what is wrong with it. Raises NotFound, Conflict."""
    clinic_id = reader.actor.clinic_id
    async with database.clinic(clinic_id) as db:
        top = await head(db, reader, await clinic_of(db, reader), now)
        pack = await effective(db, clinic_id, number)
        record = await store.get(db, clinic_id, number)
    if record is None or record.state is not PackState.DRAFT:
        raise Conflict("A pack that has judged is not edited. Make a new draft of it.")
    typed = typed or {}
    return RulesEditPage(
        head=top,
        number=number,
        version=record.version,
        note=typed.get("note", "") if typed else record.note,
        sections=sections_of(pack, typed, {fault.pointer: fault.sentence for fault in faults}),
        problem=problem,
    )


async def ask(
    database: Database,
    reader: Reader,
    number: int,
    act: RuleAct,
    *,
    now: datetime,
    refused: AftercareError | None = None,
) -> RulesActPage:
    """The question before an act. Raises NotFound."""
    clinic_id = reader.actor.clinic_id
    async with database.clinic(clinic_id) as db:
        top = await head(db, reader, await clinic_of(db, reader), now)
        pack = await effective(db, clinic_id, number)
        records, lines = await _history(db, clinic_id, number)
        live = _in(lines, PackState.LIVE)
        before = await effective(db, clinic_id, live.number if live else SHIPPED)
    return RulesActPage(
        head=top,
        pack=next(one for one in lines if one.number == number),
        version=next(one.version for one in records if one.number == number),
        act=act,
        live=live,
        in_shadow=_in(lines, PackState.SHADOW),
        against=live.number if live else SHIPPED,
        difference=difference(before, pack),
        problem=refused.detail if refused else "",
    )


async def unreleased(db: Connection, clinic_id: UUID) -> int | None:
    """The number of the pack in shadow, where no pack was released yet; else None."""
    packs = {one.state: one.number for one in await store.in_use(db, clinic_id)}
    return None if PackState.LIVE in packs else packs.get(PackState.SHADOW)


def as_typed(value: Any) -> str:
    """A value of a pack as it stands in a field."""
    if isinstance(value, list):
        return " ".join(as_typed(one) for one in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


async def _history(
    db: Connection, clinic_id: UUID, number: int | None
) -> tuple[list[RulePackRecord], tuple[PackLine, ...]]:
    """The newest packs, and however old they are the one that is asked for and those that judge."""
    records = await store.page(db, clinic_id, END, _SHOWN)
    wanted = {one.number for one in await store.in_use(db, clinic_id)} | {number or SHIPPED}
    for older in sorted(wanted - {one.number for one in records}, reverse=True):
        found = await store.get(db, clinic_id, older)
        records += [found] if found is not None else []
    acted = {by for one in records for by in (one.created_by, one.edited_by, one.released_by) if by}
    names = {by: one.name for by, one in (await staff.several(db, clinic_id, list(acted))).items()}
    return records, tuple(_line(one, names) for one in records)


def _line(one: RulePackRecord, names: dict[UUID, str]) -> PackLine:
    by = one.released_by if one.released_at else (one.edited_by or one.created_by)
    return PackLine(
        number=one.number,
        state=one.state,
        note=one.note,
        changes=_count(one.changes),
        at=one.released_at or one.edited_at or one.created_at,
        by=names.get(by) if by else None,
        released=one.released_at is not None,
    )


def _count(changes: Any) -> int:
    return sum(map(_count, changes.values())) if isinstance(changes, dict) else 1


def _in(lines: Sequence[PackLine], state: PackState) -> PackLine | None:
    return next((one for one in lines if one.state is state), None)


def groups_of(pack: RulePack) -> tuple[RuleGroup, ...]:
    """The rows of a pack in words, by what they are about."""
    sentences, floor, shipped = rows_in_words(), floor_rows(default_pack()), default_pack()
    by_code: dict[Code, list[RuleRow]] = {}
    for name, row in pack.rows.items():
        made = RuleRow(
            row=name,
            sentence=in_words(pack, sentences[name]),
            tier=row.tier,
            floor=name in floor,
            off=row.off,
            holds_course=row.holds_course,
            alone_from_day=row.alone_from_day,
            changed=row != shipped.rows[name],
        )
        by_code.setdefault(row.code, []).append(made)
    return tuple(
        RuleGroup(code=code, rows=tuple(sorted(rows, key=lambda one: -one.tier.rank)))
        for code, rows in by_code.items()
    )


def bands_of(pack: RulePack) -> dict[Modality, tuple[Band, ...]]:
    """What is expected day by day, by modality."""
    shipped = default_pack().expected
    return {
        modality: tuple(
            Band(item=item, grades=grades, changed=grades != shipped[modality][item])
            for item, grades in items.items()
        )
        for modality, items in pack.expected.items()
    }


def sections_of(
    pack: RulePack, typed: dict[str, str], problems: dict[str, str]
) -> dict[str, tuple[RuleField, ...]]:
    """Every value that may be written, by the part of the pack it stands in; a row's tier and whether it is off as one."""
    ours, shipped = flat(pack), flat(default_pack())
    floor = floor_rows(default_pack())
    sections: dict[str, list[RuleField]] = {}
    for pointer, value in ours.items():
        part = pointer.split("/")[1]
        if part == "rows":
            if pointer.endswith("/tier"):
                sections.setdefault(part, []).append(_row(pack, pointer, typed, problems))
            elif pointer.endswith("/holds_course") and value != shipped[pointer]:
                # Written over the API; it has no field of its own here and must not be lost.
                kept = RuleField(
                    pointer=pointer, value=as_typed(value), shipped=as_typed(shipped[pointer]), takes=""
                )
                sections.setdefault(KEPT, []).append(kept)
        if part == "rows" and (not pointer.endswith(ALONE) or pointer.split("/")[2] in floor):
            continue
        made = RuleField(
            pointer=pointer,
            value=typed.get(pointer, as_typed(value)),
            shipped=as_typed(shipped[pointer]),
            takes=takes(type_at(pointer)),
            choices=tuple(tier.value for tier in Tier) if type_at(pointer) is Tier else (),
            guarded=tuple(
                row for guard in GUARDS if guard.pointer == pointer for row in (*guard.larger, *guard.smaller)
            ),
            problem=problems.get(pointer, ""),
        )
        sections.setdefault(part, []).append(made)
    return {part: tuple(fields) for part, fields in sections.items()}


def _row(pack: RulePack, pointer: str, typed: dict[str, str], problems: dict[str, str]) -> RuleField:
    name = pointer.removeprefix("/rows/").removesuffix("/tier")
    ours, shipped = pack.rows[name], default_pack().rows[name]
    floor = name in floor_rows(default_pack())
    tiers = [tier.value for tier in reversed(Tier) if not floor or tier.rank >= shipped.tier.rank]
    return RuleField(
        pointer=pointer,
        value=typed.get(pointer, OFF if ours.off else ours.tier.value),
        shipped=shipped.tier.value,
        takes=in_words(pack, rows_in_words()[name]),
        choices=(*tiers, *(() if floor else (OFF,))),
        guarded=(name,) if floor else (),
        problem=problems.get(pointer, "") or problems.get(f"/rows/{name}/off", ""),
    )
