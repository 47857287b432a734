"""When and how a person wants to hear of things: quiet hours, channels taken away, the time of what comes once a day."""

from datetime import time
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from aftercare.model.clinic import WallTime
from aftercare.model.text import Instant, Zone

StaffChannel = Literal["smtp", "webpush", "sms", "fcm", "apns"]
_Channels = Annotated[tuple[StaffChannel, ...], msgspec.Meta(max_length=5)]
_Weekday = Annotated[int, msgspec.Meta(ge=0, le=6)]


class QuietSpan(msgspec.Struct, frozen=True, kw_only=True):
    """A quiet time that begins on these weekdays (0 Monday to 6 Sunday), in local time.

    One that ends at or before it starts runs past midnight; one that ends at 23:59 ends at midnight.
    """

    weekdays: Annotated[tuple[_Weekday, ...], msgspec.Meta(min_length=1, max_length=7)]
    starts: WallTime
    ends: WallTime


class Muted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Channels taken away from a tier. Emergency has no place here: it comes over all there are."""

    same_day: _Channels = ()
    soon: _Channels = ()
    routine: _Channels = ()


class StaffPreferencesDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What a staff member asks for. `time_zone` null is the clinic's, `digest_at` null the clinic's opening."""

    time_zone: Zone | None = None
    quiet: Annotated[tuple[QuietSpan, ...], msgspec.Meta(max_length=14)] = ()
    muted: Muted = Muted()
    digest_at: WallTime | None = None


class StaffPreferences(StaffPreferencesDraft, frozen=True, kw_only=True):
    """The same as it stands; version 0 is what holds before anything was asked for."""

    version: int = 0
    changed_at: Instant | None = None


class DailySpan(msgspec.Struct, frozen=True, kw_only=True):
    """A quiet time of every day, in local time; one that ends before it starts runs past midnight."""

    starts: WallTime
    ends: WallTime

    def holds(self, wall: time) -> bool:
        """Whether it is quiet at a local time."""
        if self.starts < self.ends:
            return self.starts <= wall < self.ends
        return wall >= self.starts or wall < self.ends


class PatientPreferencesDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What a patient asks for, in the zone where they are: reminded at a time (null: nine), quiet from and to."""

    reminder_at: WallTime | None = None
    quiet: DailySpan | None = None


class PatientPreferences(PatientPreferencesDraft, frozen=True, kw_only=True):
    """The same as it stands; `changed_by` is the staff member who was asked to, null for the patient."""

    version: int = 0
    changed_at: Instant | None = None
    changed_by: UUID | None = None
