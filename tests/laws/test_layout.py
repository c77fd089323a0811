"""Layout is presentation: format, compression, encoding, files and folders change no logical row and no digest."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from laws.contents import differing, every_domain, examples, folder, land, statistics_of

LAYOUTS = st.fixed_dictionaries(
    {"part_rows": st.sampled_from([400, 500_000])},
    optional={
        "row_group_rows": st.sampled_from([311, 4_999]),
        "single_file": st.just(True),
        "batch_size": st.sampled_from([300, 5_000]),
        "name": st.sampled_from(["{table}-{part}", "{domain}/{date:%Y}{_part}"]),
    },
)
FORMATS = st.sampled_from(
    [
        {"format": "parquet", "compression": "snappy", "encoding": "compact"},
        {"format": "parquet", "compression": "zstd"},
        {"format": "parquet", "compression": "gzip", "encoding": "compact"},
        {"format": "parquet", "compression": "none", "encoding": "plain"},
        {"format": "csv"},
        {"format": "csv", "compression": "gzip"},
        {"format": "csv", "compression": "zstd"},
    ]
)


@every_domain
@examples(10)
@given(data=st.data())
def test_every_layout_holds_the_same_rows_and_the_same_digest(case, plainly, data):
    dataset, plain, expected = plainly(case.name, data.draw(st.sampled_from(case.fixed)))
    levels = st.fixed_dictionaries({}, optional={"partition_by": st.sampled_from(case.partitions)})
    settings = data.draw(LAYOUTS) | data.draw(FORMATS) | data.draw(levels)

    with folder() as other:
        found = land(dataset, other, **settings)

        assert {t: s.digest for t, s in found.tables.items()} == {t: s.digest for t, s in expected.tables.items()}
        assert not differing(dataset, plain, other, case.tables)
        assert statistics_of(other) == statistics_of(plain)
