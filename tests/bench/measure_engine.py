"""The engine alone, one core: a new check-in on a timeline that it never saw, and whole replays with alerts and silence.

Timelines are distinct, fourteen days long, of synthetic patients; one in ten is complicated, one in twenty ends with a
note in English, Spanish or Portuguese, in the words of patients (tests/checks/notes).
"""

import time
import tomllib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import msgspec

from aftercare.alerts.replay import replay
from aftercare.care.cohort import SyntheticPatient, draw_visits, timeline
from aftercare.care.stories import Story
from aftercare.checks.engine import judge
from aftercare.checks.pack import default_pack
from aftercare.checks.words import LANGUAGES
from aftercare.checks.words.lexicon import lexicon
from aftercare.model.timeline import Timeline
from tests.bench.rows import Row, Stage, limit

_DAYS = 14  # of a timeline; the last check-in is on that day
_NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
_DULL = {Story.UNEVENTFUL, Story.SKIPS_ITEMS}
_NOTES = Path(__file__).parents[1] / "checks" / "notes"


async def measure(stage: Stage) -> AsyncIterator[Row]:
    """Two rows: new check-ins a second, and replays a second."""
    stage.say("drawing timelines")
    timelines = _drawn(stage.size(200, 10_000))
    pack = default_pack()
    for language in LANGUAGES:
        lexicon(language)
    stage.say("judging")
    started = time.process_time()
    found = sum(len(judge(pack, one, since=one.check_ins[-1].id)) for one in timelines)
    judged = len(timelines) / (time.process_time() - started)
    stage.say("replaying")
    few = timelines[: stage.size(50, 4_000)]
    started = time.process_time()
    raised = sum(len(replay(one, pack)) for one in few)
    replayed = len(few) / (time.process_time() - started)
    if not found or not raised:
        raise RuntimeError("nothing was found in a cohort with complications")
    yield limit("engine: new check-ins", ours=judged, unit="check-ins/s", goal=20_000, better="higher")
    yield limit("engine: whole replays", ours=replayed, unit="timelines/s", goal=2_000, better="higher")


def _drawn(number: int) -> list[Timeline]:
    dull, complicated = _timelines(dull=True), _timelines(dull=False)
    drawn = [next(complicated if place % 10 == 0 else dull) for place in range(number)]
    notes = _notes()
    return [
        _with_note(one, *notes[place // 20 % len(notes)]) if place % 20 == 1 else one
        for place, one in enumerate(drawn)
    ]


def _notes() -> list[tuple[str, str]]:
    """Each language's notes with the language, in turns of a fixed order."""
    return [
        (language, text)
        for language in LANGUAGES
        for text, _ in tomllib.loads((_NOTES / f"{language}.toml").read_text(encoding="utf-8"))["notes"]
        if text
    ]


def _timelines(*, dull: bool) -> Iterator[Timeline]:
    for index in count():
        for patient in draw_visits(1, index, now=_NOW, days=300):
            if (patient.story in _DULL) is dull:
                one = timeline(_two_weeks(patient))
                if one.check_ins and one.check_ins[-1].day == _DAYS:
                    yield one


def _two_weeks(patient: SyntheticPatient) -> SyntheticPatient:
    said = tuple(one for one in patient.check_ins if one.day <= _DAYS)
    return msgspec.structs.replace(patient, check_ins=said)


def _with_note(one: Timeline, language: str, note: str) -> Timeline:
    *before, newest = one.check_ins
    noted = msgspec.structs.replace(newest, answers={**newest.answers, "note": note})
    return msgspec.structs.replace(one, check_ins=[*before, noted], language=language)
