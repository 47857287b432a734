"""From what was typed to a follow-up and to a script. Pure."""

from typing import Any

from aftercare.model.follow_ups import EntryKind, FollowUpDraft, ScriptDraft, ScriptUse
from aftercare.model.words import Tier
from aftercare.web.typed import build, local_time, whole

PARTS = ("ask", "advise", "send_on")


def follow_up(typed: dict[str, str], time_zone: str) -> tuple[FollowUpDraft | None, dict[str, str]]:
    """The follow-up, or what is wrong by field. Its time is local to `time_zone`."""
    said: dict[str, Any] = {
        name: typed[name] for name in ("text", "advised", "visit_on", "next_step", "next_on") if name in typed
    }
    problems: dict[str, str] = {}
    if typed.get("kind") in set(EntryKind):
        said["kind"] = EntryKind(typed["kind"])
    else:
        problems["kind"] = "Choose what it was."
    if "happened_at" in typed:
        said["happened_at"] = local_time(typed["happened_at"], time_zone)
        if said["happened_at"] is None:
            problems["happened_at"] = "Write a date and a time, or leave it empty for now."
    said["reached"] = "reached" in typed
    if typed.get("seen") in set(Tier):
        said["seen_tier"] = Tier(typed["seen"])
    if checked(typed):
        version = whole(typed.get("script_version", ""), 0)
        said["script"] = ScriptUse(version=version, checked=checked(typed))
    draft, wrong = build(FollowUpDraft, said | {"kind": said.get("kind", EntryKind.NOTE)})
    problems |= wrong
    return (None, problems) if problems else (draft, {})


def checked(typed: dict[str, str]) -> tuple[str, ...]:
    """The lines of the script that were ticked."""
    return tuple(dict.fromkeys(line for line in typed.get("checked", "").split("\n") if line))


def script(typed: dict[str, str]) -> tuple[ScriptDraft | None, dict[str, str]]:
    """The script, a line of text a line of it; or what is wrong by part."""
    lines = {
        part: tuple(one.strip() for one in typed.get(part, "").split("\n") if one.strip()) for part in PARTS
    }
    draft, problems = build(ScriptDraft, lines)
    if problems:
        return None, dict.fromkeys(problems, "At most 20 lines, each of at most 300 characters.")
    return draft, {}
