"""The patient's own: who they are, what is due, check-ins, photos, consents."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter

from aftercare.api.pages import Cursor, Page, page_of, read_cursor
from aftercare.api.photo_body import PICTURE, photo_body
from aftercare.api.who import patient_only
from aftercare.errors import Malformed, NotSignedIn
from aftercare.model.check_ins import CheckInDraft, ConsentState, Kept
from aftercare.model.consents import ConsentDraft
from aftercare.model.consents import Kind as ConsentKind
from aftercare.model.people import Actor
from aftercare.model.photos import Rendition
from aftercare.model.text import Instant
from aftercare.model.words import View
from aftercare.services import check_ins, consents, me, photos, sync
from aftercare.services.house import House

PatientRequest = Request[Actor, Any, Any]


def patient_id(request: PatientRequest) -> UUID:
    """Whose installation asks."""
    if request.user.id is None:
        raise NotSignedIn
    return request.user.id


def instant(text: str | None, parameter: str, kind: Any = Instant) -> datetime | None:
    """The time that a parameter says. Not by the framework, to which a bare number is a time as well."""
    try:
        found: datetime | None = None if text is None else msgspec.convert(text, kind)
    except msgspec.ValidationError:
        raise Malformed(pointers={parameter: "not a time of RFC 3339"}) from None
    return found


SentAt = Annotated[
    str | None,
    HeaderParameter(
        name="Sent-At",
        description="What the phone's clock says as it sends this, RFC 3339. A clock that is wrong is put right by it.",
        required=False,
        schema_extra={"format": "date-time"},
    ),
]


class MeController(Controller):
    """The patient."""

    path = "/v1/me"
    tags = ("patient",)

    @get("/", guards=[patient_only], summary="Who is enrolled on this phone")
    async def read(self, request: PatientRequest, house: NamedDependency[House]) -> me.Me:
        """The patient as the app needs them, with the newest word on each consent."""
        return await me.get_me(house.database, request.user, now=house.now())

    @get("/today", guards=[patient_only], summary="What is due, seven days ahead")
    async def today(self, request: PatientRequest, house: NamedDependency[House]) -> me.Today:
        """What is due, the questions, and what to show in an emergency, also without a network."""
        return await me.get_today(house.database, request.user, now=house.now())

    @put("/consents/{kind:str}", guards=[patient_only], summary="Grant, refuse or withdraw a consent")
    async def consent(
        self,
        request: PatientRequest,
        house: NamedDependency[House],
        kind: FromPath[ConsentKind],
        data: JSONBody[ConsentDraft],
        sent_at: SentAt = None,
    ) -> ConsentState:
        """One word on one purpose; answers the one that counts. Monitoring goes on whatever it is."""
        at = instant(sent_at, "Sent-At")
        return await consents.put_consent(
            house.database, request.user, kind, data, now=house.now(), sent_at=at
        )

    @get("/check-ins", guards=[patient_only], summary="My check-ins")
    async def my_check_ins(
        self, request: PatientRequest, house: NamedDependency[House], cursor: Cursor = None
    ) -> Page[Kept]:
        """The newest first."""
        found = await check_ins.list_check_ins(
            house.database, request.user, patient_id(request), before=read_cursor(cursor), now=house.now()
        )
        return page_of(found, check_ins.PAGE, lambda one: (one.judged_at, one.check_in_id))

    @get("/photos", guards=[patient_only], summary="My photos")
    async def my_photos(
        self, request: PatientRequest, house: NamedDependency[House], cursor: Cursor = None
    ) -> Page[photos.PhotoAnswer]:
        """The newest first."""
        found = await photos.list_photos(
            house.database, request.user, patient_id(request), before=read_cursor(cursor), now=house.now()
        )
        return page_of(found, photos.PAGE, lambda one: (one.taken_at, one.photo_id))


class CheckInController(Controller):
    """Check-ins, by the id that the phone made."""

    path = "/v1/check-ins"
    tags = ("patient",)

    @put("/{id:str}", guards=[patient_only], status_code=201, summary="Send a check-in")
    async def put_check_in(
        self,
        request: PatientRequest,
        house: NamedDependency[House],
        id: FromPath[UUID],  # noqa: A002 - the path's own name
        data: JSONBody[CheckInDraft],
        sent_at: SentAt = None,
    ) -> check_ins.CheckInAnswer:
        """Keep and judge a check-in, and say at once what to do. The same content again gets the same answer."""
        return await check_ins.submit(
            house.database,
            request.user,
            patient_id(request),
            id,
            data,
            now=house.now(),
            sent_at=instant(sent_at, "Sent-At"),
        )

    @get("/{id:str}", guards=[patient_only], summary="One of my check-ins")
    async def read(
        self,
        request: PatientRequest,
        house: NamedDependency[House],
        id: FromPath[UUID],  # noqa: A002
    ) -> Kept:
        """The check-in as it is kept, what was set aside included."""
        return await check_ins.get_check_in(
            house.database, request.user, patient_id(request), id, now=house.now()
        )


class SyncController(Controller):
    """The outbox of a phone."""

    tags = ("patient",)

    @post("/v1/sync", guards=[patient_only], status_code=200, summary="Send what was queued offline")
    async def send(
        self,
        request: PatientRequest,
        house: NamedDependency[House],
        data: JSONBody[sync.SyncBatch],
        sent_at: SentAt = None,
    ) -> sync.SyncAnswer:
        """A result per item; one bad item takes no other with it."""
        return await sync.sync(
            house.database, request.user, data, now=house.now(), sent_at=instant(sent_at, "Sent-At")
        )


class PhotoController(Controller):
    """Photos, by the id that the phone made."""

    path = "/v1/photos"
    tags = ("patient",)

    @put(
        "/{id:str}",
        guards=[patient_only],
        status_code=201,
        summary="Send a photo",
        request_max_body_size=None,  # photo_body counts, and says the photo's own limit
    )
    async def put_photo(
        self,
        request: PatientRequest,
        house: NamedDependency[House],
        id: FromPath[UUID],  # noqa: A002
        view: Annotated[View, QueryParameter(description="Which view it is.")] = View.OTHER,
        taken_at: Annotated[
            str | None,
            QueryParameter(
                description="When it was taken, RFC 3339.",
                required=False,
                schema_extra={"format": "date-time"},
            ),
        ] = None,
        check_in_id: Annotated[
            UUID | None, QueryParameter(description="The check-in it belongs to.", required=False)
        ] = None,
    ) -> photos.PhotoAnswer:
        """A picture as the body; `photo_formats` in `GET /v1` says which kinds. Only safe renditions are kept.

        The same photo again gets the same answer, so that it can be repeated until answered.
        """
        at = instant(taken_at, "taken_at", datetime)  # a camera may not know its zone
        draft = photos.PhotoDraft(view=view, taken_at=at, check_in_id=check_in_id)
        with house.photo_room.visit() as visit:
            return await photos.put_photo(
                house.database,
                house.blobs,
                house.photo_workers,
                request.user,
                patient_id(request),
                id,
                draft,
                await photo_body(request, house.settings.photo_max_bytes, visit),
                quota=house.photo_quota,
                now=house.now(),
            )

    @get(
        "/{id:str}/{rendition:str}",
        guards=[patient_only],
        summary="One of my photos",
        media_type="image/jpeg",
        responses=PICTURE,
    )
    async def view(
        self,
        request: PatientRequest,
        house: NamedDependency[House],
        id: FromPath[UUID],  # noqa: A002
        rendition: FromPath[Rendition],
    ) -> Response[bytes]:
        """The display size or the thumbnail."""
        data, media_type = await photos.view_photo(
            house.database, house.blobs, request.user, patient_id(request), id, rendition, now=house.now()
        )
        return Response(data, media_type=media_type)
