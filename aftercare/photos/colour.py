"""Any colour mode to plain sRGB on white: redness is what these pictures are looked at for."""

from contextlib import suppress
from functools import cache
from io import BytesIO

from PIL import Image, ImageCms

_SPACES = {"RGB": "RGB ", "CMYK": "CMYK", "L": "GRAY"}
_WHITE = {"RGBA": (255, 255, 255, 255), "LA": (255, 255)}


def simple_mode(picture: Image.Image) -> Image.Image:
    """Return the picture as L, LA, RGB, RGBA or CMYK, with 8 bits a channel: what can be resized and converted."""
    if picture.mode.startswith("I;16"):  # convert() would clip everything above 255 to white
        return picture.convert("I").point([value >> 8 for value in range(65536)], "L")
    if picture.has_transparency_data:
        return picture.convert("LA" if picture.mode in ("LA", "La") else "RGBA")
    if picture.mode in ("L", "RGB", "CMYK"):
        return picture
    return picture.convert("L" if picture.mode in ("1", "I", "F") else "RGB")


def to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture in sRGB, through its ICC `profile` where that is readable and fits, transparency on white.

    Takes what `simple_mode` returns. A profile that is broken or meant for something else is ignored.
    """
    if picture.mode in _WHITE:
        ground = Image.new(picture.mode, picture.size, _WHITE[picture.mode])
        picture = Image.alpha_composite(ground, picture).convert("L" if picture.mode == "LA" else "RGB")
    if profile:
        # Little CMS reports through several exception types; none of them is worth losing a photo.
        with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError, RuntimeError):
            picture = _through_profile(picture, profile)
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _through_profile(picture: Image.Image, profile: bytes) -> Image.Image:
    source = ImageCms.ImageCmsProfile(BytesIO(profile))
    if source.profile.xcolor_space != _SPACES[picture.mode]:
        return picture
    if "sRGB" in (source.profile.profile_description or ""):
        return picture  # most Android phones: nothing to do, and half of the time saved
    converted = ImageCms.profileToProfile(picture, source, _srgb(), outputMode="RGB")
    return converted if converted is not None else picture


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
