"""The page of somebody's own notifications: where they are reached, when not, and what became of their tests."""

from datetime import datetime
from uuid import UUID

import msgspec

from aftercare.model.addresses import ChannelName
from aftercare.model.clinic import Opening
from aftercare.model.preferences import StaffPreferences
from aftercare.model.views import Head


class TestOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledger says of the newest test over one way."""

    channel: ChannelName
    address_id: UUID | None
    state: str
    attempts: int
    queued_at: datetime
    sent_at: datetime | None = None
    ended_at: datetime | None = None
    answer: str | None = None


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One way to reach somebody; mail has no id. `where` is what tells it from others, never a whole number."""

    channel: ChannelName
    where: str
    address_id: UUID | None = None
    since: datetime | None = None
    retired_at: datetime | None = None
    retired_why: str = ""
    test: TestOutcome | None = None


class TypedPreferences(msgspec.Struct, frozen=True, kw_only=True):
    """A form that was refused: what was typed, and what is wrong at which field ("" for the whole)."""

    form: str  # "preferences", "number" or "password"
    values: dict[str, str]
    problems: dict[str, str]


class MePage(msgspec.Struct, frozen=True, kw_only=True):
    """One's own notifications. `openings` are the clinic's, where its zone is one's own."""

    head: Head
    ways: tuple[Way, ...]
    preferences: StaffPreferences
    time_zone: str
    new_id: UUID
    openings: tuple[Opening, ...] = ()
    digest_at: datetime | None = None
    on_call: bool = False  # now
    with_numbers: bool = True  # text messages are set up on this server
    typed: TypedPreferences | None = None

    @property
    def channels(self) -> tuple[ChannelName, ...]:
        """Those that one has or may have, for the table."""
        had = {one.channel for one in self.ways if one.retired_at is None}
        always = {ChannelName.SMTP, ChannelName.WEBPUSH, *((ChannelName.SMS,) if self.with_numbers else ())}
        return tuple(one for one in ChannelName if one in had | always)

    @property
    def is_testing(self) -> bool:
        """Whether a test is on its way."""
        return any(one.test is not None and one.test.state == "queued" for one in self.ways)
