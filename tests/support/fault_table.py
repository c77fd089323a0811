"""The table in which a run of the fault matrix ends: how many cases there were, and how many of them went wrong."""

from __future__ import annotations

import json
from collections.abc import Iterable

from support.switches import switch

SEED = switch("ROWMILL_FAULTS_SEED", "11")


def table(told: Iterable[str]) -> list[str]:
    """Return the lines of it, none where there were no cases.

    Args:
        told: lists of destination, domain, kind of fault, cases, and those that went wrong, as JSON.
    """
    rows = sorted(tuple(row) for text in told for row in json.loads(text))
    if not rows:
        return []
    head = ("destination", "domain", "fault", "cases", "wrong")
    total = ("all", "", "", sum(row[3] for row in rows), sum(row[4] for row in rows))
    lines = ["{:<12} {:<10} {:<10} {:>6} {:>6}".format(*row) for row in (head, *rows, total)]
    again = "ROWMILL_FAULTS_CASE=DESTINATION/DOMAIN/JOB/FAULT/NUMBER python -m pytest tests/faults/test_matrix.py"
    return [*lines, f"seed {SEED} (ROWMILL_FAULTS_SEED); one case again: {again}"]
