"""A stretch of a file is a body that is sent piece by piece."""

from __future__ import annotations

import io
from threading import Lock

from rowmill.sinks.objects.stretch import PIECE_BYTES, Stretch


def test_stretches_that_are_read_in_turns_make_the_file():
    data, lock = bytes(range(256)) * 8000, Lock()
    content = io.BytesIO(data)
    size = len(data) // 2
    one, two = Stretch(content, lock, 0, size), Stretch(content, lock, size, size)

    pieces = [(one.read(16_384), two.read(16_384)) for _ in range(size // PIECE_BYTES + 1)]

    assert b"".join(piece for piece, _ in pieces) + b"".join(piece for _, piece in pieces) == data
    assert len(pieces[0][0]) == PIECE_BYTES
    assert (len(one), one.tell(), one.read(9)) == (size, size, b"")


def test_a_stretch_can_be_sent_again():
    stretch = Stretch(io.BytesIO(b"0123456789"), Lock(), 3, 4)

    assert stretch.read() == b"3456"
    stretch.seek(0)
    assert stretch.read() == b"3456"
    assert stretch.seek(0, 2) == 4
