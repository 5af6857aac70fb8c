"""Logs of the process: one line each, JSON where asked for, with the request's id and never with a token."""

import logging
import logging.config
import re

import structlog
from asgi_correlation_id import correlation_id
from structlog.typing import EventDict, WrappedLogger

from orkwork.core.settings import settings

_SECRETS = re.compile(r"(ork_[0-9A-Za-z]{4})[0-9A-Za-z]+|(?<=token=)[\w.-]+|(?<=orkwork_session=)[\w.-]+")


def _request(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    if request_id := correlation_id.get():
        event["request_id"] = request_id
    return event


def _scrubbed(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    event["event"] = scrub(str(event["event"]))
    return event


def scrub(text: str) -> str:
    """The text without keys, tokens and cookies."""
    return _SECRETS.sub(lambda found: (found.group(1) or "") + "…", text)


def configure() -> None:
    """Set up the root logger by ORKWORK_LOG_JSON and ORKWORK_LOG_LEVEL."""
    before = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _request,
        _scrubbed,
    ]
    last = structlog.processors.JSONRenderer() if settings().log_json else structlog.dev.ConsoleRenderer(colors=False)
    processors = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, last]
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": processors,
                    "foreign_pre_chain": before,
                }
            },
            "handlers": {"out": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "line"}},
            "root": {"handlers": ["out"], "level": settings().log_level},
            "loggers": {"httpx": {"level": "WARNING"}, "celery.app.trace": {"level": "WARNING"}},
        }
    )
