"""Whether a patient wants to be reminded."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from aftercare.model.text import Instant


class Reminders(msgspec.Struct, frozen=True, kw_only=True):
    """What the patient asked for: reminders, none until an instant, or none at all. Monitoring goes on whatever it is.

    `version` is the ETag of an edit, 0 before the first. `changed_by` is the staff member who was asked, null for the app.
    """

    state: Literal["on", "paused", "stopped"] = "on"
    until: Instant | None = None  # of a pause
    since: Instant | None = None
    changed_by: UUID | None = None
    version: int = 0

    def wanted(self, at: datetime) -> bool:
        """Whether a reminder may leave at an instant from now on."""
        return self.state == "on" or (self.state == "paused" and self.until is not None and at >= self.until)

    def excuse(self, at: datetime) -> bool:
        """Whether it may be by the patient's wish that none left at an instant: by this one, or one before it."""
        return not self.wanted(at) or (self.since is not None and at < self.since)


class RemindersDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A new wish; a pause names its end, up to 90 days ahead."""

    state: Literal["on", "paused", "stopped"]
    until: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


ALWAYS = Reminders()
