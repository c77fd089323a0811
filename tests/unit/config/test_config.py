"""Layers of a configuration: which one wins, and what an error says."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from rowmill.api.config import ConfigDraft
from rowmill.core.errors import SpecError, UsageError
from rowmill.domains.payments.spec import PaymentsSpec


@pytest.fixture
def draft() -> ConfigDraft:
    return ConfigDraft(PaymentsSpec)


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_each_layer_goes_over_the_one_before(draft: ConfigDraft, tmp_path: Path) -> None:
    file = write(
        tmp_path / "c.yaml", "data: {seed: 1, rows: 1_000, fraud_rate: 0.1}\nrun: {workers: 1, batch_size: 7}\n"
    )
    dotenv = write(tmp_path / ".env", "ROWMILL_DATA__ROWS=20\nROWMILL_RUN__WORKERS=2\nOTHER=x\n")

    draft.add_file(file)
    draft.add_env_file(dotenv, {"ROWMILL_RUN__WORKERS": "3"})
    draft.add_environment({"ROWMILL_RUN__WORKERS": "3", "ROWMILL_TRACEBACK": "1", "PATH": "/bin"})
    draft.add_flags({"data.rows": ("--rows", "30"), "run.format": ("--format", "csv")})
    draft.add_assignments(["data.rows=1e2", "run.name={table}=1"])
    found = draft.finish()

    assert (found.data.seed, found.data.rows, found.data.fraud_rate) == (1, 100, 0.1)
    assert (found.run.workers, found.run.batch_size, found.run.format) == (3, 7, "csv")
    assert found.run.name == "{table}=1"


def test_json_and_yaml_say_the_same(tmp_path: Path) -> None:
    values = {"data": {"end": "2025-12-24", "kinds": PaymentsSpec().model_dump(mode="json")["kinds"]}}
    specs = []
    for name in ("c.json", "c.yaml"):
        draft = ConfigDraft(PaymentsSpec)
        draft.add_file(write(tmp_path / name, json.dumps(values)))
        specs.append(draft.finish().data)

    assert specs[0] == specs[1]
    assert specs[0].start == dt.date(2025, 11, 25)


def test_a_nested_key_leaves_its_neighbours(draft: ConfigDraft) -> None:
    draft.add_environment({"ROWMILL_DATA__NULLS__MCC_CODE": "0.5"})
    draft.add_assignments(["data.kinds.grocery.share=99"])
    spec = draft.finish().data

    default = PaymentsSpec()
    assert spec.nulls == default.nulls.model_copy(update={"mcc_code": 0.5})
    assert spec.kinds["grocery"] == default.kinds["grocery"].model_copy(update={"share": 99})
    assert {**spec.kinds, "grocery": None} == {**default.kinds, "grocery": None}


def test_text_stays_text_where_text_is_asked(draft: ConfigDraft) -> None:
    draft.add_flags({"run.out": ("--out", "2025")})

    assert draft.finish().run.out == "2025"


def test_the_environment_cannot_be_changed_through_the_result(draft: ConfigDraft) -> None:
    before = PaymentsSpec().kinds["grocery"]
    draft.add_assignments(["data.kinds.grocery.share=1"])
    draft.finish()

    assert PaymentsSpec().kinds["grocery"] == before


@pytest.mark.parametrize(
    ("assignments", "message"),
    [
        (["data.rwos=5"], "data.rwos: unknown key; did you mean 'rows'? (from --set)"),
        (["data.rows=-1"], "data.rows: got -1; input should be greater than or equal to 0 (from --set)"),
        (["data.rows=1.5"], "data.rows: got 1.5; a whole number is needed"),
        (["data.rows=abc"], "data.rows: got 'abc'; a whole number is needed, such as 1_000"),
        (["data.fraud_rate=2"], "data.fraud_rate: got 2; input should be less than or equal to 1 (from --set)"),
        (["data.fraud_rate=.nan"], "data.fraud_rate: got nan"),
        (["data.start=2025-12-01", "data.end=2025-11-01"], "data.end: got 2025-11-01, before start 2025-12-01"),
        (["data.start=soon"], "data.start: got 'soon'"),
        (["data.nulls.mcc=1"], "data.nulls.mcc: unknown key; did you mean 'mcc_code'? (from --set)"),
        (["data.nulls=3"], "data.nulls: got 3"),
        (["run.compression=xyz"], "run.compression: got 'xyz'"),
        (["run.workers=0"], "run.workers: got 0"),
    ],
)
def test_a_bad_value_is_named_with_rule_and_origin(draft: ConfigDraft, assignments: list[str], message: str) -> None:
    draft.add_assignments(assignments)

    with pytest.raises(SpecError) as caught:
        draft.finish()

    assert str(caught.value).startswith(message)
    assert len(str(caught.value).splitlines()) <= 2


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("data.rows", "--set data.rows: not of the form section.key=value"),
        ("rows=5", "--set rows=5: the key has no section; write --set data.rows=5"),
        ("workers=5", "--set workers=5: the key has no section; write --set run.workers=5"),
        ("dta.rows=5", "--set: no section 'dta' in a configuration; did you mean 'data'?"),
        ("data.rows=[1", "--set line 1: cannot be read as YAML"),
        ("data.rows=", "--set data.rows=: not of the form"),
        ("data..rows=1", "--set data..rows=1: not of the form"),
    ],
)
def test_a_bad_assignment_is_refused(draft: ConfigDraft, assignment: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        draft.add_assignments([assignment])

    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("data: {}\nrum: {}\n", "unknown section 'rum'; the sections are 'data' and 'run'"),
        ("- 1\n", "holds list, not the sections"),
        ("data: 5\n", "section 'data' holds 5"),
        ("data:\n  rows: [\n", "line 3: cannot be read as YAML"),
    ],
)
def test_a_bad_file_is_refused(draft: ConfigDraft, tmp_path: Path, text: str, message: str) -> None:
    file = write(tmp_path / "c.yaml", text)

    def read() -> None:
        draft.add_file(file)
        draft.finish()

    with pytest.raises(UsageError) as caught:
        read()

    assert message in str(caught.value)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize("ask", ["finish", "stated"])
def test_mistakes_of_all_sections_are_told_at_once(draft: ConfigDraft, tmp_path: Path, ask: str) -> None:
    text = "dta: {x: 1}\ndata: {rowz: 5, fraud_rate: null, seed: -1}\nrun: {workerz: 1, batch_size: 0}\n"
    draft.add_file(write(tmp_path / "c.yaml", text))

    with pytest.raises(UsageError) as caught:
        getattr(draft, ask)()

    told = [line.partition(": ")[0] for line in str(caught.value).splitlines()]
    assert told[0].startswith("--config")
    assert told[1:] == ["data.rowz", "data.seed", "data.fraud_rate", "run.workerz", "run.batch_size"]
    assert "data.fraud_rate: got null; a number is needed" in str(caught.value)


def test_files_that_cannot_be_read_are_named(draft: ConfigDraft, tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")

    for path in (tmp_path / "none.yaml", tmp_path, tmp_path / "binary.yaml"):
        with pytest.raises(UsageError, match=r"--config .*(no such file|cannot be read)"):
            draft.add_file(path)
    with pytest.raises(UsageError, match=r"--env-file .*no such file"):
        draft.add_env_file(tmp_path / "none.env", {})


@pytest.mark.parametrize(
    ("text", "line", "name"),
    [
        ("OTHER=1\n\nROWMILL_DATA__ROWS\n", 3, " \\(ROWMILL_DATA__ROWS …\\)"),
        ("# rows\nROWMILL_DATA__ROWS : 4\n", 2, " \\(ROWMILL_DATA__ROWS …\\)"),
        ("export ROWMILL_DATA__ROWS\n", 1, " \\(ROWMILL_DATA__ROWS …\\)"),
        ("sk-secret\n", 1, ""),
        ("OTHER: sk-secret\n", 1, ""),
        ('ROWMILL_DATA__ROWS="4\n', 1, " \\(ROWMILL_DATA__ROWS …\\)"),
    ],
)
def test_a_line_of_a_file_of_variables_that_sets_nothing_is_refused_and_not_shown(
    draft: ConfigDraft, tmp_path: Path, text: str, line: int, name: str
) -> None:
    file = write(tmp_path / ".env", text)

    said = rf"--env-file {file} line {line}{name}: is not of the form NAME=value; write an = "
    with pytest.raises(UsageError, match=said) as caught:
        draft.add_env_file(file, {})
    assert "secret" not in str(caught.value)


def test_a_file_of_variables_may_have_exports_quotes_comments_and_a_mark(draft: ConfigDraft, tmp_path: Path) -> None:
    text = "\ufeffexport ROWMILL_DATA__ROWS=7\n\n# a comment\nROWMILL_DATA__SEED='3' # why\nEMPTY=\nA=\"b\nc\"\n"

    draft.add_env_file(write(tmp_path / ".env", text), {})

    assert (draft.finish().data.rows, draft.finish().data.seed) == (7, 3)


def test_a_file_of_variables_that_cannot_be_read_is_named(draft: ConfigDraft, tmp_path: Path) -> None:
    (tmp_path / "latin.env").write_bytes(b"A=1\nB=\xe4\n")

    for name, said in (
        ("latin.env", " line 2: is not UTF-8"),
        ("", ": is a folder"),
        ("latin.env/x", ": cannot be read: Not a directory"),
    ):
        with pytest.raises(UsageError, match=f"--env-file {tmp_path / name}{said}; "):
            draft.add_env_file(tmp_path / name, {})


def test_a_flag_that_an_assignment_goes_over_is_noted(draft: ConfigDraft) -> None:
    for _ in range(2):
        draft.add_assignments(["data.rows=200", "data.seed=1", "data.seed=2", "run.workers=2"])
        draft.add_flags({"data.rows": ("--rows", "100"), "run.workers": ("--workers", "2")})
    draft.add_assignments(["data.rows=200", "data.seed=1", "data.seed=2", "run.workers=2"])

    assert draft.notes == [
        "--set data.seed=1: no effect: --set data.seed=2 comes after it",
        "--rows: no effect: --set data.rows=200 goes over it",
    ]


def test_a_variable_is_named_as_origin(draft: ConfigDraft) -> None:
    draft.add_environment({"ROWMILL_DATA__ROWS": "-5"})

    with pytest.raises(SpecError, match=r"data.rows: got -5; .* \(from environment ROWMILL_DATA__ROWS\)"):
        draft.finish()


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("ROWMILL_DATA_SEED", "ROWMILL_DATA__SEED"),
        ("ROWMILL_DATA_FRAUD_RATE", "ROWMILL_DATA__FRAUD_RATE"),
        ("ROWMILL_DATA_NULLS_MCC_CODE", "ROWMILL_DATA__NULLS__MCC_CODE"),
        ("ROWMILL_DATA_NULLS__MCC_CODE", "ROWMILL_DATA__NULLS__MCC_CODE"),
        ("ROWMILL_DATA_KINDS_GROCERY_SHARE", "ROWMILL_DATA__KINDS__GROCERY_SHARE"),
        ("ROWMILL_RUN_BATCH_SIZE", "ROWMILL_RUN__BATCH_SIZE"),
        ("ROWMILL_RUN_NOTHING", "ROWMILL_RUN__NOTHING"),
    ],
)
def test_a_variable_that_lacks_underscores_is_refused_with_its_right_name(
    draft: ConfigDraft, name: str, right: str
) -> None:
    with pytest.raises(UsageError, match=f"^environment {name}: .*; write {right}, or unset it$"):
        draft.add_environment({name: "3"})
    draft.add_environment({name: "", "ROWMILL_TRACEBACK": "1", "ROWMILL_LLM_API_KEY": "x", "OTHER_DATA_SEED": "1"})

    assert draft.finish().data == PaymentsSpec()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("ROWMILL_DATA", "a section has no value of its own; set its keys, such as ROWMILL_DATA__SEED"),
        ("ROWMILL_RUN", "a section has no value of its own; set its keys, such as ROWMILL_RUN__WORKERS"),
        ("ROWMILL_SEED", "the key has no section; write ROWMILL_DATA__SEED"),
        ("ROWMILL_WORKERS", "the key has no section; write ROWMILL_RUN__WORKERS"),
        ("ROWMILL_FOO", "no variable of this name; keys are like ROWMILL_DATA__SEED"),
        ("ROWMILL_TRACEBAK", "no variable of this name; did you mean 'ROWMILL_TRACEBACK'?"),
        ("ROWMILL_DAT__SEED", "no section 'dat' in a configuration; did you mean 'data'?"),
    ],
)
def test_a_variable_that_stands_for_nothing_is_refused(
    draft: ConfigDraft, name: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=f"^environment {name}: ") as caught:
        draft.add_environment({name: '{"fraud_rate": 0.9}'})
    with pytest.raises(UsageError, match=f"{name}: "):
        draft.add_env_file(write(tmp_path / ".env", f"{name}=1\n"), {})

    assert str(caught.value) == f"environment {name}: {message}, or unset it"


def test_what_a_file_of_variables_cannot_set_is_said_without_its_value(draft: ConfigDraft, tmp_path: Path) -> None:
    dotenv = write(tmp_path / ".env", "ROWMILL_LLM_API_KEY=secret\nROWMILL_DATA__ROWS=7\nOTHER=x\n")

    draft.add_env_file(dotenv, {})

    assert draft.finish().data == PaymentsSpec(rows=7)
    assert draft.notes == [f"{dotenv} ROWMILL_LLM_API_KEY: no effect: it is read from the environment alone"]


def test_keys_of_the_users_own_keep_their_case(draft: ConfigDraft) -> None:
    draft.add_environment(
        {
            "ROWMILL_DATA__PEOPLE__HOME_COUNTRIES__NO": "1",
            "ROWMILL_DATA__AMOUNTS__EXCHANGE_RATES__EUR": "0.9",
            "ROWMILL_DATA__KINDS__GROCERY__SHARE": "20",
            "ROWMILL_DATA__FRAUD__SCENARIOS__MY_Own": "0.5",
            "ROWMILL_RUN__INPUTS__CUSTOMERS": "People.csv",
            "ROWMILL_data__Seed": "3",
        }
    )
    found = draft.finish()
    assert isinstance(found.data, PaymentsSpec)

    assert found.data.people.home_countries == {"NO": 1}
    assert found.data.amounts.exchange_rates == {"EUR": 0.9}
    assert found.data.kinds["grocery"].share == 20
    assert found.data.kinds.keys() == PaymentsSpec().kinds.keys()
    assert found.data.fraud.scenarios["MY_Own"] == 0.5
    assert found.run.inputs == {"customers": "People.csv"}
    assert found.data.seed == 3


def test_what_was_set_is_known_with_its_place_and_what_a_file_states_by_default_is_not(tmp_path: Path) -> None:
    draft = ConfigDraft(PaymentsSpec)
    draft.add_file(write(tmp_path / "c.yaml", "data: {fraud_rate: 0.003, nulls: {mcc_code: 0.05, device_id: 0.5}}\n"))
    draft.add_environment({"ROWMILL_DATA__NULLS__COORDINATES": "0.01"})
    draft.add_flags({"data.rows": ("--rows", "5"), "data.ids": ("--preset", "uuid")})

    assert draft.given() == {
        "data.nulls.device_id": f"{tmp_path}/c.yaml",
        "data.nulls.coordinates": "environment ROWMILL_DATA__NULLS__COORDINATES",
        "data.rows": "--rows",
    }


def test_an_empty_file_is_all_defaults(draft: ConfigDraft, tmp_path: Path) -> None:
    draft.add_file(write(tmp_path / "c.yaml", "# nothing\n"))
    draft.add_file(write(tmp_path / "d.yaml", "data:\nrun:\n"))

    assert draft.finish().data == PaymentsSpec()


def test_empty_text_is_no_value(draft: ConfigDraft) -> None:
    draft.add_environment({"ROWMILL_DATA__ROWS": ""})

    assert draft.finish().data == PaymentsSpec()
    with pytest.raises(UsageError, match="--rows: got an empty text"):
        draft.add_flags({"data.rows": ("--rows", "")})
