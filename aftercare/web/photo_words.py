"""Words about photos: what speaks against reading much from one, and how far from an alert it was taken."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from aftercare.model.consents import Use
from aftercare.model.photo_uses import Days, PhotoChoice
from aftercare.model.photos import Flaw
from aftercare.model.views import PhotoView, SessionView
from aftercare.model.words import View
from aftercare.web.times import MINUTE, span
from aftercare.web.words import day_after, treatment

FLAWS: Final = {
    Flaw.TOO_DARK: "too dark",
    Flaw.TOO_BRIGHT: "too bright in places",
    Flaw.BLURRED: "blurred",
    Flaw.TOO_SMALL: "small",
}

USES: Final = {Use.TEACHING: "teaching", Use.MARKETING: "advertising"}

DAYS: Final = {
    Days.BEFORE: "before the first",
    Days.FIRST: "day 0 or 1",
    Days.PEAK: "days 2 to 4",
    Days.WEEK: "days 5 to 7",
    Days.FORTNIGHT: "days 8 to 14",
    Days.MONTH: "days 15 to 28",
    Days.LATER: "day 29 and later",
}


def by_view(photos: Iterable[PhotoView]) -> list[tuple[View, list[PhotoView]]]:
    """Sort photos into a strip for each view that there is, as they came otherwise."""
    several = list(photos)
    strips = ((view, [one for one in several if one.view is view]) for view in View)
    return [(view, strip) for view, strip in strips if strip]


def flaws(found: tuple[Flaw, ...]) -> str:
    """Name the flaws in one phrase; "" for none."""
    return ", ".join(FLAWS[flaw] for flaw in found)


def from_report(photo: PhotoView, reported_at: datetime) -> str:
    """Say "3 h before the report", "20 min after the report"; within a minute "with the report"."""
    seconds = (photo.taken_at - reported_at).total_seconds()
    if abs(seconds) < MINUTE:
        return "with the report"
    return f"{span(seconds)} {'before' if seconds < 0 else 'after'} the report"


def when(day: int | None, session: SessionView | None) -> str:
    """Say the day by the session that a photo belongs to, which may be the one that came after it."""
    if day is None or session is None:
        return "no session yet"
    return f"before {treatment(session)}" if day < 0 else day_after(day, session)


def narrowed(choice: PhotoChoice) -> bool:
    """Whether anything was chosen."""
    return choice != PhotoChoice()
