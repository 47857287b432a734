"""A house on the test database with a clock to set, two clinics, and people with fixed parts in every test."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from litestar import Litestar

from aftercare.api.app import create_app
from aftercare.db.pool import Database
from aftercare.model.clinic import Opening
from aftercare.model.people import Actor, ClinicDraft, StaffDraft
from aftercare.model.words import Role
from aftercare.services import clinics, rule_packs, staff
from aftercare.services.house import House, build_house
from aftercare.settings import Settings
from tests.api.contract import held_to_the_contract
from tests.conftest import Server

WEDNESDAY = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
PASSWORD = "a plainly synthetic password"
# Planted in everything that clinic A keeps as text, and looked for in everything that clinic B is answered.
MARKER = "Kestrel"


class Clock:
    """The time of a test: stands still until it is moved."""

    def __init__(self, at: datetime = WEDNESDAY) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> datetime:
        self.at += timedelta(**by)
        return self.at


@dataclass(frozen=True)
class Person:
    """Somebody of a clinic, with the token in use."""

    clinic_id: UUID
    id: UUID
    token: str
    refresh: str = ""
    installation_id: UUID | None = None
    course_id: UUID | None = None
    session_id: UUID | None = None
    episode_id: UUID | None = None
    session_at: datetime = WEDNESDAY - timedelta(days=5)

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}


@dataclass
class Seeded:
    """Who is in the database that each test copies."""

    database: str
    people: dict[str, Person] = field(default_factory=dict)


@asynccontextmanager
async def running(house: House) -> AsyncIterator[tuple[Litestar, httpx.AsyncClient]]:
    """The application, with a client that speaks to it."""
    app = create_app(house)
    transport = httpx.ASGITransport(
        cast("Any", app), raise_app_exceptions=False, client=("203.0.113.7", 40000)
    )
    # Each request says for itself who asks: no cookie of one sign-in comes along with the next person's request.
    forgetful = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    held = {"response": [held_to_the_contract]}
    client = httpx.AsyncClient(
        transport=transport, base_url="http://clinic.test", cookies=forgetful, event_hooks=held
    )
    async with app.lifespan(), client:
        yield app, client


def house_on(url: str, folder: Path, clock: Clock) -> House:
    settings = Settings(database_url=url, data_dir=folder, pool_size=10, public_url="http://clinic.test")
    return build_house(settings, with_worker=False, now=clock)


@pytest.fixture(scope="session")
def seeded(server: Server, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeded]:
    """Two clinics with their people, once a run: everyone enrolled through the API."""

    async def make() -> Seeded:
        name = f"seeded_{uuid4().hex}"
        admin = await asyncpg.connect(server.url("postgres"))
        await admin.execute(f"create database {name} template {template}")
        await admin.close()
        seed = Seeded(name)
        house = house_on(server.url(name), tmp_path_factory.mktemp("seed"), Clock())
        async with running(house) as (_, client):
            await _clinic(house.database, client, seed, "harbour", "a")
            await _clinic(house.database, client, seed, "quay", "b")
        return seed

    async def forget(name: str) -> None:
        admin = await asyncpg.connect(server.url("postgres"))
        await admin.execute(f"drop database {name} with (force)")
        await admin.close()

    seed = asyncio.run(make())
    yield seed
    asyncio.run(forget(seed.database))


async def _clinic(
    database: Database, client: httpx.AsyncClient, seed: Seeded, handle: str, side: str
) -> None:
    clinic = await clinics.create_clinic(
        database,
        ClinicDraft(
            name=f"{MARKER if side == 'a' else 'Quay'} Skin Clinic",
            handle=handle,
            time_zone="Europe/London",
            country="GB",
            phone="+44 20 7946 0000",
            openings=tuple(Opening(day, time(9), time(17)) for day in range(5)),
        ),
        now=WEDNESDAY,
    )
    system = Actor(clinic_id=clinic.clinic_id, kind="system")
    roles = Role if side == "a" else (Role.PRACTITIONER, Role.COORDINATOR, Role.ADMIN)
    for role in roles:
        draft = StaffDraft(
            email=f"{role}@{handle}.example", name=f"{handle} {role}", role=role, password=PASSWORD
        )
        if side == "a":
            draft = StaffDraft(email=draft.email, name=f"{MARKER} {role}", role=role, password=PASSWORD)
        member = await staff.create_staff(database, system, draft, now=WEDNESDAY)
        signed = await client.post(
            "/v1/staff/sign-ins", json={"clinic": handle, "email": draft.email, "password": PASSWORD}
        )
        assert signed.status_code == 201, signed.text
        seed.people[f"{role}_{side}"] = Person(clinic.clinic_id, member.staff_id, signed.json()["token"])
        if role is Role.PRACTITIONER:
            by = Actor(clinic_id=clinic.clinic_id, kind="staff", id=member.staff_id, role=role)
            await rule_packs.release(database, by, 1, now=WEDNESDAY)
    for name in ("alder", "birch") if side == "a" else ("cedar",):
        seed.people[name] = await _patient(client, seed.people[f"practitioner_{side}"], name, side)


async def _patient(client: httpx.AsyncClient, by: Person, name: str, side: str) -> Person:
    family = MARKER if side == "a" else "Quayside"
    made = await client.post(
        "/v1/patients",
        headers=by.headers,
        json={
            "name": f"{name.title()} {family}",
            "reference": f"{family}-{name}",
            "allergies": f"{family} latex",
        },
    )
    patient_id = made.json()["patient_id"]
    course = await client.post(
        f"/v1/patients/{patient_id}/courses", headers=by.headers, json={"modality": "microneedling"}
    )
    session_at = WEDNESDAY - timedelta(days=5)
    session = await client.post(
        f"/v1/patients/{patient_id}/sessions",
        headers=by.headers,
        json=session_draft(course.json()["course_id"], session_at, lot=f"{family}LOT"),
    )
    patient = Person(
        by.clinic_id,
        UUID(patient_id),
        "",
        course_id=UUID(course.json()["course_id"]),
        session_id=UUID(session.json()["session"]["session_id"]),
        episode_id=UUID(session.json()["episode"]["episode_id"]),
        session_at=session_at,
    )
    return await enrolled(client, by, patient)


def session_draft(course_id: Any, at: datetime, *, lot: str = "LOT-1", **more: Any) -> dict[str, Any]:
    """A needling session as a practitioner records it."""
    device = {
        "device": "needle cartridge",
        "lot": lot,
        "expires_on": "2030-01-01",
        "sterile": True,
        "single_use": True,
    }
    return {
        "course_id": str(course_id),
        "session_at": at.isoformat(),
        "needle_depth_mm": 1.0,
        "consumables": [device],
        "screening": {"outcome": "candidate"},
        **more,
    }


async def invited(client: httpx.AsyncClient, by: Person, patient: Person) -> str:
    """A new enrolment code for a patient."""
    made = await client.post(f"/v1/patients/{patient.id}/invitations", headers=by.headers)
    assert made.status_code == 201, made.text
    code: str = made.json()["code"]
    return code


async def enrolled(client: httpx.AsyncClient, by: Person, patient: Person) -> Person:
    """The patient with a new installation."""
    installation_id = uuid4()
    made = await client.post(
        "/v1/enrolments",
        json={"code": await invited(client, by, patient), "installation_id": str(installation_id)},
    )
    assert made.status_code == 201, made.text
    return with_tokens(replace(patient, installation_id=installation_id), made.json())


def with_tokens(patient: Person, pair: dict[str, Any]) -> Person:
    return replace(patient, token=pair["access_token"], refresh=pair["refresh_token"])


async def refreshed(client: httpx.AsyncClient, patient: Person) -> Person:
    """The patient with the next pair of tokens, as after the clock was moved."""
    made = await client.post("/v1/tokens", json={"refresh_token": patient.refresh})
    assert made.status_code == 201, made.text
    return with_tokens(patient, made.json())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def api_url(server: Server, seeded: Seeded) -> AsyncIterator[str]:
    name = f"test_{uuid4().hex}"
    admin = await asyncpg.connect(server.url("postgres"))
    await admin.execute(f"create database {name} template {seeded.database}")
    yield server.url(name)
    await admin.execute(f"drop database {name} with (force)")
    await admin.close()


@pytest.fixture
def house(api_url: str, data_dir: Path, clock: Clock) -> House:
    return house_on(api_url, data_dir, clock)


@pytest.fixture
async def app_and_client(house: House) -> AsyncIterator[tuple[Litestar, httpx.AsyncClient]]:
    """In one task from start to end, as the application's own task group wants it."""
    ready: asyncio.Future[tuple[Litestar, httpx.AsyncClient]] = asyncio.get_running_loop().create_future()
    done = asyncio.Event()

    async def serve() -> None:
        async with running(house) as both:
            ready.set_result(both)
            await done.wait()

    serving = asyncio.create_task(serve())
    waited: set[asyncio.Future[Any]] = {ready, serving}
    await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
    if not ready.done():
        await serving
    yield ready.result()
    done.set()
    await serving


