"""What a scrape and a look read follows what is due and what stands, not what there is: their plans at two sizes."""

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from aftercare.db.sql import queries
from aftercare.store.due_work import URGENT

TENFOLD, SMALL = 10, 1_500
_CLINIC = "00000000-0000-4000-8000-000000000001"
# So many are due or stand at both sizes; all the rest is done or not yet due.
_STANDING = 40
_DUE_AN_HOUR_LATER = """
insert into due_work (clinic_id, kind, subject_id, due_at, urgency)
select $1::uuid, k, gen_random_uuid(), $2::timestamptz + interval '1 hour', n % 4
from generate_series($3::int, $4::int) n, unnest(array['sweep', 'escalate', 'deliver:smtp']) k
"""
_ALERTS = """
insert into alerts (clinic_id, id, patient_id, episode_id, code, tier, state, raised_at, day, reason, version, clock_from,
                    acknowledge_by, resolved_at)
select $1::uuid, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'note', 'soon', case when $5::bool then 'open' else 'resolved' end,
       $2, 1, 'x', '1', $2, $2::timestamptz - interval '1 hour', case when $5::bool then null else $2::timestamptz end
from generate_series($3::int, $4::int)
"""
_DELIVERIES = """
insert into deliveries (clinic_id, delivery_id, channel, kind, what, state, queued_at, staff_id)
select $1::uuid, gen_random_uuid(), 'smtp', 'test', 'n' || n || $5::bool, case when $5::bool then 'queued' else 'sent' end, $2,
       gen_random_uuid()
from generate_series($3::int, $4::int) n
"""
_AUDIT = """
insert into audit_entries (clinic_id, entry_id, at, actor_kind, action, number, chain)
select $1::uuid, gen_random_uuid(), $2, 'system', 'x', case when $5::bool then null else n end, case when $5::bool then null else ''::bytea end
from generate_series($3::int, $4::int) n
"""


@pytest.fixture
async def root(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """The database, where rows may stand without those that they belong to."""
    connection = await asyncpg.connect(database_url)
    await connection.execute("set session_replication_role = replica")
    yield connection
    await connection.close()


async def _grow(root: asyncpg.Connection, now: datetime, first: int, last: int, *, stands: bool) -> None:
    """More rows: of what stands and is due, or of what is done or falls due later."""
    for statement in (_ALERTS, _DELIVERIES, _AUDIT):
        await root.execute(statement, _CLINIC, now, first, last, stands)
    due = now - timedelta(hours=2) if stands else now
    await root.execute(_DUE_AN_HOUR_LATER, _CLINIC, due, first, last)
    await root.execute("vacuum analyze")


def _reads(plan: dict[str, Any]) -> set[str]:
    found = {plan["Relation Name"]} if plan["Node Type"] == "Seq Scan" else set()
    return found.union(*(_reads(child) for child in plan.get("Plans", ())))


async def _pages(
    root: asyncpg.Connection, database_url: str, now: datetime
) -> dict[str, tuple[int, set[str]]]:
    """Pages that each statement reads as the worker, once its plan is cached, and tables that it reads whole."""
    metrics, heartbeat = queries("metrics"), queries("heartbeat")
    asked = {
        "due": (metrics["due"], (now, 10_000)),
        "standing": (metrics["standing_everywhere"], (now,)),
        "unsealed": (metrics["unsealed"], (10_000,)),
        "oldest urgent": (heartbeat["oldest_urgent"], (list(URGENT),)),
        "behind": (heartbeat["behind"], (list(URGENT), now - timedelta(minutes=2))),
    }
    settings = {"role": "aftercare_worker", "plan_cache_mode": "force_generic_plan"}
    worker = await asyncpg.connect(database_url, server_settings=settings)
    found = {}
    for name, (statement, values) in asked.items():
        for _ in range(2):
            row = await worker.fetchval(f"explain (analyze, buffers, format json) {statement}", *values)
        plan = json.loads(row)[0]["Plan"]
        found[name] = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"], _reads(plan)
    await worker.close()
    return found


async def test_what_is_read_follows_what_is_due_and_not_what_there_is(
    root: asyncpg.Connection, database_url: str, now: datetime
) -> None:
    await root.execute("insert into clinic_directory (handle, clinic_id) values ('alpha', $1)", _CLINIC)
    await _grow(root, now, 1, _STANDING, stands=True)
    await _grow(root, now, 1, SMALL, stands=False)
    before = await _pages(root, database_url, now)
    await _grow(root, now, SMALL + 1, SMALL * TENFOLD, stands=False)
    after = await _pages(root, database_url, now)
    for name, (pages, whole) in after.items():
        assert pages <= before[name][0] * 1.5 + 16, (name, before[name], pages)
        assert not whole & {"due_work", "alerts", "deliveries", "audit_entries"}, (name, whole)
