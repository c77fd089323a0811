"""Models that are trained to tell things apart: gradient-boosted trees of scikit-learn, which the extra brings."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from importlib.util import find_spec
from typing import Final

import numpy as np

from rowmill.core.errors import UsageError
from rowmill.draw.arrays import Floats, Ints
from rowmill.quality.compare.samples import Sample

HOW: Final = "it takes scikit-learn: pip install 'rowmill[quality]'"
MOST_ROWS: Final = 6_000
"""Of each table that a model is trained on."""
_MOST_CATEGORIES: Final = 250


def at_hand() -> bool:
    """Return whether scikit-learn is installed."""
    return find_spec("sklearn") is not None


def one_thread() -> AbstractContextManager[object]:
    """Return a context in which matrices and trees are worked out by one thread: on few cores others only wait."""
    if find_spec("threadpoolctl") is None:
        return nullcontext()
    from threadpoolctl import threadpool_limits

    if at_hand():
        # Only what is loaded already can be told how many threads to take.
        import_module("sklearn.ensemble")
    limited: AbstractContextManager[object] = threadpool_limits(1)
    return limited


def features(sample: Sample, columns: list[int]) -> tuple[Floats, list[bool]]:
    """Return the values of columns for a model, float64[rows, columns], and which of them are categories.

    Of categories the most frequent ones have numbers of their own, and the others share one.
    """
    kinds = [sample.shared.scales[each].kind == "category" for each in columns]
    parts = [
        np.minimum(sample.values(each), _MOST_CATEGORIES) if kind else sample.values(each)
        for each, kind in zip(columns, kinds, strict=True)
    ]
    return np.column_stack(parts), kinds


def chances(train: tuple[Floats, Ints], test: Floats, kinds: list[bool], classes: int, seed: int) -> Floats:
    """Train a classifier and return the chance of each class of each test row, float64[rows, classes].

    Args:
        train: values, and the class of each row.
        test: values of the rows to tell.
        kinds: which columns are categories.
        classes: how many there are; one that no training row has gets the chance 0.
        seed: of what is random in training.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    values, labels = train
    out = np.zeros((len(test), classes))
    present = np.unique(labels)
    if len(present) == 1:
        out[:, present[0]] = 1.0
        return out
    model = HistGradientBoostingClassifier(
        categorical_features=kinds, max_iter=60, early_stopping=False, random_state=seed
    )
    values, test = _filled(values, test)
    model.fit(values, labels)
    out[:, present] = model.predict_proba(test)
    return out


def estimates(train: tuple[Floats, Floats], test: Floats, kinds: list[bool], seed: int) -> Floats:
    """Train a regression and return the number that it expects of each test row, float64[rows]."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    model = HistGradientBoostingRegressor(
        categorical_features=kinds, max_iter=60, early_stopping=False, random_state=seed
    )
    values, test = _filled(train[0], test)
    return np.asarray(model.fit(values, train[1]).predict(test), np.float64)


def _filled(values: Floats, test: Floats) -> tuple[Floats, Floats]:
    """Return values with zeros in columns that no training row has a value of: trees take none without."""
    empty = ~np.isfinite(values).any(axis=0)
    return np.where(empty, 0.0, values), np.where(empty, 0.0, test)


def required() -> None:
    """Refuse what takes a model where there is none.

    Raises:
        UsageError: naming the extra.
    """
    if not at_hand():
        raise UsageError(f"--target: {HOW}")
