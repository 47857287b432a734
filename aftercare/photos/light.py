"""From the light of one set of primaries to that of another: what colour conversions are made of."""

from functools import cache
from typing import Final

from aftercare.photos.colour_space import SRGB, Point, Primaries

Row = tuple[float, float, float]
Matrix = tuple[Row, Row, Row]

_D50: Final = (0.9642, 1.0, 0.8249)  # ICC.1, 7.2.16
# What an eye's cones make of XYZ, sharpened (Bradford), as ICC.1 annex E wants it for another white.
_CONES: Final = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))


def to_d50(primaries: Primaries) -> Matrix:
    """Linear RGB to CIE XYZ as it looks under D50: the columns are an ICC profile's colorants."""
    *_, white = primaries
    seen, meant = _times(_CONES, _xyz(white)), _times(_CONES, _D50)
    adapted = _diagonal((meant[0] / seen[0], meant[1] / seen[1], meant[2] / seen[2]))
    return _product(_product(_product(_inverse(_CONES), adapted), _CONES), _to_xyz(primaries))


def to_srgb_light(primaries: Primaries) -> Matrix:
    """Linear RGB to linear sRGB: what lies outside of it is below 0 or over 1."""
    return _product(_from_d50(), to_d50(primaries))


def luminance(primaries: Primaries) -> Row:
    """How much each of the primaries adds to the luminance of white, which is 1."""
    return _to_xyz(primaries)[1]


@cache
def _from_d50() -> Matrix:
    return _inverse(to_d50(SRGB.primaries))


def _to_xyz(primaries: Primaries) -> Matrix:
    red, green, blue, white = (_xyz(point) for point in primaries)
    of_one_each = (
        (red[0], green[0], blue[0]),
        (red[1], green[1], blue[1]),
        (red[2], green[2], blue[2]),
    )
    return _product(of_one_each, _diagonal(_times(_inverse(of_one_each), white)))


def _xyz(point: Point) -> Row:
    x, y = point
    return x / y, 1.0, (1 - x - y) / y


def _diagonal(parts: Row) -> Matrix:
    return (parts[0], 0.0, 0.0), (0.0, parts[1], 0.0), (0.0, 0.0, parts[2])


def _times(matrix: Matrix, column: Row) -> Row:
    r, g, b = column
    first, second, third = (row[0] * r + row[1] * g + row[2] * b for row in matrix)
    return first, second, third


def _product(left: Matrix, right: Matrix) -> Matrix:
    columns = [_times(left, column) for column in zip(*right, strict=True)]
    first, second, third = zip(*columns, strict=True)
    return first, second, third


def _inverse(matrix: Matrix) -> Matrix:
    """Raises ZeroDivisionError where there is none."""
    (a, b, c), (d, e, f), (g, h, i) = matrix
    whole = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    return (
        ((e * i - f * h) / whole, (c * h - b * i) / whole, (b * f - c * e) / whole),
        ((f * g - d * i) / whole, (a * i - c * g) / whole, (c * d - a * f) / whole),
        ((d * h - e * g) / whole, (b * g - a * h) / whole, (a * e - b * d) / whole),
    )
