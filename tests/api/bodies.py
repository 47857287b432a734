"""For each operation that takes a body, one that it takes; and everything that clinic A may hold."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
from PIL import Image

from tests.api.conftest import MARKER, PASSWORD, WEDNESDAY, Person, session_draft


def picture() -> bytes:
    into = BytesIO()
    Image.new("RGB", (64, 64), (180, 120, 100)).save(into, "JPEG")
    return into.getvalue()


def check_in(**answers: Any) -> dict[str, Any]:
    return {
        "instrument": 1,
        "recorded_at": WEDNESDAY.isoformat(),
        "time_zone": "Europe/London",
        "day": 5,
        "answers": answers,
    }


def rota(*participants: object, name: str = "Nights", **more: Any) -> dict[str, Any]:
    """Weekly turns from the Monday before on."""
    people = [str(one) for one in participants]
    bare = {"name": name, "participants": people, "hand_over": "08:00:00", "starts_on": "2026-03-02"}
    return bare | more


def hand_over(
    to: object, *, hours: float = 12, after: float = 1, reason: str = "swap", now: datetime = WEDNESDAY
) -> dict[str, Any]:
    """Some hours of somebody's, or of nobody's, beginning soon."""
    starts_at = now + timedelta(hours=after)
    return {
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + timedelta(hours=hours)).isoformat(),
        "staff_id": str(to) if to else None,
        "reason": reason,
    }


@dataclass
class Held:
    """What a clinic holds: the values of path parameters, and every id and word that is nobody else's."""

    values: dict[str, str] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)


async def fill(
    client: httpx.AsyncClient,
    people: dict[str, Person],
    root: asyncpg.Connection,
    *,
    now: datetime = WEDNESDAY,
) -> Held:
    """Give clinic A some of everything, all of it marked; `now` is the server's."""
    alder, by, admin = people["alder"], people["practitioner_a"], people["admin_a"]
    check_in_id, photo_id = str(uuid4()), str(uuid4())
    said = check_in(tingling=True, note=f"{MARKER} wrote this")
    sent = await client.put(f"/v1/check-ins/{check_in_id}", headers=alder.headers, json=said)
    assert sent.status_code == 201
    for purpose in ("care", "photos", "teaching"):
        word = {"granted": True, "text_version": "2", "language": "en"}
        agreed = await client.put(f"/v1/me/consents/{purpose}", headers=alder.headers, json=word)
        assert agreed.status_code == 200, agreed.text
    photo = await client.put(f"/v1/photos/{photo_id}", headers=alder.headers, content=picture())
    assert photo.status_code == 201
    written = await _written(client, alder, by)
    hook = await client.post(
        "/v1/webhooks", headers=admin.headers, json={"url": f"https://{MARKER}.example/hook"}
    )
    alert = (await client.get("/v1/alerts", headers=by.headers)).json()[0]["id"]
    noted = await client.post(
        f"/v1/alerts/{alert}/notes", headers=by.headers, json={"text": f"{MARKER} called"}
    )
    assert noted.status_code == 200
    step = {"kind": "call", "text": MARKER, "next_step": f"Ring {MARKER}", "next_on": f"{now:%Y-%m-%d}"}
    called = await client.post(f"/v1/alerts/{alert}/follow-ups", headers=by.headers, json=step)
    assert called.status_code == 201, called.text
    told = await client.put(
        "/v1/scripts/cold_sore", headers=by.headers | {"if-match": '"0"'}, json={"ask": [f"{MARKER} asks"]}
    )
    assert told.status_code == 200, told.text
    screened = {"modality": "microneedling", "outcome": "with_precautions", "reasons": [MARKER]}
    signed = await client.post(f"/v1/patients/{alder.id}/screenings", headers=by.headers, json=screened)
    assert signed.status_code == 201, signed.text
    prepared = {"modality": "microneedling", "answers": {"hsv_history": True}}
    sheet = f"/v1/patients/{alder.id}/screenings/prepared/microneedling"
    kept = await client.put(sheet, headers=by.headers | {"if-match": '"0"'}, json=prepared)
    assert kept.status_code == 200, kept.text
    # Two, because numbers are counted within a clinic: the other one may come to have a second pack, and has no third.
    for _ in range(2):
        pack = await client.post("/v1/rule-packs", headers=by.headers, json={"note": f"{MARKER} says why"})
        assert pack.status_code == 201
    for _ in range(2):
        words = await client.post("/v1/instructions", headers=by.headers, json={"note": f"{MARKER} words it"})
        assert words.status_code == 201
        version = words.json()["version"]
        if version == 1:
            drop = by.headers | {"if-match": words.headers["etag"]}
            await client.post(f"/v1/instructions/{version}/discard", headers=drop)
    everything = {"scope": "everything"}
    erasure = await client.post("/v1/me/erasure", headers=alder.headers, json=everything)
    assert erasure.status_code == 202, erasure.text
    delivery = await root.fetchval("select delivery_id from deliveries limit 1")
    values = {
        "patient_id": str(alder.id),
        "alert_id": alert,
        "follow_up_id": called.json()["follow_up_id"],
        "code": "cold_sore",
        "webhook_id": hook.json()["webhook_id"],
        "delivery_id": str(delivery),
        "episode_id": str(alder.episode_id),
        "course_id": str(alder.course_id),
        "session_id": str(alder.session_id),
        "installation_id": str(alder.installation_id),
        "address_id": await _reached(client, alder, by),
        **await on_call(client, by, now=now),
        "staff_id": str(by.id),
        "tier": "soon",
        "lot": f"{MARKER}LOT",
        "number": str(pack.json()["number"]),
        "version": str(version),
        "day": "5",
        "kind": "care",
        "rendition": "display",
        "use": "teaching",
        "modality": "microneedling",
        "screening_id": signed.json()["screening_id"],
        "questionnaire_version": "1",
        "check_in_id": check_in_id,
        "photo_id": photo_id,
        "erasure_id": erasure.json()["erasure_id"],
        **written,
    }
    ids = {value for name, value in values.items() if name.endswith("_id") or name == "lot"}
    return Held(
        values,
        ids | {str(person.id) for name, person in people.items() if name.endswith("_a") or name == "birch"},
    )


