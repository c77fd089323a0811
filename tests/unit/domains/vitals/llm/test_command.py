"""The whole command against a server on the loopback: rows, faults, caps, cache, and a key that shows up nowhere."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import duckdb
import pytest

import rowmill
from rowmill.core.errors import UsageError
from support.chat import blueprint, completion, hangs, model, refuses, resets, says, send, sends
from support.tree import ROOT

KEY = "sk-canary-7f3a91c05be2"


def rows(folder, query):
    files = f"{folder}/vitals/*.parquet"
    return duckdb.sql(query.replace("VITALS", f"read_parquet('{files}')")).fetchall()


def spec_of(folder):
    return json.loads((folder / "_rowmill" / "head.json").read_text("utf-8"))["identity"]["spec"]


def test_parameters_become_a_million_rows(generate, chat, tmp_path):
    done = generate("--json", "--set", "run.workers=2", size="125000")
    summary = json.loads(done.out)
    found = rows(
        tmp_path / "out",
        """SELECT count(*), count(DISTINCT (SubjectID, VisitName)), min(SystolicBP - DiastolicBP),
           avg(SystolicBP) FILTER (VisitName = 'Week 12' AND TreatmentArm = 'Active')
           - avg(SystolicBP) FILTER (VisitName = 'Week 12' AND TreatmentArm = 'Placebo'),
           stddev(SystolicBP), corr(SystolicBP, DiastolicBP), avg(HeartRate) FROM VITALS""",
    )[0]

    assert done.code == 0
    assert len(chat.requests) == 1
    assert summary["rows"] == found[0] == found[1] == 1_000_000
    assert found[2] >= 5
    assert found[3] == pytest.approx(-5, abs=0.25)
    assert found[4:] == (pytest.approx(16, abs=0.3), pytest.approx(0.5, abs=0.02), pytest.approx(71, abs=0.1))
    assert "parameters by model-x: 1 request, 1,100 tokens" in done.err


def test_the_spec_says_who_proposed_the_parameters_and_makes_the_same_rows_without_asking(generate, chat, tmp_path):
    generate()
    spec = spec_of(tmp_path / "out")
    again = rowmill.dataset("vitals", **spec)

    assert spec["model"]["source"].startswith("parameters proposed by the language model model-x, question ")
    assert spec["target_effect"] == -5
    assert again["vitals"].to_polars().sort("SubjectID", "VisitName").rows() == sorted(
        rows(tmp_path / "out", "SELECT * FROM VITALS")
    )
    assert len(chat.requests) == 1


def test_rows_are_resampled_and_labelled(generate, tmp_path):
    done = generate("--llm-mode", "rows", "--llm-rows", "80", "--json", size="500")
    spec = spec_of(tmp_path / "out")

    assert done.code == 0
    assert rows(tmp_path / "out", "SELECT count(*) FROM VITALS") == [(4000,)]
    assert [len(found) for found in spec["prototypes"].values()] == [10, 10]
    assert spec["model"]["source"].startswith("20 subjects invented by the language model model-x")


@pytest.mark.parametrize("effect", [-8.0, 3.0])
def test_an_effect_that_is_asked_for_is_told_and_holds(generate, chat, tmp_path, effect):
    generate("--target-effect", effect)

    assert f"minus control is {effect:g} mmHg" in chat.prompts[0]
    assert spec_of(tmp_path / "out")["target_effect"] == effect


def test_the_prompt_names_the_trial_in_the_users_words(generate, chat):
    generate("--prompt", "Beta blocker in {young} adults: yes", "--set", "data.arms=[High dose, Low dose, Control]")

    assert "About: Beta blocker in {young} adults: yes" in chat.prompts[0]
    assert '"High dose","Low dose","Control"' in chat.prompts[0]


def extra_keys(handler, body):
    send(handler, 200, completion(json.dumps(blueprint(body) | {"note": "mine"})))


def off_bounds(handler, body):
    send(handler, 200, completion(json.dumps(blueprint(body, pressure_correlation=2))))


FENCED = model(wrap="Here you are:\n```json\n{}\n```")


@pytest.mark.parametrize(
    ("faults", "usual"),
    [
        ([refuses(429)], model()),
        ([refuses(429, ("Retry-After", "0.02"))], model()),
        ([refuses(502), refuses(503), refuses(504)], model()),
        ([resets], model()),
        ([sends(b"<html>")], model()),
        ([says("{"), says("no")], model()),
        ([says('{"means": {', finish="length")], model()),
        ([off_bounds], model()),
        ([extra_keys], model()),
        ([], FENCED),
        ([refuses(400, message="response_format is not known"), refuses(400, message="response_format too")], FENCED),
    ],
    ids=["429", "429 pause", "5xx", "reset", "html", "bad", "cut", "bounds", "extra", "fence", "no response_format"],
)
def test_each_fault_that_passes_leaves_a_whole_run(generate, chat, tmp_path, faults, usual):
    chat.plan, chat.usual = list(faults), usual
    done = generate()

    assert done.code == 0, done.err
    assert len(chat.requests) == len(faults) + 1
    assert rows(tmp_path / "out", "SELECT count(*) FROM VITALS") == [(240,)]


@pytest.mark.parametrize(
    ("act", "more", "code", "said"),
    [
        (refuses(429), [], 1, "asked 6 times in vain, the last time: HTTP 429"),
        (refuses(429, ("Retry-After", "9999")), [], 1, "--max-seconds leaves"),
        (refuses(503), [], 1, "asked 4 times in vain, the last time: HTTP 503"),
        (resets, [], 1, "asked 4 times in vain"),
        (hangs, ["--max-seconds", "0.3"], 1, "--max-seconds"),
        (says("{"), [], 1, "3 answers cannot be used"),
        (says("{", finish="length"), [], 1, "the answer was cut off"),
        (off_bounds, [], 1, "pressure_correlation: got 2"),
        (extra_keys, [], 1, "note: unknown key"),
        (refuses(401, message=f"Incorrect API key provided: {KEY}"), [], 2, "refuses the key"),
        (refuses(404, message="no such model"), [], 2, "--llm-model"),
        (says("{"), ["--max-requests", "2"], 1, "--max-requests 2"),
        (says("{"), ["--max-tokens", "9000"], 1, "--max-tokens 9000"),
        (says("{"), ["--max-tokens", "100"], 1, "--max-tokens 100"),
        (
            says("{", usage=None),
            ["--max-cost", "0.02", "--price-input", "1", "--price-output", "5"],
            1,
            "--max-cost 0.02",
        ),
    ],
)
def test_each_fault_that_stays_is_one_line_and_nothing_is_written(generate, chat, tmp_path, act, more, code, said):
    chat.usual = act
    done = generate(*more)

    assert done.code == code
    assert said in done.err
    assert len(done.err.splitlines()) == 1
    assert KEY not in done.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("--endpoint", "no --endpoint"),
        ("--llm-model", "no --llm-model"),
        ("ROWMILL_LLM_API_KEY", "no key; set ROWMILL_LLM_API_KEY"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_sent(generate, chat, monkeypatch, tmp_path, gone, said):
    monkeypatch.delenv(gone, raising=False)
    done = generate(without=gone)

    assert done.code == 2
    assert said in done.err
    assert len(done.err.splitlines()) == 1
    assert not chat.requests
    assert not (tmp_path / "out").exists()


def test_a_missing_destination_is_said_before_anything_is_paid(generate, chat):
    done = generate(without="--out")

    assert done.code == 2
    assert "--out: missing" in done.err
    assert not chat.requests


def test_a_known_answer_is_not_paid_twice(generate, chat):
    first = generate()
    again = generate("--json")
    other = generate("--seed", "43", out="other")

    assert len(chat.requests) == 1
    assert json.loads(again.out)["skipped"] is True
    assert "known answers, nothing was sent" in again.err
    assert (first.code, other.code) == (0, 0)


@pytest.mark.parametrize(
    "more", [["--prompt", "asthma"], ["--llm-model", "other"], ["--target-effect", "1"], ["--llm-cache", "none"]]
)
def test_another_question_is_asked(generate, chat, more):
    generate()
    generate(*more, out="other")

    assert len(chat.requests) == 2


def test_answers_of_a_run_that_failed_are_kept(generate, chat):
    chat.plan = [model(), model()] + [refuses(503)] * 4
    first = generate("--llm-mode", "rows")
    again = generate("--llm-mode", "rows")

    assert (first.code, again.code) == (1, 0)
    assert "rows by model-x: 4 requests" in again.err


def test_a_kept_answer_that_is_damaged_is_asked_for_again(generate, chat, tmp_path):
    generate()
    (kept,) = (tmp_path / "cache" / "rowmill" / "llm").iterdir()
    kept.write_text(kept.read_text("utf-8").replace("pressure_correlation", "pressure"))
    generate(out="other")

    assert len(chat.requests) == 2


def test_a_cache_folder_that_cannot_be_used_is_refused(generate, chat, tmp_path):
    (tmp_path / "file").write_text("")
    done = generate("--llm-cache", tmp_path / "file")

    assert done.code == 2
    assert "--llm-cache" in done.err
    assert not chat.requests


def test_a_dry_run_asks_nothing(generate, chat, tmp_path):
    done = generate("--dry-run", "--max-requests", "3")

    assert done.code == 0
    assert "not asked; a run may take 3 requests, 100,000 tokens" in done.err
    assert not chat.requests
    assert not (tmp_path / "out").exists()


def test_the_key_shows_up_nowhere(generate, chat, tmp_path):
    """Not even where the endpoint sends it back, in an answer or in an error."""

    def echoes(handler, body):
        found = json.dumps(blueprint(body) | {"age": {"mean": KEY}})
        send(handler, 200, completion(found), [("X-Key", KEY)])

    def good_with_key(handler, body):
        send(handler, 200, completion(f"Your key is {KEY}.\n{json.dumps(blueprint(body))}"))

    chat.plan = [refuses(503, message=KEY), refuses(429, message=KEY), echoes, good_with_key]
    done = generate("--log-level", "debug", "--log-format", "json", "-vv", "--metrics-file", tmp_path / "metrics.txt")
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())

    assert done.code == 0
    assert '"number": 4' in done.err
    assert chat.keys == [f"Bearer {KEY}"] * 4
    assert KEY not in done.out + done.err
    assert KEY.encode() not in written
    assert (tmp_path / "metrics.txt").exists()


def test_a_key_in_a_configuration_is_refused_without_repeating_it(generate, chat):
    done = generate("--set", f"run.llm.key={KEY}")

    assert done.code == 2
    assert KEY not in done.err
    assert not chat.requests


def test_real_rows_are_sent_only_where_that_is_asked_for_by_name(generate, chat, tmp_path):
    pilot = tmp_path / "pilot"
    rowmill.dataset("vitals", subjects_per_arm=15, seed=3).write(pilot, settings={"format": "csv", "single_file": True})
    (file,) = pilot.glob("vitals/*.csv")
    refused = generate("--pilot", file)
    sent_before = len(chat.requests)
    allowed = generate("--pilot", file, "--allow-real-rows")
    text = chat.prompts[0]

    assert refused.code == 2
    assert "--allow-real-rows" in refused.err
    assert sent_before == 0
    assert allowed.code == 0
    assert text.count("\n- Active: Screening ") == text.count("\n- Placebo: Screening ") == 5
    assert "RM0" not in text
    assert spec_of(tmp_path / "out")["inputs"] == {}


def test_the_python_interface_asks_too(chat):
    made = rowmill.dataset(
        "vitals", method="llm", subjects_per_arm=20, seed=1, llm={"endpoint": chat.url, "model": "model-x"}
    )

    assert made["vitals"].to_polars().height == 160
    with pytest.raises(UsageError, match="no --endpoint"):
        rowmill.dataset("vitals", method="llm")


def test_other_methods_ask_nobody(generate, chat):
    done = generate("--method", "mvn")

    assert done.code == 2
    assert "only method llm asks a language model" in done.err
    assert not chat.requests


def test_the_environment_can_say_whom_to_ask(generate, chat, monkeypatch):
    monkeypatch.setenv("ROWMILL_RUN__LLM__ENDPOINT", chat.url)
    monkeypatch.setenv("ROWMILL_RUN__LLM__MAX_REQUESTS", "1")
    chat.plan = [says("no")]
    done = generate(without="--endpoint")

    assert done.code == 1
    assert "--max-requests 1" in done.err


def test_an_interrupted_question_ends_at_once_and_leaves_nothing(chat, tmp_path):
    chat.usual = hangs
    words = ["generate", "vitals", "--method", "llm", "--endpoint", chat.url, "--llm-model", "m", "--seed", "1"]
    command = [sys.executable, "-m", "rowmill", *words, "--out", str(tmp_path / "out")]
    with subprocess.Popen(
        command, env=os.environ | {"PYTHONPATH": str(ROOT / "src")}, stderr=subprocess.PIPE, text=True
    ) as running:
        while not chat.requests:
            assert running.poll() is None
            time.sleep(0.02)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=20)

    assert running.returncode == 130
    assert said.strip() == "rowmill: interrupted"
    assert not (tmp_path / "out").exists()


def test_two_workers_know_the_answer(generate, chat):
    """Workers are processes of their own: what they need is in the spec."""
    rows_of_two_blocks = ["--llm-mode", "rows", "--json", "--set", "run.part_rows=20_000"]
    two = generate(*rows_of_two_blocks, "--workers", "2", size="10_000")
    one = generate(*rows_of_two_blocks, size="10_000", out="other")

    assert (two.code, one.code) == (0, 0)
    assert json.loads(two.out)["digest"] == json.loads(one.out)["digest"]
    assert len(chat.requests) == 6


def test_nothing_of_asking_loads_where_nobody_asks(tmp_path):
    code = (
        "import sys; from rowmill.cli import main\n"
        f"main(['generate', 'vitals', '--subjects-per-arm', '5', '--seed', '1', '--quiet', '--workers', '1',"
        f" '--out', {str(tmp_path / 'o')!r}])\n"
        "print([name for name in sys.modules if name.startswith('httpx') or '.vitals.llm.' in name\n"
        "       or name.startswith('rowmill.llm.') and name.split('.')[-1] not in ('settings', 'completing')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines()[-1] == "[]"
