"""What pages show of the program is what the program says; ``--rewrite-golden`` writes it anew."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, get_args, get_origin

import pytest

from rowmill.cli import main
from rowmill.domains.registry import DOMAINS, domain
from rowmill.model.spec import Section
from rowmill.model.text import inline_yaml
from rowmill.run.settings import RunSettings
from support.tree import ROOT, files

README = ROOT / "README.md"
REFERENCES = [
    ("docs/how-to/configuration.md", "payments", ("data", "run")),
    ("docs/vitals.md", "vitals", ("data",)),
    ("docs/workforce-settings.md", "workforce", ("data",)),
]
"""Pages that list keys, the domain, and the sections."""
SCHEMA = ROOT / "schema/transaction_schema.yaml"
SHOWN = re.compile(r"<!-- shown: rowmill (.*) -->\n```text\n(.*?)```", re.DOTALL)
GENERATED = re.compile(r"(?<=<!-- generated: configuration -->\n).*(?=<!-- end -->)", re.DOTALL)
LONGEST_DEFAULT = 60
BOUNDS = {"ge": "≥ {}", "gt": "> {}", "le": "≤ {}", "lt": "< {}", "pattern": "matches `{}`"}
PAGES = [path for path in files() if path.suffix == ".md" and path.name != "CHANGELOG.md"]


def rowmill(words, folder, *more):
    command = [sys.executable, "-m", "rowmill", *words.split(), *more]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)


def test_the_committed_schema_is_the_one_that_the_command_prints(capsys, rewrite_golden):
    assert main(["schema", "payments", "--table", "transactions", "--format", "yaml"]) == 0
    printed = capsys.readouterr().out
    if rewrite_golden:
        SCHEMA.write_text(printed, "utf-8")

    assert SCHEMA.read_text("utf-8") == printed


def test_the_readme_shows_what_the_first_command_makes(tmp_path, rewrite_golden):
    """Sizes of files and times are those of one run; rows and digests are everybody's."""
    page = README.read_text("utf-8")
    words, text = SHOWN.search(page).groups()
    if rewrite_golden:
        text = rowmill(words, tmp_path).stderr
        README.write_text(SHOWN.sub(lambda _: f"<!-- shown: rowmill {words} -->\n```text\n{text}```", page), "utf-8")
    made = json.loads(rowmill(words, tmp_path, "--json").stdout)

    tables = {n: (t["rows"], t["files"], t["digest"]) for n, t in made["tables"].items()}
    lines = re.findall(r"^(\w+) +([\d,]+) +[\d,]+ +(\d+) +([0-9a-f]{32})$", text, re.MULTILINE)
    assert {name: (int(rows.replace(",", "")), int(n), digest) for name, rows, n, digest in lines} == tables
    assert f"seed {made['seed']}, fingerprint {made['fingerprint']}, digest {made['digest']}" in text
    assert words in (ROOT / "Makefile").read_text("utf-8").replace('"$$OUT"', "outputs/")


def keys(section: type[Section], path: str) -> Iterator[tuple[str, Any, str, str]]:
    """Yield (dotted key, default, values that it takes, meaning) of every key of a section and of those below it."""
    first: dict[Any, str] = {}
    for name, field in section.model_fields.items():
        default, kind, key = field.get_default(call_default_factory=True), field.annotation, f"{path}.{name}"
        meaning = " ".join((field.description or "").split())
        if isinstance(kind, type) and issubclass(kind, Section):
            if kind in first:
                yield key, None, f"as `{first[kind]}`", meaning
            else:
                first[kind] = name
                yield from keys(kind, key)
            continue
        values = bounds(field.metadata) or each(kind)
        literal = next((k for k in (kind, *get_args(kind)) if get_origin(k) is Literal), None)
        values += [", ".join(f"`{value}`" for value in get_args(literal))] if literal else []
        yield key, default, ", ".join(values), meaning
        inner = get_args(kind) if get_origin(kind) in (dict, tuple) else ()
        if is_section(inner[-1:]):
            yield from keys(inner[-1], f"{key}.NAME")
        elif inner[1:] == (...,) and is_section(inner[:1]):
            yield from keys(inner[0], f"{key}[]")


