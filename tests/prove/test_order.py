"""The same check-ins in any order of arrival give the same alerts.

What "the same" means, silence aside and while no staff act:
- the same alerts, by episode and code, at the same tier, holding the course or not;
- on the same evidence: the (check-in, row) pairs that count in them, each with its tier, grades and signs;
- staff were told of each alert at the same highest tier;
- in each order for itself: one alert of a code and an episode, each piece of evidence in it once, raised and told as new
  once, and a check-in that comes again is answered as the first time.
What may honestly differ: when an alert was raised, and the day and sentence it leads with (those of the evidence that came
first at the highest tier), how often staff heard of news within it, and what a sentence compares with ("new since day 1").

A phone's clock that is slow by three hours is believed in any order. A fast one is believed once its instant has passed:
had the same words come at once, they would be judged by when they came. So two orders are compared in which every clock is
believed; where fast clocks come at once, they are compared with the same rows as they were kept, in the order of their
instants. A phone that says its clock with each request (Sent-At) is put right, and then any two orders are the same.
"""

from datetime import datetime, timedelta
from random import Random
from uuid import uuid4

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from aftercare.db.pool import Database
from aftercare.model.check_ins import CheckInDraft
from aftercare.model.timeline import Risks
from aftercare.model.words import Code, Modality
from tests.prove import journeys
from tests.prove.arriving import Outcomes, Purely, Served, as_kept, read_at_once
from tests.prove.conftest import Trial
from tests.prove.journeys import START, Arrival, Journey, Said, Treated, Way
from tests.prove.people import open_clinic
from tests.services.conftest import Team


def test_any_order_gives_the_alerts_of_the_right_one(trial: Trial) -> None:
    orders = trial.size(25, 1000)
    arrived = alerts = 0

    @seed(trial.seed)
    @settings(max_examples=orders, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def in_any_order(data: st.DataObject) -> None:
        nonlocal arrived, alerts
        drawn = Random(data.draw(st.integers(0, 2**32), label="journey"))  # noqa: S311 - chance, not a secret
        journey = journeys.draw(drawn)
        lost = data.draw(st.sets(st.sampled_from(range(len(journey.said)))), label="never sent")
        there = [as_kept(one) for place, one in enumerate(journey.said) if place not in lost]
        again = data.draw(st.lists(st.sampled_from(there), max_size=8), label="again") if there else []
        order = data.draw(st.permutations([*there, *again]), label="order")
        late, right = Purely.of(journey), Purely.of(journey)
        for one in order:
            late.arrive(one)
        for one in sorted(there, key=lambda kept: (kept.judged_at, str(kept.check_in_id))):
            right.arrive(one)
        expected = right.outcomes()
        assert late.outcomes() == expected
        # Nor is the right order itself other than the whole, read in one piece.
        assert {alert: {one[:2] for one in expected[alert].evidence} for alert in expected} == read_at_once(
            right.mine
        )
        arrived, alerts = arrived + len(order), alerts + len(expected)

    in_any_order()
    trial.say(f"{orders} orders, {arrived} arrivals without a database: {alerts} alerts, all as in order")


async def test_any_way_to_the_database_gives_the_alerts_of_the_right_order(
    service: Database, trial: Trial
) -> None:
    team = await open_clinic(service, "alpha", START - timedelta(days=30))
    requests = alerts = 0
    turns = trial.size(3, 100)
    for _ in range(turns):
        journey = journeys.draw(trial.rng)
        right, sent = await _arrived(service, team, journey, journeys.in_order(journey))
        expected = await right.outcomes()
        for way in Way:
            arrivals = journeys.reordered(journey, trial.rng, way)
            other, sent = await _arrived(service, team, journey, arrivals)
            if way is Way.LIVE:
                expected = await _rows_in_order(other)
            assert await other.outcomes() == expected, way
            requests, alerts = requests + sent, alerts + len(expected)
    trial.say(
        f"{turns * len(Way)} orders, {requests} requests to the services on a database: {alerts} alerts, all as in order"
    )


async def test_a_phone_that_says_its_wrong_clock_gives_the_alerts_of_the_right_order(
    service: Database, trial: Trial
) -> None:
    team = await open_clinic(service, "alpha", START - timedelta(days=30))
    alerts, turns = 0, trial.size(2, 25)
    for turn in range(turns):
        clock = journeys.WRONG if turn % 2 else -journeys.WRONG
        journey = journeys.draw(trial.rng, clock=clock)
        right, _ = await _arrived(service, team, journey, journeys.in_order(journey), clock)
        expected = await right.outcomes()
        for way in Way:
            arrivals = journeys.reordered(journey, trial.rng, way)
            other, _ = await _arrived(service, team, journey, arrivals, clock)
            assert await other.outcomes() == expected, way
            alerts += len(expected)
    trial.say(
        f"{turns * len(Way)} orders of a phone three hours wrong that says so: {alerts} alerts, all as in order"
    )


async def _arrived(
    service: Database, team: Team, journey: Journey, arrivals: list[Arrival], clock: timedelta | None = None
) -> tuple[Served, int]:
    patient = await Served.of(service, team, journey, clock=clock)
    for arrival in arrivals:
        await patient.arrive(arrival)
    return patient, len(arrivals)


async def _rows_in_order(patient: Served) -> Outcomes:
    """What the rows as they were kept give one by one in the order of their instants."""
    mine = await patient.recovery()
    right = Purely(mine)
    for kept in mine.check_ins:
        right.arrive(kept)
    return right.outcomes()


async def test_a_session_written_down_late_is_followed_from_its_start(service: Database) -> None:
    """The first answer is dated before the session by a slow clock, and comes last."""
    session_at = START + timedelta(hours=10)
    written_at = session_at + timedelta(days=4)
    journey = Journey(
        modality=Modality.LASER_GENESIS,
        risks=Risks(),
        sessions=(Treated(at=session_at, depth_mm=None, anaesthetic=""),),
        said=(_swelling(session_at - timedelta(hours=2), 0), _swelling(session_at + timedelta(hours=35), 2)),
    )
    team = await open_clinic(service, "alpha", START)
    outcomes = []
    for order in (journey.said, journey.said[::-1]):
        patient = await Served.of(service, team, journey, now=written_at)
        for one in order:
            await patient.arrive(Arrival(at=written_at, said=(one,), batched=False))
        outcomes.append(await patient.outcomes())
    assert outcomes[0] == outcomes[1]
    rows = {row for _, row, *_ in outcomes[0][0, Code.SWELLING].evidence}
    assert "swelling.rise" in rows


def _swelling(at: datetime, grade: int) -> Said:
    draft = CheckInDraft(instrument=1, recorded_at=at, time_zone=journeys.HOME, answers={"swelling": grade})
    return Said(check_in_id=uuid4(), truly_at=at, draft=draft)
