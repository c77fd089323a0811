"""One chat completion over HTTP, and what can go wrong with it, sorted by what helps.

A request either brings a reply, or is lost on the way, or comes too early, or is rejected for what it says.
"""

from __future__ import annotations

import json
import queue
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from time import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from rowmill.core.errors import EndpointError, UsageError
from rowmill.llm.budget import Tokens

if TYPE_CHECKING:
    import httpx2

KEY_VARIABLES = ("ROWMILL_LLM_API_KEY", "OPENAI_API_KEY")
BASE_ADDRESS = "the base address of an OpenAI-compatible server, such as https://host/v1"
MAX_BYTES = 4 << 20
"""Longest answer that is read."""
_SHOWN = 160
_SHORTEST_SECRET = 6
"""Characters of a text below which it is no key but a placeholder, which may stand in any word."""
_LOST = frozenset({408, 409, 425, 500, 502, 503, 504, 529})


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered."""

    text: str
    whole: bool
    """Whether the answer ended by itself, not at the limit of tokens."""
    taken: Tokens | None
    """What the endpoint counted; None where it counts nothing."""


class LostRequest(Exception):
    """No answer came: the same request may be sent again."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait
        """Seconds that the endpoint asks to wait, None where it says nothing."""


class NeverSent(LostRequest):
    """There was no connection: nothing went out, and nothing was taken."""


class TooMany(LostRequest):
    """The endpoint wants fewer requests: the same one may be sent later. Nothing was taken."""


class Rejected(Exception):
    """The endpoint refuses what the request says: it may take one that says less. Nothing was taken."""


def read_key(environment: Mapping[str, str]) -> SecretStr:
    """Return the key from the environment.

    Raises:
        UsageError: if there is none, or it cannot be sent; the text never holds it.
    """
    name = next((name for name in KEY_VARIABLES if environment.get(name, "").strip()), None)
    if name is None:
        raise UsageError(
            f"language model: no key; set {KEY_VARIABLES[0]} or {KEY_VARIABLES[1]} in the environment (for a server "
            "without keys, to any text)"
        )
    key = environment[name].strip()
    if not re.fullmatch(r"[!#-&(-\[\]-~]{1,4096}", key):
        raise UsageError(f"{name}: holds spaces or characters that no key has; set it to the key alone")
    return SecretStr(key)


def completions_url(endpoint: str) -> str:
    """Return where chat completions are asked for.

    Raises:
        UsageError: if the endpoint is no plain web address; what it holds is not repeated, for it may be a secret.
    """
    rule = f"give {BASE_ADDRESS}"
    try:
        parts = urlsplit(endpoint.strip())
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        raise UsageError(f"--endpoint: not a web address; {rule}") from None
    if not usable or not endpoint.strip().isascii() or re.search(r"\s", endpoint.strip()):
        raise UsageError(f"--endpoint: not a web address; {rule}")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise UsageError("--endpoint: holds a user name, a query or a fragment; the key belongs in the environment")
    path = parts.path.rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path.removesuffix('/chat/completions')}/chat/completions"


