"""A program of ``support`` in an interpreter of its own, whose forks and ends concern nobody else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any, NamedTuple


class Told(NamedTuple):
    """What it printed."""

    found: dict[str, Any]
    err: str


def told_by(module: str, *arguments: object, seconds: float) -> Told:
    """Run ``python -m module``; return the JSON object that it prints, and what it said on standard error."""
    path = os.pathsep.join(entry for entry in sys.path if entry)
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )

    assert done.returncode == 0, done.stderr
    return Told(json.loads(done.stdout), done.stderr)
