"""What was held back for somebody, when it is to leave."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

from aftercare.alerts.quiet import Handling
from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.deliveries import Delivery, Letter
from aftercare.model.words import AlertState, Tier
from aftercare.store import due_work
from aftercare.store.deliveries import work_kind
from aftercare.store.rows import many
from aftercare.store.rows import one as row_of

_SQL = queries("releases")


class AboutAlert(Delivery, frozen=True, kw_only=True):
    """One with how its alert stands, if it is about one."""

    alert_state: AlertState | None
    acknowledged_at: datetime | None
    attempted_at: datetime | None
    contacted_at: datetime | None
    snoozed_until: datetime | None

    @property
    def alert(self) -> Handling | None:
        """What it is about, if it is about an alert."""
        if self.alert_state is None:
            return None
        return Handling(
            state=self.alert_state,
            acknowledged_at=self.acknowledged_at,
            attempted_at=self.attempted_at,
            contacted_at=self.contacted_at,
            snoozed_until=self.snoozed_until,
        )


class HeldDelivery(AboutAlert, frozen=True, kw_only=True):
    """One that is held; one that `leads` was made a digest before, and stopped on its way."""

    leads: bool


class WaitingDelivery(AboutAlert, frozen=True, kw_only=True):
    """One that leaves at `due_at`."""

    what: str
    due_at: datetime

    @property
    def letter(self) -> Letter:
        """The letter that it is."""
        fields = {name: getattr(self, name) for name in Delivery.__struct_fields__}
        return Letter(what=self.what, delivery=Delivery(**fields), not_before=self.due_at)


async def held_together(db: Connection, clinic_id: UUID, delivery: Delivery) -> list[HeldDelivery]:
    """What waits for the same person over the same way until the same instant, itself included; nobody else may change it."""
    rows = await db.fetch(
        _SQL["held_together"], clinic_id, delivery.staff_id, delivery.channel, delivery.address_id,
        delivery.held_until,
    )  # fmt: skip
    return many(HeldDelivery, rows)


async def waiting(db: Connection, clinic_id: UUID, after: datetime) -> list[WaitingDelivery]:
    """Letters about alerts that leave after an instant and were not tried yet; nobody else may change them."""
    return many(WaitingDelivery, await db.fetch(_SQL["waiting"], clinic_id, after))


async def move(db: Connection, clinic_id: UUID, letter: Letter) -> None:
    """It leaves at another instant than was written."""
    one = letter.delivery
    await db.execute(_SQL["move"], clinic_id, one.delivery_id, one.held_until, one.held_why)
    urgency = one.tier.rank if one.tier else 0
    await due_work.put(
        db, clinic_id, work_kind(one.channel), one.delivery_id, letter.not_before.astimezone(UTC), urgency
    )


async def led(db: Connection, clinic_id: UUID, delivery_id: UUID) -> list[AboutAlert]:
    """What a digest of letters that were held stands for, itself first; nothing where it gathered none."""
    return many(AboutAlert, await db.fetch(_SQL["led"], clinic_id, delivery_id))


async def handling(db: Connection, clinic_id: UUID, alert_id: UUID) -> Handling | None:
    """How an alert stands; None if it is gone."""
    return row_of(Handling, await db.fetchrow(_SQL["handling"], clinic_id, alert_id))


async def drop(db: Connection, clinic_id: UUID, delivery_id: UUID, why: str, now: datetime) -> None:
    """It is needed no more, and will not be sent, unless it was by now."""
    await db.execute(_SQL["drop"], clinic_id, delivery_id, why, now)


async def gather(
    db: Connection, clinic_id: UUID, others: Sequence[UUID], lead: UUID, tier: Tier | None, now: datetime
) -> None:
    """Let one delivery stand for others as a digest, as urgent as the most urgent of them."""
    await db.execute(_SQL["gather"], clinic_id, others, lead, now)
    await db.execute(_SQL["lead"], clinic_id, lead, tier)


async def is_routine_waiting(db: Connection, clinic_id: UUID, staff_id: UUID, today: date) -> bool:
    """Whether a routine digest has anything to say to a staff member."""
    found: bool = await db.fetchval(_SQL["is_routine_waiting"], clinic_id, staff_id, today)
    return found
