"""A photo as a phone's camera writes it, and how like another picture is: for figures about photos."""

import random
from io import BytesIO
from typing import Any

from PIL import Image, ImageChops, ImageFilter, ImageMath
from PIL.ExifTags import Base
from PIL.Image import Resampling, Transpose

from aftercare.photos.synthetic import face

# Pictures of the world hold about equal contrast in every octave of detail (Field 1987, doi 10.1364/JOSAA.4.002379);
# a lens takes from the finest of it, and a sensor adds grain. With these a 12-megapixel JPEG has the 3 to 4 MB that
# it has from a phone.
_TEXTURE, _OCTAVES, _LENS, _GRAIN = 0.2, 8, 0.8, 0.03
_SIDEWAYS = 6  # EXIF: the sensor's rows as they are, and a word on how to turn them
_WINDOW = 8  # pixels


def phone_photo(seed: int = 1) -> bytes:
    """A drawn face with texture and grain: 4032 x 3024 pixels, JPEG at quality 90, to be turned upright."""
    width, height = 3024, 4032
    chance = random.Random(seed)  # noqa: S311 - texture, not a secret
    with Image.open(BytesIO(face(seed, redness=0.6, milia=30))) as drawn:
        picture = drawn.resize((width, height), Resampling.BICUBIC)
    for octave in range(_OCTAVES):
        size = (width >> octave, height >> octave)
        texture = Image.frombytes("L", size, chance.randbytes(size[0] * size[1])).point(_quieter(_TEXTURE))
        texture = texture.resize((width, height), Resampling.BICUBIC)
        picture = ImageChops.add(picture, Image.merge("RGB", [texture] * 3), 1, -128)
    picture = picture.filter(ImageFilter.GaussianBlur(_LENS))
    grain = Image.frombytes("RGB", (width, height), chance.randbytes(3 * width * height))
    picture = ImageChops.add(picture, grain.point(_quieter(_GRAIN) * 3), 1, -128)
    exif = Image.Exif()
    exif[Base.Orientation] = _SIDEWAYS
    out = BytesIO()
    picture.transpose(Transpose.ROTATE_90).save(out, "JPEG", quality=90, subsampling="4:2:0", exif=exif)
    return out.getvalue()


def _quieter(share: float) -> list[int]:
    return [round(128 + (level - 128) * share) for level in range(256)]


def structural_similarity(one: Image.Image, other: Image.Image) -> float:
    """Mean SSIM of the luma (Wang et al. 2004, doi 10.1109/TIP.2003.819861), in windows of 8 x 8 at every fourth pixel."""
    if one.size != other.size:
        raise ValueError("pictures of one size only")
    width, height = ((side - _WINDOW) // _WINDOW * _WINDOW for side in one.size)
    step = _WINDOW // 2
    shares = []
    for left, top in ((0, 0), (step, 0), (0, step), (step, step)):
        box = (left, top, left + width, top + height)
        shares.append(_ssim(*(picture.convert("L").crop(box).convert("F") for picture in (one, other))))
    return sum(shares) / len(shares)


def _ssim(x: Image.Image, y: Image.Image) -> float:
    mean_x, mean_y = x.reduce(_WINDOW), y.reduce(_WINDOW)
    xx, yy, xy = (_times(a, b).reduce(_WINDOW) for a, b in ((x, x), (y, y), (x, y)))
    likeness = ImageMath.lambda_eval(_formula, mx=mean_x, my=mean_y, xx=xx, yy=yy, xy=xy)
    mean = likeness.resize((1, 1), Resampling.BOX).getpixel((0, 0))
    return float(mean)


def _times(x: Image.Image, y: Image.Image) -> Image.Image:
    product: Image.Image = ImageMath.lambda_eval(lambda at: at["x"] * at["y"], x=x, y=y)
    return product


def _formula(at: dict[str, Any]) -> object:
    """Means, and means of products, to likeness; the constants are those of the paper for 8 bits."""
    small, smaller = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mx, my = at["mx"], at["my"]
    spread = at["xx"] - mx * mx + at["yy"] - my * my
    together = at["xy"] - mx * my
    return ((2 * mx * my + small) * (2 * together + smaller)) / (
        (mx * mx + my * my + small) * (spread + smaller)
    )
