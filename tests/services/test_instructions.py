"""Instructions through the services: what a phone gets, what stays on record, and the database's own refusals."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from aftercare.care import instructions as care
from aftercare.checks.pack import default_pack
from aftercare.db.pool import Connection, Database
from aftercare.errors import Malformed, NotFound
from aftercare.model.instructions import Claim, InstructionsDraft, InstructionSet, NewDraft, ShownWords
from aftercare.model.receipts import InstructionsShown
from aftercare.model.rule_packs import RulePackDraft
from aftercare.model.words import Modality
from aftercare.services import instructions, me, receipts, rule_packs
from aftercare.store import instructions as store
from tests.services.conftest import Recovering, Team, Treat


async def published(database: Database, team: Team, now: datetime, text: str) -> InstructionSet:
    """A version of the clinic's own in which washing is worded another way."""
    by = team.practitioner
    draft = await instructions.create_draft(database, by, NewDraft(), now=now)
    changed = tuple(
        msgspec.structs.replace(one, texts={"en": text}) if one.topic == "cleansing" else one
        for one in draft.instructions
    )
    edited = await instructions.update_draft(
        database, by, draft.version, InstructionsDraft(instructions=changed), revision=draft.revision, now=now
    )
    return await instructions.end_draft(
        database, by, draft.version, "published", revision=edited.revision, now=now
    )


async def shown_to(database: Database, team: Team, patient: Recovering, now: datetime) -> list[ShownWords]:
    return await instructions.list_shown(database, team.practitioner, patient.patient_id, now=now)


async def test_a_phone_gets_seven_days_in_the_patients_language(
    service: Database, treat: Treat, now: datetime
) -> None:
    patient = await treat(now - timedelta(days=3), language="pt-BR")
    told = (await me.get_today(service, patient.actor, now=now)).instructions
    assert told is not None
    assert (told.version, told.in_other_language) == (0, False)
    assert [one.day for one in told.days] == list(range(3, 10))
    expected = [
        one.texts["pt"] for one in care.on_day(care.shipped().instructions, Modality.MICRONEEDLING, 3)
    ]
    assert [told.items[place].text for place in told.days[0].items] == expected


async def test_the_newest_session_decides_which_instructions_hold(
    service: Database, treat: Treat, now: datetime
) -> None:
    patient = await treat(now - timedelta(days=1), modality=Modality.LASER_GENESIS)
    told = (await me.get_today(service, patient.actor, now=now)).instructions
    assert told is not None
    laser = {one.texts["en"] for one in care.shipped().instructions if one.modality is Modality.LASER_GENESIS}
    assert {one.text for one in told.items} <= laser


async def test_nothing_is_told_or_kept_once_the_recovery_is_no_longer_monitored(
    service: Database, team: Team, treat: Treat, now: datetime
) -> None:
    patient = await treat(now - timedelta(days=43))
    assert (await me.get_today(service, patient.actor, now=now)).instructions is None
    assert await shown_to(service, team, patient, now) == []
    last = await me.get_today(service, patient.actor, now=now - timedelta(days=1))
    assert last.instructions is not None
    assert [one.day for one in last.instructions.days] == [42]


async def test_what_was_fetched_is_kept_once_a_day_and_version_however_often_the_phone_asks(
    service: Database, team: Team, treat: Treat, now: datetime, database_url: str
) -> None:
    patient = await treat(now - timedelta(days=2))
    for minutes in (0, 5, 90):
        await me.get_today(service, patient.actor, now=now + timedelta(minutes=minutes))
    admin = await asyncpg.connect(database_url)
    before = await admin.fetchval("select xmin::text || '/' || xmax::text from instructions_shown")
    await me.get_today(service, patient.actor, now=now + timedelta(minutes=91))
    assert await admin.fetchval("select xmin::text || '/' || xmax::text from instructions_shown") == before
    await admin.close()
    (day,) = await shown_to(service, team, patient, now)
    assert (day.date, day.version, day.day, day.delivered_at) == (date(2026, 3, 4), 0, 2, now)
    own = await published(service, team, now, "Wash as we showed you.")
    await me.get_today(service, patient.actor, now=now + timedelta(hours=3))
    await me.get_today(service, patient.actor, now=now + timedelta(days=1))
    days = await shown_to(service, team, patient, now)
    assert [(one.date.day, one.version) for one in days] == [(5, own.version), (4, own.version), (4, 0)]


