"""Hostile JSON and text in every field: returned bit-equal, or refused with a problem that quotes nothing of it."""

import asyncio
import itertools
import json
import math
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from tests.api.contract import held_to_the_contract, schema
from tests.prove.conftest import Trial
from tests.prove.fuzzing import who_may
from tests.prove.hostile import MARK, VALUES, Place, body_with, places, whole_bodies
from tests.prove.served import ROLES, Served, new_patient, served_clinic, values_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

# What a body leaves open: the items of the instrument, and the check-ins of a batch.
_ITEMS = ("note", "pain", "fever_c", "sites", "tingling", "eye", "unknown_item")
_OPEN: dict[str, list[tuple[str | int, ...]]] = {
    "check_in_put_check_in": [("answers", item) for item in _ITEMS],
    "record_put_check_in": [("answers", item) for item in _ITEMS],
    "patient_screen": [("answers", "sunburn")],
    "sync_send": [("check_ins", 0), *((("check_ins", 0, part)) for part in ("id", "day", "recorded_at", "time_zone"))]
    + [("check_ins", 0, "answers", item) for item in _ITEMS],
}  # fmt: skip
# Taken, and never shown again.
_KEPT_SECRET = {"password", "refresh_token", "code", "device", "app_version", "text_version", "clinic"}
# Read and written anew, in UTC; what no calendar holds is named in `adjusted`.
# A search, a sign-in, a back-test and an advice keep nothing of what they are asked.
_NOTHING_KEPT = {"patient_search", "staff_sign_in", "backtest_simulate", "screening_advise"}
_TIMES = {"recorded_at", "session_at", "until", "birth_date", "expires_on", "at"}
_HALF = re.compile("[\ud800-\udfff]")
_OF_ONE_PATIENT = 40
_OPEN_TO_ALL = {"enrolment_enrol", "enrolment_rotate", "staff_sign_in"}


@dataclass(frozen=True)
class Writing:
    """An operation that takes a body."""

    name: str
    method: str
    path: str
    role: str
    shape: dict[str, Any]


@dataclass
class Seen:
    """What came of it all."""

    answers: Counter[int] = field(default_factory=Counter)
    returned: int = 0
    cut: int = 0  # lines that ended without an answer, and were tried again
    faults: list[str] = field(default_factory=list)


def writings() -> list[Writing]:
    may = who_may()
    return [
        Writing(
            one["operationId"],
            method,
            path,
            next((role for role in ROLES if role in may[one["operationId"]]), ""),
            one["requestBody"]["content"]["application/json"]["schema"],
        )
        for path, operations in schema()["paths"].items()
        for method, one in operations.items()
        if "application/json" in one.get("requestBody", {}).get("content", {})
    ]


