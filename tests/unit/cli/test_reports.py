"""What a command says on standard error: with logs in JSON, every line of it is a JSON object."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from rowmill.cli import main
from rowmill.cli.form import asks_for_json
from rowmill.core.logs import ATTRIBUTE, log
from support.tree import ROOT

SMALL = "generate payments --rows 600 --start 2025-11-01 --end 2025-11-05"


def records(text):
    """Return the records of standard error, each a line."""
    found = [json.loads(line) for line in text.splitlines()]
    assert all({"event", "level", "timestamp"} <= set(record) for record in found)
    return found


def events(text):
    return [record["event"] for record in records(text)]


def of(event, text):
    return [record for record in records(text) if record["event"] == event]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_says_what_it_does_in_events_with_fields(rowmill, tmp_path, workers):
    said = rowmill(f"{SMALL} --set run.part_rows=200 --workers {workers} -v --log-format json --out", tmp_path).err

    [planned], made, [committed] = of("planned", said), of("made", said), of("committed", said)
    [finished] = of("finished", said)
    assert events(said)[0] == "planned"
    assert planned["workers"] == workers
    assert planned["rows"] == 600
    assert len(made) == planned["parts"]
    assert sum(part["rows"] for part in made if part["table"] == "transactions") == 600
    assert {part["run"] for part in made} == {planned["run"], committed["run"]}
    assert all(part["part"].startswith(part["table"]) and part["seconds"] > 0 for part in made)
    assert (finished["digest"], finished["rows"]) == (committed["digest"], 600)
    assert of("seed", said)[0]["seed"] == finished["seed"]


def test_workers_in_interpreters_of_their_own_say_it_through_the_driver(tmp_path):
    script = (
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "from rowmill.cli import main\n"
        "import sys; sys.exit(main())"
    )
    words = f"{SMALL} --set run.part_rows=200 --workers 2 -v --log-format json --out {tmp_path}".split()
    done = subprocess.run(
        [sys.executable, "-c", script, *words],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
    )

    assert len(of("made", done.stderr)) == of("planned", done.stderr)[0]["parts"]


def test_without_more_than_warnings_a_run_that_succeeds_says_nothing(rowmill, tmp_path):
    assert rowmill(f"{SMALL} --seed 1 --log-format json --out", tmp_path).err == ""


def test_notes_and_warnings_are_records(rowmill, tmp_path):
    rowmill(f"{SMALL} --seed 1 --quiet --out", tmp_path)
    (tmp_path / "transactions" / "copy.parquet").write_bytes(b"")

    said = rowmill(f"{SMALL} --seed 1 --log-format json --set run.engine=arrays --out", tmp_path).err
    [stranger] = of("strangers", said)
    assert (stranger["level"], stranger["first"]) == ("warning", "transactions/copy.parquet")
    assert "readers of the folder take it for data: remove it" in stranger["message"]

    noted = rowmill(f"{SMALL} --seed 1 --dry-run --part 1/2 --log-format json --out", tmp_path / "b").err
    assert "rows, bytes and files are those of all shares" in of("note", noted)[-1]["message"]


def test_an_estimate_is_a_record(rowmill):
    [record] = of("estimated", rowmill(f"{SMALL} --seed 1 --dry-run -v --log-format json").err)

    assert record["tables"]["transactions"]["rows"] == 600


@pytest.mark.parametrize(
    "flags",
    [
        "--rows -1 --log-format json",
        "--log-format=json --no-such-flag",
        "--set run.log_format=json --columns amout --out x",
        "--log-format text --log-format json --overwrite --resume",
    ],
)
def test_a_refusal_is_one_record_of_level_error(capsys, tmp_path, monkeypatch, flags):
    monkeypatch.chdir(tmp_path)

    assert main(["generate", "payments", *flags.split()]) == 2
    [record] = records(capsys.readouterr().err)
    assert (record["event"], record["level"], record["exit_code"]) == ("refused", "error", 2)
    assert record["message"]


def test_the_form_that_a_file_or_a_variable_asks_for_holds_for_errors_too(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("asked.yaml").write_text("data:\n  rows: -1\nrun:\n  log_format: json\n")

    assert main(["generate", "payments", "--config", "asked.yaml"]) == 2
    assert events(capsys.readouterr().err) == ["refused"]
    monkeypatch.setenv("ROWMILL_RUN__LOG_FORMAT", "json")
    assert main(["generate", "payments", "--rows"]) == 2
    assert events(capsys.readouterr().err) == ["refused"]
    monkeypatch.setenv("ROWMILL_RUN__LOG_FORMAT", "text")
    assert main(["generate", "payments", "--rows", "-1"]) == 2
    assert capsys.readouterr().err.startswith("rowmill: data.rows")


def test_words_of_a_command_line_ask_for_json_in_every_spelling(monkeypatch):
    monkeypatch.delenv("ROWMILL_RUN__LOG_FORMAT", raising=False)

    for words in ("--log-format json", "--log-format=JSON", "--set run.log_format=json", "--set=run.log_format=json"):
        assert asks_for_json(["generate", "payments", *words.split()])
        assert not asks_for_json(["verify", *words.split()])
        assert asks_for_json(["generate", *words.split(), "--log-format", "text"]) == ("--set" in words)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_an_interruption_is_a_record_with_the_exit_code_of_the_process(tmp_path, number, code):
    words = ["generate", "payments", "--rows", "40_000_000", "--workers", "2", "-v", "--log-format", "json", "--out"]
    # What runs the tests may ignore the signal, as nohup does.
    usual = "default_int_handler" if number == signal.SIGINT else "SIG_DFL"
    allow = f"import signal, sys; signal.signal({int(number)}, signal.{usual})"
    start = f"{allow}; from rowmill.cli import main; sys.exit(main())"
    process = subprocess.Popen(
        [sys.executable, "-c", start, *words, str(tmp_path / "out")],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
    )
    first = process.stderr.readline()
    process.send_signal(number)
    rest = process.communicate()[1]

    assert process.returncode == code
    last = records(first + rest)[-1]
    assert (last["event"], last["level"], last["exit_code"]) == ("interrupted", "error", code)
    assert "continue with --resume" in last["message"]


def test_an_interruption_before_anything_is_read_is_a_record(capsys, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("rowmill.cli.commands.run", interrupted)

    assert main(["generate", "payments", "--log-format", "json"]) == 130
    assert json.loads(capsys.readouterr().err)["event"] == "interrupted"


def test_records_and_warnings_of_other_libraries_are_lines_too(rowmill, tmp_path, monkeypatch):
    from rowmill.run import work

    def noisy(*_):
        logging.getLogger("another.library").warning("about %s", "something", extra={"place": 3})
        warnings.warn("in two\nlines", UserWarning, stacklevel=1)
        try:
            int("odd")
        except ValueError:
            logging.getLogger("another.library").exception("lost")
        return refuse(*_)

    refuse = work.refuse_other_parts
    monkeypatch.setattr(work, "refuse_other_parts", noisy)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        said = records(rowmill(f"{SMALL} --seed 1 --log-format json --out", tmp_path).err)

    assert [(record["logger"], record["level"]) for record in said] == [
        ("another.library", "warning"),
        ("py.warnings", "warning"),
        ("another.library", "error"),
    ]
    assert (said[0]["event"], said[0]["place"]) == ("about something", 3)
    assert "ValueError: invalid literal" in said[2]["exception"]


def test_text_lines_are_for_people(rowmill, tmp_path):
    rowmill(f"{SMALL} --seed 1 --quiet --out", tmp_path)
    (tmp_path / "transactions" / "copy.parquet").write_bytes(b"")

    lines = rowmill(f"{SMALL} --seed 1 --quiet -v --out", tmp_path).err.splitlines()

    assert len(lines) == 1
    assert "warning" in lines[0]
    assert lines[0].endswith("readers of the folder take it for data: remove it")


def test_a_command_leaves_the_handlers_and_levels_of_the_process_as_they_were(rowmill, tmp_path):
    before = logging.root.handlers[:], logging.root.level, logging.getLogger("rowmill").level

    rowmill(f"{SMALL} --seed 1 -vv --log-format json --out", tmp_path)

    assert (logging.root.handlers, logging.root.level, logging.getLogger("rowmill").level) == before


def test_a_library_user_gets_events_as_text_and_fields(caplog):
    said = log("rowmill.somewhere").bind(run="r1")

    with caplog.at_level(logging.DEBUG, "rowmill"):
        said.bind(part="p").debug("made", rows=7)
        said.warning("odd", "100 % odd: mend it", place="here")
    one, two = caplog.records

    assert (one.message, two.message) == ("made run=r1 part=p rows=7", "100 % odd: mend it")
    assert getattr(one, ATTRIBUTE) == {"event": "made", "run": "r1", "part": "p", "rows": 7}
    assert getattr(two, ATTRIBUTE)["message"] == two.message
    assert one.funcName == "test_a_library_user_gets_events_as_text_and_fields"
