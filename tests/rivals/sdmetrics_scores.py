"""What SDMetrics says of two CSV files: run by the Python that has it, prints JSON.

Arguments: the real file, the synthetic file, and the categorical columns, separated by commas.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import warnings
from itertools import combinations

import pandas as pd
from sdmetrics.column_pairs import ContingencySimilarity, CorrelationSimilarity
from sdmetrics.reports import QualityReport
from sdmetrics.single_column import KSComplement, TVComplement

warnings.simplefilter("ignore")
REAL, SYNTHETIC = (pd.read_csv(path) for path in sys.argv[1:3])
CATEGORIES = [name for name in sys.argv[3].split(",") if name]
NUMBERS = [name for name in REAL.columns if name not in CATEGORIES]


def report():
    columns = {name: {"sdtype": "categorical" if name in CATEGORIES else "numerical"} for name in REAL.columns}
    found = QualityReport()
    with contextlib.redirect_stdout(io.StringIO()):
        found.generate({"t": REAL}, {"t": SYNTHETIC}, {"tables": {"t": {"columns": columns}}}, verbose=False)
    return found.get_score()


scores = {
    "KSComplement": {name: KSComplement.compute(REAL[name], SYNTHETIC[name]) for name in NUMBERS},
    "TVComplement": {name: TVComplement.compute(REAL[name], SYNTHETIC[name]) for name in CATEGORIES},
    "Pearson": {
        f"{a} {b}": CorrelationSimilarity.compute(REAL[[a, b]], SYNTHETIC[[a, b]], coefficient="Pearson")
        for a, b in combinations(NUMBERS, 2)
    },
    "Spearman": {
        f"{a} {b}": CorrelationSimilarity.compute(REAL[[a, b]], SYNTHETIC[[a, b]], coefficient="Spearman")
        for a, b in combinations(NUMBERS, 2)
    },
    "Contingency": {
        f"{a} {b}": ContingencySimilarity.compute(REAL[[a, b]], SYNTHETIC[[a, b]])
        for a, b in combinations(CATEGORIES, 2)
    },
    "report": report(),
}
print(json.dumps(scores))
