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


@dataclass
class Tally:
    """What came of a matrix of requests with another clinic's ids."""

    asked: int = 0
    refused: int = 0
    shown: set[str] = field(default_factory=set)  # what answered with something of the other clinic
    rows: set[str] = field(default_factory=set)  # and what of it
    changed: set[str] = field(default_factory=set)  # tables of the other clinic


@pytest.fixture
def switched(monkeypatch: pytest.MonkeyPatch) -> int:
    """How many statements have lost their clinic; each store holds the loader's own dictionary."""
    rewritten = 0
    for file in sorted((sql_folder() / "queries").glob("*.sql")):
        texts = queries(file.stem)
        for name, text in list(texts.items()):
            without = _CONDITION.sub("$1::uuid is not null", text)
            rewritten += without != text
            monkeypatch.setitem(texts, name, without)
    left = [name for file in (sql_folder() / "queries").glob("*.sql") for name, text in queries(file.stem).items()
            if _CONDITION.search(text)]  # fmt: skip
    assert left == []
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


async def _matrix(
    house: House, app: Litestar, client: httpx.AsyncClient, people: dict[str, Person], filled: dict[str, Held]
) -> Tally:
    root = await asyncpg.connect(house.settings.database_url)
    tally = Tally()
    sides = {
        "a": [people[f"{role}_b"] for role in ("practitioner", "coordinator", "admin")] + [people["cedar"]],
        "b": [people[f"{role}_a"] for role in ("practitioner", "coordinator", "admin")] + [people["alder"]],
    }
    # Before anything is asked: the same names are about to be made on both sides.
    known = {side: await _secrets(root, people[f"admin_{side}"].clinic_id) for side in sides}
    for side, strangers in sides.items():
        clinic_id = people[f"admin_{side}"].clinic_id
        before = await _contents(root, clinic_id)
        secrets = known[side] - known["b" if side == "a" else "a"]
        async for where, answer in _answers(app, client, strangers, filled[side]):
            seen = {one for one in secrets if one in answer.text}
            tally.asked += 1
            tally.refused += answer.status_code in REFUSED
            if seen:
                tally.shown.add(where)
                tally.rows |= seen
        after = await _contents(root, clinic_id)
        tally.changed |= {t for t in before if before[t] != after[t] and t not in _OPEN_TO_ALL}
    await root.close()
    return tally


async def _ask_everything(url: str, folder: Path, seed: Seeded, *, as_superuser: bool) -> Tally:
    """Fill both clinics as they are meant to be used, then ask for everything of the one from the other."""
    people = dict(seed.people)
    other = {"alder": people["cedar"]} | {
        f"{r}_a": people[f"{r}_b"] for r in ("practitioner", "coordinator", "admin")
    }
    root = await asyncpg.connect(url)
    async with served(house_on(url, folder, Clock())) as (_, client):
        filled = {"a": await fill(client, people, root), "b": await fill(client, other, root)}
    for side, held in filled.items():
        held.values["delivery_id"] = str(
            await root.fetchval(
                "select delivery_id from deliveries where clinic_id = $1 limit 1",
                people[f"admin_{side}"].clinic_id,
            )
        )
    await root.close()
    house = house_on(url, folder, Clock())
    if as_superuser:
        house = replace(house, database=Database(url, role=urlsplit(url).username or "", size=4))
    async with served(house) as (app, client):
        return await _matrix(house, app, client, people, filled)


async def test_row_level_security_holds_without_any_condition_on_the_clinic(
    api_url: str,  # noqa: F811
    seeded: Seeded,  # noqa: F811
    tmp_path: Path,
    switched: int,
    trial: Trial,
) -> None:
    tally = await _ask_everything(api_url, tmp_path, seeded, as_superuser=False)
    assert switched > 80
    assert tally.asked > 400
    assert (tally.shown, tally.rows, tally.changed) == (set(), set(), set())
    trial.say(
        f"{switched} statements without their clinic, {tally.asked} requests with another clinic's ids "
        f"({tally.refused} refused): rows of another clinic {len(tally.rows)}, its tables changed {len(tally.changed)}"
    )


async def test_the_same_statements_show_and_change_another_clinic_where_there_is_no_row_level_security(
    api_url: str,  # noqa: F811
    seeded: Seeded,  # noqa: F811
    tmp_path: Path,
    switched: int,
    trial: Trial,
) -> None:
    tally = await _ask_everything(api_url, tmp_path, seeded, as_superuser=True)
    assert switched > 80
    assert len(tally.shown) > 20
    assert tally.changed
    trial.say(
        f"the same as a superuser: {len(tally.shown)} routes and pages show {len(tally.rows)} ids and names of the other "
        f"clinic, {len(tally.changed)} of its tables are changed: the switch bites"
    )


async def test_without_the_switch_even_a_superuser_is_shown_nothing(
    api_url: str,  # noqa: F811
    seeded: Seeded,  # noqa: F811
    tmp_path: Path,
    trial: Trial,
) -> None:
    tally = await _ask_everything(api_url, tmp_path, seeded, as_superuser=True)
    assert (tally.shown, tally.rows, tally.changed) == (set(), set(), set())
    trial.say(
        f"with their clinic, as a superuser: {tally.asked} requests, rows of another clinic {len(tally.rows)}"
    )
