"""Telling who asked what has no effect: the notes of a dataset, and of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rowmill.api.keys import set_keys
from rowmill.llm.completing import Completed
from rowmill.llm.settings import LlmSettings
from rowmill.model.dataset import Dataset
from rowmill.model.notes import Note, notes_of
from rowmill.run.settings import RunSettings
from rowmill.run.unused import unused_settings


def told(dataset: Dataset, given: Mapping[str, str], whole: Completed, llm: LlmSettings) -> Dataset:
    """Return a dataset with notes on what it was completed from, and on what it does not read of what was given.

    Args:
        dataset: as built.
        given: for each dotted key that somebody set, where.
        whole: what the dataset was built from.
        llm: settings of a language model.

    Raises:
        UsageError: if a key asks for something that cannot be.
    """
    unused = (*dataset.unused, *_unasked(whole, llm))
    values = {"data": dataset.spec.model_dump(mode="json"), "run": {"llm": llm.model_dump(mode="json")}}
    notes = notes_of(unused, given, values)
    return replace(dataset, notes=(*((whole.note,) if whole.note else ()), *dataset.notes, *notes))


def told_of_run(dataset: Dataset, settings: RunSettings, given: Mapping[str, str]) -> Dataset:
    """Return a dataset with notes on what a run that writes some tables does not read.

    Args:
        dataset: with its own notes.
        settings: of the run.
        given: for each dotted key of both sections that somebody set, where.

    Raises:
        UsageError: if a key asks for something that cannot be, or a table is unknown.
    """
    of_run = (note for note in dataset.unused if note.only_in or note.key.startswith("run."))
    unused = (*of_run, *unused_settings(dataset, settings))
    values = {"data": dataset.spec.model_dump(mode="json"), "run": settings.model_dump(mode="json")}
    notes = notes_of(unused, given, values, dataset.chosen(settings.tables))
    return replace(dataset, notes=(*dataset.notes, *notes))


def told_of_settings(dataset: Dataset, settings: RunSettings) -> Dataset:
    """Return a dataset with notes on what a run of the library does not read of its settings.

    Raises:
        UsageError: if a key asks for something that cannot be, or a table is unknown.
    """
    built = replace(dataset, unused=(*dataset.unused, Note("run.llm", "it is read when a dataset is built")))
    return replace(told_of_run(built, settings, _set_in(dataset, settings)), unused=dataset.unused)


def _set_in(dataset: Dataset, settings: RunSettings) -> dict[str, str]:
    """Return the keys of a dataset's spec and of a run's settings that are not at their defaults."""
    return set_keys(type(dataset.spec), dict(dataset.spec), "data") | set_keys(RunSettings, dict(settings), "run")


def _unasked(whole: Completed, llm: LlmSettings) -> tuple[Note, ...]:
    """Return which settings of a language model nothing was asked with."""
    if whole.note is None:
        return (Note("run.llm", "nothing is asked of a language model"),)
    return (Note("run.llm.rows", "run.llm.mode is parameters"),) if llm.mode == "parameters" else ()
