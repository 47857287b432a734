"""Who is on duty in the chaos run: they hear of emergencies by webhook, take or leave them, and write to the patient."""

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from tests.prove.fleet import Fleet

# Nobody takes it: its time is over in a moment, so that the run need not last a quarter of an hour. Under the lock that
# everything else takes.
_HURRY = """
    with shifted as (
        update alerts set acknowledge_by = now() + interval '3 seconds', look_at = now() + interval '3 seconds',
                          clock_from = now() - interval '14 minutes 57 seconds'
        where id = $1 and state = 'open' and step = 0
        returning id, look_at
    )
    update due_work d set due_at = s.look_at, fence = d.fence + 1 from shifted s
    where d.kind = 'escalate' and d.subject_id = s.id
"""
_WENT_UP = "select exists (select from deliveries where alert_id = $1 and kind = 'alert_overdue')"


@dataclass
class Staff:
    """Every other emergency they take over HTTP, again until it is answered; the others once these went up the chain."""

    servers: list[str]
    fleet: Fleet
    rng: random.Random
    tokens: dict[str, str] = field(default_factory=dict)  # by clinic
    at_work: asyncio.Event = field(default_factory=asyncio.Event)  # before, they only hear
    taken: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    written: set[UUID] = field(default_factory=set)  # messages to patients
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    broken: list[BaseException] = field(default_factory=list)

    async def hear(self, channel: str, said: dict[str, Any]) -> None:
        """A webhook was called."""
        alert = said.get("data", {}).get("alert")
        if channel != "webhook" or said["type"] != "alert_raised" or alert in self.taken | self.left:
            return
        takes = self.rng.random() < 1 / 2
        (self.taken if takes else self.left).add(alert)
        task = asyncio.create_task(self._take(alert) if takes else self._leave(alert))
        self.tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.broken.append(error)

    async def _take(self, alert: str) -> None:
        await self.at_work.wait()
        async with httpx.AsyncClient(timeout=10) as client:
            while True:
                for token in self.tokens.values():  # whose it is, only that clinic knows
                    answer = await self._ask(client, token, f"/v1/alerts/{alert}/acknowledge", {})
                    if answer is None:
                        continue
                    if answer.status_code == 200:
                        return await self._write(client, token, answer.json()["patient_id"])
                    assert answer.status_code in {404, 409}, answer.text
                await self._pause()

    async def _write(self, client: httpx.AsyncClient, token: str, patient_id: str) -> None:
        """Write to the patient, again under the same id until it is answered."""
        message_id = UUID(int=self.rng.getrandbits(128), version=4)
        draft = {"message_id": str(message_id), "text": "We ring you now.", "urgent": True}
        path = f"/v1/patients/{patient_id}/messages"
        while (answer := await self._ask(client, token, path, draft)) is None:
            await self._pause()
        assert answer.status_code == 201, answer.text
        self.written.add(message_id)

    async def _ask(
        self, client: httpx.AsyncClient, token: str, path: str, body: dict[str, Any]
    ) -> httpx.Response | None:
        """An answer that decides, from whichever server; None where it is to be asked again."""
        headers = {"authorization": f"Bearer {token}"}
        try:
            answer = await client.post(self.rng.choice(self.servers) + path, headers=headers, json=body)
        except httpx.TransportError:
            return None
        return None if answer.status_code in {429, 503} else answer

    async def _pause(self) -> None:
        await asyncio.sleep(self.rng.uniform(0.1, 0.5))

    async def _leave(self, alert: str) -> None:
        """Let its time pass, and take it once it has gone up: else it would be told to everyone again and again."""
        await self.at_work.wait()
        await self._hurry(alert)
        while not await self._went_up(alert):  # noqa: ASYNC110 - a worker does it, and says nothing
            await asyncio.sleep(0.5)
        await self._take(alert)

    async def _went_up(self, alert: str) -> bool:
        try:
            judge = await self.fleet.judge()
            try:
                return bool(await judge.fetchval(_WENT_UP, UUID(alert)))
            finally:
                judge.terminate()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            return False

    async def _hurry(self, alert: str) -> None:
        while True:
            try:
                judge = await self.fleet.judge()
                try:
                    async with judge.transaction():
                        await judge.execute(
                            "select from patients p join alerts a on a.clinic_id = p.clinic_id"
                            " and a.patient_id = p.patient_id where a.id = $1 for update of p",
                            UUID(alert),
                        )
                        await judge.execute(_HURRY, UUID(alert))
                finally:
                    judge.terminate()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
                await asyncio.sleep(0.2)
            else:
                return
