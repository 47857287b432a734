"""The whole life of some patients over HTTP, with planted words in all that is said, and faults on the way."""

import asyncio
import io
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
from PIL import Image

from aftercare.db.pool import Database
from aftercare.model.people import Actor, ClinicDraft, StaffDraft
from aftercare.model.words import Role
from aftercare.services import clinics, rule_packs, staff
from tests.api.conftest import session_draft
from tests.e2e.push_service import PushService
from tests.prove.outage import PATIENCE
from tests.prove.planted import Planted
from tests.services.conftest import ROUND_THE_CLOCK

# Each tier, by its signs.
REPORTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("emergency", {"breathing_or_tongue": True}),
    ("same_day", {"tingling": True, "sites": {"tingling": ["lips"]}}),
    ("soon", {"ulcer": True}),
    ("routine", {"pus_spots": "few"}),
)
# Whatever is written to one of these tables fails, and the failure says everything that was to be written.
_SPITEFUL = """
create function spiteful() returns trigger language plpgsql as $$ begin raise exception 'row: %', new; end $$;
"""


@dataclass
class Life:
    """Some people of two clinics, and everything that they were answered that was no success."""

    address: str
    planted: Planted
    database: Database
    refusals: list[bytes] = field(default_factory=list)
    failures: int = 0  # of those, our own

    @asynccontextmanager
    async def client(self, token: str = "") -> AsyncIterator[httpx.AsyncClient]:
        async def note(response: httpx.Response) -> None:
            body = await response.aread()
            if response.status_code >= 400:
                self.refusals.append(str(response.headers).encode() + body)
                self.failures += response.status_code == 500

        headers = {"authorization": f"Bearer {token}"} if token else {}
        hooks = {"response": [note]}
        async with httpx.AsyncClient(
            base_url=self.address, timeout=PATIENCE, headers=headers, event_hooks=hooks
        ) as client:
            yield client

    def email(self, whose: str) -> str:
        return f"{self.planted.word(f'mail of {whose}').lower()}@people.test"

    async def open_clinic(self, handle: str) -> dict[Role, str]:
        """A clinic with one of each role: their tokens."""
        now = datetime.now(UTC) - timedelta(days=9)
        draft = ClinicDraft(
            name="Sample Clinic", handle=handle, time_zone="Europe/London", country="GB",
            openings=ROUND_THE_CLOCK, private_webhook_hosts=("127.0.0.1",),
        )  # fmt: skip
        clinic = await clinics.create_clinic(self.database, draft, now=now)
        system, tokens = Actor(clinic_id=clinic.clinic_id, kind="system"), {}
        for role in Role:
            whose = f"{role} of {handle}"
            password = self.planted.word(f"password of {whose}")
            member = StaffDraft(
                email=self.email(whose),
                name=self.planted.word(f"name of {whose}"),
                role=role,
                password=password,
            )
            made = await staff.create_staff(self.database, system, member, now=now)
            if role is Role.PRACTITIONER:
                by = Actor(clinic_id=clinic.clinic_id, kind="staff", id=made.staff_id, role=role)
                await rule_packs.release(self.database, by, 1, now=now)
            async with self.client() as door:
                asked = {"clinic": handle, "email": member.email, "password": password + "x"}
                assert (await door.post("/v1/staff/sign-ins", json=asked)).status_code == 401
                signed = await door.post("/v1/staff/sign-ins", json=asked | {"password": password})
                assert signed.status_code == 201, signed.text
                tokens[role] = self.planted.keep(f"sign-in of {whose}", signed.json()["token"])
        return tokens

    async def listen(self, admin: str, practitioner: str, hooks: list[str], push: PushService) -> None:
        """Have webhooks called, and a practitioner told over a browser, by SMS and on phones of both makes."""
        async with self.client(admin) as http:
            for url in hooks:
                made = await http.post("/v1/webhooks", json={"url": url})
                self.planted.keep(f"secret of webhook {url}", made.json()["secret"].removeprefix("whsec_"))
        number = self.planted.number("number of practitioner")
        ways = {"webpush": push.subscribe().json, "sms": number}
        ways |= {make: self._phone(make, "practitioner") for make in ("fcm", "apns")}
        async with self.client(practitioner) as http:
            for channel, where in ways.items():
                made = await http.put(
                    f"/v1/staff/me/addresses/{uuid4()}",
                    json={"channel": channel, "address": where, "label": self.planted.word("label")},
                )
                assert made.status_code in {200, 201}, made.text

    async def treat(self, practitioner: str, number: int) -> tuple[str, str]:
        """A patient with a session two days ago, enrolled: id and access token."""
        who, planted = f"patient {number}", self.planted
        noon = (
            12 - datetime.now(UTC).hour + 12
        ) % 24 - 12  # where it is about noon now: reminders leave by day
        body: dict[str, Any] = {
            "name": planted.word(f"name of {who}"), "reference": planted.word(f"reference of {who}"),
            "email": self.email(who), "phone": planted.number(f"phone of {who}"), "hsv_history": True,
            "allergies": planted.word(f"allergies of {who}"), "medicines": planted.word(f"medicines of {who}"),
            "time_zone": f"Etc/GMT{-noon:+d}" if noon else "Etc/UTC",
        }  # fmt: skip
        async with self.client(practitioner) as http:
            patient_id = (await _made(http.post("/v1/patients", json=body)))["patient_id"]
            await http.get("/v1/patients", params={"q": body["name"]})
            path = f"/v1/patients/{patient_id}"
            course = await _made(http.post(f"{path}/courses", json={"modality": "microneedling"}))
            at = datetime.now(UTC) - timedelta(days=2)
            draft = session_draft(course["course_id"], at, lot=planted.word(f"lot of {who}"))
            await _made(http.post(f"{path}/sessions", json=draft))
            code = planted.keep(f"code of {who}", (await _made(http.post(f"{path}/invitations")))["code"])
        async with self.client() as http:
            enrolment = {"code": code, "installation_id": str(uuid4())}
            tokens = await _made(http.post("/v1/enrolments", json=enrolment))
            planted.keep(f"refresh token of {who}", tokens["refresh_token"])
        access = planted.keep(f"access token of {who}", tokens["access_token"])
        if number % 2:  # the others are told by mail
            make = "fcm" if number % 4 == 1 else "apns"
            push = {"push": {"channel": make, "address": self._phone(make, who)}}
            async with self.client(access) as http:
                await _made(http.put(f"/v1/me/installations/{enrolment['installation_id']}", json=push))
        return patient_id, access

    async def report(self, access: str, number: int) -> None:
        """A check-in of its own tier with a note, a message, and a photo that says where it was taken."""
        who = f"patient {number}"
        async with self.client(access) as http:
            await _made(
                http.put(f"/v1/check-ins/{uuid4()}", json=self._said(who, REPORTS[number % len(REPORTS)][1]))
            )
            message = {
                "text": f"{'I cannot breathe' if not number else 'Thank you'}, {self.planted.word(f'message of {who}')}",
                "written_at": datetime.now(UTC).isoformat(), "time_zone": "Europe/London",
            }  # fmt: skip
            await _made(http.put(f"/v1/messages/{uuid4()}", json=message))
            await _made(http.put(f"/v1/photos/{uuid4()}", params={"view": "front"}, content=self._photo(who)))

    async def write(self, practitioner: str, patient_id: str) -> None:
        """What staff write to a patient, who is told that there is something to read."""
        text = f"About {self.planted.word('name of patient 0')}: {self.planted.word('reply')}"
        async with self.client(practitioner) as http:
            said = {"text": text, "urgent": True}
            await _made(http.post(f"/v1/patients/{patient_id}/messages", json=said))

    async def stumble(self, access: str, patient_id: str, stranger: str) -> None:
        """Everything that is refused, with planted words in body, query and path."""
        name = self.planted.word("name of patient 0")
        said = self._said("patient 0", {"redness": name, name: 3})
        async with self.client(access) as http:
            await http.put(f"/v1/check-ins/{uuid4()}", content=f'{{"note": "{name}')
            await http.put(f"/v1/check-ins/{name}", json=said)
            await http.put(f"/v1/check-ins/{uuid4()}", json=said | {"recorded_at": name})
            await http.put(f"/v1/photos/{uuid4()}", params={"view": name}, content=name.encode() * 9)
            await http.get(f"/v1/{name}", params={"q": name})
            await http.post("/v1/sync", json={"check_ins": name})
        async with self.client(stranger) as http:
            for path in ("", "/check-ins", "/photos", "/messages"):
                assert (await http.get(f"/v1/patients/{patient_id}{path}")).status_code == 404
        async with self.client(access + "x") as http:
            await http.get("/v1/me")

    async def fail(self, owner: asyncpg.Connection, access: str) -> None:
        """Handlers that fail for a reason that nobody expected, and says all that was to be written."""
        await owner.execute(_SPITEFUL)
        for table in ("check_ins", "patient_messages", "messages"):
            if await owner.fetchval("select to_regclass($1)", table):
                await owner.execute(
                    f"create trigger spite before insert on {table} for each row execute function spiteful()"
                )
        async with self.client(access) as http:
            said = self._said("patient 0", {"redness": 2})
            await http.put(f"/v1/check-ins/{uuid4()}", json=said)
            item = {"id": str(uuid4()), **said}
            await http.post("/v1/sync", json={"check_ins": [item]})
        await owner.execute("drop function spiteful cascade")

    async def act(self, practitioner: str, owner: asyncpg.Connection) -> None:
        """What staff do about the alerts, and time that passes over the others."""
        async with self.client(practitioner) as http:
            # The calmest: the others stay open, and are told again when their time is over.
            calmest = (await http.get("/v1/alerts")).json()[-1]
            for act in ("acknowledge", "attempt", "contact"):
                body = {} if act == "acknowledge" else {"text": self.planted.word(f"note on {act}")}
                await _made(http.post(f"/v1/alerts/{calmest['id']}/{act}", json=body))
        await owner.execute(
            "update alerts set acknowledge_by = now() - interval '1 minute', look_at = now() - interval '1 minute'"
            " where state = 'open'"
        )
        await owner.execute(
            "update due_work w set due_at = a.look_at from alerts a"
            " where w.subject_id = a.id and w.kind = 'escalate' and a.state = 'open'"
        )

    def _said(self, who: str, answers: dict[str, Any]) -> dict[str, Any]:
        note = f"{self.planted.word(f'note of {who}')} says {self.planted.word(f'name of {who}')}"
        return {
            "instrument": 1, "recorded_at": datetime.now(UTC).isoformat(), "time_zone": "Europe/London",
            "answers": answers | {"note": note},
        }  # fmt: skip

    def _phone(self, make: str, whose: str) -> str:
        """A push address of somebody's phone."""
        what = f"{make} of {whose}"
        if make == "apns":
            return self.planted.keep(what, f"{self.planted.rng.getrandbits(256):064x}")
        return f"{self.planted.word(what)}:sample-phone"

    def _photo(self, who: str) -> bytes:
        file, exif = io.BytesIO(), Image.Exif()
        exif[0x010E] = self.planted.word(f"photo of {who}")
        Image.new("RGB", (320, 480), (200, 150, 130)).save(file, "JPEG", exif=exif)
        return file.getvalue()


async def _made(asked: Any) -> Any:
    answer = await asked
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()


async def until(owner: asyncpg.Connection, question: str, wanted: int = 0) -> None:
    """Wait until a count is what is wanted, or more; with 0, until there is none."""
    ends = time.monotonic() + PATIENCE
    while (count := await owner.fetchval(question)) < wanted or (not wanted and count):
        assert time.monotonic() < ends, f"{count} instead of {wanted} after {PATIENCE} s: {question}"
        await asyncio.sleep(0.1)  # PostgreSQL tells nobody
