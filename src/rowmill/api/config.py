"""The one configuration: sections ``data`` (the Spec, fingerprinted) and ``run`` (never), read from five places.

Defaults < file < environment < flags < ``--set``. Every layer is plain data until the end, when both sections are
validated at once; an error names the key, the value, the rule and the place that it came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from rowmill.api.text import parse_json, parse_yaml
from rowmill.core.errors import SpecError, UsageError
from rowmill.model.spec import S, Section, Spec, nearest, validate
from rowmill.run.settings import RunSettings

PREFIX = "ROWMILL_"


@dataclass(frozen=True, slots=True)
class Configuration:
    """Both sections, validated."""

    data: Spec
    run: RunSettings


class Draft:
    """A configuration while its layers are laid on one another; a later layer wins key by key.

    Args:
        spec_type: model of the section ``data``.
        earlier: keys that files of earlier tools have, and what they are called here, both dotted.
    """

    def __init__(self, spec_type: type[Spec], earlier: Mapping[str, str] = MappingProxyType({})) -> None:
        self._earlier = earlier
        self._spec_type = spec_type
        self._types: dict[str, type[Section]] = {"data": spec_type, "run": RunSettings}
        self._values: dict[str, dict[str, Any]] = {"data": {}, "run": {}}
        self._origins: dict[str, str] = {}

    def add_file(self, path: Path) -> None:
        """Lay a YAML or JSON file (by its suffix, ``.json`` is JSON) over what is there.

        Raises:
            UsageError: if it cannot be read, or holds anything but the two sections.
        """
        for section, values in _sections(path, self._earlier).items():
            for key, value in values.items():
                self._values[section][key] = value
                self._origins[f"{section}.{key}"] = str(path)

    def add_environment(self, environment: Mapping[str, str], origin: str = "environment") -> None:
        """Lay variables such as ``ROWMILL_DATA__KEY`` over what is there; each ``__`` goes one level down.

        An empty variable counts as unset.

        Raises:
            UsageError: for a value that cannot be read, and for a name that only lacks underscores.
        """
        for name in sorted(environment):
            path = name.removeprefix(PREFIX).lower().split("__")
            if not name.startswith(PREFIX) or not environment[name].strip():
                continue
            section, _, rest = path[0].partition("_")
            if section in self._types and rest:
                meant = "__".join((section, *_steps(self._types[section], "_".join((rest, *path[1:])))))
                right = PREFIX + meant.upper()
                raise UsageError(f"{origin} {name}: levels are parted by two underscores; write {right}, or unset it")
            if len(path) > 1:
                self._put(path, environment[name], f"{origin} {name}")

    def add_env_file(self, path: Path, environment: Mapping[str, str]) -> None:
        """Lay the variables of a ``.env`` file over what is there, except those that the environment sets itself."""
        from dotenv import dotenv_values

        if not path.is_file():
            raise UsageError(f"--env-file {path}: no such file; give the path of a file of NAME=value lines")
        found = {k: v for k, v in dotenv_values(path).items() if v is not None and k not in environment}
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
        for text in assignments:
            key, equals, value = text.partition("=")
            path = key.strip().split(".")
            if not equals or not all(path) or not value.strip():
                raise UsageError(f"--set {text}: not of the form section.key=value, for example data.seed=7")
            if len(path) == 1:
                home = next((name for name, kind in self._types.items() if path[0] in kind.model_fields), "data")
                raise UsageError(f"--set {text}: the key has no section; write --set {home}.{path[0]}={value}")
            self._put(path, value, "--set")

    def get(self, key: str) -> Any:
        """Return what the layers so far hold at a dotted key, None where they hold nothing."""
        value: Any = self._values
        for step in key.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        return value

    def drop(self, key: str) -> None:
        """Forget what the layers so far hold at a key of a section, so that the default stands."""
        section, _, name = key.partition(".")
        self._values[section].pop(name, None)

    def finish(self) -> Configuration:
        """Validate both sections.

        Raises:
            SpecError: naming up to three keys with the value received, the rule and where it came from.
        """
        return Configuration(self._validated(self._spec_type, "data"), self._validated(RunSettings, "run"))

    def stated(self) -> dict[str, dict[str, Any]]:
        """Return both sections as plain data: what was laid, validated, and every other key's declared default."""
        finished, plain = self.finish(), {}
        for name, section in (("data", finished.data), ("run", finished.run)):
            laid, defaults = section.model_dump(mode="json"), plain_defaults(type(section))
            plain[name] = {key: (laid if key in self._values[name] else defaults)[key] for key in laid}
        return plain

    def _validated(self, section: type[S], name: str) -> S:
        try:
            return validate(section, self._values[name], name)
        except SpecError as error:
            raise SpecError("\n".join(self._with_origin(line) for line in str(error).splitlines())) from None

    def _with_origin(self, line: str) -> str:
        key = line.partition(": ")[0]
        while key and key not in self._origins:
            key = key.rpartition(".")[0]
        return f"{line} (from {self._origins[key]})" if key else line

    def _put(self, path: list[str], text: str, origin: str) -> None:
        section = path[0]
        if section not in self._types:
            raise UsageError(f"{origin}: no section {section!r} in a configuration; {nearest(section, self._types)}")
        kind = self._types[section]
        value = text if _is_text(_annotation(kind, path[1:])) else parse_yaml(text, origin)
        at = self._values[section]
        defaults: Any = plain_defaults(kind)
        for step in path[1:-1]:
            defaults = defaults.get(step) if isinstance(defaults, dict) else None
            inner = at.get(step, defaults)
            at[step] = dict(inner) if isinstance(inner, dict) else {}
            at = at[step]
        at[path[-1]] = value
        self._origins[".".join(path)] = origin


