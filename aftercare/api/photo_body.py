"""A photo's body: counted while it comes, so that nobody fills the memory, and whole before anything is decided."""

from typing import Any

from litestar import Request
from litestar.openapi.datastructures import ResponseSpec

from aftercare.api.whole_body import CutShort
from aftercare.errors import NotJson, TooLarge
from aftercare.photos.room import Visit

# What the OpenAPI says of an answer that is a picture.
PICTURE = {
    200: ResponseSpec(
        data_container=bytes, media_type="image/jpeg", description="The picture", generate_examples=False
    )
}


class EmptyPhoto(NotJson):
    """The request has no body. Send the photo's bytes as the body."""

    type = "empty-photo"
    title = "No photo"


async def photo_body(request: Request[Any, Any, Any], limit: int, visit: Visit) -> bytes:
    """The bytes of the body, for which `visit` has room.

    Raises TooLarge (in bytes), EmptyPhoto, CutShort, TooSlow, and PhotosBusyError where many large ones arrive at once.
    """
    said = request.headers.get("content-length", "")
    too_large = TooLarge(f"A photo may have at most {limit // 1_000_000} MB. Send a smaller one.")
    if said.isdigit() and int(said) > limit:
        raise too_large
    body = bytearray()
    async for chunk in request.stream():
        if len(body) + len(chunk) > limit:
            raise too_large
        visit.take(len(chunk))
        body += chunk
    if said.isdigit() and len(body) < int(said):
        raise CutShort
    if not body:
        raise EmptyPhoto
    return bytes(body)
