"""What one look at the workers makes of what it sees."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
import pytest

from aftercare.alerts.heartbeat import Fault, Outage, Seen, Signs, Step, background, seen, step

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
SILENCE = timedelta(minutes=2)
FAULT = Seen(fault=Fault.NO_WORKER, since=NOW - timedelta(minutes=3))


def signs(**given: timedelta | None) -> Signs:
    ago = {"newest_beat": timedelta(), "oldest_urgent": None, "watched_from": timedelta(hours=9)} | given
    return Signs(**{name: None if since is None else NOW - since for name, since in ago.items()})  # type: ignore[arg-type]


def outage(**given: timedelta) -> Outage:
    started = Outage(
        outage_id=uuid4(), why=Fault.NO_WORKER, since=FAULT.since, noticed_at=NOW - timedelta(hours=1)
    )
    return msgspec.structs.replace(started, **{name: NOW - since for name, since in given.items()})


def look(standing: Outage | None, fault: Seen | None) -> Step:
    return step(standing, fault, now=NOW, silence=SILENCE)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, None),
        ({"newest_beat": SILENCE}, None),
        ({"newest_beat": SILENCE + timedelta(seconds=1)}, Fault.NO_WORKER),
        # None ever beat: what counts is how long somebody has been looking.
        ({"newest_beat": None, "watched_from": SILENCE}, None),
        ({"newest_beat": None, "watched_from": SILENCE * 2}, Fault.NO_WORKER),
        ({"oldest_urgent": SILENCE}, None),
        ({"oldest_urgent": SILENCE * 2}, Fault.URGENT_WAITS),
        # What is claimed falls due when its lease ends.
        ({"oldest_urgent": timedelta(seconds=-15)}, None),
        ({"newest_beat": SILENCE * 2, "oldest_urgent": SILENCE * 9}, Fault.NO_WORKER),
    ],
)
def test_what_is_wrong(given: dict[str, timedelta | None], found: Fault | None) -> None:
    wrong = seen(signs(**given), now=NOW, silence=SILENCE)
    assert (wrong and wrong.fault) == found


def test_a_fault_stands_since_the_last_beat_or_since_the_work_fell_due() -> None:
    dead = signs(newest_beat=SILENCE * 3, oldest_urgent=SILENCE * 9)
    assert seen(dead, now=NOW, silence=SILENCE) == Seen(fault=Fault.NO_WORKER, since=NOW - SILENCE * 3)
    stuck = signs(oldest_urgent=SILENCE * 2)
    assert seen(stuck, now=NOW, silence=SILENCE) == Seen(fault=Fault.URGENT_WAITS, since=NOW - SILENCE * 2)


def test_a_fault_is_told_only_when_a_later_look_sees_it_too() -> None:
    assert look(None, FAULT) is Step.NOTICE
    assert look(outage(noticed_at=timedelta(seconds=19)), FAULT) is Step.NOTHING
    assert look(outage(noticed_at=timedelta(seconds=20)), FAULT) is Step.TELL
    assert look(outage(noticed_at=timedelta(seconds=20)), None) is Step.FORGET


def test_what_was_told_is_not_told_again_and_its_end_is_told_when_it_lasts() -> None:
    told = outage(told_at=timedelta(minutes=30))
    mending = outage(told_at=timedelta(minutes=30), well_at=timedelta(seconds=19))
    assert look(told, FAULT) is Step.NOTHING
    assert look(told, None) is Step.MEND
    assert look(mending, None) is Step.NOTHING
    assert look(mending, FAULT) is Step.RELAPSE
    assert look(outage(told_at=timedelta(minutes=30), well_at=timedelta(seconds=20)), None) is Step.TELL_OVER


def test_all_is_well_without_a_fault() -> None:
    assert look(None, None) is Step.NOTHING


def test_background_work_in_a_word() -> None:
    def word(beat: timedelta | None, standing: Outage | None) -> str:
        return background(None if beat is None else NOW - beat, standing, now=NOW, silence=SILENCE)

    waits = msgspec.structs.replace(outage(told_at=timedelta(minutes=1)), why=Fault.URGENT_WAITS)
    assert word(timedelta(), None) == "ok"
    assert word(SILENCE, None) == "ok"  # as it is no fault either
    assert word(None, None) == "silent"
    assert word(SILENCE * 2, waits) == "silent"
    assert word(timedelta(), waits) == "behind"
    assert word(timedelta(), msgspec.structs.replace(waits, told_at=None)) == "ok"
