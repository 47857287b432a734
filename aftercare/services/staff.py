"""Staff: created by the operator or an admin, signed in with e-mail and password, shut out when they leave."""

import base64
import hashlib
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from aftercare.db.pool import Connection, Database
from aftercare.errors import Conflict, Malformed, NotFound, NotSignedIn
from aftercare.identity.passwords import hash_password, verify_password
from aftercare.identity.secrets import clinic_of, digest, mint
from aftercare.model.people import Actor, OwnPasswordDraft, StaffDraft, StaffMember
from aftercare.services import audit, leaving, rota_gaps
from aftercare.services.throttle import count_try, forget_failures, give_back, subject
from aftercare.store import staff as store

SIGN_IN = "acs_"
_HOLDS = timedelta(hours=12)  # a working day and some
_TRIES_PER_ACCOUNT = 6
_TRIES_PER_ADDRESS = 30
_WRONG = "E-mail or password is not right."


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
            raise Conflict(
                "Someone in this clinic has this e-mail already. If they left, enable them again.",
                pointers={"/email": "taken"},
            )
        await audit.record(db, actor, "staff.created", now=now, subject_id=member.staff_id)
    return member


async def all_staff(database: Database, actor: Actor, *, disabled: bool = False) -> list[StaffMember]:
    """Everyone who works at the clinic, or those who were disabled."""
    async with database.clinic(actor.clinic_id) as db:
        return await (store.all_disabled if disabled else store.all_active)(db, actor.clinic_id)


async def by_email(database: Database, clinic_id: UUID, email: str) -> StaffMember:
    """Whom an e-mail belongs to, disabled or not. Raises NotFound."""
    async with database.clinic(clinic_id) as db:
        member = await store.by_email(db, clinic_id, email.lower())
    if member is None:
        raise NotFound("Nobody of this clinic has this e-mail.")
    return member


async def disable(database: Database, actor: Actor, staff_id: UUID, *, now: datetime) -> StaffMember:
    """Shut out whoever leaves: signed out at once, told of nothing, and kept where they stand in the record.

    Whom they had not called yet is open for everybody again.

    Again changes nothing. Raises NotFound, Conflict for oneself, NotSignedIn for who was shut out meanwhile.
    """
    _refuse_oneself(actor, staff_id)
    async with database.clinic(actor.clinic_id) as db:
        if actor.id and actor.id not in await store.lock_active(db, actor.clinic_id, [actor.id, staff_id]):
            raise NotSignedIn
        member = await _member(db, actor, staff_id)
        if await store.set_disabled(db, actor.clinic_id, staff_id, now):
            await store.close_sign_ins(db, actor.clinic_id, staff_id)
            await audit.record(db, actor, "staff.disabled", now=now, subject_id=staff_id)
            await rota_gaps.look_soon(db, actor.clinic_id, now)
            await leaving.give_back(db, actor.clinic_id, staff_id, now)
    return member


async def enable(database: Database, actor: Actor, staff_id: UUID, *, now: datetime) -> StaffMember:
    """Let a staff member in again, with the password of before. Again changes nothing. Raises NotFound."""
    async with database.clinic(actor.clinic_id) as db:
        member = await _member(db, actor, staff_id)
        if await store.set_disabled(db, actor.clinic_id, staff_id, None):
            await audit.record(db, actor, "staff.enabled", now=now, subject_id=staff_id)
            await rota_gaps.look_soon(db, actor.clinic_id, now)
    return member


async def set_password(
    database: Database, actor: Actor, staff_id: UUID, password: str, *, now: datetime
) -> None:
    """Give a colleague who forgot theirs a new password; it ends their sign-ins. Raises NotFound, Conflict for oneself."""
    _refuse_oneself(actor, staff_id)
    password_hash = await hash_password(password)
    async with database.clinic(actor.clinic_id) as db:
        if not await store.set_password(db, actor.clinic_id, staff_id, password_hash):
            raise NotFound("Nobody who works at this clinic has this id.")
        await store.close_sign_ins(db, actor.clinic_id, staff_id)
        await audit.record(db, actor, "staff.password_set", now=now, subject_id=staff_id)


async def change_password(
    database: Database,
    actor: Actor,
    member: StaffMember,
    draft: OwnPasswordDraft,
    *,
    token: str,
    address: str,
    now: datetime,
) -> None:
    """One's own password; every sign-in ends but the one of this token.

    Raises Malformed if `current` is not the password, TooManyTries.
    """
    clinic_id = actor.clinic_id
    proved = await _proved(database, clinic_id, member.email, draft.current, address=address, now=now)
    if proved is None:
        raise Malformed("Your password was not changed.", pointers={"/current": "This is not your password."})
    password_hash = await hash_password(draft.password)
    async with database.clinic(clinic_id) as db:
        if not await store.set_password(
            db, clinic_id, member.staff_id, password_hash, over=proved.password_hash
        ):
            raise NotSignedIn  # disabled, or another password, since it was proved
        await store.close_sign_ins(db, clinic_id, member.staff_id, but=digest(token))
        await audit.record(db, actor, "staff.password_changed", now=now, subject_id=member.staff_id)


def _refuse_oneself(actor: Actor, staff_id: UUID) -> None:
    """So that a clinic always has an admin, and whoever changes their own password proves the one in use."""
    if actor.id == staff_id:
        raise Conflict("Nobody does this to their own account. Ask another admin.")


async def _member(db: Connection, actor: Actor, staff_id: UUID) -> StaffMember:
    member = await store.get(db, actor.clinic_id, staff_id)
    if member is None:
        raise NotFound
    return member


async def sign_in(
    database: Database, clinic_id: UUID, email: str, password: str, *, address: str, now: datetime
) -> SignIn:
    """Sign a staff member in. Raises NotSignedIn (never saying which of the two was wrong), TooManyTries."""
    proved = await _proved(database, clinic_id, email, password, address=address, now=now)
    if proved is None:
        raise NotSignedIn(_WRONG)
    token = mint(clinic_id, SIGN_IN)
    member = msgspec.convert(msgspec.structs.asdict(proved), StaffMember)
    async with database.clinic(clinic_id) as db:
        if not await store.open_sign_in(db, clinic_id, digest(token), proved, now, now + _HOLDS):
            raise NotSignedIn(_WRONG)  # disabled, or another password, since it was proved
        await store.forget_expired(db, clinic_id, member.staff_id, now)
        actor = Actor(clinic_id=clinic_id, kind="staff", id=member.staff_id, role=member.role)
        await audit.record(db, actor, "staff.signed_in", now=now, subject_id=member.staff_id)
    return SignIn(token=token, csrf_token=csrf_of(token), expires_at=now + _HOLDS, staff=member)


async def _proved(
    database: Database, clinic_id: UUID, email: str, password: str, *, address: str, now: datetime
) -> store.Credentials | None:
    """Whose e-mail and password these are, None if nobody's. Raises TooManyTries."""
    account, origin = subject("account", email.lower()), subject("address", address)
    await count_try(database, clinic_id, {account: _TRIES_PER_ACCOUNT, origin: _TRIES_PER_ADDRESS}, now=now)
    async with database.clinic(clinic_id) as db:
        known = await store.credentials(db, clinic_id, email.lower())
    # No connection is held while argon2 works.
    if not await verify_password(known.password_hash if known else None, password):
        return None
    await forget_failures(database, clinic_id, account)
    await give_back(database, clinic_id, origin)
    return known


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
