"""The pages of a screening: questions with what is known already, what the answers come to, the signature and the record."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from uuid_utils.compat import uuid7

from aftercare.care.candidacy import NOT_KNOWN, advise_candidacy
from aftercare.care.candidacy_record import known_already
from aftercare.care.questionnaire import asked, load
from aftercare.db.pool import Connection, Database
from aftercare.errors import NotFound, Outdated
from aftercare.model.care import Course
from aftercare.model.pages import ScreeningAdvicePage, ScreeningFormPage, Typed
from aftercare.model.people import Actor, Patient
from aftercare.model.screening_pages import (
    Answered,
    Choice,
    Question,
    QuestionGroup,
    ScreeningRecordPage,
)
from aftercare.model.screenings import (
    PreparedScreening,
    Questionnaire,
    ScreeningAdvice,
    ScreeningDraft,
    ScreeningItem,
    SessionScreening,
)
from aftercare.model.words import Modality, Role
from aftercare.services import audit, screenings
from aftercare.services import dashboard_views as views
from aftercare.services.dashboard_candidacy import line
from aftercare.services.dashboard_forms import course_for
from aftercare.services.dashboard_head import Reader, clinic_of, head
from aftercare.store import courses, patients, sessions, staff
from aftercare.store import screenings as store

_YES_NO = (("yes", "Yes"), ("no", "No"))
_NOT_KNOWN = (NOT_KNOWN, "Not known")
_NONE = ("none", "none of these")


async def usual_modality(database: Database, reader: Reader, patient_id: UUID) -> Modality:
    """The treatment that a screening is most likely for: the newest course's. Raises NotFound."""
    async with database.clinic(reader.actor.clinic_id) as db:
        await _patient(db, reader, patient_id)
        planned = await courses.of_patient(db, reader.actor.clinic_id, patient_id)
    return planned[0].modality if planned else Modality.MICRONEEDLING


async def form(
    database: Database,
    reader: Reader,
    patient_id: UUID,
    modality: Modality,
    *,
    typed: Typed | None = None,
    now: datetime,
) -> ScreeningFormPage:
    """The questions, filled in as prepared, else with what the record knows already. Raises NotFound."""
    clinic_id = reader.actor.clinic_id
    async with database.clinic(clinic_id) as db:
        top = await head(db, reader, await clinic_of(db, reader), now)
        patient = await _patient(db, reader, patient_id)
        prepared = await store.prepared(db, clinic_id, patient_id, modality)
        done = await sessions.of_patient(db, clinic_id, patient_id)
        by = await staff.get(db, clinic_id, prepared.prepared_by) if prepared else None
        await audit.record(db, reader.actor, "screening.seen", now=now, patient_id=patient_id)
    questionnaire, zone = load(), ZoneInfo(patient.time_zone)
    last = max((one.session_at for one in done if one.modality is modality), default=None)
    answers = (
        prepared.answers
        if prepared
        else known_already(
            questionnaire,
            patient,
            last_session=last.astimezone(zone).date() if last else None,
            on=now.astimezone(zone).date(),
        )
    )
    return ScreeningFormPage(
        head=top,
        patient=views.patient_view(patient),
        risks=views.risks_view(patient),
        modality=modality,
        language=patient.language,
        groups=question_groups(questionnaire, modality, patient.language),
        form=typed or Typed(values=as_typed(questionnaire, answers)),
        version=prepared.version if prepared else 0,
        prepared_at=prepared.prepared_at if prepared else None,
        prepared_by=views.staff_view(by) if by else None,
    )


async def advice(
    database: Database,
    reader: Reader,
    patient_id: UUID,
    modality: Modality,
    *,
    typed: Typed | None = None,
    now: datetime,
) -> ScreeningAdvicePage:
    """What the prepared answers come to today. Raises NotFound where nothing is prepared."""
    clinic_id = reader.actor.clinic_id
    async with database.clinic(clinic_id) as db:
        top = await head(db, reader, await clinic_of(db, reader), now)
        patient = await _patient(db, reader, patient_id)
        prepared = await store.prepared(db, clinic_id, patient_id, modality)
        if prepared is None:
            raise NotFound("No answers are waiting here. They are signed already, or not written down yet.")
        await audit.record(db, reader.actor, "screening.advised", now=now, patient_id=patient_id)
    questionnaire = load(prepared.questionnaire)
    today = now.astimezone(ZoneInfo(patient.time_zone)).date()
    found = advise_candidacy(questionnaire, prepared.answers, modality, on=today)
    return ScreeningAdvicePage(
        head=top,
        patient=views.patient_view(patient),
        risks=views.risks_view(patient),
        modality=modality,
        advice=found,
        open_questions=_in_short(questionnaire, found),
        form=typed or Typed(values={"screening_id": str(uuid7())}),
        version=prepared.version,
        may_sign=reader.member.role is Role.PRACTITIONER,
    )


