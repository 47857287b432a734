"""The main job, end to end: separate processes, real HTTP, PostgreSQL, SMTP and webhook receivers."""

import base64
import hashlib
import hmac
import io
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from PIL import Image
from playwright.async_api import async_playwright

from aftercare.db.embedded import EmbeddedServer
from tests.e2e.processes import command, environment, free_port, running, wait_until_ready
from tests.e2e.receivers import SmtpReceiver, WebhookReceiver

CHROMIUM = shutil.which("chromium")
CHROMIUM_ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PASSWORD = "a long enough password"
# What must never leave the house: the patient, what they said, who they are.
PLANTED = ("Alder Marker", "REF-MARKER-1", "tingl", "cold sore", "lips", "note-marker", "blister")


@dataclass
class Clinic:
    """The clinic under test, and its two receivers."""

    address: str
    data_dir: Path
    mail: SmtpReceiver
    hooks: WebhookReceiver
    clients: AsyncExitStack

    async def client(self) -> httpx.AsyncClient:
        return await self.clients.enter_async_context(httpx.AsyncClient(base_url=self.address, timeout=60))


@dataclass
class Person:
    """Somebody with a token."""

    http: httpx.AsyncClient

    async def ok(self, method: str, path: str, body: Any = None, status: tuple[int, ...] = (200, 201)) -> Any:
        answer = await self.http.request(method, path, json=body)
        assert answer.status_code in status, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("e2e")


@pytest.fixture
async def clinic(folder: Path) -> AsyncIterator[Clinic]:
    """A clinic made by the command line, served by one process, with two workers beside it."""
    port, data_dir, log = free_port(), folder / uuid4().hex, folder / "processes.log"
    async with SmtpReceiver() as mail, WebhookReceiver() as hooks, AsyncExitStack() as clients:
        env = environment(
            data_dir,
            port,
            AFTERCARE_SMTP_HOST="127.0.0.1",
            AFTERCARE_SMTP_PORT=str(mail.port),
            AFTERCARE_SMTP_TLS="none",
            AFTERCARE_MAIL_FROM="clinic@example.test",
            AFTERCARE_PASSWORD=PASSWORD,
        )
        address = f"http://127.0.0.1:{port}"
        with running("serve", "--no-worker", env=env, log=log):
            wait_until_ready(address, log)
            made = command(
                "clinic", "create", "--name", "Test Clinic", "--handle", "test", "--time-zone", "Europe/London",
                "--country", "GB", "--hours", "Mon-Sun 00:00-23:59", "--webhook-host", "127.0.0.1", env=env,
            )  # fmt: skip
            assert made.returncode == 0, made.stderr
            for role in ("practitioner", "coordinator", "admin"):
                made = command(
                    "staff", "create", "--clinic", "test", "--email", f"{role}@example.test", "--name", role.title(),
                    "--role", role, env=env,
                )  # fmt: skip
                assert made.returncode == 0, made.stderr
            with running("worker", env=env, log=log), running("worker", env=env, log=log):
                made_clinic = Clinic(address, data_dir, mail, hooks, clients)
                practitioner = await signed_in(made_clinic, "practitioner")
                await practitioner.ok("POST", "/v1/rule-packs/1/release")
                yield made_clinic


async def signed_in(clinic: Clinic, role: str) -> Person:
    http = await clinic.client()
    body = {"clinic": "test", "email": f"{role}@example.test", "password": PASSWORD}
    answer = await http.post("/v1/staff/sign-ins", json=body)
    assert answer.status_code == 201, answer.text
    http.cookies.clear()
    http.headers["authorization"] = f"Bearer {answer.json()['token']}"
    return Person(http)


