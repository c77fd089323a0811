"""A PostgreSQL server of its own for tests: in a temporary folder, on a port of its own, gone with the tests."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from support.servers import free_ports
from support.servers.shared import Start, shared

OWNER = "postgres"
"""Who runs the server where the tests run as root, which it refuses to; the user of its URLs as well."""
GUARDED = "guarded"
"""A user who needs a password, once a test makes him."""
_DEBIAN = Path("/usr/lib/postgresql")
_SECONDS = 60.0
_NONE = "NO POSTGRESQL SERVER HERE: apt-get install postgresql; nothing of it is tested"
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "jit": "off",
    "listen_addresses": "127.0.0.1",
    "log_min_messages": "fatal",
    "max_wal_size": "4GB",
}


@dataclass(frozen=True, slots=True)
class Server:
    """One server: its folder holds the data, the log and the socket."""

    folder: Path
    port: int

    def url(self, database: str = OWNER, schema: str | None = None, user: str = OWNER) -> str:
        """Return the URL of a database, or of a schema of it; a password may follow the user after a colon."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}" + (f"?schema={schema}" if schema else "")

    def environment(self) -> dict[str, str]:
        """Return the variables by which programs find it without being told."""
        return {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": OWNER}

    def do(self, *statements: str, database: str = OWNER) -> list[tuple[Any, ...]]:
        """Do what an owner of the server can; return what the last statement finds."""
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            for statement in statements:
                done = connection.execute(statement)
            return done.fetchall() if done.description else []

    def make(self) -> None:
        """Make its data folder."""
        self._run("initdb", "-U", OWNER, "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        rules = self.folder / "data" / "pg_hba.conf"
        rules.write_text(f"host all {GUARDED} all scram-sha-256\n{rules.read_text()}")

    @property
    def options(self) -> list[str]:
        """Return the words that tell it its settings."""
        settings = {**_SETTINGS, "port": str(self.port), "unix_socket_directories": ""}
        return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._run("pg_ctl", "-l", str(self.folder / "log"), "-w", "-o", " ".join(self.options), "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop it, by default as a crash would."""
        self._run("pg_ctl", "-m", mode, "-w", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        folder = binaries()
        assert folder is not None
        command = [str(folder / program), "-D", str(self.folder / "data"), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", OWNER, "--", *command]
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            timeout=_SECONDS,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stdout.decode(errors='replace')}")


def binaries() -> Path | None:
    """Return the folder of the newest server that is installed; None where there is none."""
    found = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    path = found[-1] if found else shutil.which("initdb")
    return None if path is None else Path(path).parent


def new_server() -> Server:
    """Return a server that was just started; it stops, and its folder goes, with this process."""
    if binaries() is None:
        pytest.skip(_NONE)
    folder = Path(tempfile.mkdtemp(prefix="rowmill-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, OWNER)
    server = Server(folder, free_ports(1)[0])
    atexit.register(_end, server, os.getpid())
    server.make()
    server.start()
    return server


@cache
def shared_server() -> Server:
    """Return the server of this process, which tests share: each has a schema or a database of its own.

    It ends with the process, however that ends.
    """
    if binaries() is None:
        pytest.skip(_NONE)
    import psycopg

    told = shared(f"postgres-{os.getpid()}", _start)
    server, until = Server(Path(told["folder"]), told["port"]), time.monotonic() + _SECONDS
    while True:
        try:
            server.do("SELECT 1")
        except psycopg.OperationalError:
            # It listens before it answers.
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return server


def _start(data: Path) -> Start:
    folder = binaries()
    assert folder is not None
    server = Server(data.parent, free_ports(1)[0])
    if os.geteuid() == 0:
        shutil.chown(data, OWNER)
    server.make()
    return {
        "command": [str(folder / "postgres"), "-D", str(data), *server.options],
        "environment": {},
        "ports": [server.port],
        "tells": {"folder": str(server.folder), "port": server.port},
        "user": OWNER if os.geteuid() == 0 else None,
        "signal": signal.SIGQUIT,
    }


def _end(server: Server, process: int) -> None:
    if os.getpid() == process:
        with suppress(RuntimeError):
            server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)
