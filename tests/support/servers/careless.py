"""A store that answers 200 to every condition on a write, and writes over what is there."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.servers import answers, free_ports, program
from support.servers.seaweed import BUCKET, KEY, SECRET


@contextmanager
def careless(folder: Path) -> Iterator[str]:
    """Run it, and yield its address; its one bucket lies in a folder."""
    (folder / BUCKET).mkdir(parents=True)
    (port,) = free_ports(1)
    command = [program("rclone"), "serve", "s3", "--auth-key", f"{KEY},{SECRET}", "--addr", f"127.0.0.1:{port}"]
    with subprocess.Popen(
        [*command, "--config", "/dev/null", "--vfs-cache-mode", "writes", "--cache-dir", folder / "cache", folder],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            while not answers(port):
                assert server.poll() is None
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()
