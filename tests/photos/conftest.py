"""Small pictures, made when they are needed: nobody's photo is in the repository."""

import random
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

Encode = Callable[..., bytes]


@pytest.fixture(scope="session")
def encode() -> Encode:
    def encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
        if kind == "WEBP":
            options = {"lossless": True} | options
        if kind == "JPEG":
            options = {"quality": 95, "subsampling": 0} | options
        out = BytesIO()
        picture.save(out, kind, **options)
        return out.getvalue()

    return encoded


@pytest.fixture(scope="session")
def noise() -> Image.Image:
    """Incompressible, so that a cut anywhere in its file takes pixels away."""
    pixels = random.Random(1).randbytes(60 * 40 * 3)  # noqa: S311 - noise, not a secret
    return Image.frombytes("RGB", (60, 40), pixels)
