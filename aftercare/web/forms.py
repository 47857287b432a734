"""What a browser sends: forms read whole and bounded, their token compared, their paths kept on this origin."""

import re
import secrets
from datetime import datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from uuid import UUID

import msgspec
from litestar import Request

from aftercare.errors import Forbidden, Malformed
from aftercare.model.people import Actor
from aftercare.model.text import Instant, Paragraph
from aftercare.model.words import Outcome, Tier
from aftercare.services.arrival import in_utc

F = TypeVar("F", bound="Form")

_FIELDS = 20
_TYPED_FIELDS = 120  # three consumables, a screening and every area
_UNREADABLE = "A part of this form cannot be read. Go back, then try again."
# Browsers drop tabs and line breaks in an address and read "\" as "/": with either, "/" could begin another origin.
_LOCAL = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")
_LONGEST_PATH = 500
_LONGEST_LIST = 1600  # ids with a blank between: more than one of each code


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """What every form carries: the token that only our own page knows."""

    csrf: Annotated[str, msgspec.Meta(max_length=100)] = ""


class ActForm(Form, frozen=True, kw_only=True):
    """An act on an alert."""

    back: str = "/"
    also: Annotated[str, msgspec.Meta(max_length=_LONGEST_LIST)] = (
        ""  # ids of the patient's other alerts shown beside it
    )
    seen: Annotated[str, msgspec.Meta(max_length=_LONGEST_LIST)] = ""  # the tier of each that the page showed
    text: Paragraph = ""
    outcome: Outcome | None = None
    until: Instant | None = None


class SearchForm(Form, frozen=True, kw_only=True):
    """Beginnings of a name or of a number."""

    q: Annotated[str, msgspec.Meta(max_length=80, pattern=r"^[^\x00]*$")] = ""


class SignInForm(Form, frozen=True, kw_only=True):
    """Who wants in, and where to go on to."""

    then: str = "/"
    email: Annotated[str, msgspec.Meta(max_length=254, pattern=r"^[^\x00]*$")] = ""
    password: Annotated[str, msgspec.Meta(max_length=1024, pattern=r"^[^\x00]*$")] = ""


async def read_form(request: Request[Any, Any, Any], kind: type[F]) -> F:
    """The form of a request. Raises Malformed for another media type, another encoding or a field out of bounds."""
    pairs = await _pairs(request, _FIELDS)
    try:
        # What was left empty was not said.
        return msgspec.convert({name: value for name, value in pairs if value}, kind)
    except msgspec.ValidationError:
        raise Malformed(_UNREADABLE) from None


async def read_typed(request: Request[Actor, Any, Any], *, fields: int = _TYPED_FIELDS) -> dict[str, str]:
    """What somebody who is signed in has typed, as it is, without the token; of boxes of one name, all, line by line.

    Raises Malformed for another media type or encoding or too many fields, Forbidden if it is not from our own page.
    """
    typed: dict[str, str] = {}
    for name, value in await _pairs(request, fields):
        text = value.replace("\r\n", "\n").strip()
        if text:
            typed[name] = f"{typed[name]}\n{text}" if name in typed else text
    require_token(typed.pop("csrf", ""), request.user.csrf)
    return typed


async def _pairs(request: Request[Any, Any, Any], fields: int) -> list[tuple[str, str]]:
    media_type, _ = request.content_type
    if media_type != "application/x-www-form-urlencoded":
        raise Malformed("This address takes a form of one of our pages.")
    body = await request.body()
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=fields, errors="strict")
    except ValueError:
        raise Malformed(_UNREADABLE) from None
    if any("\0" in text for pair in pairs for text in pair):
        raise Malformed(_UNREADABLE)  # no keyboard types it, and no column takes it
    return pairs


async def read_own_form(request: Request[Actor, Any, Any], kind: type[F]) -> F:
    """The form of somebody who is signed in. Raises Malformed, and Forbidden if it is not from our own page."""
    form = await read_form(request, kind)
    require_token(form.csrf, request.user.csrf)
    return form


def several_tiers(text: str) -> tuple[Tier, ...]:
    """Tiers with blanks between. Raises Malformed."""
    try:
        return tuple(Tier(part) for part in text.split())
    except ValueError:
        raise Malformed(_UNREADABLE) from None


def several_ids(text: str) -> tuple[UUID, ...]:
    """Ids with blanks between, each once. Raises Malformed."""
    try:
        return tuple(dict.fromkeys(UUID(part) for part in text.split()))
    except ValueError:
        raise Malformed(_UNREADABLE) from None


def read_on(at: datetime | None, beside: UUID | None) -> tuple[datetime, UUID] | None:
    """Where a list is read on from, or None for its beginning."""
    return None if at is None or beside is None else (in_utc(at), beside)


def require_token(sent: str, ours: str) -> None:
    """Compare in constant time. Raises Forbidden; nothing equals an empty token."""
    if not ours or not secrets.compare_digest(sent.encode(), ours.encode()):
        raise Forbidden(
            "This form did not come from our page, or the page was too old. Reload it, then try again."
        )


def local_path(text: str, default: str = "/") -> str:
    """The path if it stays on this origin, else `default`."""
    return text if len(text) <= _LONGEST_PATH and _LOCAL.fullmatch(text) else default


def with_parameters(path: str, drop: frozenset[str], **added: str) -> str:
    """The local path with these parameters in its query, and without those to drop."""
    parts = urlsplit(path)
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name not in drop and name not in added]
    return urlunsplit(("", "", parts.path, urlencode([*kept, *added.items()]), ""))
