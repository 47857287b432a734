"""One patient's recovery: what a decision about it rests on, read at once."""

from uuid import UUID

import msgspec

from aftercare.model.alerts import Alert
from aftercare.model.care import Episode
from aftercare.model.check_ins import Answered, Kept
from aftercare.model.people import Clinic, Patient
from aftercare.model.rule_packs import PackInUse


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """A patient's recovery, locked: read once, decided on, written once."""

    clinic: Clinic
    patient: Patient
    episodes: tuple[Episode, ...]  # the newest session first
    check_ins: tuple[
        Kept, ...
    ]  # since the oldest episode that matters, in the order in which they are judged
    alerts: tuple[Alert, ...]  # of all episodes
    answered: dict[UUID, Answered] = {}  # of the check-ins asked about, those that are here already
    consented: frozenset[str] = frozenset()  # the purposes that were ever asked about
    to_ring: bool = False  # on the call list
    packs: tuple[PackInUse, ...] = ()  # the clinic's that judge; none: the shipped one does

    @property
    def newest(self) -> Episode | None:
        """The episode whose calendar runs."""
        return self.episodes[0] if self.episodes else None
