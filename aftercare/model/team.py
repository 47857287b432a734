"""A clinic's team at an instant: who can be told of an alert, and how."""

from uuid import UUID

import msgspec

from aftercare.model.addresses import ChannelName, Reach
from aftercare.model.clinic import OpeningHours
from aftercare.model.preferences import StaffPreferencesDraft
from aftercare.model.rotas import Rota
from aftercare.model.words import Role

MAIL = Reach(channel=ChannelName.SMTP)


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """An active staff member and their ways: mail always, then what they registered. The preferences name their zone."""

    staff_id: UUID
    role: Role
    reaches: tuple[Reach, ...] = (MAIL,)
    preferences: StaffPreferencesDraft = StaffPreferencesDraft()


class Team(msgspec.Struct, frozen=True, kw_only=True):
    """Everyone who is active, by name, the clinic's webhooks, its rotas and opening hours."""

    members: tuple[Member, ...]
    hooks: tuple[UUID, ...] = ()
    rotas: tuple[Rota, ...] = ()
    hours: OpeningHours = OpeningHours(time_zone="UTC")

    @property
    def active(self) -> frozenset[UUID]:
        """Who may be on call."""
        return frozenset(member.staff_id for member in self.members)
