"""Reading configuration text: YAML and JSON into plain data, with the line of a mistake, and nothing surprising.

Only plain decimal numbers, ``true``/``false`` and ``null`` are more than text, so ``NO`` stays a country and ``1:30``
stays as typed; keys are text, and so are dates until the spec reads them. Aliases are refused: they only serve to blow
a file up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from typing import Any

import yaml

from rowmill.core.errors import UsageError

_INT = "tag:yaml.org,2002:int"
_FLOAT = "tag:yaml.org,2002:float"


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with the scalars of YAML 1.2, without aliases and without repeated keys."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="aliases (*name) are not allowed", problem_mark=mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, *args: Any, **kwargs: Any) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key must be plain text", problem_mark=key.start_mark)
            # The name of a key is what is written, though it may look like a number or a truth value.
            key.tag = "tag:yaml.org,2002:str"
            if key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"key {key.value!r} is given twice", problem_mark=key.start_mark)
            seen.add(key.value)
            if node.flow_style and key.style is None and ":" in key.value and not value.value:
                problem = f"{key.value!r} lacks a space after the colon; write {key.value.replace(':', ': ', 1)!r}"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
        return super().construct_mapping(node, *args, **kwargs)


class _InlineDumper(yaml.SafeDumper):
    """PyYAML's safe dumper, quoting what the loader above would not read as text."""

    yaml_implicit_resolvers = _Loader.yaml_implicit_resolvers

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True

    def represent_str(self, data: str) -> yaml.ScalarNode:
        """Quote text with Unicode's own line ends so that they are escaped: elsewhere they read back as spaces."""
        style = '"' if _LINE_ENDS.intersection(data) else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_LINE_ENDS = frozenset("\x85\u2028\u2029")
_InlineDumper.add_representer(str, _InlineDumper.represent_str)


def _construct_int(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    return int(loader.construct_scalar(node))


def _construct_float(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> float:
    return float(loader.construct_scalar(node).lower().replace(".inf", "inf").replace(".nan", "nan"))


_PLAIN = {f"tag:yaml.org,2002:{kind}" for kind in ("null", "bool", "str", "seq", "map")}
_Loader.yaml_constructors = {
    tag: make for tag, make in yaml.SafeLoader.yaml_constructors.items() if tag is None or tag in _PLAIN
}
_Loader.add_constructor(_INT, _construct_int)
_Loader.add_constructor(_FLOAT, _construct_float)
_Loader.add_implicit_resolver(_INT, re.compile(r"[-+]?\d+(_\d+)*$"), list("-+0123456789"))
_Loader.add_implicit_resolver(
    _FLOAT,
    re.compile(r"[-+]?(\d+(_\d+)*\.?(\d+(_\d+)*)?([eE][-+]?\d+)?|\.\d+([eE][-+]?\d+)?|\.(inf|nan))$"),
    list("-+.0123456789"),
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"(true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(~|null|Null|NULL|)$"), ["~", "n", "N", ""])


def parse_yaml(text: str, name: str) -> Any:
    """Return the plain data of a YAML text.

    Raises:
        UsageError: naming ``name``, the line and what is wrong there.
    """
    try:
        return yaml.load(text, _Loader)  # noqa: S506
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f" line {mark.line + 1}" if mark is not None else ""
        raise UsageError(f"{name}{place}: cannot be read as YAML: {error.problem or error.context}") from None
    except (KeyError, TypeError):
        raise UsageError(f"{name}: cannot be read as YAML: a value is not of the kind that its tag (!!) says") from None
    except (yaml.YAMLError, ValueError) as error:
        raise UsageError(f"{name}: cannot be read as YAML: {str(error).splitlines()[0]}") from None
    except RecursionError:
        raise UsageError(f"{name}: cannot be read as YAML: nested too deeply") from None


def parse_json(text: str, name: str) -> Any:
    """Return the plain data of a JSON text.

    Raises:
        UsageError: naming ``name``, the line and what is wrong there.
    """

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            keys = [key for key, _ in pairs]
            raise ValueError(f"key {next(key for key in keys if keys.count(key) > 1)!r} is given twice")
        return found

    try:
        return json.loads(text, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        raise UsageError(f"{name} line {error.lineno}: cannot be read as JSON: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name}: cannot be read as JSON: {error}") from None


def inline_yaml(value: Any) -> str:
    """Return plain data as YAML on one line that ``parse_yaml`` reads back as it was."""
    text = yaml.dump(
        value, Dumper=_InlineDumper, default_flow_style=True, sort_keys=False, width=1 << 30, allow_unicode=True
    )
    return text.removesuffix("...\n").strip()
