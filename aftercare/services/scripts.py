"""The clinic's scripts: read by everyone who calls, written by those who answer for how the clinic treats."""

from datetime import datetime

from aftercare.db.pool import Database
from aftercare.errors import Malformed, Outdated
from aftercare.model.follow_ups import Script, ScriptDraft
from aftercare.model.people import Actor
from aftercare.model.words import Code
from aftercare.services import audit
from aftercare.services.course_plans import staff_id
from aftercare.store import scripts as store

HISTORY = 50


async def list_scripts(database: Database, actor: Actor) -> list[Script]:
    """The script in use for every code, in the order of the codes."""
    async with database.clinic(actor.clinic_id) as db:
        found = await store.of_clinic(db, actor.clinic_id)
    return [found[code] for code in Code]


async def get_script(database: Database, actor: Actor, code: Code) -> Script:
    """The script in use for a code."""
    async with database.clinic(actor.clinic_id) as db:
        return await store.newest(db, actor.clinic_id, code)


async def list_versions(database: Database, actor: Actor, code: Code) -> list[Script]:
    """What the clinic has written for a code, the newest first."""
    async with database.clinic(actor.clinic_id) as db:
        return await store.versions(db, actor.clinic_id, code, HISTORY)


async def put_script(
    database: Database, actor: Actor, code: Code, draft: ScriptDraft, *, version: int, now: datetime
) -> Script:
    """Write the next version over the one that was read. The same lines again are no new version.

    Raises Malformed for an empty script or a line that stands twice, Outdated if somebody was quicker.
    """
    _check(draft)
    by = staff_id(actor)
    async with database.clinic(actor.clinic_id) as db:
        current = await store.newest(db, actor.clinic_id, code)
        if _same(current, draft) and current.changed_by == by:
            return current  # a doubled click
        if not await store.add(db, actor.clinic_id, code, version, draft, now, by):
            raise Outdated
        await audit.record(db, actor, "script.changed", now=now, detail=(code, draft))
        return await store.newest(db, actor.clinic_id, code)


def _check(draft: ScriptDraft) -> None:
    if not draft.lines:
        raise Malformed(pointers={"/ask": "A script needs at least one line."})
    seen: set[str] = set()
    for part in ("ask", "advise", "send_on"):
        for place, line in enumerate(getattr(draft, part)):
            if line in seen:
                raise Malformed(pointers={f"/{part}/{place}": "This line stands here twice."})
            seen.add(line)


def _same(one: ScriptDraft, other: ScriptDraft) -> bool:
    return (one.ask, one.advise, one.send_on) == (other.ask, other.advise, other.send_on)
