"""The page that a clinician signs: every check with its medicine, its rows, and the pack's numbers in words."""

import hashlib
import sys
import tomllib
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from string import Formatter
from types import ModuleType
from typing import Any

import msgspec

from aftercare.checks import silence
from aftercare.checks.engine import CHECKS
from aftercare.checks.found import GRADES, listed
from aftercare.checks.pack import Row, RulePack, expected
from aftercare.model.words import Code, Modality, Tier

_ROWS_IN_WORDS = Path(__file__).parent / "rows_in_words.toml"
_TREATMENTS = {Modality.MICRONEEDLING: "Micro-needling", Modality.LASER_GENESIS: "Laser Genesis"}
_TIERS = {
    Tier.EMERGENCY: ("emergency", "now; the patient is shown the emergency number at once"),
    Tier.SAME_DAY: ("same day", ""),
    Tier.SOON: ("soon", "in 24 to 48 hours"),
    Tier.ROUTINE: ("routine", "in a week, or at the next visit"),
}
# Rows whose name begins differently from the check that raises them.
_RAISED_BY = {"widespread_herpes": "cold_sore"}


def clinician_page(pack: RulePack, *, hold: timedelta, never_held: Iterable[Code]) -> str:
    """Render the page in Markdown. `hold` is how long the same stays held after resolving, `never_held` what never is."""
    parts = (
        _head(pack),
        _how_to_read(pack),
        _bands(pack),
        _checks(pack),
        _risk(pack),
        _silence(pack),
        _after_raising(hold, never_held),
        _signature(pack),
    )
    return "\n".join(line for part in parts for line in part)


def digest(pack: RulePack) -> str:
    """Give the SHA-256 of everything in a pack, in hexadecimal: the same numbers and rows have the same one."""
    return hashlib.sha256(msgspec.json.encode(pack, order="sorted")).hexdigest()


@cache
def rows_in_words() -> dict[str, str]:
    """Give each row's condition as a sentence with the pack's numbers by name."""
    words: dict[str, str] = tomllib.loads(_ROWS_IN_WORDS.read_text(encoding="utf-8"))
    return words


class _InWords(Formatter):
    """Writes a number of the pack; the format `grade` adds its word."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "grade":
            return f"{value} ({GRADES[value]})"
        return str(super().format_field(value, format_spec))


def in_words(pack: RulePack, sentence: str) -> str:
    """Fill a sentence with the pack's numbers; raises AttributeError for a number that it does not have."""
    return _InWords().vformat(sentence, (), {name: getattr(pack, name) for name in pack.__struct_fields__})


def _head(pack: RulePack) -> Iterator[str]:
    yield f"""# What the checks raise

Pack `{pack.version}`. For the clinician who answers for it: please read every line, then sign at the end. This page is made
from the program itself by `aftercare checks docs`; nobody types it, and a test fails when it is not current.

**Intended use.** Adults after micro-needling (no radiofrequency) or Laser Genesis. It orders patients' reports for review
by a qualified practitioner; it does not diagnose, exclude disease, monitor continuously or replace emergency care. It never
tells a patient that all is well. Not CE/UKCA marked or FDA cleared: for development and evaluation, not for care until the
responsible manufacturer has released it.

**How sure this is.** The bands and rows are proposed values: derived from published courses and case reports, not yet
validated on patients. Evidence for Laser Genesis is thin. Every alert carries the version of the pack that raised it. Where
the sources allow two readings, [how the checks read the rules](decisions/checks-reading-the-rules.md) says which was taken.
`clinical.md` and `rules.md`, named under each check, are the project's clinical reference and its table of rules.
"""


