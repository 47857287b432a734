"""/metrics: what monitoring reads, who may read it, and what is never in it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import msgspec
import pytest
from litestar import Litestar
from prometheus_client.parser import text_string_to_metric_families

from aftercare.db.pool import Database
from aftercare.services import audit, counts
from aftercare.services.house import House
from aftercare.store import heartbeat, metrics
from aftercare.store.heartbeat import Looked
from tests.api.conftest import MARKER, Clock, Person, house_on, running

HERE = "127.0.0.1"
TOKEN = "a-plainly-synthetic-metrics-token"


@pytest.fixture(autouse=True)
def nothing_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests have counted in this process, and what they had may be in the database that each test copies."""
    monkeypatch.setattr(counts, "PROCESS_ID", uuid4())
    counts._values.clear()
    counts._changed.clear()


@pytest.fixture
async def here(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """A client on this machine, as the server sees it."""
    transport = httpx.ASGITransport(app, client=(HERE, 40000))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://clinic.test") as client:
        yield client


async def scraped(client: httpx.AsyncClient, **headers: str) -> dict[str, dict[tuple[str, ...], float]]:
    """Name -> label values -> value, as Prometheus would read them."""
    answer = await client.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=")
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


async def reports(client: httpx.AsyncClient, patient: Person, clock: Clock, **answers: Any) -> None:
    body = {
        "instrument": 1,
        "recorded_at": clock().isoformat(),
        "time_zone": "Europe/London",
        "answers": answers,
    }
    answer = await client.put(f"/v1/check-ins/{uuid4()}", headers=patient.headers, json=body)
    assert answer.status_code == 201, answer.text


async def test_what_happened_is_counted(
    here: httpx.AsyncClient, alder: Person, practitioner: Person, clock: Clock
) -> None:
    before = await scraped(here)
    await reports(here, alder, clock, breathing_or_tongue=True)
    await reports(here, alder, clock, redness=1)
    (alert,) = (await here.get("/v1/alerts", headers=practitioner.headers)).json()
    clock.move(minutes=10)
    for _ in range(2):  # whoever taps twice takes it once
        await here.post(f"/v1/alerts/{alert['id']}/acknowledge", headers=practitioner.headers, json={})
        clock.move(seconds=1)
    await here.get("/wp-login.php")
    after = await scraped(here)

    def grew(name: str, *labels: str) -> float:
        return after[name].get(labels, 0) - before.get(name, {}).get(labels, 0)

    assert grew("aftercare_check_ins_total", "patient") == 2
    assert grew("aftercare_requests_total", "PUT", "/v1/check-ins/{id}", "201") == 2
    assert grew("aftercare_request_seconds_count", "/v1/check-ins/{id}") == 2
    assert grew("aftercare_requests_total", "GET", "none", "404") == 1
    assert grew("aftercare_acknowledge_seconds_count", "emergency") == 1
    assert grew("aftercare_acknowledge_seconds_bucket", "900.0", "emergency") == 1
    assert grew("aftercare_acknowledge_seconds_bucket", "300.0", "emergency") == 0
    assert grew("aftercare_acknowledge_seconds_sum", "emergency") == 600


async def test_what_stands_is_read_from_the_database(
    here: httpx.AsyncClient, alder: Person, cedar: Person, clock: Clock, sealer: Database
) -> None:
    for patient in (alder, cedar):  # of two clinics
        await reports(here, patient, clock, breathing_or_tongue=True)
    clock.move(minutes=16)
    line = Looked(kind="sweep", looked_at=clock() - timedelta(seconds=3), claimed_at=None)
    async with sealer.statement() as db:
        await heartbeat.beat(db, uuid4(), clock(), clock() - timedelta(seconds=2), [line])
    found = await scraped(here)
    assert found["aftercare_database_up"] == {(): 1}
    assert found["aftercare_alerts_unresolved"] == {("emergency",): 2}
    assert found["aftercare_alerts_late"] == {("emergency",): 2}
    assert found["aftercare_due_work"][("escalate", "emergency")] == 2
    assert found["aftercare_due_work_oldest_seconds"][("escalate", "emergency")] == 60
    assert found["aftercare_deliveries_waiting"][("smtp", "queued")] >= 2
    assert found["aftercare_heartbeat_age_seconds"] == {(): 2}
    assert found["aftercare_workers"] == {("sweep",): 1}
    assert found["aftercare_last_look_seconds"] == {("sweep",): 3}
    assert found["aftercare_unsealed_entries"][()] > 10
    assert found["aftercare_outage"] == {(): 0}
    await audit.seal(sealer)
    assert (await scraped(here))["aftercare_unsealed_entries"] == {(): 0}


async def test_clinics_are_told_apart_only_where_the_operator_wants_it(
    api_url: str, tmp_path: Path, alder: Person, clock: Clock
) -> None:
    house = house_on(api_url, tmp_path, clock)
    settings = msgspec.structs.replace(house.settings, metrics_by_clinic=True, metrics_token=TOKEN)
    house = replace(house, settings=settings)
    async with running(house) as (_, client):
        await reports(client, alder, clock, breathing_or_tongue=True)
        found = await scraped(client, authorization=f"Bearer {TOKEN}")
    assert found["aftercare_alerts_unresolved"] == {(str(alder.clinic_id), "emergency"): 1}


async def test_without_a_token_only_this_machine_may_read_them(
    here: httpx.AsyncClient, client: httpx.AsyncClient, admin: Person
) -> None:
    assert (await here.get("/metrics")).status_code == 200
    assert (await client.get("/metrics")).status_code == 403
    assert (await client.get("/metrics", headers=admin.headers)).status_code == 403
    through_a_proxy = await here.get("/metrics", headers={"x-forwarded-for": "203.0.113.9"})
    assert through_a_proxy.status_code == 403


async def test_with_a_token_only_its_holder_may(
    api_url: str, tmp_path: Path, clock: Clock, admin: Person
) -> None:
    house = house_on(api_url, tmp_path, clock)
    house = replace(house, settings=msgspec.structs.replace(house.settings, metrics_token=TOKEN))
    async with running(house) as (app, client):
        transport = httpx.ASGITransport(app, client=(HERE, 40000))  # type: ignore[arg-type]
        local = httpx.AsyncClient(transport=transport, base_url="http://clinic.test")
        assert (await local.get("/metrics")).status_code == 401
        assert (await client.get("/metrics", headers=admin.headers)).status_code == 401
        assert (
            await client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}x"})
        ).status_code == 401
        assert (await client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})).status_code == 200


