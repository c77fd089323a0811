"""MD5 of whole columns: what the standard library says of each text."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from rowmill.draw.md5 import MOST_BYTES, md5_words

MANY = 70_001


def of_the_library(texts):
    digests = [hashlib.md5(text).digest() for text in texts.tolist()]
    return np.array([[int.from_bytes(d[at : at + 4], "big") for d in digests] for at in (0, 4, 8)], np.uint32)


@pytest.mark.parametrize("count", [0, 1, 999, 1_000, MANY])
def test_ids_are_digested_as_by_the_library(count):
    texts = np.array([b"NH_2025_%06d" % n for n in range(count)], "S14")

    assert np.array_equal(md5_words(texts), of_the_library(texts))


@pytest.mark.parametrize("width", [1, 30, MOST_BYTES, MOST_BYTES + 1, 200])
def test_texts_of_every_length_are_digested_as_by_the_library(width):
    rng = np.random.default_rng(width)
    texts = np.array([rng.integers(1, 256, n % (width + 1), np.uint8).tobytes() for n in range(2_000)], f"S{width}")

    assert np.array_equal(md5_words(texts), of_the_library(texts))
    assert np.array_equal(md5_words(texts[::3]), of_the_library(texts[::3]))
