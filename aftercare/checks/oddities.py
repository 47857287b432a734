"""What is odd about a timeline file, in sentences: it is read and judged all the same, and nobody should have to guess how.

Only places and names are told, never what somebody answered.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from aftercare.care.instrument import load, read_answers


def oddities(content: bytes) -> list[str]:
    """Say what is odd in each timeline of a file that could be read.

    Days before the session, ids that come twice, and answers that these questions do not know.
    """
    raw = msgspec.json.decode(content)
    entries = raw if isinstance(raw, list) else [raw]
    return [sentence for entry in entries for sentence in _of_one(entry.get("timeline", entry))]


def _of_one(timeline: dict[str, Any]) -> Iterator[str]:
    seen: dict[str, dict[str, Any]] = {}
    for place, check_in in enumerate(timeline.get("check_ins") or [], start=1):
        name = f"{_printable(timeline['id'])}, check-in {place} (day {check_in['day']})"
        check_in_id = check_in.get("id")
        first = seen.setdefault(check_in_id, check_in) if check_in_id is not None else check_in
        if first is not check_in and first == check_in:
            yield f"{name} repeats an earlier one: taken once."
            continue
        if first is not check_in:
            yield f"{name} has the id of an earlier one and says something else: both are judged."
        if check_in["day"] < 0:
            yield f"{name} lies before the session: judged as day 0."
        for aside in read_answers(load(), check_in.get("answers", {})).set_aside:
            where = _printable(aside.pointer) or "the answers"
            yield f"{name}: set aside {where}. {aside.reason}"


def _printable(text: str) -> str:
    """Write what a terminal would obey as what it is."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