async def test_no_name_no_id_and_no_address_is_in_them(
    here: httpx.AsyncClient, seeded: Any, alder: Person, clock: Clock, practitioner: Person
) -> None:
    await reports(here, alder, clock, breathing_or_tongue=True, note=f"{MARKER} cannot breathe")
    await here.get(f"/v1/patients/{alder.id}", headers=practitioner.headers)
    await here.get(f"/v1/patients?q={MARKER}", headers=practitioner.headers)
    text = (await here.get("/metrics")).text
    assert MARKER.lower() not in text.lower()
    for person in seeded.people.values():
        assert str(person.id) not in text
        assert str(person.clinic_id) not in text
        assert person.token not in text


async def test_processes_that_ended_go_on_counting_and_stand_no_more(
    here: httpx.AsyncClient, house: House, clock: Clock, root: asyncpg.Connection
) -> None:
    sent, lag = ("aftercare_delivery_attempts", ("webhook", "retired")), ("aftercare_loop_lag_seconds", ())
    ended = [uuid4(), uuid4()]
    for process_id in ended:
        async with house.database.statement() as db:
            await metrics.keep(db, process_id, clock() - timedelta(hours=2), {sent: 3, lag: 0.5})
    for _ in range(2):
        found = await scraped(here)
        assert found["aftercare_delivery_attempts_total"][("webhook", "retired")] == 6
        assert not {str(one) for one in ended} & {labels[-1] for labels in found[lag[0]]}
        async with house.database.statement() as db:
            await metrics.fold(db, clock() - timedelta(hours=1), [lag[0]])
    left = await root.fetch(
        "select distinct process_id from process_counts where process_id = any ($1)", ended
    )
    assert left == []


async def test_readiness_says_in_a_word_how_background_work_is(
    client: httpx.AsyncClient, sealer: Database, clock: Clock
) -> None:
    async def word() -> str:
        answer = await client.get("/health/ready")
        assert answer.status_code == 200  # check-ins are taken all the same
        return str(answer.json()["background"])

    assert await word() == "silent"
    line = Looked(kind="sweep", looked_at=clock(), claimed_at=None)
    async with sealer.statement() as db:
        await heartbeat.beat(db, uuid4(), clock(), clock(), [line])
    assert await word() == "ok"
    clock.move(seconds=121)
    assert await word() == "silent"


async def test_a_request_is_named_in_its_answer_and_no_word_of_ours_is_taken_for_it(
    client: httpx.AsyncClient, alder: Person
) -> None:
    first, second = [
        await client.get("/v1/me", headers=alder.headers | {"x-request-id": MARKER}) for _ in range(2)
    ]
    ids = {answer.headers["x-request-id"] for answer in (first, second)}
    assert len(ids) == 2
    assert MARKER not in ids


async def test_without_its_database_it_says_so_and_nothing_that_would_look_like_a_new_start(
    here: httpx.AsyncClient, house: House
) -> None:
    await here.get("/v1")  # something was counted
    await house.database.close()
    assert await scraped(here) == {"aftercare_database_up": {(): 0}}