async def sign(
    database: Database,
    actor: Actor,
    patient_id: UUID,
    modality: Modality,
    decided: SessionScreening,
    *,
    screening_id: UUID,
    version: int,
    now: datetime,
) -> None:
    """Sign the prepared answers of this version. May be repeated after a lost answer.

    Raises NotFound, Malformed, and Outdated if a colleague changed the answers meanwhile.
    """
    clinic_id = actor.clinic_id
    async with database.clinic(clinic_id) as db:
        patient = await patients.lock(db, clinic_id, patient_id)
        if patient is None:
            raise NotFound
        if await store.get(db, clinic_id, patient_id, screening_id) is not None:
            return
        prepared = await store.prepared(db, clinic_id, patient_id, modality)
        if prepared is None or prepared.version != version:
            raise Outdated
        course = course_for(modality, await courses.of_patient(db, clinic_id, patient_id))
        draft = _draft(
            prepared, decided, screening_id, course.course_id if isinstance(course, Course) else None
        )
        await screenings.sign(db, actor, patient, draft, now=now)


def _draft(
    prepared: PreparedScreening, decided: SessionScreening, screening_id: UUID, course_id: UUID | None
) -> ScreeningDraft:
    return ScreeningDraft(
        screening_id=screening_id,
        course_id=course_id,
        modality=prepared.modality,
        answers=prepared.answers,
        outcome=decided.outcome,
        reasons=decided.reasons,
        questionnaire=prepared.questionnaire,
    )


async def record(
    database: Database, reader: Reader, patient_id: UUID, screening_id: UUID, *, now: datetime
) -> ScreeningRecordPage:
    """A screening as it was signed. Raises NotFound."""
    clinic_id = reader.actor.clinic_id
    async with database.clinic(clinic_id) as db:
        top = await head(db, reader, await clinic_of(db, reader), now)
        patient = await _patient(db, reader, patient_id)
        found = await store.get(db, clinic_id, patient_id, screening_id)
        if found is None:
            raise NotFound
        by = await staff.get(db, clinic_id, found.signed_by)
        await audit.record(
            db, reader.actor, "screening.seen", now=now, patient_id=patient_id, subject_id=screening_id
        )
    questionnaire = load(found.questionnaire) if found.questionnaire else load()
    return ScreeningRecordPage(
        head=top,
        patient=views.patient_view(patient),
        line=line(found, views.staff_view(by) if by else None),
        reasons=found.reasons,
        advice=found.advice,
        open_questions=_in_short(questionnaire, found.advice) if found.advice else (),
        answered=_answered(questionnaire, found.answers),
    )


def as_typed(questionnaire: Questionnaire, answers: Mapping[str, Any]) -> dict[str, str]:
    """Answers as the fields of the form hold them; what cannot be shown there is left out."""
    values: dict[str, str] = {}
    for item in questionnaire.items:
        said = answers.get(item.key)
        name = f"answers/{item.key}"
        if isinstance(said, bool):
            values[name] = "yes" if said else "no"
        elif isinstance(said, str):
            values[name] = said
        elif isinstance(said, list):
            values[name] = "\n".join(one for one in said if isinstance(one, str)) or _NONE[0]
    return values


def question_groups(
    questionnaire: Questionnaire, modality: Modality, language: str
) -> tuple[QuestionGroup, ...]:
    """The questions before a course, each with how it is put to the patient if that is not in English."""
    items = asked(questionnaire, "course", modality)
    first = [item for item in items if item.asked_if is None]
    return tuple(
        QuestionGroup(
            key=group.key,
            title=group.text["en"],
            questions=tuple(_question(item, items, language) for item in first if item.group == group.key),
        )
        for group in questionnaire.groups
    )


def _question(item: ScreeningItem, items: tuple[ScreeningItem, ...], language: str) -> Question:
    after = [one for one in items if one.asked_if is not None and one.asked_if.item == item.key]
    opening = {_as_text(said) for one in after if one.asked_if is not None for said in one.asked_if.said}
    spoken = language.split("-", maxsplit=1)[0].lower()
    return Question(
        key=item.key,
        kind=item.kind,
        text=item.text["en"],
        said=item.text.get(spoken, "") if spoken != "en" else "",
        choices=tuple(
            Choice(value=value, label=label, opens=value in opening) for value, label in _choices(item)
        ),
        follow_ups=tuple(_question(one, items, language) for one in after),
    )


def _as_text(said: bool | str) -> str:  # noqa: FBT001 - an answer, which may be yes or no
    return said if isinstance(said, str) else "yes" if said else "no"


def _choices(item: ScreeningItem) -> tuple[tuple[str, str], ...]:
    words = tuple((value, item.value_texts[value]["en"]) for value in item.values)
    if item.kind == "yes_no":
        return (*_YES_NO, _NOT_KNOWN)
    if item.kind == "choice":
        return (*words, _NOT_KNOWN)
    return (*words, _NONE) if item.kind == "many" else ()


def _in_short(questionnaire: Questionnaire, found: ScreeningAdvice) -> tuple[str, ...]:
    short = {item.key: item.short for item in questionnaire.items}
    return tuple(short.get(key, key) for key in found.unanswered)


def _answered(questionnaire: Questionnaire, answers: Mapping[str, Any]) -> tuple[Answered, ...]:
    typed = as_typed(questionnaire, answers)
    rows = []
    for item in questionnaire.items:
        said = typed.get(f"answers/{item.key}")
        if said is not None:
            words = dict(_choices(item))
            answer = ", ".join(words.get(part, part) for part in said.splitlines())
            rows.append(Answered(question=item.short, answer=answer))
    return tuple(rows)


async def _patient(db: Connection, reader: Reader, patient_id: UUID) -> Patient:
    patient = await patients.get(db, reader.actor.clinic_id, patient_id)
    if patient is None:
        raise NotFound
    return patient
