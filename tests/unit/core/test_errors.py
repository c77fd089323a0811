from __future__ import annotations

import pytest

from rowmill.core import errors


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.RowmillError, 1),
        (errors.UsageError, 2),
        (errors.SpecError, 2),
        (errors.DeclarationError, 2),
        (errors.DestinationError, 2),
        (errors.DiskError, 1),
        (errors.EndpointError, 1),
        (errors.IntegrityError, 3),
        (errors.Interrupted, 130),
    ],
)
def test_each_error_sets_the_exit_code_that_scripts_rely_on(kind, code):
    assert issubclass(kind, errors.RowmillError)
    assert kind("text").exit_code == code


def test_every_error_is_covered_above():
    kinds = {k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, Exception)}

    assert len(kinds) == 9