def _how_to_read(pack: RulePack) -> Iterator[str]:
    nearest, farthest = pack.course.day_before_hours
    tiers = "\n".join(f"- **{name}**{': ' if what else ''}{what}" for name, what in _TIERS.values())
    late = ", ".join(f"{item} {days}" for item, days in pack.deep.days_earlier.items())
    yield f"""## How to read it

**Grades** are the patient's own, of the last 24 hours: {", ".join(f"{grade} {word}" for grade, word in enumerate(GRADES))}. Pain is
asked from 0 to 10: 1 to 3 is mild, 4 to 6 moderate, 7 and 8 severe, 9 and 10 very severe.

**Urgency**, from the highest:

{tiers}

**Day** is the patient's local date minus that of the session; the session is day 0. Hours are counted from the session.

**Above what is expected** is a grade above the tables below. Of {listed(sorted(pack.baseline.items))} the patient's own grade
before the first session is taken off first, at most {pack.baseline.at_most}, and never from a {pack.baseline.never_from}.

**Two in a row** is this check-in and an earlier one of another day, at most {pack.course.pair_days} days before or on the
day that was asked before it. **Within a day** is a check-in of the day before, or of {nearest:g} to {farthest:g} hours before.

**Deep needling** is {pack.deep.needle_depth_mm:g} mm or more. From day {pack.deep.from_day} on it is given the larger of the day's own
grade and the one so many days earlier: {late}.

**Floor**: a clinic may tighten these rows; no clinic's pack may drop or lower them. **Holds the course**: the next session
waits until a practitioner has looked.

{_alone(pack)}What is absent was not asked or not answered, and is never read as "no". What was once said stays said. Redness is never needed
for any other row: it shows less on brown and black skin. One-sided, no fall since the peak, and new after day
{pack.course.new_after_day} are shown as evidence and raise nothing alone. A photo is never judged.
"""


def _alone(pack: RulePack) -> str:
    if not any(row.alone_from_day for row in pack.rows.values()):
        return ""
    return """**Alone only from a day**: before it the row needs another grade above what is expected, or another sign, in the same
check-in, or the same raised on an earlier one of two in a row. Redness is no such company for another row, a wish to be called neither.

"""


def _bands(pack: RulePack) -> Iterator[str]:
    yield "## The highest grade still expected, by day\n"
    for modality, name in _TREATMENTS.items():
        yield from _band(pack, modality, name, None)
    deep = f"Micro-needling, {pack.deep.needle_depth_mm:g} mm and deeper"
    yield from _band(pack, Modality.MICRONEEDLING, deep, pack.deep.needle_depth_mm)


def _band(pack: RulePack, modality: Modality, name: str, depth_mm: float | None) -> Iterator[str]:
    items = list(pack.expected[modality])
    last = max(len(column) for column in pack.expected[modality].values()) + max(
        pack.deep.days_earlier.values()
    )
    by_day = [
        tuple(expected(pack, modality, item, day, needle_depth_mm=depth_mm) for item in items)
        for day in range(last + 1)
    ]
    starts = [day for day in range(len(by_day)) if day == 0 or by_day[day] != by_day[day - 1]]
    ends = [start - 1 for start in starts[1:]]
    heads = [
        str(start) if start == end else f"{start}-{end}" for start, end in zip(starts, ends, strict=False)
    ]
    heads.append(f"{starts[-1]} on")
    yield f"### {name}\n"
    yield f"| day | {' | '.join(heads)} |"
    yield f"|---|{'---|' * len(heads)}"
    for place, item in enumerate(items):
        yield f"| {item} | {' | '.join(str(by_day[start][place]) for start in starts)} |"
    yield ""


def _checks(pack: RulePack) -> Iterator[str]:
    yield "## The checks\n"
    yield "Every row that applies is found; of one code the most urgent leads the alert, and the others are shown with it.\n"
    for check in CHECKS:
        module = sys.modules[check.__module__]
        yield from _medicine(module)
        rows = {
            name: row
            for name, row in pack.rows.items()
            if _check_of(name) == module.__name__.rpartition(".")[2]
        }
        yield "| when | urgency | code | |"
        yield "|---|---|---|---|"
        for name, row in sorted(rows.items(), key=lambda pair: -pair[1].tier.rank):
            sentence = in_words(pack, rows_in_words()[name])
            yield f"| {sentence} | {_urgency(row)} | `{row.code}` | {_marks(row)} |"
        yield ""


