"""Erasure: the patient's own word, what staff carry out or refuse, and what a recall may still know."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from aftercare.api.me import PatientRequest, patient_id
from aftercare.api.patients import Lot
from aftercare.api.who import care_team, patient_only, practitioner_only
from aftercare.model.erasures import ErasedLotUse, Erasure, ErasureDraft, RefusalDraft, StaffErasureDraft
from aftercare.model.people import Actor
from aftercare.services import erasures
from aftercare.services.house import House

StaffRequest = Request[Actor, Any, Any]


class MyErasureController(Controller):
    """What the patient wants forgotten."""

    path = "/v1/me"
    tags = ("patient",)

    @post("/erasure", guards=[patient_only], status_code=202, summary="Erase my photos, or ask to be erased")
    async def ask(
        self, request: PatientRequest, house: NamedDependency[House], data: JSONBody[ErasureDraft]
    ) -> Erasure:
        """Photos cannot be read by anybody from this answer on. Everything is asked of the clinic, which must answer."""
        return await erasures.ask(house.database, house.keys, request.user, data, now=house.now())

    @get("/erasures", guards=[patient_only], summary="What I asked to be erased, and what became of it")
    async def mine(self, request: PatientRequest, house: NamedDependency[House]) -> list[Erasure]:
        """The newest first."""
        return await erasures.list_erasures(
            house.database, request.user, patient_id(request), now=house.now()
        )


class ErasureController(Controller):
    """What staff erase."""

    path = "/v1"
    tags = ("patients",)

    @get("/erasures", guards=[practitioner_only], summary="Erasures that wait for the clinic's word")
    async def waiting(self, request: StaffRequest, house: NamedDependency[House]) -> list[Erasure]:
        """The oldest 500 first: the law gives a month to answer."""
        return await erasures.waiting(house.database, request.user, now=house.now())

    @post(
        "/patients/{patient_id:str}/erasure",
        guards=[practitioner_only],
        status_code=202,
        summary="Erase a patient's photos, or everything",
    )
    async def erase(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        data: JSONBody[StaffErasureDraft],
    ) -> Erasure:
        """For good: nothing brings it back. The name is typed as it is on record, to be sure whom it is about."""
        return await erasures.erase(
            house.database, house.keys, request.user, patient_id, data, now=house.now()
        )

    @get("/patients/{patient_id:str}/erasures", guards=[practitioner_only], summary="A patient's erasures")
    async def of_patient(
        self, request: StaffRequest, house: NamedDependency[House], patient_id: FromPath[UUID]
    ) -> list[Erasure]:
        """The newest first; also of a patient who is erased."""
        return await erasures.list_erasures(house.database, request.user, patient_id, now=house.now())

    @post(
        "/patients/{patient_id:str}/erasures/{erasure_id:str}/refusal",
        guards=[practitioner_only],
        status_code=200,
        summary="Refuse an erasure that a patient asked for",
    )
    async def refuse(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        erasure_id: FromPath[UUID],
        data: JSONBody[RefusalDraft],
    ) -> Erasure:
        """With the reason, which the patient is told."""
        return await erasures.refuse(
            house.database, request.user, patient_id, erasure_id, data.because, now=house.now()
        )

    @get("/lots/{lot:str}/erased", guards=[care_team], summary="Uses of a lot on patients who are erased")
    async def lot_uses(
        self, request: StaffRequest, house: NamedDependency[House], lot: Lot
    ) -> list[ErasedLotUse]:
        """By the month, without the patient: so that a recall knows how many cannot be called."""
        return await erasures.erased_lot_uses(house.database, request.user, lot)
