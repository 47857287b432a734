"""Drawn faces for demonstration data: plainly drawings, labelled so, of nobody.

They show where on a page a photo goes, and how redness and marks would be seen on skin types I to VI (Fitzpatrick,
doi 10.1001/archderm.1988.01670060015008). They say nothing about how real skin looks.
"""

import random
from io import BytesIO
from math import cos, sin, sqrt

import msgspec
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from aftercare.model.words import View
from aftercare.photos.drawing import HEIGHT, WIDTH, Colour, Gaze, Point, Sheet, arc, oval, tint


class _Skin(msgspec.Struct, frozen=True):
    """Redness is not red on every skin: on the darkest it is a plum shade."""

    tone: Colour
    shade: Colour
    lips: Colour
    flush: Colour
    line: Colour


_SKINS = (
    _Skin((247, 224, 209), (224, 184, 164), (204, 130, 124), (222, 88, 84), (150, 104, 92)),
    _Skin((240, 207, 184), (213, 166, 140), (193, 112, 104), (214, 78, 72), (140, 92, 76)),
    _Skin((224, 181, 148), (192, 142, 109), (174, 98, 86), (200, 68, 60), (122, 78, 60)),
    _Skin((195, 146, 109), (160, 111, 78), (146, 80, 68), (172, 56, 50), (98, 60, 44)),
    _Skin((148, 101, 72), (115, 75, 51), (116, 61, 55), (134, 38, 44), (66, 40, 30)),
    _Skin((104, 70, 52), (76, 49, 37), (98, 52, 51), (104, 26, 44), (42, 26, 20)),
)
_HAIR: tuple[Colour, ...] = (
    (58, 46, 42),
    (88, 64, 48),
    (122, 90, 62),
    (40, 38, 42),
    (128, 124, 120),
    (92, 56, 44),
)
_GROUNDS: tuple[Colour, ...] = ((204, 213, 214), (208, 212, 204), (210, 208, 213), (202, 210, 218))
_CLOTHES: tuple[Colour, ...] = ((116, 136, 144), (134, 141, 124), (140, 129, 139), (118, 128, 152))
_BAND: Colour = (238, 240, 238)
_WHITE: Colour = (255, 255, 255)
_BLISTER: Colour = (246, 226, 206)
_MILIUM: Colour = (255, 247, 232)

# A head turned to the viewer's left shows its own left side.
_GAZES = {
    View.LEFT_45: Gaze(turn=-1),
    View.RIGHT_45: Gaze(turn=1),
    View.CLOSE_UP: Gaze(zoom=2.3, middle=(0.38, 0.46)),
}
_CLUSTER = (0.27, 0.6)
_TREATED = (
    (0.5, 0.22, 0.3, 0.34),
    (-0.5, 0.22, 0.3, 0.34),
    (0, 0.28, 0.15, 0.2),
    (0, 1.0, 0.26, 0.16),
    (0, -0.62, 0.5, 0.16),
)


def face(
    seed: int,
    view: View = View.FRONT,
    redness: float = 0.0,
    *,
    skin_type: int | None = None,
    milia: int = 0,
    blisters: int = 0,
) -> bytes:
    """Draw a face and return it as a JPEG of 1200 x 1500 pixels, labelled as synthetic.

    `seed` is the person: the same one looks the same in every view and on every day. `redness` is 0 to 1, `skin_type`
    1 to 6 (chosen by the seed if None); `milia` are small white bumps on the cheeks, `blisters` a cluster at the lip.
    Raises ValueError for a redness or a skin type that does not exist.
    """
    if not 0 <= redness <= 1 or skin_type not in {None, 1, 2, 3, 4, 5, 6}:
        raise ValueError("redness is 0 to 1 and a skin type 1 to 6")
    person = random.Random(seed)  # noqa: S311 - a drawing, not a secret
    skin = _SKINS[(skin_type or person.randint(1, 6)) - 1]
    gaze = _GAZES.get(view, Gaze())
    sheet = Sheet(person.choice(_GROUNDS), gaze)
    _draw_head(sheet, gaze, skin, person)
    _draw_features(sheet, gaze, skin, person)
    _draw_marks(sheet, gaze, skin, milia, blisters, seed)
    picture, bare_skin = sheet.smooth()
    _shade(picture, bare_skin, sheet, skin, gaze)
    _redden(picture, bare_skin, sheet, skin, redness, blisters, seed)
    _label(picture)
    out = BytesIO()
    picture.save(out, "JPEG", quality=88)
    return out.getvalue()


