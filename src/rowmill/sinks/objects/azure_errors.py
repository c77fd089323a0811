"""What went wrong with a request to Azure, in words that name the fix and no secret.

Texts of the library and of stores are never passed on: they may hold addresses with signatures.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator

from rowmill.core.errors import DestinationError, DiskError, RowmillError
from rowmill.sinks.objects.azure_client import KEYS
from rowmill.sinks.objects.patience import Failure

GONE = frozenset({"404", "BlobNotFound"})
LOST = frozenset({"412", "BlobAlreadyExists", "ConditionNotMet"})
"""A condition on a write was not met."""
UNREACHED = frozenset({"416", "InvalidRange"})
"""A range has nothing of the blob."""
DROPPED = frozenset({"InvalidBlockList"})
"""Blocks that wait are gone: something else was written to their blob."""
_PASSING = frozenset({"InternalError", "OperationTimedOut", "ServerBusy"})
_COPYING = "CannotVerifyCopySource"
_NO_SUCH_KEYS = f"the store does not take these credentials, or the clock of this machine is wrong; {KEYS}"
_FORBIDDEN = "access denied; who asks must be allowed to list, read, write and delete blobs there"
_NO_SUCH_NAME = "a container cannot have such a name; name another one"
_FIXES = {
    "403": _FORBIDDEN,
    "AuthenticationFailed": _NO_SUCH_KEYS,
    "AuthorizationFailure": f"{_FORBIDDEN}, with a key that is right, and through the firewall of the account",
    "AuthorizationPermissionMismatch": f"{_FORBIDDEN}: the role Storage Blob Data Contributor, or a SAS with racwdl",
    "AuthorizationProtocolMismatch": _FORBIDDEN,
    "AuthorizationResourceTypeMismatch": _FORBIDDEN,
    "AuthorizationServiceMismatch": _FORBIDDEN,
    "AuthorizationSourceIPMismatch": _FORBIDDEN,
    "AzureSigningError": "the key of the account is none; copy it whole from the page of the account's access keys",
    _COPYING: "the store may not read what it is to copy; a firewall, or the addresses of a SAS, keep it from that",
    "ContainerNotFound": "there is no such container; create it, or name another one",
    "InsufficientAccountPermissions": _FORBIDDEN,
    "InvalidAuthenticationInfo": _NO_SUCH_KEYS,
    "InvalidResourceName": _NO_SUCH_NAME,
    "KeyBasedAuthenticationNotPermitted": "the account takes no keys; use an identity: pip install azure-identity",
    "NoAuthenticationInformation": _NO_SUCH_KEYS,
    "OutOfRangeInput": _NO_SUCH_NAME,
    "PublicAccessNotPermitted": _NO_SUCH_KEYS,
}
"""By code: what is wrong, and what to do about it."""


def code_of(error: Exception) -> str:
    """Return the code of an answer that is an error, such as ``BlobNotFound``; empty where there was no answer."""
    found = getattr(error, "error_code", None)
    code, status = str(getattr(found, "value", found) or ""), str(getattr(error, "status_code", None) or "")
    # What is to be copied is gone.
    return status if code == _COPYING and status != "403" else code or status


def judge(error: Exception) -> Failure:
    """Return why a request failed, and whether it may succeed when it is sent again."""
    from azure.core.exceptions import AzureError, ClientAuthenticationError, DecodeError, HttpResponseError

    code, status = code_of(error), getattr(error, "status_code", None) or 0
    if isinstance(error, DecodeError):
        return Failure("the answer broke off", passes=True)
    if isinstance(error, ClientAuthenticationError) and not getattr(error, "error_code", None):
        return Failure(f"no credentials can be had ({type(error).__name__}); {KEYS}", passes=False)
    if isinstance(error, HttpResponseError) and status:
        return Failure(f"the store says {code}", status >= 500 or status in (408, 429) or _source(error) in _PASSING)
    below = list(_below(error))
    if any(isinstance(each, socket.gaierror) and each.errno == socket.EAI_NONAME for each in below):
        return Failure("there is no host of that name; look at AZURE_STORAGE_ACCOUNT", passes=False)
    if any("SSL" in type(each).__name__ for each in below):
        return Failure("the certificate of the store cannot be trusted", passes=False)
    return Failure(f"no answer ({type(error).__name__})", isinstance(error, AzureError))


def explained(error: Exception, shown: str) -> RowmillError:
    """Return the error of ours that a request ends with.

    Args:
        error: as the library raised it.
        shown: what to call the destination.
    """
    code, failure = code_of(error), judge(error)
    for known in (code, type(error).__name__):
        if known in _FIXES:
            return DestinationError(f"{shown}: {_FIXES[known]} ({known})")
    if failure.passes or code:
        return DiskError(f"{shown}: {failure.reason}; try again later, a run with --resume")
    return DestinationError(f"{shown}: {failure.reason}")


def _source(error: Exception) -> str:
    """Return what the source of a copy answered; empty where nothing was copied."""
    answer = getattr(error, "response", None)
    return "" if answer is None else str(answer.headers.get("x-ms-copy-source-error-code") or "")


def _below(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those that it comes from."""
    seen: set[int] = set()
    left: list[object] = [error]
    while left:
        each = left.pop()
        if isinstance(each, BaseException) and id(each) not in seen:
            seen.add(id(each))
            yield each
            left += [each.__cause__, each.__context__, *each.args]
            left += [getattr(each, name, None) for name in ("inner_exception", "reason")]
