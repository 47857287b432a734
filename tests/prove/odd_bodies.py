"""Bodies that never end, stand still or lie, each with what it is answered."""

import asyncio
from collections.abc import Awaitable, Callable

from tests.prove.callers import Answer, Call, Caller

Way = Callable[[Caller, Call], Awaitable[Answer]]


async def drip(caller: Caller, call: Call) -> Answer:
    """A body that never ends, a byte at a time."""
    await caller.say(call.head("transfer-encoding: chunked"))
    answer = asyncio.create_task(caller.answer())
    while not answer.done():
        await caller.say(b"1\r\n{\r\n")
        await asyncio.wait([answer], timeout=0.1)
    return await answer


async def pour(caller: Caller, call: Call) -> Answer:
    """A body that never ends, as fast as it is taken."""
    await caller.say(call.head("transfer-encoding: chunked"))
    answer = asyncio.create_task(caller.answer())
    while not answer.done():
        await caller.say(b"8000\r\n" + b"[" * 0x8000 + b"\r\n")
        await asyncio.sleep(0)
    return await answer


async def stand_still(caller: Caller, call: Call) -> Answer:
    """Half a body, and the line left open."""
    await caller.say(call.head() + call.body[: len(call.body) // 2])
    return await caller.answer()


async def say_nothing(caller: Caller, call: Call) -> Answer:
    """A head, and no body."""
    await caller.say(call.head())
    return await caller.answer()


async def promise_more(caller: Caller, call: Call) -> Answer:
    """A body shorter than it was said to be, and our end of the line closed."""
    await caller.say(call.head(f"content-length: {len(call.body) + 1}") + call.body)
    caller.say_no_more()
    return await caller.answer()


async def garble(caller: Caller, call: Call) -> Answer:
    """Chunks without their lengths."""
    await caller.say(call.head("transfer-encoding: chunked") + b"zz\r\n" + call.body)
    return await caller.answer()


async def promise_less(caller: Caller, call: Call) -> Answer:
    """A body longer than it was said to be: the rest is no request either."""
    await caller.say(call.head(f"content-length: {len(call.body) // 2}") + call.body)
    caller.say_no_more()
    return await caller.answer()


async def promise_too_much(caller: Caller, call: Call) -> Answer:
    """More than is taken, said beforehand."""
    await caller.say(call.head("content-length: 10000000000") + call.body)
    return await caller.answer()


ANSWERS: dict[Way, tuple[int, str]] = {
    drip: (408, "/problems/too-slow"),
    stand_still: (408, "/problems/too-slow"),
    say_nothing: (408, "/problems/too-slow"),
    pour: (413, "/problems/too-large"),
    promise_too_much: (413, "/problems/too-large"),
    promise_more: (400, "/problems/cut-short"),
    garble: (400, "/problems/cut-short"),
    promise_less: (400, "/problems/not-json"),
}
HALF_A_PHOTO = (422, "/problems/photo-damaged")  # what was promised of it is whole, and no photo
