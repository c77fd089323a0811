"""A user's own scenario: found by module or entry point, in every process, and refused where it cannot stand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap

import polars as pl
import pytest

import rowmill
from rowmill.core.errors import SpecError
from rowmill.domains.payments import scenarios
from rowmill.plan import plan
from rowmill.run.books.survey import Found
from rowmill.run.events import Receipt
from rowmill.run.making.executors import InLine
from rowmill.run.making.pool import Pool
from rowmill.run.prepare import wanted_run
from rowmill.run.request import WHOLE_PERIOD, Order
from rowmill.run.settings import RunSettings
from rowmill.sinks.registry import destination

SPEC = {"seed": 5, "rows": 9_000, "fraud_rate": 0.02}
SHARES = {"stolen_credentials": 0.5, "friendly": 0.25, "gift_cards": 0.25}
EXAMPLE = textwrap.dedent(scenarios.__doc__.partition("::\n")[2].partition("\nThe spec says")[0])
"""The module that the documentation of the package shows."""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Return a function that puts the example, with changes, where Python finds it, and returns where it lies."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(name, *changes):
        text = EXAMPLE
        for before, after in changes:
            assert before in text
            text = text.replace(before, after)
        (tmp_path / f"{name}.py").write_text(text)
        monkeypatch.delitem(sys.modules, name, raising=False)
        return f"{name}:GIFT_CARDS"

    return write


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Return a function that makes a package offer a scenario under a name."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(name, value):
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text(f"[rowmill.payments.scenarios]\n{name} = {value}\n")

    return write


def with_plugin(place, shares=SHARES):
    return {**SPEC, "fraud": {"plugins": [place] if place else [], "scenarios": shares}}


def test_the_documented_example_makes_its_share_of_the_frauds(module):
    data = rowmill.dataset("payments", **with_plugin(module("plugin_shown")))
    rows, labels = data["transactions"].to_polars(), data["labels"].to_polars()
    mine = labels.filter(pl.col("scenario") == "gift_cards")

    assert rows["label_fraud"].sum() == labels["is_fraud"].sum() == 180
    assert mine["is_fraud"].sum() == 45
    assert set(mine["hard_negative"].drop_nulls()) == {"gifts"}
    assert mine.join(rows, on=["transaction_id", "customer_id", "event_time"]).height == mine.height
    assert "gift_cards" in data["labels"].schema["scenario"].values
    assert "gifts" in data["labels"].schema["hard_negative"].values
    assert "gift_cards" not in rowmill.dataset("payments", **SPEC)["labels"].schema["scenario"].values


def test_two_workers_of_a_command_find_it(module, tmp_path):
    place = module("plugin_run")
    path = os.pathsep.join([str(tmp_path), *(entry for entry in sys.path if entry)])
    line = f"generate payments --rows 9000 --seed 5 --fraud-rate 0.02 --json --out {tmp_path / 'o'}"
    flags = [
        "--set",
        "run.part_rows=3000",
        "--set",
        f'data.fraud.plugins=["{place}"]',
        "--set",
        f"data.fraud.scenarios={json.dumps(SHARES)}",
    ]

    run, verify = (
        subprocess.run(
            [sys.executable, "-m", "rowmill", *words],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            check=True,
        )
        for words in ([*line.split(), "--workers", "2", *flags], ["verify", tmp_path / "o", "--allow-plugins"])
    )

    digest = rowmill.dataset("payments", **with_plugin(place)).write(tmp_path / "p", settings={"workers": 1}).digest
    assert json.loads(run.stdout)["digest"] == digest
    assert digest.encode() in verify.stderr


@pytest.mark.parametrize("way", ["module", "entry point"])
def test_fresh_interpreters_find_it(module, installed, tmp_path, way):
    place = module(f"plugin_fresh_{way.partition(' ')[0]}")
    if way == "entry point":
        installed("gift_cards", place)
    model = rowmill.dataset("payments", **with_plugin(place if way == "module" else None)).model
    settings = RunSettings(out=str(tmp_path / "o"))
    job = wanted_run(Order(model, settings, WHOLE_PERIOD, "new"), Found()).job
    destination(job.location).claim()
    parts = [
        part for part in plan(model, range(30), part_rows=3_000, single_file=False).parts if part.table == "labels"
    ]

    def columns(executor):
        events = [event for event in executor.run(job, model, parts) if isinstance(event, Receipt)]
        return sorted((event.part, [file.columns for file in event.files]) for event in events)

    assert columns(Pool(2, "spawn")) == columns(InLine())


def test_a_scenario_without_a_share_changes_no_row(module):
    without, with_it = (
        rowmill.dataset("payments", **{**SPEC, "fraud": fraud}) for fraud in ({}, {"plugins": [module("plugin_idle")]})
    )

    for name in ("transactions", "labels"):
        assert with_it[name].to_polars().equals(without[name].to_polars())
    assert with_it.fingerprint != without.fingerprint
    [note] = with_it.notes
    assert (
        note == "data.fraud.plugins: no effect: give gift_cards a share in data.fraud.scenarios, which has none for it"
    )


@pytest.mark.parametrize("executor", [InLine(), Pool(2)], ids=["inline", "pool"])
def test_a_plan_that_fails_is_named_with_its_line_and_how_to_see_more(module, tmp_path, executor):
    place = module("plugin_failing", ("start = scene", "start = [][3]; start = scene"))
    line = next(
        n for n, text in enumerate((tmp_path / "plugin_failing.py").read_text().splitlines(), 1) if "[3]" in text
    )
    model = rowmill.dataset("payments", **with_plugin(place)).model
    job = wanted_run(Order(model, RunSettings(out=str(tmp_path / "o")), WHOLE_PERIOD, "new"), Found()).job
    destination(job.location).claim()
    parts = plan(model, range(30), part_rows=3_000, single_file=False).parts

    said = f"scenario gift_cards: its plan failed with IndexError: .* \\(plugin_failing.py, line {line}\\); mend it"
    with pytest.raises(SpecError, match=f"{said}; ROWMILL_TRACEBACK=1 with --workers 1 shows"):
        list(executor.run(job, model, parts))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([("code=24", "code=6")], "got code 6; yours are 24 … 31"),
        ([("code=24", "code=32")], "got code 32"),
        ([('"gift_cards"', '"friendly"')], "name 'friendly' is taken by scenario friendly"),
        ([('"gift_cards"', '"Gift cards"')], "use a-z, 0-9"),
        ([('"gifts"', '"holiday"')], "look_alike 'holiday' is taken"),
        ([('"gifts"', '"compromise_visit"')], "look_alike 'compromise_visit' is taken"),
        ([("range(24, 32)", "range(30, 33)")], r"got lanes range\(30, 33\); they are consecutive, within 0 … 31"),
        ([("range(24, 32)", "range(0)")], "at least one"),
        ([("GIFT_CARDS = Scenario(", "GIFT_CARDS = dict(name=")], "is a dict; it must be a Scenario"),
        ([("GIFT_CARDS", "GIFTCARDS")], "has no GIFT_CARDS; did you mean 'GIFTCARDS'"),
        ([("from rowmill", "from romwill")], "cannot be imported .ModuleNotFoundError"),
        ([("FRAUD, LOOK_ALIKE,", "FRAUD LOOK_ALIKE,")], "cannot be imported .SyntaxError"),
    ],
)  # fmt: skip
def test_one_that_cannot_stand_beside_the_others_is_refused(module, changes, message):
    place = module("plugin_wrong", *changes)

    with pytest.raises(SpecError, match=message) as caught:
        rowmill.dataset("payments", **with_plugin(place))

    assert "plugin_wrong" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("array", "value", "message"),
    [
        (
            "time",
            "np.full(rows, 10**15)",
            "planned time 1000000000000000; a time lies inside the cycle, 0 … 2591999999999",
        ),
        ("time", "np.full(rows, -5)", "planned time -5; a time lies"),
        ("ticket", "np.zeros(rows, int)", "planned ticket 0; a ticket lies in 1 … "),
        ("ticket", "np.full(rows, 1 << 61)", "planned ticket 2305843009213693952; a ticket lies in 1 … "),
        ("ticket", "np.ones(rows)", r"planned ticket as float64\[.*; it must be .* whole numbers"),
        ("kind", "np.full(rows, 99)", "planned kind 99; kinds are numbered 0 … "),
        ("merchant", "np.full(rows, -1)", "planned merchant -1; merchants are"),
        ("card", "np.full(rows, 10**9)", "planned card 1000000000; active cards"),
        ("role", "np.full(rows, -1)", "planned role -1; a role is"),
        ("online", "np.zeros(rows + 1, bool)", r"planned online as bool\[.*; it must be .* booleans"),
        ("stop_card", "np.zeros(2, int)", r"planned stop_time as int64\[0\]; it must be 4 whole numbers"),
    ],
)
def test_rows_that_break_a_promise_are_refused(module, array, value, message):
    broken = f"rows = len(made.card); return dataclasses.replace(made, {array}={value})"
    place = module(
        "plugin_broken",
        ("from rowmill.domains", "import dataclasses\nimport numpy as np\nfrom rowmill.domains"),
        ("return scene.draft(", "made = scene.draft("),
        ("abroad=0.5))", f"abroad=0.5)); {broken}"),
    )

    with pytest.raises(SpecError, match=message) as caught:
        rowmill.dataset("payments", **with_plugin(place))["labels"].to_polars()

    assert str(caught.value).startswith("scenario gift_cards: ")


def test_a_kind_that_nobody_knows_is_refused_with_the_nearest(module):
    place = module("plugin_kind", ('"digital_goods"', '"digital_good"'))

    with pytest.raises(SpecError, match="scenario gift_cards: got kind 'digital_good'; did you mean 'digital_goods'"):
        rowmill.dataset("payments", **with_plugin(place))["labels"].to_polars()


def test_two_of_one_code_are_refused(module):
    first, second = module("plugin_one"), module("plugin_two", ('"gift_cards"', '"gift_more"'))

    with pytest.raises(SpecError, match="plugin_two:GIFT_CARDS: code 24 is taken by scenario gift_cards"):
        rowmill.dataset("payments", fraud={"plugins": [first, second]})


@pytest.mark.parametrize("text", ["gift", "gift:", ":GIFT", "my gift:X", "a..b:X", "a:b.c"])
def test_a_place_is_a_module_and_an_attribute(text):
    with pytest.raises(SpecError, match=r"got '.*'; write module:ATTRIBUTE"):
        rowmill.dataset("payments", fraud={"plugins": [text]})


def test_a_name_that_nobody_offers_is_refused_with_the_nearest(module, installed):
    installed("gift_cards", module("plugin_named"))

    with pytest.raises(SpecError, match="got 'gift_card'; did you mean 'gift_cards'"):
        rowmill.dataset("payments", fraud={"scenarios": {"gift_card": 1.0}})


def test_an_entry_point_bears_the_name_of_its_scenario(module, installed):
    installed("gift_vouchers", module("plugin_called"))

    with pytest.raises(SpecError, match="plugin_called:GIFT_CARDS is called 'gift_cards', not 'gift_vouchers'"):
        rowmill.dataset("payments", fraud={"scenarios": {"gift_vouchers": 1.0}})


def test_the_package_s_own_scenarios_leave_the_user_s_codes_free():
    codes = [scenario.code for scenario in scenarios.SCENARIOS.values()]

    assert len(set(codes)) == len(codes)
    assert all(1 <= code < 24 for code in codes)
