"""What staff write down about a patient of the synthetic cohort: plainly made up, and reachable by nobody."""

from datetime import date, timedelta
from random import Random
from uuid import UUID

import msgspec

from aftercare.care import questionnaire
from aftercare.care.cohort import SyntheticCheckIn, SyntheticPatient
from aftercare.care.instrument import CURRENT_VERSION
from aftercare.model.care import Consumable, CourseDraft, SessionDraft
from aftercare.model.check_ins import CheckInDraft
from aftercare.model.people import BaselineItem, PatientDraft
from aftercare.model.screenings import ScreeningDraft, SessionScreening
from aftercare.model.timeline import Grade
from aftercare.model.words import Modality


def patient_draft(one: SyntheticPatient) -> PatientDraft:
    """The patient as staff enter them."""
    risks = one.risks
    return PatientDraft(
        name=one.name,
        reference=one.second_identifier,
        birth_date=one.birth_date if one.birth_date > date(1890, 1, 1) else None,
        phone="+44 7700 900000",  # of the range kept for drama
        email=f"{one.second_identifier.lower()}@patients.invalid",
        time_zone=one.time_zone,
        fitzpatrick=risks.fitzpatrick,
        hsv_history=risks.hsv_history,
        diabetes=risks.diabetes,
        immunosuppressed=risks.immunosuppressed,
        keloid_history=risks.keloid_history,
        blood_thinner=risks.blood_thinner,
        baseline=msgspec.convert(risks.baseline, dict[BaselineItem, Grade]),
    )


def course_draft(one: SyntheticPatient, chance: Random, course_id: UUID | None = None) -> CourseDraft:
    """The course that is planned at the first session."""
    return CourseDraft(course_id=course_id, modality=one.modality, planned_sessions=chance.choice((4, 5, 6)))


def screening_draft(
    one: SyntheticPatient, course_id: UUID, screening_id: UUID | None = None
) -> ScreeningDraft:
    """What was settled before it."""
    careful = one.risks.hsv_history or one.risks.immunosuppressed
    return ScreeningDraft(
        screening_id=screening_id,
        course_id=course_id,
        modality=one.modality,
        outcome="with_precautions" if careful else "candidate",
        reasons=("Cold sores before: prophylaxis discussed.",) if careful else (),
    )


def session_draft(
    one: SyntheticPatient, course_id: UUID, chance: Random, session_id: UUID | None = None
) -> SessionDraft:
    """The treatment as it is recorded."""
    needling = one.modality is Modality.MICRONEEDLING
    cartridge = Consumable(
        device="Synthetic needling cartridge, 12 needles",
        lot=f"LOT-{chance.randrange(100, 120)}",
        expires_on=one.session_at.date() + timedelta(days=400),
        sterile=True,
        single_use=True,
    )
    return SessionDraft(
        course_id=course_id,
        session_id=session_id,
        session_at=one.session_at,
        areas=("cheeks", "forehead"),
        needle_depth_mm=one.treatment.needle_depth_mm,
        fluence_j_cm2=None if needling else 14.0,
        pulse_ms=None if needling else 0.3,
        pigment_treated=one.treatment.pigment_treated,
        anaesthetic="lidocaine cream" if needling else "",
        consumables=(cartridge,) if needling else (),
        screening=SessionScreening(
            questionnaire=questionnaire.CURRENT_VERSION,
            answers={item.key: False for item in questionnaire.asked(questionnaire.load(), "session")},
            outcome="candidate",
        ),
    )


def check_in_draft(one: SyntheticPatient, said: SyntheticCheckIn) -> CheckInDraft:
    """What the patient's phone sends."""
    return CheckInDraft(
        instrument=CURRENT_VERSION,
        recorded_at=said.recorded_at,
        time_zone=one.time_zone,
        day=said.day,
        answered_by=said.answered_by,
        answers=said.answers,
    )
