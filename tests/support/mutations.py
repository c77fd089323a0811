"""Records as a careless disk, a careless editor or a malicious stranger would leave them."""

from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rowmill.model.spec import fingerprint

HOSTILE_TEXTS = (
    *(
        "",
        ".",
        "..",
        "../abroad",
        "../../abroad",
        "../abroad/thesis.tex",
        "transactions/../../abroad/thesis.tex",
        "/etc/passwd",
    ),
    *("transactions//x.parquet", "transactions/./x.parquet", "transactions/.hidden", "_rowmill/plan.json", "a\\..\\b"),
    *(
        "cards/x\0y",
        "cards/x\ny",
        "x" * 5000,
        "whole\n",
        "2025-02-30",
        "2025-11-31_x",
        "{part.__class__}",
        "{part!r:>99}",
    ),
    *(
        "canary_plugin:X",
        "$(touch x)",
        "'; DROP TABLE x; --",
        "{{ 7 }}",
        "%s%s%n",
        "\u202etxt",
        "NaN",
        "parquet",
    ),
)
HOSTILE_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2**31, 2**63, 2**64, -(2**70), 1.0, 1.5, 1e308, [], {}, [[]], {"a": {}}, [1, 2]),
    *([0, 0], [0, 10**15], [3, 1], ["../abroad"], ["canary_plugin:X"]),
    {"labels": [], "files": ["../abroad/thesis.tex"]},
    {"labels": ["../../abroad"], "files": []},
    {"labels": ["whole"], "files": ["transactions/x.parquet"]},
)


def places(data: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every value of a document."""
    members = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in members:
        yield (*at, key)
        yield from places(value, (*at, key))


def mutated(luck: random.Random, text: bytes) -> bytes:
    """Return a JSON document with one to three changes, half of the time with its checks made to agree again."""
    data = json.loads(text)
    for _ in range(luck.choice((1, 1, 1, 2, 3))):
        _change(luck, data)
    if luck.random() < 0.5:
        _agree(data)
    return json.dumps(data).encode()


def _change(luck: random.Random, data: Any) -> None:
    # What lies deep is the most of a document: a level is chosen first.
    ways = list(places(data))
    depth = luck.choice(sorted({len(way) for way in ways}))
    way = luck.choice([way for way in ways if len(way) == depth])
    holder = data
    for step in way[:-1]:
        holder = holder[step]
    key, kind = way[-1], luck.randrange(8)
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder, list):
        holder.append(copy.deepcopy(luck.choice(holder)))
    elif kind == 2 and isinstance(holder, dict):
        holder[luck.choice(("unknown", "../abroad", ""))] = luck.choice(HOSTILE_VALUES)
    elif kind == 3 and isinstance(holder[key], int):
        holder[key] += luck.choice((-1, 1, 1000))
    elif kind <= 5:
        holder[key] = luck.choice(HOSTILE_TEXTS)
    else:
        holder[key] = copy.deepcopy(luck.choice(HOSTILE_VALUES))


def _agree(data: Any) -> None:
    """Make the fingerprint that of the spec, and the rows of tables those of their files."""
    try:
        identity = data["identity"]
        identity["fingerprint"] = fingerprint(identity["domain"], identity["data_version"], identity["spec"])
        for table in data.get("tables", {}).values():
            table["rows"] = sum(file["rows"] for file in table["files"])
    except (KeyError, TypeError, AttributeError, ValueError):
        return


def broken(luck: random.Random, text: bytes) -> bytes:
    """Return bytes that are no document any more, or a document in another dress."""
    return luck.choice(
        (
            lambda: text[: luck.randrange(len(text))],
            lambda: b"",
            lambda: luck.randbytes(300),
            lambda: b"[" * 100_000,
            lambda: b'{"form":1,"identity":' * 5_000,
            lambda: text.decode().encode("utf-16"),
            lambda: b"\xef\xbb\xbf" + text,
            lambda: text.replace(b'"form": 1', b'"form": 2'),
            lambda: text.replace(b'"form": 1', b'"form": ' + b"9" * 5000),
            lambda: text.replace(b"1", b"NaN", 1),
            lambda: b"null\n",
            lambda: text + text,
        )
    )()


def signed_plugin(text: bytes) -> bytes:
    """Return a record whose spec names code, in every check a true one."""
    data = json.loads(text)
    data["identity"]["spec"]["fraud"]["plugins"] = ["canary_plugin:X"]
    _agree(data)
    return json.dumps(data).encode()


def replacing(files: list[str], labels: list[str]) -> Callable[[bytes], bytes]:
    """Return a change that makes a manifest one whose publication a crash cut short."""

    def change(text: bytes) -> bytes:
        return json.dumps({**json.loads(text), "replaced": {"labels": labels, "files": files}}).encode()

    return change


def linked(out: Path, name: str, target: Path | str) -> None:
    """Put a link in the place of a file or a folder of a destination."""
    place = out / name
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.is_dir() and not place.is_symlink():
        place.rename(place.with_name(f".{place.name}.away"))
    elif os.path.lexists(place):
        place.unlink()
    place.symlink_to(target)
