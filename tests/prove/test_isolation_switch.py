"""Every query forgets its clinic, and still nobody sees another clinic's rows: row-level security stands by itself.

The switch rewrites the texts of sql/queries as the stores hold them. That it bites is shown with the same requests as a
superuser, for whom there is no row-level security: there the other clinic's rows appear.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from aftercare.api.app import create_app
from aftercare.api.who import COOKIE
from aftercare.db.pool import Database
from aftercare.db.sql import queries, sql_folder
from aftercare.services.house import House
from aftercare.web.controllers import WEB_CONTROLLERS
from tests.api.bodies import Held, fill
from tests.api.conftest import (  # the two clinics of the API's tests, made once a run
    Clock,
    Person,
    Seeded,
    api_url,  # noqa: F401 - a fixture
    house_on,
    seeded,  # noqa: F401 - a fixture
)
from tests.api.test_isolation import OWN_IDS, REFUSED, ask, operations
from tests.prove.conftest import Trial

_CONDITION = re.compile(r"\b(?:\w+\.)?clinic_id\s*=\s*\$1\b(?!::)")
# Open to everybody, so that a guess at a clinic's codes counts there, whoever makes it.
_OPEN_TO_ALL = {"throttles"}
_NO_PAGES = ("/v1", "/health", "/openapi", "/assets", "/app", "/sign-in")
_ACT = {"act": "resolve"}
ROLES = ("practitioner", "coordinator", "admin")


@dataclass
class Tally:
    """What came of a matrix of requests with another clinic's ids."""

    asked: int = 0
    refused: int = 0
    busy: int = 0
    shown: set[str] = field(default_factory=set)  # what answered with something of the other clinic
    rows: set[str] = field(default_factory=set)  # and what of it
    changed: set[str] = field(default_factory=set)  # tables of the other clinic

    def count(self, where: str, answer: httpx.Response, secrets: set[str]) -> None:
        """One answer, in which nothing secret may stand."""
        seen = {one for one in secrets if one in answer.text}
        self.asked += 1
        self.refused += answer.status_code in REFUSED
        self.busy += answer.status_code == 503
        self.rows |= seen
        if seen:
            self.shown.add(where)


@dataclass(frozen=True)
class Both:
    """Two clinics that hold some of everything."""

    url: str
    folder: Path
    people: dict[str, Person]
    held: dict[str, Held]

    def house(self, *, as_superuser: bool = False) -> House:
        """Nothing opened yet. One connection for all: a request that wanted a second while it has one would be refused."""
        role = (urlsplit(self.url).username or "") if as_superuser else "aftercare_service"
        house = house_on(self.url, self.folder, Clock())
        return replace(house, database=Database(self.url, role=role, size=1, wait_seconds=5))


@pytest.fixture
async def both(api_url: str, seeded: Seeded, tmp_path: Path) -> Both:  # noqa: F811
    """Filled as they are meant to be used, before anything is switched."""
    people = dict(seeded.people)
    others = {f"{role}_a": people[f"{role}_b"] for role in ROLES} | {"alder": people["cedar"]}
    made = Both(api_url, tmp_path, people, {})
    root = await asyncpg.connect(api_url)
    async with served(made.house()) as (_, client):
        for side, mine in (("a", people), ("b", others)):
            made.held[side] = await fill(client, mine, root)
            sent = "select delivery_id::text from deliveries where clinic_id = $1 limit 1"
            made.held[side].values["delivery_id"] = await root.fetchval(sent, mine["admin_a"].clinic_id)
    await root.close()
    return made


