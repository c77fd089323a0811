"""Commands on a bucket of a real S3 server do what they do on a folder."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from unittest.mock import patch

import pytest

from rowmill.sinks.registry import destination
from support.commands import start
from support.servers import seaweed
from support.servers.careless import careless
from support.servers.entra import certificate
from support.servers.faults import Plan, before
from unit.cli.conftest import Rowmill

SMALL = "generate payments --rows 3000 --seed 1"
DAY = f"{SMALL} --quiet --date"


@pytest.fixture
def out():
    with seaweed.a_place() as location:
        yield location


def keys(location):
    found = seaweed.client(seaweed.endpoint()).list_objects_v2(
        Bucket=seaweed.BUCKET, Prefix=f"{location.partition(f'{seaweed.BUCKET}/')[2]}/"
    )
    return [each["Key"].split("/", 1)[1] for each in found.get("Contents", ())]


def test_a_run_is_written_skipped_told_verified_and_compared(rowmill: Rowmill, tmp_path: Path, out: str) -> None:
    written = rowmill(f"{SMALL} --workers 2 --out", out)
    assert written.code == 0
    assert f"data: {out}/transactions/payments_3K_2025-11-30_00000.parquet\n" in written.err
    assert rowmill(f"{SMALL} --quiet --out", tmp_path).code == 0

    assert "already complete, nothing written" in rowmill(f"{SMALL} --out", out).err
    assert (
        json.loads(rowmill("info --json", out).out)["digest"]
        == json.loads(rowmill("info --json", tmp_path).out)["digest"]
    )
    cards = next(key for key in keys(out) if key.startswith("cards/"))
    destination(out)._bucket.put(cards, b"broken")
    assert rowmill("verify --repair", out).code == 0
    assert rowmill("verify", out).code == 0
    assert rowmill("diff --rows", out, tmp_path).code == 0
    assert rowmill("generate payments --rows 3000 --seed 2 --quiet --out", out).code == 2
    assert rowmill("generate payments --rows 3000 --seed 2 --overwrite --quiet --out", out).code == 0
    assert rowmill("diff", out, tmp_path).code == 3


def test_keys_follow_the_template_for_engines_that_read_by_prefix(rowmill: Rowmill, out: str) -> None:
    words = ["--partition-by", "month", "--name", "payments/payments_{rows}_{date:%Y%m%d}", "--single-file"]
    answer = rowmill(f"{SMALL} --tables transactions --out", out, *words)

    url = f"{out}/payments/year=2025/month=11/payments_3K_20251130.parquet"
    assert f"data: {url}\n" in answer.err


def test_the_closing_lines_cost_a_look_into_each_file_of_the_main_table_and_nothing_where_nobody_reads_them(
    rowmill: Rowmill, out: str
) -> None:
    with before(seaweed.endpoint()) as proxy, patch.dict(os.environ, {"AWS_ENDPOINT_URL": proxy.url}):
        asked = {}
        for day, words in enumerate(([], ["--quiet"], [], ["--json"]), 1):
            proxy.plan = Plan()
            assert rowmill(f"{SMALL} --workers 1 --date 2025-11-0{day} --out", out, *words).code == 0
            asked["".join(words), day] = len(proxy.plan.asked)

    quiet = asked["--quiet", 2]
    assert asked["", 3] == asked["--json", 4] == quiet + 1
    assert quiet - 2 * 5 <= 19


def test_shares_and_days_of_several_processes_land_in_one_bucket(rowmill: Rowmill, tmp_path: Path, out: str) -> None:
    shares = [start(*SMALL.split(), "--part", f"{n}/2", "--set", "run.part_rows=700", "--out", out) for n in (1, 2)]
    for share in shares:
        assert share.wait(120) == 0, share.stderr.read()
        share.communicate()
    assert "rows of transactions published" in rowmill("finalize", out).err
    assert rowmill(f"{SMALL} --quiet --out", tmp_path).code == 0
    assert rowmill("diff", out, tmp_path).code == 0

    nights = [start(*DAY.split(), f"2025-11-0{n}", "--out", f"{out}-nights") for n in (1, 2)]
    for night in nights:
        assert night.wait(120) == 0, night.stderr.read()
        night.communicate()
    assert rowmill("verify", f"{out}-nights").code == 0
    assert len(json.loads(rowmill("info --json", f"{out}-nights").out)["slices"]) == 2


def test_keys_and_the_place_come_from_a_file_of_variables(
    rowmill: Rowmill, tmp_path: Path, out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"{name}={os.environ[name]}" for name in seaweed.environment()]
    (tmp_path / "env").write_text("\n".join([*lines, f"ROWMILL_RUN__OUT={out}", ""]))
    for name in seaweed.environment():
        monkeypatch.delenv(name)
    for line in (f"{SMALL} --json", f"verify {out} --json", f"info {out} --json", f"diff {out} {out} --json"):
        with patch.dict(os.environ):
            assert rowmill(f"{line} --env-file", tmp_path / "env").code == 0, line


def test_a_store_behind_a_private_certificate_is_trusted_by_the_file_that_is_named_and_else_refused(
    rowmill: Rowmill, tmp_path: Path, out: str
) -> None:
    (tmp_path / "other").mkdir()
    mine, other = certificate(tmp_path), certificate(tmp_path / "other")
    with before(seaweed.endpoint(), mine) as proxy, patch.dict(os.environ, {"AWS_ENDPOINT_URL": proxy.url}):
        for bundle, said in ((other, "certificate of the store cannot be trusted; AWS_CA_BUNDLE"), ("x", "no file")):
            with patch.dict(os.environ, {"AWS_CA_BUNDLE": str(bundle)}):
                refused = rowmill(f"{SMALL} --quiet --out", out)
            assert (refused.code, said in refused.err, keys(out)) == (2, True, [])
        with patch.dict(os.environ, {"AWS_CA_BUNDLE": str(mine)}):
            assert rowmill(f"{SMALL} --workers 1 --quiet --out", out).code == 0
            assert rowmill("verify", out).code == 0


def test_a_store_that_ignores_conditions_is_refused_at_every_run_and_left_as_it_was(
    rowmill: Rowmill, tmp_path: Path
) -> None:
    with careless(tmp_path) as url, patch.dict(os.environ, {**seaweed.environment(), "AWS_ENDPOINT_URL": url}):
        out = f"s3://{seaweed.BUCKET}/a"
        refused = rowmill(f"{SMALL} --quiet --out", out)
        assert (refused.code, list((tmp_path / seaweed.BUCKET).iterdir())) == (2, [])
        assert "(If-None-Match), so two runs could take each other's place unseen" in refused.err
        assert "--unsafe-commit" in refused.err

        forced = start(*SMALL.split(), "--unsafe-commit", "--out", out)
        assert "nothing keeps two runs apart here" in forced.communicate()[1]
        assert forced.returncode == 0
        assert rowmill("verify", out).code == 0
        assert rowmill(f"{SMALL} --rows 4000 --overwrite --quiet --out", out).code == 2


@pytest.mark.parametrize(
    ("line", "change", "said"),
    [
        ("s3://nowhere/x", {}, "there is no such bucket; create it"),
        ("s3://tests/x", {"AWS_SECRET_ACCESS_KEY": "wrong"}, "does not take these credentials"),
        ("s3://tests/x", seaweed.READER, "access denied; the key in use must be allowed"),
        ("s3://tests/x", {"AWS_PROFILE": "nobody"}, "no such profile"),
        ("s4://tests/x", {}, "unknown scheme 's4'"),
        ("gs://tests/x", {}, "of the object stores s3:// and az:// alone are supported"),
    ],
)
def test_a_destination_that_cannot_be_used_is_refused_in_a_line_or_two(
    rowmill: Rowmill, out: str, line: str, change: dict[str, str], said: str
) -> None:
    with patch.dict(os.environ, change):
        answer = rowmill(f"{SMALL} --quiet --out", line.replace("tests/x", out.removeprefix("s3://")))

    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
    assert len(answer.err.splitlines()) <= 2
    assert keys(out) == []


def test_without_the_extra_the_command_that_installs_it_is_told(
    rowmill: Rowmill, out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "botocore.session", None)
    monkeypatch.setenv("AWS_REGION", "a-new-client")
    answer = rowmill(f"{SMALL} --quiet --out", out)

    assert answer.code == 2
    assert "pip install 'rowmill[s3]'" in answer.err


def test_settings_of_the_network_are_noted_where_there_is_none(rowmill: Rowmill, tmp_path: Path, out: str) -> None:
    line = f"{SMALL} --quiet --set run.remote.attempts=3 --set run.remote.transfers=2 --out"

    assert rowmill(line, tmp_path).err.count("no effect: no network lies before the destination") >= 1
    assert "no effect" not in rowmill(line, out).err
