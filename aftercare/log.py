"""Logs: one JSON line each, classes and ids only; what people wrote and where a request went never enter.

Libraries log too: the server its callers' exceptions, the event loop those that nobody awaited, at DEBUG an HTTP client
each header. What such a message says may hold anything, so that of a library's record only what was written in its source
is kept: the logger, the place, the message before anything is put into it, and of an exception its class and its frames.
"""

import logging
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final

import msgspec
import structlog

_FRAMES: Final = 12


class Lines(logging.Handler):
    """A library's record as a line of ours."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write what its source says, and nothing that was put into it."""
        with suppress(Exception):  # what cannot be logged must not end what was being done
            line = {
                "event": "library",
                "level": record.levelname.lower(),
                "logger": record.name,
                "at": f"{record.module}:{record.lineno}:{record.funcName}",
            }
            # Without arguments it may have been put together before; the server's own words end at a colon.
            if record.args and isinstance(record.msg, str):
                line["message"] = record.msg
            elif record.name.startswith("_granian"):
                line["message"] = str(record.msg).partition("\n")[0].partition(":")[0]
            if record.exc_info and record.exc_info[0] is not None:
                line |= _exception(record.exc_info[0], record.exc_info[2])
            _write(line)


# For the server, which sets up its logging by itself and would write whole tracebacks.
SERVER_LOGGING: Final[dict[str, Any]] = {
    "handlers": {"lines": {"class": "aftercare.log.Lines"}},
    "formatters": {},
    "loggers": {
        name: {"handlers": ["lines"], "level": "WARNING", "propagate": False}
        for name in ("_granian", "granian.access")
    },
}


def configure_logs(level: str) -> None:
    """Send structured lines to stderr from `level` on; libraries' from WARNING on, or with DEBUG all."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    from_libraries = logging.DEBUG if level == "DEBUG" else logging.WARNING
    logging.basicConfig(level=from_libraries, handlers=[Lines()], force=True)
    sys.excepthook = _ended
    sys.unraisablehook = lambda one: _ended(one.exc_type, one.exc_value, one.exc_traceback)
    threading.excepthook = lambda one: _ended(one.exc_type, one.exc_value, one.exc_traceback)


def frames(trace: TracebackType | None) -> list[str]:
    """Where something happened, the innermost last, without what it says."""
    found = []
    while trace is not None:
        code = trace.tb_frame.f_code
        found.append(f"{code.co_filename.rsplit('aftercare/', 1)[-1]}:{trace.tb_lineno}:{code.co_name}")
        trace = trace.tb_next
    return found[-_FRAMES:]


def _exception(kind: type[BaseException], trace: TracebackType | None) -> dict[str, Any]:
    return {"error": kind.__name__, "frames": frames(trace)}


def _ended(kind: type[BaseException], _: BaseException | None, trace: TracebackType | None) -> None:
    """What nobody caught, without its words: they may be a row's."""
    _write({"event": "uncaught", "level": "critical", **_exception(kind, trace)})


def _write(line: dict[str, Any]) -> None:
    line["timestamp"] = datetime.now(UTC).isoformat()
    sys.stderr.write(msgspec.json.encode(line).decode() + "\n")
    sys.stderr.flush()
