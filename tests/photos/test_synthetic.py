import time
from io import BytesIO

import pytest
from PIL import Image, ImageChops, ImageStat

from aftercare.model.words import View
from aftercare.photos.renditions import render
from aftercare.photos.synthetic import face

CHEEK = (340, 800, 520, 920)


def drawn(jpeg: bytes) -> Image.Image:
    return Image.open(BytesIO(jpeg)).convert("RGB")


def redness_of(jpeg: bytes) -> float:
    """Red over green of a cheek: unlike red alone it does not fall where the skin is dark."""
    red, green, _ = ImageStat.Stat(drawn(jpeg).crop(CHEEK)).mean
    return red / green


def differs(one: bytes, other: bytes) -> bool:
    return ImageChops.difference(drawn(one), drawn(other)).getbbox() is not None


@pytest.mark.parametrize("view", View)
def test_every_view_is_a_photo_that_the_service_takes(view: View) -> None:
    assert render(face(1, view)).display.height == 1500


def test_the_same_person_looks_the_same_again() -> None:
    assert face(5, View.FRONT, 0.4, milia=3) == face(5, View.FRONT, 0.4, milia=3)
    assert differs(face(5), face(6))


@pytest.mark.parametrize("skin_type", range(1, 7))
def test_redness_is_seen_on_every_skin(skin_type: int) -> None:
    grades = [redness_of(face(3, redness=redness, skin_type=skin_type)) for redness in (0.0, 0.3, 0.6, 1.0)]
    assert grades == sorted(grades)
    assert grades[-1] > grades[0] * 1.1


def test_marks_are_seen() -> None:
    bare = face(3, View.CLOSE_UP, skin_type=4)
    assert differs(bare, face(3, View.CLOSE_UP, skin_type=4, milia=6))
    assert differs(bare, face(3, View.CLOSE_UP, skin_type=4, blisters=6))


def test_a_person_with_marks_is_still_the_same_person() -> None:
    """Eyes and brows, above every mark, do not change."""
    eyes = (380, 600, 820, 720)
    bare, marked = drawn(face(3)).crop(eyes), drawn(face(3, milia=9, blisters=9)).crop(eyes)
    assert max(ImageStat.Stat(ImageChops.difference(bare, marked)).mean) < 0.5


def test_every_picture_says_that_it_is_synthetic() -> None:
    """The label's plate lies in the corner of every view: light ground with dark letters on it."""
    for view in View:
        corner = drawn(face(2, view)).crop((900, 1430, 1160, 1470)).convert("L")
        darkest, lightest = corner.getextrema()
        assert isinstance(darkest, int)
        assert isinstance(lightest, int)
        assert darkest < 110
        assert lightest > 230


@pytest.mark.parametrize(("redness", "skin_type"), [(-0.1, 1), (1.1, 1), (0.5, 0), (0.5, 7)])
def test_what_does_not_exist_is_not_drawn(redness: float, skin_type: int) -> None:
    with pytest.raises(ValueError, match="0 to 1"):
        face(1, redness=redness, skin_type=skin_type)


def test_a_picture_is_quick() -> None:
    face(1)
    began = time.process_time()
    face(2)
    assert time.process_time() - began < 0.6  # 0.12 s on a quiet machine
