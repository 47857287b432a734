"""Words about photos: what speaks against reading much from one, and how far from an alert it was taken."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from aftercare.model.photos import Flaw
from aftercare.model.views import PhotoView
from aftercare.model.words import View
from aftercare.web.times import MINUTE, span

FLAWS: Final = {
    Flaw.TOO_DARK: "too dark",
    Flaw.TOO_BRIGHT: "too bright in places",
    Flaw.BLURRED: "blurred",
    Flaw.TOO_SMALL: "small",
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
