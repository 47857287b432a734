"""What the migration of course settings makes of courses that were there before it, and the trigger that goes on counting."""

import shutil
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

from aftercare.db.migrate import migrate
from aftercare.db.sql import sql_folder
from tests.conftest import Server

MINE = "0013_course_settings.sql"
AT = datetime(2026, 8, 31, 12, tzinfo=UTC)


@pytest.fixture
async def before(server: Server, tmp_path: Path) -> AsyncIterator[tuple[str, Path]]:
    """A database as it was before the migration, and the folder with it and all later ones."""
    folder = Path(shutil.copytree(sql_folder() / "migrations", tmp_path / "migrations"))
    older = tmp_path / "older"
    older.mkdir()
    for file in folder.glob("*.sql"):
        if file.name < MINE:
            shutil.copy(file, older)
    name = f"older_{uuid4().hex}"
    admin = await asyncpg.connect(server.url("postgres"))
    await admin.execute(f"create database {name}")
    await migrate(server.url(name), older)
    yield server.url(name), folder
    await admin.execute(f"drop database {name} with (force)")
    await admin.close()


async def _clinic(db: asyncpg.Connection) -> tuple[UUID, UUID, UUID]:
    clinic, patient, member = uuid4(), uuid4(), uuid4()
    await db.execute(
        "insert into clinics (clinic_id, name, time_zone, country, created_at) values ($1, 'x', 'UTC', 'GB', now())",
        clinic,
    )
    await db.execute(
        "insert into staff (clinic_id, staff_id, email, name, role, password_hash, created_at)"
        " values ($1, $2, 'a@b.test', 'One', 'practitioner', '', now())",
        clinic,
        member,
    )
    await db.execute(
        "insert into patients (clinic_id, patient_id, name, country, time_zone, created_at)"
        " values ($1, $2, 'Sample Alder', 'GB', 'UTC', now())",
        clinic,
        patient,
    )
    return clinic, patient, member


async def _course(
    db: asyncpg.Connection, clinic: UUID, patient: UUID, modality: str = "microneedling"
) -> UUID:
    course = uuid4()
    await db.execute(
        "insert into courses (clinic_id, course_id, patient_id, modality, planned_sessions, min_days_apart, created_at)"
        " values ($1, $2, $3, $4, 2, 28, $5)",
        clinic,
        course,
        patient,
        modality,
        AT - timedelta(days=400),
    )
    return course


async def _sessions(
    db: asyncpg.Connection, clinic: UUID, patient: UUID, member: UUID, course: UUID, *days_before: int
) -> None:
    """One statement for all of them, as a bulk import writes."""
    await db.execute(
        "insert into sessions (clinic_id, session_id, patient_id, course_id, modality, session_at, performed_by, created_at)"
        " select $1, gen_random_uuid(), $2, $3, (select modality from courses where course_id = $3), at, $4, at"
        " from unnest($5::timestamptz[]) at",
        clinic,
        patient,
        course,
        member,
        [AT - timedelta(days=days) for days in days_before],
    )


async def _counts(db: asyncpg.Connection, course: UUID) -> tuple[object, ...]:
    row = await db.fetchrow(
        "select sessions_done, last_session_at, quiet_until, recall_on, overdue_on from courses where course_id = $1",
        course,
    )
    assert row is not None
    return tuple(row)


async def test_courses_from_before_are_counted_and_counting_goes_on(before: tuple[str, Path]) -> None:
    url, folder = before
    db = await asyncpg.connect(url)
    try:
        clinic, patient, member = await _clinic(db)
        old = await _course(db, clinic, patient)
        newer = await _course(db, clinic, patient)
        laser = await _course(db, clinic, patient, "laser_genesis")
        await _sessions(db, clinic, patient, member, old, 300, 328)
        await _sessions(db, clinic, patient, member, newer, 28)
        assert MINE in await migrate(url, folder)
        last = AT - timedelta(days=300)
        assert await _counts(db, old) == (2, last, date.max, date.max, date(2026, 11, 4))
        assert await _counts(db, newer) == (1, AT - timedelta(days=28), None, AT.date(), date(2026, 9, 14))
        assert (await _counts(db, laser))[:3] == (0, None, None)
        # Written by the service, under its rights: the second session completes the course, six months from 31 August.
        await db.execute("set role aftercare_service")
        await db.execute("select set_config('aftercare.clinic', $1, false)", str(clinic))
        await _sessions(db, clinic, patient, member, newer, 0)
        assert await _counts(db, newer) == (2, AT, None, date(2027, 2, 28), date(2027, 8, 31))
        await _sessions(db, clinic, patient, member, laser, 40, 12)
        assert await _counts(db, laser) == (
            2,
            AT - timedelta(days=12),
            None,
            date(2027, 2, 19),
            date(2027, 8, 19),
        )
        assert (await _counts(db, newer))[2] is None
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await db.execute("update courses set planned_sessions = 6")
    finally:
        await db.close()


async def test_the_tables_stay_behind_their_clinic(before: tuple[str, Path]) -> None:
    url, folder = before
    await migrate(url, folder)
    db = await asyncpg.connect(url)
    try:
        forced = await db.fetch(
            "select relname from pg_class where relforcerowsecurity and relname in ('courses', 'sessions')"
        )
        assert {row["relname"] for row in forced} == {"courses", "sessions"}
    finally:
        await db.close()
