"""What the alarms of a period came to: a history lived through the services, counted once more from the test's own book."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from math import sqrt
from statistics import median

import asyncpg
import pytest

from aftercare.db.pool import Database
from aftercare.db.sql import queries
from aftercare.errors import Malformed
from aftercare.model.rule_packs import RulePackDraft
from aftercare.model.statistics import BudgetLine, CheckLine, Statistics, precision
from aftercare.model.words import Modality, Outcome, Tier
from aftercare.services import alerts, courses, rule_packs, statistics
from aftercare.services.alerts import Acknowledge, Note, Resolve
from aftercare.services.statistics import Asked
from aftercare.store import alerts as alert_store
from tests.services.background import Post, pass_time
from tests.services.conftest import Recovering, Team, Treat, next_session

CIT, LASER = Modality.MICRONEEDLING, Modality.LASER_GENESIS
MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)  # in London, where it is the same hour until the end of March
ASKED = Asked(since=date(2026, 3, 2), until=date(2026, 3, 22))
NOW = datetime(2026, 3, 23, 9, tzinfo=UTC)


@dataclass
class Raised:
    """An alert as the book has it; minutes from raising, where something was done."""

    code: str
    row: str
    tier: str
    taken: int | None = None
    reached: int | None = None
    outcome: str | None = None


@dataclass
class Said:
    """A check-in as the book has it."""

    patient: str
    skin_type: int | None
    modality: str
    session: int
    at: datetime
    raised: list[Raised] = field(default_factory=list)


@dataclass
class Book:
    """The history, kept beside what the services keep."""

    team: Team
    service: Database
    said: list[Said] = field(default_factory=list)

    async def quiet(self, who: Recovering, page: Said) -> None:
        await who.says(page.at, now=page.at, pain=0, redness=0, swelling=0)
        self.said.append(page)

    async def alarming(self, who: Recovering, page: Said, answers: dict[str, object]) -> None:
        await who.says(page.at, now=page.at, **answers)
        self.said.append(page)
        async with self.service.clinic(self.team.clinic_id) as db:
            found = await alert_store.of_patient(db, self.team.clinic_id, who.patient_id)
        by, database = self.team.practitioner, self.service
        for raised in page.raised:
            (alert,) = (one for one in found if one.code == raised.code and one.raised_at == page.at)
            assert (alert.tier, alert.reported[0].row) == (raised.tier, raised.row)
            if raised.taken is not None:
                at = page.at + timedelta(minutes=raised.taken)
                await alerts.acknowledge(database, by, alert.id, Acknowledge(), now=at)
            if raised.reached is not None:
                at = page.at + timedelta(minutes=raised.reached)
                await alerts.contact(database, by, alert.id, Note(), now=at)
            if raised.outcome is not None:
                what = Resolve(outcome=Outcome(raised.outcome))
                at = page.at + timedelta(minutes=max(raised.taken or 0, raised.reached or 0) + 5)
                await alerts.resolve(database, by, alert.id, what, now=at)


def on(session: datetime, day: int, hour: int = 0) -> datetime:
    return session + timedelta(days=day, hours=hour)


TINGLING = {"tingling": True, "sites": {"tingling": ["lips"]}}


@pytest.fixture
def empty(service: Database, team: Team) -> Book:
    """A clinic of which nothing is written yet."""
    return Book(team, service)


@pytest.fixture
async def book(service: Database, team: Team, treat: Treat) -> Book:
    """Five patients of both modalities and several skin types: confirmed, false, expected, open, and before the period."""
    book = Book(team, service)

    def page(
        name: str, skin: int | None, modality: str, at: datetime, *raised: Raised, session: int = 1
    ) -> Said:
        return Said(name, skin, modality, session, at, list(raised))

    alder = await treat(MONDAY, fitzpatrick=2, email="a@patients.test")
    await book.quiet(alder, page("alder", 2, CIT, on(MONDAY, 1)))
    sore = Raised("cold_sore", "cold_sore.tingling", "same_day", taken=30, reached=90, outcome="confirmed")
    await book.alarming(alder, page("alder", 2, CIT, on(MONDAY, 2), sore), TINGLING)
    await book.quiet(alder, page("alder", 2, CIT, on(MONDAY, 3)))

    birch = await treat(MONDAY, modality=LASER, fitzpatrick=5, email="b@patients.test")
    await book.quiet(birch, page("birch", 5, LASER, on(MONDAY, 2)))
    # Taken after four hours where two were promised.
    asks = Raised(
        "contact_request", "contact_request.urgent", "same_day", taken=240, reached=250, outcome="false_alarm"
    )
    await book.alarming(birch, page("birch", 5, LASER, on(MONDAY, 3), asks), {"wants_contact": "urgent"})

    cedar = await treat(on(MONDAY, 7), email="c@patients.test")
    waits = Raised("contact_request", "contact_request.can_wait", "routine")
    await book.alarming(
        cedar, page("cedar", None, CIT, on(MONDAY, 8), waits), {"wants_contact": "can_wait", "pain": 1}
    )

    # Two alarms of one check-in, one of them expected and one still open: the recovery is not decided.
    dogwood = await treat(on(MONDAY, 7), fitzpatrick=4, email="d@patients.test")
    mild = Raised("swelling", "swelling.mild", "routine", taken=60, outcome="expected_course")
    spreads = Raised("infection", "infection.spreading", "same_day")
    await book.alarming(
        dogwood, page("dogwood", 4, CIT, on(MONDAY, 13), mild, spreads), {"swelling": 1, "spreading": True}
    )

    # A recovery of long ago, with an alarm then, and nothing but quiet in the period.
    long_ago = MONDAY - timedelta(days=40)
    elm = await treat(long_ago, fitzpatrick=2, email="e@patients.test")
    early = Raised("bleeding", "bleeding.fresh", "same_day", taken=10, outcome="expected_course")
    await book.alarming(elm, page("elm", 2, CIT, on(long_ago, 3), early), {"fresh_bleeding": True})
    await book.quiet(elm, page("elm", 2, CIT, on(long_ago, 42)))
    return book


def in_period(book: Book) -> list[Said]:
    return [page for page in book.said if date(2026, 3, 2) <= page.at.date() <= date(2026, 3, 22)]


async def count(book: Book, asked: Asked = ASKED) -> Statistics:
    return await statistics.get_statistics(book.service, book.team.coordinator, asked, now=NOW)


def budget_of(pages: list[Said]) -> tuple[tuple[int, int], ...]:
    """Check-ins, patients and uneventful recoveries with what alarmed among them, counted from the book."""
    patients = {page.patient for page in pages}
    alarmed = {page.patient for page in pages if page.raised}
    sessions = {(page.patient, page.session) for page in pages}
    decided, pressed = set(), set()
    for session in sessions:
        raised = [one for page in pages if (page.patient, page.session) == session for one in page.raised]
        confirmed = any(one.outcome == "confirmed" for one in raised)
        undecided = any(one.outcome is None and one.tier != "routine" for one in raised)
        if not confirmed and not undecided:
            decided.add(session)
            if any(one.tier != "routine" for one in raised):
                pressed.add(session)
    return (
        (sum(bool(page.raised) for page in pages), len(pages)),
        (len(alarmed), len(patients)),
        (len(pressed), len(decided)),
    )


def told(line: BudgetLine) -> tuple[tuple[int, int], ...]:
    return tuple((one.count, one.of) for one in (line.check_ins, line.patients, line.uneventful))


def skin_group(skin_type: int | None) -> str:
    return "unknown" if skin_type is None else "I-III" if skin_type <= 3 else "IV-VI"


async def test_the_budget_is_what_the_book_says_in_every_group(book: Book) -> None:
    counted, pages = await count(book), in_period(book)
    groups: dict[str, Callable[[Said], tuple[str | int | None, ...] | None]] = {
        "everyone": lambda _: (None, None, None),
        "modality": lambda page: (page.modality, None, None),
        "skin": lambda page: (None, skin_group(page.skin_type), None),
        "modality_and_skin": lambda page: (page.modality, skin_group(page.skin_type), None),
        "skin_type": lambda page: (None, None, page.skin_type) if page.skin_type else None,
    }
    expected = {}
    for grouping, group in groups.items():
        for key in filter(None, {group(page) for page in pages}):
            expected[grouping, *key] = budget_of([page for page in pages if group(page) == key])
    lines = {(line.grouping, line.modality, line.skin, line.skin_type): told(line) for line in counted.budget}
    assert lines == expected
    assert counted.everyone.check_ins.share == pytest.approx(4 / 8)
    assert counted.everyone.undecided == 1


async def test_each_check_and_row_says_what_its_alerts_came_to(book: Book) -> None:
    counted = await count(book)
    raised = [one for page in in_period(book) for one in page.raised]
    for key in ("code", "row"):
        lines = {getattr(line, key): line for line in counted.checks if (line.row is None) == (key == "code")}
        assert set(lines) == {getattr(one, key) for one in raised}
        for name, line in lines.items():
            mine = [one for one in raised if getattr(one, key) == name]
            assert outcomes(line) == [
                len(mine), *(sum(one.outcome == what for one in mine) for what in (None, *Outcome))
            ]  # fmt: skip
            taken = [60.0 * one.taken for one in mine if one.taken is not None]
            assert line.acknowledged_median == (median(taken) if taken else None)
            assert line.version == "default-1"


def outcomes(line: CheckLine) -> list[int]:
    return [
        line.alerts,
        line.unresolved,
        line.confirmed,
        line.expected_course,
        line.false_alarm,
        line.duplicate,
    ]


async def test_how_soon_leaves_out_whose_time_still_runs_and_counts_who_is_late(book: Book) -> None:
    by_tier = {line.tier: line for line in (await count(book)).answered}
    same_day, routine = by_tier[Tier.SAME_DAY], by_tier[Tier.ROUTINE]
    # Alder's in time, Birch's late, Dogwood's of the day before yesterday never taken.
    assert (same_day.acknowledged.in_time.count, same_day.acknowledged.in_time.of) == (1, 3)
    assert same_day.acknowledged.median == pytest.approx(60 * (30 + 240) / 2)
    assert same_day.acknowledged.p90 == pytest.approx(60 * (30 + 0.9 * 210))
    assert same_day.contacted.median == pytest.approx(60 * (90 + 250) / 2)
    assert (same_day.contacted.in_time.count, same_day.contacted.in_time.of) == (2, 2)
    # Nobody has to call about a routine one; the one that waits has been waiting for longer than a week.
    assert (routine.acknowledged.in_time.count, routine.acknowledged.in_time.of) == (1, 2)
    assert routine.contacted.in_time.of == 0


async def test_weeks_begin_on_monday_and_a_week_of_nothing_is_shown(book: Book) -> None:
    weeks = {line.week: line for line in (await count(book)).weeks}
    assert list(weeks) == [date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 16)]
    pages = in_period(book)
    for monday, line in weeks.items():
        mine = [page for page in pages if monday <= page.at.date() < monday + timedelta(days=7)]
        assert (line.check_ins.count, line.check_ins.of) == budget_of(mine)[0]
        assert line.alerts == sum(len(page.raised) for page in mine)
        assert line.same_day == sum(one.tier == "same_day" for page in mine for one in page.raised)
        assert line.confirmed == sum(one.outcome == "confirmed" for page in mine for one in page.raised)
    empty = (await count(book, Asked(since=date(2026, 4, 6), until=date(2026, 4, 12)))).weeks
    assert [(line.week, line.check_ins.of, line.alerts) for line in empty] == [(date(2026, 4, 6), 0, 0)]


async def test_silence_stands_beside_and_is_in_no_share(empty: Book, treat: Treat, worker: Database) -> None:
    alder = await treat(MONDAY, fitzpatrick=5, email="a@patients.test")
    await empty.quiet(alder, Said("alder", 5, CIT, 1, on(MONDAY, 1)))
    await treat(MONDAY, modality=LASER, fitzpatrick=2, hsv_history=True, email="b@patients.test")
    await pass_time(worker, Post(), on(MONDAY, 4))
    counted = await count(empty)
    assert counted.everyone.silence == 1
    assert told(counted.everyone) == budget_of(empty.said)
    row = next(line for line in counted.checks if line.row)
    assert row.row == "silence.high_risk"  # without its date: days are one row
    silent = next(line for line in counted.budget if (line.grouping, line.modality) == ("modality", LASER))
    assert (silent.silence, silent.check_ins.of) == (1, 0)
    assert [(week.silence, week.alerts) for week in counted.weeks] == [(1, 0), (0, 0), (0, 0)]


async def test_what_a_pack_in_shadow_would_have_said_is_counted_apart(empty: Book, treat: Treat) -> None:
    by = empty.team.practitioner
    stricter = RulePackDraft(changes={"rows": {"milia.white_bumps": {"tier": "soon"}}})
    made = await rule_packs.draft_pack(empty.service, by, stricter, now=MONDAY)
    await rule_packs.put_in_shadow(empty.service, by, made.number, now=MONDAY)
    alder = await treat(MONDAY, fitzpatrick=5)
    for day in (8, 9):
        await alder.says(on(MONDAY, day), now=on(MONDAY, day), white_bumps=True)
    counted = await count(empty)
    muted = [
        (line.number, line.row, line.tier, line.findings, line.check_ins, line.patients)
        for line in counted.muted
    ]
    assert muted == [(made.number, None, None, 2, 2, 1), (made.number, "milia.white_bumps", "soon", 2, 2, 1)]
    assert [(line.tier, line.alerts) for line in counted.answered] == [("routine", 1)]


async def test_a_check_in_after_a_second_session_belongs_to_it(empty: Book, treat: Treat) -> None:
    fir = await treat(MONDAY - timedelta(days=28), fitzpatrick=3, email="g@patients.test")
    second = next_session(fir.course_id, on(MONDAY, 1))
    await courses.record_session(
        empty.service, empty.team.practitioner, fir.patient_id, second, now=on(MONDAY, 1)
    )
    for day, session in ((0, 1), (2, 2), (3, 2)):
        await empty.quiet(fir, Said("fir", 3, CIT, session, on(MONDAY, day)))
    everyone = (await count(empty)).everyone
    assert told(everyone) == budget_of(empty.said)


async def test_the_last_day_counts_to_its_end_in_the_clinics_zone(empty: Book, treat: Treat) -> None:
    ginkgo = await treat(datetime(2026, 3, 27, 10, tzinfo=UTC), email="h@patients.test")
    # Clocks in London go forward on the 29th: its last hour is an hour earlier in UTC.
    for at in (datetime(2026, 3, 29, 22, 59, tzinfo=UTC), datetime(2026, 3, 29, 23, 1, tzinfo=UTC)):
        await ginkgo.says(at, now=at, pain=0)
    days = [Asked(since=day, until=day) for day in (date(2026, 3, 29), date(2026, 3, 30))]
    assert [(await count(empty, day)).everyone.check_ins.of for day in days] == [1, 1]
    both = await count(empty, Asked(since=date(2026, 3, 23), until=date(2026, 4, 5)))
    assert [line.check_ins.of for line in both.weeks] == [1, 1]  # one is of Sunday night, the other of Monday


@pytest.mark.parametrize(
    ("since", "until", "field"),
    [
        (date(2026, 3, 2), date(2026, 3, 1), "/since"),
        (date(2020, 1, 1), date(2026, 1, 1), "/since"),
        (None, date(1, 1, 2), "/until"),
        (None, date.max, "/until"),
        (date.min, None, "/since"),
    ],
)
async def test_a_period_that_cannot_be_is_refused_by_name(
    since: date | None, until: date | None, field: str
) -> None:
    with pytest.raises(Malformed) as refused:
        statistics.resolve(Asked(since=since, until=until), "Europe/London", NOW)
    assert list(refused.value.pointers) == [field]


@pytest.mark.parametrize(
    ("confirmed", "judged"), [(0, 1), (1, 1), (3, 3), (2, 7), (50, 100), (0, 40), (399, 400)]
)
def test_the_interval_holds_every_share_that_the_score_test_would_not_reject(
    confirmed: int, judged: int
) -> None:
    found = precision(confirmed, judged)
    assert found.low is not None
    assert found.high is not None

    def rejected(share: float) -> bool:
        spread = sqrt(share * (1 - share) / judged)
        return abs(confirmed / judged - share) > 1.959963984540054 * spread

    for step in range(1, 10_000):
        share = step / 10_000
        if abs(share - found.low) > 1e-6 and abs(share - found.high) > 1e-6:
            assert rejected(share) == (not found.low <= share <= found.high)


async def test_reading_a_period_uses_the_indexes_made_for_it(
    empty: Book, treat: Treat, database_url: str
) -> None:
    """With much before the period, what is read is the period: no scan of all check-ins or alerts."""
    alder = await treat(MONDAY)
    await empty.quiet(alder, Said("alder", None, CIT, 1, on(MONDAY, 1)))
    owner = await asyncpg.connect(database_url)
    try:
        await owner.execute("set session_replication_role = replica")
        await owner.execute(
            "insert into check_ins select clinic_id, patient_id, gen_random_uuid(), instrument, recorded_at, "
            "received_at - n * interval '1 hour' - interval '60 days', judged_at, said_day, time_zone, answered_by, staff_id, "
            "installation_id, supersedes, unscheduled, answers, set_aside, digest, answer "
            "from check_ins, generate_series(1, 2000) as n"
        )
        await owner.execute("analyze check_ins, alerts")
        since, until = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 23, tzinfo=UTC)
        values = {"$1": str(empty.team.clinic_id), "$2": str(since), "$3": str(until), "$4": "Europe/London"}
        for name in ("budget", "weeks"):
            statement = queries("statistics")[name]
            for place, value in values.items():
                statement = statement.replace(place, f"'{value}'")
            plan = await owner.fetch("explain " + statement)
            text = "\n".join(row[0] for row in plan)
            assert "check_ins_clinic_id_received_at" in text, text
            assert "Seq Scan on check_ins" not in text
    finally:
        await owner.close()
