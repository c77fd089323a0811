"""What a user of the library gives in the wrong place is told where it goes; what is shown of an object is short."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import rowmill
from rowmill.core.errors import SpecError
from support.pilots import plain, trial


@pytest.mark.parametrize(
    ("domain", "field", "value", "told"),
    [
        ("vitals", "pilot", "vs.csv", r"inputs=\{'pilot': FILE\} in Python, run.inputs.pilot in a configuration"),
        ("vitals", "pilot", Path("vs.csv"), r"inputs=\{'pilot': FILE\}"),
        ("vitals", "demographics", "dm.csv", r"inputs=\{'demographics': FILE\}"),
        ("vitals", "model", "model.json", r"got 'model.json'; give parameters, not their file: json.loads"),
        ("workforce", "census", "people.csv", r"inputs=\{'census': FILE\}"),
        ("workforce", "years", [2025, 2026], "give the first and the last: start, end"),
        ("payments", "customers", "people.csv", r"inputs=\{'customers': FILE\}"),
    ],
)
def test_a_file_or_field_in_the_wrong_place_is_told_the_right_one(domain, field, value, told):
    with pytest.raises(SpecError, match=rf"data\.{field}: .*{told}"):
        rowmill.dataset(domain, **{field: value})


@pytest.mark.parametrize("rows", ["2e3", "2_000", 2_000.0, 2_000])
def test_numbers_are_read_as_on_the_command_line(rows):
    assert rowmill.dataset("payments", rows=rows, seed=1).spec.rows == 2_000


@pytest.mark.parametrize("rows", ["", "x", "2e-3"])
def test_texts_that_are_no_number_are_refused(rows):
    with pytest.raises(SpecError, match=r"data\.rows: got"):
        rowmill.dataset("payments", rows=rows)


def test_a_fitted_model_shows_itself_in_a_line_and_comes_back_from_its_file(tmp_path):
    fitted = rowmill.fit("vitals", pilot=plain(tmp_path, trial(20)), out=tmp_path / "model.json")
    kept = json.loads((tmp_path / "model.json").read_text())
    one, other = (rowmill.dataset("vitals", model=model, subjects_per_arm=5, seed=1) for model in (fitted.model, kept))

    assert len(repr(fitted)) < 200
    assert one.fingerprint == other.fingerprint


def test_a_trial_says_no_single_date_and_a_period_says_both_ends():
    assert "2025" not in repr(rowmill.dataset("vitals", subjects_per_arm=5, seed=1))
    assert "2025-11-01 to 2025-11-30" in repr(rowmill.dataset("payments", rows=10, seed=1))
