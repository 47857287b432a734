"""Staff: created by the operator or an admin, signed in with e-mail and password."""

import base64
import hashlib
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from aftercare.db.pool import Database
from aftercare.errors import Conflict, NotSignedIn
from aftercare.identity.passwords import hash_password, verify_password
from aftercare.identity.secrets import clinic_of, digest, mint
from aftercare.model.people import Actor, StaffDraft, StaffMember
from aftercare.services import audit
from aftercare.services.throttle import count_try, forget_failures, give_back, subject
from aftercare.store import staff as store

SIGN_IN = "acs_"
_HOLDS = timedelta(hours=12)  # a working day and some
_TRIES_PER_ACCOUNT = 6
_TRIES_PER_ADDRESS = 30


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """A new sign-in: the token goes into the cookie (or an Authorization header), the other into every form."""

    token: str
    csrf_token: str
    expires_at: datetime
    staff: StaffMember


async def create_staff(database: Database, actor: Actor, draft: StaffDraft, *, now: datetime) -> StaffMember:
    """A new staff member. Raises Conflict if the e-mail is taken in this clinic."""
    member = StaffMember(staff_id=uuid7(), email=draft.email.lower(), name=draft.name, role=draft.role)
    password_hash = await hash_password(draft.password)
    async with database.clinic(actor.clinic_id) as db:
        if not await store.create(db, actor.clinic_id, member, password_hash, now):
            raise Conflict("Someone in this clinic has this e-mail already.", pointers={"/email": "taken"})
        await audit.record(db, actor, "staff.created", now=now, subject_id=member.staff_id)
    return member


async def all_staff(database: Database, actor: Actor) -> list[StaffMember]:
    """Everyone who works at the clinic."""
    async with database.clinic(actor.clinic_id) as db:
        return await store.all_active(db, actor.clinic_id)


async def sign_in(
    database: Database, clinic_id: UUID, email: str, password: str, *, address: str, now: datetime
) -> SignIn:
    """Sign a staff member in. Raises NotSignedIn (never saying which of the two was wrong), TooManyTries."""
    account, origin = subject("account", email.lower()), subject("address", address)
    await count_try(database, clinic_id, {account: _TRIES_PER_ACCOUNT, origin: _TRIES_PER_ADDRESS}, now=now)
    async with database.clinic(clinic_id) as db:
        known = await store.credentials(db, clinic_id, email.lower())
    # No connection is held while argon2 works.
    if not await verify_password(known.password_hash if known else None, password) or known is None:
        raise NotSignedIn("E-mail or password is not right.")
    await forget_failures(database, clinic_id, account)
    await give_back(database, clinic_id, origin)
    token = mint(clinic_id, SIGN_IN)
    member = msgspec.convert(msgspec.structs.asdict(known), StaffMember)
    async with database.clinic(clinic_id) as db:
        await store.open_sign_in(db, clinic_id, digest(token), member.staff_id, now, now + _HOLDS)
        actor = Actor(clinic_id=clinic_id, kind="staff", id=member.staff_id, role=member.role)
        await audit.record(db, actor, "staff.signed_in", now=now, subject_id=member.staff_id)
    return SignIn(token=token, csrf_token=csrf_of(token), expires_at=now + _HOLDS, staff=member)


async def sign_out(database: Database, actor: Actor, token: str, *, now: datetime) -> None:
    """End a sign-in at once."""
    async with database.clinic(actor.clinic_id) as db:
        await store.close_sign_in(db, actor.clinic_id, digest(token))
        await audit.record(db, actor, "staff.signed_out", now=now, subject_id=actor.id)


async def who_is_signed_in(
    database: Database, token: str, *, now: datetime
) -> tuple[Actor, StaffMember] | None:
    """Who a sign-in's token stands for, if it still holds."""
    clinic_id = clinic_of(token, SIGN_IN)
    async with database.statement() as db:
        member = await store.sign_in_holder(db, clinic_id, digest(token), now)
    if member is None:
        return None
    return (
        Actor(clinic_id=clinic_id, kind="staff", id=member.staff_id, role=member.role, csrf=csrf_of(token)),
        member,
    )


def csrf_of(token: str) -> str:
    """What forms of this sign-in carry. Derived, so that nothing is stored and it ends with the sign-in."""
    return base64.urlsafe_b64encode(hashlib.sha256(b"form\0" + token.encode()).digest()[:24]).decode()
