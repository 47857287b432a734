"""The process in which a clinic's history is judged again: `python -m aftercare.services.backtest_worker`.

Judging is work for a processor, and the service's own belongs to check-ins. Frames of four bytes of length (big-endian) and
content: first a `Trial`, then histories as PostgreSQL gave them; up comes what they come to. It has no sockets and none of
the service's settings. Started and ended by `Judges` only.
"""

import os
import signal
import sys
from typing import BinaryIO

import msgspec

from aftercare.alerts.comparing import Trial, try_on
from aftercare.model.backtests import History, Part

LENGTH_BYTES = 4
_NICE = 10  # no check-in and no photo waits for a back-test

_trial = msgspec.msgpack.Decoder(Trial)
_histories = msgspec.json.Decoder(list[History])


def main() -> None:
    """Answer histories on standard input until it ends."""
    os.nice(_NICE)
    # Sent to every process of the service, which finishes its requests first and then ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    asked, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not end up between the frames
    first = _read(asked)
    if first is None:
        return
    trial = _trial.decode(first)
    while (batch := _read(asked)) is not None:
        content = msgspec.msgpack.encode(try_all(trial, _histories.decode(batch)))
        answers.write(len(content).to_bytes(LENGTH_BYTES, "big") + content)
        answers.flush()


def try_all(trial: Trial, histories: list[History]) -> Part:
    """What several patients come to, with every difference."""
    whole = Part()
    for history in histories:
        part = try_on(trial, history)
        whole.add(part)
        whole.differences += part.differences
    return whole


def _read(asked: BinaryIO) -> bytes | None:
    length = asked.read(LENGTH_BYTES)
    if len(length) < LENGTH_BYTES:
        return None
    content = asked.read(int.from_bytes(length, "big"))
    return content if len(content) == int.from_bytes(length, "big") else None


if __name__ == "__main__":
    main()
