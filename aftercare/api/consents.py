"""What patients agreed to, what their photos may be used for, and who looked at them."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from aftercare.api.pages import Cursor, Page, page_of, read_cursor
from aftercare.api.photo_body import PICTURE
from aftercare.api.who import care_team, patient_only, practitioner_only
from aftercare.model.consents import Asked, ConsentWord, Use
from aftercare.model.people import Actor
from aftercare.model.photos import Rendition
from aftercare.services import consents, photo_uses, photos
from aftercare.services.house import House

AnyRequest = Request[Actor, Any, Any]


class ConsentController(Controller):
    """The words themselves."""

    @get(
        "/v1/me/consents", guards=[patient_only], summary="What I am asked, and what I said", tags=["patient"]
    )
    async def mine(self, request: AnyRequest, house: NamedDependency[House]) -> list[Asked]:
        """Each purpose with today's text in every language, and the newest word on it with the text that it was said to."""
        return await consents.asked_of_me(house.database, request.user, now=house.now())

    @get(
        "/v1/patients/{patient_id:str}/consents",
        guards=[care_team],
        summary="What a patient agreed to",
        tags=["patients"],
    )
    async def of_patient(
        self, request: AnyRequest, house: NamedDependency[House], patient_id: FromPath[UUID]
    ) -> list[ConsentWord]:
        """Every word with the text that it was said to, the newest first."""
        return await consents.words_of(house.database, request.user, patient_id, now=house.now())


class PhotoUseController(Controller):
    """Photos for what is not care, and the looks at them."""

    @get("/v1/me/photo-views", guards=[patient_only], summary="Who saw my photos", tags=["patient"])
    async def looks(
        self, request: AnyRequest, house: NamedDependency[House], cursor: Cursor = None
    ) -> Page[photo_uses.PhotoLook]:
        """Each look of the clinic's staff at a picture, and what for; the newest first."""
        found = await photo_uses.looks(
            house.database, request.user, before=read_cursor(cursor), now=house.now()
        )
        return page_of(found, photo_uses.PAGE, lambda one: (one.at, one.look_id))

    @get(
        "/v1/photos/for/{use:str}",
        guards=[practitioner_only],
        summary="Photos that may be used for a purpose",
        tags=["patients"],
    )
    async def photos_for(
        self, request: AnyRequest, house: NamedDependency[House], use: FromPath[Use], cursor: Cursor = None
    ) -> Page[photo_uses.UsablePhoto]:
        """Those whose patients agree to it now, the newest first. Whoever withdraws is gone from here at once."""
        found = await photo_uses.photos_for(
            house.database, request.user, use, before=read_cursor(cursor), now=house.now()
        )
        page = page_of(found, photo_uses.PAGE, lambda one: (one.taken_at, one.photo_id))
        return Page(items=[photo_uses.usable(one, use) for one in page.items], next=page.next)

    @get(
        "/v1/photos/for/{use:str}/{patient_id:str}/{id:str}/{rendition:str}",
        guards=[practitioner_only],
        summary="One photo for a purpose",
        tags=["patients"],
        media_type="image/jpeg",
        responses=PICTURE,
    )
    async def view_for(
        self,
        request: AnyRequest,
        house: NamedDependency[House],
        use: FromPath[Use],
        patient_id: FromPath[UUID],
        id: FromPath[UUID],  # noqa: A002 - the path's own name
        rendition: FromPath[Rendition],
    ) -> Response[bytes]:
        """The picture, if the patient agrees to this use at this moment; the look is on record with its purpose."""
        data, media_type = await photos.view_photo(
            house.database, house.blobs, request.user, patient_id, id, rendition, use=use, now=house.now()
        )
        return Response(data, media_type=media_type)
