"""A request is sent again where that may help, and not for ever."""

from __future__ import annotations

import logging

import pytest

from rowmill.sinks.objects.patience import Failure, Patience


class PassingError(Exception):
    """Passes."""


def patience(attempts, pauses):
    judged = lambda error: Failure("down", isinstance(error, PassingError))  # noqa: E731
    return Patience("s3://b", attempts, judged, pauses.append)


def failing(times, error=PassingError):
    left = [error("x")] * times

    def request():
        if left:
            raise left.pop()
        return "done"

    return request


def test_what_passes_is_waited_for_longer_and_longer_but_never_over_twenty_seconds():
    pauses = []

    assert patience(20, pauses)(failing(12)) == ("done", True)
    assert len(pauses) == 12
    assert all(0.5 * min(0.2 * 2**n, 20) <= pause <= min(0.2 * 2**n, 20) for n, pause in enumerate(pauses))


def test_a_request_that_succeeds_at_once_was_not_repeated():
    assert patience(3, [])(failing(0)) == ("done", False)


def test_the_last_failure_is_raised_and_nothing_is_waited_for_then():
    pauses = []
    with pytest.raises(PassingError):
        patience(3, pauses)(failing(3))
    assert len(pauses) == 2


def test_what_does_not_pass_is_raised_at_once():
    pauses = []
    with pytest.raises(ValueError, match="x"):
        patience(3, pauses)(failing(1, ValueError))
    assert pauses == []


def test_who_waits_is_told_from_the_third_failure_on(caplog):
    with caplog.at_level(logging.WARNING):
        patience(9, [])(failing(4))

    assert [record.message.partition(";")[0] for record in caplog.records] == ["s3://b: down", "s3://b: down"]
