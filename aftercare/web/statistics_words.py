"""How the statistics are named and ordered on their page."""

from collections.abc import Iterable

from aftercare.model.statistics import BudgetLine, CheckLine

_MODALITIES = {
    "microneedling": "Micro-needling",
    "laser_genesis": "Laser Genesis",
    "before_session": "Before a first session",
}
_SKIN = {"I-III": "skin types I to III", "IV-VI": "skin types IV to VI", "unknown": "skin type not known"}
_TYPES = ("", "I", "II", "III", "IV", "V", "VI")


def group(line: BudgetLine) -> str:
    """Name the patients of a line: "Everyone", "Laser Genesis, skin types IV to VI", "Skin type V"."""
    if line.skin_type:
        return f"Skin type {_TYPES[line.skin_type]}"
    parts = [_MODALITIES.get(line.modality, line.modality)] if line.modality else []
    parts += [_SKIN.get(line.skin, line.skin)] if line.skin else []
    named = ", ".join(parts) or "everyone"
    return named[0].upper() + named[1:]


def by_number(lines: Iterable[CheckLine], *, rows: bool = False) -> list[CheckLine]:
    """Give the checks (or their rows), those with the most alerts first."""
    wanted = [line for line in lines if (line.row is not None) == rows]
    return sorted(wanted, key=lambda line: (-line.alerts, line.row or line.code, line.version))
