"""Bytes from a phone to the two pictures that are kept. Pure, slow and greedy: call it through `PhotoWorkers`.

Everything is decoded and encoded anew, so that nothing of what was received survives but pixels.
"""

import hashlib
import warnings
from io import BytesIO

from PIL import Image
from PIL.Image import Resampling, Transpose
from PIL.ImageFile import ImageFile

from aftercare.errors import AftercareError
from aftercare.model.photos import PhotoLimits, Picture, Renditions
from aftercare.photos.colour import simple_mode, to_srgb
from aftercare.photos.colour_space import named_by
from aftercare.photos.errors import PhotoDamagedError, PhotoTooLargeError
from aftercare.photos.exif import read_exif
from aftercare.photos.formats import PictureFormat, picture_format
from aftercare.photos.quality import measure

# Pixels on the long edge. 12 megapixels (4032 x 3024), the usual phone photo, halve to 2016: the JPEG decoder does
# that on its own, and nothing is left to resample.
DISPLAY_EDGE = 2048
# A decoder's step that ends between these two is taken as it is; a smaller one would lose milia-sized detail.
DISPLAY_EDGE_ENOUGH = 1536
THUMBNAIL_EDGE = 320

# Measured on 2000 x 1500: baseline JPEG 13 ms, progressive 31 ms for the same bytes, WebP 59 to 177 ms of the two
# cores that check-ins need too. Full chroma (4:4:4), because small red spots are what is looked for. At 82 a phone's
# photo kept 0.964 of its structure (SSIM), at 86 0.971 for 16 % more bytes.
QUALITY = 86


def render(data: bytes, limits: PhotoLimits | None = None) -> Renditions:
    """Decode a received file and return what is kept of it. Takes 0.05 to 2 s and up to 16 bytes a pixel.

    Of several frames the first is taken. Raises PhotoTooLargeError (bytes, or pixels by its header, before anything
    is decoded), PhotoKindError (no format that is taken) and PhotoDamagedError; never anything else.
    """
    limits = limits or PhotoLimits()
    kind = picture_format(data, limits)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata, which goes anyway
            return _render(data, kind, limits)
    except AftercareError:
        raise
    except (MemoryError, Image.DecompressionBombError):
        raise PhotoTooLargeError from None
    except Exception:  # noqa: BLE001 - Pillow raises a dozen types on bad files, and what it raises quotes the file
        raise PhotoDamagedError from None


def _render(data: bytes, kind: PictureFormat, limits: PhotoLimits) -> Renditions:
    with kind.decoder(BytesIO(data)) as source:
        _within_limit(source, kind, limits)
        turn, taken_at = read_exif(source)
        space = named_by(data, source.info)
        if kind.scales:
            _decode_scaled(source)
        source.load()
        _within_limit(source, kind, limits)  # again: a HEIC's pixels may be more than its header says
        picture = simple_mode(source)
    display = _upright(to_srgb(_within(picture, DISPLAY_EDGE), space), turn)
    return Renditions(
        display=_encoded(display),
        thumbnail=_encoded(_within(display, THUMBNAIL_EDGE)),
        quality=measure(display),
        taken_at=taken_at,
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _within_limit(source: ImageFile, kind: PictureFormat, limits: PhotoLimits) -> None:
    if source.width * source.height > kind.pixels(limits):
        raise PhotoTooLargeError


def _decode_scaled(source: ImageFile) -> None:
    """Have the decoder leave out what the display size has no room for."""
    width, height = source.size
    for step in (8, 4, 2):
        if max(width, height) / step >= DISPLAY_EDGE_ENOUGH and min(width, height) >= step:
            source.draft(None, (width // step, height // step))
            return


def _within(picture: Image.Image, edge: int) -> Image.Image:
    """Shrink so that the long edge is at most `edge` pixels; never enlarge."""
    longest = max(picture.size)
    if longest <= edge:
        return picture
    size = tuple(max(1, round(side * edge / longest)) for side in picture.size)
    return picture.resize((size[0], size[1]), Resampling.LANCZOS, reducing_gap=3.0)


def _upright(picture: Image.Image, turn: Transpose | None) -> Image.Image:
    return picture if turn is None else picture.transpose(turn)


def _encoded(picture: Image.Image) -> Picture:
    # Pillow's writer falls back on what the reader found (a comment, for one): give it nothing to find.
    picture.info.clear()
    try:
        data = _jpeg(picture, optimize=True)
    except OSError:
        # Pillow has one byte a pixel for an optimised file, and a photo in poor light can be grainier than that.
        data = _jpeg(picture, optimize=False)
    return Picture(data=data, width=picture.width, height=picture.height)


def _jpeg(picture: Image.Image, *, optimize: bool) -> bytes:
    out = BytesIO()
    picture.save(out, "JPEG", quality=QUALITY, optimize=optimize, subsampling="4:4:4")
    return out.getvalue()
