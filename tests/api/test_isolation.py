"""Nothing of another clinic is visible through any route of the OpenAPI, and nobody reaches another kind's routes."""

import asyncio
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
from litestar import Litestar

from aftercare.db.pool import Database
from aftercare.services import audit
from tests.api.bodies import Held, body_of, check_in, fill, picture
from tests.api.conftest import MARKER, Clock, Person, Seeded, refreshed
from tests.api.contract import schema

REFUSED = {401, 403, 404, 405, 422}
# What a phone makes its own ids for: the same id of another patient is another thing, and is told back.
OWN_IDS = {"check_in_put_check_in", "photo_put_photo", "my_message_put_message", "address_register"}
# What never ends, and what is for machines: no clinic, no person and no sign-in has a part in it.
NOT_ASKED = {"event_follow", "metrics_scrape"}
# Edits that name the version which they write over.
GUARDED = {
    "rota_update",
    "chain_update",
    "clinic_settings_update",
    "patient_update",
    "screening_prepare",
    "course_settings_update",
    "rule_pack_edit",
    "script_update",
    "message_template_update",
    "message_template_retire",
    "staff_preferences_update",
    "my_preferences_update",
    "patient_preferences_update",
}


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """(method, path, operation), those last that end a sign-in or put something of one's own under a stranger's id."""
    found = [
        (method.upper(), path, operation)
        for path, those in schema()["paths"].items()
        for method, operation in those.items()
        if operation["operationId"] not in NOT_ASKED
    ]
    return sorted(
        found, key=lambda one: (one[1].endswith("/current"), one[2]["operationId"] in OWN_IDS, one[1], one[0])
    )


async def ask(
    client: httpx.AsyncClient,
    who: Person | None,
    method: str,
    path: str,
    operation: dict[str, Any],
    held: Held,
) -> httpx.Response:
    name = operation["operationId"]
    thing = held.values[
        "photo_id" if "photo" in path else "message_id" if "message" in path else "check_in_id"
    ]
    address = re.sub(r"\{(\w+)\}", lambda match: held.values.get(match[1], thing), path)
    # Nobody of the staff has asked for anything yet.
    version = '"0"' if name == "staff_preferences_update" else '"1"'
    headers = (who.headers if who else {}) | ({"if-match": version} if name in GUARDED else {})
    if name == "photo_put_photo":
        return await client.request(method, address, headers=headers, content=picture())
    return await client.request(method, address, headers=headers, json=body_of(name, held.values))


def kinds(operation: dict[str, Any]) -> set[str]:
    return {name for scheme in operation.get("security", []) for name in scheme}


async def test_no_route_shows_another_clinic_anything(
    client: httpx.AsyncClient,
    seeded: Seeded,
    root: asyncpg.Connection,
    record_property: Callable[[str, object], None],
) -> None:
    held = await fill(client, seeded.people, root)
    strangers = ("practitioner_b", "coordinator_b", "admin_b", "cedar")
    asked = refused = 0
    for stranger in strangers:
        for method, path, operation in operations():
            answer = await ask(client, seeded.people[stranger], method, path, operation, held)
            asked, refused = asked + 1, refused + (answer.status_code in REFUSED)
            where = (stranger, method, path, answer.status_code)
            secret = {
                one
                for one in held.ids
                if operation["operationId"] not in OWN_IDS or one not in str(answer.url)
            }
            assert MARKER.lower() not in answer.text.lower(), where
            assert not {one for one in secret if one in answer.text}, where
            named = re.search(r"\{(?!kind\}|modality\}|tier\}|code\}|questionnaire_version\})", path)
            if named and operation["operationId"] not in OWN_IDS:
                assert answer.status_code in REFUSED or answer.json() in ([], {"items": [], "next": None}), (
                    where
                )
    assert asked == len(operations()) * len(strangers) > 200
    record_property(
        "said",
        f"isolation: {asked} requests with another clinic's ids, {refused} refused, none shown anything",
    )


async def test_what_strangers_sent_changed_nothing_of_the_clinic(
    client: httpx.AsyncClient, seeded: Seeded, root: asyncpg.Connection
) -> None:
    held = await fill(client, seeded.people, root)
    clinic_id = seeded.people["alder"].clinic_id
    tables = (
        "staff",
        "sign_ins",
        "patients",
        "alerts",
        "follow_ups",
        "scripts",
        "check_ins",
        "photos",
        "messages",
        "message_templates",
        "webhooks",
        "addresses",
        "staff_preferences",
        "patient_preferences",
        "courses",
        "sessions",
        "screenings",
        "tokens",
        "clinics",
        "rotas",
        "rota_participants",
        "rota_overrides",
        "escalation_chains",
        "escalation_steps",
    )

    async def contents() -> dict[str, list[tuple[Any, ...]]]:
        return {
            table: sorted(
                (
                    tuple(row)
                    for row in await root.fetch(f"select * from {table} where clinic_id = $1", clinic_id)
                ),
                key=repr,
            )
            for table in tables
        }

    before = await contents()
    for stranger in ("practitioner_b", "admin_b", "cedar"):
        for method, path, operation in operations():
            if method != "GET":
                await ask(client, seeded.people[stranger], method, path, operation, held)
    assert await contents() == before


