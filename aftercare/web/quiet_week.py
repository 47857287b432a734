"""Quiet hours as a picture of the week and in words, and the answers of a test."""

import calendar
from collections.abc import Sequence
from typing import Final

import msgspec

from aftercare.alerts.quiet import by_weekday
from aftercare.alerts.telling import CHANNELS
from aftercare.model.addresses import ChannelName
from aftercare.model.clinic import Opening
from aftercare.model.me_page import TestOutcome
from aftercare.model.preferences import QuietSpan
from aftercare.model.words import Tier
from aftercare.web.times import Clock

_DAY: Final = 24 * 60
WAYS: Final = {
    ChannelName.SMTP: "Mail",
    ChannelName.WEBPUSH: "Browser push",
    ChannelName.SMS: "Text message",
    ChannelName.FCM: "Phone push (Android)",
    ChannelName.APNS: "Phone push (Apple)",
}
# What a person may take a channel away from; an emergency is not theirs to quieten.
USED: Final = CHANNELS
TIERS: Final = (Tier.SAME_DAY, Tier.SOON, Tier.ROUTINE)
_TAKEN_BY: Final = {
    ChannelName.SMTP: "the mail server",
    ChannelName.SMS: "the text message gateway",
}


class Band(msgspec.Struct, frozen=True, kw_only=True):
    """One day: what is quiet and what is open, each from and for how long in percent of the day, and the same in words."""

    day: str
    quiet: tuple[tuple[float, float], ...]
    opened: tuple[tuple[float, float], ...]
    words: str


def bands(quiet: Sequence[QuietSpan], openings: Sequence[Opening]) -> list[Band]:
    """The days of the week, Monday first."""
    opened = by_weekday(
        [QuietSpan(weekdays=(one.weekday,), starts=one.opens, ends=one.closes) for one in openings]
    )
    return [
        Band(
            day=calendar.day_name[day], quiet=_places(spans), opened=_places(opened[day]), words=_words(spans)
        )
        for day, spans in enumerate(by_weekday(quiet))
    ]


def _places(spans: Sequence[tuple[int, int]]) -> tuple[tuple[float, float], ...]:
    return tuple((round(100 * start / _DAY, 2), round(100 * (end - start) / _DAY, 2)) for start, end in spans)


def _words(spans: Sequence[tuple[int, int]]) -> str:
    if not spans:
        return "never quiet"
    return ", ".join(f"{_wall(start)} to {_wall(end)}" for start, end in spans)


def _wall(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def said(test: TestOutcome, clock: Clock) -> str:
    """What became of a test, in one sentence."""
    at = clock.when(test.sent_at or test.ended_at or test.queued_at)
    if test.state == "sent":
        return f"Test {at}: taken by {_TAKEN_BY.get(test.channel, 'the push service')}. Look whether it is there."
    if test.state == "dead":
        return f"Test {at}: did not arrive. The answer was: {test.answer or 'none'}."
    if test.attempts:
        return f"Test {at}: did not work yet ({test.answer or 'no answer'}). It is tried again."
    return f"Test {at}: on its way."
