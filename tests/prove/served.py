"""A clinic served by a real process, with a token for each role and something at every address."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx

from aftercare.services import staff
from aftercare.services.house import utc_now
from tests.api.bodies import Held, body_of, check_in, fill, hand_over, on_call, subscription
from tests.api.conftest import Person, enrolled, invited, session_draft
from tests.prove.fleet import Fleet
from tests.prove.people import open_clinic

STAFF = ("practitioner", "coordinator", "admin")
ROLES = (*STAFF, "patient")
# Nothing here outlives its server, and the disk is not what is tried.
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
# As the sweep puts whoever went quiet on the list; the day is the one that `fill` names.
_QUIET = """insert into call_list (clinic_id, episode_id, patient_id, day, missed, reason, added_at)
values ($1, $2, $3, 5, '{4,5}', 'No check-in for two days.', now())"""


@dataclass(frozen=True)
class Served:
    """Where it is served, who may ask, and what stands in a path: the values of its parameters."""

    address: str
    client: httpx.AsyncClient
    people: dict[str, Person]  # by role
    spare: dict[str, list[str]]  # tokens by role, to be ended
    held: Held
    codes: list[str]  # enrolment codes not used yet
    own: dict[
        str, dict[str, str]
    ]  # by operation: the values of its parameters, where the clinic's will not do

    @property
    def document(self) -> str:
        return f"{self.address}/openapi/openapi.json"

    def headers(self, role: str) -> dict[str, str]:
        return self.people[role].headers if role in self.people else {}

    def value(self, operation_id: str, name: str) -> str:
        """What this operation may be done to: each act has its own, so that none stands in another's way."""
        return self.own.get(operation_id, {}).get(name) or self.held.values[name]

    def etag(self, operation_id: str) -> str:
        """Of what the operation edits, as it was read."""
        return self.own.get(operation_id, {}).get("If-Match", '"1"')

    def body(self, operation_id: str, of: Person | None = None) -> dict[str, Any] | None:
        """A body that the operation takes as things stand, of another patient than the first if one is named."""
        values = self.held.values | values_of(of or self.people["patient"])
        now = utc_now()
        if operation_id == "patient_record_session":
            at = now - timedelta(hours=2)
            return session_draft(values["course_id"], at, override_reason="Asked for by a test.")
        if operation_id == "screening_prepare":
            return {"modality": "laser_genesis", "answers": {"sunburn": True}}
        if operation_id == "patient_plan":
            return {"modality": "laser_genesis"}
        if operation_id == "recall_add_contact":
            return {"kind": "booked", "day": f"{now + timedelta(days=30):%Y-%m-%d}", "text": "mornings"}
        if operation_id == "rota_lay_over":
            return hand_over(self.people["practitioner"].id, now=now)
        if operation_id == "alert_snooze":
            return {"until": (now + timedelta(hours=1)).isoformat(), "text": "a note"}
        if operation_id == "patient_search":
            return {"text": "Alder"}
        if operation_id == "enrolment_enrol" and self.codes:
            return {"code": self.codes[0], "installation_id": str(uuid4())}
        if operation_id == "enrolment_rotate":
            return {"refresh_token": self.people["spare"].refresh}
        if operation_id == "staff_sign_in":
            return {"clinic": "alpha", "email": "coordinator@alpha.test", "password": "long enough"}
        return body_of(operation_id, values)


@asynccontextmanager
async def served_clinic(folder: Path, *, spare: int = 0) -> AsyncIterator[Served]:
    """A server with a clinic, its staff and a patient; `spare` tokens of each role besides."""
    async with Fleet(
        folder, postgres=_FAST, AFTERCARE_TRUSTED_PROXIES="1", AFTERCARE_METRICS_TOKEN="nobody has it"
    ) as fleet:
        server = fleet.serve("--no-worker")
        database = fleet.database()
        await database.open()
        team = await open_clinic(database, "alpha", utc_now() - timedelta(days=60))
        people: dict[str, Person] = {}
        tokens: dict[str, list[str]] = {}
        for role in STAFF:
            made = [
                await staff.sign_in(
                    database,
                    team.clinic_id,
                    f"{role}@alpha.test",
                    "long enough",
                    address="test",
                    now=utc_now(),
                )
                for _ in range(1 + spare)
            ]
            people[role] = Person(team.clinic_id, made[0].staff.staff_id, made[0].token)
            tokens[role] = [one.token for one in made[1:]]
        await database.close()
        await server.ready()
        judge = await fleet.judge()
        async with httpx.AsyncClient(base_url=server.address, timeout=30) as client:
            people["patient"] = await new_patient(client, people["practitioner"])
            # One code is one installation: the others of this patient are signed out by those who sign out.
            ended = [
                await enrolled(client, people["practitioner"], people["patient"]) for _ in range(1 + spare)
            ]
            people["spare"] = ended[0]
            tokens["patient"] = [one.token for one in ended[1:]]
            held = await fill(client, _named(people), judge, now=utc_now())
            codes = [await invited(client, people["practitioner"], people["patient"])]
            own = await _alerts(client, people) | await _packs(client, people) | await _sheets(client, people)
            own |= await _ways_out(client, people, judge)
            own |= await _reached(client, people)
            own |= await _on_call(client, people)
            own |= await _templates(client, people)
            own |= await _colleagues(client, people)
            lost = await new_patient(client, people["practitioner"])
            own["patient_sign_out_phones"] = {"patient_id": str(lost.id)}
            own["follow_up_put_follow_up"] = {"follow_up_id": str(uuid4())}
            await judge.execute(_QUIET, team.clinic_id, people["patient"].episode_id, people["patient"].id)
            yield Served(server.address, client, people, tokens, held, codes, own)
        await judge.close()


