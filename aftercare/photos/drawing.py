"""A pen for drawn heads: shapes in units of half a face, seen from the front or turned, and soft areas of colour."""

from collections.abc import Iterable
from math import cos, pi, sin, sqrt

import msgspec
from PIL import Image, ImageChops, ImageDraw, ImageFilter
from PIL.Image import Resampling

WIDTH, HEIGHT = 1200, 1500
_SCALE = 2  # drawn at twice the size and halved: smooth edges without a drawing library
_SOFT = 8  # what has no edges is drawn at an eighth
_UNIT = 325  # pixels from the middle of the face to its side
_TURN = pi / 6

Colour = tuple[int, int, int]
Point = tuple[float, float]


class Gaze(msgspec.Struct, frozen=True):
    """From where the head is seen: `turn` -1 to the viewer's left, 0 ahead, 1 right; `zoom` on `middle`."""

    turn: int = 0
    zoom: float = 1.0
    middle: Point = (0.0, -0.06)


def oval(x: float, y: float, across: float, along: float, square: float = 1.0) -> list[Point]:
    """Return the outline of an ellipse by its middle and its two radii; `square` under 1 fills its corners."""
    outline = []
    for step in range(72):
        side, up = cos(step * pi / 36), sin(step * pi / 36)
        reach = (abs(side) ** (2 / square) + abs(up) ** (2 / square)) ** (-square / 2)
        outline.append((x + across * side * reach, y + along * up * reach))
    return outline


def arc(start: Point, bend: Point, end: Point) -> list[Point]:
    """Return a curve from one point to another that leans towards a third (a quadratic Bezier)."""
    curve = []
    for step in range(25):
        t = step / 24
        a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
        curve.append((a * start[0] + b * bend[0] + c * end[0], a * start[1] + b * bend[1] + c * end[1]))
    return curve


class Sheet:
    """What is drawn on. Points are in half-faces from the middle of the face, y down; widths too."""

    def __init__(self, ground: Colour, gaze: Gaze) -> None:
        size = (WIDTH * _SCALE, HEIGHT * _SCALE)
        self._gaze = gaze
        self._picture, self._skin = Image.new("RGB", size, ground), Image.new("L", size)
        self._pen, self._skin_pen = ImageDraw.Draw(self._picture), ImageDraw.Draw(self._skin)

    def turned(self, point: Point) -> Point:
        """Return where a point of the face's front lies when the head is turned: the face is a cylinder."""
        x, y = point
        depth = sqrt(max(0.04, 1 - x * x))
        return x * cos(_TURN * self._gaze.turn) + depth * sin(_TURN * self._gaze.turn) * 0.9, y

    def shape(
        self, outline: Iterable[Point], colour: Colour, *, skin: bool = False, on_face: bool = True
    ) -> None:
        """Fill an outline. What is `skin` takes soft colour later; what is `on_face` turns with it."""
        points = self._pixels(outline, on_face=on_face)
        self._pen.polygon(points, colour)
        self._skin_pen.polygon(points, 255 if skin else 0)

    def stroke(self, line: Iterable[Point], width: float, colour: Colour, *, on_face: bool = True) -> None:
        """Draw a line with round ends."""
        points = self._pixels(line, on_face=on_face)
        pixels = max(2, round(width * _UNIT * self._gaze.zoom * _SCALE))
        for pen, fill in ((self._pen, colour), (self._skin_pen, 0)):
            pen.line(points, fill, pixels, joint="curve")
            for x, y in (points[0], points[-1]):
                pen.ellipse((x - pixels / 2, y - pixels / 2, x + pixels / 2, y + pixels / 2), fill)

    def smooth(self) -> tuple[Image.Image, Image.Image]:
        """Return what was drawn and where there is skin, at their final size."""
        return self._picture.reduce(_SCALE), self._skin.reduce(_SCALE)

    def soft(
        self, areas: Iterable[tuple[list[Point], int]], blur: float, *, on_face: bool = True
    ) -> Image.Image:
        """Return a mask of blurred areas, each with its strength (0 to 255); `blur` in half-faces."""
        mask = Image.new("L", (WIDTH // _SOFT, HEIGHT // _SOFT))
        pen = ImageDraw.Draw(mask)
        for outline, strength in areas:
            pixels = self._pixels(outline, on_face=on_face)
            pen.polygon([(x / _SCALE / _SOFT, y / _SCALE / _SOFT) for x, y in pixels], strength)
        radius = blur * _UNIT * self._gaze.zoom / _SOFT
        return mask.filter(ImageFilter.GaussianBlur(radius)).resize((WIDTH, HEIGHT), Resampling.BICUBIC)

    def _pixels(self, points: Iterable[Point], *, on_face: bool) -> list[Point]:
        unit, (middle_x, middle_y) = _UNIT * self._gaze.zoom * _SCALE, self._gaze.middle
        seen = map(self.turned, points) if on_face else points
        return [
            (WIDTH * _SCALE / 2 + (x - middle_x) * unit, HEIGHT * _SCALE / 2 + (y - middle_y) * unit)
            for x, y in seen
        ]


def tint(picture: Image.Image, colour: Colour, *masks: Image.Image) -> None:
    """Lay a colour over the picture where all masks let it through."""
    mask = masks[0]
    for other in masks[1:]:
        mask = ImageChops.multiply(mask, other)
    picture.paste(colour, (0, 0), mask)
