"""What PostgreSQL really did for each statement of a way: its plans, read from the server's log where auto_explain puts them.

Nothing is executed a second time and nothing is explained by hand: these are the plans of the very statements, with their
parameters, under the role and the policies that they ran with, foreign keys' own look-ups included.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from aftercare.db.sql import queries, sql_folder

_PLAN = re.compile(r"plan:\n((?:\t.*\n?)+)")
_SETTINGS = {
    "session_preload_libraries": "auto_explain",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_buffers": "on",
    "auto_explain.log_timing": "off",
    "auto_explain.log_nested_statements": "on",
    "auto_explain.log_format": "json",
}
_WHOLESALE = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")
# Tables that grow with staff and clinics, not with patients.
SMALL = frozenset(
    {
        "clinics",
        "clinic_directory",
        "staff",
        "webhooks",
        "audit_heads",
        "throttles",
        "sign_ins",
        "rule_packs",
        "instruction_sets",
        "course_settings",
        "rotas",
        "rota_participants",
        "rota_overrides",
        "rota_gaps",
        "on_duty",
        "escalation_chains",
        "escalation_steps",
        "message_templates",
    }
)


async def explain_logins(admin: asyncpg.Connection, *logins: str, tiny: bool) -> None:
    """From their next connection on, everything that these logins execute is explained in the server's log.

    Where tables are `tiny`, reading all of one is rightly the cheapest, and shows nothing: then rows are looked up one by
    one wherever an index allows it.
    """
    settings = {**_SETTINGS, **dict.fromkeys(_WHOLESALE, "off" if tiny else "on")}
    for login in logins:
        for name, value in settings.items():
            await admin.execute(f"alter role {login} set {name} = '{value}'")


@dataclass(frozen=True)
class Executed:
    """One statement as it was executed.

    `returned` are the rows that it gave or changed, `kept` those that it took from tables for that (to join, to count, to
    put together into one), `discarded` those that it looked at in vain.
    """

    name: str
    returned: int
    kept: int
    discarded: int
    buffers: int
    scanned: tuple[str, ...]  # tables that were read from end to end, and not empty


@dataclass
class Way:
    """The statements of one way through the service, in their order."""

    name: str
    statements: list[Executed] = field(default_factory=list)

    @property
    def buffers(self) -> int:
        return sum(one.buffers for one in self.statements)

    @property
    def read(self) -> int:
        return sum(one.kept + one.discarded for one in self.statements)

    @property
    def returned(self) -> int:
        return sum(one.returned for one in self.statements)


class PlanLog:
    """The server's log, read from where it was left."""

    def __init__(self, log: Path) -> None:
        self._log, self._at = log, 0

    def skip(self) -> None:
        """What was executed so far is not asked for."""
        self._at = self._log.stat().st_size

    def way(self, name: str) -> Way:
        """Everything that was executed since."""
        with self._log.open("rb") as log:
            log.seek(self._at)
            text = log.read().decode()
        self._at += len(text.encode())
        return Way(name, [_executed(msgspec.json.decode(found[1])) for found in _PLAN.finditer(text)])


def _executed(explained: dict[str, Any]) -> Executed:
    plan = explained["Plan"]
    nodes = list(_nodes(plan))
    changed = [
        child for node in nodes if node["Node Type"] == "ModifyTable" for child in node.get("Plans", ())
    ]
    scans = [node for node in nodes if "Relation Name" in node and "Scan" in node["Node Type"]]
    buffers = plan.get("Shared Hit Blocks", 0) + plan.get("Shared Read Blocks", 0)
    return Executed(
        name=_names().get(explained["Query Text"].strip(), explained["Query Text"].strip()[:90]),
        returned=round(_rows(plan) + sum(_rows(child) for child in changed)),
        kept=round(sum(map(_rows, scans))),
        discarded=round(sum(map(_discarded, scans))),
        buffers=buffers,
        scanned=tuple(
            node["Relation Name"]
            for node in scans
            if node["Node Type"] == "Seq Scan" and _rows(node) + _discarded(node) > 0
        ),
    )


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def _rows(node: dict[str, Any]) -> float:
    return float(node["Actual Rows"] * node["Actual Loops"])


def _discarded(node: dict[str, Any]) -> float:
    removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return float(removed * node["Actual Loops"])


@cache
def _names() -> dict[str, str]:
    """Our statements by their text: `noun.name` as in sql/queries."""
    return {
        text.strip(): f"{file.stem}.{name}"
        for file in (sql_folder() / "queries").glob("*.sql")
        for name, text in queries(file.stem).items()
    }
