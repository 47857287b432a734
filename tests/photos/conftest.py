"""Small pictures, made when they are needed: nobody's photo is in the repository."""

import random
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pillow_heif
import pytest
from PIL import Image

Encode = Callable[..., bytes]

# As exact as each encoder can be made, so that what comes out can be held against what went in.
BEST: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "PNG": {},
    "WEBP": {"lossless": True},
    "AVIF": {"quality": 100, "subsampling": "4:4:4", "speed": 9},
    "HEIF": {"quality": 95, "chroma": 444, "enc_params": {"preset": "ultrafast"}},
}


@pytest.fixture(scope="session")
def encode() -> Encode:
    pillow_heif.register_heif_opener()

    def encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
        out = BytesIO()
        picture.save(out, kind, **BEST[kind] | options)
        return out.getvalue()

    return encoded


@pytest.fixture(scope="session")
def noise() -> Image.Image:
    """Incompressible, so that a cut anywhere in its file takes pixels away."""
    pixels = random.Random(1).randbytes(60 * 40 * 3)  # noqa: S311 - noise, not a secret
    return Image.frombytes("RGB", (60, 40), pixels)
