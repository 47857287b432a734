"""The inbox reads what it shows: as many rows among 20,000 messages as among 2,000, by its indexes."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from aftercare.db.pool import Database
from aftercare.db.sql import queries
from aftercare.model.people import PatientDraft
from aftercare.services import patients
from tests.services.conftest import Team

_SQL = queries("messages")
_PEOPLE = 40
# Everybody writes every hour; of each patient all are read and answered but, of the first three, the newest.
_WRITE = """
insert into messages (clinic_id, patient_id, message_id, direction, text, written_at, received_at, judged_at, time_zone, staff_id,
                      digest, answer, read_due_at, read_at, read_by)
select $1, p.id, gen_random_uuid(), case when ours then 'from_clinic' else 'from_patient' end, 'words', at, at, at, 'UTC',
       case when ours then $4::uuid end, sha256('x'), case when ours then null else '{}'::json end,
       case when ours then null else at end, case when newest and p.place <= 3 then null else at end, null
from unnest($2::uuid[]) with ordinality as p (id, place)
cross join generate_series(1, $5::int) as n
cross join lateral (
    select $3::timestamptz - n * interval '1 hour' + p.place * interval '1 second' as at, n % 2 = 0 as ours, n = 1 as newest
) one
"""


@pytest.fixture
async def root(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


def _read(plan: dict[str, Any]) -> float:
    """All rows that the scans of a plan looked at, those that they let go included."""
    inner = sum(_read(one) for one in plan.get("Plans", ()))
    if "Scan" not in plan["Node Type"] or plan.get("Relation Name") != "messages":
        return inner
    seen = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
    return float(inner + seen * plan["Actual Loops"])


async def _rows_read(service: Database, clinic_id: UUID, name: str, *values: object) -> float:
    async with service.clinic(clinic_id) as db:
        text = await db.fetchval(f"explain (analyze, format json) {_SQL[name]}", clinic_id, *values)
    plan = text if isinstance(text, list) else msgspec.json.decode(text)
    return _read(plan[0]["Plan"])


async def test_lists_read_what_they_show_however_many_messages_there_are(
    service: Database, team: Team, root: asyncpg.Connection, now: datetime
) -> None:
    people = [
        (
            await patients.create_patient(
                service, team.practitioner, PatientDraft(name=f"Sample {number}"), now=now
            )
        ).patient_id
        for number in range(_PEOPLE)
    ]
    clinic, end, first = team.clinic_id, (now + timedelta(days=1), UUID(int=2**128 - 1)), UUID(int=0)
    read: dict[str, list[float]] = {"waiting": [], "recent": [], "page": [], "waiting_count": []}
    for hours in (50, 500):
        await root.execute("delete from messages")
        await root.execute(_WRITE, clinic, people, now, team.practitioner.id, hours)
        await root.execute("vacuum analyze messages")
        read["waiting"].append(
            await _rows_read(service, clinic, "waiting", now - timedelta(days=90), first, 50)
        )
        read["recent"].append(await _rows_read(service, clinic, "recent", *end, 20))
        read["page"].append(await _rows_read(service, clinic, "page", people[0], *end, 20))
        read["waiting_count"].append(await _rows_read(service, clinic, "waiting_count"))
    assert all(many <= 1.5 * few + 10 for few, many in read.values()), read
    assert max(many for _, many in read.values()) <= 400, read