def _face_outline(width: float, lean: float) -> list[Point]:
    """Return a skull that narrows to the chin."""
    outline = []
    for x, y in oval(0, 0, width, 1.38, 0.94):
        narrower = 1 - 0.2 * max(0.0, y - 0.25) ** 1.4
        outline.append((x * narrower + lean * (0.5 + 0.2 * y), y))
    return outline


def _draw_head(sheet: Sheet, gaze: Gaze, skin: _Skin, person: random.Random) -> None:
    """Draw what does not turn with the features: hair, shoulders, neck, ears, the face itself, the band."""
    hair, clothes = person.choice(_HAIR), person.choice(_CLOTHES)
    width, bun, long = person.uniform(0.94, 1.04), person.random() < 0.4, person.random() < 0.4
    lean = 0.16 * gaze.turn
    if bun:
        sheet.shape(oval(-lean * 2, -1.72, 0.42, 0.36), hair, on_face=False)
    if long:
        sheet.shape(oval(-lean, 0.35, 1.26, 1.75, 0.8), hair, on_face=False)
    sheet.shape(oval(-lean, -0.32, width + 0.17, 1.3, 0.95), hair, on_face=False)
    sheet.shape(oval(0, 2.75, 1.95, 0.95, 0.75), clothes, on_face=False)
    sheet.shape(oval(0, 1.62, 0.62, 0.74, 0.7), skin.tone, skin=True, on_face=False)
    for side in (-1, 1):
        if gaze.turn != side:
            ear = side * (width + 0.02) - lean
            sheet.shape(oval(ear, 0.06, 0.13, 0.27), skin.shade, skin=True, on_face=False)
            sheet.shape(oval(ear - side * 0.02, 0.06, 0.09, 0.2), skin.tone, skin=True, on_face=False)
    outline = _face_outline(width, lean)
    sheet.shape(outline, skin.tone, skin=True, on_face=False)
    # Hair is held back by a band, as for a clinical photo.
    top = [(x * 1.03, y - 0.03) for x, y in outline if y < -0.72]
    sheet.shape(
        sorted(top) + arc((top[0][0], -0.74), (lean, -1.12), (-top[0][0], -0.74))[::-1], hair, on_face=False
    )
    edge = max(x for x, y in outline if y < -0.7)
    left = min(x for x, y in outline if y < -0.7)
    sheet.stroke(
        arc((left + 0.04, -0.74), ((left + edge) / 2, -1.22), (edge - 0.04, -0.74)),
        0.17,
        _BAND,
        on_face=False,
    )


def _draw_features(sheet: Sheet, gaze: Gaze, skin: _Skin, person: random.Random) -> None:
    """Draw closed eyes, brows, nose and a mouth at rest."""
    brow, apart, full = person.uniform(0.05, 0.085), person.uniform(0.4, 0.45), person.uniform(0.85, 1.15)
    for side in (-1, 1):
        x = side * apart
        sheet.stroke(arc((x - side * 0.24, -0.33), (x, -0.47), (x + side * 0.25, -0.33)), brow, skin.line)
        sheet.stroke(arc((x - side * 0.19, -0.07), (x, 0.06), (x + side * 0.2, -0.08)), 0.026, skin.line)
        sheet.stroke(arc((x - side * 0.16, -0.17), (x, -0.25), (x + side * 0.2, -0.16)), 0.012, skin.shade)
        for lash in (0.06, 0.12, 0.18):
            sheet.stroke(
                [(x + side * lash, -0.02 - lash * 0.16), (x + side * (lash + 0.03), 0.03 - lash * 0.2)],
                0.016,
                skin.line,
            )
        sheet.stroke(arc((side * 0.17, 0.37), (side * 0.19, 0.47), (side * 0.08, 0.46)), 0.022, skin.shade)
    sheet.stroke(arc((-0.07, 0.47), (0, 0.52), (0.07, 0.47)), 0.022, skin.shade)
    if gaze.turn:
        sheet.stroke(
            arc((gaze.turn * 0.12, -0.02), (gaze.turn * 0.15, 0.2), (gaze.turn * 0.21, 0.37)),
            0.02,
            skin.shade,
        )
    upper = arc((-0.31, 0.74), (-0.1, 0.62), (0, 0.68)) + arc((0, 0.68), (0.1, 0.62), (0.31, 0.74))
    lower = arc((0.31, 0.74), (0, 0.74 + 0.24 * full), (-0.31, 0.74))
    sheet.shape(upper + lower, skin.lips)
    sheet.stroke(arc((-0.31, 0.735), (0, 0.775), (0.31, 0.735)), 0.016, skin.line)


