"""A user's files, of every domain: given, missing, another one, of an unknown name or twice, in every command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from rowmill.cli import main
from rowmill.run.books.manifest import read
from support.books import edit, manifest
from support.dbt import needs_dbt
from support.inputs import FILES, KINDS, Given, named, without, written
from unit.cli.conftest import Answer, Rowmill

EACH = pytest.mark.parametrize(("domain", "name"), FILES, ids=[f"{domain} {name}" for domain, name in FILES])
DOMAIN = pytest.mark.parametrize("domain", KINDS)
Find = Callable[[str], Given]


@pytest.fixture(scope="module")
def find(tmp_path_factory: pytest.TempPathFactory) -> Find:
    """Return what finds the files of a domain, and makes data with them when it is asked first."""
    made: dict[str, Given] = {}

    def of(domain: str) -> Given:
        if domain not in made:
            made[domain] = written(KINDS[domain], tmp_path_factory.mktemp(domain))
            assert main(made[domain].generate(made[domain].data, made[domain].files)) == 0
        return made[domain]

    return of


def refused(answer: Answer, *told: str) -> None:
    assert answer.code == 2, answer
    assert answer.err.count("\n") <= 2, answer.err
    assert "Traceback" not in answer.err
    assert answer.out == ""
    for text in told:
        assert text in answer.err


@DOMAIN
def test_every_command_that_builds_the_data_takes_its_files(rowmill: Rowmill, find: Find, domain: str) -> None:
    given = find(domain)

    again = rowmill("", *given.generate(given.data, given.files), "--json")
    preview = rowmill("preview", *given.words(given.files), "-n", 1, "--format", "csv")

    assert rowmill("verify --remake all", given.data, *named(given.files)).code == 0
    assert json.loads(again.out)["skipped"] is True
    assert (preview.code, len(preview.out.splitlines())) == (0, 2)
    assert rowmill("info", given.data).code == 0
    assert set(read(given.data).spec["inputs"]) == set(given.files) - {"demographics"}


@EACH
def test_a_file_that_is_missing_is_named_with_a_flag_that_the_command_has(
    rowmill: Rowmill, find: Find, domain: str, name: str
) -> None:
    given = find(domain)
    left = without(given.files, name)
    flag = "as demographics" if name == "demographics" else f"--catalog {name}=FILE"

    refused(rowmill("verify", given.data, *named(left)), name, flag)


@EACH
def test_another_file_is_refused_by_every_command(
    rowmill: Rowmill, find: Find, tmp_path: Path, domain: str, name: str
) -> None:
    given = find(domain)
    files = {**given.files, name: given.others[name]}
    of = "pilot" if name == "demographics" else name
    told = f"another {of} file than the data was made with"
    digest = read(given.data).spec["inputs"][of]
    before = sorted(given.data.rglob("*"))

    refused(rowmill("verify", given.data, *named(files)), told)
    for command in (given.generate(tmp_path / "o", files), ["preview", *given.words(files)]):
        refused(rowmill("", *command, "--set", f"data.inputs.{of}={digest}"), told)
    refused(rowmill("", *given.generate(given.data, files)), f"inputs.{of} is")
    assert sorted(given.data.rglob("*")) == before
    assert not (tmp_path / "o").exists()


@EACH
def test_a_name_that_nobody_knows_is_refused_with_the_nearest(
    rowmill: Rowmill, find: Find, tmp_path: Path, domain: str, name: str
) -> None:
    given = find(domain)
    files = {**without(given.files, name), f"{name}x": given.files[name]}
    told = f"input '{name}x': unknown; did you mean '{name}'?"

    refused(rowmill("verify", given.data, *named(files)), told)
    refused(rowmill("", *given.generate(tmp_path / "o", files)), told)
    refused(rowmill("preview", *given.words(files)), told)
    assert not (tmp_path / "o").exists()


@EACH
def test_a_file_that_is_given_twice_is_refused(
    rowmill: Rowmill, find: Find, tmp_path: Path, domain: str, name: str
) -> None:
    given = find(domain)
    twice = [*named({name: given.files[name]}), *named({name: given.others[name]})]

    refused(rowmill("verify", given.data, *twice), f"{name} is given twice")
    refused(rowmill("", *given.generate(tmp_path / "o", {}), *twice), f"{name} is given twice")
    if name in given.kind.shortcuts:
        flag = given.kind.shortcuts[name]
        both = [flag, given.files[name], *named({name: given.others[name]})]
        refused(rowmill("preview", *given.words({}), *both), f"{flag} and --catalog {name}: {name} is given twice")
    assert not (tmp_path / "o").exists()


@DOMAIN
def test_diff_reads_the_rows_of_two_that_stand_on_files(
    rowmill: Rowmill, find: Find, tmp_path: Path, domain: str
) -> None:
    given = find(domain)
    assert main(given.generate(tmp_path / "other", given.others)) == 0
    assert main(given.generate(tmp_path / "same", given.files)) == 0

    differs = rowmill("diff --rows -n 1 --json", given.data, tmp_path / "other")
    equal = rowmill("diff --rows --json", given.data, tmp_path / "same")

    told = json.loads(differs.out)
    assert (differs.code, equal.code) == (3, 0)
    assert {fact["name"].rpartition(".")[0] for fact in told["facts"] if "inputs" in fact["name"]} == {"data.inputs"}
    assert set(told["read"]) == set(json.loads(equal.out)["read"]) == set(read(given.data).tables)
    assert told["rows"]
    assert json.loads(equal.out)["equal"] is True


def test_dbt_asks_for_no_census(rowmill: Rowmill, find: Find) -> None:
    needs_dbt()
    given = find("workforce")

    assert rowmill("dbt build", given.data).code == 0


def test_the_flags_of_a_domain_name_the_same_files(rowmill: Rowmill, find: Find) -> None:
    for domain in ("vitals", "workforce"):
        given = find(domain)
        flags = [word for name, flag in given.kind.shortcuts.items() for word in (flag, str(given.files[name]))]

        again = rowmill("", *given.generate(given.data, {}), *flags, "--json")

        assert json.loads(again.out)["skipped"] is True


SMALL = "generate payments --rows 300 --seed 5 --workers 1"


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text("customer_id,country\n" + "".join(f"{100 + i},US\n" for i in range(20)))
    return path


def test_a_file_may_come_by_flag_environment_or_configuration(
    rowmill: Rowmill, people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "c.yaml"
    config.write_text(f"run:\n  inputs: {{customers: {people}}}\n")
    answers = [
        rowmill(f"{SMALL} --json --catalog customers={people} --out", tmp_path / "a"),
        rowmill(f"{SMALL} --json --config {config} --out", tmp_path / "b"),
    ]
    monkeypatch.setenv("ROWMILL_RUN__INPUTS__CUSTOMERS", str(people))
    answers.append(rowmill(f"{SMALL} --json --out", tmp_path / "c"))
    monkeypatch.delenv("ROWMILL_RUN__INPUTS__CUSTOMERS")
    plain = rowmill(f"{SMALL} --json --out", tmp_path / "d")

    assert [answer.code for answer in answers] == [0, 0, 0]
    assert len({json.loads(answer.out)["fingerprint"] for answer in [*answers, plain]}) == 2
    assert len({json.loads(answer.out)["digest"] for answer in answers}) == 1
    assert set(pl.read_parquet(tmp_path / "c/customers/*.parquet")["customer_id"]) == set(range(100, 120))


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--catalog people.csv", "--catalog people.csv: not of the form NAME=FILE"),
        ("--catalog customers=", "--catalog customers=: not of the form NAME=FILE"),
        ("--catalog customers=a --catalog customers=b", "customers is given twice"),
        ("--catalog custmers=a", "input 'custmers': unknown; did you mean 'customers'?"),
        ("--catalog customers=nowhere.csv", "nowhere.csv: no such file"),
        ("--catalog customers={bad}", "bad.csv, row 2: got customer_id '1'; row 1 has it already"),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_written(
    rowmill: Rowmill, tmp_path: Path, flags: str, message: str
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("customer_id,country\n1,US\n1,US\n")

    answer = rowmill(f"{SMALL} {flags.format(bad=bad)} --out", tmp_path / "o")

    assert answer.code == 2
    assert message in answer.err
    assert "Traceback" not in answer.err
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda schema: schema.update(name="elsewhere"),
        lambda schema: schema["fields"][0].update(name='x" FROM nothing --'),
        lambda schema: schema["fields"][0].update(type="a type"),
    ],
)
def test_a_recorded_schema_that_is_none_of_its_table_is_refused(rowmill: Rowmill, tmp_path: Path, change: Any) -> None:
    out = tmp_path / "out"
    assert rowmill(f"{SMALL} --quiet --out", out).code == 0
    edit(manifest(out), lambda record: change(record["schemas"]["customers"]))

    answer = rowmill("diff --rows", out, out)

    assert (answer.code, answer.err.count("\n")) == (3, 1)
    assert "the schema of customers" in answer.err
