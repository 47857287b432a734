"""Photos for teaching and advertising: only those whose patients agree to it now, to practitioners, without names."""

from collections.abc import AsyncGenerator
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.background_tasks import BackgroundTask
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from aftercare.errors import Malformed
from aftercare.model.consents import Use
from aftercare.model.photo_uses import PhotoChoice
from aftercare.model.text import Instant
from aftercare.services import dashboard_uses
from aftercare.services.house import House
from aftercare.web.forms import Form, read_on, read_own_form
from aftercare.web.visits import StaffRequest, html, practitioner_page, reader_of

_CHOICES = ("modality", "view", "days", "person", "code")


class PhotoUsePageController(Controller):
    """Photos for one use."""

    path = "/photos/for/{use:str}"

    @get("/", guards=[practitioner_page])
    async def photos(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        use: FromPath[Use],
        before: Annotated[Instant | None, QueryParameter(required=False)] = None,
        beside: Annotated[UUID | None, QueryParameter(required=False)] = None,
    ) -> Response[str]:
        """What was chosen of them, the newest first."""
        page = await dashboard_uses.page(
            house.database,
            reader_of(request),
            use,
            _choice(request),
            before=read_on(before, beside),
            now=house.now(),
        )
        return html(page)

    @get("/{patient_id:str}/{photo_id:str}", guards=[practitioner_page])
    async def photo(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        use: FromPath[Use],
        patient_id: FromPath[UUID],
        photo_id: FromPath[UUID],
    ) -> Response[str]:
        """One of them large."""
        page = await dashboard_uses.photo(
            house.database, reader_of(request), use, patient_id, photo_id, now=house.now()
        )
        return html(page)

    @post("/export", guards=[practitioner_page], status_code=200)
    async def export(
        self, request: StaffRequest, house: NamedDependency[House], use: FromPath[Use]
    ) -> Stream:
        """The same as one file. A form, because it takes photos out of the house."""
        await read_own_form(request, Form)
        now = house.now()
        pieces = dashboard_uses.export(
            house.database, house.blobs, request.user, use, _choice(request), now=now
        )
        # Whatever refuses it does so before the first piece, when there is still a status to say it with.
        first = await anext(pieces)

        async def all_pieces() -> AsyncGenerator[bytes]:
            yield first
            async for piece in pieces:
                yield piece

        return Stream(
            all_pieces(),
            media_type="application/zip",
            headers={
                "content-disposition": f'attachment; filename="photos-for-{use}-{now:%Y-%m-%d}.zip"',
                "cache-control": "no-store",
            },
            background=BackgroundTask(pieces.aclose),
        )


def _choice(request: StaffRequest) -> PhotoChoice:
    """What the address chooses; a box that was left open comes empty. Raises Malformed."""
    asked = {name: request.query_params.get(name, "").strip() for name in _CHOICES}
    asked["patient_id"] = asked.pop("person")
    try:
        return msgspec.convert({name: value for name, value in asked.items() if value}, PhotoChoice)
    except msgspec.ValidationError:
        raise Malformed(
            "There is no such choice of photos. A code is the last twelve characters of a file’s name."
        ) from None