async def test_patients_reach_no_staff_route_and_staff_no_patients_route(
    client: httpx.AsyncClient, seeded: Seeded, root: asyncpg.Connection
) -> None:
    held = await fill(client, seeded.people, root)
    reached = {"patient": 0, "staff": 0}
    for method, path, operation in operations():
        wanted = kinds(operation)
        if not wanted or wanted == {"monitoring"}:  # a token of its own, tried in test_metrics_api.py
            continue
        wrong = (
            [seeded.people["alder"]]
            if "staff" in wanted
            else [seeded.people[f"{role}_a"] for role in ("practitioner", "coordinator", "admin")]
        )
        for who in wrong:
            answer = await ask(client, who, method, path, operation, held)
            assert answer.status_code == 403, (method, path, answer.status_code)
        answer = await ask(client, None, method, path, operation, held)
        assert answer.status_code == 401, (method, path, answer.status_code)
        reached["staff" if "staff" in wanted else "patient"] += 1
    assert min(reached.values()) > 10


async def test_another_patient_of_the_same_clinic_sees_nothing_either(
    client: httpx.AsyncClient, seeded: Seeded, root: asyncpg.Connection
) -> None:
    held = await fill(client, seeded.people, root)
    alders = {
        held.values[name] for name in ("patient_id", "check_in_id", "photo_id", "message_id", "alert_id")
    }
    for method, path, operation in operations():
        if "patient" in kinds(operation) and method == "GET":
            answer = await ask(client, seeded.people["birch"], method, path, operation, held)
            assert not {one for one in alders if one in answer.text}, path
            assert f"{MARKER} wrote this" not in answer.text


async def test_admins_read_no_patient(
    client: httpx.AsyncClient, seeded: Seeded, root: asyncpg.Connection
) -> None:
    held = await fill(client, seeded.people, root)
    for method, path, operation in operations():
        if path.startswith(("/v1/patients", "/v1/lots")):
            answer = await ask(client, seeded.people["admin_a"], method, path, operation, held)
            assert answer.status_code == 403, path


async def test_live_updates_are_those_of_ones_own_clinic(
    app: Litestar,
    client: httpx.AsyncClient,
    clock: Clock,
    alder: Person,
    cedar: Person,
    stranger: Person,
    sealer: Database,
) -> None:
    heard, arrived = bytearray(), asyncio.Event()
    mine, theirs = uuid4(), uuid4()

    async def send(message: Any) -> None:
        heard.extend(message.get("body", b""))
        if str(mine).encode() in heard:
            arrived.set()

    async def receive() -> Any:
        await asyncio.Event().wait()

    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/v1/events",
        "raw_path": b"/v1/events",
        "query_string": b"last_event_id=0",
        "root_path": "",
        "headers": [(b"host", b"clinic.test"), (b"authorization", f"Bearer {stranger.token}".encode())],
        "client": ("203.0.113.7", 40000),
        "server": ("clinic.test", 80),
    }
    following = asyncio.create_task(app(scope, receive, send))
    for patient, check_in_id in ((alder, theirs), (cedar, mine)):
        url = f"/v1/check-ins/{check_in_id}"
        sent = await client.put(url, headers=patient.headers, json=check_in(tingling=True))
        assert sent.status_code == 201
        await audit.seal(sealer)
    async with asyncio.timeout(60):
        await arrived.wait()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    assert str(cedar.id).encode() in heard
    assert not {one for one in (theirs, alder.id) if str(one).encode() in heard}


async def test_a_token_names_its_clinic_but_proves_it_only_with_its_secret(
    client: httpx.AsyncClient, alder: Person, cedar: Person
) -> None:
    # The clinic's bytes of one token before the secret of another.
    crossed = alder.token[:25] + cedar.token[25:]
    answer = await client.get("/v1/me", headers={"authorization": f"Bearer {crossed}"})
    assert answer.status_code == 401
    assert UUID(int=0) not in (alder.clinic_id, cedar.clinic_id)
    assert (await refreshed(client, cedar)).token != cedar.token
