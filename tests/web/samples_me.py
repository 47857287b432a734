"""Plainly synthetic notifications of one's own: a shipped page, a busy one, a refused one."""

from datetime import time, timedelta
from uuid import UUID

import msgspec

from aftercare.model.addresses import ChannelName
from aftercare.model.clinic import Opening
from aftercare.model.me_page import MePage, TestOutcome, TypedPreferences, Way
from aftercare.model.pages import Page
from aftercare.model.preferences import Muted, QuietSpan, StaffPreferences
from aftercare.model.views import Head

MAIL = Way(channel=ChannelName.SMTP, where="one@sample.example")
OPEN = tuple(Opening(day, time(9), time(18)) for day in range(5))
EVERY_DAY = tuple(range(7))


def pages(head: Head) -> dict[str, Page]:
    ago = head.now - timedelta(minutes=4)

    def outcome(state: str, channel: ChannelName, answer: str, number: int | None = None) -> TestOutcome:
        return TestOutcome(
            channel=channel,
            address_id=None if number is None else UUID(int=number),
            state=state,
            attempts=1,
            queued_at=ago,
            ended_at=ago,
            answer=answer,
        )

    ways = (
        Way(
            channel=ChannelName.SMTP,
            where="one@sample.example",
            test=outcome("sent", ChannelName.SMTP, "250 2.0.0"),
        ),
        Way(
            channel=ChannelName.WEBPUSH,
            where="Firefox on the desk at reception",
            address_id=UUID(int=301),
            since=head.now - timedelta(days=12),
        ),
        Way(
            channel=ChannelName.SMS,
            where="number ending in 6000",
            address_id=UUID(int=302),
            since=head.now - timedelta(days=3),
            test=outcome("dead", ChannelName.SMS, "the gateway answered 402", 302),
        ),
        Way(
            channel=ChannelName.WEBPUSH,
            where="Old laptop",
            address_id=UUID(int=303),
            since=head.now - timedelta(days=90),
            retired_at=head.now - timedelta(days=2),
            retired_why="the provider answered 410",
        ),
    )
    quiet = (
        QuietSpan(weekdays=EVERY_DAY, starts=time(22), ends=time(7)),
        QuietSpan(weekdays=(5, 6), starts=time(0), ends=time(10)),
    )
    asked = StaffPreferences(
        quiet=quiet, muted=Muted(same_day=("sms",)), digest_at=time(16), version=3, changed_at=ago
    )
    new_id, digest = UUID(int=399), head.now + timedelta(hours=6)
    plain = MePage(
        head=head,
        ways=(MAIL,),
        preferences=StaffPreferences(),
        time_zone=head.time_zone,
        new_id=new_id,
        openings=OPEN,
        digest_at=digest,
    )
    typed = {
        "version": "3",
        "q0-day": "0\n1",
        "q0-from": "22:00",
        "digest_at": "16:00",
        "time_zone": "Europe/Nowhere",
    }
    problems = {
        "": "Nothing was saved yet: this needs another look.",
        "q0": "Write from when and to when, such as 22:00 and 07:00, or choose no day.",
    }
    return {
        "me": MePage(
            head=head,
            ways=ways,
            preferences=asked,
            time_zone=head.time_zone,
            new_id=new_id,
            openings=OPEN,
            digest_at=digest,
            on_call=True,
        ),
        "me-plain": plain,
        "me-refused": MePage(
            head=head,
            ways=(MAIL,),
            preferences=asked,
            time_zone=head.time_zone,
            new_id=new_id,
            openings=OPEN,
            typed=TypedPreferences(form="preferences", values=typed, problems=problems),
        ),
        "me-password-refused": msgspec.structs.replace(
            plain,
            typed=TypedPreferences(
                form="password",
                values={},
                problems={
                    "": "Your password was not changed.",
                    "current": "This is not your password.",
                },
            ),
        ),
    }
