"""The client of S3: whose credentials, which endpoint, and how long it waits.

Credentials are found as AWS's own tools find them: the environment, profiles, roles that are assumed or that a machine
has. None of them is handed to anybody else.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

from rowmill.core.errors import UsageError
from rowmill.sinks.remote import Remote

_VARIABLES = "AWS_"
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
_REGION = "us-east-1"
"""Where nobody says another one: stores that are no AWS take any."""
_PLAIN = "http://"


def client(remote: Remote) -> Any:
    """Return the client of this process, the same one as long as nothing changes that it depends on.

    Raises:
        UsageError: if the library is not installed, or a profile cannot be used.
    """
    return _client(os.getpid(), _environment(), remote)


def _environment() -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, text) for name, text in os.environ.items() if name.startswith(_VARIABLES)))


@lru_cache(maxsize=2)
def _client(process: int, environment: tuple[tuple[str, str], ...], remote: Remote) -> Any:  # noqa: ARG001
    """Return a client; no connection of one may be used by two processes."""
    session = _session(environment)
    plain = any(os.environ.get(name, "").startswith(_PLAIN) for name in _ENDPOINTS)
    made = _made(session, remote, plain=plain)
    if not plain and made.meta.endpoint_url.startswith(_PLAIN):
        return _made(session, remote, plain=True)
    return made


@lru_cache(maxsize=2)
def _session(environment: tuple[tuple[str, str], ...]) -> Any:  # noqa: ARG001
    """Return what finds credentials, and has read what describes the service; processes that are forked share it."""
    try:
        from boto3.session import Session
    except ImportError:
        raise UsageError("s3:// needs boto3, which is not installed: pip install 'rowmill[s3]'") from None
    return Session()


def _made(session: Any, remote: Remote, *, plain: bool) -> Any:
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError
    from botocore.handlers import add_expect_header

    config = Config(
        signature_version="s3v4",
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        retries={"total_max_attempts": 1},
        connect_timeout=remote.timeout_seconds,
        read_timeout=remote.timeout_seconds,
        max_pool_connections=remote.transfers + 4,
        tcp_keepalive=True,
        **({"s3": {"addressing_style": "path"}} if plain else {}),
    )
    region = session.region_name or _REGION
    try:
        made = session.client("s3", region_name=region, config=config)
    except (BotoCoreError, ValueError) as error:
        raise UsageError(f"s3://: the settings of AWS in the environment cannot be used: {error}") from None
    # A store that is asked whether it wants a body delays each part by the time of an answer.
    made.meta.events.unregister("before-call.s3", add_expect_header)
    return made
