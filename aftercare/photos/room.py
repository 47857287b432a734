"""Room for photos that are arriving: memory for so many bytes, whoever sends them and however slowly."""

from collections.abc import Iterator
from contextlib import contextmanager

from aftercare.photos.errors import PhotosBusyError

# Ten of the largest, or a hundred of a phone's usual 2.5 MB; what has not come yet takes nothing.
MOST_BYTES = 256 * 2**20


class Visit:
    """One photo's part of the room."""

    def __init__(self, room: "Room") -> None:
        self._room, self._bytes = room, 0

    def take(self, size: int) -> None:
        """Take `size` bytes more. Raises PhotosBusyError if there is no room for them."""
        self._room.taken += size
        self._bytes += size
        if self._room.taken > self._room.most_bytes:
            raise PhotosBusyError

    def leave(self) -> None:
        """Give back all that was taken."""
        self._room.taken -= self._bytes
        self._bytes = 0


class Room:
    """What all photos together may take while they arrive and are decoded, for each process."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        """`most_bytes` for all photos together."""
        self.most_bytes, self.taken = most_bytes, 0

    @contextmanager
    def visit(self) -> Iterator[Visit]:
        """A part for one photo, given back at the end."""
        visit = Visit(self)
        try:
            yield visit
        finally:
            visit.leave()
