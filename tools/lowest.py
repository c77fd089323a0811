"""Print the lowest declared version of every package that a user may install, as constraints for pip.

Tools of development keep their pins: only what runs beside a user's other packages has to work at its lower bound.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ("dev", "bench", "reference")


def name_of(text: str) -> str:
    """Return the name of a requirement as package indexes spell it."""
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", text)[0]).lower()


def lowest() -> list[str]:
    """Return ``name==version`` lines, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    declared = [*project["dependencies"], *(text for key in extras if key not in TOOLS for text in extras[key])]
    found = {name_of(text): re.search(r">=\s*([\w.]+)", text)[1] for text in declared if ">=" in text}
    tools = {name_of(text) for text in extras["dev"]} - found.keys()
    pins = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    return sorted([f"{name}=={version}" for name, version in found.items()] + [p for p in pins if name_of(p) in tools])


if __name__ == "__main__":
    print("\n".join(lowest()))
