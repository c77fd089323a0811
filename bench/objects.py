"""What it costs to write to S3: whole runs against runs into a local folder, in turn, and the bytes that are sent.

``python bench/objects.py`` starts a server as the tests do. ``make bench`` needs no server.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest.mock import patch

import report
from figures import cores

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))
_SEED = 42
_MILLION = 1_000_000


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/objects.py", description=__doc__, allow_abbrev=False)
    parser.add_argument("--rows", type=int, default=_MILLION, help="payments of a run")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="workers of a run")
    parser.add_argument("--repeat", type=int, default=5, help="rounds; medians are shown")
    return parser.parse_args()


def run(out: str, rows: int, workers: int) -> tuple[float, int]:
    """Run a command; return the CPU seconds of all its processes, and the bytes of the files."""
    words = ("generate", "payments", "--rows", str(rows), "--seed", str(_SEED), "--workers", str(workers), "--json")
    with subprocess.Popen([sys.executable, "-m", "rowmill", *words, "--out", out], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(process.returncode)
    return usage.ru_utime + usage.ru_stime, int(json.loads(said)["bytes"])


def pair(rows: int, workers: int) -> tuple[float, float]:
    """Return the CPU seconds of a run into a folder, and of one into a bucket."""
    from support.servers.seaweed import a_place

    with a_place() as bucket, tempfile.TemporaryDirectory() as folder:
        return run(f"{folder}/out", rows, workers)[0], run(bucket, rows, workers)[0]


def sent(rows: int) -> tuple[int, int, int]:
    """Return the bytes of the files of a run, those of all that it sends into parts of files, and its requests."""
    from support.servers.faults import before
    from support.servers.seaweed import a_place, endpoint

    with a_place() as bucket, before(endpoint()) as proxy, patch.dict(os.environ, {"AWS_ENDPOINT_URL": proxy.url}):
        files = run(bucket, rows, 1)[1]
        return files, proxy.plan.uploaded, len(proxy.plan.asked)


def main() -> None:
    asked, lines = arguments(), []
    for workers in asked.workers:
        rounds = []
        for number in range(asked.repeat):
            rounds.append(pair(asked.rows, workers))
            print(f"  {workers} workers, round {number + 1}: {rounds[-1]}", file=sys.stderr, flush=True)
        folder, bucket = (statistics.median(column) for column in zip(*rounds, strict=True))
        ratio = statistics.median(there / here for here, there in rounds)
        lines.append((str(workers), f"{folder:.2f}", f"{bucket:.2f}", f"{ratio:.3f}"))
    files, uploaded, requests = sent(asked.rows)
    grids = [
        report.Grid(
            (f"{asked.rows:,} payments, workers", "CPU s, folder", "CPU s, S3", "S3 / folder (≤ 1.25)"), tuple(lines)
        ),
        report.Grid(
            ("bytes of the files", "bytes sent into them", "sent / files (1)", "requests"),
            ((f"{files:,}", f"{uploaded:,}", f"{uploaded / files:.3f}", str(requests)),),
        ),
    ]
    report.show(f"{cores()} cores, load {os.getloadavg()[0]:.1f}", grids)


if __name__ == "__main__":
    main()
