"""What the service asks of whoever holds the photos' keys: one or several for each patient, numbered.

Erasing the keys of a patient makes their pictures unreadable in whatever copy there is. Each sealed picture names the
number of its key, and an erasure names the highest one that it ended: a key backup from before cannot bring it back.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Protocol
from uuid import UUID

import msgspec

from aftercare.model.erasures import Scope

FOR_GOOD = 2**32 - 1  # the highest number there is: no key of this patient is ever made again

Owner = tuple[UUID, UUID]  # (clinic, patient)


class PatientKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key of a patient: 32 bytes for AES-256-GCM, and its number."""

    number: Annotated[int, msgspec.Meta(ge=1, lt=FOR_GOOD)]
    secret: bytes

    def __repr__(self) -> str:
        """Never the secret: it would end in a log."""
        return f"PatientKey({self.number})"


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """On record beside the keys: by which erasure, asked for when, the keys up to which number were ended."""

    erasure_id: UUID
    scope: Scope
    at: datetime
    upto: int


class KeyStore(Protocol):
    """Who holds the keys: a folder here, or a key service. All raise KeysUnavailableError when it cannot be asked."""

    async def open(self) -> None:
        """Find out whether keys can be had. Raises MasterKeyError, KeysUnavailableError."""

    async def key_of(self, clinic_id: UUID, patient_id: UUID) -> PatientKey:
        """Return the newest key of a patient, made on first use. Raises PhotoErasedError if there shall be none."""

    async def key(self, clinic_id: UUID, patient_id: UUID, number: int) -> PatientKey:
        """Return the key that sealed something. Raises PhotoErasedError, KeyMissingError."""

    async def add(self, clinic_id: UUID, patient_id: UUID) -> PatientKey:
        """Make a new key for what is sealed from now on; the ones before still open."""

    async def retire(self, clinic_id: UUID, patient_id: UUID, below: int) -> None:
        """Forget the keys of a patient under a number: nothing is sealed with them any more."""

    async def erase(
        self, clinic_id: UUID, patient_id: UUID, erasure_id: UUID, scope: Scope, at: datetime
    ) -> int:
        """End every key there is, for good where the scope is everything, and return the highest number ended.

        The same erasure again ends only what it ended the first time, in whatever copy came back since.
        """

    async def ended(self, clinic_id: UUID, patient_id: UUID) -> tuple[Ended, ...]:
        """Return the erasures of a patient that are on record here."""

    def owners(self) -> AsyncIterator[Owner]:
        """Go through the patients who have a key."""

    def endings(self) -> AsyncIterator[tuple[Owner, Ended]]:
        """Go through all erasures that are on record here."""
