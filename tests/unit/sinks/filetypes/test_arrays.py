"""What a reader got becomes cells: texts by their dictionaries, none of them one by one."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from rowmill.model.frame import Cells, Dictionary
from rowmill.model.schema import Field
from rowmill.sinks.filetypes.arrays import arrow_array, cells_of

TEXT = Field("x", "string", "A text.", nullable=True)


def coded(texts, values):
    return pa.DictionaryArray.from_arrays(pa.array(texts, pa.int32()), pa.array(values, pa.string()))


def test_batches_with_the_same_values_share_a_dictionary_and_others_do_not():
    first = cells_of(TEXT, coded([0, 1], ["a", "b"]))
    same = cells_of(TEXT, coded([1, None], ["a", "b"]), first.dictionary)
    more = cells_of(TEXT, coded([2], ["a", "b", "c"]), same.dictionary)
    other = cells_of(TEXT, coded([0], ["b", "a", "c"]), more.dictionary)

    assert same.dictionary is first.dictionary
    assert len({id(each.dictionary) for each in (first, more, other)}) == 3
    assert [arrow_array(TEXT, each, encode=False).to_pylist() for each in (first, same, more, other)] == [
        ["a", "b"],
        ["b", None],
        ["c"],
        ["b"],
    ]


@pytest.mark.parametrize("array", [pa.array([None, None], pa.string()), coded([None, None], [])])
def test_a_column_of_nothing_has_a_code_for_its_nulls(array):
    found = cells_of(TEXT, array)

    assert found.nulls.all()
    assert arrow_array(TEXT, found, encode=False).to_pylist() == [None, None]


def test_wide_texts_of_other_libraries_become_texts_as_tiles_hold_them():
    found = cells_of(TEXT, pa.array(["a", "ü", None], pa.large_string()))

    assert found.dictionary.values.type == TEXT.held
    np.testing.assert_array_equal(
        found.canonical(),
        Cells(np.array([0, 1, 0]), np.array([False, False, True]), Dictionary(["a", "ü"])).canonical(),
    )
