"""From the form of a patient or a session to what the services take, and what is wrong by field. Pure."""

from typing import Any
from uuid import UUID

import msgspec

from aftercare.care.questionnaire import CURRENT_VERSION
from aftercare.model.care import Consumable, SessionDraft
from aftercare.model.people import PatientDraft
from aftercare.model.screenings import SessionScreening
from aftercare.model.words import Modality
from aftercare.web import questions
from aftercare.web.typed import build, known, local_time

_PLAIN = frozenset(PatientDraft.__struct_fields__) - {"baseline", *questions.RISKS}
_MEASURES: dict[str, tuple[str, ...]] = {
    Modality.MICRONEEDLING: ("needle_depth_mm",),
    Modality.LASER_GENESIS: ("fluence_j_cm2", "pulse_ms"),
}
_NO_COURSE = UUID(int=0)  # the service finds the course


class SessionForm(msgspec.Struct, frozen=True, kw_only=True):
    """A session as its form says it, with its short screening; no session where the screening came to "not now"."""

    session_id: UUID
    modality: Modality
    session: SessionDraft | None
    screening: SessionScreening


def patient_draft(typed: dict[str, str]) -> tuple[PatientDraft | None, dict[str, str]]:
    """The patient, or what is wrong by field."""
    said: dict[str, Any] = {name: text for name, text in typed.items() if name in _PLAIN}
    if "country" in said:
        said["country"] = said["country"].upper()
    said |= {name: known(typed, name) for name in questions.RISKS}
    graded = {item: typed.get(f"baseline/{item}", "") for item in questions.BASELINE}
    said["baseline"] = {item: text for item, text in graded.items() if text}
    return build(PatientDraft, said)


def session_form(typed: dict[str, str], time_zone: str) -> tuple[SessionForm | None, dict[str, str]]:
    """The session and its screening, or what is wrong by field. The time is local to `time_zone`."""
    try:
        session_id = UUID(typed.get("session_id", ""))
    except ValueError:
        return None, {"": "This form is not complete. Open it again."}
    screening, problems = _screening(typed)
    try:
        modality = Modality(typed.get("modality", ""))
    except ValueError:
        return None, problems | _session(typed, time_zone)[1] | {"modality": questions.wrong("modality")}
    if screening is not None and screening.outcome == "not_now":
        return SessionForm(session_id=session_id, modality=modality, session=None, screening=screening), {}
    session, wrong = _session(typed, time_zone)
    if screening is None or session is None:
        return None, problems | wrong
    session = msgspec.structs.replace(session, screening=screening)
    return SessionForm(session_id=session_id, modality=modality, session=session, screening=screening), {}


def _screening(typed: dict[str, str]) -> tuple[SessionScreening | None, dict[str, str]]:
    answers = {question: known(typed, f"screening/{question}") for question in questions.SCREENING}
    said: dict[str, Any] = {"answers": answers, "questionnaire": CURRENT_VERSION}
    said |= {"outcome": typed["outcome"]} if "outcome" in typed else {}
    said["reasons"] = tuple(line.strip() for line in typed.get("reasons", "").splitlines() if line.strip())
    screening, problems = build(SessionScreening, said)
    problems |= {
        f"screening/{question}": f"Not answered yet: {questions.SCREENING[question].lower()}."
        for question, answer in answers.items()
        if answer is None
    }
    return (None if problems else screening), problems


def _session(typed: dict[str, str], time_zone: str) -> tuple[SessionDraft | None, dict[str, str]]:
    said: dict[str, Any] = {name: typed[name] for name in ("anaesthetic", "override_reason") if name in typed}
    for name in _MEASURES.get(typed.get("modality", ""), ()):
        if name in typed:
            said[name] = typed[name].replace(",", ".")
    said |= {"course_id": _NO_COURSE, "pigment_treated": known(typed, "pigment_treated")}
    said["areas"] = (*typed.get("areas", "").splitlines(), *_listed(typed.get("other_areas", "")))
    said["with_day_90"] = typed.get("with_day_90") == "yes"
    said["consumables"], problems = _consumables(typed)
    at = local_time(typed.get("session_at", ""), time_zone)
    if at is not None:
        said["session_at"] = at
    session, wrong = build(SessionDraft, said)
    return (None if problems else session), problems | wrong


def _consumables(typed: dict[str, str]) -> tuple[tuple[Consumable, ...], dict[str, str]]:
    """Those of which anything was written."""
    used: list[Consumable] = []
    problems: dict[str, str] = {}
    for place in range(questions.CONSUMABLES):
        at = f"consumables/{place}/"
        said: dict[str, Any] = {
            name: typed[at + name] for name in ("device", "lot", "expires_on") if at + name in typed
        }
        if not said:
            continue
        said |= {name: typed.get(at + name) == "yes" for name in ("sterile", "single_use")}
        consumable, wrong = build(Consumable, said, at=at)
        problems |= wrong
        used += [consumable] if consumable else []
    return tuple(used), problems


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.replace(",", "\n").splitlines() if part.strip())
