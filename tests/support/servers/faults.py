"""A proxy before a server that speaks HTTP: it does to some requests what networks and stores do.

Whoever uses it says which request meets which fault. It stands before any server, so what the faults do to a
destination is judged by the server itself.
"""

from __future__ import annotations

import http.client
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import ClassVar, NamedTuple
from urllib.parse import urlsplit

from support.servers.ending import EndingServer

BODY = """<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{code}</Message></Error>"""


class Answer(NamedTuple):
    """What is answered."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


Forward = Callable[[], Answer]
Fault = Callable[["Handler", Forward], None]


def refused(status: int, code: str) -> Fault:
    """Return a fault: the request is answered with an error, and not carried out."""

    def fault(handler: Handler, forward: Forward) -> None:  # noqa: ARG001
        handler.answer(_error(status, code))

    return fault


def failed_afterwards(handler: Handler, forward: Forward) -> None:
    """Carry the request out, and say that it failed."""
    forward()
    handler.answer(_error(500, "InternalError"))


def lost(handler: Handler, forward: Forward) -> None:
    """Carry the request out, and answer nothing."""
    forward()
    handler.hang_up()


def unheard(handler: Handler, forward: Forward) -> None:  # noqa: ARG001
    """Do nothing, and answer nothing."""
    handler.hang_up()


def truncated(handler: Handler, forward: Forward) -> None:
    """Carry the request out, and break off in the middle of the answer."""
    answer = forward()
    if answer.body:
        handler.answer(answer, handler.server.cut(len(answer.body)))
    handler.hang_up()


def slow(handler: Handler, forward: Forward) -> None:
    """Carry the request out, and answer too late."""
    forward()
    time.sleep(handler.server.late_seconds)
    handler.hang_up()


FAULTS: dict[str, Fault] = {
    "SlowDown": refused(503, "SlowDown"),
    "InternalError": refused(500, "InternalError"),
    "RequestTimeout": refused(400, "RequestTimeout"),
    "conflict": refused(409, "ConditionalRequestConflict"),
    "failed_afterwards": failed_afterwards,
    "lost": lost,
    "unheard": unheard,
    "truncated": truncated,
    "slow": slow,
    "AccessDenied": refused(403, "AccessDenied"),
}
"""By name. A client that is patient gets through all of them but the last."""
OF_S3 = ("RequestTimeout", "conflict")
"""Those that no other store makes."""
OTHERS: dict[str, Fault] = {"NotImplemented": refused(501, "NotImplemented")}
"""What a store says that cannot do something."""


@dataclass
class Plan:
    """Which requests meet a fault: those from one number on, so many of them."""

    fault: str = ""
    first: int = 0
    """From 1; 0 for none."""
    times: int = 1
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """Requests so far: verb, path and query."""
    uploaded: int = 0
    """Bytes of the parts of files so far."""
    met: int = 0
    """Faults so far."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self, verb: str, path: str, size: int) -> Fault | None:
        """Return what the next request meets, which has so many bytes."""
        with self.lock:
            self.uploaded += size if "partNumber=" in path else 0
            self.asked.append((verb, *path.split("?", 1), "")[:3])
            if not (self.first and self.first <= len(self.asked) < self.first + self.times):
                return None
            self.met += 1
            return {**FAULTS, **OTHERS}[self.fault]


class Proxy(EndingServer):
    """The proxy; ``plan`` may be set at any time."""

    def __init__(self, target: str, tls: Path | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self._scheme = "http" if tls is None else "https"
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls)
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.target = urlsplit(target)
        self.plan = Plan()
        self.late_seconds = 1.0
        self.cut: Callable[[int], int] = lambda size: size // 2

    @property
    def url(self) -> str:
        """Return where it answers."""
        return f"{self._scheme}://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    """One connection to the proxy."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Proxy
    _DROPPED: ClassVar = frozenset({"connection", "transfer-encoding", "content-length"})

    def handle_one_request(self) -> None:
        """Pass one request on, or do to it what is planned."""
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.server.plan.next(self.command, self.path, len(body))
        if fault is None:
            self.answer(self._forward(body))
        else:
            fault(self, lambda: self._forward(body))

    def answer(self, answer: Answer, size: int | None = None) -> None:
        """Send an answer, or so many bytes of its body."""
        self.send_response_only(answer.status)
        for name, text in answer.headers:
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(answer.body if size is None else answer.body[:size])

    def hang_up(self) -> None:
        """Close the connection."""
        self.close_connection = True

    def _forward(self, body: bytes) -> Answer:
        target = self.server.target
        connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=60)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, text in self.headers.items():
                connection.putheader(name, text)
            connection.endheaders(body or None)
            found = connection.getresponse()
            data = found.read()
        finally:
            connection.close()
        headers = [(name, text) for name, text in found.getheaders() if name.lower() not in self._DROPPED]
        length = found.headers.get("Content-Length") if self.command == "HEAD" else str(len(data))
        return Answer(found.status, [*headers, *([("Content-Length", length)] if length else [])], data)


def _error(status: int, code: str) -> Answer:
    body = BODY.format(code=code).encode()
    return Answer(status, [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))], body)


@contextmanager
def before(target: str, tls: Path | None = None) -> Iterator[Proxy]:
    """Run a proxy before a server; with a file of a key and a certificate, over TLS."""
    with Proxy(target, tls).answering() as proxy:
        yield proxy
