"""The ETag of what can be edited is its version."""

from typing import Annotated, Protocol, TypeVar

from litestar import Response
from litestar.params import HeaderParameter

from aftercare.errors import Malformed

IfMatch = Annotated[str, HeaderParameter(name="If-Match", max_length=40)]


class Versioned(Protocol):
    """What counts how often it was written."""

    @property
    def version(self) -> int:
        """Of the newest writing."""


T = TypeVar("T", bound=Versioned)


def with_etag(found: T) -> Response[T]:
    """An answer with the ETag that an edit of it must name."""
    return Response(found, headers=etag(found.version))


def etag(version: int) -> dict[str, str]:
    """The header of an answer."""
    return {"etag": f'"{version}"'}


def version_of(if_match: str) -> int:
    """The version that an edit writes over. Raises Malformed."""
    text = if_match.removeprefix("W/").strip('"')
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Malformed(
            "If-Match must be the ETag that came with what you edit.", pointers={"If-Match": "unknown"}
        )
    return int(text)
