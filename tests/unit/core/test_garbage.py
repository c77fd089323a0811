"""Nobody looks for garbage while much is made that stays."""

from __future__ import annotations

import gc

import pytest

from rowmill.core.garbage import uncollected


def test_nothing_is_collected_meanwhile_and_all_is_as_before_then():
    assert gc.isenabled()
    with uncollected():
        assert not gc.isenabled()
        with uncollected():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_error_brings_the_collector_back():
    with pytest.raises(ValueError, match="x"), uncollected():
        raise ValueError("x")
    assert gc.isenabled()
