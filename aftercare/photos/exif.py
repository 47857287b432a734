"""The two things that are read from a photo's metadata before all of it goes: the way up, and when it was taken."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

from PIL.ExifTags import IFD, Base
from PIL.Image import Exif, Image, Transpose

# EXIF 2.32, tag 0x0112: what has to be done to show the stored rows upright.
_UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}


def read_exif(picture: Image) -> tuple[Transpose | None, datetime | None]:
    """Return how to turn the picture upright (None: as it is) and when it was taken (see `Renditions.taken_at`).

    Unreadable metadata is no reason to refuse a photo: what cannot be read is left out. Raises nothing.
    """
    turn, taken_at = None, None
    # Metadata is the most often damaged part of a file, and its reader fails in as many ways as there are types.
    with suppress(Exception):
        exif = picture.getexif()
        turn = _UPRIGHT.get(exif.get(Base.Orientation, 1))
        taken_at = _taken_at(exif)
    return turn, taken_at


def _taken_at(exif: Exif) -> datetime | None:
    shot = exif.get_ifd(IFD.Exif)
    # Without a zone on purpose: the phone's own clock, which the caller places in the patient's zone.
    told = datetime.strptime(_text(shot.get(Base.DateTimeOriginal)), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007
    with suppress(ValueError, OverflowError):
        return told.replace(tzinfo=_offset(_text(shot.get(Base.OffsetTimeOriginal)))).astimezone(UTC)
    return told


def _offset(text: str) -> timezone:
    """EXIF 2.31, tag 0x9011: `+01:00`."""
    if len(text) != 6 or text[0] not in "+-" or text[3] != ":":
        raise ValueError
    ahead = timedelta(hours=int(text[1:3]), minutes=int(text[4:6]))
    return timezone(-ahead if text[0] == "-" else ahead)


def _text(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    return value.strip("\0 ") if isinstance(value, str) else ""
