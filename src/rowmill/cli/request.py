"""From what was typed to what is asked: configuration, seed, dataset and slice."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from rowmill.cli.flags import Days, domain_flags, lay_flags
from rowmill.cli.flags.run import REPORT_FLAGS, RUN_FLAGS
from rowmill.cli.reports import reports
from rowmill.core.paths import at_home
from rowmill.domains.registry import DOMAINS

if TYPE_CHECKING:
    from rowmill.api.config import ConfigDraft
    from rowmill.model.dataset import Dataset
    from rowmill.run.settings import RunSettings


PLUGINS_HELP = "Import the scenarios of your own that the stored spec names: their code runs. Only for data you trust."


@dataclass(frozen=True, slots=True)
class Asked:
    """A dataset, the days of it to make, and how the run shall go."""

    model: Dataset
    days: Days
    settings: RunSettings
    drawn: bool
    """Whether the seed was drawn, because nobody gave one."""
    said: tuple[str, ...] = ()
    """Notes that were said already: what is refused next may follow from them."""

    def show_notes(self, *more: str) -> None:
        """Say the notes of the dataset on standard error, and more of them."""
        for note in (*self.model.notes, *more):
            if note not in self.said:
                reports().note(note)

    def show_origin(self) -> None:
        """Say on standard error what the dataset's notes say, and which seed was drawn, if one was."""
        self.show_notes()
        if self.drawn:
            seed = self.model.spec.seed
            text = f"seed {seed} (drawn; --seed {seed} makes the same data again)"
            reports().tell("seed", text, {"seed": seed, "drawn": True})


class DomainName(click.ParamType[str]):
    """The name of a domain."""

    name = "domain"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name, or stop with the nearest known one."""
        if value not in DOMAINS:
            from rowmill.model.spec import nearest

            self.fail(f"{value!r} is unknown; {nearest(value, DOMAINS)}", param, ctx)
        return value

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002
        """Return the names that begin with what was typed."""
        return [CompletionItem(name) for name in DOMAINS if name.startswith(incomplete)]


class Count(click.ParamType[int]):
    """A whole number from a least one on."""

    name = "count"

    def __init__(self, least: int) -> None:
        self._least = least

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number, or stop with what was received and the rule."""
        number: int | None
        try:
            number = int(value)
        except ValueError:
            number = _short_number(str(value))
        if number is None or number < self._least:
            self.fail(f"got {value!r}; give a whole number, {self._least} or more", param, ctx)
        return number


def _short_number(text: str) -> int | None:
    """Return a whole number that is written as 1e6 is; None for anything else."""
    with suppress(ValueError, OverflowError):
        if (number := float(text)) == int(number):
            return int(number)
    return None


def domain_argument() -> click.Parameter:
    """Return the argument that names a domain."""
    return click.Argument(["domain"], type=DomainName())


def config_options() -> list[click.Parameter]:
    """Return the options by which every command that needs a spec reads one."""
    return [
        click.Option(["--config", "config_file"], metavar="FILE", help="Configuration file, YAML or JSON."),
        click.Option(["--set", "assignments"], metavar="KEY=VALUE", multiple=True, help="Set any key: data.seed=7."),
        click.Option(
            ["--env-file"],
            metavar="FILE",
            callback=_hand_on,
            help="File of NAME=value lines, such as ROWMILL_DATA__SEED=7, or the keys of a destination.",
        ),
        input_option(),
    ]


def input_option() -> click.Option:
    """Return the option that names a user's own file."""
    return click.Option(
        ["--catalog", "inputs"],
        metavar="NAME=FILE",
        multiple=True,
        help="Your own file, by the name that the domain has for it; may be repeated.",
    )


def env_file_option(*, exposed: bool = False) -> click.Option:
    """Return the option by which commands that need no spec get the keys of a destination.

    Args:
        exposed: whether the command is given the file too.
    """
    return click.Option(
        ["--env-file"],
        metavar="FILE",
        expose_value=exposed,
        callback=_hand_on,
        help="File of NAME=value lines with the keys of the destination.",
    )


def _hand_on(_context: click.Context, _option: click.Parameter, file: str | None) -> str | None:
    """Put what libraries of destinations read into the environment of this process, where they look for it."""
    if file:
        from rowmill.api.envfile import variables_of_destinations

        os.environ.update(variables_of_destinations(Path(at_home(file, "--env-file")), os.environ))
    return file


def plugins_option() -> click.Option:
    """Return the option that lets a command import the code that stored data names."""
    return click.Option(
        ["--allow-plugins"],
        is_flag=True,
        help=PLUGINS_HELP,
    )