@pytest.fixture
async def switched(both: Both, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many statements and functions have lost their clinic; each store holds the loader's own dictionary."""
    files = [file.stem for file in sorted((sql_folder() / "queries").glob("*.sql"))]
    rewritten = 0
    for noun in files:
        for name, text in list(queries(noun).items()):
            without = _CONDITION.sub("$1::uuid is not null", text)
            rewritten += without != text
            monkeypatch.setitem(queries(noun), name, without)
    assert not any(_CONDITION.search(text) for noun in files for text in queries(noun).values())
    root = await asyncpg.connect(both.url)
    for (text,) in await root.fetch(
        "select pg_get_functiondef(oid) from pg_proc where pronamespace = 'public'::regnamespace and prokind = 'f'"
    ):
        without = re.sub(r"\b\w+\.clinic_id = clinic\b", "clinic is not null", text)
        rewritten += without != text
        await root.execute(without)
    await root.close()
    return rewritten


@asynccontextmanager
async def served(house: House) -> AsyncIterator[tuple[Litestar, httpx.AsyncClient]]:
    """The application, pages included."""
    app = create_app(house, more=WEB_CONTROLLERS)
    transport = httpx.ASGITransport(
        cast("Any", app), raise_app_exceptions=False, client=("203.0.113.7", 40000)
    )
    async with (
        app.lifespan(),
        httpx.AsyncClient(transport=transport, base_url="http://clinic.test") as client,
    ):
        yield app, client


async def _contents(root: asyncpg.Connection, clinic_id: object) -> dict[str, str]:
    tables = await root.fetch("select tablename from pg_policies where policyname = 'backup' order by 1")
    digest = (
        "select coalesce(md5(string_agg(t::text, '' order by t::text)), '') from {} t where clinic_id = $1"
    )
    return {table: await root.fetchval(digest.format(table), clinic_id) for (table,) in tables}


async def _secrets(root: asyncpg.Connection, clinic_id: object) -> set[str]:
    """Every id of the clinic's rows, and the names that say whose they are."""
    columns = await root.fetch(
        "select c.table_name, c.column_name from information_schema.columns c join pg_policies p"
        "  on p.tablename = c.table_name and p.policyname = 'backup'"
        " where c.table_schema = 'public' and (c.data_type = 'uuid' or"
        "  (c.table_name, c.column_name) in (('patients', 'name'), ('patients', 'reference'), ('staff', 'email')))"
    )
    found = set()
    for table, column in columns:
        rows = await root.fetch(
            f"select distinct {column}::text from {table} where clinic_id = $1 and {column} is not null",
            clinic_id,
        )
        found |= {value for (value,) in rows if value}
    return found


def _pages(app: Litestar) -> list[str]:
    return sorted(
        {route.path_format for route in app.routes
         if isinstance(route, HTTPRoute) and "GET" in route.methods and not route.path_format.startswith(_NO_PAGES)}
    )  # fmt: skip


async def _answers(
    app: Litestar, client: httpx.AsyncClient, strangers: list[Person], held: Held
) -> AsyncIterator[tuple[str, httpx.Response]]:
    """Each stranger at every route of the API and at every page, with the other clinic's ids."""
    for stranger in strangers:
        for path in _pages(app):
            address = re.sub(
                r"\{(\w+)(?::\w+)?\}", lambda match: (held.values | _ACT).get(match[1], match[1]), path
            )
            yield f"GET {path}", await client.get(address, headers={"cookie": f"{COOKIE}={stranger.token}"})
        for method, path, operation in operations():
            answer = await ask(client, stranger, method, path, operation, held)
            if operation["operationId"] not in OWN_IDS:  # a phone's own ids are told back
                yield f"{method} {path}", answer


async def _matrix(both: Both, *, as_superuser: bool) -> Tally:
    """Everyone of each clinic asks for everything of the other."""
    root, tally, people = await asyncpg.connect(both.url), Tally(), both.people
    strangers = {
        "a": [people[f"{role}_b"] for role in ROLES] + [people["cedar"]],
        "b": [people[f"{role}_a"] for role in ROLES] + [people["alder"]],
    }
    clinics = {side: people[f"admin_{side}"].clinic_id for side in strangers}
    # Before anything is asked: the same names are about to be made on both sides.
    known = {side: await _secrets(root, clinic_id) for side, clinic_id in clinics.items()}
    secrets = {"a": known["a"] - known["b"], "b": known["b"] - known["a"]}
    async with served(both.house(as_superuser=as_superuser)) as (app, client):
        for side, asking in strangers.items():
            before = await _contents(root, clinics[side])
            async for where, answer in _answers(app, client, asking, both.held[side]):
                tally.count(where, answer, secrets[side])
            after = await _contents(root, clinics[side])
            tally.changed |= {t for t in before if before[t] != after[t] and t not in _OPEN_TO_ALL}
    await root.close()
    return tally


async def test_row_level_security_holds_without_any_condition_on_the_clinic(
    both: Both, switched: int, trial: Trial
) -> None:
    tally = await _matrix(both, as_superuser=False)
    assert switched > 80
    assert tally.asked > 400
    assert tally.busy == 0
    assert (tally.shown, tally.rows, tally.changed) == (set(), set(), set())
    trial.say(
        f"{switched} statements without their clinic, {tally.asked} requests with another clinic's ids "
        f"({tally.refused} refused): rows of another clinic {len(tally.rows)}, its tables changed {len(tally.changed)}"
    )


async def test_the_same_statements_show_and_change_another_clinic_where_there_is_no_row_level_security(
    both: Both, switched: int, trial: Trial
) -> None:
    tally = await _matrix(both, as_superuser=True)
    assert switched > 80
    assert len(tally.shown) > 20
    assert tally.changed
    trial.say(
        f"the same as a superuser: {len(tally.shown)} routes and pages show {len(tally.rows)} ids and names of the other "
        f"clinic, {len(tally.changed)} of its tables changed: the switch bites"
    )


async def test_the_conditions_hold_without_row_level_security(both: Both, trial: Trial) -> None:
    tally = await _matrix(both, as_superuser=True)
    assert (tally.shown, tally.rows, tally.changed) == (set(), set(), set())
    trial.say(
        f"with their clinic, as a superuser: {tally.asked} requests, rows of another clinic {len(tally.rows)}"
    )


async def test_without_a_clinic_the_service_sees_nothing_and_the_worker_what_is_listed(
    both: Both, trial: Trial
) -> None:
    root = await asyncpg.connect(both.url)
    tables = [
        t
        for (t,) in await root.fetch(
            "select tablename from pg_policies where policyname = 'backup' order by 1"
        )
    ]
    there = {table for table in tables if await root.fetchval(f"select exists (select from {table})")}
    await root.close()
    seen = {}
    for role in ("aftercare_service", "aftercare_worker"):
        db = await asyncpg.connect(both.url, server_settings={"role": role})
        seen[role] = {table for table in tables if await db.fetchval(f"select exists (select from {table})")}
        await db.close()
    assert len(there) > 18
    assert seen == {"aftercare_service": set(), "aftercare_worker": {"due_work", "audit_entries"}}
    trial.say(
        f"without a clinic: {len(there)} tables hold something, the service sees 0 of them, the worker 2"
    )
