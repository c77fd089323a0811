"""Groups whose commands load only when one is used, and commands whose help has headings."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from rowmill.core.errors import Interrupted


class LazyGroup(click.Group):
    """A group that knows the names and help lines of its commands, and loads one when it is used."""

    def __init__(
        self, *args: Any, lines: Mapping[str, str], load: Callable[[str], click.Command], noun: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._lines = lines
        self._load = load
        self._noun = noun

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an interruption is one line, without the empty one that click puts before it."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            raise Interrupted("interrupted") from error

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names in the order of the table."""
        return list(self._lines)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load one command."""
        return self._load(cmd_name) if cmd_name in self._lines else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the first word names, or stop with the nearest known one."""
        if args[0] not in self._lines and not args[0].startswith("-"):
            refuse(ctx, self._noun, args[0], self._lines)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the table, without loading a command."""
        with formatter.section(f"{self._noun.capitalize()}s"):
            formatter.write_dl(list(self._lines.items()))


class ManyOption(click.Option):
    """An option that takes every word up to the next option, in several places too: ``--years 2025 2026 2027``."""

    BETWEEN = "\x1f"
    """What stands between the words in the value."""


class FlagCommand(click.Command):
    """A command whose options may take many words; it has no arguments, so none can be mistaken for one."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Gather the words of each such option into one before they are parsed."""
        many = {name for param in self.params if isinstance(param, ManyOption) for name in param.opts}
        return super().parse_args(ctx, _gathered(args, many) if many else args)


def _gathered(args: Sequence[str], many: Container[str]) -> list[str]:
    rest: list[str] = []
    found: dict[str, list[str]] = {}
    option = ""
    for word in args:
        if word.startswith("-"):
            name, equals, value = word.partition("=")
            option = name if name in many else ""
            if option:
                found.setdefault(option, []).extend([value] if equals else [])
                continue
        (found[option] if option else rest).append(word)
    return rest + [word for name, words in found.items() for word in (name, *_joined(words))]


def _joined(words: Sequence[str]) -> list[str]:
    """Return the words as one, none where there are none: the parser then says that a value is missing."""
    return [ManyOption.BETWEEN.join(words)] if words else []


class SectionedCommand(FlagCommand):
    """A command whose help shows its options under headings."""

    def __init__(self, name: str, *, sections: Mapping[str, Sequence[click.Parameter]], **kwargs: Any) -> None:
        super().__init__(name, params=[option for options in sections.values() for option in options], **kwargs)
        self._sections = sections

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one list for each heading, and the rest under the last one."""
        listed = {id(option) for options in self._sections.values() for option in options}
        rest = [option for option in self.get_params(ctx) if id(option) not in listed]
        last = list(self._sections)[-1]
        for title, options in self._sections.items():
            shown = [*options, *rest] if title == last else options
            named = (option for option in shown if isinstance(option, click.Option))
            records = [record for option in named if (record := option.get_help_record(ctx)) is not None]
            with formatter.section(title):
                formatter.write_dl(records)


def load_attribute(path: str) -> Any:
    """Return what a ``module:name`` path names."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


def refuse(context: click.Context, noun: str, received: str, known: Iterable[str]) -> NoReturn:
    """Stop with a usage error that names the nearest known word."""
    from rowmill.model.spec import nearest

    context.fail(f"{noun} {received!r}: unknown; {nearest(received, known)}")
