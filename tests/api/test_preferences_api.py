"""Preferences over HTTP: an ETag to edit over, what is refused and where, and who may ask for whom."""

import asyncpg
import httpx

from tests.api.conftest import Person

MINE, PATIENTS_OWN = "/v1/staff/me/preferences", "/v1/me/preferences"
NIGHTS = {"weekdays": [0, 1, 2, 3, 4, 5, 6], "starts": "22:00:00", "ends": "07:00:00"}


async def test_ones_own_are_edited_over_the_version_that_was_read(
    client: httpx.AsyncClient, practitioner: Person, coordinator: Person
) -> None:
    shipped = await client.get(MINE, headers=practitioner.headers)
    assert (shipped.headers["etag"], shipped.json()["quiet"]) == ('"0"', [])
    asked = {"quiet": [NIGHTS], "muted": {"same_day": ["sms"]}, "digest_at": "16:00:00"}
    first = practitioner.headers | {"if-match": shipped.headers["etag"]}
    made = await client.put(MINE, headers=first, json=asked)
    assert (made.status_code, made.headers["etag"]) == (200, '"1"')
    read = (await client.get(MINE, headers=practitioner.headers)).json()
    assert {name: read[name] for name in ("quiet", "digest_at")} == {
        "quiet": [NIGHTS],
        "digest_at": "16:00:00",
    }
    assert (await client.put(MINE, headers=first, json={})).status_code == 412
    assert (await client.get(MINE, headers=coordinator.headers)).json()["version"] == 0


async def test_nothing_is_taken_away_from_an_emergency(
    client: httpx.AsyncClient, practitioner: Person
) -> None:
    headers = practitioner.headers | {"if-match": '"0"'}
    answer = await client.put(MINE, headers=headers, json={"muted": {"emergency": ["sms"]}})
    assert answer.status_code == 422
    whole = await client.put(MINE, headers=headers, json={"quiet": [NIGHTS | {"ends": "22:00:00"}]})
    assert [one["pointer"] for one in whole.json()["errors"]] == ["/quiet"]


async def test_a_patient_and_the_clinic_edit_the_same_wish_and_neither_over_the_other_unread(
    client: httpx.AsyncClient, alder: Person, practitioner: Person, root: asyncpg.Connection
) -> None:
    first = {"if-match": '"0"'}
    evening = {"reminder_at": "19:30:00"}
    made = await client.put(PATIENTS_OWN, headers=alder.headers | first, json=evening)
    assert (made.status_code, made.json()["changed_by"]) == (200, None)
    theirs = f"/v1/patients/{alder.id}/preferences"
    assert (await client.put(theirs, headers=practitioner.headers | first, json={})).status_code == 412
    read = await client.get(theirs, headers=practitioner.headers)
    assert read.json()["reminder_at"] == "19:30:00"
    quiet = evening | {"quiet": {"starts": "20:00:00", "ends": "08:00:00"}}
    later = practitioner.headers | {"if-match": read.headers["etag"]}
    changed = await client.put(theirs, headers=later, json=quiet)
    assert (changed.status_code, changed.json()["changed_by"]) == (200, str(practitioner.id))
    told = await root.fetch("select action from audit_entries where action like 'patient_preferences.%'")
    assert [row["action"] for row in told].count("patient_preferences.changed") == 2


async def test_who_may_not_is_told_so(
    client: httpx.AsyncClient, alder: Person, stranger: Person, practitioner: Person
) -> None:
    theirs = f"/v1/patients/{alder.id}/preferences"
    assert (await client.get(theirs, headers=stranger.headers)).status_code == 404
    assert (await client.get(MINE, headers=alder.headers)).status_code == 403
    assert (await client.get(PATIENTS_OWN, headers=practitioner.headers)).status_code == 403
    missing = await client.put(MINE, headers=practitioner.headers, json={})
    assert missing.status_code in {400, 422}
