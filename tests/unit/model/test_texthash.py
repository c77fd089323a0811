from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowmill.model.texthash import text_hashes
from support import plain_draw

ANY = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40)


def plainly(text):
    """Hash one text as the docstring says, in whole numbers of Python."""
    raw, h = text.encode(), 0x9E3779B97F4A7C15
    for at in range(0, len(raw), 8):
        h = plain_draw.mix(h ^ int.from_bytes(raw[at : at + 8], "little"))
    return plain_draw.mix(h ^ len(raw))


@given(st.lists(ANY, max_size=12))
def test_texts_of_any_lengths_hash_as_said(texts):
    assert text_hashes(pa.array(texts, pa.string())).tolist() == [plainly(text) for text in texts]


@pytest.mark.parametrize("length", [8, 16, 64])
@given(data=st.data())
def test_texts_of_one_length_hash_alike(length, data):
    texts = data.draw(st.lists(st.text("0123456789abcdef", min_size=length, max_size=length), min_size=1, max_size=5))

    assert text_hashes(pa.array(texts)).tolist() == [plainly(text) for text in texts]


@given(st.lists(ANY | st.none(), min_size=3, max_size=12), st.integers(0, 2))
def test_slices_nulls_and_wide_offsets_change_nothing(texts, start):
    expected = [plainly(text or "") for text in texts[start:]]

    for kind in (pa.string(), pa.large_string()):
        assert text_hashes(pa.array(texts, kind)[start:]).tolist() == expected


def test_no_texts_have_no_hashes():
    assert text_hashes(pa.array([], pa.string())).tolist() == []


def test_neighbours_are_told_apart():
    texts = [f"{n}" for n in range(200_000)] + ["\0", "\0\0", "", "a\0", "a"]

    assert len(set(text_hashes(pa.array(texts)).tolist())) == len(texts)
