"""What the pages about the staff show. Filled and drawn as `model.pages` says."""

from datetime import datetime

import msgspec

from aftercare.model.messages import TierCount
from aftercare.model.rota_pages import TypedForm
from aftercare.model.views import Head, StaffView
from aftercare.model.words import Tier


class StaffLine(msgspec.Struct, frozen=True, kw_only=True):
    """A member of staff with the alerts that are theirs: those whose patient they have yet to reach, and the rest."""

    member: StaffView
    email: str
    since: datetime
    disabled_at: datetime | None = None
    to_reach: tuple[TierCount, ...] = ()  # the most urgent first
    reached: int = 0


class StaffPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/staff`: who works here, and who did. `form` is that of a new colleague, for those who may add one."""

    head: Head
    here: tuple[StaffLine, ...]
    gone: tuple[StaffLine, ...] = ()
    door: str = ""  # the address at which they sign in
    form: TypedForm | None = None


class MemberPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/staff/{staff_id}`: what an admin may do to somebody's account, and what each comes to.

    `rotas` are names of those in which they take turns, `chains` the tiers of which a step names them. `problem` is why
    nothing was done, `wrong_password` what is wrong with the one that was typed.
    """

    head: Head
    line: StaffLine
    oneself: bool
    rotas: tuple[str, ...] = ()
    chains: tuple[Tier, ...] = ()
    last_practitioner: bool = False  # without them nobody resolves an urgent alert
    problem: str = ""
    wrong_password: str = ""