def _steps(kind: Any, words: str) -> list[str]:
    """Return the keys that words joined by one underscore or two stand for, as far as a section declares them."""
    for name in sorted(getattr(kind, "model_fields", ()), key=len, reverse=True):
        if words == name:
            return [name]
        if words.startswith(f"{name}_"):
            inner = _annotation(kind, [name])
            return [name, *_steps(inner, words.removeprefix(name).lstrip("_"))]
    return [words]


def _sections(path: Path, earlier: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(f"--config {path}: no such file; `rowmill config DOMAIN > {path.name}` makes one") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--config {path}: cannot be read: {error}") from None
    found = parse_json(text, str(path)) if path.suffix == ".json" else parse_yaml(text, str(path))
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise UsageError(f"--config {path}: holds {type(found).__name__}, not the sections 'data' and 'run'")
    found = _translated(found, earlier, path)
    for name, values in found.items():
        if name not in ("data", "run"):
            raise UsageError(f"--config {path}: unknown section {name!r}; the sections are 'data' and 'run'")
        if not isinstance(values, dict | None):
            raise UsageError(f"--config {path}: section {name!r} holds {values!r}; it takes keys with values")
    return {name: values or {} for name, values in found.items()}


def _translated(found: Mapping[str, Any], earlier: Mapping[str, str], path: Path) -> dict[str, Any]:
    """Return sections with the values of earlier keys under their names of today, which win where both are given."""
    old = {key.partition(".")[0] for key in earlier} & found.keys()
    sections = {name: values for name, values in found.items() if name not in old}
    given = [(name, key) for name in sorted(old) if isinstance(found[name], dict) for key in found[name]]
    for name, key in given:
        if f"{name}.{key}" not in earlier:
            known = [other.partition(".")[2] for other in earlier if other.startswith(f"{name}.")]
            raise UsageError(f"--config {path}: {name}.{key}: unknown key; {nearest(key, known)}")
    for key, now in earlier.items():
        name, _, inner = key.partition(".")
        section, _, field = now.partition(".")
        there = sections.get(section) or {}
        if (name, inner) in given and isinstance(there, dict):
            sections[section] = {field: found[name][inner], **there}
    return sections


def plain_defaults(section: type[Section]) -> dict[str, Any]:
    """Return the declared defaults of a section as plain data, before any rule fills one from another."""
    return section.model_construct().model_dump(mode="json")


def _annotation(kind: Any, path: list[str]) -> Any:
    """Return what a section declares at a path of keys, None where it declares nothing."""
    for step in path:
        choices = [choice for choice in (get_args(kind) or (kind,)) if choice is not type(None)]
        if get_origin(kind) is dict:
            kind = choices[-1]
            continue
        section = next((c for c in choices if isinstance(c, type) and issubclass(c, BaseModel)), None)
        if section is None or step not in section.model_fields:
            return None
        kind = section.model_fields[step].annotation
    return kind


def _is_text(annotation: Any) -> bool:
    return get_origin(annotation) is not dict and set(get_args(annotation) or (annotation,)) - {type(None)} == {str}
