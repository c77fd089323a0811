"""A server that writes down what it is asked, hands out credentials as AWS's services do, and has no object.

It is STS, the metadata of a machine that has a role (``AWS_EC2_METADATA_SERVICE_ENDPOINT``), and those of a container
(``AWS_CONTAINER_CREDENTIALS_FULL_URI``, at ``/container``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import NamedTuple

from support.servers.ending import EndingServer
from support.servers.faults import BODY

STS_KEY, STS_TOKEN = "ASIAROWMILLTEST", "a-session-token"
_GIVEN = """<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result><Credentials>
<AccessKeyId>{key}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>{token}</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></{action}Result></{action}Response>"""

MACHINE_TOKEN, CONTAINER_TOKEN = "a-token-of-the-machine", "a-token-of-the-container"
_ROLES = "/latest/meta-data/iam/security-credentials/"
_HELD = json.dumps(
    {
        "Code": "Success",
        "Type": "AWS-HMAC",
        "AccessKeyId": STS_KEY,
        "SecretAccessKey": "secret",
        "Token": STS_TOKEN,
        "Expiration": "2099-01-01T00:00:00Z",
    }
)
_PAGES = {_ROLES: ("machine", "writer"), f"{_ROLES}writer": ("machine", _HELD), "/container": ("container", _HELD)}
"""Of what hands out the role of a machine or of a container: who may see each, and what it says."""


class Asked(NamedTuple):
    """One request."""

    path: str
    body: str
    headers: dict[str, str]

    @property
    def key(self) -> str:
        """Return the key that signed it."""
        return self.headers.get("Authorization", "").partition("Credential=")[2].partition("/")[0]


class Recorder(EndingServer):
    """The server."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Recording)
        self.asked: list[Asked] = []

    @property
    def url(self) -> str:
        """Return where it answers."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Recording(BaseHTTPRequestHandler):
    server: Recorder

    def do_GET(self) -> None:
        who, text = _PAGES.get(self.path, ("", ""))
        shown = {
            "machine": self.headers.get("x-aws-ec2-metadata-token") == MACHINE_TOKEN,
            "container": self.headers.get("Authorization") == CONTAINER_TOKEN,
        }
        if not who:
            self._answer(404, BODY.format(code="NoSuchKey"))
        else:
            self._answer(*((200, text) if shown[who] else (401, "")))

    def do_PUT(self) -> None:
        self._answer(200, MACHINE_TOKEN if self.path == "/latest/api/token" else "")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        action = body.partition("Action=")[2].partition("&")[0]
        self._answer(200, _GIVEN.format(action=action, key=STS_KEY, token=STS_TOKEN), body)

    def _answer(self, status: int, text: str, body: str = "") -> None:
        self.server.asked.append(Asked(self.path, body, dict(self.headers)))
        self.send_response_only(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())


@contextmanager
def recorder() -> Iterator[Recorder]:
    """Run the server."""
    with Recorder().answering() as server:
        yield server
