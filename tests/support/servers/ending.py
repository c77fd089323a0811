"""HTTP servers that leave no thread behind: what is still connected when one ends is hung up on."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import ThreadingHTTPServer
from typing import Any, Self


class EndingServer(ThreadingHTTPServer):
    """Ends every connection when it closes: a thread that waits for a client to speak keeps a process from forking."""

    daemon_threads = False

    def __init__(self, *arguments: Any) -> None:
        self._connected: list[socket.socket] = []
        super().__init__(*arguments)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Take a connection."""
        connection, address = super().get_request()
        self._connected.append(connection)
        return connection, address

    def server_close(self) -> None:
        """Hang up on all who are connected, and wait for their threads."""
        for connection in self._connected:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        super().server_close()

    @contextmanager
    def answering(self) -> Iterator[Self]:
        """Answer meanwhile, in a thread."""
        with self:
            running = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
            running.start()
            try:
                yield self
            finally:
                self.shutdown()
                running.join()
