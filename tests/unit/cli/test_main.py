"""The entry point: help, unknown words, exit codes, and what start-up does not import."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rowmill.api.config import ConfigDraft
from rowmill.cli import commands, main
from rowmill.cli.commands import COMMANDS
from rowmill.cli.flags import domain_flags
from rowmill.core.version import __version__
from support.runs import registered
from support.shop import DOMAIN

HEAVY = ("numpy", "pyarrow", "polars", "duckdb", "pydantic", "yaml", "rich", "structlog", "dotenv")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rowmill", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize(
    "arguments", [["--help"], ["generate", "--help"], ["generate", "payments", "--help"], ["--version"]]
)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = f"import sys; from rowmill.cli import main; main({arguments!r}); print(*sys.modules, file=sys.stderr)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    loaded = {name.partition(".")[0] for name in answer.stderr.split()}
    assert not loaded & set(HEAVY)


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import rowmill, sys; print(*sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert not {name.partition(".")[0] for name in answer.stdout.split()} & set(HEAVY)


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0

    printed = capsys.readouterr().out
    assert all(f"\n  {name} " in printed for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    assert f"Usage: rowmill {command}" in capsys.readouterr().out


def test_no_arguments_is_help_and_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "Usage: rowmill" in capsys.readouterr().err


def test_the_version_is_the_package_s(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"rowmill {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["genrate"], "rowmill: command 'genrate': unknown; did you mean 'generate'?"),
        (["generate", "paymnts"], "rowmill: domain 'paymnts': unknown; did you mean 'payments'?"),
        (["preview", "payment"], "rowmill: domain 'payment': unknown; did you mean 'payments'?"),
        (["schema", "pay"], "rowmill: Invalid value for 'DOMAIN': 'pay' is unknown; did you mean 'payments'?"),
        (["generate", "payments", "--rwos", "3"], "rowmill: No such option '--rwos'"),
        (["generate", "payments", "--rows"], "rowmill: Option '--rows' requires an argument"),
        (["schema", "payments", "--format", "xml"], "rowmill: Invalid value for '--format': 'xml' is not one of"),
        (
            ["preview", "payments", "-n", "x"],
            "rowmill: Invalid value for '-n': got 'x'; give a whole number, 0 or more",
        ),
        (
            ["preview", "payments", "-n", "1.5"],
            "rowmill: Invalid value for '-n': got '1.5'; give a whole number, 0 or more",
        ),
        (["diff", "a", "b", "-n", "0"], "rowmill: Invalid value for '-n': got '0'; give a whole number, 1 or more"),
        (["info"], "rowmill: Missing argument 'DIR|URL'"),
    ],
)
def test_wrong_usage_is_two_lines_and_exit_code_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2

    printed = capsys.readouterr()
    assert printed.err.startswith(message)
    assert len(printed.err.splitlines()) == 2
    assert printed.out == ""


def test_a_reader_that_leaves_early_is_no_error() -> None:
    command = f"{sys.executable} -m rowmill config payments --format json-schema | head -n 1; exit ${{PIPESTATUS[0]}}"
    answer = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)

    assert answer.returncode == 0
    assert answer.stderr == ""


def test_the_shell_completes_commands_domains_and_flags() -> None:
    def completions(words: str) -> str:
        count = str(len(words.split(" ")) - 1)
        return run(_ROWMILL_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=count).stdout

    assert "generate" in completions("rowmill gen")
    assert "payments" in completions("rowmill generate pay")
    assert "payments" in completions("rowmill schema pay")
    assert "--fraud-rate" in completions("rowmill generate payments --fr")
    assert "complete" in run(_ROWMILL_COMPLETE="bash_source").stdout


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="NOT TESTED: no /dev/full")
def test_output_that_cannot_be_written_is_said() -> None:
    command = f"{sys.executable} -m rowmill config payments > /dev/full"
    answer = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)

    assert answer.returncode == 1
    assert answer.stderr == "rowmill: the output cannot be written: No space left on device\n"


def test_an_interruption_that_meets_a_query_is_one(monkeypatch, capsys):
    """In these words DuckDB says that a signal came while it was at work."""

    def interrupted(*_, **__):
        raise RuntimeError("Query interrupted")

    monkeypatch.setattr(commands.cli, "main", interrupted)

    assert main(["info", "somewhere"]) == 130
    assert capsys.readouterr().err == "rowmill: interrupted\n"


def test_a_domain_without_flags_of_its_own_has_the_usual_ones_that_its_spec_has() -> None:
    with registered("shop"):
        flags = domain_flags("shop")
        draft = ConfigDraft(DOMAIN.spec_type)
        days = flags.lay({"seed": "5", "date": "2025-11-03"}, draft)

    assert [flag.name for flag in flags.flags] == ["--seed", "--start", "--date"]
    assert (draft.get("data.seed"), days) == (5, (dt.date(2025, 11, 3),) * 2)


def test_a_command_that_asks_duckdb_leaves_no_word_of_a_library_behind(tmp_path):
    (tmp_path / "few.csv").write_text("a,b\n1,x\n2,y\n")
    words = [sys.executable, "-m", "rowmill", "rules", "init", tmp_path / "few.csv"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "few" in done.stdout
    assert done.stderr == ""
