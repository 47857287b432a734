"""The reference: the least that a litestar server can do with a check-in. Same Struct, same pool, one autocommit INSERT."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import msgspec
from litestar import Litestar, put
from litestar.params import FromPath, JSONBody

from aftercare.model.check_ins import CheckInDraft
from aftercare.serving import serve_app

TABLE = (
    "create table if not exists bare (id uuid primary key, at timestamptz not null, answers json not null)"
)
INSERT = "insert into bare (id, at, answers) values ($1, $2, $3)"


class Taken(msgspec.Struct, frozen=True):
    """The least answer."""

    id: UUID


@put("/bare/{id:str}", status_code=201)
async def take(id: FromPath[UUID], data: JSONBody[CheckInDraft]) -> Taken:  # noqa: A002
    """Keep it."""
    pool: asyncpg.Pool = take_pool[0]
    await pool.execute(INSERT, id, data.recorded_at, msgspec.json.encode(data.answers).decode())
    return Taken(id)


take_pool: list[asyncpg.Pool] = []


def bare() -> Litestar:
    """The application, for the server that runs ours."""

    @asynccontextmanager
    async def pool(_: Litestar) -> AsyncIterator[None]:
        size = int(os.environ["BARE_POOL_SIZE"])
        take_pool.append(
            await asyncpg.create_pool(os.environ["BARE_DATABASE_URL"], min_size=1, max_size=size)
        )
        yield
        await take_pool.pop().close()

    return Litestar([take], lifespan=[pool], logging_config=None, openapi_config=None)


if __name__ == "__main__":
    serve_app("tests.bench.bare:bare", "127.0.0.1", int(sys.argv[1]), processes=int(sys.argv[2]))
