"""Whether a photo is worth taking again: dim, clipped, out of focus or small, and never for the colour of the skin."""

from io import BytesIO

import pytest
from PIL import Image, ImageFilter

from aftercare.model.photos import Flaw, PhotoQuality
from aftercare.model.words import View
from aftercare.photos.quality import LANGUAGES, flaws, measure, rules, said
from aftercare.photos.renditions import render
from aftercare.photos.synthetic import face

FACES = (View.FRONT, View.LEFT_45, View.RIGHT_45)
SKIN_TYPES = (1, 2, 3, 4, 5, 6)
_BELOW_THE_BAND = (340, 560, 860, 1250)  # of a drawn face: skin and features, nothing white
_CHEEK = (420, 700, 820, 1100)


@pytest.fixture(scope="module")
def drawn() -> dict[tuple[View, int], Image.Image]:
    """Each face once: drawing one takes a quarter of a second."""
    views = (View.FRONT, View.CLOSE_UP)
    return {
        (view, skin): picture_of(face(3, view, 0.3, skin_type=skin)) for view in views for skin in SKIN_TYPES
    }


def picture_of(data: bytes) -> Image.Image:
    with Image.open(BytesIO(data)) as opened:
        return opened.convert("RGB")


def stops(picture: Image.Image, by: float) -> Image.Image:
    """The same scene with the light doubled or halved so many times, as a sensor would take it."""
    levels = []
    for level in range(256):
        value = level / 255
        linear = value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        light = min(1.0, linear * 2**by)
        shown = light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
        levels.append(round(shown * 255))
    return picture.point(levels * 3)


def blurred(picture: Image.Image, radius: float) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(radius))


@pytest.mark.parametrize("skin", SKIN_TYPES)
def test_a_lit_sharp_photo_of_any_skin_has_no_flaw(
    drawn: dict[tuple[View, int], Image.Image], skin: int
) -> None:
    for view in (View.FRONT, View.CLOSE_UP):
        for light in (0, -1):
            assert flaws(measure(stops(drawn[view, skin], light)), view) == (), (view, light)


@pytest.mark.parametrize("skin", SKIN_TYPES)
def test_skin_that_fills_the_picture_is_not_called_dark_for_being_dark(
    drawn: dict[tuple[View, int], Image.Image], skin: int
) -> None:
    for box, view in ((_BELOW_THE_BAND, View.FRONT), (_CHEEK, View.CLOSE_UP)):
        shown = measure(drawn[View.FRONT, skin].crop(box))
        assert Flaw.TOO_DARK not in flaws(shown, view), (view, shown)


def test_a_limit_on_the_mean_would_have_called_the_darkest_skin_dark(
    drawn: dict[tuple[View, int], Image.Image],
) -> None:
    """Why there is none: lit skin of type VI is darker on the whole than type I two stops down."""

    def mean(skin: int, light: float) -> float:
        grey = stops(drawn[View.FRONT, skin].crop(_CHEEK), light).convert("L").histogram()
        return sum(level * count for level, count in enumerate(grey)) / sum(grey)

    assert mean(6, 0) < mean(1, -2)


@pytest.mark.parametrize("skin", SKIN_TYPES)
def test_too_little_light_is_told_for_every_skin_at_the_same_light(
    drawn: dict[tuple[View, int], Image.Image], skin: int
) -> None:
    assert Flaw.TOO_DARK in flaws(measure(stops(drawn[View.FRONT, skin], -4)), View.FRONT)
    assert Flaw.TOO_DARK in flaws(measure(stops(drawn[View.CLOSE_UP, skin], -5)), View.CLOSE_UP)
    assert Flaw.TOO_DARK not in flaws(measure(stops(drawn[View.FRONT, skin], -2)), View.FRONT)


@pytest.mark.parametrize("skin", SKIN_TYPES)
def test_what_is_clipped_is_told(drawn: dict[tuple[View, int], Image.Image], skin: int) -> None:
    assert Flaw.TOO_BRIGHT in flaws(measure(stops(drawn[View.FRONT, skin], 1)), View.FRONT)


@pytest.mark.parametrize("skin", SKIN_TYPES)
def test_blur_is_told_for_every_skin_at_the_same_blur_in_light_and_in_dusk(
    drawn: dict[tuple[View, int], Image.Image], skin: int
) -> None:
    for view in (View.FRONT, View.CLOSE_UP):
        for light in (0, -2):
            soft = stops(blurred(drawn[view, skin], 3), light)
            assert Flaw.BLURRED in flaws(measure(soft), view), (view, light)
            sharp = stops(blurred(drawn[view, skin], 1), light)
            assert Flaw.BLURRED not in flaws(measure(sharp), view), (view, light)


def test_sharpness_is_the_same_for_every_skin(drawn: dict[tuple[View, int], Image.Image]) -> None:
    measured = [measure(drawn[View.FRONT, skin]).sharpness for skin in SKIN_TYPES]
    assert max(measured) / min(measured) < 1.15, measured


def test_noise_does_not_hide_that_a_photo_is_out_of_focus(
    drawn: dict[tuple[View, int], Image.Image],
) -> None:
    soft = blurred(drawn[View.FRONT, 4], 6)
    out = BytesIO()
    soft.save(out, "JPEG", quality=60)
    assert Flaw.BLURRED in flaws(measure(picture_of(out.getvalue())), View.FRONT)


def test_black_hair_before_a_wall_in_daylight_is_no_lack_of_light(
    drawn: dict[tuple[View, int], Image.Image],
) -> None:
    lit = drawn[View.FRONT, 3].copy()
    lit.paste((2, 2, 2), (300, 250, 900, 480))
    measured = measure(lit)
    assert measured.black_share > rules().too_dark.black_share_over
    assert Flaw.TOO_DARK not in flaws(measured, View.FRONT)


def test_a_small_picture_is_told_and_a_large_one_of_the_same_is_not(
    drawn: dict[tuple[View, int], Image.Image],
) -> None:
    whole = drawn[View.FRONT, 2]
    assert flaws(measure(whole.resize((480, 600))), View.FRONT) == (Flaw.TOO_SMALL,)
    assert flaws(measure(whole.resize((640, 800))), View.FRONT) == ()


@pytest.mark.parametrize("size", [(1, 1), (2, 5), (3, 2000), (2048, 1)])
def test_any_picture_can_be_measured(size: tuple[int, int]) -> None:
    measured = measure(Image.new("RGB", size, (9, 9, 9)))
    assert measured.long_edge == max(size)
    assert Flaw.TOO_DARK in flaws(measured, View.FRONT)


def test_numbers_come_with_the_renditions_and_the_photo_is_kept_whatever_they_are() -> None:
    out = BytesIO()
    Image.new("RGB", (60, 40)).save(out, "PNG")
    made = render(out.getvalue())
    assert made.quality == PhotoQuality(
        long_edge=60, black_share=1.0, white_share=0.0, darkest=0, lightest=0, sharpness=0.0
    )
    assert set(flaws(made.quality, View.FRONT)) == {Flaw.TOO_DARK, Flaw.BLURRED, Flaw.TOO_SMALL}
    assert made.display.width == 60


def test_every_flaw_is_worded_in_every_language_and_names_its_source() -> None:
    for flaw in Flaw:
        sentences = {said(flaw, language) for language in LANGUAGES}
        assert len(sentences) == len(LANGUAGES)
        assert said(flaw, "pt-BR") == said(flaw, "pt")
        assert said(flaw, "de") == said(flaw, "en")
        assert getattr(rules(), flaw.value).source
