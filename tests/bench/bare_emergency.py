"""The reference of an emergency: a request, a write that is synced, a POST or a mail to whoever listens, another synced write."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import aiosmtplib
import httpx
import msgspec
from litestar import Litestar, put
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody

from aftercare.model.check_ins import CheckInDraft
from aftercare.serving import serve_app


class Passed(msgspec.Struct, frozen=True):
    """The least answer."""

    id: UUID


@put("/bare/{id:str}", status_code=201)
async def take(id: FromPath[UUID], data: JSONBody[CheckInDraft], state: State) -> Passed:  # noqa: A002
    """Keep it, pass it on, keep that it was passed on."""
    await asyncio.to_thread(_keep, state.file, msgspec.json.encode(data))
    await state.passed_on(id)
    await asyncio.to_thread(_keep, state.file, id.bytes)
    return Passed(id)


async def _mailed(id: UUID) -> None:  # noqa: A002
    relay = aiosmtplib.SMTP(
        hostname="127.0.0.1", port=int(os.environ["BARE_RELAY"]), local_hostname="bare.test"
    )
    await relay.connect()
    await relay.sendmail("bare@bare.test", "staff@bare.test", f"Subject: bare\r\n\r\n{id}\r\n")
    relay.close()  # without a goodbye: what has arrived is timed


def _keep(file: int, content: bytes) -> None:
    os.write(file, content)
    os.fsync(file)


def bare() -> Litestar:
    """The application, for the server that runs ours."""

    @asynccontextmanager
    async def running(app: Litestar) -> AsyncIterator[None]:
        app.state.file = os.open(os.environ["BARE_FILE"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        async with httpx.AsyncClient() as client:

            async def posted(id: UUID) -> None:  # noqa: A002
                (await client.post(os.environ["BARE_HOOK"], json={"id": str(id)})).raise_for_status()

            app.state.passed_on = _mailed if "BARE_RELAY" in os.environ else posted
            yield
        os.close(app.state.file)

    return Litestar([take], lifespan=[running], logging_config=None, openapi_config=None)


if __name__ == "__main__":
    serve_app("tests.bench.bare_emergency:bare", "127.0.0.1", int(sys.argv[1]), processes=1)
