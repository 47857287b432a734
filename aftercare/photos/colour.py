"""Any colour mode to plain sRGB on white: redness is what these pictures are looked at for."""

from contextlib import suppress
from functools import cache
from io import BytesIO

from PIL import Image, ImageChops, ImageCms

from aftercare.photos.colour_space import ColourSpace
from aftercare.photos.hdr import table_of
from aftercare.photos.profile import profile_of

_SPACES = {"RGB": "RGB ", "CMYK": "CMYK", "L": "GRAY"}
_WHITE = {"RGBA": (255, 255, 255, 255), "LA": (255, 255)}
_PROBE_LEVELS = (0, 60, 130, 200, 255)
_ROUNDED = 2  # levels: what two writers of the same space differ by


def simple_mode(picture: Image.Image) -> Image.Image:
    """Return the picture as L, LA, RGB, RGBA or CMYK, with 8 bits a channel: what can be resized and converted."""
    if picture.mode.startswith("I;16"):  # convert() would clip everything above 255 to white
        return picture.convert("I").point([value >> 8 for value in range(65536)], "L")
    if picture.has_transparency_data:
        return picture.convert("LA" if picture.mode in ("LA", "La") else "RGBA")
    if picture.mode in ("L", "RGB", "CMYK"):
        return picture
    return picture.convert("L" if picture.mode in ("1", "I", "F") else "RGB")


def to_srgb(picture: Image.Image, space: bytes | ColourSpace | None) -> Image.Image:
    """Return the picture in sRGB, from the space of its file or through its ICC profile, transparency on white.

    Takes what `simple_mode` returns. A profile that is broken or meant for something else is ignored.
    """
    if picture.mode in _WHITE:
        ground = Image.new(picture.mode, picture.size, _WHITE[picture.mode])
        picture = Image.alpha_composite(ground, picture).convert("L" if picture.mode == "LA" else "RGB")
    if isinstance(space, bytes):
        picture = _through_profile(picture, space)
    elif space is not None and space.curve in ("pq", "hlg"):
        return _rgb(picture).filter(table_of(space))
    elif space is not None:
        picture = _through_profile(_rgb(picture), profile_of(space))
    return _rgb(picture)


def _through_profile(picture: Image.Image, profile: bytes) -> Image.Image:
    # Little CMS reports through several exception types; none of them is worth losing a photo.
    with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError, RuntimeError):
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if source.profile.xcolor_space != _SPACES[picture.mode]:
            return picture
        change = ImageCms.buildTransform(source, _srgb(), picture.mode, "RGB")
        if picture.mode == "RGB" and _changes_nothing(change):
            return picture  # most Android phones: nothing to do, and half of the time saved
        converted = ImageCms.applyTransform(picture, change)
        return converted if converted is not None else picture
    return picture


def _changes_nothing(change: ImageCms.ImageCmsTransform) -> bool:
    """Whether the profile is sRGB's, by what it does: many say so in their name, and linear ones do too."""
    probe = _probe()
    changed = ImageCms.applyTransform(probe, change)
    if changed is None:
        return False
    furthest = ImageChops.difference(probe, changed).getextrema()
    return all(isinstance(band, tuple) and band[1] <= _ROUNDED for band in furthest)


@cache
def _probe() -> Image.Image:
    """A pixel of every mixture of some levels."""
    mixtures = [(r, g, b) for r in _PROBE_LEVELS for g in _PROBE_LEVELS for b in _PROBE_LEVELS]
    probe = Image.new("RGB", (len(mixtures), 1))
    probe.putdata(mixtures)
    return probe


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _rgb(picture: Image.Image) -> Image.Image:
    return picture if picture.mode == "RGB" else picture.convert("RGB")
