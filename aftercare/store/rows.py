"""Rows to Structs."""

from collections.abc import Iterable
from typing import TypeVar

import asyncpg
import msgspec

T = TypeVar("T")


def one(kind: type[T], row: asyncpg.Record | None) -> T | None:
    """The row as a Struct, or None."""
    return None if row is None else msgspec.convert(dict(row), kind)


def many(kind: type[T], rows: Iterable[asyncpg.Record]) -> list[T]:
    """The rows as Structs."""
    return [msgspec.convert(dict(row), kind) for row in rows]
