"""What the pages about the rota and the clinic's settings show. Filled and drawn as `model.pages` says."""

from uuid import UUID

import msgspec

from aftercare.model.chains import EscalationChain
from aftercare.model.clinic import ClinicSettings
from aftercare.model.rotas import Gap, Override, Rota, RotaNow, Shift
from aftercare.model.views import Head, StaffView
from aftercare.model.words import Tier


class TypedForm(msgspec.Struct, frozen=True, kw_only=True):
    """One of a page's forms as somebody filled it in, and what is wrong where; "" is the whole form.

    `newer` is what a colleague wrote meanwhile, in words, where it differs from what is typed here.
    """

    form: str  # "new", "edit-" or "over-" and the rota's id; "clinic", or "chain-" and the tier
    values: dict[str, str]
    problems: dict[str, str] = {}
    newer: dict[str, str] = {}

    def rows(self, name: str) -> int:
        """How many numbered fields of a name, from 0 on, reach to the last that was filled in."""
        ends = [field.removeprefix(name) for field in self.values if field.startswith(name)]
        return 1 + max(
            (int(end) for end in ends if end.isascii() and end.isdigit() and len(end) < 4), default=-1
        )


class OverrideLine(msgspec.Struct, frozen=True, kw_only=True):
    """What is laid over a rota; `may_remove` for who looks."""

    override: Override
    may_remove: bool


class RotaView(msgspec.Struct, frozen=True, kw_only=True):
    """A rota with its next two weeks, from the start of today on."""

    rota: Rota
    now: RotaNow
    shifts: tuple[Shift, ...]
    overrides: tuple[OverrideLine, ...] = ()  # those that are not over, the soonest first
    mine: bool = False  # who looks takes turns here


class RotaPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/rota`: who is on call now and in the next 14 days, and when nobody is in the next 28."""

    head: Head
    rotas: tuple[RotaView, ...]
    gaps: tuple[Gap, ...] = ()
    names: dict[UUID, str] = {}
    choices: tuple[StaffView, ...] = ()  # who may be on call
    may_edit: bool = False
    typed: TypedForm | None = None


class ChainView(msgspec.Struct, frozen=True, kw_only=True):
    """A tier's chain in words, and what its steps may be: the value of a choice with its words."""

    tier: Tier
    chain: EscalationChain
    steps: tuple[str, ...]  # in words
    chosen: tuple[str, ...]  # the values of the steps before the last
    wait: str  # how long each step has, in words


class ClinicSettingsPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/clinic-settings`: when the clinic reads, its holidays, and whom a late alert of each tier goes to."""

    head: Head
    settings: ClinicSettings
    chains: tuple[ChainView, ...]
    choices: tuple[tuple[str, str], ...]  # of a step: value and words
    may_edit: bool = False  # the clinic's own settings
    typed: TypedForm | None = None
