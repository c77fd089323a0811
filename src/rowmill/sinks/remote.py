"""How a destination behind a network is reached. Nothing here changes what lands there."""

from __future__ import annotations

from pydantic import Field

from rowmill.model.spec import Section

VARIABLES = ("AWS_", "AZURE_", "PG")
"""What the names of variables begin with by which libraries find a destination, and what may be done there."""


class Remote(Section):
    """Patience with a destination behind a network, and what is asked of it at once.

    Keys and passwords never stand here: they are read from the environment, or from files that it names.
    """

    attempts: int = Field(default=8, ge=1, le=100)
    """Most times that a request is sent while it fails in a way that passes, such as 503. Pauses between them double
    up to 20 s."""
    timeout_seconds: float = Field(default=60.0, gt=0, le=3600)
    """Most seconds to wait for an answer, and for each quarter of a megabyte that is sent or received."""
    transfers: int = Field(default=4, ge=1, le=64)
    """Most parts of a file that one process sends at once, and most files that it shows at once."""
    unsafe_commit: bool = False
    """Write to a store that ignores conditions on a write all the same. Two runs at once can destroy each other's work
    there, unseen: it is yours to see that there is one."""


DEFAULT_REMOTE = Remote()