async def test_the_words_of_then_are_told_after_the_clinic_wrote_others(
    service: Database, team: Team, treat: Treat, now: datetime
) -> None:
    patient = await treat(now - timedelta(days=2))
    first = await published(service, team, now, "Wash as we showed you.")
    await me.get_today(service, patient.actor, now=now)
    await published(service, team, now, "Wash with your eyes shut.")
    told = (await me.get_today(service, patient.actor, now=now + timedelta(days=1))).instructions
    assert told is not None
    assert "Wash with your eyes shut." in [one.text for one in told.items]
    then = next(one for one in await shown_to(service, team, patient, now) if one.version == first.version)
    assert [one.text for one in then.items if one.topic == "cleansing"] == ["Wash as we showed you."]


async def test_a_receipt_says_when_it_was_first_on_the_screen_also_of_a_day_without_a_network(
    service: Database, team: Team, treat: Treat, now: datetime
) -> None:
    patient = await treat(now - timedelta(days=2))
    await me.get_today(service, patient.actor, now=now)

    async def seen(on: date, at: datetime, version: int = 0) -> None:
        receipt = InstructionsShown(id=uuid4(), at=at, date=on, version=version)
        await receipts.keep(service, patient.actor, receipt, now=now + timedelta(days=2))

    today, tomorrow = now.date(), now.date() + timedelta(days=1)
    await seen(today, now + timedelta(hours=2))
    await seen(today, now + timedelta(hours=1))
    await seen(today, now + timedelta(hours=3))
    await seen(tomorrow, now + timedelta(days=1))
    later, first = await shown_to(service, team, patient, now)
    assert (first.delivered_at, first.shown_at) == (now, now + timedelta(hours=1))
    assert (later.delivered_at, later.shown_at, later.day) == (None, now + timedelta(days=1), 3)
    assert later.items


@pytest.mark.parametrize(
    ("clock", "says"),
    [(timedelta(days=3), True), (timedelta(days=-9000), True), (timedelta(days=-9000), False)],
)
async def test_a_receipt_of_a_phone_whose_clock_is_wrong_says_what_was_shown_and_when_by_ours(
    service: Database, team: Team, treat: Treat, now: datetime, clock: timedelta, *, says: bool
) -> None:
    """A phone that is three days ahead shows the instructions of that day."""
    patient = await treat(now - timedelta(days=2))
    on = now.date() + max(clock, timedelta(0))
    receipt = InstructionsShown(id=uuid4(), at=now + clock, date=on, version=0)
    later = now + timedelta(hours=1)
    await receipts.keep(service, patient.actor, receipt, now=later, sent_at=later + clock if says else None)
    (shown,) = await shown_to(service, team, patient, now)
    assert (shown.date, shown.shown_at) == (on, now if says else later)


async def test_a_receipt_of_what_was_never_sent_is_refused(
    service: Database, team: Team, treat: Treat, now: datetime
) -> None:
    patient = await treat(now - timedelta(days=2))
    draft = await instructions.create_draft(service, team.practitioner, NewDraft(), now=now)

    async def seen(on: date, version: int, at: datetime = now) -> None:
        receipt = InstructionsShown(id=uuid4(), at=at, date=on, version=version)
        await receipts.keep(service, patient.actor, receipt, now=now)

    for version in (draft.version, 7):
        with pytest.raises(NotFound):
            await seen(now.date(), version)
    with pytest.raises(NotFound):
        await seen(now.date() - timedelta(days=3), 0)
    with pytest.raises(Malformed):
        await seen(now.date() + timedelta(days=9), 0)
    assert await shown_to(service, team, patient, now) == []


