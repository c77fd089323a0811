"""Every link leads somewhere, every command shown is run, and every command and flag is shown.

A ``bash`` or ``python`` fence is run as it stands, the fences of a page in order and in one empty directory; what is
shown and not run stands in an ``sh`` or ``text`` fence.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from rowmill.cli.commands import cli
from support.postgres import shared_server
from support.servers import azurite, seaweed
from support.tree import ROOT, files

PAGES = [path for path in files() if path.suffix == ".md"]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
RUN = ("bash", "python")
SERVERS = {
    "azure": lambda: azurite.environment() | {"CONTAINER": f"{azurite.CONTAINER}/page-{os.getpid()}"},
    "postgresql": lambda: shared_server().environment(),
    "s3": lambda: seaweed.environment() | {"BUCKET": f"{seaweed.BUCKET}/page-{os.getpid()}"},
}
"""Of pages that need one: what leads their examples to it."""
EXAMPLES = [path for path in PAGES if any(kind in RUN for kind, _ in FENCE.findall(path.read_text("utf-8")))]


def name_of(path):
    return str(path.relative_to(ROOT))


def prose(path):
    return FENCE.sub("", path.read_text("utf-8"))


def anchors(path):
    """Return the anchors that a page's headings get where it is published."""
    headings = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_to_a_page_or_a_heading_leads_somewhere(page):
    broken = []
    for target in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        goal = (page.parent / path).resolve() if path else page
        if not goal.exists() or (anchor and anchor not in anchors(goal)):
            broken.append(target)

    assert not broken


@pytest.mark.parametrize("page", EXAMPLES, ids=name_of)
def test_every_example_of_a_page_runs(page, tmp_path):
    for number, (kind, code) in enumerate(FENCE.findall(page.read_text("utf-8"))):
        if kind not in RUN or skipped(code):
            continue
        command = ["bash", "-euo", "pipefail", "-c", code] if kind == "bash" else [sys.executable, "-c", code]
        known = environment(tmp_path) | SERVERS.get(page.stem, dict)()
        done = subprocess.run(command, cwd=tmp_path, env=known, capture_output=True, text=True, check=False)

        assert done.returncode == 0, f"example {number} of {name_of(page)}:\n{code}\n{done.stdout}{done.stderr}"


def skipped(code):
    """Return whether an example sets up the project itself: the tests stand on the result of that."""
    return bool(re.search(r"^(make|git clone|cd|(sudo )?apt(-get)?|pip|python3? -m (pip|venv)) ", code, re.MULTILINE))


def environment(folder: Path) -> dict[str, str]:
    """Return an environment in which ``rowmill`` and ``python`` are those that run the tests."""
    tools = folder / ".tools"
    if not tools.exists():
        tools.mkdir()
        (tools / "rowmill").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m rowmill "$@"\n', "utf-8")
        (tools / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', "utf-8")
        for tool in tools.iterdir():
            tool.chmod(0o755)
    return os.environ | {"PATH": f"{tools}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "src")}


def test_the_readme_shows_the_two_commands_and_examples():
    text = (ROOT / "README.md").read_text("utf-8")
    kinds = {kind for kind, _ in FENCE.findall(text)}

    assert {"bash", "python"} <= kinds
    assert "make data" in text
    assert "make test" in text


def leaves(command, path):
    """Yield every command below a group with the words that call it."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from leaves(command.get_command(context, name), [*path, name])
    else:
        yield " ".join(path), command


COMMANDS = dict(leaves(cli, ["rowmill"]))
GUIDES = "\n".join(path.read_text("utf-8") for path in PAGES if path.name != "CHANGELOG.md")


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_is_documented(words):
    assert re.search(rf"{words}\b", GUIDES)


@pytest.mark.parametrize("words", COMMANDS)
def test_every_flag_of_a_command_is_documented_and_has_help(words):
    options = [p for p in COMMANDS[words].params if isinstance(p, click.Option) and not p.hidden]
    missing = [o.opts[-1] for o in options if not re.search(rf"(?<![\w-]){re.escape(o.opts[-1])}(?![\w-])", GUIDES)]

    assert not missing
    assert all(option.help for option in options)


def test_the_keys_that_a_page_shows_are_those_that_its_command_makes(tmp_path):
    fences = FENCE.findall((ROOT / "docs/how-to/query-engines.md").read_text("utf-8"))
    command, shown = fences[0][1], fences[1][1]

    subprocess.run(["bash", "-euc", command], cwd=tmp_path, env=environment(tmp_path), capture_output=True, check=True)

    made = [path.relative_to(tmp_path).as_posix() for path in tmp_path.glob("lake/[!_]*/**/*.parquet")]
    assert sorted(made) == sorted(shown.split())
