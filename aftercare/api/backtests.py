"""A pack tried on the clinic's own history, told line by line as it is found out."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, post
from litestar.background_tasks import BackgroundTask
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody, PathParameter
from litestar.response import Stream

from aftercare.api.problems import problem_of
from aftercare.api.who import practitioner_or_admin
from aftercare.errors import AftercareError
from aftercare.model.backtests import Said
from aftercare.model.people import Actor
from aftercare.services import backtest
from aftercare.services.house import House

StaffRequest = Request[Actor, Any, Any]
PackNumber = Annotated[
    int, PathParameter(ge=0, le=2**31 - 1, description="The pack's number; 0 is the shipped one.")
]
LINES = "application/x-ndjson"


class BacktestController(Controller):
    """Back-tests."""

    tags = ("rule packs",)

    @post(
        "/v1/rule-packs/{number:str}/simulate",
        guards=[practitioner_or_admin],
        status_code=200,
        summary="Try a pack on the clinic's own history",
        media_type=LINES,
        responses={
            200: ResponseSpec(
                Said, description="Lines, each one of these.", media_type=LINES, generate_examples=False
            )
        },
    )
    async def simulate(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        number: PackNumber,
        data: JSONBody[backtest.BacktestDraft],
    ) -> Stream:
        """Lines of JSON, told by `type`: `progress`, `difference`, and `summary` as the last one.

        A `difference` is an alert that the pack gains, loses, changes or misses beside today's; `progress` says how many
        patients are `done`. One that breaks off ends with a problem. Nothing is sent or kept; it ends with the connection.
        """
        trial = await backtest.prepare(house.database, request.user, number, data, now=house.now())
        said = backtest.run(house.judges, house.database, trial)
        # Whatever refuses it does so before the first line, when there is still a status to say it with.
        lines = _lines(await anext(said), said)

        async def end() -> None:
            """Whoever hangs up leaves both where they are: neither waits for the garbage collector."""
            await lines.aclose()
            await said.aclose()

        return Stream(lines, media_type=LINES, background=BackgroundTask(end))


async def _lines(first: Said, rest: AsyncGenerator[Said]) -> AsyncGenerator[bytes]:
    yield _line(first)
    try:
        async for said in rest:
            yield _line(said)
    except AftercareError as error:
        yield _line(problem_of(error))


def _line(said: msgspec.Struct) -> bytes:
    return msgspec.json.encode(said) + b"\n"
