"""From Arrow columns of several tables to codes on shared scales; what cannot be compared is left out, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from rowmill.core.errors import UsageError
from rowmill.draw.arrays import Floats, Ints
from rowmill.quality.compare.asking import Inquiry
from rowmill.quality.compare.samples import Codes, Common, Kind, Sample, Scale
from rowmill.quality.compare.sampling import Drawn
from rowmill.quality.sources.source import is_text

BINS: Final = 10
"""Of a number by its quantiles in the real table, and of a category: its most frequent values; others share one."""
_LARGEST: Final = 2.0**53
"""Integers from here on are no measurements: they are identifiers."""
_ALONE: Final = 0.5
"""Share of texts that no other entity has, from which on a column names entities, and describes nothing."""
_LEAST_TEXTS: Final = 20


@dataclass(frozen=True, eq=False)
class Encoded:
    """Samples on shared scales, and the columns that they do not have."""

    samples: tuple[Sample, ...]
    left_out: Mapping[str, str]
    """Columns with the reason why."""


@dataclass(frozen=True, eq=False)
class Raw:
    """The values of a column of one table."""

    kind: Kind
    values: Any
    """Numbers as float64 with NaN for null, or texts."""
    clock: bool = False


def encode(drawn: Sequence[Drawn], question: Inquiry, identifiers: Sequence[str]) -> Encoded:
    """Return samples of the drawn rows: of the real table first, then the synthetic one, then others.

    Args:
        drawn: rows of each table with the columns that all have.
        question: which of them tell time and arm, which are left out, and which are codes.
        identifiers: columns that name rows.

    Raises:
        UsageError: if no column is left, or time or arm cannot be used.
    """
    left_out: dict[str, str] = {}
    scales: list[Scale] = []
    columns: list[list[Codes]] = []
    for name in drawn[0].rows.column_names:
        raws = [
            raw_values(each.rows.column(name), coded=name in {*question.categories, question.arm}) for each in drawn
        ]
        fit = [each for each in raws if isinstance(each, Raw)]
        reason = next((each for each in raws if isinstance(each, str)), None) or _unfit(
            name, fit, drawn[0].entity, question, identifiers
        )
        if reason:
            left_out[name] = reason
            continue
        if name == question.time and fit[0].kind == "category":
            fit = _in_order(fit, drawn)
        scale, codes = _scaled(name, fit)
        scales.append(scale)
        columns.append(codes)
    place = {each.name: i for i, each in enumerate(scales)}
    for option, role in question.named():
        if option not in {"key", "category"} and role not in place:
            raise UsageError(f"--{option} {role[:80]!r}: cannot be used: {left_out.get(role, 'it is the key')}")
    if not scales:
        reasons = "; ".join(f"{name[:80]}: {reason}" for name, reason in list(left_out.items())[:5])
        raise UsageError(f"the tables share no column that can be compared{reasons and f' ({reasons})'}")
    shared = Common(
        tuple(scales), place.get(question.time or ""), place.get(question.arm or ""), keyed=question.key is not None
    )
    samples = [
        _sample(shared, np.column_stack([codes[i] for codes in columns]), each.entity) for i, each in enumerate(drawn)
    ]
    return Encoded(tuple(samples), left_out)


def raw_values(column: pa.ChunkedArray, *, coded: bool) -> Raw | str:
    """Return the values of a column as numbers or as texts, or why it is neither.

    Args:
        column: of any type.
        coded: whether its numbers are codes.
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = pa.chunked_array([each.dictionary_decode() for each in column.chunks], kind.value_type)
        kind = kind.value_type
    if pa.types.is_null(kind):
        return Raw("number", np.full(len(column), np.nan))
    if any(is_one(kind) for is_one in (*_TEXTS, *(_CODES if coded else ()))):
        return Raw("category", column.cast(pa.string()).combine_chunks())
    for is_one, held, unit in _NUMBERS:
        if is_one(kind):
            plain = column if held is None else column.cast(held, safe=False).cast(pa.int64())
            return Raw("number", _floats(plain) * unit, clock=pa.types.is_timestamp(kind))
    return f"values of type {kind} cannot be compared"


_TEXTS: Final = (pa.types.is_boolean, is_text)
_CODES: Final = (pa.types.is_integer, pa.types.is_floating, pa.types.is_date)
_NUMBERS: Final = (
    (pa.types.is_integer, None, 1.0),
    (pa.types.is_floating, None, 1.0),
    (pa.types.is_decimal, None, 1.0),
    (pa.types.is_timestamp, pa.timestamp("us"), 1e-6),
    (pa.types.is_date, pa.timestamp("s"), 1.0),
    (pa.types.is_time, pa.time64("ns"), 1e-9),
    (pa.types.is_duration, pa.duration("us"), 1e-6),
)
"""Types that are numbers, what to cast them to first, and the seconds of one step."""


def _floats(column: pa.ChunkedArray) -> Floats:
    """Return numbers with NaN for null, and for what is not finite."""
    values = column.cast(pa.float64(), safe=False).fill_null(np.nan).to_numpy()
    return np.where(np.isfinite(values), values, np.nan)


