"""Screening: the questionnaires, what they advise, answers prepared for a practitioner, and what was signed."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from aftercare.api.etags import IfMatch, version_of, with_etag
from aftercare.api.who import care_team
from aftercare.care import questionnaire
from aftercare.errors import NotFound
from aftercare.model.people import Actor
from aftercare.model.screenings import (
    PreparedScreening,
    Questionnaire,
    Screening,
    ScreeningAdvice,
    ScreeningQuestion,
)
from aftercare.model.words import Modality
from aftercare.services import screenings
from aftercare.services.house import House

StaffRequest = Request[Actor, Any, Any]


class QuestionnaireVersions(msgspec.Struct, frozen=True, kw_only=True):
    """The versions known here, and the one to ask now."""

    current: int
    versions: tuple[int, ...]


class QuestionnaireController(Controller):
    """What is asked before a course and before each session."""

    path = "/v1/screening-questionnaires"
    tags = ("screenings",)

    @get("/", guards=[care_team], summary="Versions of the screening questionnaire")
    async def list_versions(self) -> QuestionnaireVersions:
        """A screening names the version it answers; older ones stay readable."""
        return QuestionnaireVersions(current=questionnaire.CURRENT_VERSION, versions=questionnaire.versions())

    @get(
        "/{questionnaire_version:str}",
        guards=[care_team],
        summary="One version of the screening questionnaire",
    )
    async def read(self, questionnaire_version: FromPath[int]) -> Questionnaire:
        """The questions in each language, and what their answers weigh for each treatment, with sources."""
        if questionnaire_version not in questionnaire.versions():
            raise NotFound
        return questionnaire.load(questionnaire_version)


class ScreeningController(Controller):
    """A patient's screenings, before they are signed and after; signing stands with the patient."""

    path = "/v1/patients/{patient_id:str}/screenings"
    tags = ("screenings",)

    @get("/{screening_id:str}", guards=[care_team], summary="One screening")
    async def read(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        screening_id: FromPath[UUID],
    ) -> Screening:
        """As it was signed."""
        return await screenings.get_screening(
            house.database, request.user, patient_id, screening_id, now=house.now()
        )

    @post("/advice", guards=[care_team], status_code=200, summary="What the answers come to")
    async def advise(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        data: JSONBody[ScreeningQuestion],
    ) -> ScreeningAdvice:
        """Advice with reasons for today; nothing is kept. A practitioner decides."""
        return await screenings.advise(house.database, request.user, patient_id, data, now=house.now())

    @get("/prepared/{modality:str}", guards=[care_team], summary="Answers prepared for a screening")
    async def read_prepared(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        modality: FromPath[Modality],
    ) -> Response[PreparedScreening]:
        """Written down and not signed yet, with the ETag that an edit must name."""
        found = await screenings.get_prepared(
            house.database, request.user, patient_id, modality, now=house.now()
        )
        return with_etag(found)

    @put("/prepared/{modality:str}", guards=[care_team], summary="Prepare answers for a screening")
    async def prepare(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        modality: FromPath[Modality],
        data: JSONBody[ScreeningQuestion],
        if_match: IfMatch,
    ) -> Response[PreparedScreening]:
        """Over the version that If-Match names, "0" where nothing is prepared yet. Signing takes them away."""
        question = msgspec.structs.replace(data, modality=modality)
        made = await screenings.prepare(
            house.database, request.user, patient_id, question, version=version_of(if_match), now=house.now()
        )
        return with_etag(made)
