"""The client of Azure Blob Storage: which account, whose credentials, and how long it waits.

Credentials are found where the Azure command line finds them: a connection string, a key of the account, a shared
access signature; else, where ``azure-identity`` is installed, the identity of a machine, a workload or a user.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import re
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from rowmill.core.errors import UsageError
from rowmill.sinks.remote import Remote

KEYS = (
    "set AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, "
    "or pip install azure-identity for managed identities and az login"
)
_VARIABLES = "AZURE_"
_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
_ENDPOINT = re.compile(r"https?://[^/?#@\s]+(/[^?#@\s]*)?", re.IGNORECASE)
_KEY = re.compile(r"(accountkey|sharedaccesssignature|sig)=", re.IGNORECASE)
"""By which a connection string gives access."""
_SCOPE = "https://storage.azure.com/.default"
_COPY_SECONDS = 3600
"""How long a signature lasts by which the store reads a blob that it copies."""
_LEFT_SECONDS = 300
"""That a token must last for."""


class _Kept:
    """A credential that is asked again only when its token runs out: that of ``az login`` starts a program for it."""

    def __init__(self, credential: Any) -> None:
        self._credential = credential
        self._token: Any = None

    def get_token(self, *scopes: str, **asked: Any) -> Any:
        """Return a token; a new one where the store asked for another."""
        if self._token is None or {"claims", "tenant_id"} & asked.keys() or self._runs_out():
            self._token = self._credential.get_token(*scopes, **asked)
        return self._token

    def _runs_out(self) -> bool:
        return bool(self._token.expires_on - time.time() < _LEFT_SECONDS)


def container(name: str, remote: Remote) -> Any:
    """Return the client of a container, of one account as long as nothing changes that it depends on.

    Raises:
        UsageError: if the library is not installed, or the variables of the environment name no account.
    """
    # A fork makes connections of its own.
    return _account(_environment(), remote, os.getpid()).get_container_client(name)


def as_source(blob: Any) -> dict[str, str]:
    """Return the address and the authorisation by which the store itself reads one of its blobs.

    Args:
        blob: the client of the blob.
    """
    from azure.storage.blob import BlobSasPermissions, generate_blob_sas

    credential = blob.credential
    if hasattr(credential, "get_token"):
        token = credential.get_token(_SCOPE).token
        return {"source_url": blob.url, "source_authorization": f"Bearer {token}"}
    if not hasattr(credential, "account_key"):
        return {"source_url": blob.url}
    signature = generate_blob_sas(
        blob.account_name,
        blob.container_name,
        blob.blob_name,
        account_key=credential.account_key,
        permission=BlobSasPermissions(read=True),
        expiry=dt.datetime.now(dt.UTC) + dt.timedelta(seconds=_COPY_SECONDS),
    )
    return {"source_url": f"{blob.url}?{signature}"}


def _environment() -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, text) for name, text in os.environ.items() if name.startswith(_VARIABLES)))


@lru_cache(maxsize=4)
def _account(environment: tuple[tuple[str, str], ...], remote: Remote, process: int) -> Any:  # noqa: ARG001
    try:
        from azure.core.pipeline.transport import RequestsTransport
        from azure.storage.blob import BlobServiceClient
    except ImportError:
        raise UsageError(
            "az:// needs azure-storage-blob, which is not installed: pip install 'rowmill[azure]'"
        ) from None
    _quieten()
    given = {name: text for name, text in environment if text}
    patience = {"connection_timeout": remote.timeout_seconds, "read_timeout": remote.timeout_seconds}
    transport = RequestsTransport(session=_session(remote), session_owner=False, **patience)
    told: dict[str, Any] = {"transport": transport, "retry_total": 0}
    whole = given.get("AZURE_STORAGE_CONNECTION_STRING")
    if whole is not None and not _KEY.search(whole):
        fix = "give it as the account's page shows it"
        raise UsageError(f"Azure: AZURE_STORAGE_CONNECTION_STRING cannot be used: it has no AccountKey; {fix}")
    try:
        if whole is not None:
            return BlobServiceClient.from_connection_string(whole, **told)
        return BlobServiceClient(_address(given), _credential(given), **told)
    except (TypeError, ValueError):
        # Its text may hold a key.
        named = "AZURE_STORAGE_CONNECTION_STRING" if whole is not None else "AZURE_STORAGE_ENDPOINT"
        raise UsageError(
            f"Azure: {named} cannot be used; give it as the account's page shows it, https:// unless there is a key"
        ) from None


def _quieten() -> None:
    """Keep the library's warnings from standard error where nobody listens to logs: errors are told in our words."""
    library = logging.getLogger("azure")
    if not library.handlers:
        library.addHandler(logging.NullHandler())


def _address(given: Mapping[str, str]) -> str:
    """Return where the account is."""
    endpoint, account = given.get("AZURE_STORAGE_ENDPOINT"), given.get("AZURE_STORAGE_ACCOUNT")
    if endpoint is None and account is None:
        raise UsageError(f"Azure: no account is named; {KEYS}")
    if endpoint is None and _ACCOUNT.fullmatch(account or "") is None:
        raise UsageError("Azure: AZURE_STORAGE_ACCOUNT names no account; those have 3 to 24 small letters and digits")
    if endpoint is not None and _ENDPOINT.fullmatch(endpoint) is None:
        raise ValueError
    return endpoint or f"https://{account}.blob.core.windows.net"


def _credential(given: Mapping[str, str]) -> Any:
    """Return who asks."""
    key, signature = given.get("AZURE_STORAGE_KEY"), given.get("AZURE_STORAGE_SAS_TOKEN")
    if key is not None:
        account = given.get("AZURE_STORAGE_ACCOUNT")
        if account is None:
            raise UsageError("Azure: AZURE_STORAGE_KEY is of no account; set AZURE_STORAGE_ACCOUNT too")
        return {"account_name": account, "account_key": key}
    if signature is not None:
        return signature.lstrip("?")
    try:
        from azure.identity import DefaultAzureCredential
    except ImportError:
        raise UsageError(f"Azure: no credentials; {KEYS}") from None
    return _Kept(DefaultAzureCredential())


def _session(remote: Remote) -> Any:
    """Return what sends requests: it reads an answer whole, so that one that breaks off is a request that failed."""
    from requests import Session
    from requests.adapters import HTTPAdapter

    def read_whole(answer: Any, **_: Any) -> None:
        answer.content  # noqa: B018 - it is kept

    made = Session()
    made.hooks["response"].append(read_whole)
    # Else a line of ~/.netrc would take the place of the signature.
    made.auth = lambda request: request
    # Files are copied at once, and the blocks of each.
    adapter = HTTPAdapter(pool_maxsize=remote.transfers**2 + 4, max_retries=0)
    for scheme in ("https://", "http://"):
        made.mount(scheme, adapter)
    return made
