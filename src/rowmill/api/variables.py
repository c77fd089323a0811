"""Environment variables: the keys that they stand for, and those that the product reads for itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, get_origin

from rowmill.api.keys import annotation, inner_section, plain_defaults
from rowmill.core.errors import UsageError
from rowmill.model.spec import Section, nearest

PREFIX = "ROWMILL_"
OWN = frozenset(
    {
        "ROWMILL_TRACEBACK",
        "ROWMILL_LLM_API_KEY",
        "ROWMILL_DBT",
        "ROWMILL_DBT_DATABASE",
        "ROWMILL_DBT_SPILL",
        "ROWMILL_DBT_THREADS",
    }
)
"""Variables with the prefix that stand for no key: a switch, a secret, where dbt is, what its project reads."""

Sections = Mapping[str, type[Section]]


def path_of(name: str, sections: Sections, held: Callable[[list[str]], Any]) -> list[str]:
    """Return the section and the keys that a variable stands for; each ``__`` goes one level down.

    Declared keys may be written in capitals. A key of the user's own, such as a country, is taken as it is written,
    unless there is one that differs in nothing but capitals.

    Args:
        name: with the prefix.
        sections: models of the sections by name.
        held: what the layers so far hold at a path, None where they hold nothing.

    Raises:
        UsageError: if it stands for no key, naming what to write.
    """
    section, *steps = name.removeprefix(PREFIX).split("__")
    if not steps or section.lower() not in sections:
        raise UsageError(_advice(section.lower(), [step.lower() for step in steps], sections))
    path = [section.lower()]
    for step in steps:
        path.append(_key(step, sections[path[0]], path[1:], held(path)))
    return path


def _key(step: str, section: type[Section], path: list[str], held: Any) -> str:
    """Return a key below a path as it is called there."""
    if get_origin(annotation(section, path)) is not dict:
        return step.lower()
    default: Any = plain_defaults(section)
    for above in path:
        default = default.get(above) if isinstance(default, Mapping) else None
    known = [str(key) for there in (held, default) if isinstance(there, Mapping) for key in there]
    return step if step in known else next((key for key in known if key.lower() == step.lower()), step)


def _advice(section: str, steps: list[str], sections: Sections) -> str:
    """Return why a variable stands for no key, and what to write."""
    first, _, rest = section.partition("_")
    if first in sections and rest:
        right = _variable(first, *_steps(sections[first], "_".join((rest, *steps))))
        return f"levels are parted by two underscores; write {right}"
    if section in sections:
        return f"a section has no value of its own; set its keys, such as {_variable(section, *_example(section))}"
    if steps:
        return f"no section {section!r} in a configuration; {nearest(section, sections)}"
    home = next((name for name, kind in sections.items() if section in kind.model_fields), None)
    if home is not None:
        return f"the key has no section; write {_variable(home, section)}"
    top = [_variable(name, key) for name, kind in sections.items() for key in kind.model_fields]
    close = get_close_matches(section.upper(), [name.removeprefix(PREFIX) for name in (*OWN, *top)], n=1)
    hint = f"did you mean {PREFIX + close[0]!r}?" if close else f"keys are like {_variable('data', 'seed')}"
    return f"no variable of this name; {hint}"


def _example(section: str) -> tuple[str, ...]:
    return ("seed",) if section == "data" else ("workers",)


def _variable(*path: str) -> str:
    return PREFIX + "__".join(path).upper()


def _steps(kind: Any, words: str) -> list[str]:
    """Return the keys that words joined by one underscore or two stand for, as far as a section declares them."""
    fields = getattr(inner_section(kind), "model_fields", {})
    for name in sorted(fields, key=len, reverse=True):
        if words == name:
            return [name]
        if words.startswith(f"{name}_"):
            return [name, *_steps(fields[name].annotation, words.removeprefix(name).lstrip("_"))]
    return [words]
