"""What was seen and done is on record, numbered without gaps, and nobody changes it unnoticed."""

import asyncpg
import httpx
import pytest

from aftercare.db.pool import Database
from aftercare.services import audit
from tests.api.bodies import check_in, fill
from tests.api.conftest import Person, Seeded
from tests.api.test_isolation import ask, kinds, operations

# These tell nothing of any patient.
NOT_OF_PATIENTS = {
    "server_info",
    "server_live",
    "server_ready",
    "metrics_scrape",
    "message_template_list_templates",
    "message_template_read",
    "script_list_scripts",
    "script_read",
    "script_list_versions",
    "clinic_settings_read",
    "chain_list_chains",
    "chain_read",
    "on_call_now",
    "rota_list_rotas",
    "rota_read",
    "rota_list_overrides",
    "staff_me",
    "staff_colleagues",
    "webhook_list_webhooks",
    "delivery_attempts",
    "course_settings_list_settings",
    "course_settings_read",
    "address_list_addresses",
    "staff_preferences_read",
    "erasure_lot_uses",
    "questionnaire_list_versions",
    "questionnaire_read",
    "rule_pack_list_packs",
    "rule_pack_read",
    "rule_pack_differ",
}


async def test_each_read_of_patient_data_leaves_an_entry(
    client: httpx.AsyncClient, seeded: Seeded, root: asyncpg.Connection
) -> None:
    held = await fill(client, seeded.people, root)
    reads = [one for one in operations() if one[0] == "GET" and one[2]["operationId"] not in NOT_OF_PATIENTS]
    for method, path, operation in reads:
        who = seeded.people[
            "alder" if "patient" in kinds(operation) else "admin_a" if "audit" in path else "practitioner_a"
        ]
        before = await root.fetchval("select count(*) from audit_entries where actor_id = $1", who.id)
        answer = await ask(client, who, method, path, operation, held)
        assert answer.status_code == 200, (path, answer.text)
        after = await root.fetchval("select count(*) from audit_entries where actor_id = $1", who.id)
        assert after == before + 1, path
    assert len(reads) >= 15


async def test_what_was_refused_left_no_read(
    client: httpx.AsyncClient, alder: Person, stranger: Person, root: asyncpg.Connection
) -> None:
    await client.get(f"/v1/patients/{alder.id}", headers=stranger.headers)
    assert await root.fetchval("select count(*) from audit_entries where action = 'patient.seen'") == 0


async def test_sealed_numbers_have_no_gaps_and_the_chain_holds(
    client: httpx.AsyncClient, seeded: Seeded, root: asyncpg.Connection, sealer: Database
) -> None:
    await fill(client, seeded.people, root)
    clinic_id = seeded.people["alder"].clinic_id
    assert await audit.seal(sealer) > 0
    assert await audit.seal(sealer) == 0
    rows = await root.fetch(
        "select number from audit_entries where clinic_id = $1 order by number", clinic_id
    )
    assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))
    assert [number async for number in audit.verify(sealer, clinic_id)] == []
    admin = seeded.people["admin_a"]
    listed = (await client.get("/v1/audit", headers=admin.headers, params={"after": 2})).json()
    assert [one["number"] for one in listed] == list(range(3, len(rows) + 1))


@pytest.mark.parametrize(
    "tampering",
    [
        "update audit_entries set action = 'nothing.happened' where clinic_id = $1 and number = 3",
        "update audit_entries set actor_id = null where clinic_id = $1 and number = 3",
        "update audit_entries set at = at + interval '1 second' where clinic_id = $1 and number = 3",
        "delete from audit_entries where clinic_id = $1 and number = 3",
        "update audit_entries set number = 100000 where clinic_id = $1 and number = 3",
    ],
    ids=["what", "who", "when", "gone", "moved"],
)
async def test_a_row_that_was_tampered_with_is_found(
    client: httpx.AsyncClient, alder: Person, root: asyncpg.Connection, sealer: Database, tampering: str
) -> None:
    await client.get("/v1/me", headers=alder.headers)
    await audit.seal(sealer)
    assert [number async for number in audit.verify(sealer, alder.clinic_id)] == []
    assert not (await root.execute(tampering, alder.clinic_id)).endswith(" 0")
    found = [number async for number in audit.verify(sealer, alder.clinic_id)]
    assert found[:1] in ([3], [4])


async def test_an_entry_holds_ids_and_a_hash_never_what_was_said(
    client: httpx.AsyncClient, alder: Person, root: asyncpg.Connection
) -> None:
    said = check_in(note="Capercaillie", fever_c=38.7)
    await client.put("/v1/check-ins/7b098888-3a5a-4e4a-9c2a-0f5d137ab6e1", headers=alder.headers, json=said)
    rows = await root.fetch("select audit_entries::text as line from audit_entries")
    assert any("check_in.received" in row["line"] for row in rows)
    assert not any("Capercaillie" in row["line"] or "38.7" in row["line"] for row in rows)
