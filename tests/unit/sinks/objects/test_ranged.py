"""An object is read by ranges as if it were a file."""

from __future__ import annotations

import io
import random

import pyarrow as pa
import pyarrow.parquet as pq

from rowmill.sinks.objects.ranged import TAIL_BYTES, ranged


def opened(data, asked):
    def fetch(start, stop):
        asked.append((start, stop))
        return data[start:stop]

    return ranged(len(data), data[-TAIL_BYTES:], fetch)


def test_whatever_is_read_is_what_a_file_has():
    draw = random.Random(5)
    data = draw.randbytes(25_000_000)
    mine, file = opened(data, []), io.BytesIO(data)

    for _ in range(60):
        place, size = draw.randrange(len(data) + 10), draw.choice([0, 1, 9000, 70_000, 5_000_000])
        assert mine.seek(place) == file.seek(place)
        assert mine.read(size) == file.read(size)
        assert mine.tell() == file.tell()
    assert mine.seek(0) == 0
    assert mine.read() == data


def test_the_end_is_known_and_the_rest_is_asked_for_once_in_few_pieces():
    asked, data = [], bytes(30 << 20)
    handle = opened(data, asked)
    handle.seek(-1000, 2)
    assert len(handle.read()) == 1000
    assert asked == []

    handle.seek(0)
    while handle.read(1 << 20):
        pass
    assert [start for start, _ in asked] == sorted({start for start, _ in asked})
    assert len(asked) <= 4


def test_a_small_object_is_there_after_the_first_request():
    asked = []
    assert opened(b"abc", asked).read() == b"abc"
    assert opened(b"", asked).read() == b""
    assert asked == []


def test_the_footer_of_a_parquet_file_needs_no_further_request():
    sink, asked = io.BytesIO(), []
    pq.write_table(pa.table({"a": range(3_000_000)}), sink, compression="none")
    file = pq.ParquetFile(opened(sink.getvalue(), asked))

    assert file.metadata.num_rows == 3_000_000
    assert asked == []
    assert file.read()["a"].to_pylist()[-1] == 2_999_999
