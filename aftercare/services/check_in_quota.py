"""How many check-ins one patient's phones may send before those by which nobody learns anything wait on the phone.

Each check-in is judged in the light of all since the session, so a phone that loops under new ids costs more with each. Nobody
sends so many by hand; what somebody has to hear of passes all the same, and what waits is not lost: phones ask again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from aftercare.care.spacing import local_day
from aftercare.errors import TooManyCheckIns
from aftercare.model.alerts import Change
from aftercare.model.check_ins import Kept
from aftercare.model.recovery import Recovery

# So many that only a loop meets them, whoever was without a network for weeks included; the cost of a loop has an end all the same.
ROOM: Final = ((timedelta(days=1), 1_000), (timedelta(days=7), 2_000))


def require_room_or_news(
    mine: Recovery, new: Sequence[Kept], changes: Sequence[Change], now: datetime
) -> None:
    """Refuse what came beyond the room, where nobody is told of it and each of its days has a check-in already.

    `changes` is what becomes of the alerts by them. Raises TooManyCheckIns.
    """
    room_at = _room_at(mine, now)
    if room_at <= now or any(change.notices for change in changes):
        return
    # The first of a day answers what was due, and silence would be read into a day without one.
    days = {local_day(one.judged_at, one.time_zone) for one in mine.check_ins}
    if all(local_day(one.judged_at, one.time_zone) in days for one in new):
        raise TooManyCheckIns(retry_after=max(1, round((room_at - now).total_seconds())))


def _room_at(mine: Recovery, now: datetime) -> datetime:
    """When there is room for one more; what staff wrote down takes none."""
    came = sorted(one.received_at for one in mine.check_ins if one.staff_id is None)
    return max((came[-most] + span for span, most in ROOM if len(came) >= most), default=now)