def values_of(patient: Person) -> dict[str, str]:
    """What names a patient and theirs in a path or a body."""
    return {
        "patient_id": str(patient.id),
        "course_id": str(patient.course_id),
        "session_id": str(patient.session_id),
        "episode_id": str(patient.episode_id),
    }


_ACTS = ("snooze", "acknowledge", "attempt", "contact", "resolve", "note", "reopen", "end_condition")


async def _packs(client: httpx.AsyncClient, people: dict[str, Person]) -> dict[str, dict[str, str]]:
    """A rule pack for each act: drafts, and a retired one to restore."""
    by = people["practitioner"].headers
    numbers = {}
    for act in ("edit", "shadow", "release", "retire", "restore"):
        made = await client.post("/v1/rule-packs", headers=by, json={"note": f"to {act}"})
        assert made.status_code == 201, made.text
        numbers[act] = str(made.json()["number"])
    retired = await client.post(f"/v1/rule-packs/{numbers['restore']}/retire", headers=by)
    assert retired.status_code == 200, retired.text
    return {f"rule_pack_{act}": {"number": number} for act, number in numbers.items()}


async def _on_call(client: httpx.AsyncClient, people: dict[str, Person]) -> dict[str, dict[str, str]]:
    """A rota for each act that ends or changes one, and the versions that settings are written over."""
    own = {
        f"rota_{act}": await on_call(client, people["practitioner"], name=f"To {act}", now=utc_now())
        for act in ("update", "remove", "take_away")
    }
    own["rota_update"] |= {"If-Match": '"1"'}
    return own | {"clinic_settings_update": {"If-Match": '"1"'}, "chain_update": {"If-Match": '"0"'}}


async def _colleagues(client: httpx.AsyncClient, people: dict[str, Person]) -> dict[str, dict[str, str]]:
    """Somebody for each act on another's account."""
    by, ids = people["admin"].headers, {}
    for act in ("disable", "enable", "set_password"):
        draft = {"email": f"{act}@alpha.test", "name": f"To {act}", "role": "coordinator"}
        made = await client.post("/v1/staff", headers=by, json=draft | {"password": "long enough"})
        assert made.status_code == 201, made.text
        ids[act] = made.json()["staff_id"]
    return {f"staff_{act}": {"staff_id": staff_id} for act, staff_id in ids.items()}


async def _templates(client: httpx.AsyncClient, people: dict[str, Person]) -> dict[str, dict[str, str]]:
    """A template of messages to retire."""
    words = {"title": "To retire", "language": "en", "text": "Nobody says this."}
    by = people["practitioner"].headers
    made = await client.post("/v1/message-templates", headers=by, json=words)
    assert made.status_code == 201, made.text
    return {"message_template_retire": {"template_id": made.json()["template_id"], "If-Match": '"1"'}}


async def _sheets(client: httpx.AsyncClient, people: dict[str, Person]) -> dict[str, dict[str, str]]:
    """A screening prepared for a treatment that nobody signs one for, and settings that nobody has set."""
    by, patient = people["practitioner"].headers, people["patient"].id
    sheet, body = "laser_genesis", {"modality": "laser_genesis", "answers": {"hsv_history": True}}
    url = f"/v1/patients/{patient}/screenings/prepared/{sheet}"
    kept = await client.put(url, headers=by | {"if-match": '"0"'}, json=body)
    assert kept.status_code == 200, kept.text
    return {
        "screening_prepare": {"modality": sheet},
        "screening_read_prepared": {"modality": sheet},
        "course_settings_update": {"modality": sheet, "If-Match": '"0"'},
    }