def subscription(name: str) -> str:
    """A push subscription as a browser gives it, of a service that is not there."""
    # The curve's generator: a point as any other, of which everybody knows the private key.
    point = "BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"
    keys = {"p256dh": point, "auth": "A" * 22}
    return json.dumps({"endpoint": f"https://push.example/{name}", "keys": keys})


async def _reached(client: httpx.AsyncClient, alder: Person, by: Person) -> str:
    """A browser of a staff member's and a phone of a patient's, with what they ask for; the browser's id."""
    address_id = str(uuid4())
    browser = {"channel": "webpush", "address": subscription(MARKER), "label": f"{MARKER} browser"}
    kept = await client.put(f"/v1/staff/me/addresses/{address_id}", headers=by.headers, json=browser)
    assert kept.status_code == 200, kept.text
    phone = {"app_version": MARKER, "push": {"channel": "fcm", "address": f"{MARKER}-synthetic-token"}}
    installation = f"/v1/me/installations/{alder.installation_id}"
    said = await client.put(installation, headers=alder.headers, json=phone)
    assert said.status_code == 200, said.text
    first = {"if-match": '"0"'}
    asked = {"reminder_at": "19:30:00"}
    wished = await client.put("/v1/me/preferences", headers=alder.headers | first, json=asked)
    assert wished.status_code == 200, wished.text
    stopped = await client.put("/v1/me/reminders", headers=alder.headers, json={"state": "stopped"})
    assert stopped.status_code == 200, stopped.text
    return address_id


async def on_call(
    client: httpx.AsyncClient, by: Person, *, name: str = f"{MARKER} nights", now: datetime = WEDNESDAY
) -> dict[str, str]:
    """A rota with something laid over it."""
    made = await client.post("/v1/rotas", headers=by.headers, json=rota(by.id, name=name))
    assert made.status_code == 201, made.text
    rota_id: str = made.json()["rota_id"]
    away = hand_over(None, reason=f"{MARKER} away", now=now)
    laid = await client.post(f"/v1/rotas/{rota_id}/overrides", headers=by.headers, json=away)
    assert laid.status_code == 201, laid.text
    return {"rota_id": rota_id, "override_id": laid.json()["override_id"]}


async def _written(client: httpx.AsyncClient, alder: Person, by: Person) -> dict[str, str]:
    """A message of a patient with an answer, and a template; their ids."""
    message_id, by_phone = str(uuid4()), WEDNESDAY.isoformat()
    wrote = {"text": f"{MARKER} wrote this", "written_at": by_phone, "time_zone": "Europe/London"}
    message = await client.put(f"/v1/messages/{message_id}", headers=alder.headers, json=wrote)
    assert message.status_code == 201, message.text
    answer = {"text": f"{MARKER} is answered", "read_up_to": message_id}
    answered = await client.post(f"/v1/patients/{alder.id}/messages", headers=by.headers, json=answer)
    assert answered.status_code == 201, answered.text
    words = {"title": f"{MARKER} says", "language": "en", "text": f"{MARKER} words it"}
    template = await client.post("/v1/message-templates", headers=by.headers, json=words)
    assert template.status_code == 201, template.text
    return {"message_id": message_id, "template_id": template.json()["template_id"]}


