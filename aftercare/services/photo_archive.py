"""Photos as one zip that is written while it is sent, and that tells no more than the photos do."""

from datetime import datetime
from io import BytesIO
from typing import Final
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from aftercare.model.consents import Use
from aftercare.model.words import View
from aftercare.store.consents import UsableRow

_FOLDER: Final = {Use.TEACHING: "photos for teaching", Use.MARKETING: "photos for advertising"}
_VIEW: Final = {
    View.FRONT: "front",
    View.LEFT_45: "left",
    View.RIGHT_45: "right",
    View.CLOSE_UP: "close-up",
    View.OTHER: "other",
}
_NO_TIME: Final = (
    1980,
    1,
    1,
    0,
    0,
    0,
)  # the zero of the format: when a photo was taken is nobody's but the clinic's
_NOTE: Final = """\
Clinic {folder}, exported {at} (UTC). {count}

Each of these patients agrees to this use now, and can withdraw at any time. Before you show a photo again, look
for the twelve characters at the end of its name on the clinic's page of {folder}. If it is not found
there, delete the file: it must not be shown any more.

A number is one person, in this file only. Days count from the session that the photo belongs to.
"""


class _Sent:
    """What the zip is written to: what was written since it was last taken, at its place in the whole.

    An entry is written before it is taken, so that its head can be put right once its length is known: some readers
    open no photo without.
    """

    def __init__(self) -> None:
        self._before, self._window = 0, BytesIO()

    def write(self, data: bytes) -> int:
        """Write where it stands."""
        return self._window.write(data)

    def tell(self) -> int:
        """Where it stands in the whole."""
        return self._before + self._window.tell()

    def seek(self, place: int) -> int:
        """Stand elsewhere, in what was not taken yet."""
        return self._before + self._window.seek(place - self._before)

    def flush(self) -> None:
        """Nothing waits elsewhere."""

    def close(self) -> None:
        """Nothing is held open."""

    def taken(self) -> bytes:
        """Give what was written, once."""
        data = self._window.getvalue()
        self._before, self._window = self._before + len(data), BytesIO()
        return data


class PhotoArchive:
    """The zip. It holds one photo at a time, stored as it is: a JPEG does not get smaller."""

    def __init__(self, use: Use) -> None:
        self._folder, self._count = _FOLDER[use], 0
        self._sent = _Sent()
        self._zip = ZipFile(self._sent, "w", ZIP_STORED)

    def add(self, row: UsableRow, person: int, day: int | None, code: str, data: bytes) -> bytes:
        """Put a photo in; gives what is to be sent for it."""
        when = "no session" if row.modality is None else f"{row.modality} {_day(day)}"
        self._count += 1
        return self._put(f"person {person:03}/{when} {_VIEW[row.view]} {code}.jpg", data)

    def end(self, at: datetime) -> bytes:
        """Put the note in and close; gives the last of what is to be sent."""
        count = "No photo is in it." if not self._count else f"Photos: {self._count}."
        note = _NOTE.format(folder=self._folder, at=f"{at:%Y-%m-%d %H:%M}", count=count)
        last = self._put("READ ME.txt", note.encode())
        self._zip.close()
        return last + self._sent.taken()

    def _put(self, name: str, data: bytes) -> bytes:
        self._zip.writestr(ZipInfo(f"{self._folder}/{name}", _NO_TIME), data)
        return self._sent.taken()


def _day(day: int | None) -> str:
    """The day in three digits, so that names stand in the order of days."""
    if day is None or day < 0:
        return "before"
    return f"day {day:03}"
