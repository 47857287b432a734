"""Words in notes: what a patient's own words name, in English, Spanish and Portuguese, with negation (rules.md 3)."""

from aftercare.checks.words.mention import Mention
from aftercare.checks.words.screen import LANGUAGES, screen

__all__ = ["LANGUAGES", "Mention", "screen"]
