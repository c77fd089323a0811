"""What a profile costs against fg-data-profiling (ydata-profiling's successor), on the same rows, turn by turn.

``python bench/profile.py --peer .venv-profiler/bin/python`` (``make bench-profile``). Both read the transactions alone;
``--form minimal`` asks the peer for its cheapest form, without correlations and interactions. A size that the peer does
not finish within ``--limit`` seconds is told as such.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path

import report
from figures import cores

from rowmill.api.measure import CommandCost, peak_memory_mb, run

_SEED = 42
_PEER = """
import sys
from pathlib import Path
import pandas as pd
from data_profiling import ProfileReport
frame = pd.concat(pd.read_parquet(path) for path in sorted(Path(sys.argv[1]).glob("*.parquet")))
ProfileReport(frame, minimal=sys.argv[3] == "minimal", progress_bar=False).to_file(sys.argv[2])
"""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/profile.py", description=__doc__, allow_abbrev=False)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000], help="payments of each round")
    parser.add_argument("--peer", type=Path, help="Python of an environment with fg-data-profiling")
    parser.add_argument("--limit", type=int, default=900, help="seconds that the peer may take for a size")
    parser.add_argument("--form", choices=("minimal", "full"), default="full", help="what the peer is asked for")
    parser.add_argument("--memory", action="store_true", help="measure our peak memory too, in a run of its own")
    parser.add_argument("--folder", type=Path, help="where to write (default the system's temporary folder)")
    return parser.parse_args()


def timed(command: list[str | Path], limit: int) -> CommandCost | None:
    """Return what a command costs; None where it does not end in time or fails."""

    def over(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, over)
    signal.alarm(limit)
    try:
        return run(command)
    except (TimeoutError, RuntimeError) as error:
        print(f"{command[0]}: {type(error).__name__} {str(error)[-300:]}", file=sys.stderr)
        return None
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def measured(rows: int, asked: argparse.Namespace, folder: Path) -> tuple[str, ...]:
    """Return the line of a size."""
    data, ours, theirs = folder / f"data{rows}", folder / "ours.html", folder / "theirs.html"
    size = ("--rows", str(rows), "--seed", str(_SEED), "--quiet", "--out", data)
    run([sys.executable, "-m", "rowmill", "generate", "payments", *size])
    command = [sys.executable, "-m", "rowmill", "profile", data, "--table", "transactions", "--out", ours, "--quiet"]
    own = run(command)
    peak = peak_memory_mb(command) if asked.memory else None
    peer = None
    if asked.peer is not None:
        peer = timed([asked.peer, "-c", _PEER, data / "transactions", theirs, asked.form], asked.limit)
    return (
        f"{rows:,}",
        f"{own.wall_seconds:.1f}",
        f"{own.cpu_seconds:.1f}",
        f"{ours.stat().st_size / 1e6:.2f}",
        "–" if peak is None else f"{peak:.0f}",
        "–" if peer is None else f"{peer.cpu_seconds:.1f}",
        "–" if peer is None else f"{theirs.stat().st_size / 1e6:.2f}",
        "–" if peer is None else f"{peer.cpu_seconds / own.cpu_seconds:.1f}",
    )


def main() -> None:
    asked = arguments()
    head = ("rows", "wall s", "CPU s", "page MB", "peak MB", "peer CPU s", "peer MB", "peer CPU / ours")
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        lines = tuple(measured(rows, asked, Path(folder)) for rows in asked.rows)
    report.show(f"{cores()} cores; the peer is fg-data-profiling, {asked.form}", [report.Grid(head, lines)])


if __name__ == "__main__":
    main()