def parse_inputs(texts: Iterable[str]) -> dict[str, str]:
    """Return paths by name.

    Raises:
        click.UsageError: if a text is not of the form NAME=FILE, or a name is given twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, equals, path = text.partition("=")
        if not (equals and name.isidentifier() and path.strip()):
            raise click.UsageError(f"--catalog {text}: not of the form NAME=FILE")
        if name in found:
            raise click.UsageError(f"--catalog {text}: {name} is given twice; name one file for it")
        found[name] = path
    return found


def parse_share(text: str | None) -> tuple[int, int] | None:
    """Return (i, n) of a share i/n.

    Raises:
        click.UsageError: if a text is not of that form.
        UsageError: if there is no such share.
    """
    if text is None:
        return None
    first, _, second = text.partition("/")
    if not (first.isdecimal() and second.isdecimal()):
        raise click.UsageError(f"--part {text}: not of the form I/N; --part 2/3 makes the second of three shares")
    from rowmill.run.request import Slice

    return Slice(part=(int(first), int(second))).part


def read_draft(domain: str, given: Mapping[str, Any]) -> tuple[ConfigDraft, Days]:
    """Lay defaults, file, environment, flags and assignments over one another, and return the days of the slice too.

    Raises:
        UsageError: naming what cannot be read, and where it was given.
    """
    from rowmill.api.config import ConfigDraft
    from rowmill.domains.registry import domain as find

    draft = ConfigDraft(find(domain).spec_type, domain_flags(domain).earlier)
    if given.get("config_file"):
        draft.add_file(Path(at_home(given["config_file"], "--config")))
    if given.get("env_file"):
        draft.add_env_file(Path(at_home(given["env_file"], "--env-file")), os.environ)
    draft.add_environment(os.environ)
    # Flags are read beside what assignments say, and assignments go over flags.
    draft.add_assignments(given.get("assignments") or ())
    days = domain_flags(domain).lay(given, draft)
    lay_flags((*RUN_FLAGS, *REPORT_FLAGS), given, draft)
    inputs = parse_inputs(given.get("inputs") or ())
    _refuse_given_twice(domain, given, inputs)
    draft.add_flags({f"run.inputs.{name}": ("--catalog", path) for name, path in inputs.items()})
    draft.add_assignments(given.get("assignments") or ())
    return draft, days


def _refuse_given_twice(domain: str, given: Mapping[str, Any], inputs: Mapping[str, str]) -> None:
    """Refuse a file that a flag of the domain names too."""
    for flag in domain_flags(domain).flags:
        name = (flag.key or "").removeprefix("run.inputs.")
        if name in inputs and given.get(flag.parameter) is not None:
            raise click.UsageError(f"{flag.name} and --catalog {name}: {name} is given twice; name one file for it")


def ask(domain: str, given: Mapping[str, Any], *, writes: bool = False, resume: bool = False) -> Asked:
    """Return what the flags of a command ask for, validated, without making a row.

    Args:
        domain: name of the domain.
        given: flags as typed.
        writes: whether a directory to write to is needed.
        resume: whether a seed that is not given is the one stored at the destination.

    Raises:
        UsageError: naming what cannot be used, why, and where it was given.
        EndpointError: if a language model had to be asked and gave no usable answer.
    """
    from rowmill.api.complete import complete
    from rowmill.api.notes import told, told_of_run
    from rowmill.domains.registry import domain as find
    from rowmill.model.inputs import inputs_of

    draft, days = read_draft(domain, given)
    if writes and draft.get("run.log_format") == "json":
        # Before a mistake in the configuration is told.
        reports().show("json", "warning")
    configuration = draft.finish()
    spec, run = configuration.data, configuration.run.placed()
    if writes and run.out is None and not given.get("dry_run"):
        raise click.UsageError("--out: missing; give the directory to write to")
    if spec.seed is None and resume and run.out is not None:
        from rowmill.api.stored import stored_seed

        spec = spec.model_copy(update={"seed": stored_seed(run.out)})
    if spec.seed is None and given.get("part"):
        raise click.UsageError(f"--part {given['part']}: needs a seed, the same on every machine; give --seed N")
    found = find(domain)
    if writes:
        reports().show(run.log_format, run.log_level, given["verbose"])
    for note in draft.notes:
        reports().note(note)
    whole = complete(found, spec.seeded(), run.llm, inputs_of(run.inputs), dry=bool(given.get("dry_run")))
    laid = draft.given()
    model = told(found.build(whole.spec, whole.inputs), laid, whole, run.llm)
    model = replace(model, notes=(*draft.notes, *model.notes))
    return Asked(told_of_run(model, run, laid) if writes else model, days, run, spec.seed is None, tuple(draft.notes))


def parse_columns(text: str | None) -> list[str] | None:
    """Return the names of a comma-separated list."""
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]
