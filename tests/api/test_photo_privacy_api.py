"""Nobody sees a photo, or that there is one, whose photo it is not: on every route that the application has.

Which routes show photos is found by asking all of them as those who may see: a new one cannot be forgotten here.
"""

import re
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast
from uuid import uuid4

import asyncpg
import httpx
import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from aftercare.api.app import create_app
from aftercare.care.consenting import CURRENT_TEXT
from aftercare.services.house import House
from aftercare.web.controllers import WEB_CONTROLLERS
from tests.api.bodies import Held, fill
from tests.api.conftest import MARKER, PASSWORD, Person, Seeded, enrolled

# Ids of what happened and nothing else, for whoever answers for the clinic; tried in test_isolation and test_audit_api.
IDS = {"/v1/events", "/v1/audit"}
MAY_SEE = ("alder", "practitioner_a", "coordinator_a")
NOT_SHOWN = {401, 403, 404, 410}
KNOWN = {
    "/v1/me/photos",
    "/v1/me/photo-views",
    "/v1/photos/{id}/{rendition}",
    "/v1/photos/for/{use}",
    "/v1/photos/for/{use}/{patient_id}/{id}/{rendition}",
    "/v1/patients/{patient_id}/photos",
    "/v1/patients/{patient_id}/photos/{id}/{rendition}",
    "/patients/{patient_id}",
    "/patients/{patient_id}/photos/{photo_id}",
    "/patients/{patient_id}/compare",
    "/photos/for/{use}",
}


@dataclass
class Matrix:
    """Who asks what about alder's one photo, and whether it was shown."""

    client: httpx.AsyncClient
    app: Litestar
    held: Held
    people: dict[str, Person]

    def addresses(self) -> Iterator[tuple[str, str]]:
        """(path as it is declared, an address of alder's) of every route that is read."""
        for route in self.app.routes:
            handlers = getattr(route, "route_handlers", ())
            reads = any("GET" in one.http_methods for one in handlers if isinstance(one, HTTPRouteHandler))
            path = re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path)
            if reads and path not in IDS:
                names = re.findall(r"\{(\w+)\}", path)
                yield path, path.format(**{name: self.value(name, path) for name in names})

    def value(self, name: str, path: str) -> str:
        values = self.held.values | {"use": "teaching", "clinic": "harbour", "erasure_id": str(uuid4())}
        if name in ("id", "one", "two"):
            return values["photo_id" if "photo" in path else "check_in_id"]
        return values.get(name, "1")

    async def shows(self, who: Person | None, path: str, address: str) -> bool:
        """Whether the photo, or that there is one, came back; a refusal that says neither is held to be one."""
        answer = await self.client.get(address, headers=who.headers if who else {})
        where = (path, answer.status_code)
        assert answer.status_code < 500, where
        picture = answer.headers.get("content-type", "").startswith("image/jpeg")
        told = picture or self.held.values["photo_id"] in answer.text
        assert not told or answer.status_code == 200, where
        if told:
            assert answer.headers["cache-control"] == "no-store", where
        elif self.held.values["photo_id"] in address:
            # A page sends whoever is not signed in to the door. What is named by its id is never half an answer.
            at_the_door = answer.status_code == 303 and "/sign-in" in answer.headers["location"]
            assert at_the_door or answer.status_code in NOT_SHOWN | {422}, where
        if not told and answer.status_code >= 300:
            assert MARKER not in answer.text, where
        return told

    async def shown_to(self, *people: Person | None, of: Collection[str] | None = None) -> set[str]:
        """The routes that show the photo to any of these people; of all that there are, or of some."""
        return {
            path
            for path, address in self.addresses()
            for who in people
            if (of is None or path in of) and await self.shows(who, path, address)
        }

    async def showing(self) -> set[str]:
        """Every route that shows a photo to those who may see it: asked of all, once a run."""
        if not _SHOWING:
            _SHOWING.update(await self.shown_to(*(self.people[name] for name in MAY_SEE)))
        return _SHOWING


_SHOWING: set[str] = set()


@asynccontextmanager
async def matrix(house: House, seeded: Seeded, root: asyncpg.Connection) -> AsyncIterator[Matrix]:
    """Everything that the application serves, pages too, and a photo of alder's that may be used for teaching."""
    app = create_app(house, more=WEB_CONTROLLERS)
    transport = httpx.ASGITransport(
        cast("Any", app), raise_app_exceptions=False, client=("203.0.113.7", 40000)
    )
    client = httpx.AsyncClient(transport=transport, base_url="http://clinic.test")
    async with app.lifespan(), client:
        held = await fill(client, seeded.people, root)
        made = Matrix(client, app, held, dict(seeded.people))
        await agree(made, "teaching", granted=True)
        address = f"/v1/patients/{held.values['patient_id']}/photos/{held.values['photo_id']}/display"
        seen = await client.get(address, headers=seeded.people["practitioner_a"].headers)
        assert seen.status_code == 200
        yield made


