"""Keyset pages: an opaque cursor over (instant, id), or (day, id)."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from typing import Annotated, Generic, TypeVar
from uuid import UUID

import msgspec
from litestar.params import QueryParameter

from aftercare.errors import Malformed
from aftercare.model.text import Instant

T = TypeVar("T")

Cursor = Annotated[str | None, QueryParameter(description="`next` of the page before.", required=False)]


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """Some items, and where the next ones begin (null at the end)."""

    items: Sequence[T]
    next: str | None = None


def page_of(items: Sequence[T], size: int, place: Callable[[T], tuple[datetime, UUID]]) -> Page[T]:
    """A page of up to `size` items; a full one says where it ended."""
    return Page(items=items, next=_write(*place(items[-1])) if len(items) >= size else None)


def read_cursor(cursor: str | None) -> tuple[datetime, UUID] | None:
    """The place that a cursor names. Raises Malformed."""
    if not cursor:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii"))
        return msgspec.msgpack.decode(raw, type=tuple[Instant, UUID])
    except (binascii.Error, UnicodeEncodeError, msgspec.DecodeError, ValueError):
        raise Malformed(
            "This cursor is not one of ours. Begin again without it.", pointers={"cursor": "unknown"}
        ) from None


def page_by_day(items: Sequence[T], size: int, place: Callable[[T], tuple[date, UUID]]) -> Page[T]:
    """As `page_of`, of what is in the order of days."""

    def midnight(item: T) -> tuple[datetime, UUID]:
        day, item_id = place(item)
        return datetime.combine(day, time.min, UTC), item_id

    return page_of(items, size, midnight)


def read_day_cursor(cursor: str | None) -> tuple[date, UUID] | None:
    """The place that a cursor of `page_by_day` names. Raises Malformed."""
    place = read_cursor(cursor)
    return None if place is None else (place[0].date(), place[1])


def _write(at: datetime, item_id: UUID) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode((at, item_id))).decode()