def _unfit(name: str, raws: Sequence[Raw], entity: Ints, question: Inquiry, identifiers: Sequence[str]) -> str | None:
    """Return why a column is not compared, None if it is."""
    if name in identifiers:
        return "it names rows: its values mean nothing"
    kinds = {"real": raws[0].kind, "synthetic": raws[1].kind, "hold-out": raws[-1].kind}
    if len(set(kinds.values())) > 1:
        return ", ".join(
            f"{'numbers' if kind == 'number' else 'texts'} in the {side} table" for side, kind in kinds.items()
        )
    known = [_known(each) for each in raws]
    if not any(known):
        return "it has no value in any table"
    real = raws[0].values
    if raws[0].kind == "number" and known[0] and np.nanmax(np.abs(real)) >= _LARGEST:
        return "its numbers are too large to be measurements: it names rows"
    kept = {question.time, question.arm, question.target, *question.quasi, *question.categories}
    if raws[0].kind == "category" and known[0] >= _LEAST_TEXTS and name not in kept:
        alone = _alone(real, entity)
        if alone > _ALONE:
            noun = "rows" if question.key is None else "entities"
            return f"{alone:.0%} of its texts are those of one entity alone: it names {noun}, or is free text"
    return None


def _alone(texts: pa.Array, entity: Ints) -> float:
    """Return the share of texts that no other entity has."""
    codes = texts.dictionary_encode().indices
    known = np.asarray(codes.is_valid().to_numpy(zero_copy_only=False))
    place, owner = codes.fill_null(0).to_numpy(zero_copy_only=False)[known], entity[known]
    least, most = np.full(len(codes), np.iinfo(np.int64).max), np.full(len(codes), -1)
    np.minimum.at(least, place, owner)
    np.maximum.at(most, place, owner)
    return float((least == most)[place].mean())


def _known(raw: Raw) -> int:
    """Return how many values are not null."""
    return int(np.isfinite(raw.values).sum() if raw.kind == "number" else len(raw.values) - raw.values.null_count)


def _scaled(name: str, raws: Sequence[Raw]) -> tuple[Scale, list[Codes]]:
    if raws[0].kind == "number":
        grid = np.unique(np.concatenate([each.values[np.isfinite(each.values)] for each in raws]))
        codes = [np.where(np.isfinite(each.values), np.searchsorted(grid, each.values), -1) for each in raws]
        real = raws[0].values[np.isfinite(raws[0].values)]
        edges = np.unique(np.quantile(real, np.linspace(0, 1, BINS + 1)[1:-1])) if len(real) else np.zeros(0)
        places, labels = np.searchsorted(edges, grid, side="right"), tuple[str, ...]()
        levels = len(edges) + 2
    else:
        texts = pa.concat_arrays([each.values for each in raws]).dictionary_encode()
        found = _texts(texts.dictionary)
        every = texts.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        mine = every[: len(raws[0].values)]
        often = np.bincount(mine[mine >= 0], minlength=len(found))
        order = sorted(range(len(found)), key=lambda k: (-often[k], found[k]))
        rank = np.append(np.argsort(order), -1)
        ends = np.cumsum([len(each.values) for each in raws])[:-1]
        codes = np.split(rank[every], ends)
        labels, grid = tuple(found[k] for k in order), np.arange(len(found), dtype=float)
        places, levels = np.minimum(np.arange(len(found)), BINS), min(len(found), BINS + 1) + 1
    bins = np.append(places, levels - 1).astype(np.int16)
    scale = Scale(name, raws[0].kind, grid, labels, bins, levels, clock=all(each.clock for each in raws))
    return scale, [each.astype(np.int32) for each in codes]


def _texts(dictionary: pa.Array) -> list[str]:
    """Return the texts of a dictionary, whatever bytes a file has in them."""
    return [each.decode("utf-8", "replace") for each in dictionary.cast(pa.binary()).to_pylist()]


def _in_order(raws: Sequence[Raw], drawn: Sequence[Drawn]) -> list[Raw]:
    """Return names of visits as numbers: in the order in which they stand, on average, among the rows of an entity."""
    places, counts = dict[str, float](), dict[str, int]()
    for raw, each in zip(raws, drawn, strict=True):
        order = np.argsort(each.entity, kind="stable")
        starts = np.searchsorted(each.entity[order], each.entity)
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        share = (place - starts) / np.bincount(each.entity)[each.entity]
        texts = raw.values.dictionary_encode()
        codes = texts.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        known = codes >= 0
        names = _texts(texts.dictionary)
        sums = np.bincount(codes[known], share[known], len(names))
        for name, total, count in zip(names, sums, np.bincount(codes[known], minlength=len(names)), strict=True):
            places[name] = places.get(name, 0.0) + float(total)
            counts[name] = counts.get(name, 0) + int(count)
    ranks = {name: i for i, name in enumerate(sorted(places, key=lambda name: (places[name] / counts[name], name)))}
    return [Raw("number", _ranked(raw.values, ranks)) for raw in raws]


def _ranked(texts: pa.Array, ranks: Mapping[str, int]) -> Floats:
    encoded = texts.dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return np.asarray(np.array([*(float(ranks[name]) for name in _texts(encoded.dictionary)), np.nan])[codes])


def _sample(shared: Common, codes: Codes, entity: Ints) -> Sample:
    """Return rows in the order of their entities, and of time within them."""
    time = np.zeros(len(entity)) if shared.time is None else codes[:, shared.time]
    order = np.lexsort((time, entity))
    count = np.bincount(entity)
    return Sample(shared, codes[order], np.concatenate([[0], np.cumsum(count[count > 0])]))