async def treated(staff: Person, clinic: Clinic, session_at: datetime, **risks: Any) -> tuple[str, Person]:
    """A patient with a recorded session, whose phone is enrolled with a one-time code."""
    body = {"name": "Alder Marker", "reference": "REF-MARKER-1", "email": "alder@example.test", **risks}
    patient_id = (await staff.ok("POST", "/v1/patients", body))["patient_id"]
    path = f"/v1/patients/{patient_id}"
    course = await staff.ok("POST", f"{path}/courses", {"modality": "microneedling"})
    await staff.ok(
        "POST",
        f"{path}/screenings",
        {"modality": "microneedling", "outcome": "candidate", "course_id": course["course_id"]},
    )
    session = {
        "course_id": course["course_id"],
        "session_at": session_at.isoformat(),
        "needle_depth_mm": 1.5,
        "screening": {"outcome": "candidate", "answers": {"active_cold_sore": False}},
        "consumables": [
            {
                "device": "Cartridge",
                "lot": "LOT-1",
                "expires_on": "2099-01-01",
                "sterile": True,
                "single_use": True,
            }
        ],
    }
    await staff.ok("POST", f"{path}/sessions", session)
    invitation = await staff.ok("POST", f"{path}/invitations")
    assert invitation["qr_svg"].startswith("<svg")
    phone = await clinic.client()
    enrolment = {"code": invitation["code"], "installation_id": str(uuid4())}
    tokens = (await phone.post("/v1/enrolments", json=enrolment)).json()
    phone.headers["authorization"] = f"Bearer {tokens['access_token']}"
    return patient_id, Person(phone)


def check_in(at: datetime, day: int | None, **answers: Any) -> dict[str, Any]:
    return {
        "instrument": 1,
        "recorded_at": at.isoformat(),
        "time_zone": "Europe/London",
        "day": day,
        "answers": answers,
    }


def jpeg() -> bytes:
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "note-marker"
    Image.new("RGB", (900, 1200), (200, 150, 130)).save(file, "JPEG", exif=exif)
    return file.getvalue()


SEVEN_DAYS: tuple[dict[str, Any], ...] = (
    {"redness": 3, "swelling": 2, "pain": 1},
    {"redness": 2, "swelling": 1},
    {"redness": 1, "tingling": True, "sites": {"tingling": ["lips"]}, "note": "note-marker"},
    {"redness": 1, "dryness": 2},
    {"dryness": 2},
    {"dryness": 1},
    {"dryness": 1, "redness": 0},
)


async def test_from_enrolment_to_acknowledgement(clinic: Clinic) -> None:
    admin, practitioner = await signed_in(clinic, "admin"), await signed_in(clinic, "practitioner")
    hook = await admin.ok("POST", "/v1/webhooks", {"url": clinic.hooks.url})
    # A week ago at ten in the morning: each answer falls on its own local day, at whatever hour this test runs.
    session_at = (datetime.now(UTC) - timedelta(days=7)).replace(hour=10, minute=0)
    patient_id, phone = await treated(practitioner, clinic, session_at, hsv_history=True)

    today = await phone.ok("GET", "/v1/me/today")
    assert today["emergency"]["number"] == "999"
    assert today["consent_needed"] == ["care", "photos"]
    consent = {"granted": True, "text_version": today["consent_text_version"]}
    await phone.ok("PUT", "/v1/me/consents/care", consent)
    await phone.ok("PUT", "/v1/me/consents/photos", consent)

    answers = []
    for day, said in enumerate(SEVEN_DAYS):
        at = session_at + timedelta(days=day, hours=2)
        answers.append(await phone.ok("PUT", f"/v1/check-ins/{uuid4()}", check_in(at, day, **said)))
        if day == 2:
            # Within the submission: no tick, no wait.
            (alert,) = await practitioner.ok("GET", "/v1/alerts")
    assert [answer["day"] for answer in answers] == list(range(7))
    assert alert["code"] == "cold_sore"
    assert (alert["tier"], alert["state"], alert["day"]) == ("same_day", "open", 2)
    assert answers[2]["advice"]["tier"] == "same_day"

    photo_id = uuid4()
    sent = await phone.http.put(f"/v1/photos/{photo_id}?view=front", content=jpeg())
    assert sent.status_code == 201, sent.text
    seen = await practitioner.http.get(f"/v1/patients/{patient_id}/photos/{photo_id}/display")
    assert seen.headers["content-type"] == "image/jpeg"
    assert b"note-marker" not in seen.content

    (mail,) = await clinic.mail.wait_for_mail_of("practitioner@example.test")
    (hooked, *_) = await clinic.hooks.wait_for(1)
    _is_thin(mail.raw, alert["id"])
    _is_thin(hooked.body, alert["id"])
    _is_signed(hooked.headers, hooked.body, hook["secret"])

    taken = await practitioner.ok("POST", f"/v1/alerts/{alert['id']}/acknowledge", {})
    assert (taken["state"], taken["contact_by"] is not None) == ("acknowledged", True)
    await practitioner.ok(
        "POST", f"/v1/alerts/{alert['id']}/contact", {"text": "Called, will start treatment."}
    )
    ended = await practitioner.ok("POST", f"/v1/alerts/{alert['id']}/resolve", {"outcome": "confirmed"})
    assert ended["state"] == "resolved"
    detail = await practitioner.ok("GET", f"/v1/alerts/{alert['id']}")
    assert [one["kind"] for one in detail["follow_ups"]] == ["acknowledge", "contact", "resolve"]
    assert "had cold sores before" in detail["findings"][0]["finding"]["reason"]


