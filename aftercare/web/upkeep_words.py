"""What the pages say of requests to be erased and of photos that cannot be shown."""

from datetime import date
from typing import Final

from aftercare.model.photos import Rendition
from aftercare.model.upkeep_page import BrokenPhoto
from aftercare.model.views import Upkeep
from aftercare.services.upkeep import LAST_WEEK
from aftercare.web.times import Clock

_PICTURES: Final = {Rendition.DISPLAY: "the photo", Rendition.THUMBNAIL: "its small copy"}


def line(upkeep: Upkeep, clock: Clock) -> str:
    """Say what waits, in a sentence or two."""
    said = []
    if upkeep.erasures and upkeep.answer_by:
        who = "A patient" if upkeep.erasures == 1 else f"{upkeep.erasures} patients"
        first = "" if upkeep.erasures == 1 else " the first"
        said.append(f"{who} asked to be erased: answer{first} by {clock.on(upkeep.answer_by)}.")
    if upkeep.pictures:
        what = "A picture" if upkeep.pictures == 1 else f"{upkeep.pictures} pictures"
        said.append(f"{what} of patients cannot be shown.")
    return " ".join(said)


def presses(upkeep: Upkeep, clock: Clock) -> bool:
    """Whether it is more than a note: something is broken, or the month is nearly over."""
    return upkeep.pictures > 0 or (upkeep.answer_by is not None and nearly_over(upkeep.answer_by, clock))


def nearly_over(answer_by: date, clock: Clock) -> bool:
    """Whether a week is left, or less."""
    return answer_by - clock.today <= LAST_WEEK


def left(answer_by: date, clock: Clock) -> str:
    """Say "27 days left", "today", "2 days late"."""
    days = (answer_by - clock.today).days
    if days == 0:
        return "today"
    return f"{abs(days)} {'day' if abs(days) == 1 else 'days'} {'left' if days > 0 else 'late'}"


def wrong(photo: BrokenPhoto) -> str:
    """Say "the photo does not open, its small copy is missing"."""
    return ", ".join(f"{_PICTURES[rendition]} {what}" for rendition, what in photo.pictures)