async def _reached(client: httpx.AsyncClient, people: dict[str, Person]) -> dict[str, dict[str, str]]:
    """A browser of the practitioner's for each act on one."""
    by, ids = people["practitioner"].headers, {}
    for act in ("register", "remove", "test_address"):
        ids[act] = str(uuid4())
        browser = {"channel": "webpush", "address": subscription(act)}
        kept = await client.put(f"/v1/staff/me/addresses/{ids[act]}", headers=by, json=browser)
        assert kept.status_code == 200, kept.text
    first = {"If-Match": '"0"'}
    return {f"address_{act}": {"address_id": address_id} for act, address_id in ids.items()} | {
        # `fill` has them from the patient, and the practitioner comes before the patient
        "patient_preferences_update": {"If-Match": '"1"'},
        "my_preferences_update": {"If-Match": '"2"'},
        "patient_reminders_put_reminders": {"If-Match": '"1"'},
        "staff_preferences_update": first,
    }


async def _ways_out(
    client: httpx.AsyncClient, people: dict[str, Person], judge: asyncpg.Connection
) -> dict[str, dict[str, str]]:
    """A mail of the practitioner's own that was given up, and a webhook for each act, one of them switched off."""
    by, admin = people["practitioner"].headers, people["admin"].headers
    sent = (await client.post("/v1/staff/me/mail/test", headers=by)).json()["delivery_id"]
    await judge.execute("update deliveries set state = 'dead' where delivery_id = $1", UUID(sent))
    own = {"delivery_again": {"delivery_id": sent}, "delivery_receipt": {"delivery_id": sent}}
    for act in ("rotate", "test_webhook", "enable"):
        hook = {"url": f"https://hooks.example/{act}"}
        made = (await client.post("/v1/webhooks", headers=admin, json=hook)).json()
        own[f"webhook_{act}"] = {"webhook_id": made["webhook_id"]}
    await client.delete(f"/v1/webhooks/{own['webhook_enable']['webhook_id']}", headers=admin)
    return own


async def _alerts(client: httpx.AsyncClient, people: dict[str, Person]) -> dict[str, dict[str, str]]:
    """An alert for each act, resolved already where the act asks for that."""
    answers = {
        "swelling": 3, "swelling_where": "eyelids", "pus_spots": "many", "fever_c": 39.1, "blisters": "many",
        "pain": 4, "itching": 4, "redness": 4, "bleeding": 3, "contact_request": True, "note": "please look",
        "lumps": "yes", "darker": "yes", "sites": "lips", "eye": ["vision"], "hives": True, "crusts": "yellow",
    }  # fmt: skip
    said = check_in(**answers) | {"recorded_at": utc_now().isoformat(), "day": 3}
    sent = await client.put(f"/v1/check-ins/{uuid4()}", headers=people["patient"].headers, json=said)
    assert sent.status_code == 201, sent.text
    by = people["practitioner"].headers
    # The least urgent first: of those, all acts may be done to any.
    open_now = [one["id"] for one in (await client.get("/v1/alerts", headers=by)).json()][::-1]
    alerts = {f"alert_{act}": one for act, one in zip(_ACTS, open_now, strict=False)}
    for act in ("reopen", "end_condition"):
        body = {"outcome": "confirmed", "text": "seen"}
        done = await client.post(f"/v1/alerts/{alerts[f'alert_{act}']}/resolve", headers=by, json=body)
        assert done.status_code == 200, done.text
    return {act: {"alert_id": alert} for act, alert in alerts.items()}


def _named(people: dict[str, Person]) -> dict[str, Person]:
    return {
        "alder": people["patient"],
        "practitioner_a": people["practitioner"],
        "admin_a": people["admin"],
    }


async def new_patient(client: httpx.AsyncClient, by: Person) -> Person:
    """Alder Sample, needled three days ago, with the app."""
    made = await client.post("/v1/patients", headers=by.headers, json={"name": "Alder Sample"})
    patient_id = made.json()["patient_id"]
    url = f"/v1/patients/{patient_id}"
    plan = {"modality": "microneedling"}
    course = (await client.post(f"{url}/courses", headers=by.headers, json=plan)).json()
    draft = session_draft(course["course_id"], utc_now() - timedelta(days=3))
    recorded = (await client.post(f"{url}/sessions", headers=by.headers, json=draft)).json()
    patient = Person(
        by.clinic_id,
        UUID(patient_id),
        "",
        course_id=UUID(course["course_id"]),
        session_id=UUID(recorded["session"]["session_id"]),
        episode_id=UUID(recorded["episode"]["episode_id"]),
    )
    return await enrolled(client, by, replace(patient))
