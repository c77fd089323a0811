"""Bad input at the command line: exit code 2, one or two lines that name it, and nothing written."""

from __future__ import annotations

import json

import polars as pl
import pytest

from rowmill.cli import main
from rowmill.domains.vitals.shipped import model_text, shipped_model
from support.pilots import plain, sdtm, trial


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Return a folder with a good pilot (vs, dm, wide.csv, model.json), bad copies of it and bad models."""
    folder = tmp_path_factory.mktemp("bad")
    data = trial(40)
    vs, wide = (pl.read_parquet(sdtm(folder, data)[0]), pl.read_csv(plain(folder, data)))
    pulse, pressure = pl.col("VSTESTCD") == "PULSE", pl.col("VSTESTCD") == "SYSBP"
    unit = pl.col("VSSTRESU").cast(pl.String)
    for name, frame in {
        "no-visit": vs.drop("VISIT"),
        "kpa": vs.with_columns(VSSTRESU=pl.when(pressure).then(pl.lit("kPa")).otherwise(unit)),
        "constant": vs.with_columns(VSSTRESN=pl.when(pulse).then(70.0).otherwise("VSSTRESN")),
    }.items():
        frame.write_parquet(folder / f"{name}.parquet")
    for name, frame in {
        "no-pulse": wide.drop("HeartRate"),
        "wide-constant": wide.with_columns(HeartRate=pl.lit(70)),
        "few": wide.head(40),
        "kelvin": wide.with_columns(pl.col("Temperature") + 300),
        "one-visit": wide.filter(pl.col("VisitName") == "Day 1"),
        "one-arm": wide.filter(pl.col("TreatmentArm") == "Active"),
    }.items():
        frame.write_csv(folder / f"{name}.csv")
    model = json.loads(model_text(shipped_model()))
    (folder / "model.json").write_text(json.dumps(model), "utf-8")
    within = [[1, 9, 0, 0], [9, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    for name, change in {
        "model-2": {"version": 2},
        "model-bent": {"within": within},
        "model-leaving": {"dropout": {"retention": {"Active": {"Day 1": 1.5}}}},
    }.items():
        (folder / f"{name}.json").write_text(json.dumps(model | change), "utf-8")
    return folder


@pytest.fixture
def refused(files, tmp_path, monkeypatch, capsys):
    """Return a function that runs a command, checks that it was refused properly, and returns what it said."""
    monkeypatch.chdir(tmp_path)
    for name in ("ROWMILL_LLM_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)

    def run(words):
        capsys.readouterr()
        code = main([word.replace("FILES", str(files)) for word in words])
        out, err = capsys.readouterr()
        assert (code, out) == (2, "")
        assert 1 <= len(err.splitlines()) <= 2
        assert err.startswith("rowmill: ")
        assert not list(tmp_path.iterdir())
        return err

    return run


PILOTS = {
    "a column is missing": ("no-visit.parquet", "no column VISIT"),
    "unknown units": ("kpa.parquet", "unit 'kPa'; pressures are in mmHg"),
    "a constant column": ("constant.parquet", "HeartRate: is the same in every reading"),
    "a column of the plain table is missing": ("no-pulse.csv", "no column HeartRate"),
    "a constant column of the plain table": ("wide-constant.csv", "HeartRate: is the same in every reading"),
    "too few subjects": ("few.csv", "10 are needed"),
    "impossible readings": ("kelvin.csv", "a reading lies in 25 … 45"),
    "one visit": ("one-visit.csv", "two are needed"),
    "one arm": ("one-arm.csv", "one must be called placebo"),
    "no such file": ("nowhere.csv", "no such file"),
}


@pytest.mark.parametrize("command", ["fit", "generate"])
@pytest.mark.parametrize("case", PILOTS)
def test_a_pilot_that_cannot_be_used(refused, command, case):
    name, said = PILOTS[case]
    people = ("--demographics", "FILES/dm.parquet") if name.endswith("parquet") else ()
    result = ("-o", "m.json") if command == "fit" else ("--seed", "1", "--out", "o")

    assert said in refused((command, "vitals", "--pilot", f"FILES/{name}", *people, *result))


@pytest.mark.parametrize("command", ["fit", "generate"])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--arms", "Active=Drug,Placebo=Placebo"), "the pilot has no 'Drug'"),
        (("--arms", "Active=Active"), "does not name the pilot's arm 'Placebo'"),
        (("--visits", "Day 1=Day 1,Week 4=WEEK 40"), "the pilot has no 'WEEK 40'"),
        (("--position", "PRONE"), "got PRONE"),
        (("--duplicates", "last"), "got 'last'"),
    ],
)
def test_a_map_that_does_not_fit_the_pilot(refused, command, words, said):
    result = ("-o", "m.json") if command == "fit" else ("--seed", "1", "--out", "o")
    pilot = ("--pilot", "FILES/vs.parquet", "--demographics", "FILES/dm.parquet")

    assert said in refused((command, "vitals", *pilot, *words, *result))


UNDOSED = '[{"name":"Screening","day":-14}]'


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--subjects-per-arm -5", "got -5"),
        ("--subjects-per-arm 2.5", "got 2.5"),
        ("--subjects-per-arm many", "got 'many'"),
        ("--subjects-per-arm 1e12", "less than or equal to 400000000"),
        ("--target-effect -100", "got -100"),
        ("--target-effect lots", "got 'lots'"),
        ("--method magic", "got 'magic'"),
        ("--preset earliest", "did you mean 'earlier'"),
        (
            "--set data.ranges.systolic=[200,100]",
            "the lower limit of SystolicBP, 200, must be below the upper one, 100",
        ),
        ("--set data.ranges.heart_rate=[60]", "data.ranges.heart_rate"),
        ("--set data.ranges.heart_rate=[0,900]", "limits lie in 0 … 400"),
        ("--set data.ranges.temperature=[36.6,36.7]", "at least 0.5 °C"),
        ("--set data.ranges.systolic=[60,70] --set data.ranges.diastolic=[90,160]", "at least 5 mmHg must fit"),
        ("--set data.realism.dropout.retention=1.5", "got 1.5"),
        ("--set data.realism.dropout.retention=0", "got 0"),
        ("--set data.realism.dropout.mechanism=never", "got 'never'"),
        ("--set data.realism.missed=-0.1", "got -0.1"),
        ("--set data.smoothing=2", "got 2"),
        ("--set data.visits=[]", "one or more different names"),
        ("--set data.arms=[One]", "two or more different names"),
        ("--set data.arms=[Active,Other]", "got 'Other'; the model knows Active, Placebo"),
        ("--set data.study=lower", "data.study"),
        ("--set data.realism.fevers=0.1", "did you mean 'fever'"),
        ("--arms A=B,C=D", "add --catalog pilot=FILE"),
        ("--model FILES/model-2.json", "version 2; known is 1"),
        ("--model FILES/model-bent.json", "model-bent.json: model.within: the covariance is not positive definite"),
        ("--model FILES/model-leaving.json", "got 1.5"),
        ("--model FILES/wide.csv", "no such file"),
        ("--model FILES/plain.csv", "is not JSON"),
        ("--model FILES/model.json --pilot FILES/plain.csv", "give the pilot or a model"),
        ("--demographics FILES/dm.parquet", "give it too, with --catalog pilot=FILE"),
        ("--method rules --pilot FILES/plain.csv", "method rules reads none"),
        ("--method rules --model FILES/model.json", "method rules declares its own parameters"),
        ("--method llm", "no --endpoint"),
        ("--method llm --endpoint http://127.0.0.1:9/v1 --llm-model m", "no key"),
        ("--method llm --endpoint ftp://host --llm-model m", "endpoint"),
        ("--prompt Hypertension", "only method llm asks a language model; add --method llm"),
        ("--method mvn --endpoint http://127.0.0.1:9/v1", "--endpoint: only method llm asks a language model"),
        (f"--target-effect -5 --set data.visits={UNDOSED}", "data.target_effect: got -5.0; no visit comes after"),
        (f"--calibrate --method rules --set data.visits={UNDOSED}", "data.calibrate: got True; no visit comes after"),
        ("--set data.rules.icc=0.4", "data.rules.icc: got 0.4; parameters of the method rules, and it is mvn"),
        (
            "--set data.realism.dropout.retention=0.5",
            "mechanism is none, so nobody leaves; set it to mcar, mar or mnar",
        ),
        ("--format xpt", "write this table as parquet or csv"),
        ("--columns Bp", "column 'Bp': unknown"),
        ("--tables vs --columns SystolicBP", "leave them out"),
        ("--tables vsx", "did you mean 'vs'"),
    ],
)
def test_a_trial_that_cannot_be(refused, words, said):
    assert said in refused(("generate", "vitals", "--seed", "1", *words.split(), "--out", "o"))
