"""Unread: a message that nobody of the clinic has read within a working day becomes a contact request.

What its words name was raised when it came; this is about the waiting. It is the clinic's silence, not the patient's, so
it is raised whatever the pack in use, at the tier that this pack gives to who asks to be contacted and can wait.
Sources: rules.md 3, contact_request; design.md 4.
"""

from uuid import UUID

from aftercare.care.calendar import day_of
from aftercare.checks.pack import RulePack
from aftercare.checks.recovery import NEVER_TREATED_DAY, place
from aftercare.checks.sources import rule
from aftercare.model.findings import Evidence, Finding
from aftercare.model.patient_messages import Spoken
from aftercare.model.recovery import Recovery

_ROW = "contact_request.can_wait"
UNREAD = "message.unread"  # the sign: further messages that wait join without being told again


def waits_unread(pack: RulePack, mine: Recovery, message: Spoken) -> tuple[UUID, Finding]:
    """Say that a message waits, and in which episode (before any session: the patient's own id)."""
    episode = place(mine, message.judged_at)
    day = (
        NEVER_TREATED_DAY
        if episode is None
        else day_of(episode.session_at, message.judged_at, message.time_zone)
    )
    when = "A message from before any session" if episode is None else f"A message of day {day}"
    spec = pack.rows[_ROW]
    return mine.patient.patient_id if episode is None else episode.episode_id, Finding(
        code=spec.code,
        tier=spec.tier,
        row=_ROW,
        day=day,
        reason=f"{when} was not read within a working day.",
        check_in=str(message.message_id),
        evidence=(
            Evidence(item="message", text="nobody of the clinic has read it; it waits in Messages"),
            rule(pack, _ROW),
        ),
        signs=(UNREAD,),
        decisive=True,
        version=pack.version,
    )
