"""Names that other libraries would interpret: every command takes them as they are."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from unit.cli import conftest as commands

rowmill = commands.rowmill

RUN = "generate payments --rows 40 --seed 3 --workers 1 --quiet --out"
HOSTILE = (
    *("it's", 'a"b', "a{b}", "{a,b}", "data[1]", "[!a]", "q?", "a*b", "a#b", "{{ 1 }}", "%20", "$HOME", "~", "nl\nx"),
    *(" lead", "trail ", "-x", "back\\slash", "e\u0301", "😀", "s3:", "file:rel", "k=v", "x;y", "(x)", "%s", "month=3"),
    *("'); --", ".hid", os.fsdecode(b"bad\xff\xfe")),
)
ALL_AT_ONCE = '-it\'s {b} [1] q? a*b # {{ 1 }} %20 $HOME ~ \n "x" back\\ e\u0301 😀 k=v;) '
NAMES = HOSTILE if os.environ.get("ROWMILL_FAULTS") else (ALL_AT_ONCE, HOSTILE[-1])


@pytest.mark.parametrize("name", NAMES)
def test_every_command_takes_a_folder_by_its_name(rowmill: commands.Rowmill, tmp_path: Path, name: str) -> None:
    # Names that a pattern of the name would match too.
    for decoy in ("a b", "axb", "a", "b", "data1", "qx", "-it's b 1 qx"):
        (tmp_path / decoy / "transactions").mkdir(parents=True)
        (tmp_path / decoy / "transactions" / "x.parquet").write_bytes(b"no Parquet")
    out, other = tmp_path / name, tmp_path / name / "other"

    lines = [
        rowmill(RUN, out),
        rowmill(f"{RUN[:-6]} --json --out", out),
        rowmill(f"{RUN[:-6]} --resume --out", out),
        rowmill("info", out),
        rowmill("info --json", out),
        rowmill("verify", out),
        rowmill("finalize", out),
        rowmill("diff", out, out),
        rowmill(RUN.replace("--seed 3", "--seed 4"), other),
    ]
    again = json.loads(lines[1].out)
    changed = rowmill("diff --rows -n 1 --json", out, other)

    assert [(line.code, line.err) for line in lines if line.code] == []
    assert again["skipped"]
    assert again["facts"]["null_shares"]
    assert again["destination"] == str(out)
    assert changed.code == 3
    assert len(json.loads(changed.out)["rows"]) == 4