@pytest.fixture
def app(app_and_client: tuple[Litestar, httpx.AsyncClient]) -> Litestar:
    return app_and_client[0]


@pytest.fixture
def client(app_and_client: tuple[Litestar, httpx.AsyncClient]) -> httpx.AsyncClient:
    return app_and_client[1]


@pytest.fixture
async def root(api_url: str) -> AsyncIterator[asyncpg.Connection]:
    """The database as its superuser sees it, past all row-level security."""
    connection = await asyncpg.connect(api_url)
    yield connection
    await connection.close()


@pytest.fixture
async def sealer(api_url: str) -> AsyncIterator[Database]:
    """The database as the worker sees it, who numbers the audit."""
    database = Database(api_url, role="aftercare_worker", size=2)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def practitioner(seeded: Seeded) -> Person:
    return seeded.people["practitioner_a"]


@pytest.fixture
def coordinator(seeded: Seeded) -> Person:
    return seeded.people["coordinator_a"]


@pytest.fixture
def admin(seeded: Seeded) -> Person:
    return seeded.people["admin_a"]


@pytest.fixture
def stranger(seeded: Seeded) -> Person:
    """A practitioner of the other clinic."""
    return seeded.people["practitioner_b"]


@pytest.fixture
def alder(seeded: Seeded) -> Person:
    return seeded.people["alder"]


@pytest.fixture
def birch(seeded: Seeded) -> Person:
    return seeded.people["birch"]


@pytest.fixture
def cedar(seeded: Seeded) -> Person:
    """A patient of the other clinic."""
    return seeded.people["cedar"]