class Sender:
    """Sends one operation's bodies, each where it may be taken, and reads back what was."""

    def __init__(self, served: Served, client: httpx.AsyncClient, writing: Writing, seen: Seen) -> None:
        self.served, self.client, self.writing, self.seen = served, client, writing, seen
        self.headers = {} if writing.name in _OPEN_TO_ALL else served.headers(writing.role)
        self.patient, self.sent = served.people["patient"], 0
        self.body = served.body(writing.name) or {}

    async def send(
        self, what: str, content: bytes, more: dict[str, str] | None = None
    ) -> httpx.Response | None:
        """The answer, judged; None if there was none."""
        await self._renew()
        values = self.served.held.values | values_of(self.patient)
        values |= {"id": str(uuid4())} | self.served.own.get(self.writing.name, {})
        address = self.writing.path.format_map(values)
        headers = self.headers | {"content-type": "application/json"} | (more or {})
        if self.writing.name == "patient_update":
            there = await self.client.get(address, headers=self.headers)
            headers["if-match"] = there.headers["etag"]
        try:
            answer = await self._ask(address, headers, content)
        except (httpx.TransportError, AssertionError) as error:
            self.fault(what, content, repr(error))
            return None
        self.seen.answers[answer.status_code] += 1
        if answer.status_code >= 500 or (answer.status_code == 401 and self.headers):
            self.fault(what, content, f"{answer.status_code} {answer.text[:300]}")
        elif answer.status_code >= 400 and MARK in answer.text:
            self.fault(what, content, f"quoted: {answer.text[:300]}")
        return answer

    async def _ask(self, address: str, headers: dict[str, str], content: bytes) -> httpx.Response:
        """Once more where the line was cut: a kept connection may end as a request sets out; the same bytes twice do not."""
        try:
            return await self.client.request(self.writing.method, address, headers=headers, content=content)
        except httpx.TransportError:
            self.seen.cut += 1
            return await self.client.request(self.writing.method, address, headers=headers, content=content)

    async def _renew(self) -> None:
        """Another patient now and then: nobody sends a thousand check-ins a day, and a token holds 15 minutes."""
        self.sent += 1
        if self.sent % _OF_ONE_PATIENT or self.writing.name.startswith(("alert_", "patient_update")):
            return
        self.patient = await new_patient(self.client, self.served.people["practitioner"])
        self.body = self.served.body(self.writing.name, self.patient) or {}
        if self.writing.role == "patient":
            self.headers = self.patient.headers

    def fault(self, what: str, content: bytes, came: str) -> None:
        self.seen.faults.append(f"{self.writing.name} {what}: {came}\n    {content[:200]!r}")

    async def put(self, place: Place, name: str) -> None:
        """One value at one place: refused, or returned as it is."""
        content = body_with(self.body, place, VALUES[name])
        answer = await self.send(f"{place}: {name}", content)
        if answer is None or answer.status_code >= 300 or place.way[-1] in _KEPT_SECRET:
            return
        sent = _sent(VALUES[name])
        if sent is not _NOTHING and not await self._is_returned(answer, place, sent):
            self.fault(f"{place}: {name}", content, f"taken, and not returned: {answer.text[:300]}")
        self.seen.returned += 1

    async def _is_returned(self, answer: httpx.Response, place: Place, sent: Any) -> bool:
        name = self.writing.name
        if name in _NOTHING_KEPT or place.way[-1] in {"take_over", "answered_by", *_TIMES}:
            return True
        if name == "me_consent" and place.way[-1] in {"decided_at", "language"}:
            return True  # by our clock, and in the language in which the text was there to be read
        found = answer.json()
        if any(one["pointer"] == f"/{place.way[-1]}" for one in _adjusted(found)):
            return True  # recomputed, and said so
        if name.startswith("alert_"):
            return _holds(await self._read(f"/v1/alerts/{self.served.value(name, 'alert_id')}"), sent)
        if name == "my_message_put_message":
            if place.way[0] in {"photos", "time_zone"}:
                return True  # photos come after their message; a zone that is none is the patient's, as with check-ins
            return _holds(await self._read("/v1/me/messages"), _kept_as(sent))
        if "check_in" in name:
            return _holds(await self._read(answer.request.url.path), _kept_as(sent))
        if name == "sync_send":
            if any(one["status"] != "kept" for one in found["check_ins"]):
                return True  # refused by itself, with a problem of its own
            kept = [await self._read(f"/v1/check-ins/{one['id']}") for one in found["check_ins"]]
            return _holds(kept, _kept_as(sent))
        if name.startswith("patient_") and "patient_id" in found and "version" in found:
            found = await self._read(f"/v1/patients/{found['patient_id']}")
        elif name == "patient_record_session":
            found = await self._read(f"/v1/patients/{self.patient.id}/courses")
        return _holds(found, sent)

    async def _read(self, path: str) -> Any:
        answer = await self.client.get(path, headers=self.headers)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()


_NOTHING = object()


def _sent(value: bytes) -> Any:
    """What the bytes say to whoever reads JSON; nothing if they are none."""
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return _NOTHING


def _adjusted(found: Any) -> list[dict[str, str]]:
    """What a check-in's answer says was recomputed; in a batch, that of each."""
    if not isinstance(found, dict):
        return []
    answers = [one["answer"] for one in found.get("check_ins", []) if one["answer"]] or [found]
    return [one for answer in answers for one in answer.get("adjusted", [])]


def _kept_as(sent: Any) -> Any:
    """What a check-in makes of what nobody can hold, so that the rest of it is not lost (aftercare/api/body.py)."""
    if isinstance(sent, float) and math.isinf(sent):
        return math.copysign(sys.float_info.max, sent)
    if isinstance(sent, dict):
        return {_kept_as(key): _kept_as(one) for key, one in sent.items()}
    return _HALF.sub("\ufffd", sent) if isinstance(sent, str) else sent


