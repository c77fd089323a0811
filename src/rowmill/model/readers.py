"""What to tell a reader of CSV, which would take the code 0780 for a number: each table's types, ready to be copied."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from rowmill.model.schema import Schema
from rowmill.model.types import TYPES


def duckdb(schema: Schema) -> str:
    """Return a query over the CSV files of a table."""
    columns = ",\n".join(f"    '{field.name}': '{field.named(field.facts.duckdb)}'" for field in schema.fields)
    return (
        f"SELECT * FROM read_csv('{schema.name}/**/*.csv*', header = true, quote = '\"', hive_partitioning = false,\n"  # noqa: S608
        f"  nullstr = '', allow_quoted_nulls = false, columns = {{\n{columns}\n}});\n"
    )


def polars(schema: Schema) -> str:
    """Return Python that scans the CSV files of a table."""
    instants = [field.name for field in schema.fields if field.type == "timestamp"]
    text = TYPES["string"].polars
    read = {f.name: text if f.type == "timestamp" else f.named(f.facts.polars) for f in schema.fields}
    columns = "\n".join(f'    "{name}": {kind},' for name, kind in read.items())
    parsed = "".join(
        f'\n{schema.name} = {schema.name}.with_columns(pl.col("{name}").str.to_datetime("%+", time_unit="us"))'
        for name in instants
    )
    return (
        f"import polars as pl\n\n"
        f'{schema.name} = pl.scan_csv("{schema.name}/**/*.csv*", schema={{\n{columns}\n}}){parsed}\n'
    )


def spark(schema: Schema) -> str:
    """Return Python that reads the CSV files of a table in a session ``spark``."""
    columns = "\n".join(
        f'    "{field.name} {field.named(field.facts.spark)}{"" if field is schema.fields[-1] else ","} "'
        for field in schema.fields
    )
    return (
        f'{schema.name} = spark.read.csv("{schema.name}", header=True, escape=\'"\', multiLine=True, '
        f"recursiveFileLookup=True, schema=(\n{columns}\n))\n"
    )


def pandas(schema: Schema) -> str:
    """Return Python that reads the CSV files of a table."""
    times = [f.name for f in schema.fields if f.facts.pandas is None]
    columns = "\n".join(f'    "{f.name}": "{f.facts.pandas}",' for f in schema.fields if f.facts.pandas is not None)
    parsed = f", parse_dates={times!r}".replace("'", '"') if times else ""
    return (
        f"import glob\n\nimport pandas as pd\n\n"
        f'files = sorted(glob.glob("{schema.name}/**/*.csv*", recursive=True))\n'
        f'# Without this a country "NA" would be missing.\nmissing = {{"keep_default_na": False, "na_values": [""]}}\n'
        f"types = {{\n{columns}\n}}\n"
        f"{schema.name} = pd.concat([pd.read_csv(file, dtype=types{parsed}, **missing) for file in files])\n"
    )


RENDERERS: Final[Mapping[str, Callable[[Schema], str]]] = MappingProxyType(
    {"duckdb": duckdb, "polars": polars, "spark": spark, "pandas": pandas}
)
