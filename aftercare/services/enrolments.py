"""How a phone gets in and stays in: one-time code, rotating tokens, revocation. Phones lose answers, so each step repeats."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from aftercare.db.pool import Connection, Database
from aftercare.errors import Conflict, Gone, NotFound, NotSignedIn
from aftercare.identity.secrets import clinic_of, digest, mint, mint_code, split_code
from aftercare.model.people import Actor, Tokens
from aftercare.model.text import OptionalLine
from aftercare.services import audit
from aftercare.services.throttle import count_try, give_back, subject
from aftercare.store import addresses, clinics, patients
from aftercare.store import installations as store

ACCESS, REFRESH = "aca_", "acr_"
_CODE_HOLDS = timedelta(days=7)
_CODE_GRACE = timedelta(minutes=10)  # for the same installation, whose answer may have been lost
_ACCESS_HOLDS = timedelta(minutes=15)
_REFRESH_HOLDS = timedelta(days=180)  # a course, from one session to the next
_TRIES_PER_ADDRESS = 20


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """An enrolment code as it is handed to the patient, also as QR: the address with the code in the fragment."""

    code: str
    address: str
    expires_at: datetime


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """What the app sends with the code. The installation's id is made on the phone and stays with it."""

    code: OptionalLine
    installation_id: UUID
    app_version: OptionalLine = ""
    device: OptionalLine = ""


async def invite(
    database: Database, actor: Actor, patient_id: UUID, *, server: str, now: datetime
) -> Invitation:
    """A new one-time code for a patient. Raises NotFound."""
    async with database.clinic(actor.clinic_id) as db:
        clinic = await clinics.get(db, actor.clinic_id)
        if clinic is None or await patients.get(db, actor.clinic_id, patient_id) is None:
            raise NotFound
        code, expires_at = mint_code(clinic.handle), now + _CODE_HOLDS
        _, spelled = split_code(code)
        made_by = actor.id if actor.kind == "staff" else None
        await store.invite(db, actor.clinic_id, digest(spelled), patient_id, made_by, now, expires_at)
        await audit.record(db, actor, "patient.invited", now=now, patient_id=patient_id)
    return Invitation(code=code, address=f"{server}/app/#{code}", expires_at=expires_at)


async def enrol(database: Database, enrolment: Enrolment, *, address: str, now: datetime) -> Tokens:
    """Tokens for a code. Raises NotSignedIn (unknown or ended), Gone (used), Conflict, TooManyTries."""
    handle, spelled = split_code(enrolment.code)
    async with database.transaction() as db:
        clinic_id = await clinics.find(db, handle)
    if clinic_id is None:
        raise NotSignedIn("This code is not known. Ask the clinic for a new one.")
    origin = subject("enrolment", address)
    await count_try(database, clinic_id, {origin: _TRIES_PER_ADDRESS}, now=now)
    tokens = await _enrol(database, clinic_id, digest(spelled), enrolment, now)
    await give_back(database, clinic_id, origin)
    return tokens


async def _enrol(
    database: Database, clinic_id: UUID, code_hash: bytes, enrolment: Enrolment, now: datetime
) -> Tokens:
    installation_id = enrolment.installation_id
    async with database.clinic(clinic_id) as db:
        invitation = await store.lock_invitation(db, clinic_id, code_hash)
        if invitation is None or invitation.expires_at <= now:
            raise NotSignedIn("This code is not known or has ended. Ask the clinic for a new one.")
        if invitation.used_at is not None and (
            invitation.used_by != installation_id or invitation.used_at + _CODE_GRACE <= now
        ):
            raise Gone("This code was used already. Ask the clinic for a new one.")
        await store.use_invitation(db, clinic_id, code_hash, now, installation_id)
        if not await store.lock(db, clinic_id, installation_id):
            # Signed out before: what was ended then must not live again with the installation.
            await store.forget_tokens(db, clinic_id, installation_id)
        if not await store.enrol(
            db,
            clinic_id,
            installation_id,
            invitation.patient_id,
            enrolment.app_version,
            enrolment.device,
            now,
        ):
            raise Conflict("This installation belongs to someone else. Reinstall the app, then use the code.")
        actor = Actor(
            clinic_id=clinic_id, kind="patient", id=invitation.patient_id, installation_id=installation_id
        )
        await audit.record(
            db,
            actor,
            "installation.enrolled",
            now=now,
            patient_id=invitation.patient_id,
            subject_id=installation_id,
        )
        newest = await store.newest_generation(db, clinic_id, installation_id)
        return await _issue(db, clinic_id, installation_id, newest + 1, now)


