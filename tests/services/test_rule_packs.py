"""Which pack judges: shadow until a practitioner releases, live, beside it a shadow that only counts, and back again."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from aftercare.checks.pack import default_pack
from aftercare.checks.presets import preset
from aftercare.db.pool import Database
from aftercare.errors import Conflict, Forbidden, Malformed, NotFound, Outdated
from aftercare.model.check_ins import CheckInDraft
from aftercare.model.people import ClinicDraft
from aftercare.model.rule_packs import PackState, RulePackDraft
from aftercare.services import check_ins, clinics, rule_packs
from aftercare.store import rule_packs as store
from tests.services.background import Post, pass_time
from tests.services.conftest import Recovering, Team, Treat, make_team

LOUDER = RulePackDraft(
    changes={"rows": {"pain.moderate": {"tier": "same_day"}}}, note="Pain is told the same day."
)


@pytest.fixture
async def team(service: Database, now: datetime) -> Team:
    """A clinic whose rules nobody has released yet."""
    return await make_team(service, "alpha", now - timedelta(days=60), released=False)


@pytest.fixture
async def recovering(treat: Treat, now: datetime) -> Recovering:
    return await treat(now - timedelta(days=4))


@pytest.fixture
async def root(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def alerts(root: asyncpg.Connection) -> list[tuple[str, str, str]]:
    rows = await root.fetch("select code, tier, version from alerts order by code")
    return [tuple(row) for row in rows]


async def muted(root: asyncpg.Connection) -> list[tuple[int, str, str]]:
    rows = await root.fetch("select number, row, tier from muted_findings order by number, row")
    return [tuple(row) for row in rows]


async def states(service: Database, team: Team) -> dict[int, str]:
    found = await rule_packs.list_packs(service, team.practitioner, before=None)
    return {one.number: one.state.value for one in found}


async def test_before_anyone_releases_only_the_floor_alerts_and_the_rest_is_counted(
    service: Database, root: asyncpg.Connection, recovering: Recovering, now: datetime
) -> None:
    answer = await recovering.says(now, pain=2, raised_scar=True, tingling=True)

    assert await alerts(root) == [("cold_sore", "same_day", "default-1")]
    assert await muted(root) == [(1, "pain.moderate", "soon"), (1, "scarring.raised_scar", "routine")]
    assert answer.advice.tier == "same_day"


async def test_the_patients_advice_is_no_weaker_while_the_rules_are_in_shadow(
    service: Database, root: asyncpg.Connection, recovering: Recovering, team: Team, now: datetime
) -> None:
    in_shadow = await recovering.says(now, weeping=True)
    assert await alerts(root) == []
    await rule_packs.release(service, team.practitioner, 1, now=now)
    live = await recovering.says(now + timedelta(hours=1), weeping=True)

    assert [one[0] for one in await alerts(root)] == ["infection"]
    assert in_shadow.advice.tier == live.advice.tier == "same_day"


async def test_that_a_patient_asks_for_the_clinic_is_told_in_shadow_too(
    root: asyncpg.Connection, recovering: Recovering, now: datetime
) -> None:
    await recovering.says(now, wants_contact="urgent")
    assert await alerts(root) == [("contact_request", "same_day", "default-1")]
    assert await muted(root) == []


async def test_the_same_evidence_is_counted_once(
    service: Database, root: asyncpg.Connection, recovering: Recovering, now: datetime
) -> None:
    check_in_id = uuid4()
    draft = CheckInDraft(instrument=1, recorded_at=now, time_zone="Europe/London", answers={"pain": 2})
    for seconds in (5, 60):
        await check_ins.submit(
            service,
            recovering.actor,
            recovering.patient_id,
            check_in_id,
            draft,
            now=now + timedelta(seconds=seconds),
        )
    # What came before it is judged again with what came after.
    await recovering.says(now - timedelta(hours=20), now=now + timedelta(hours=1), itching=0)
    assert await muted(root) == [(1, "pain.moderate", "soon")]


async def test_a_release_is_in_a_name_and_holds_from_the_next_check_in_on(
    service: Database, root: asyncpg.Connection, recovering: Recovering, team: Team, now: datetime
) -> None:
    await recovering.says(now - timedelta(hours=1), white_bumps=True)
    released = await rule_packs.release(service, team.practitioner, 1, now=now)
    await recovering.says(now, pain=2)

    assert (released.state, released.released_by) == (PackState.LIVE, team.practitioner.id)
    assert await alerts(root) == [("pain", "soon", "default-1")]
    assert await muted(root) == [(1, "milia.white_bumps", "routine")]


async def test_only_a_practitioner_writes_and_releases(service: Database, team: Team, now: datetime) -> None:
    for actor in (team.coordinator, team.admin):
        with pytest.raises(Forbidden):
            await rule_packs.release(service, actor, 1, now=now)
        with pytest.raises(Forbidden):
            await rule_packs.draft_pack(service, actor, LOUDER, now=now)
    assert await states(service, team) == {1: "shadow"}


async def test_beside_a_live_pack_the_one_in_shadow_counts_only_what_it_would_have_said_otherwise(
    service: Database, root: asyncpg.Connection, recovering: Recovering, team: Team, now: datetime
) -> None:
    await rule_packs.release(service, team.practitioner, 1, now=now)
    draft = await rule_packs.draft_pack(service, team.practitioner, LOUDER, now=now)
    await rule_packs.put_in_shadow(service, team.practitioner, draft.number, now=now)

    await recovering.says(now, pain=2, raised_scar=True)

    assert await alerts(root) == [("pain", "soon", "default-1"), ("scarring", "routine", "default-1")]
    assert await muted(root) == [(2, "pain.moderate", "same_day")]


async def test_an_own_pack_judges_and_its_alerts_carry_its_number(
    service: Database, root: asyncpg.Connection, recovering: Recovering, team: Team, now: datetime
) -> None:
    draft = await rule_packs.draft_pack(service, team.practitioner, LOUDER, now=now)
    await rule_packs.release(service, team.practitioner, draft.number, now=now)
    await recovering.says(now, pain=2)

    assert await alerts(root) == [("pain", "same_day", "default-1+2")]
    assert await states(service, team) == {1: "shadow", 2: "live"}


async def test_rolling_back_makes_the_older_changes_live_under_a_new_number(
    service: Database, root: asyncpg.Connection, recovering: Recovering, team: Team, now: datetime
) -> None:
    await rule_packs.release(service, team.practitioner, 1, now=now)
    draft = await rule_packs.draft_pack(service, team.practitioner, LOUDER, now=now)
    await rule_packs.release(service, team.practitioner, draft.number, now=now)

    again = await rule_packs.restore(service, team.practitioner, 1, now=now)
    await recovering.says(now, pain=2)

    assert (again.number, again.changes, again.released_by) == (3, {}, team.practitioner.id)
    assert await states(service, team) == {1: "retired", 2: "retired", 3: "live"}
    assert await alerts(root) == [("pain", "soon", "default-1")]


async def test_what_judges_is_known_without_a_statement_once_it_was_read(
    service: Database, recovering: Recovering, team: Team, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = await rule_packs.draft_pack(service, team.practitioner, LOUDER, now=now)
    await rule_packs.release(service, team.practitioner, draft.number, now=now)
    read: list[int] = []
    real = store.get

    async def counted(db: Any, clinic_id: UUID, number: int) -> Any:
        read.append(number)
        return await real(db, clinic_id, number)

    monkeypatch.setattr(store, "get", counted)
    await recovering.says(now, pain=0)
    await recovering.says(now + timedelta(minutes=1), pain=0)
    assert len(read) <= 2  # the live one and the one in shadow, at most once each
    read.clear()
    await recovering.says(now + timedelta(minutes=2), pain=0)
    assert read == []


async def test_a_clinic_from_before_there_were_packs_runs_the_shipped_one_and_keeps_it_live(
    service: Database, root: asyncpg.Connection, recovering: Recovering, team: Team, now: datetime
) -> None:
    await root.execute("delete from rule_packs")
    await recovering.says(now, pain=2)
    assert await alerts(root) == [("pain", "soon", "default-1")]

    await rule_packs.draft_pack(service, team.practitioner, LOUDER, now=now)
    await recovering.says(now + timedelta(hours=1), itching=3)

    assert await states(service, team) == {1: "live", 2: "draft"}
    assert [one[0] for one in await alerts(root)] == ["dermatitis", "pain"]


async def test_a_draft_is_edited_as_it_was_read_and_a_pack_that_judges_never(
    service: Database, team: Team, now: datetime
) -> None:
    by = team.practitioner
    draft = await rule_packs.draft_pack(service, by, LOUDER, now=now)
    edited = await rule_packs.edit_pack(service, by, draft.number, RulePackDraft(), version=1, now=now)
    assert (edited.changes, edited.version, edited.edited_by) == ({}, 2, by.id)
    with pytest.raises(Outdated):
        await rule_packs.edit_pack(service, by, draft.number, LOUDER, version=1, now=now)
    with pytest.raises(Outdated):
        await rule_packs.release(service, by, draft.number, version=1, now=now)
    await rule_packs.release(service, by, draft.number, version=2, now=now)
    with pytest.raises(Conflict):
        await rule_packs.edit_pack(service, by, draft.number, LOUDER, version=3, now=now)


async def test_a_draft_begins_with_a_preset_and_its_own_changes_go_over_it(
    service: Database, team: Team, now: datetime
) -> None:
    by, fewer = team.practitioner, preset("fewer-alerts-1")
    begun = await rule_packs.draft_from(service, by, "fewer-alerts-1", now=now)
    assert (begun.changes, begun.note, begun.state) == (fewer.changes, fewer.note, PackState.DRAFT)
    own = {"rows": {"swelling.severe": {"alone_from_day": 0}}, "pain": {"some": 1}}
    asked = RulePackDraft(preset="fewer-alerts-1", changes=own, note="Severe swelling at once.")
    made = await rule_packs.draft_pack(service, by, asked, now=now)
    assert made.changes["rows"]["swelling.severe"] == {"alone_from_day": 0}
    assert made.changes["rows"]["swelling.moderate"] == {"alone_from_day": 6}
    assert (made.changes["pain"], made.note) == ({"some": 1}, "Severe swelling at once.")
    edited = await rule_packs.edit_pack(
        service, by, begun.number, RulePackDraft(preset="fewer-alerts-1"), version=1, now=now
    )
    assert edited.changes == fewer.changes
    below = RulePackDraft(
        preset="fewer-alerts-1", changes={"rows": {"cold_sore.tingling": {"alone_from_day": 2}}}
    )
    with pytest.raises(Malformed) as refused:
        await rule_packs.draft_pack(service, by, below, now=now)
    assert set(refused.value.pointers) == {"/changes/rows/cold_sore.tingling/alone_from_day"}


async def test_in_a_clinic_that_runs_the_preset_a_slip_waits_and_what_stays_alerts(
    service: Database, root: asyncpg.Connection, recovering: Recovering, team: Team, now: datetime
) -> None:
    draft = await rule_packs.draft_from(service, team.practitioner, "fewer-alerts-1", now=now)
    await rule_packs.release(service, team.practitioner, draft.number, now=now)

    await recovering.says(now - timedelta(days=1), swelling=2)
    assert await alerts(root) == []
    await recovering.says(now, swelling=2)

    assert await alerts(root) == [("swelling", "soon", "default-1+2")]


async def test_a_pack_below_the_floor_is_refused_and_the_row_is_named(
    service: Database, team: Team, now: datetime
) -> None:
    below = RulePackDraft(changes={"fever": {"celsius": 39.0}, "rows": {"eye.vision": {"off": True}}})
    with pytest.raises(Malformed) as refused:
        await rule_packs.draft_pack(service, team.practitioner, below, now=now)
    assert set(refused.value.pointers) == {"/changes/fever/celsius", "/changes/rows/eye.vision/off"}
    assert "infection.fever" in refused.value.detail
    assert "eye.vision" in refused.value.detail
    assert await states(service, team) == {1: "shadow"}


async def test_the_only_pack_in_shadow_is_not_retired_and_nor_is_a_live_one(
    service: Database, team: Team, now: datetime
) -> None:
    by = team.practitioner
    with pytest.raises(Conflict):
        await rule_packs.retire(service, by, 1, now=now)
    await rule_packs.release(service, by, 1, now=now)
    for refused in (rule_packs.retire, rule_packs.release, rule_packs.put_in_shadow, rule_packs.restore):
        with pytest.raises(Conflict):
            await refused(service, by, 1, now=now)
    draft = await rule_packs.draft_pack(service, by, LOUDER, now=now)
    await rule_packs.put_in_shadow(service, by, draft.number, now=now)
    await rule_packs.retire(service, by, draft.number, now=now)
    assert await states(service, team) == {1: "live", 2: "retired"}


async def test_of_many_who_write_and_release_at_once_each_has_a_number_and_one_pack_is_live(
    service: Database, team: Team, now: datetime
) -> None:
    by = team.practitioner
    await asyncio.gather(*(rule_packs.draft_pack(service, by, LOUDER, now=now) for _ in range(4)))
    assert await states(service, team) == {1: "shadow", 2: "draft", 3: "draft", 4: "draft", 5: "draft"}
    await asyncio.gather(*(rule_packs.release(service, by, number, now=now) for number in range(1, 6)))
    assert sorted((await states(service, team)).values()) == ["live", *["retired"] * 4]


async def test_what_was_done_to_a_pack_is_audited_with_who_did_it(
    service: Database, root: asyncpg.Connection, team: Team, now: datetime
) -> None:
    by = team.practitioner
    draft = await rule_packs.draft_pack(service, by, LOUDER, now=now)
    await rule_packs.edit_pack(service, by, draft.number, LOUDER, version=1, now=now)
    await rule_packs.put_in_shadow(service, by, draft.number, now=now)
    await rule_packs.release(service, by, draft.number, now=now)
    rows = await root.fetch(
        "select action, actor_id from audit_entries where subject_id = $1 order by entry_id", draft.pack_id
    )
    assert [row["action"].removeprefix("rule_pack.") for row in rows] == [
        "drafted",
        "edited",
        "put_in_shadow",
        "released",
    ]
    assert {row["actor_id"] for row in rows} == {by.id}


async def test_the_effective_pack_is_the_shipped_one_with_the_clinics_changes(
    service: Database, team: Team, now: datetime
) -> None:
    draft = await rule_packs.draft_pack(service, team.practitioner, LOUDER, now=now)
    async with service.clinic(team.clinic_id) as db:
        assert await rule_packs.current(db, team.clinic_id) is None
        assert await rule_packs.effective(db, team.clinic_id, 0) is default_pack()
        own = await rule_packs.effective(db, team.clinic_id, draft.number)
        with pytest.raises(NotFound):
            await rule_packs.effective(db, team.clinic_id, 77)
    assert (own.version, own.rows["pain.moderate"].tier) == ("default-1+2", "same_day")


async def test_a_pack_that_a_later_floor_forbids_leaves_its_clinic_with_the_shipped_numbers(
    service: Database, root: asyncpg.Connection, recovering: Recovering, team: Team, now: datetime
) -> None:
    await rule_packs.release(service, team.practitioner, 1, now=now)
    below = """{"fever": {"celsius": 40.0}, "rows": {"pain.moderate": {"off": true}}}"""
    await root.execute("update rule_packs set changes = $1, digest = 'below'", below)
    await recovering.says(now, fever_c=38.5, pain=2)
    assert await alerts(root) == [("infection", "same_day", "default-1"), ("pain", "soon", "default-1")]


async def test_silence_at_risk_is_counted_in_shadow_and_told_once_released(
    service: Database, worker: Database, root: asyncpg.Connection, treat: Treat, team: Team, now: datetime
) -> None:
    await treat(now - timedelta(minutes=5), hsv_history=True)
    post = Post()
    await pass_time(worker, post, now + timedelta(days=4))
    assert await alerts(root) == []
    assert {row.split(".")[1] for _, row, _ in await muted(root)} == {"high_risk"}

    await rule_packs.release(service, team.practitioner, 1, now=now + timedelta(days=4))
    await pass_time(worker, post, now + timedelta(days=7))
    assert [one[0] for one in await alerts(root)] == ["silence"]


async def test_a_new_clinic_begins_in_shadow(service: Database, now: datetime) -> None:
    draft = ClinicDraft(name="Quay", handle="quay", time_zone="Europe/London", country="GB")
    clinic = await clinics.create_clinic(service, draft, now=now)
    async with service.clinic(clinic.clinic_id) as db:
        (pack,) = await store.in_use(db, clinic.clinic_id)
    assert (pack.number, pack.state) == (1, PackState.SHADOW)


async def test_one_clinics_pack_is_no_other_clinics(service: Database, team: Team, now: datetime) -> None:
    second = await make_team(service, "beta", now - timedelta(days=60), released=False)
    draft = await rule_packs.draft_pack(service, team.practitioner, LOUDER, now=now)
    with pytest.raises(NotFound):
        await rule_packs.release(service, second.practitioner, draft.number, now=now)
