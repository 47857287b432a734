"""What passes between the service and its photo workers: frames of four bytes of length (big-endian) and content.

Down goes a photo as received, up comes one answer for each. A worker's first frame, empty, says that it is ready.
What comes up is taken only in the form that is written here: the worker has read a stranger's file.
"""

from typing import Annotated, Literal

import msgspec

from aftercare.errors import AftercareError
from aftercare.model.photos import PhotoLimits, Renditions
from aftercare.photos.errors import PhotoDamagedError, PhotoKindError, PhotoTooLargeError

LENGTH_BYTES = 4
# Two JPEGs, the larger of at most 2048 x 2048 pixels: pure noise at full chroma is half of it.
MAX_ANSWER_BYTES = 16 * 2**20


class WorkerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker is told on its command line, as JSON: memory as address space in bytes, processor time for one photo.

    896 MiB let through the worst that `PhotoLimits` allows (33 megapixels of WebP were seen to take 716, 48 of HEIC with
    transparency 795). The slowest, that HEIC, takes 2.5 s of the processor: the rest is for slower machines.
    """

    limits: PhotoLimits = msgspec.field(default_factory=PhotoLimits)
    memory_bytes: Annotated[int, msgspec.Meta(ge=64 * 2**20)] = 896 * 2**20
    seconds: Annotated[int, msgspec.Meta(ge=1)] = 15

    @property
    def patience(self) -> int:
        """Seconds by the clock, after which a worker is given up: what has not had its processor time was starved."""
        return 2 * self.seconds


class Done(msgspec.Struct, frozen=True, tag="done"):
    """The photo was good."""

    renditions: Renditions


Reason = Literal["too_large", "kind", "damaged"]


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """The photo was not: by which of our errors."""

    error: Reason


Answer = Done | Refused

ERRORS: dict[Reason, type[AftercareError]] = {
    "too_large": PhotoTooLargeError,
    "kind": PhotoKindError,
    "damaged": PhotoDamagedError,
}
