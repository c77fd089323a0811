"""Programs beside the package, which no type checker and no other test reads: what they import of it is there."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec

import pytest

from support.tree import ROOT

PROGRAMS = sorted(
    path.relative_to(ROOT).as_posix() for folder in ("bench", "tools") for path in (ROOT / folder).glob("*.py")
)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_beside_the_package_imports_what_is_there(program):
    tree = ast.parse((ROOT / program).read_text())
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    ours = [node for node in imports if (node.module or "").partition(".")[0] == "rowmill"]

    lost = [
        f"{node.module}: {alias.name}"
        for node in ours
        for alias in node.names
        if find_spec(node.module) is None
        or not (hasattr(import_module(node.module), alias.name) or find_spec(f"{node.module}.{alias.name}"))
    ]

    assert lost == []


def test_the_floor_that_speed_is_held_against_can_be_measured(tmp_path):
    done = subprocess.run(
        [sys.executable, ROOT / "bench/floor.py", "500", "1", tmp_path],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(done.stdout).keys() == {"digest_seconds", "write_seconds"}