def _shade(picture: Image.Image, bare_skin: Image.Image, sheet: Sheet, skin: _Skin, gaze: Gaze) -> None:
    """Give the head its volume: darker to the sides and below the chin, lighter on the forehead and cheekbones."""
    lean = 0.16 * gaze.turn
    lit = sheet.soft([(oval(lean, -0.06, 0.86, 1.2), 255)], 0.16, on_face=False)
    below = sheet.soft([(oval(lean, 1.5, 0.6, 0.2), 150)], 0.08, on_face=False)
    tint(picture, skin.shade, ImageChops.invert(lit).point(lambda level: level * 0.55), bare_skin)
    chin = sheet.soft([(oval(lean * 1.4, 0.98, 0.62, 0.4), 255)], 0.03, on_face=False)
    tint(picture, skin.shade, ImageChops.subtract(below, chin), bare_skin)
    glow = [(oval(side * 0.5, 0.12, 0.2, 0.11), 110) for side in (-1, 1)] + [(oval(0, 0.2, 0.05, 0.2), 120)]
    tint(picture, _mixed(skin.tone, _WHITE), sheet.soft(glow, 0.07), bare_skin)


def _draw_marks(sheet: Sheet, gaze: Gaze, skin: _Skin, milia: int, blisters: int, seed: int) -> None:
    """Dot milia over the cheeks and a cluster of blisters above the lip's corner; more of them keep the first ones."""
    places = random.Random(seed)  # noqa: S311 - a drawing, not a secret
    for _ in range(milia):
        x, y, size = (
            places.choice((-1, 1)) * places.uniform(0.24, 0.7),
            places.uniform(0.08, 0.5),
            places.uniform(0.011, 0.018),
        )
        if x * gaze.turn < 0.4:  # the rest is behind the cheek
            sheet.shape(oval(x, y + 0.005, size * 1.35, size * 1.35), skin.shade)
            sheet.shape(oval(x, y, size, size), _mixed(_MILIUM, _mixed(_MILIUM, skin.tone)))
    for number in range(blisters):
        # A sunflower's order: close together and never one upon the other.
        reach, angle = 0.042 * sqrt(number), number * 2.4
        x, y = _CLUSTER[0] + reach * cos(angle), _CLUSTER[1] + reach * sin(angle)
        sheet.shape(oval(x, y, 0.023, 0.023), skin.flush)
        sheet.shape(oval(x, y, 0.018, 0.018), _mixed(_BLISTER, skin.tone))
        sheet.shape(oval(x - 0.005, y - 0.006, 0.006, 0.005), _WHITE)


def _redden(
    picture: Image.Image,
    bare_skin: Image.Image,
    sheet: Sheet,
    skin: _Skin,
    redness: float,
    blisters: int,
    seed: int,
) -> None:
    """Redden where the skin was treated, uneven as after needling, and around blisters."""
    areas = [(oval(x, y, across, along), round(60 + 165 * redness)) for x, y, across, along in _TREATED]
    wide = sheet.soft(areas, 0.13).point(lambda level: level * (0.12 + 0.78 * redness))
    size = (WIDTH // 4, HEIGHT // 4)
    pores = Image.frombytes("L", size, random.Random(seed).randbytes(size[0] * size[1]))  # noqa: S311 - a drawing
    uneven = pores.filter(ImageFilter.GaussianBlur(1)).point(
        lambda level: min(255, 215 + (level - 128) * redness)
    )
    tint(picture, skin.flush, wide, uneven.resize((WIDTH, HEIGHT)), bare_skin)
    if blisters:
        around = sheet.soft([(oval(*_CLUSTER, 0.14, 0.12), 200)], 0.06)
        tint(picture, skin.flush, around, bare_skin)


def _mixed(one: Colour, other: Colour) -> Colour:
    return (one[0] + other[0]) // 2, (one[1] + other[1]) // 2, (one[2] + other[2]) // 2


def _label(picture: Image.Image) -> None:
    """Say in the corner what it is."""
    font = ImageFont.load_default(30)
    pen = ImageDraw.Draw(picture, "RGBA")
    text = "synthetic · a drawing"
    left, _, right, bottom = pen.textbbox((0, 0), text, font=font)
    x, y = WIDTH - (right - left) - 48, HEIGHT - 70
    pen.rounded_rectangle((x - 16, y - 12, WIDTH - 28, y + bottom + 12), 10, fill=(255, 255, 255, 205))
    pen.text((x, y), text, fill=(60, 66, 70, 255), font=font)