def bounds(rules: Sequence[Any]) -> list[str]:
    """Return the bounds among what is noted beside a kind."""
    rules = [inner for rule in rules for inner in getattr(rule, "metadata", [rule])]
    found = [(rule, name) for rule in rules for name in BOUNDS if getattr(rule, name, None) is not None]
    return [BOUNDS[name].format(number(getattr(rule, name))) for rule, name in found]


def each(kind: Any) -> list[str]:
    """Return the bounds that each entry of a table or list keeps, where all keep the same, or a value that may lack."""
    inner = [one for one in get_args(kind) if one not in (..., type(None))]
    inner = inner[1:] if get_origin(kind) is dict else inner
    found = {tuple(bounds(get_args(one)[1:])) for one in inner if get_origin(one) is Annotated}
    texts = list(next(iter(found), ()))
    return ([f"each {texts[0]}", *texts[1:]] if get_origin(kind) in (dict, tuple) else texts) if texts else []


def is_section(found: tuple[Any, ...]) -> bool:
    return bool(found) and isinstance(found[0], type) and issubclass(found[0], Section)


def number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def every_key(name: str, sections: tuple[str, ...] = ("data", "run")) -> dict[str, tuple[Any, str, str]]:
    known = {"data": domain(name).spec_type, "run": RunSettings}
    return {key: tuple(rest) for path in sections for key, *rest in keys(known[path], path)}


def shown_default(key: str, default: Any) -> str:
    if ".NAME." in key or "[]." in key:
        return ""
    text = inline_yaml(plain(default))
    return f"`{text}`" if len(text) <= LONGEST_DEFAULT else f"{len(default)} entries"


def plain(value: Any) -> Any:
    """Return a default as the plain data that a file would hold."""
    if isinstance(value, Section):
        return value.model_dump(mode="json")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, tuple) else value


@pytest.mark.parametrize(("path", "name", "sections"), REFERENCES, ids=[name for _, name, _ in REFERENCES])
def test_the_reference_lists_every_key_of_the_configuration(path, name, sections, rewrite_golden):
    lines = ["| key | default | values | meaning |", "|---|---|---|---|"]
    for key, (default, values, meaning) in every_key(name, sections).items():
        cells = (f"`{key}`", shown_default(key, default), values, meaning.replace("``", "`"))
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    table = "\n".join(lines) + "\n"
    page = (ROOT / path).read_text("utf-8")
    if rewrite_golden:
        page = GENERATED.sub(lambda _: table, page)
        (ROOT / path).write_text(page, "utf-8")

    assert GENERATED.search(page)[0] == table


def test_every_domain_has_its_keys_listed():
    assert {name for _, name, _ in REFERENCES} == set(DOMAINS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_key_that_a_page_names_exists(page):
    everything = [item for name in DOMAINS for item in every_key(name).items()]
    known = {key for key, _ in everything}
    sections = {key.rsplit(".", n)[0] for key in known for n in range(1, key.count(".") + 1)}
    tables = {key for key, (default, *_) in everything if isinstance(default, dict)}
    named = re.findall(r"(?<![\w./])((?:data|run)\.[a-z][\w]*(?:\.[a-z]\w*)*)(?=[`:= ])", page.read_text("utf-8"))
    unknown = [n for n in named if n not in known | sections and not any(n.startswith(f"{t}.") for t in tables)]

    assert not unknown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_of_the_project_that_a_page_names_exists(page):
    places = [str(path.relative_to(ROOT)) for path in files()]
    text = page.read_text("utf-8")
    named = re.findall(r"`((?:[\w.-]+/)*[a-z_]+\.(?:py|csv))`", text)
    made_by_an_example = re.findall(r"^cat > (\S+)", text, re.MULTILINE)
    found = [name for name in named if any(f"/{place}".endswith(f"/{name}") for place in places)]
    absent = set(named) - set(found) - set(made_by_an_example)

    assert not absent
