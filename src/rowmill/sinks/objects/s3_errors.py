"""What went wrong with a request to S3, in words that name the fix and no secret.

Texts of the library and of stores are never passed on: they may hold addresses with passwords, and key ids.
"""

from __future__ import annotations

from typing import Any

from rowmill.core.errors import DestinationError, DiskError, RowmillError
from rowmill.sinks.objects.patience import Failure

GONE = frozenset({"404", "NoSuchKey", "NoSuchUpload", "NotFound"})
LOST = frozenset({"412", "PreconditionFailed"})
"""A condition on a write was not met."""
UNKNOWN = frozenset({"400", "405", "501", "InvalidRequest", "MethodNotAllowed", "MissingContentMD5", "NotImplemented"})
"""What stores say to a request that they do not know."""
UNREACHED = frozenset({"416", "InvalidRange"})
"""A range has nothing of the object."""
_PASSING = frozenset(
    {
        "BadDigest",
        "ConditionalRequestConflict",
        "IncompleteBody",
        "InternalError",
        "OperationAborted",
        "RequestTimeout",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequests",
        "XAmzContentSHA256Mismatch",
    }
)
_CREDENTIALS = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
_UNTRUSTED = "the certificate of the store cannot be trusted; AWS_CA_BUNDLE names a file with that of whoever signed it"
_NO_SUCH_KEYS = f"the store does not take these credentials; {_CREDENTIALS}"
_FORBIDDEN = "access denied; the key in use must be allowed to list, get, put and delete objects there"
_ELSEWHERE = "the bucket lies in another region; set AWS_REGION to that one"
_FIXES = {
    "301": _ELSEWHERE,
    "403": _FORBIDDEN,
    "AccessDenied": _FORBIDDEN,
    "AllAccessDisabled": _FORBIDDEN,
    "AuthorizationHeaderMalformed": _ELSEWHERE,
    "ExpiredToken": _NO_SUCH_KEYS,
    "IllegalLocationConstraintException": _ELSEWHERE,
    "InvalidAccessKeyId": _NO_SUCH_KEYS,
    "InvalidBucketName": "a bucket cannot have such a name; name another one",
    "InvalidToken": _NO_SUCH_KEYS,
    "NoSuchBucket": "there is no such bucket; create it, or name another one",
    "PermanentRedirect": _ELSEWHERE,
    "RequestTimeTooSkewed": "the clock of this machine is wrong; set it",
    "SignatureDoesNotMatch": _NO_SUCH_KEYS,
}
"""By code: what is wrong, and what to do about it."""


def code_of(error: Exception) -> str:
    """Return the code of an answer that is an error, such as ``NoSuchKey``; empty where there was no answer."""
    answer: Any = getattr(error, "response", None)
    return str(answer.get("Error", {}).get("Code", "")) if isinstance(answer, dict) else ""


def judge(error: Exception) -> Failure:
    """Return why a request failed, and whether it may succeed when it is sent again."""
    from botocore.exceptions import ConnectionError as NoConnectionError
    from botocore.exceptions import HTTPClientError, IncompleteReadError, SSLError
    from botocore.parsers import ResponseParserError

    answer: Any = getattr(error, "response", None)
    if isinstance(answer, dict):
        status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        code = code_of(error)
        return Failure(f"the store says {code or status}", status >= 500 or status == 429 or code in _PASSING)
    if isinstance(error, SSLError):
        return Failure(_UNTRUSTED, passes=False)
    if isinstance(error, IncompleteReadError | ResponseParserError):
        return Failure("the answer broke off", passes=True)
    if isinstance(error, HTTPClientError | NoConnectionError):
        return Failure(f"no answer ({type(error).__name__})", passes=True)
    return Failure(f"no credentials can be had ({type(error).__name__})", passes=False)


def explained(error: Exception, shown: str) -> RowmillError:
    """Return the error of ours that a request ends with.

    Args:
        error: as the library raised it.
        shown: what to call the destination.
    """
    from botocore.exceptions import ClientError

    code, failure = code_of(error), judge(error)
    if code in _FIXES:
        return DestinationError(f"{shown}: {_FIXES[code]} ({code})")
    if failure.passes or isinstance(error, ClientError):
        return DiskError(f"{shown}: {failure.reason}; try again later, a run with --resume")
    fix = "" if failure.reason == _UNTRUSTED else f"; {_CREDENTIALS}"
    return DestinationError(f"{shown}: {failure.reason}{fix}")