def body_of(operation_id: str, values: dict[str, str]) -> dict[str, Any] | None:
    """A body that the operation takes, with ids from `values`; None if it takes none (or no JSON)."""
    course = {"course_id": values["course_id"], "modality": "microneedling"}
    note = {"text": "a note"}
    bodies: dict[str, dict[str, Any]] = {
        "enrolment_enrol": {"code": "harbour.AAAAA-AAAAA", "installation_id": values["installation_id"]},
        "enrolment_rotate": {"refresh_token": "acr_unknown"},
        "staff_sign_in": {"clinic": "quay", "email": "nobody@quay.example", "password": PASSWORD},
        "staff_create": {"email": "new@quay.example", "name": "New", "role": "admin", "password": PASSWORD},
        "staff_change_password": {"current": "nobody's password", "password": PASSWORD},
        "staff_set_password": {"password": PASSWORD},
        "patient_create": {"name": "New Patient", "birth_date": "1980-02-03", "baseline": {"redness": 1}},
        "patient_update": {"name": "Renamed Patient", "phone": "+44 20 7946 0001"},
        "patient_plan": course,
        "patient_screen": course
        | {"screening_id": str(uuid4()), "outcome": "candidate", "answers": {"sunburn": False}},
        "screening_advise": {"modality": "microneedling", "answers": {"sunburn": True}},
        "screening_prepare": {"modality": "microneedling", "answers": {"sunburn": True}},
        "patient_record_session": session_draft(values["course_id"], WEDNESDAY - timedelta(days=1)),
        "course_end": {"because": "declined", "note": "told by telephone"},
        "recall_add_contact": {"kind": "booked", "day": "2026-05-04", "text": "mornings"},
        "rota_create": rota(values["staff_id"], name="Days"),
        "rota_update": rota(values["staff_id"], name="Nights"),
        "rota_lay_over": hand_over(values["staff_id"]),
        "chain_update": {"steps": [{"tells": "owner"}, {"tells": "on_call", "rota_id": values["rota_id"]}]},
        "address_register": {"channel": "webpush", "address": subscription("own"), "label": "a browser"},
        "installation_put_installation": {
            "app_version": "1.0",
            "locale": "en",
            "time_zone": "Europe/London",
            "push": {"channel": "fcm", "address": "a-plainly-synthetic-token"},
        },
        "staff_preferences_update": {
            "quiet": [{"weekdays": [0, 6], "starts": "22:00:00", "ends": "07:00:00"}],
            "digest_at": "16:00:00",
        },
        "my_reminders_put_reminders": {"state": "on"},
        "patient_reminders_put_reminders": {"state": "on"},
        "my_preferences_update": {"reminder_at": "19:30:00"},
        "patient_preferences_update": {"quiet": {"starts": "21:00:00", "ends": "08:00:00"}},
        "clinic_settings_update": {
            "name": "Quay Skin Clinic",
            "openings": [{"weekday": 0, "opens": "09:00:00", "closes": "17:00:00"}],
            "holidays": [{"on": "2026-12-25", "name": "Christmas Day"}],
        },
        "course_settings_update": {"min_days": 30, "max_days": 45, "fewest_sessions": 4, "most_sessions": 6},
        "backtest_simulate": {"since": "2026-02-01T00:00:00Z"},
        "rule_pack_draft": {"changes": {"pain": {"some": 1}}, "note": "earlier"},
        "rule_pack_edit": {"changes": {"rows": {"milia.white_bumps": {"off": True}}}, "note": "quieter"},
        "record_put_check_in": check_in(redness=1),
        "check_in_put_check_in": check_in(redness=1) | {"supersedes": str(uuid4())},
        "sync_send": {"check_ins": [check_in(redness=1) | {"id": str(uuid4()), "supersedes": str(uuid4())}]},
        "my_message_put_message": {
            "text": "A question",
            "photos": [str(uuid4())],
            "written_at": WEDNESDAY.isoformat(),
            "time_zone": "Europe/London",
        },
        "my_message_read": {"up_to": values["message_id"]},
        "message_reply": {"text": "An answer", "read_up_to": values["message_id"], "urgent": False},
        "message_read": {"up_to": values["message_id"]},
        "message_template_create": {"title": "Sun", "language": "en", "text": "Keep out of the sun."},
        "message_template_update": {"title": "Sun", "language": "en", "text": "Use sun cream."},
        "me_consent": {"granted": True, "text_version": "1", "language": "en"},
        "delivery_receipt": {"kind": "opened"},
        "webhook_create": {"url": "https://quay.example/hook"},
        "instructions_draft": {"copy_of": 0, "note": "a note"},
        "instructions_update": {
            "instructions": [
                {
                    "modality": "microneedling",
                    "topic": "sun",
                    "kind": "avoid",
                    "from_day": 0,
                    "to_day": 2,
                    "texts": {"en": "Keep out of the sun."},
                    "claims": [{"says": "call", "item": "blisters"}],
                }
            ],
            "note": "a note",
        },
        "my_erasure_ask": {"scope": "everything"},
        "erasure_erase": {"scope": "photos", "reason": "patient_asked", "name": "Nobody of this name"},
        "erasure_refuse": {"because": "claim"},
        "follow_up_add": {"kind": "note", "text": "a note"},
        "follow_up_put_follow_up": {"kind": "note", "text": "a note"},
        "script_update": {"ask": ["Where?"]},
        "alert_acknowledge": {"take_over": True},
        "alert_snooze": note | {"until": (WEDNESDAY + timedelta(hours=1)).isoformat()},
        "alert_resolve": note | {"outcome": "false_alarm"},
    }
    for act in ("attempt", "contact", "reopen", "end_condition", "note"):
        bodies[f"alert_{act}"] = note
    return bodies.get(operation_id)
