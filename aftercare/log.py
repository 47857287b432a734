"""Logs: one JSON line each, classes and ids only; what people wrote and where a request went never enter."""

import logging
import sys

import structlog


def configure_logs(level: str) -> None:
    """Send structured lines to stderr from `level` on."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    # Libraries log addresses and bodies at their lower levels.
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
