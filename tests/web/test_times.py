import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aftercare.web import times
from aftercare.web.times import Clock, span

NOW = datetime(2026, 3, 5, 13, 24, tzinfo=UTC)
CLOCK = Clock(NOW, "Europe/Berlin")
CASES = {
    0: "under 1 min",
    59: "under 1 min",
    60: "1 min",
    3599: "59 min",
    3600: "1 h",
    7500: "2 h 05 min",
    6 * 3600 - 1: "5 h 59 min",
    6 * 3600 + 1800: "6 h",
    2 * 86400 - 1: "47 h",
    2 * 86400: "2 days",
}
CLOCKS_JS = Path(times.__file__).with_name("front") / "clocks.js"


@pytest.mark.parametrize(("seconds", "words"), CASES.items())
def test_a_span_is_said_in_the_words_of_a_deadline(seconds: int, words: str) -> None:
    assert span(seconds) == words


def test_the_browser_counts_in_the_same_words() -> None:
    node = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")
    if node is None:
        pytest.skip("no node: install the development dependencies")
    script = f"import({CLOCKS_JS.as_uri()!r}).then(m => {list(CASES)}.forEach(s => console.log(m.span(s))))"
    done = subprocess.run(
        [node, "--no-warnings", "--input-type=module", "-e", script],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert done.stdout.splitlines() == list(CASES.values())


@pytest.mark.parametrize(
    ("gap", "words"),
    [
        (timedelta(minutes=12), "12 min left"),
        (-timedelta(minutes=3), "late by 3 min"),
        (timedelta(0), "under 1 min left"),
    ],
)
def test_a_deadline_counts_down_and_then_says_how_late_it_is(gap: timedelta, words: str) -> None:
    assert CLOCK.left(NOW + gap) == words


@pytest.mark.parametrize(
    ("instant", "words"),
    [
        (datetime(2026, 3, 5, 8, 5, tzinfo=UTC), "09:05"),
        (datetime(2026, 3, 4, 22, 30, tzinfo=UTC), "yesterday 23:30"),
        (datetime(2026, 3, 4, 23, 30, tzinfo=UTC), "00:30"),
        (datetime(2026, 3, 6, 9, 0, tzinfo=UTC), "tomorrow 10:00"),
        (datetime(2026, 3, 2, 9, 0, tzinfo=UTC), "Mon 10:00"),
        (datetime(2026, 1, 2, 9, 0, tzinfo=UTC), "2 Jan, 10:00"),
        (datetime(2025, 1, 2, 9, 0, tzinfo=UTC), "2 Jan 2025, 10:00"),
    ],
)
def test_an_instant_is_said_by_the_clinics_own_day(instant: datetime, words: str) -> None:
    assert CLOCK.when(instant) == words


def test_a_check_in_that_arrived_on_a_later_day_says_both_days() -> None:
    assert CLOCK.late_arrival(NOW - timedelta(days=2), NOW) == "reported Tuesday, arrived Thursday"
    assert CLOCK.late_arrival(NOW - timedelta(days=20), NOW) == "reported 13 Feb, arrived 5 Mar"
    assert not CLOCK.late_arrival(NOW - timedelta(hours=5), NOW)
    assert not CLOCK.late_arrival(None, NOW)