def _holds(found: Any, sent: Any) -> bool:
    """Whether the value stands somewhere in what was read back, bit by bit; left out and null are the same."""
    seen: set[object] = set()
    _collect(found, seen)
    return _within(sent, seen)


def _within(sent: Any, seen: set[object]) -> bool:
    if sent in (None, [], {}, "") or _same(sent) in seen:
        return True
    # Items of a check-in stand one by one, some of them set aside.
    inner = [*sent, *sent.values()] if isinstance(sent, dict) else sent if isinstance(sent, list) else ()
    return bool(inner) and all(_within(one, seen) for one in inner)


def _same(node: Any) -> object:
    """What is equal exactly where two JSON values are: true is not 1."""
    if isinstance(node, dict):
        return "{}", frozenset((key, _same(one)) for key, one in node.items())
    if isinstance(node, list):
        return "[]", tuple(_same(one) for one in node)
    return ("number" if isinstance(node, int | float) and not isinstance(node, bool) else type(node)), node


def _collect(node: Any, seen: set[object]) -> None:
    """Every value in it, and every key."""
    seen.add(_same(node))
    for one in (*node, *node.values()) if isinstance(node, dict) else node if isinstance(node, list) else ():
        _collect(one, seen)
    if isinstance(node, dict) and isinstance(node.get("pointer"), str):
        seen.update(_same(part.replace("~1", "/").replace("~0", "~")) for part in node["pointer"].split("/"))
    if isinstance(node, dict) and isinstance(node.get("sent"), str) and node["sent"][:1] in {'"', "[", "{"}:
        # What PostgreSQL cannot hold is set aside as its JSON text.
        with suppress(ValueError):
            _collect(json.loads(node["sent"]), seen)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    async with served_clinic(tmp_path_factory.mktemp("served")) as clinic:
        yield clinic


async def test_every_field_returns_what_it_takes_or_refuses_it(served: Served, trial: Trial) -> None:
    seen = Seen()
    tries: list[tuple[Writing, Place, str]] = [
        (writing, place, name)
        for writing in writings()
        for place in [*places(schema(), writing.shape), *(Place(way) for way in _OPEN.get(writing.name, []))]
        for name in VALUES
    ]
    chosen = tries if trial.long else trial.rng.sample(tries, 200)
    async with _client(served) as client:

        async def one_operation(writing: Writing) -> None:
            sender = Sender(served, client, writing, seen)
            for tried, place, name in chosen:
                if tried == writing:
                    await sender.put(place, name)

        await asyncio.gather(*map(one_operation, writings()))
    assert not seen.faults, f"{len(seen.faults)} faults\n" + "\n".join(seen.faults[:40])
    trial.say(
        f"{len(chosen)} of {len(tries)} values in fields, answers {dict(sorted(seen.answers.items()))}, "
        f"{seen.returned} taken and returned bit-equal, {seen.cut} cut and sent again"
    )


async def test_every_body_that_is_wrong_as_a_whole_is_answered(served: Served, trial: Trial) -> None:
    seen = Seen()
    async with _client(served) as client:
        for writing in writings() if trial.long else trial.rng.sample(writings(), 4):
            sender = Sender(served, client, writing, seen)
            for name, (headers, content) in whole_bodies(json.dumps(sender.body).encode()).items():
                await sender.send(name, content, headers)
    assert seen.cut == 0, "who sends too much is told so, not cut off"
    assert not seen.faults, f"{len(seen.faults)} faults\n" + "\n".join(seen.faults[:40])
    trial.say(
        f"{sum(seen.answers.values())} wrong bodies, answers {dict(sorted(seen.answers.items()))}, {seen.cut} cut and sent again"
    )


def _client(served: Served) -> httpx.AsyncClient:
    address = itertools.count(1)

    async def from_elsewhere(request: httpx.Request) -> None:
        # Wrong codes and passwords are counted by address: from one, all but the first few would only be too many.
        request.headers["x-forwarded-for"] = str(IPv4Address("198.18.0.0") + next(address) % 2**17)

    hooks: dict[str, list[Callable[..., Any]]] = {
        "request": [from_elsewhere],
        "response": [held_to_the_contract],
    }
    return httpx.AsyncClient(base_url=served.address, timeout=60, event_hooks=hooks)
