"""Which commands there are, and how an error becomes one line and an exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable

import click

from rowmill.cli.form import asks_for_json
from rowmill.cli.groups import LazyGroup, load_attribute
from rowmill.cli.reports import Reports
from rowmill.core.errors import RowmillError
from rowmill.core.version import __version__

COMMANDS: dict[str, tuple[str, str]] = {
    "generate": ("rowmill.cli.generate:generate", "Make a dataset and write it to a directory."),
    "fit": ("rowmill.cli.fit:fit", "Fit a model to real data."),
    "preview": ("rowmill.cli.preview:preview", "Print the first rows of a table; write nothing."),
    "config": ("rowmill.cli.describe:config", "Print the configuration file of a domain, commented."),
    "schema": ("rowmill.cli.describe:schema", "Print the fields of a domain's tables."),
    "explain": ("rowmill.cli.describe:explain", "Print how each column of a table is made, and from what."),
    "info": ("rowmill.cli.destination:info", "Say what a destination holds."),
    "verify": ("rowmill.cli.destination:verify", "Recompute every digest from the files and compare."),
    "profile": ("rowmill.cli.profile:profile", "Look at any table: a page of columns, values, relations."),
    "validate": ("rowmill.cli.validate:validate", "Hold any table against its rules: keys, ranges, sequences."),
    "rules": ("rowmill.cli.rules:rules", "Propose, show and export the rules of data."),
    "finalize": ("rowmill.cli.destination:finalize", "Publish what several machines wrote with --part."),
    "copy": ("rowmill.cli.copy:copy", "Bring what a destination holds to another, and prove it."),
    "dbt": ("rowmill.cli.dbt:dbt", "Build the SQL models of what a destination holds."),
    "bench": ("rowmill.cli.bench:bench", "Measure what making data costs on this machine."),
    "drift": ("rowmill.cli.drift:drift", "Compare nights with those before by their statistics."),
    "evaluate": ("rowmill.cli.evaluate:evaluate", "Hold synthetic rows against real ones: fidelity, privacy, use."),
    "diff": ("rowmill.cli.diff:diff", "Compare two destinations: specs, rows, columns."),
}
"""Each command's place, and its line in the help, which is printed without loading the command."""

_FORBIDDEN = {
    errno.EACCES: "it takes the right to read and write it, and to enter the folders above it",
    errno.EPERM: "it takes the right to read and write it, and to enter the folders above it",
    errno.ENAMETOOLONG: "file systems take names of 255 bytes, and paths of 4,095; choose a shorter one",
}
"""What to do about a path, by what the system says of it."""

_INTERRUPTED_QUERY = "Query interrupted"
"""What DuckDB makes of an interruption that comes while it is at work."""

EPILOG = """\b
Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 what lies there is damaged or differs,
130 interrupted (128 + its number where another signal ended it: 143 SIGTERM, 129 SIGHUP).
Shell completion: eval "$(_ROWMILL_COMPLETE=bash_source rowmill)"   (or zsh_source, fish_source)
"""


@click.group(
    cls=LazyGroup,
    lines={name: line for name, (_, line) in COMMANDS.items()},
    load=lambda name: load_attribute(COMMANDS[name][0]),
    noun="command",
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)
@click.version_option(__version__, message="rowmill %(version)s")
def cli() -> None:
    """Make synthetic data, the same for a seed on any machine."""


def run(words: list[str], exit_code: Callable[[int], int]) -> int:
    """Run one command and return the exit code; ``ROWMILL_TRACEBACK=1`` lets errors through with their traceback.

    Args:
        words: of the command line.
        exit_code: from the exit code of a command to that of the process.
    """
    with Reports() as reports:
        if asks_for_json(words):
            reports.show("json", "warning")
        try:
            result = cli.main(words, prog_name="rowmill", standalone_mode=False, obj=reports)
            sys.stdout.flush()
        except BaseException as error:
            if isinstance(error, SystemExit) or os.environ.get("ROWMILL_TRACEBACK") == "1":
                raise
            message, code = _explain(error)
            code = exit_code(code)
            reports.fail(message, code)
            return code or click.UsageError.exit_code
    return result if isinstance(result, int) else 0


def _explain(error: BaseException) -> tuple[str, int]:
    """Return what to tell about an error, and the exit code; 0 for help that was asked for by typing no arguments."""
    match error:
        case click.exceptions.NoArgsIsHelpError():
            return error.format_message(), 0
        case click.UsageError():
            command = error.ctx.command_path if error.ctx else "rowmill"
            return f"{error.format_message()}\nSee `{command} --help`.", error.exit_code
        case click.ClickException():
            return error.format_message(), error.exit_code
        case KeyboardInterrupt() | click.Abort():
            return "interrupted", 130
        case RowmillError():
            return str(error), error.exit_code
    return _explain_unforeseen(error)


def _explain_unforeseen(error: BaseException) -> tuple[str, int]:
    if isinstance(error, RuntimeError) and str(error) == _INTERRUPTED_QUERY:
        return "interrupted", 130
    if isinstance(error, OSError) and error.errno in _FORBIDDEN and error.filename is not None:
        return f"{os.fsdecode(error.filename)[:200]}: {error.strerror}; {_FORBIDDEN[error.errno]}", 2
    if isinstance(error, OSError) and error.filename is None and error.strerror:
        return f"the output cannot be written: {error.strerror}", 1
    return f"unexpected {type(error).__name__}: {error}; ROWMILL_TRACEBACK=1 shows where", 1
