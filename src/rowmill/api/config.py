"""The one configuration: sections ``data`` (the Spec, fingerprinted) and ``run`` (never), read from five places.

Defaults < file < environment < flags < ``--set``. Every layer is plain data until the end, when both sections are
validated at once; an error names the key, the value, the rule and the place that it came from.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rowmill.api.envfile import read_env_file
from rowmill.api.keys import annotation, inner_section, is_text, leaves, plain_defaults
from rowmill.api.variables import OWN, PREFIX, path_of
from rowmill.core.errors import SpecError, UsageError
from rowmill.model.mistakes import in_lines, nearest, shown
from rowmill.model.spec import S, Section, Spec, checked
from rowmill.model.text import parse_json, parse_yaml
from rowmill.run.settings import RunSettings

PRESET = "--preset"
"""Where a group of settings comes from that nobody set one by one."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """Both sections, validated."""

    data: Spec
    run: RunSettings


class ConfigDraft:
    """A configuration while its layers are laid on one another; a later layer wins key by key.

    Args:
        spec_type: model of the section ``data``.
        earlier: keys that files of earlier tools have, and what they are called here, both dotted; None for a switch
            that may only be off.
    """

    def __init__(self, spec_type: type[Spec], earlier: Mapping[str, str | None] = MappingProxyType({})) -> None:
        self._earlier = earlier
        self._spec_type = spec_type
        self._types: dict[str, type[Section]] = {"data": spec_type, "run": RunSettings}
        self._values: dict[str, dict[str, Any]] = {"data": {}, "run": {}}
        self._origins: dict[str, str] = {}
        self._files: set[str] = set()
        self._mistakes: list[str] = []
        self.notes: list[str] = []
        """Lines on what was given and has no effect, beside those of keys."""

    def add_file(self, path: Path) -> None:
        """Lay a YAML or JSON file (by its suffix, ``.json`` is JSON) over what is there.

        Raises:
            UsageError: if it cannot be read, or holds no sections; of unknown ones ``finish`` tells beside the rest.
        """
        sections, mistakes = _sections(path, self._earlier, self.notes)
        self._mistakes += mistakes
        for section, values in sections.items():
            for key, value in values.items():
                self._values[section][key] = value
                self._origins[f"{section}.{key}"] = str(path)
                self._files.add(f"{section}.{key}")

    def add_environment(self, environment: Mapping[str, str], origin: str = "environment") -> None:
        """Lay variables such as ``ROWMILL_DATA__KEY`` over what is there; each ``__`` goes one level down.

        An empty variable counts as unset.

        Raises:
            UsageError: for a value that cannot be read, and for a name with the prefix that stands for no key.
        """
        for name in sorted(environment):
            if name.startswith(PREFIX) and name not in OWN and environment[name].strip():
                try:
                    path = path_of(name, self._types, lambda path: self.get(".".join(path)))
                except UsageError as error:
                    raise UsageError(f"{origin} {name}: {error}, or unset it") from None
                self._put(path, environment[name], f"{origin} {name}")

    def add_env_file(self, path: Path, environment: Mapping[str, str]) -> None:
        """Lay the variables of a ``.env`` file over what is there, except those that the environment sets itself.

        Raises:
            UsageError: if it cannot be read, or a line of it sets nothing.
        """
        found = read_env_file(path, environment)
        for name in sorted(OWN & found.keys()):
            self.add_note(f"{path} {name}: no effect: it is read from the environment alone")
        self.add_environment(found, origin=str(path))

    def add_flags(self, flags: Mapping[str, tuple[str, str]]) -> None:
        """Lay flags over what is there.

        Args:
            flags: for each dotted key such as ``data.rows``, the name of the flag and the text it was given.

        Raises:
            UsageError: if a text is empty.
        """
        for key, (flag, text) in flags.items():
            if not text.strip():
                raise UsageError(f"{flag}: got an empty text; give a value, or leave the flag out")
            self._put(key.split("."), text, flag)

    def add_assignments(self, assignments: Iterable[str]) -> None:
        """Lay ``section.key=value`` texts over what is there.

        Raises:
            UsageError: if one has no ``=`` or no section.
        """
        assigned: dict[str, str] = {}
        for text in assignments:
            key, equals, value = text.partition("=")
            path = key.strip().split(".")
            if not equals or not all(path) or not value.strip():
                raise UsageError(f"--set {text}: not of the form section.key=value, for example data.seed=7")
            if len(path) == 1:
                home = next((name for name, kind in self._types.items() if path[0] in kind.model_fields), "data")
                raise UsageError(f"--set {text}: the key has no section; write --set {home}.{path[0]}={value}")
            name = ".".join(path)
            flag, before = self._origins.get(name, ""), self.get(name)
            self._put(path, value, "--set")
            if flag.startswith("--") and flag not in ("--set", PRESET) and self.get(name) != before:
                self.add_note(f"{flag}: no effect: --set {text} goes over it")
            if assigned.setdefault(name, text) != text:
                self.add_note(f"--set {assigned[name]}: no effect: --set {text} comes after it")
            assigned[name] = text

    def add_note(self, line: str) -> None:
        """Keep a line on something that was given and has no effect."""
        if line not in self.notes:
            self.notes.append(line)

    def get(self, key: str) -> Any:
        """Return what the layers so far hold at a dotted key, None where they hold nothing."""
        value: Any = self._values
        for step in key.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        return value

    def drop(self, key: str, flag: str) -> None:
        """Forget what the layers so far hold at a key of a section, since a flag excludes it, and note it."""
        origin = self.given().get(key, "--set")
        # Assignments are laid once more, over the flag, and contradict it then.
        if origin != "--set":
            self.add_note(f"{key}: no effect: {flag} goes over it (from {origin})")
        section, _, name = key.partition(".")
        self._values[section].pop(name, None)

    def given(self) -> dict[str, str]:
        """Return for each dotted key that somebody set, one below tables too, where.

        A file may state every key, so there only what differs from the default is set; a preset sets none.
        """
        found: dict[str, str] = {}
        for section, kind in self._types.items():
            defaults = dict(leaves(section, plain_defaults(kind)))
            for key, value in leaves(section, self._values[section]):
                place = self._place(key)
                origin = self._origins.get(place)
                stated = place in self._files and key in defaults and value == defaults[key]
                if origin is not None and origin != PRESET and not stated:
                    found[key] = origin
        return found

    def finish(self) -> Configuration:
        """Validate both sections.

        Raises:
            SpecError: naming up to ten keys of both with the value received, the rule and where it came from.
        """
        (data, mistakes), (run, more) = self._checked(self._spec_type, "data"), self._checked(RunSettings, "run")
        self._refuse([*mistakes, *more])
        if data is None or run is None:
            raise AssertionError("a section that cannot be built has a mistake")
        return Configuration(data, run)

    def finish_run(self) -> RunSettings:
        """Validate the section ``run`` alone, for a command that makes no rows; errors are those of ``finish``."""
        run, mistakes = self._checked(RunSettings, "run")
        self._refuse(mistakes)
        return run or RunSettings()

    def stated(self) -> dict[str, dict[str, Any]]:
        """Return both sections as plain data: what was laid, validated, and every other key's declared default.

        A key that must be given and was not is None.

        Raises:
            SpecError: naming keys that break a rule: ten, and how many more.
        """
        plain, mistakes = {}, list[str]()
        for name, kind in self._types.items():
            given, defaults = self._values[name], plain_defaults(kind)
            lacking = {key for key, field in kind.model_fields.items() if field.is_required()} - given.keys()
            found, lines = self._checked(kind, name, lacking)
            laid = given if found is None else found.model_dump(mode="json")
            mistakes += lines
            plain[name] = {key: laid[key] if key in given else defaults.get(key) for key in kind.model_fields}
        self._refuse(mistakes)
        return plain

    def _checked(self, kind: type[S], name: str, unsaid: Collection[str] = ()) -> tuple[S | None, list[str]]:
        found, lines = checked(kind, self._values[name], name, unsaid)
        return found, [self._with_origin(line) for line in lines]

    def _refuse(self, mistakes: Iterable[str]) -> None:
        if problem := in_lines([*self._mistakes, *mistakes]):
            raise SpecError(problem)

    def _with_origin(self, line: str) -> str:
        key = self._place(line.partition(": ")[0])
        return f"{line} (from {self._origins[key]})" if key else line

    def _place(self, key: str) -> str:
        """Return the key that was laid when this one got its value; empty where none was."""
        while key and key not in self._origins:
            key = key.rpartition(".")[0]
        return key

    def _put(self, path: list[str], text: str, origin: str) -> None:
        section = path[0]
        if section not in self._types:
            raise UsageError(f"{origin}: no section {section!r} in a configuration; {nearest(section, self._types)}")
        kind = self._types[section]
        value = text if is_text(annotation(kind, path[1:])) else parse_yaml(text, origin)
        at = self._values[section]
        defaults: Any = plain_defaults(kind)
        for place, step in enumerate(path[1:-1], 2):
            defaults = defaults.get(step) if isinstance(defaults, dict) else None
            # What a section does not say stays unsaid: some of its defaults follow from the rest.
            inner = at.get(step, {} if inner_section(annotation(kind, path[1:place])) else defaults)
            at[step] = dict(inner) if isinstance(inner, dict) else {}
            at = at[step]
        at[path[-1]] = value
        self._origins[".".join(path)] = origin
        self._files.discard(".".join(path))


def _sections(
    path: Path, earlier: Mapping[str, str | None], notes: list[str]
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Return the sections of a file, and a line on each that is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(f"--config {path}: no such file; `rowmill config DOMAIN > {path.name}` makes one") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--config {path}: cannot be read: {error}") from None
    found = parse_json(text, str(path)) if path.suffix == ".json" else parse_yaml(text, str(path))
    if found is None:
        return {}, []
    if not isinstance(found, dict):
        raise UsageError(f"--config {path}: holds {type(found).__name__}, not the sections 'data' and 'run'")
    mistakes = list[str]()
    found = _translated(found, earlier, path, (notes, mistakes))
    mistakes += [
        f"--config {path}: unknown section {name!r}; the sections are 'data' and 'run'"
        if name not in ("data", "run")
        else f"--config {path}: section {name!r} holds {shown(values)}; it takes keys with values"
        for name, values in found.items()
        if name not in ("data", "run") or not isinstance(values, dict | None)
    ]
    sections = {name: values or {} for name in ("data", "run") if isinstance(values := found.get(name), dict | None)}
    return sections, mistakes


def _translated(
    found: Mapping[str, Any], earlier: Mapping[str, str | None], path: Path, said: tuple[list[str], list[str]]
) -> dict[str, Any]:
    """Return sections with the values of earlier keys under their names of today, which win where both are given.

    Lines on those that lose are added to the notes, the first of what is said, and lines on mistakes to the second.
    """
    notes, mistakes = said
    old = {key.partition(".")[0] for key in earlier} & found.keys()
    sections = {name: values for name, values in found.items() if name not in old}
    given = {key: value for name in sorted(old) for key, value in leaves(name, found[name]) if value is not None}
    for key, value in given.items():
        where = f"--config {path}: {key}"
        if key not in earlier:
            above, _, last = key.rpartition(".")
            known = [other.rpartition(".")[2] for other in earlier if other.rpartition(".")[0] == above]
            mistakes.append(f"{where}: unknown key; {nearest(last, known)}")
        elif earlier[key] is None and value is not False:
            mistakes.append(f"{where}: got {value!r}; there is no such switch here: set it to false, or leave it out")
    for key, now in earlier.items():
        section, _, field = (now or "").partition(".")
        there = sections.get(section) or {}
        if now is not None and key in given and isinstance(there, dict):
            sections[section] = {field: given[key], **there}
            if field in there and there[field] != given[key]:
                notes.append(f"{key}: no effect: {now} is {there[field]!r} (from {path})")
    return sections
