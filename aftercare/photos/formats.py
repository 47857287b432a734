"""Which picture formats are taken, told from the first bytes: never from a name or a header of the request.

Another format joins by a row in `FORMATS`; nothing else knows them by name.
"""

from collections.abc import Callable
from io import BytesIO

import msgspec
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from aftercare.model.photos import PhotoLimits
from aftercare.photos.errors import PhotoKindError, PhotoTooLargeError


class PictureFormat(msgspec.Struct, frozen=True, kw_only=True):
    """One format: how its first 16 bytes look, and the decoder that reads its header.

    `scales` says that it decodes straight to a fraction of its size, so that its pixels are cheap.
    """

    name: str
    begins: Callable[[bytes], bool]
    decoder: Callable[[BytesIO], ImageFile]
    scales: bool = False

    def pixels_allowed(self, limits: PhotoLimits) -> int:
        """How many pixels a picture of this format may have."""
        return limits.max_pixels_jpeg if self.scales else limits.max_pixels


# The decoders are named rather than found by `Image.open`: that one also tries what it was not asked for, and turns a
# JPEG with a damaged multi-picture index (panoramas, portraits) away although its main picture is whole.
FORMATS = (
    PictureFormat(
        name="JPEG", begins=lambda head: head.startswith(b"\xff\xd8\xff"), decoder=JpegImageFile, scales=True
    ),
    PictureFormat(
        name="PNG", begins=lambda head: head.startswith(b"\x89PNG\r\n\x1a\n"), decoder=PngImageFile
    ),
    PictureFormat(
        name="WebP",
        begins=lambda head: head.startswith(b"RIFF") and head[8:12] == b"WEBP",
        decoder=WebPImageFile,
    ),
)

_HEIF_BRANDS = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"}
)


def picture_format(data: bytes, limits: PhotoLimits) -> PictureFormat:
    """Tell the format of a received file from its first bytes; nothing is decoded.

    Raises PhotoTooLargeError over `limits.max_bytes`, PhotoKindError if it is no format that is taken.
    """
    if len(data) > limits.max_bytes:
        raise PhotoTooLargeError
    head = data[:16]
    for known in FORMATS:
        if known.begins(head):
            return known
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        raise PhotoKindError(
            "This phone saves photos as HEIC or AVIF, which we cannot take yet. Choose “Most compatible” (JPEG) in the "
            "camera's settings, or send it as JPEG."
        )
    raise PhotoKindError
