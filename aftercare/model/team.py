"""A clinic's team at an instant: who can be told of an alert, and how."""

from uuid import UUID

import msgspec

from aftercare.model.addresses import ChannelName, Reach
from aftercare.model.words import Role

MAIL = Reach(channel=ChannelName.SMTP)


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """An active staff member and their ways: mail always, then what they registered."""

    staff_id: UUID
    role: Role
    reaches: tuple[Reach, ...] = (MAIL,)


class Team(msgspec.Struct, frozen=True, kw_only=True):
    """Everyone who is active, by name, and the clinic's webhooks."""

    members: tuple[Member, ...]
    hooks: tuple[UUID, ...] = ()
