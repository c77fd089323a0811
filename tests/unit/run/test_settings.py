from __future__ import annotations

import pytest

from rowmill.core.errors import SpecError, UsageError
from rowmill.model.spec import validate
from rowmill.run.prepare import layout_of
from rowmill.run.settings import RunSettings


def test_every_setting_is_described():
    assert not [name for name, info in RunSettings.model_fields.items() if not info.description]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"workers": 0}, "run.workers: got 0"),
        ({"batch_size": 0}, "run.batch_size: got 0"),
        ({"format": "orc"}, "run.format: got 'orc'"),
        ({"compresion": "zstd"}, "did you mean 'compression'"),
    ],
)
def test_wrong_settings_are_named(values, message):
    with pytest.raises(SpecError, match=message):
        validate(RunSettings, values, "run")


@pytest.mark.parametrize(
    ("format", "asked", "given"),
    [("parquet", None, "snappy"), ("csv", None, "none"), ("parquet", "none", "none"), ("csv", "zstd", "zstd")],
)
def test_compression_follows_the_format_unless_it_is_asked_for(format, asked, given):
    assert layout_of(RunSettings(format=format, compression=asked)).compression == given


def test_a_format_that_cannot_be_compressed_so_says_what_it_takes():
    with pytest.raises(UsageError, match="compression 'snappy': csv takes none, gzip, zstd; choose one of them"):
        layout_of(RunSettings(format="csv", compression="snappy"))
