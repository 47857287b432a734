"""Logs: what goes wrong in a library or is caught by nobody is a line without what it said."""

import json
import subprocess
import sys
from typing import Any

WORD = "Kestrel"
_SCRIPT = """
import asyncio, gc, logging, sys, threading
import structlog
from aftercare.log import configure_logs

configure_logs("DEBUG")
word = sys.argv[1]
logging.getLogger("httpish").debug(f"send_request_headers.started headers=[{word}]")
logging.getLogger("httpish").warning("Retrying %s", word)
logging.getLogger("_granian").error(f"Application callable raised an exception\\nTraceback\\nValueError: {word}")

def fail(*_):
    raise ValueError(f"row ({word})")

class Unraisable:
    def __del__(self):
        fail()

async def main():
    forgotten = asyncio.create_task(asyncio.sleep(0))
    asyncio.get_running_loop().call_soon(fail, word)
    async def alone():
        fail()
    task = asyncio.create_task(alone())
    await asyncio.wait([task])
    del task
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        structlog.get_logger().warning("request_failed", error="ValueError")

asyncio.run(main())
gc.collect()
Unraisable()
thread = threading.Thread(target=fail)
thread.start()
thread.join()
fail()
"""


def _logged() -> tuple[str, list[dict[str, Any]], int]:
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, WORD], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == ""
    return done.stderr, [json.loads(line) for line in done.stderr.splitlines()], done.returncode


def test_whatever_fails_is_one_json_line_with_its_class_and_place_and_none_of_its_words() -> None:
    text, lines, code = _logged()
    assert WORD not in text
    assert code == 1
    failed = [line for line in lines if line.get("error") == "ValueError"]
    # The loop's callback, the task, the finaliser, the thread, the end; and the request.
    assert [line["event"] for line in failed].count("library") == 2
    assert [line["event"] for line in failed].count("uncaught") == 3
    assert all(line["frames"][-1].endswith(":fail") for line in failed if "frames" in line)
    (request,) = [line for line in failed if line["event"] == "request_failed"]
    assert request["request_id"] == "r-1"
    assert [line["message"] for line in lines if line.get("logger") == "httpish" and "message" in line] == [
        "Retrying %s"
    ]
    (server,) = [line for line in lines if line.get("logger") == "_granian"]
    assert server["message"] == "Application callable raised an exception"
