"""What is declared, pinned, built and installed agree."""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata

import pytest
import yaml
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from rowmill.core.version import __version__
from rowmill.domains.workforce.sql.finding import python_with_dbt
from support.dbt import needs_dbt
from support.tree import ROOT, files

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
PINS = {path.name: path.read_text("utf-8").splitlines() for path in ROOT.glob("constraints*.txt")}
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
WORKFLOWS = {path.name: path.read_text("utf-8") for path in (ROOT / ".github/workflows").iterdir()}
TARGETS = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE))


def requirements(*extras):
    """Return what extras, or ``""`` for none, ask for; those that name other extras ask for what these do."""
    found = []
    for extra in extras:
        for requirement in map(Requirement, EXTRAS[extra] if extra else PROJECT["dependencies"]):
            found += requirements(*requirement.extras) if requirement.name == PROJECT["name"] else [requirement]
    return found


def versions_in(name):
    """Return the version of each distribution that a file pins, by canonical name."""
    return {canonicalize_name(pinned): version for pinned, _, version in (line.partition("==") for line in PINS[name])}


def needed(asked, places=None):
    """Return every distribution that requirements lead to, by canonical name.

    Args:
        asked: requirements.
        places: folders of packages of another environment; None for this one.
    """
    found_at = {
        canonicalize_name(each.name): each.requires or []
        for each in (metadata.distributions() if places is None else metadata.distributions(path=places))
    }
    pending, found = list(asked), set()
    while pending:
        requirement = pending.pop()
        name = canonicalize_name(requirement.name)
        if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        found.add(name)
        pending += [Requirement(text) for text in found_at[name]]
    return found


@pytest.mark.parametrize("name", PINS)
def test_pins_are_names_and_versions_in_order(name):
    lines = PINS[name]

    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][A-Za-z0-9.+!]*", line) for line in lines)
    assert sorted(lines, key=str.lower) == lines
    assert len(versions_in(name)) == len(lines)


def test_everything_that_is_installed_for_us_is_pinned():
    assert needed(requirements("", "dev")) <= versions_in("constraints.txt").keys()


