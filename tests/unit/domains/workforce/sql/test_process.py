"""A program in a process of its own: what it said, how it ended, what it cost."""

from __future__ import annotations

from rowmill.core.processes import FREE
from rowmill.domains.workforce.sql.process import Python, run_python

TAKEN = 300_000_000
BUSY = "while time.process_time() < 0.3: pass"


def test_what_one_program_cost_is_not_mixed_with_anothers_or_ours(tmp_path):
    ours = b"x" * TAKEN
    large = run_python(Python(), f"len(b'x' * {TAKEN})", (), tmp_path, {})
    small = run_python(Python(), BUSY, (), tmp_path, {})

    assert large.cost.peak_bytes > len(ours) > small.cost.peak_bytes > 1_000_000
    assert 0.3 <= small.cost.cpu_seconds < 5


def test_words_exit_code_and_cost_are_told_of_a_program_that_fails(tmp_path):
    ended = run_python(Python(), "print(*sys.argv[1:]); sys.exit(7)", ("one", "two"), tmp_path, {})

    assert (ended.code, ended.said) == (7, "one two\n")
    assert ended.cost.cpu_seconds > 0


def test_nothing_is_known_of_what_a_killed_program_cost(tmp_path):
    assert run_python(Python(), "os.kill(os.getpid(), 9)", (), tmp_path, {}).cost == FREE
