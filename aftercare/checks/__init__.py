"""Checks: a timeline in, findings out. Pure; one file a sign; the numbers in versioned rule packs beside them."""

from aftercare.checks.engine import judge
from aftercare.checks.pack import RulePack, default_pack, expected

__all__ = ["RulePack", "default_pack", "expected", "judge"]
