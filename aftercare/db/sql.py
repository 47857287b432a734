"""Where the SQL is: migrations in order, and named blocks of queries."""

import re
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def sql_folder() -> Path:
    """The folder with `bootstrap.sql`, `migrations/` and `queries/`: inside the wheel, or beside the package."""
    inside = _PACKAGE / "sql"
    return inside if inside.is_dir() else _PACKAGE.parent / "sql"


@cache
def queries(noun: str) -> dict[str, str]:
    """The blocks of `queries/<noun>.sql` by the name in their `-- name:` line."""
    text = (sql_folder() / "queries" / f"{noun}.sql").read_text(encoding="utf-8")
    parts = _NAME.split(text)
    return {name: body.strip().rstrip(";") for name, body in zip(parts[1::2], parts[2::2], strict=True)}
