"""Packs to begin a draft with: what each changes of the shipped one, and what simulated cohorts gave with it."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from aftercare.checks.clinic_pack import changed
from aftercare.checks.pack import RulePack, default_pack
from aftercare.model.rule_packs import PresetName

_PACKS = Path(__file__).parent / "packs"


class Simulated(msgspec.Struct, frozen=True):
    """Shares of 1 in a simulated cohort: patients who ever alert, uneventful episodes `soon` or higher, complications in time."""

    patients_alerted: float
    uneventful_soon: float
    caught_in_time: float


class Preset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A pack that ships beside the default one; `simulated` has both, "shipped" and "preset"."""

    name: str
    note: str
    changes: dict[str, Any]
    simulated: dict[str, Simulated]


@cache
def preset(name: PresetName) -> Preset:
    """Give the preset of this name."""
    raw = (_PACKS / f"{name}.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(raw), Preset)


@cache
def preset_pack(name: PresetName) -> RulePack:
    """Give the shipped pack with what the preset changes. Raises ValueError for one that cannot be read."""
    pack, faults = changed(default_pack(), preset(name).changes)
    if faults:
        raise ValueError(f"{name}: {faults}")
    return msgspec.structs.replace(pack, version=f"{pack.version}+{name}")


def laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Give the changes of both; where both change one value, those of `above`."""
    merged = dict(below)
    for name, value in above.items():
        under = merged.get(name)
        merged[name] = (
            laid_over(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
        )
    return merged