async def agree(made: Matrix, kind: str, *, granted: bool) -> None:
    body = {"granted": granted, "text_version": CURRENT_TEXT}
    alder = made.people["alder"]
    answer = await made.client.put(f"/v1/me/consents/{kind}", headers=alder.headers, json=body)
    assert answer.status_code == 200, answer.text


async def another_sign_in(made: Matrix) -> Person:
    """The practitioner of alder's clinic in a second browser."""
    who = {"clinic": "harbour", "email": "practitioner@harbour.example", "password": PASSWORD}
    signed = await made.client.post("/v1/staff/sign-ins", json=who)
    made.client.cookies.clear()
    by = made.people["practitioner_a"]
    return Person(by.clinic_id, by.id, signed.json()["token"])


async def test_a_photo_is_shown_to_its_patient_and_the_care_team_and_to_nobody_else(
    house: House, seeded: Seeded, root: asyncpg.Connection
) -> None:
    async with matrix(house, seeded, root) as made:
        showing = await made.showing()
        assert showing >= KNOWN
        uses = {path for path in showing if "/for/" in path}
        assert not await made.shown_to(made.people["alder"], made.people["coordinator_a"], of=uses)
        for stranger in ("practitioner_b", "coordinator_b", "admin_b", "cedar", "birch", "admin_a"):
            assert (stranger, await made.shown_to(made.people[stranger], of=showing)) == (stranger, set())
        assert not await made.shown_to(None, of=showing)


async def test_a_token_that_was_signed_out_is_shown_nothing(
    house: House, seeded: Seeded, root: asyncpg.Connection
) -> None:
    async with matrix(house, seeded, root) as made:
        showing, by = await made.showing(), made.people["practitioner_a"]
        staff, phone = await another_sign_in(made), await enrolled(made.client, by, made.people["alder"])
        for who, where in ((staff, "/v1/staff/sign-ins/current"), (phone, "/v1/tokens/current")):
            assert await made.shown_to(who, of=showing)
            assert (await made.client.delete(where, headers=who.headers)).status_code == 204
            assert not await made.shown_to(who, of=showing)


@pytest.mark.parametrize("kind", ["teaching", "photos"])
async def test_after_a_withdrawal_a_photo_is_shown_for_care_alone(
    house: House, seeded: Seeded, root: asyncpg.Connection, kind: str
) -> None:
    async with matrix(house, seeded, root) as made:
        showing, by = await made.showing(), made.people["practitioner_a"]
        before = await made.shown_to(by, of=showing)
        await agree(made, kind, granted=False)
        uses = {path for path in before if "/for/" in path}
        assert uses
        assert await made.shown_to(by, of=showing) == before - uses


async def test_after_photos_were_erased_nothing_but_who_had_seen_them_is_told(
    house: House, seeded: Seeded, root: asyncpg.Connection
) -> None:
    async with matrix(house, seeded, root) as made:
        showing, alder = await made.showing(), made.people["alder"]
        asked = await made.client.post("/v1/me/erasure", headers=alder.headers, json={"scope": "photos"})
        assert asked.status_code == 202, asked.text
        care = (made.people["practitioner_a"], made.people["coordinator_a"])
        assert not await made.shown_to(*care, of=showing)
        assert await made.shown_to(alder, of=showing) == {"/v1/me/photo-views"}
        (look,) = (await made.client.get("/v1/me/photo-views", headers=alder.headers)).json()["items"]
        assert (look["view"], look["taken_at"]) == (None, None)


async def test_after_a_patient_was_erased_no_route_knows_their_photo(
    house: House, seeded: Seeded, root: asyncpg.Connection
) -> None:
    async with matrix(house, seeded, root) as made:
        showing, alder, by = await made.showing(), made.people["alder"], made.people["practitioner_a"]
        await root.execute(  # while one waits, a patient is not erased
            "update alerts set state = 'resolved', resolved_at = now(), outcome = 'expected_course'"
        )
        name = await root.fetchval("select name from patients where patient_id = $1", alder.id)
        body = {"scope": "everything", "reason": "patient_asked", "name": name}
        erased = await made.client.post(f"/v1/patients/{alder.id}/erasure", headers=by.headers, json=body)
        assert erased.status_code == 202, erased.text
        assert not await made.shown_to(alder, by, made.people["coordinator_a"], of=showing)