class Client:
    """Chat completions of one endpoint."""

    def __init__(self, url: str, key: SecretStr) -> None:
        """Raise UsageError if the HTTP library is not installed, or takes no such address."""
        try:
            import httpx2
        except ImportError:
            raise UsageError("language model: needs httpx2; pip install 'rowmill[llm]'") from None
        try:
            httpx2.URL(url)
        except httpx2.InvalidURL as error:
            raise UsageError(f"--endpoint: {error}; give the base address of an OpenAI-compatible server") from None
        self._http, self.url, self._key = httpx2, url, key

    def send(self, body: bytes, seconds: float) -> Reply:
        """Send one request, and wait for the whole answer at most so many seconds.

        Raises:
            LostRequest: if no whole answer came.
            NeverSent: if there was no connection.
            TooMany: if the endpoint asks for patience.
            Rejected: if it refuses what the request says.
            UsageError: if it knows neither key nor model.
            EndpointError: if it will not answer.
        """
        answer: queue.SimpleQueue[tuple[int, Mapping[str, str], bytes] | Exception] = queue.SimpleQueue()

        def work() -> None:
            try:
                answer.put(self._post(body, seconds))
            except Exception as error:
                answer.put(error)

        # A thread of its own, for a timeout of the library is one of each read: a slow trickle would never end.
        threading.Thread(target=work, daemon=True, name="llm request").start()
        try:
            found = answer.get(timeout=seconds)
        except queue.Empty:
            raise LostRequest(f"no whole answer within {seconds:.3g} s") from None
        if isinstance(found, (self._http.ConnectError, self._http.ConnectTimeout)):
            raise NeverSent(self.shown(f"{type(found).__name__}: {found}"))
        if isinstance(found, self._http.RequestError):
            raise LostRequest(self.shown(f"{type(found).__name__}: {found}"))
        if isinstance(found, LostRequest):
            raise found
        if isinstance(found, Exception):
            raise EndpointError(f"language model: cannot be asked; {self.shown(f'{type(found).__name__}: {found}')}")
        status, headers, content = found
        return self._reply(content) if status == 200 else self._refuse(status, headers, content)

    def _post(self, body: bytes, seconds: float) -> tuple[int, Mapping[str, str], bytes]:
        headers = {"Authorization": f"Bearer {self._key.get_secret_value()}", "Content-Type": "application/json"}
        with (
            self._http.Client(timeout=seconds, follow_redirects=False) as client,
            client.stream("POST", self.url, content=body, headers=headers) as response,
        ):
            return response.status_code, dict(response.headers), _read(response)

    def _reply(self, content: bytes) -> Reply:
        try:
            found = json.loads(content)
            choice = found["choices"][0]
            message = choice["message"]
            text, refusal, finish = message.get("content"), message.get("refusal"), choice.get("finish_reason")
            taken = _taken(found.get("usage"))
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
            raise LostRequest("the endpoint answered something that is no chat completion") from None
        if refusal or finish == "content_filter":
            raise EndpointError("language model: it refuses to answer; change --prompt or --llm-model")
        if isinstance(text, list):
            text = "".join(
                part["text"] for part in text if isinstance(part, dict) and isinstance(part.get("text"), str)
            )
        # Half a surrogate pair is valid in JSON and in no file.
        clean = text.encode("utf-8", "replace").decode() if isinstance(text, str) else ""
        return Reply(clean, finish != "length", taken)

    def _refuse(self, status: int, headers: Mapping[str, str], content: bytes) -> Reply:
        said = self._said(content)
        wait = retry_after(headers.get("retry-after"))
        if status == 429 and "insufficient_quota" not in said:
            raise TooMany(f"HTTP 429 {said}", wait)
        if status in _LOST:
            raise LostRequest(f"HTTP {status} {said}", wait)
        if status in (400, 422):
            raise Rejected(said)
        if status in (401, 403):
            raise UsageError(f"language model: the endpoint refuses the key (HTTP {status}); check {KEY_VARIABLES[0]}")
        if status == 404:
            raise UsageError(f"language model: not found (HTTP 404) {said}; check --endpoint and --llm-model")
        raise EndpointError(f"language model: HTTP {status} {said}; the endpoint gives no answer".replace(" ;", ";"))

    def _said(self, content: bytes) -> str:
        """Return in one short line what the endpoint says about an error."""
        text = content.decode("utf-8", "replace")
        try:
            error = json.loads(text)["error"]
            text = f"{error.get('code') or ''} {error.get('message') or ''}" if isinstance(error, dict) else str(error)
        except (ValueError, KeyError, TypeError, RecursionError):
            pass
        return self.shown(text)

    def shown(self, text: str) -> str:
        """Return a text that comes from the endpoint as one short line without the key."""
        clean = " ".join("".join(c if c.isprintable() else " " for c in self.without_key(text)).split())
        return clean if len(clean) <= _SHOWN else f"{clean[:_SHOWN]}…"

    def without_key(self, text: str) -> str:
        """Return a text that comes from the endpoint without the key, should it send the key back."""
        key = self._key.get_secret_value()
        return text.replace(key, "[key]") if len(key) >= _SHORTEST_SECRET else text


def retry_after(text: str | None) -> float | None:
    """Return the seconds that a Retry-After header asks for, as a number or a date; None where it says nothing."""
    if text is None:
        return None
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text.strip()):
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time())
    except ValueError:
        return None


def _read(response: httpx2.Response) -> bytes:
    found = bytearray()
    for chunk in response.iter_bytes():
        found += chunk
        if len(found) > MAX_BYTES:
            raise LostRequest(f"the answer is longer than {MAX_BYTES >> 20} MiB")
    return bytes(found)


def _taken(usage: Any) -> Tokens | None:
    """Return what an endpoint counted, if it counted."""
    if not isinstance(usage, dict):
        return None
    asked, answered = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if not isinstance(asked, int) or not isinstance(answered, int) or asked < 1 or answered < 0:
        return None
    return Tokens(asked, answered)
