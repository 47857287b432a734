"""The check-ins that an episode asks for."""

from datetime import date, datetime

import msgspec


class DueCheckIn(msgspec.Struct, frozen=True, kw_only=True):
    """One check-in of the calendar, on a local day that exists in the patient's zone."""

    day: int  # days since the session's local date
    date: date  # the patient's local date
    due_at: datetime  # when it falls due and a reminder may leave
    ends_at: datetime  # the end of that local day: unanswered then is a miss
