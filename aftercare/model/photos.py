"""A photo as it is kept: renditions made from the bytes received, never those bytes themselves."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import msgspec


class Rendition(StrEnum):
    """Which picture of a photo: `display` to look at, `thumbnail` for lists and strips."""

    DISPLAY = "display"
    THUMBNAIL = "thumbnail"


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """One encoded picture, made by us: upright, sRGB, without metadata. Width and height in pixels."""

    data: bytes
    media_type: Literal["image/jpeg"] = "image/jpeg"
    width: int
    height: int


class Flaw(StrEnum):
    """What speaks for taking a photo again."""

    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    BLURRED = "blurred"
    TOO_SMALL = "too_small"


_Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
_Level = Annotated[int, msgspec.Meta(ge=0, le=255)]


class PhotoQuality(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured of a photo when it came.

    `long_edge` in pixels of the display size; the shares are of pixels that are all but black or white; 2 % of the picture
    are darker than `darkest` and lighter than `lightest`. `sharpness` is about 0.7 in focus, under 0.1 out of it.
    """

    long_edge: Annotated[int, msgspec.Meta(ge=1, le=65_535)]
    black_share: _Share
    white_share: _Share
    darkest: _Level
    lightest: _Level
    sharpness: Annotated[float, msgspec.Meta(ge=0, le=1000)]


class PhotoAdvice(msgspec.Struct, frozen=True, kw_only=True):
    """How a photo could be better, said to whoever took it."""

    flaw: Flaw
    text: str


class Renditions(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of one photo.

    `taken_at` is what the file says of itself and may be wrong: aware (UTC) where the file told its offset from UTC,
    naive where it told only the time on the phone's clock, `None` where it told nothing readable. `sha256` is of the
    bytes received, as 64 lower-case hex digits: the same photo sent again has the same.
    """

    display: Picture
    thumbnail: Picture
    quality: PhotoQuality
    taken_at: datetime | None
    sha256: str

    def picture(self, rendition: Rendition) -> Picture:
        """Return the picture of that name."""
        return self.display if rendition is Rendition.DISPLAY else self.thumbnail


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """A picture that its row promises and that cannot be shown."""

    clinic_id: UUID
    patient_id: UUID
    photo_id: UUID
    rendition: Rendition
    what: Literal["is missing", "does not open", "is another one"]


class PhotoLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a photo may be before it is decoded.

    25 MiB is twice the largest JPEG that phones write at 50 megapixels. A JPEG is decoded straight to a half, a quarter
    or an eighth, so 66 megapixels (the largest common sensor mode) cost no more than 17; PNG, WebP and AVIF have to be
    decoded whole, at 8 to 16 bytes a pixel, and no phone's camera writes large ones. Phones that write HEIC do so up to
    48 megapixels (8064 x 6048).
    """

    max_bytes: int = 25 * 2**20
    max_pixels_jpeg: int = 66_000_000
    max_pixels: int = 33_000_000
    max_pixels_heic: int = 50_000_000