async def test_only_what_nobody_acknowledged_goes_up_the_chain(clinic: Clinic) -> None:
    practitioner = await signed_in(clinic, "practitioner")
    session_at = datetime.now(UTC) - timedelta(days=2, hours=2)
    for _ in range(2):
        _, phone = await treated(practitioner, clinic, session_at)
        await phone.ok("PUT", f"/v1/check-ins/{uuid4()}", check_in(datetime.now(UTC), 2, yellow_crust=True))
    taken, left = await practitioner.ok("GET", "/v1/alerts")
    await practitioner.ok("POST", f"/v1/alerts/{taken['id']}/acknowledge", {})
    await _let_deadlines_pass(clinic, [taken["id"], left["id"]])

    def told(alert: dict[str, Any]) -> bool:
        return any(alert["id"] in one.raw.decode() for one in clinic.mail.of("coordinator@example.test"))

    while not told(left):
        await clinic.mail.wait_for(len(clinic.mail.mails) + 1)
    assert not told(taken)


async def _let_deadlines_pass(clinic: Clinic, alert_ids: list[str]) -> None:
    """The time to acknowledge is over, for all of them; the worker must look at what is due, not at what was."""
    with EmbeddedServer(clinic.data_dir / "postgres") as server:
        owner = await asyncpg.connect(server.url("aftercare"))
        for alert_id in alert_ids:
            await owner.execute(
                "update alerts set acknowledge_by = now() - interval '1 minute',"
                " look_at = case when state = 'open' then now() - interval '1 minute' else look_at end where id = $1",
                alert_id,
            )
            await owner.execute(
                "update due_work w set due_at = a.look_at from alerts a"
                " where a.id = $1 and w.subject_id = a.id and w.kind = 'escalate'",
                alert_id,
            )
        await owner.close()


def _is_thin(message: bytes, alert_id: str) -> None:
    text = message.decode()
    assert alert_id in text
    assert [word for word in PLANTED if word.lower() in text.lower()] == []


def _is_signed(headers: dict[str, str], body: bytes, secret: str) -> None:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert f"v1,{expected}" in headers["webhook-signature"].split()
    assert json.loads(body)["type"] == "alert_raised" or "alert" in json.loads(body)["type"]


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the path: install Debian's `chromium`")
async def test_the_dashboard_shows_a_new_alert_live_and_it_is_taken_there(clinic: Clinic) -> None:
    practitioner = await signed_in(clinic, "practitioner")
    _, phone = await treated(
        practitioner, clinic, datetime.now(UTC) - timedelta(days=1, hours=1), hsv_history=True
    )
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        page = await browser.new_page()
        await page.goto(f"{clinic.address}/sign-in/test")
        await page.fill("input[name=email]", "practitioner@example.test")
        await page.fill("input[name=password]", PASSWORD)
        await page.keyboard.press("Enter")
        await page.get_by_text("No alert is open").wait_for()

        said = check_in(datetime.now(UTC), 1, tingling=True, sites={"tingling": ["lips"]})
        await phone.ok("PUT", f"/v1/check-ins/{uuid4()}", said)
        row = page.locator("li.row", has_text="Tingling at the lips")
        await row.wait_for()  # nobody reloads

        assert "Alder Marker" in await row.inner_text()
        await row.get_by_role("button", name="Take").click()
        await page.locator("li.row", has_text="taken").wait_for()
        await browser.close()
    (alert,) = await practitioner.ok("GET", "/v1/alerts")
    assert alert["state"] == "acknowledged"
