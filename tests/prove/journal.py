"""Phones that note what they send before they send it and what was answered after it, and send until they are answered.

A judge reads the journals from the disk: what stands there as answered was promised to somebody.
"""

import asyncio
import hashlib
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self
from uuid import UUID

import httpx
import msgspec

from aftercare.model.people import Tokens
from tests.prove.people import Phone

JSON, JPEG = "application/json", "image/jpeg"
CHECK_INS, PHOTOS = "/v1/check-ins/", "/v1/photos/"
_CREATED = 201
_AGAIN = {429, 500, 502, 503}
_PAUSE = (0.05, 0.3)  # seconds before a phone tries again
_LOSES_NEW_TOKENS = 0.3  # how often the answer with new tokens never reaches the phone


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a phone made and must get rid of: the path that it is put to, and the body."""

    path: str
    body: bytes
    kind: str  # the media type


class Sending(msgspec.Struct, frozen=True, kw_only=True, tag="sending"):
    """Written before the request leaves: whose it is, where to, and the body (of a photo its SHA-256)."""

    patient_id: UUID
    path: str
    body: str


class Answered(msgspec.Struct, frozen=True, kw_only=True, tag="answered"):
    """Written after the answer was read, word for word."""

    path: str
    body: str


class Journal:
    """One sender's, a line for each entry, on the disk before anything else happens."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("ab", buffering=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, entry: Sending | Answered) -> None:
        self._file.write(msgspec.json.encode(entry) + b"\n")


def read_journals(files: Iterable[Path]) -> tuple[dict[str, Sending], dict[str, str]]:
    """(What was sent, what was answered), both by path."""
    sent: dict[str, Sending] = {}
    answered: dict[str, str] = {}
    for file in files:
        for line in file.read_bytes().splitlines():
            entry = msgspec.json.decode(line, type=Sending | Answered)
            if isinstance(entry, Answered):
                answered[entry.path] = entry.body
            else:
                sent[entry.path] = entry
    return sent, answered


class Progress:
    """How many items were answered, over all senders, and a wait for a number of them."""

    def __init__(self) -> None:
        self.count = 0
        self._awaited: dict[int, asyncio.Event] = {}

    def one_more(self) -> None:
        self.count += 1
        if self.count in self._awaited:
            self._awaited[self.count].set()

    async def reached(self, count: int) -> None:
        if self.count < count:
            await self._awaited.setdefault(count, asyncio.Event()).wait()


class Sender:
    """One of several that send at once, each for phones of its own, one request at a time; any server will do."""

    def __init__(
        self, journal: Journal, servers: Sequence[str], rng: random.Random, progress: Progress
    ) -> None:
        self._journal, self._servers, self._progress = journal, servers, progress
        self._rng = random.Random(rng.random())  # noqa: S311 - chance, not a secret
        self._server = self._rng.choice(servers)
        self.trouble: Counter[str] = Counter()  # what was answered in place of an answer
        self.renewed = 0  # pairs of tokens
        self.lost = 0  # pairs whose answer was lost on the way

    async def send_all(self, work: Iterable[tuple[Phone, Item]]) -> None:
        """Send everything, in this order for each phone."""
        async with httpx.AsyncClient(timeout=15) as client:
            for phone, item in work:
                body = item.body.decode() if item.kind == JSON else hashlib.sha256(item.body).hexdigest()
                self._journal.write(Sending(patient_id=phone.patient_id, path=item.path, body=body))
                answer = await self._until_answered(client, phone, item)
                self._journal.write(Answered(path=item.path, body=answer))
                self._progress.one_more()

    async def _until_answered(self, client: httpx.AsyncClient, phone: Phone, item: Item) -> str:
        while True:
            headers = {**phone.headers, "content-type": item.kind}
            answer = await self._ask(client, "PUT", item.path, item.body, headers)
            if answer.status_code == _CREATED:
                return answer.text
            assert answer.status_code == httpx.codes.UNAUTHORIZED, (answer.status_code, answer.text)
            await self._renew(client, phone)

    async def _renew(self, client: httpx.AsyncClient, phone: Phone) -> None:
        """New tokens for the old ones, as the app does it: again with the same, as long as no answer has come."""
        body = msgspec.json.encode({"refresh_token": phone.refresh})
        while True:
            answer = await self._ask(client, "POST", "/v1/tokens", body, {"content-type": JSON})
            assert answer.status_code == _CREATED, (answer.status_code, answer.text)
            self.renewed += 1
            if self._rng.random() >= _LOSES_NEW_TOKENS:
                break
            self.lost += 1
        tokens = msgspec.json.decode(answer.content, type=Tokens)
        phone.access, phone.refresh = tokens.access_token, tokens.refresh_token

    async def _ask(
        self, client: httpx.AsyncClient, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> httpx.Response:
        """The first answer that decides anything, from whichever server gives it."""
        while True:
            try:
                answer = await client.request(method, self._server + path, content=body, headers=headers)
            except httpx.TransportError:
                self.trouble["no answer"] += 1
            else:
                if answer.status_code not in _AGAIN:
                    return answer
                self.trouble[str(answer.status_code)] += 1
            self._server = self._rng.choice(self._servers)
            await asyncio.sleep(self._rng.uniform(*_PAUSE))