async def test_a_day_that_did_not_exist_where_the_patient_lives_has_its_neighbours_instructions(
    service: Database, treat: Treat
) -> None:
    """Samoa went from 29 to 31 December 2011."""
    session = datetime(2011, 12, 29, 20, tzinfo=UTC)  # ten in the morning of the 29th there
    patient = await treat(session, time_zone="Pacific/Apia")
    told = (await me.get_today(service, patient.actor, now=session + timedelta(hours=24))).instructions
    assert told is not None
    assert told.days[0].date == date(2011, 12, 31)
    assert told.days[0].day == 2


async def test_the_database_itself_keeps_what_was_published(
    service: Database, team: Team, now: datetime, database_url: str
) -> None:
    own = await published(service, team, now, "Wash as we showed you.")
    admin = await asyncpg.connect(database_url)
    for statement in (
        "update instruction_sets set instructions = '[]' where version = $1",
        "update instruction_sets set state = 'draft', published_at = null, published_by = null where version = $1",
        "delete from instruction_sets where version = $1",
    ):
        with pytest.raises(asyncpg.RestrictViolationError):
            await admin.execute(statement, own.version)
    await admin.close()


async def test_a_published_set_is_read_from_the_database_once(
    service: Database, team: Team, treat: Treat, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = await treat(now - timedelta(days=2))
    await published(service, team, now, "Wash as we showed you.")
    asked: list[int] = []
    real = store.get

    async def counting(db: Connection, clinic_id: UUID, version: int) -> InstructionSet | None:
        asked.append(version)
        return await real(db, clinic_id, version)

    monkeypatch.setattr(store, "get", counting)
    for minutes in range(4):
        await me.get_today(service, patient.actor, now=now + timedelta(minutes=minutes))
    assert len(asked) <= 1


async def test_words_are_held_against_the_clinics_own_course_and_can_be_mended_one_by_one(
    service: Database, team: Team, now: datetime
) -> None:
    by = team.practitioner
    # Redness and dryness are over sooner in this clinic's own course than the shipped words say.
    columns = default_pack().expected[Modality.MICRONEEDLING]
    sooner = {
        item: [0 if day > 2 else grade for day, grade in enumerate(columns[item])]
        for item in ("redness", "dryness")
    }
    changes = {"expected": {"microneedling": sooner}}
    pack = await rule_packs.draft_pack(service, by, RulePackDraft(changes=changes), now=now)
    await rule_packs.release(service, by, pack.number, now=now)
    draft = await instructions.create_draft(service, by, NewDraft(), now=now)
    usual = [
        one for one in draft.instructions if one.topic == "usual" and one.modality is Modality.MICRONEEDLING
    ]
    with pytest.raises(instructions.NotWhollyUsableError) as refused:
        await instructions.end_draft(service, by, draft.version, "published", revision=1, now=now)
    assert {int(pointer.split("/")[2]) for pointer in refused.value.pointers} == {
        place for place, one in enumerate(draft.instructions) if one in usual and one.from_day > 2
    }
    whole, revision = draft.instructions, draft.revision
    for one in usual:
        mended = msgspec.structs.replace(one, claims=())
        whole = tuple(mended if other is one else other for other in whole)
        edited = await instructions.update_draft(
            service, by, draft.version, InstructionsDraft(instructions=whole), revision=revision, now=now
        )
        revision = edited.revision
    worse = tuple(
        msgspec.structs.replace(one, claims=(Claim(says="usual", item="redness", grade=1),))
        if (one.topic, one.from_day, one.modality) == ("usual", 3, Modality.MICRONEEDLING)
        else one
        for one in whole
    )
    with pytest.raises(instructions.NotWhollyUsableError):
        await instructions.update_draft(
            service, by, draft.version, InstructionsDraft(instructions=worse), revision=revision, now=now
        )
    out = await instructions.end_draft(service, by, draft.version, "published", revision=revision, now=now)
    assert out.in_use