async def rotate(database: Database, refresh_token: str, *, now: datetime) -> Tokens:
    """New tokens for a refresh token. Raises NotSignedIn; an old one used again ends the whole family."""
    clinic_id = clinic_of(refresh_token, REFRESH)
    async with database.clinic(clinic_id) as db:
        row = await store.by_refresh(db, clinic_id, digest(refresh_token))
        if row is None or not await store.lock(db, clinic_id, row.installation_id):
            raise NotSignedIn("This app is no longer enrolled. Ask the clinic for a new code.")
        if row.refresh_expires_at <= now:
            raise NotSignedIn("This app was away for too long. Ask the clinic for a new code.")
        newest = await store.newest_generation(db, clinic_id, row.installation_id)
        if row.generation == newest:
            return await _issue(db, clinic_id, row.installation_id, newest + 1, now)
        newest_used = await store.first_used(db, clinic_id, row.installation_id, newest)
        if row.generation == newest - 1 and newest_used is None:
            # The answer with the newest pair was lost: make that pair again.
            return await _issue(db, clinic_id, row.installation_id, newest, now)
        await _end(db, clinic_id, row.installation_id, now)
        system = Actor(clinic_id=clinic_id, kind="system")
        await audit.record(db, system, "installation.token_reused", now=now, subject_id=row.installation_id)
    raise NotSignedIn("This app's tokens were used twice and have been ended. Ask the clinic for a new code.")


async def who_has_access(database: Database, access_token: str, *, now: datetime) -> Actor | None:
    """The patient and installation of an access token, if it still holds."""
    clinic_id = clinic_of(access_token, ACCESS)
    async with database.statement() as db:
        holder = await store.access_holder(db, clinic_id, digest(access_token), now)
    if holder is None:
        return None
    return Actor(
        clinic_id=clinic_id, kind="patient", id=holder.patient_id, installation_id=holder.installation_id
    )


async def revoke(database: Database, actor: Actor, *, now: datetime) -> None:
    """The patient signs this phone out."""
    if actor.installation_id is None:
        raise NotSignedIn
    async with database.clinic(actor.clinic_id) as db:
        await _end(db, actor.clinic_id, actor.installation_id, now)
        await audit.record(
            db, actor, "installation.revoked", now=now, patient_id=actor.id, subject_id=actor.installation_id
        )


async def sign_out_phones(database: Database, actor: Actor, patient_id: UUID, *, now: datetime) -> None:
    """Staff sign out every phone of a patient who lost one, and end the codes that are about: one may be on it.

    Again changes nothing. Raises NotFound.
    """
    async with database.clinic(actor.clinic_id) as db:
        if await patients.get(db, actor.clinic_id, patient_id) is None:
            raise NotFound
        # First: whoever is using one now holds its row, and is found among the phones afterwards.
        await store.end_invitations(db, actor.clinic_id, patient_id, now)
        for phone in await store.of_patient(db, actor.clinic_id, patient_id):
            if phone.revoked_at is None:
                await _end(db, actor.clinic_id, phone.installation_id, now)
                await audit.record(
                    db,
                    actor,
                    "installation.revoked",
                    now=now,
                    patient_id=patient_id,
                    subject_id=phone.installation_id,
                )


async def _end(db: Connection, clinic_id: UUID, installation_id: UUID, now: datetime) -> None:
    """Nobody gets in with its tokens any more, and nothing is pushed to it."""
    await store.revoke(db, clinic_id, installation_id, now)
    await addresses.retire_of_installation(db, clinic_id, installation_id, now, "the phone was signed out")


async def _issue(
    db: Connection, clinic_id: UUID, installation_id: UUID, generation: int, now: datetime
) -> Tokens:
    access, refresh = mint(clinic_id, ACCESS), mint(clinic_id, REFRESH)
    pair = store.Pair(
        generation=generation,
        access_hash=digest(access),
        refresh_hash=digest(refresh),
        issued_at=now,
        access_expires_at=now + _ACCESS_HOLDS,
        refresh_expires_at=now + _REFRESH_HOLDS,
    )
    await store.issue(db, clinic_id, installation_id, pair)
    await store.forget_expired(db, clinic_id, installation_id, now)
    return Tokens(access_token=access, refresh_token=refresh, expires_in=int(_ACCESS_HOLDS.total_seconds()))
