"""What is asked again the day after: also of two alerts that one check-in raised."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from aftercare.care.re_checks import questions
from aftercare.model.alerts import Alert
from aftercare.model.words import Code, Tier

AT = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)


def test_two_alerts_of_one_instant_are_asked_about_in_one_question_at_the_higher_tier() -> None:
    one = Alert(
        id=UUID(int=2), episode_id=UUID(int=9), code=Code.COLD_SORE, tier=Tier.SAME_DAY, raised_at=AT, day=2,
        reason="as reported", version="1", clock_from=AT, acknowledge_by=AT + timedelta(hours=2),
    )  # fmt: skip
    other = msgspec.structs.replace(one, id=UUID(int=1), code=Code.AIRWAY, tier=Tier.EMERGENCY)
    for alerts in ((one, other), (other, one)):
        (asked,) = questions(alerts, (), date(2026, 3, 2), ZoneInfo("Europe/London"))
        assert (asked.due.date, asked.tier) == (date(2026, 3, 5), Tier.EMERGENCY)
