"""The client of S3: whose credentials, which endpoint, and how long it waits.

Credentials are found as AWS's own tools find them: the environment, profiles, roles that are assumed or that a machine
has. None of them is handed to anybody else.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from rowmill.core.errors import UsageError
from rowmill.core.garbage import uncollected
from rowmill.sinks.remote import Remote

_VARIABLES = "AWS_"
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
_REGION = "us-east-1"
"""Where nobody says another one: stores that are no AWS take any."""
_PLAIN = "http://"
_BARE = re.compile(r"[A-Za-z0-9.-]+(:[0-9]+)?/?")
"""A host without a scheme; no password is in it."""
_SERVICES = ("s3", "signin", "sso", "sso-oidc", "sts")
"""Those that hold data, or give credentials."""


@dataclass(slots=True)
class _Held:
    """A client, and the process whose connections it has."""

    api: Any
    process: int


def client(remote: Remote) -> Any:
    """Return the client of this process, the same one as long as nothing changes that it depends on.

    Raises:
        UsageError: if the library is not installed, or a profile cannot be used.
    """
    held = _client(_environment(), remote)
    if held.process != os.getpid():
        # A fork makes connections of its own; all else of a client, and the credentials, it may share.
        held.api.close()
        held.process = os.getpid()
    return held.api


def _environment() -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, text) for name, text in os.environ.items() if name.startswith(_VARIABLES)))


@lru_cache(maxsize=4)
def _client(environment: tuple[tuple[str, str], ...], remote: Remote) -> _Held:
    plain = any(text.startswith(_PLAIN) for name, text in environment if name in _ENDPOINTS)
    with uncollected():
        made = _made(_session(), remote, plain=plain)
        if not plain and made.meta.endpoint_url.startswith(_PLAIN):
            made = _made(_session(), remote, plain=True)
    return _Held(made, os.getpid())


def _session() -> Any:
    try:
        from botocore.session import get_session
    except ImportError:
        raise UsageError("s3:// needs botocore, which is not installed: pip install 'rowmill[s3]'") from None
    return get_session()


def _made(session: Any, remote: Remote, *, plain: bool) -> Any:
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ProfileNotFound
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
    try:
        # Otherwise it looks for each of some four hundred services whether its files are there.
        session.get_component("data_loader").list_available_services = lambda _: _SERVICES
        bundle = session.get_config_variable("ca_bundle")
        if bundle and not Path(bundle).is_file():
            raise UsageError("S3: AWS_CA_BUNDLE, or ca_bundle in the file of AWS_PROFILE, names no file; name one")
        region = session.get_config_variable("region") or os.environ.get("AWS_REGION") or _REGION
        made = session.create_client("s3", region_name=region, config=config)
    except ProfileNotFound:
        raise UsageError("S3: no such profile in the files of AWS's tools; set AWS_PROFILE to one of them") from None
    except (BotoCoreError, ValueError) as error:
        # Its text may hold an address with a password.
        _refuse_bare_endpoint()
        said = f"the settings of AWS in the environment cannot be used ({type(error).__name__})"
        raise UsageError(f"S3: {said}; look at AWS_ENDPOINT_URL, AWS_REGION and the file of AWS_PROFILE") from None
    # A store that is asked whether it wants a body delays each part by the time of an answer.
    made.meta.events.unregister("before-call.s3", add_expect_header)
    return made


def _refuse_bare_endpoint() -> None:
    for name in _ENDPOINTS:
        text = os.environ.get(name, "")
        if _BARE.fullmatch(text):
            raise UsageError(f"S3: {name}: got {text!r}; give https://{text}, or http://{text}") from None
