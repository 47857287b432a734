"""Clinics, staff, patients, and who acts."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from aftercare.model.clinic import Holiday, Opening, OpeningHours
from aftercare.model.text import (
    Country,
    Email,
    Handle,
    Instant,
    Language,
    Line,
    OptionalEmail,
    OptionalLine,
    Paragraph,
    Phone,
    Reference,
    Zone,
)
from aftercare.model.timeline import Grade, Risks
from aftercare.model.words import Prophylaxis, Role

# What of a patient's ordinary skin is subtracted from an answer (rules.md 2).
BaselineItem = Literal["redness", "itching", "dryness"]
# What staff write who asked for allergies or medicines and heard of none.
ASKED_AND_NONE = frozenset({"none", "none known", "no known allergies", "nkda", "no"})


class ClinicDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A clinic as its operator writes it down."""

    name: Line
    handle: Handle  # in the sign-in address and in enrolment codes
    time_zone: Zone
    country: Country
    language: Language = "en"
    phone: Phone = ""
    urgent_care: OptionalLine = ""  # where to turn when the clinic is closed
    openings: tuple[Opening, ...] = ()
    private_webhook_hosts: tuple[str, ...] = ()


class Clinic(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant."""

    clinic_id: UUID
    handle: str
    name: str
    time_zone: str
    country: str
    language: str
    phone: str
    urgent_care: str
    openings: tuple[Opening, ...]
    private_webhook_hosts: tuple[str, ...]
    holidays: tuple[Holiday, ...] = ()
    version: int = 1  # the ETag of an edit of its settings

    @property
    def hours(self) -> OpeningHours:
        """When the clinic reads."""
        return OpeningHours(time_zone=self.time_zone, openings=self.openings, holidays=self.holidays)


Password = Annotated[str, msgspec.Meta(min_length=10, max_length=200)]


class StaffDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A staff member to be created; the password has at least 10 characters."""

    email: Email
    name: Line
    role: Role
    password: Password


class PasswordDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A colleague's new password, at least 10 characters."""

    password: Password


class OwnPasswordDraft(msgspec.Struct, frozen=True, kw_only=True):
    """One's own new password, at least 10 characters, with the one in use."""

    current: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    password: Password


class StaffMember(msgspec.Struct, frozen=True, kw_only=True):
    """Someone who works at one clinic."""

    staff_id: UUID
    email: str
    name: str
    role: Role


class PatientDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A patient as staff write them down. Risks left out are not known."""

    name: Line
    reference: Reference = ""  # the clinic's own number: the second identifier
    birth_date: date | None = None
    phone: Phone = ""
    email: OptionalEmail = ""
    language: Language | None = None  # default: the clinic's
    country: Country | None = None  # default: the clinic's
    time_zone: Zone | None = None  # default: the clinic's
    fitzpatrick: Annotated[int, msgspec.Meta(ge=1, le=6)] | None = None
    hsv_history: bool | None = None
    diabetes: bool | None = None
    immunosuppressed: bool | None = None
    keloid_history: bool | None = None
    blood_thinner: bool | None = None
    baseline: dict[BaselineItem, Grade] = {}
    allergies: Paragraph = ""
    medicines: Paragraph = ""
    prophylaxis: Prophylaxis = Prophylaxis.NONE


class Patient(msgspec.Struct, frozen=True, kw_only=True):
    """A person treated at a clinic. `version` is the ETag of an edit."""

    patient_id: UUID
    name: str
    reference: str
    birth_date: date | None
    phone: str
    email: str
    language: str
    country: str
    time_zone: str
    fitzpatrick: int | None
    hsv_history: bool | None
    diabetes: bool | None
    immunosuppressed: bool | None
    keloid_history: bool | None
    blood_thinner: bool | None
    baseline: dict[str, int]
    allergies: str
    medicines: str
    prophylaxis: Prophylaxis
    version: int
    created_at: Instant

    @property
    def risks(self) -> Risks:
        """What changes a judgement."""
        return Risks(
            fitzpatrick=self.fitzpatrick,
            hsv_history=self.hsv_history,
            diabetes=self.diabetes,
            immunosuppressed=self.immunosuppressed,
            keloid_history=self.keloid_history,
            blood_thinner=self.blood_thinner,
            baseline=self.baseline,
        )


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: a staff member's sign-in, a patient's installation, or the system itself."""

    clinic_id: UUID
    kind: Literal["staff", "patient", "system"]
    id: UUID | None = None  # of the staff member or the patient
    role: Role | None = None
    installation_id: UUID | None = None
    csrf: str = ""  # what a form of this sign-in must bring back; empty for tokens


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """A pair for one installation. Both are opaque; the refresh token is good once."""

    access_token: str
    refresh_token: str
    expires_in: int  # seconds until the access token ends
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a word of RFC 6750
