"""Pilots made by the engine, as a sponsor would hand them over: SDTM in three formats, and the plain table."""

from __future__ import annotations

import polars as pl

import rowmill

VITALS = ("SystolicBP", "DiastolicBP", "HeartRate", "Temperature")
VISITS = ("Screening", "Day 1", "Week 4", "Week 12")


def trial(subjects=60, seed=7, **fields):
    """Return a trial whose effect is the model's own."""
    return rowmill.dataset("vitals", seed=seed, subjects_per_arm=subjects, **fields)


def sdtm(folder, data, suffix="parquet"):
    """Write VS and DM of a trial and return their paths."""
    if suffix == "xpt":
        data.write(folder, settings={"format": "xpt", "tables": ("vs", "dm"), "workers": 1})
        return [str(next(folder.glob(f"{name}/*.xpt"))) for name in ("vs", "dm")]
    paths = [folder / f"{name}.{suffix}" for name in ("vs", "dm")]
    for name, path in zip(("vs", "dm"), paths, strict=True):
        frame = data[name].to_polars()
        if suffix == "csv":
            frame.write_csv(path)
        else:
            frame.write_parquet(path)
    return [str(path) for path in paths]


def plain(folder, data):
    """Write the plain table of a trial and return its path."""
    path = folder / "plain.csv"
    data["vitals"].to_polars().write_csv(path)
    return str(path)


def rewritten(path, change):
    """Write a changed copy of a Parquet file beside it and return its path."""
    target = path.replace(".parquet", ".changed.parquet")
    change(pl.read_parquet(path)).write_parquet(target)
    return target
