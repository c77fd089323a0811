"""A server that hands out tokens as Azure's identities do, has no blob, and writes down what it is asked."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from support.servers.ending import EndingServer
from support.servers.faults import BODY
from support.servers.recorder import Asked

TOKEN = "a-token-canary"


class Entra(EndingServer):
    """The server."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.asked: list[Asked] = []

    @property
    def netloc(self) -> str:
        """Return where it answers, without a scheme."""
        return f"127.0.0.1:{self.server_address[1]}"


class _Answering(BaseHTTPRequestHandler):
    server: Entra

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.server.asked.append(Asked(self.path, body, dict(self.headers)))
        lasts = {"expires_in": 3600, "expires_on": int(dt.datetime.now(dt.UTC).timestamp()) + 3600}
        given = {"access_token": TOKEN, "token_type": "Bearer", "resource": "https://storage.azure.com", **lasts}
        found = "token" in self.path
        text = json.dumps(given) if found else BODY.format(code="BlobNotFound")
        self.send_response_only(200 if found else 404)
        self.send_header("Content-Type", "application/json" if found else "application/xml")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text.encode())


def certificate(folder: Path) -> Path:
    """Return a file with a key and a certificate of this machine's own address."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + dt.timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(key.private_bytes(*form) + made.public_bytes(serialization.Encoding.PEM))
    return path


@contextmanager
def entra(tls: Path | None = None) -> Iterator[Entra]:
    """Run the server."""
    server = Entra()
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    with server.answering():
        yield server
