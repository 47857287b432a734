"""Receivers with moods: each address answers in its own way, and everything that came is on record with its time."""

import asyncio
import itertools
import json
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec

from tests.e2e.push_service import Browser
from tests.e2e.receivers import CUT, HANG, Exchange, SmtpReceiver, WebhookReceiver

RETRY_AFTER = 3
HTTP_MOODS = ("ok", "410", "404", "400", "403", "413", "429", "500", "503", "hang", "cut")
MAIL_MOODS = {
    "ok": "",
    "gone": "550 5.1.1 no such mailbox",
    "refused": "554 5.7.1 not taken",
    "busy": "451 4.3.0 later",
    "full": "452 4.2.2 mailbox full",
    "hang": HANG,
    "cut": CUT,
}
# What always answers the same: the address is gone, or this message is.
_FOR_GOOD = {"410", "400", "413", "gone", "refused"}
HANG_SECONDS = 30.0


class Came(msgspec.Struct, frozen=True):
    """One attempt as its receiver saw it."""

    channel: str
    mood: str
    address: str
    delivery: UUID
    at: float  # monotonic
    taken: bool


class Record:
    """Everything that came, over all channels."""

    def __init__(self, *, faults_first: int) -> None:
        """So many attempts of each delivery fail, then it is taken."""
        self.faults_first = faults_first
        self.came: list[Came] = []
        self.seen: Counter[tuple[str, UUID]] = Counter()
        self.heard: dict[UUID, float] = {}  # delivery -> when it was first taken

    def enter(self, channel: str, mood: str, address: str, delivery: UUID) -> bool:
        """Note an attempt; True if it is to be taken."""
        self.seen[channel + address, delivery] += 1
        tries = self.seen[channel + address, delivery]
        always = mood in _FOR_GOOD or (mood == "404" and channel == "webpush")
        taken = mood == "ok" or (not always and tries > self.faults_first)
        now = time.monotonic()
        self.came.append(Came(channel, mood, address, delivery, now, taken))
        if taken:
            self.heard.setdefault(delivery, now)
        return taken

    def attempts(self, *moods: str) -> dict[str, int]:
        """How often each address of these moods was tried."""
        found = Counter(f"{one.channel} {one.address}" for one in self.came if one.mood in moods)
        return dict(found)

    def copies(self) -> int:
        """Deliveries taken more than once, beyond the first time: all with the same id."""
        taken = Counter((one.channel, one.address, one.delivery) for one in self.came if one.taken)
        return sum(count - 1 for count in taken.values())

    def too_soon(self) -> list[float]:
        """Seconds between two attempts of a delivery that was told to wait, where they are too few."""
        by_delivery: dict[tuple[str, UUID], list[float]] = defaultdict(list)
        for one in self.came:
            if one.mood == "429":
                by_delivery[one.address, one.delivery].append(one.at)
        gaps = [
            later - before
            for times in by_delivery.values()
            for before, later in itertools.pairwise(times[: self.faults_first + 1])
        ]
        return [gap for gap in gaps if gap < RETRY_AFTER]


class MoodyServer(WebhookReceiver):
    """Webhooks, a push service and an SMS gateway in one; paths and numbers name the mood."""

    def __init__(self, record: Record) -> None:
        super().__init__(self._answer_in_a_mood)
        self.record = record
        self.on_taken: Callable[[str, dict[str, Any]], Awaitable[None]] | None = None
        self._browsers: dict[str, Browser] = {}
        self._numbers: dict[str, str] = {}

    def hook(self, clinic: str, mood: str) -> str:
        """An address of a webhook."""
        return f"http://127.0.0.1:{self.port}/webhook/{clinic}/{mood}"

    def subscription(self, clinic: str, mood: str) -> str:
        """A push subscription as a browser gives it."""
        path = f"/webpush/{clinic}/{mood}"
        self._browsers[path] = Browser(f"http://127.0.0.1:{self.port}{path}")
        return self._browsers[path].json

    def number(self, mood: str) -> str:
        """A telephone number of nobody's."""
        number = f"+4479009{len(self._numbers):05}"
        self._numbers[number] = mood
        return number

    @property
    def gateway(self) -> str:
        """Where SMS are handed in."""
        return f"http://127.0.0.1:{self.port}/sms"

    async def _answer_in_a_mood(self, exchange: Exchange) -> None:
        request = exchange.request
        channel = request.target.split("/")[1]
        said: dict[str, Any]
        if channel == "sms":
            said = json.loads(request.body)
            address = said["to"]
            mood, delivery = self._numbers[address], UUID(said["reference"])
        else:
            address, mood = request.target, request.target.rpartition("/")[2]
            if channel == "webpush":
                said = json.loads(self._browsers[request.target].open(request.body))
                delivery = UUID(said["id"])
            else:
                said, delivery = json.loads(request.body), UUID(request.headers["webhook-id"])
        taken = self.record.enter(channel, mood, address, delivery)
        if taken and self.on_taken is not None:
            await self.on_taken(channel, said)
        await self._answer(exchange, "ok" if taken else mood)

    async def _answer(self, exchange: Exchange, mood: str) -> None:
        if mood == "hang":
            try:
                async with asyncio.timeout(HANG_SECONDS):
                    await exchange.hang()
                    return
            except TimeoutError:
                mood = "ok"
        if mood == "cut":
            exchange.cut()
        elif mood == "ok":
            await exchange.answer(201)
        else:
            more = [f"Retry-After: {RETRY_AFTER}"] if mood == "429" else []
            await exchange.answer(int(mood), *more)


class MoodyRelay(SmtpReceiver):
    """A mail relay whose mood is the local part of the recipient."""

    def __init__(self, record: Record) -> None:
        super().__init__()
        self.record = record

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        message = msgspec.convert(envelope.original_content, bytes).decode("ascii")
        found = next(line for line in message.splitlines() if line.lower().startswith("message-id:"))
        delivery = UUID(found.partition("<")[2].partition("@")[0])
        (address,) = envelope.rcpt_tos
        mood = address.partition("@")[0].rpartition("-")[2]
        mood = mood if mood in MAIL_MOODS else "ok"
        if self.record.enter("smtp", mood, address, delivery):
            return "250 2.0.0 taken"
        if MAIL_MOODS[mood] == CUT:
            server.transport.abort()
        if MAIL_MOODS[mood] in {HANG, CUT}:
            await asyncio.wait([asyncio.create_task(self._ended.wait())], timeout=HANG_SECONDS)
        return MAIL_MOODS[mood] if MAIL_MOODS[mood] not in {HANG, CUT} else "421 4.3.2 closing"
