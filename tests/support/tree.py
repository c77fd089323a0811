"""The files of the repository, for tests that read them."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = {
    ".venv",
    ".venv-dbt",
    ".venv-lowest",
    ".venv-lowest-dbt",
    ".venv-lowest-servers",
    ".venv-readers",
    ".venv-rivals",
    ".venv-pages",
    ".venv-profiler",
    ".venv-servers",
    ".git",
    "outputs",
    "build",
    "dist",
    "__pycache__",
}


@cache
def files() -> tuple[Path, ...]:
    """Return the project's files: what git tracks or would track, else all but environments and outputs."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode == 0:
        found = (ROOT / name for name in answer.stdout.split("\0") if name)
    else:
        found = (path for path in ROOT.rglob("*") if not OUTSIDE.intersection(path.relative_to(ROOT).parts))
    return tuple(sorted(path for path in found if path.is_file() and not path.is_symlink()))


def python_files(*folders: str) -> list[Path]:
    """Return the Python files below folders of the repository."""
    roots = [ROOT / folder for folder in folders]
    return [path for path in files() if path.suffix == ".py" and any(path.is_relative_to(root) for root in roots)]


@cache
def parsed(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text("utf-8"))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function and method of a file."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def place(path: Path, node: ast.AST | None = None) -> str:
    """Return a file, or a line in it, as an editor opens it."""
    return f"{path.relative_to(ROOT)}" + (f":{getattr(node, 'lineno', 1)}" if node else "")
