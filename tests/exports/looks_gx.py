"""Run by the environment of the exports: what Great Expectations finds in the tables of a folder, as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import great_expectations as gx
import pandas as pd
from great_expectations.core import ExpectationSuite

if __name__ == "__main__":
    suites, folder = map(Path, sys.argv[1:])
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    found = {}
    for place in sorted(suites.glob("*.json")):
        frame = pd.read_parquet(folder / place.stem, dtype_backend="pyarrow")
        if "simulation_year" in frame and str(frame["simulation_year"].dtype).startswith("dict"):
            frame["simulation_year"] = frame["simulation_year"].astype("int32[pyarrow]")
        suite = context.suites.add(ExpectationSuite(**json.loads(place.read_text("utf-8"))))
        asset = context.data_sources.add_pandas(place.stem).add_dataframe_asset(place.stem)
        batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
        results = batch.validate(suite, result_format="SUMMARY").results
        found[place.stem] = [
            [each.expectation_config.type, each.expectation_config.meta["rule"], each.result.get("unexpected_count")]
            for each in results
            if not each.success
        ]
        raised = [each.exception_info for each in results if each.exception_info.get("raised_exception")]
        assert not raised, raised
    sys.stdout.write(json.dumps(found))
