"""Screenings as samples: the questions, advice with a conflict, advice with nothing against it, and what was signed."""

from datetime import date, timedelta
from uuid import UUID

import msgspec

from aftercare.care.candidacy import advise_candidacy
from aftercare.care.questionnaire import load
from aftercare.model.pages import Page, PatientPage, ScreeningAdvicePage, ScreeningFormPage, Typed
from aftercare.model.screening_pages import (
    Answered,
    Candidacy,
    ScreeningLine,
    ScreeningRecordPage,
)
from aftercare.model.views import Head
from aftercare.model.words import Modality
from aftercare.services.dashboard_screening import as_typed, question_groups

_SAID = {
    "active_cold_sore": False, "pregnancy": False, "hsv_history": True, "last_outbreak": "2026-02-20", "isotretinoin": "now",
    "light_sensitising": ["gold"], "allergies": ["numbing_cream"], "fitzpatrick": "5", "inflamed_skin": [],
}  # fmt: skip


def pages(of: PatientPage) -> dict[str, Page]:
    """Each state that a page of a screening can be in, and the patient's page with what came of them."""
    head, patient, risks = of.head, of.patient, of.risks
    questions, cit, laser = load(), Modality.MICRONEEDLING, Modality.LASER_GENESIS
    found = advise_candidacy(questions, {**_SAID, "aura": "blue"}, cit, on=date(2026, 3, 5))
    clear = advise_candidacy(questions, {}, laser, on=date(2026, 3, 5))
    at = head.now - timedelta(days=1)
    line = ScreeningLine(
        id=UUID(int=77), scope="course", modality=cit, outcome="with_precautions", advised="not_now", signed_at=at, by=head.staff
    )  # fmt: skip
    form = ScreeningFormPage(
        head=head, patient=patient, risks=risks, modality=cit, language="pt-PT", groups=question_groups(questions, cit, "pt-PT"),
        form=Typed(values=as_typed(questions, _SAID)), version=2, prepared_at=at, prepared_by=head.staff,
    )  # fmt: skip
    typed = {"screening_id": str(UUID(int=78)), "outcome": "candidate"}
    return {
        "patient-screened": msgspec.structs.replace(of, candidacy=candidacy(head)),
        "screening-form": form,
        "screening-advice": ScreeningAdvicePage(
            head=head, patient=patient, risks=risks, modality=cit, advice=found,
            open_questions=("Breast-feeding", "Bleeding disorder"), version=2, may_sign=True,
            form=Typed(values=typed, problems={"": "Not signed yet: something needs another look.", "reasons": "Say why."}),
        ),
        "screening-advice-clear": ScreeningAdvicePage(
            head=head, patient=patient, risks=risks, modality=laser, advice=clear, open_questions=(), version=1, may_sign=False,
            form=Typed(values={}),
        ),
        "screening-record": ScreeningRecordPage(
            head=head, patient=patient, line=line, reasons=("Low dose, heals well.", "Test spot first."), advice=found,
            open_questions=("Breast-feeding",),
            answered=(Answered(question="Isotretinoin", answer="Now"), Answered(question="Cold sores before", answer="Yes")),
        ),
    }  # fmt: skip


def candidacy(head: Head) -> Candidacy:
    """What a patient's page says of screenings."""
    signed = ScreeningLine(
        id=UUID(int=79), scope="session", modality=Modality.MICRONEEDLING, outcome="not_now", advised="not_now",
        signed_at=head.now - timedelta(days=3), by=head.staff,
    )  # fmt: skip
    return Candidacy(
        lines=(signed,),
        prepared=(Modality.LASER_GENESIS,),
        precautions=("Offer antiviral prophylaxis; whether and what is a prescriber's decision.",),
    )