def _check_of(row: str) -> str:
    prefix = row.partition(".")[0]
    return _RAISED_BY.get(prefix, prefix)


def _medicine(module: ModuleType) -> Iterator[str]:
    """Yield a check's docstring: its first sentence as the heading, its sources on a line of their own."""
    title, _, rest = (module.__doc__ or "").strip().partition("\n")
    name, _, what = title.partition(":")
    yield f"### {name}\n" if what else f"### {title.rstrip('.')}\n"
    text, _, sources = rest.strip().partition("Sources:")
    if what:
        yield f"**{what.strip()[0].upper()}{what.strip()[1:]}**\n"
    if text.strip():
        yield text.strip() + "\n"
    if sources:
        yield f"*Sources:{sources.rstrip()}*\n".replace("\n", " ").strip() + "\n"


def _urgency(row: Row) -> str:
    return "switched off" if row.off else _TIERS[row.tier][0]


def _marks(row: Row) -> str:
    alone = f"alone only from day {row.alone_from_day}"
    marks = (("floor", row.floor), ("holds the course", row.holds_course), (alone, row.alone_from_day > 0))
    return ", ".join(mark for mark, there in marks if there)


def _risk(pack: RulePack) -> Iterator[str]:
    codes = listed(f"`{code}`" for code in sorted(pack.risk.raised_codes))
    shown = listed(f"`{code}`" for code in sorted(pack.risk.dark_skin_codes))
    yield f"""## Risk

Weak immune defence or diabetes raises {codes} by one step of urgency, to at most {_TIERS[pack.risk.raised_to_at_most][0]}
unless the row itself says emergency. From skin type {pack.risk.dark_skin_from} (Fitzpatrick) on, alerts of {shown} remind the reader
that redness shows less on this skin. What is not known of a patient is never read as absent.
"""


def _silence(pack: RulePack) -> Iterator[str]:
    yield from (line.replace("### ", "## ") for line in _medicine(silence))
    numbers = pack.silence
    calls = (
        f"{numbers.call_misses} days missed in a row on days {numbers.call_days[0]} to {numbers.call_days[1]}"
    )
    first, last = numbers.high_risk_days
    yield "| when | what follows |"
    yield "|---|---|"
    yield f"| Nothing known of risk, {calls} | the coordinator's call list, no alert |"
    yield (
        "| Cold sores in the past, weak immune defence, or laser on skin type "
        f"{pack.risk.dark_skin_from} or darker: a day missed on days {first} to {last} | reminded; "
        f"nothing by the end of the next local day: {_TIERS[numbers.high_risk_tier][0]} |"
    )
    yield (
        f"| An open alert of {_TIERS[numbers.alert_from_tier][0]} or more, or a question by staff, "
        f"{numbers.after_alert_hours:g} hours without an answer after it fell due | as urgent as that alert |"
    )
    yield "| A reminder that never left | the clinic's fault: its admin is told, the patient is not called silent |\n"


def _after_raising(hold: timedelta, never_held: Iterable[Code]) -> Iterator[str]:
    never = listed(f"`{code}`" for code in sorted(never_held))
    yield f"""## Once raised

There is one unresolved alert for each episode and code; what is found later joins it. Its clock starts again when the urgency
rises; its owner is told again then, when another decisive sign joins, when a grade rises, and when the same is still reported 48
hours after contact. Nothing is raised twice for the same evidence.

After an alert was resolved as confirmed or as expected course, the same sign at the same grade is held for {hold.days} days, until it
is worse or another sign joins. Emergencies, {never} are never held. What was held back or joined is recorded, with the reason.

A note can only raise: what it names counts as if ticked, and a note never takes back what was ticked.
"""


def _signature(pack: RulePack) -> Iterator[str]:
    yield f"""## Signature

I have read this page. The bands, rows and numbers of this pack are acceptable for the intended use above.

| | |
|---|---|
| Name | |
| Profession and registration number | |
| Clinic or organisation | |
| Date | |
| Signature | |
| Pack | `{pack.version}` |
| Digest of the pack (SHA-256) | `{digest(pack)}` |
"""
