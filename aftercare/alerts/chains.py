"""Escalation chains: whom a late alert goes to, step by step, in the end always to everyone."""

from collections.abc import Iterable, Mapping
from typing import Final

from aftercare.model.chains import Chain, Step
from aftercare.model.words import Tier

EVERYONE: Final = Step(tells="everyone")
# Who is told at each step, the first when an alert is raised. An owner who is not there yet is every practitioner.
SHIPPED: Final = Chain(steps=(Step(tells="owner"), EVERYONE))
Chains = Mapping[Tier, Chain]
SHIPPED_CHAINS: Final[Chains] = dict.fromkeys(Tier, SHIPPED)


def complete(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Return a chain that cannot end in silence: whatever was written, its last step is everyone, and no other is."""
    before = [one for one in steps if one != EVERYONE]
    return (*before, EVERYONE)
