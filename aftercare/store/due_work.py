"""What is due, across clinics: claimed under a lease, finished only by whoever still holds the claim."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.words import Tier
from aftercare.store.rows import many

_SQL = queries("due_work")
# Of each tier, the most urgent first. What must be seen the same day is never held up by what need not.
URGENT = (Tier.EMERGENCY.rank, Tier.SAME_DAY.rank)
CALM = (Tier.SOON.rank, Tier.ROUTINE.rank)


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of due work, ours until the lease ends; the fence tells a claim from a later one."""

    clinic_id: UUID
    subject_id: UUID
    fence: int


async def put(
    db: Connection, clinic_id: UUID, kind: str, subject_id: UUID, due_at: datetime, urgency: int = 0
) -> None:
    """Set when work is due, in place of what was set before; a running claim loses its fence."""
    await db.execute(_SQL["put"], clinic_id, kind, subject_id, due_at, urgency)


async def bring_forward(
    db: Connection, clinic_id: UUID, kind: str, subject_id: UUID, due_at: datetime, urgency: int = 0
) -> None:
    """Make work due at this instant or sooner, and as urgent or more."""
    await db.execute(_SQL["bring_forward"], clinic_id, kind, subject_id, due_at, urgency)


async def drop(db: Connection, clinic_id: UUID, kind: str, subject_id: UUID) -> None:
    """There is nothing to do any more."""
    await db.execute(_SQL["drop"], clinic_id, kind, subject_id)


async def claim(
    db: Connection,
    kind: str,
    now: datetime,
    lease_ends: datetime,
    limit: int,
    *,
    urgencies: Sequence[int] = URGENT + CALM,
    share: int | None = None,
    passed_over: Collection[UUID] = (),
) -> list[Claim]:
    """Take up to `limit` pieces that are due, in that order: by the place in `urgencies`, then the oldest first.

    Across clinics: at most `share` of one clinic, and none of a clinic that is `passed_over`.
    """
    most = limit if share is None else share
    return many(
        Claim,
        await db.fetch(
            _SQL["claim"], kind, now, list(urgencies), lease_ends, limit, most, list(passed_over)
        ),
    )  # fmt: skip


async def renew(db: Connection, kind: str, claims: Sequence[Claim], lease_ends: datetime) -> None:
    """Move the end of our leases; a claim that is no longer ours stays as it is."""
    clinics = [one.clinic_id for one in claims]
    subjects, fences = [one.subject_id for one in claims], [one.fence for one in claims]
    await db.execute(_SQL["renew"], kind, lease_ends, clinics, subjects, fences)


async def finish(db: Connection, kind: str, claim: Claim) -> bool:
    """Done for good; False if the claim is no longer ours."""
    done = await db.fetchval(_SQL["finish"], claim.clinic_id, kind, claim.subject_id, claim.fence)
    return done is not None


async def postpone(
    db: Connection, kind: str, claim: Claim, due_at: datetime, urgency: int | None = None
) -> bool:
    """Again at a later instant, as urgent as before or as said; False if the claim is no longer ours."""
    done = await db.fetchval(
        _SQL["postpone"], claim.clinic_id, kind, claim.subject_id, claim.fence, due_at, urgency
    )
    return done is not None


async def bring_all_forward(db: Connection, kind: str, now: datetime) -> None:
    """Make everything of a kind due now, whoever holds it. Across clinics."""
    await db.execute(_SQL["bring_all_forward"], kind, now)


async def next_due(db: Connection, kind: str) -> datetime | None:
    """When the next piece of a kind falls due; None if there is none."""
    at: datetime | None = await db.fetchval(_SQL["next_due"], kind)
    return at
