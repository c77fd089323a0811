from __future__ import annotations

from uuid import UUID

import numpy as np
import pyarrow as pa
import pytest

from rowmill.model.uuids import of_words, parsed, texts

TEXT = "0f8fad5b-d9cb-469f-a165-70867728950e"
OTHER = TEXT.replace("0", "1")


def test_two_words_make_the_uuid_of_their_bits():
    made = of_words(np.array([0x0F8FAD5BD9CB469F], np.uint64), np.array([0xA16570867728950E], np.uint64))

    assert UUID(bytes=made[0].tobytes()) == UUID(TEXT)


def test_texts_of_part_of_an_array_are_those_of_its_part():
    values = parsed(pa.array([TEXT, None, OTHER]).slice(1), pa.binary(16))

    assert texts(values.slice(1), pa.string()).to_pylist() == [OTHER]
    assert texts(pa.array([None, b"\0" * 16], pa.binary(16)), pa.string())[0].as_py() is None


@pytest.mark.parametrize("text", ["", TEXT.upper(), TEXT.replace("-", "0"), "é" * 18, TEXT + "0", "g" + TEXT[1:]])
def test_what_is_no_uuid_in_lower_case_is_refused(text):
    with pytest.raises(ValueError, match="is no UUID of 36 characters in lower case"):
        parsed(pa.array([TEXT, text]), pa.binary(16))