def test_everything_that_dbt_needs_is_pinned_in_its_own_file():
    needs_dbt()
    look = "import json, sys; print(json.dumps(sys.path))"
    done = subprocess.run(
        [python_with_dbt().path, "-c", look],
        env=python_with_dbt().environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert needed(requirements("workforce"), json.loads(done.stdout)) <= versions_in("constraints-dbt.txt").keys()


def test_every_pin_satisfies_what_is_declared():
    pins = versions_in("constraints.txt")
    own = {r for r in requirements("", *EXTRAS) if r.name in {each.name for each in requirements("workforce")}}

    assert all(r.specifier.contains(pins[canonicalize_name(r.name)]) for r in requirements("", *EXTRAS) if r not in own)
    assert all(r.specifier.contains(versions_in("constraints-dbt.txt")[canonicalize_name(r.name)]) for r in own)


def test_dbt_reads_and_writes_with_the_duckdb_of_the_product():
    assert versions_in("constraints-dbt.txt")["duckdb"] == versions_in("constraints.txt")["duckdb"]


def test_the_environment_of_dbt_gets_what_the_extra_gets():
    named = re.search(r"^DBT := (.*)$", MAKEFILE, re.MULTILINE)[1].split()

    assert sorted(named) == sorted(r.name for r in requirements("workforce"))


def test_every_server_that_tests_run_against_is_pinned_in_its_own_file():
    named = re.search(r"^SERVERS := (.*)$", MAKEFILE, re.MULTILINE)[1].split()

    assert {canonicalize_name(Requirement(text).name) for text in named} <= versions_in(
        "constraints-servers.txt"
    ).keys()


def test_every_tool_that_takes_exported_rules_is_pinned_in_its_own_file():
    named = re.search(r"^EXPORTS := (.*)$", MAKEFILE, re.MULTILINE)[1].replace("'", "").split()

    assert {canonicalize_name(Requirement(text).name) for text in named} <= versions_in(
        "constraints-exports.txt"
    ).keys()


def test_all_is_every_part_that_a_user_may_add():
    parts = set(EXTRAS) - {"all", "dev", "bench", "reference"}

    assert EXTRAS["all"] == [f"{PROJECT['name']}[{','.join(sorted(parts))}]"]
    assert {r.name for r in requirements("all")} <= {r.name for r in requirements("dev", "workforce")}


def test_the_lowest_versions_are_one_of_each_dependency_within_its_range():
    lowest = runpy.run_path(str(ROOT / "tools/lowest.py"))["lowest"]()
    versions = dict(line.split("==") for line in lowest)

    for requirement in requirements("", "all"):
        version = versions[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version)
        assert f">={version}" in str(requirement.specifier)
    assert len(versions) == len(lowest)


def test_the_version_is_stated_once_and_has_a_changelog_entry():
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")

    assert "version" in PROJECT["dynamic"]
    assert re.search(rf"^## \[({re.escape(__version__)}|Unreleased)\]", changelog, re.MULTILINE)
    assert "\n## Data versions\n" in changelog


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    return next(WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"]))


def test_the_wheel_holds_the_package_whole_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    source = {str(path.relative_to(ROOT / "src")) for path in files() if path.is_relative_to(ROOT / "src/rowmill")}
    about = {name for name in names if ".dist-info/" in name}

    assert names - about == source
    assert any(name.endswith("licenses/LICENSE") for name in about)
    assert any(name.endswith("licenses/NOTICE") for name in about)


def test_the_wheel_works_without_the_checkout(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"PYTHONPATH": str(tmp_path / "site")}
    command = [sys.executable, "-m", "rowmill", "generate", "payments", "--rows", "1_000", "--seed", "42"]

    done = subprocess.run(
        [*command, "--out", "here", "--workers", "1"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "here" / "transactions").glob("*.parquet"))


def test_every_target_that_a_page_or_a_script_names_exists():
    pages = [
        path for path in files() if path.suffix == ".md" or path.name in ("run", "ci.yml", ".pre-commit-config.yaml")
    ]
    named = {name for path in pages for name in re.findall(r"`make ([a-z-]+)`", path.read_text("utf-8"))}
    named |= set(re.search(r"^make (.+)$", (ROOT / ".ci/run").read_text("utf-8"), re.MULTILINE)[1].split())

    assert named <= TARGETS


def test_continuous_integration_runs_what_a_developer_runs():
    script = ROOT / ".ci/run"

    assert os.access(script, os.X_OK)
    assert "make lint test" in script.read_text("utf-8")
    assert "run: .ci/run" in (ROOT / ".github/workflows/ci.yml").read_text("utf-8")
    assert {"data", "test", "lint", "bench", "bench-check", "docs", "golden", "test-readers", "clean"} <= TARGETS
    assert {"make test-lowest", "make wheel"} <= set(
        re.findall(r"run: (make [a-z-]+)$", WORKFLOWS["ci.yml"], re.MULTILINE)
    )


def test_every_declared_python_is_tested():
    declared = {c.rpartition(" ")[2] for c in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", c)}
    tested = yaml.safe_load(WORKFLOWS["ci.yml"])["jobs"]["check"]["strategy"]["matrix"]["python"]

    assert set(tested) == declared
    assert min(declared) == PROJECT["requires-python"].removeprefix(">=")


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflows_take_actions_by_commit_and_no_more_rights_than_reading(name):
    text, found = WORKFLOWS[name], yaml.safe_load(WORKFLOWS[name])
    used = re.findall(r"uses: (.*)", text)

    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+(\.\d+)*", action) for action in used)
    assert text.count("actions/checkout@") == text.count("persist-credentials: false")
    assert found["permissions"] == {"contents": "read"}
    assert all("permissions" not in job and job["timeout-minutes"] for job in found["jobs"].values())
    assert "concurrency" in found
    assert "secrets." not in text


@pytest.mark.skipif(not shutil.which("make"), reason="needs make")
@pytest.mark.parametrize("place", ["my data", "it's; true", "a*", 'so "called"'])
def test_make_hands_a_destination_on_as_one_word(place, tmp_path):
    (tmp_path / "rowmill").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n', "utf-8")
    (tmp_path / "rowmill").chmod(0o755)
    command = [
        "make",
        "--silent",
        "-C",
        str(ROOT),
        "--assume-old=.venv/user",
        f"BIN={tmp_path}",
        f"OUT={place}",
        "data",
    ]

    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-2:] == ["--out", place]


def test_make_hands_no_variable_of_the_user_on_unquoted():
    recipes = re.findall(r"^\t.*", MAKEFILE, re.MULTILINE)

    assert not [line for line in recipes if re.search(r"\$\((OUT|PYTHON|WORKERS)\)", line)]
