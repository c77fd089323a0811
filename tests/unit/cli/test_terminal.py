"""What a person at a terminal sees: the bar, and what Ctrl-C leaves."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

LINE = [sys.executable, "-m", "rowmill", "generate", "payments", "--seed", "5", "--workers", "1", "--out"]


def at_a_terminal(command: list[str]) -> tuple[int, str]:
    """Run a command whose standard error is a terminal; return its exit code and what the terminal got."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs, env=environment)
    os.close(theirs)
    seen = b""
    while True:
        try:
            seen += (chunk := os.read(ours, 4096))
        except OSError:
            break
        if not chunk:
            break
    os.close(ours)
    return process.wait(), seen.decode()


def test_a_terminal_shows_speed_and_time_left_and_then_the_table(tmp_path: Path) -> None:
    code, seen = at_a_terminal([*LINE, str(tmp_path), "--rows", "300_000"])

    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen)
    assert code == 0
    assert re.search(r"[\d,]+ of 300,000 rows [\d,]+ rows/s · \S+ left", text)
    assert re.search(r"transactions +300,000 ", text)


@pytest.mark.parametrize("flags", [["--quiet"], ["--json"], ["-v"]])
def test_no_bar_where_it_is_not_wanted(tmp_path: Path, flags: list[str]) -> None:
    code, seen = at_a_terminal([*LINE, str(tmp_path), "--rows", "2_000", *flags])

    assert code == 0
    assert "rows/s ·" not in seen


def test_an_interrupt_says_how_to_resume_and_shows_no_rows(tmp_path: Path) -> None:
    out = tmp_path / "o"
    command = [*LINE, str(out), "--rows", "3_000_000", "--set", "run.part_rows=100_000"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    receipts: list[Path] = []
    while not receipts and process.poll() is None:
        time.sleep(0.05)
        receipts = list(out.glob("_rowmill/**/parts/*/*.json"))
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)

    assert process.returncode == 130
    assert said.splitlines()[-1].startswith("rowmill: interrupted: ")
    assert "--resume" in said
    assert not list(out.glob("[a-z]*/*"))
