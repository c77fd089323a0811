"""What to tell a reader of CSV, which would take the code 0780 for a number: each table's types, ready to be copied."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from rowmill.model.schema import Field, FieldType, Schema


def _types(*words: str) -> Mapping[FieldType, str]:
    """Return words by type, in the order: int32, int64, float64, bool, string, timestamp, date."""
    whole, long, real, truth, text, instant, day = words
    return MappingProxyType(
        {
            "int8": whole,
            "int16": whole,
            "int32": whole,
            "int64": long,
            "float64": real,
            "bool": truth,
            "string": text,
            "enum": text,
            "timestamp": instant,
            "date": day,
            "json": text,
        }
    )


DUCKDB: Final = _types("INTEGER", "BIGINT", "DOUBLE", "BOOLEAN", "VARCHAR", "TIMESTAMPTZ", "DATE")
POLARS: Final = _types(
    "pl.Int32", "pl.Int64", "pl.Float64", "pl.Boolean", "pl.String", 'pl.Datetime("us", "UTC")', "pl.Date"
)
SPARK: Final = _types("INT", "BIGINT", "DOUBLE", "BOOLEAN", "STRING", "TIMESTAMP", "DATE")
PANDAS: Final = _types("Int32", "Int64", "Float64", "boolean", "string", "", "")
"""Types that know what is missing; times are parsed apart."""


def duckdb(schema: Schema) -> str:
    """Return a query over the CSV files of a table."""
    columns = ",\n".join(f"    '{field.name}': '{DUCKDB[field.type]}'" for field in schema.fields)
    return (
        f"SELECT * FROM read_csv('{schema.name}/**/*.csv*', header = true, quote = '\"', hive_partitioning = false,\n"  # noqa: S608
        f"  nullstr = '', allow_quoted_nulls = false, columns = {{\n{columns}\n}});\n"
    )


def polars(schema: Schema) -> str:
    """Return Python that scans the CSV files of a table."""
    instants = [field.name for field in schema.fields if field.type == "timestamp"]
    read = {field.name: POLARS["string" if field.type == "timestamp" else field.type] for field in schema.fields}
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
        f'    "{field.name} {SPARK[field.type]}{"" if field is schema.fields[-1] else ","} "' for field in schema.fields
    )
    return (
        f'{schema.name} = spark.read.csv("{schema.name}", header=True, escape=\'"\', multiLine=True, '
        f"recursiveFileLookup=True, schema=(\n{columns}\n))\n"
    )


def pandas(schema: Schema) -> str:
    """Return Python that reads the CSV files of a table."""
    times = [field.name for field in schema.fields if _is_time(field)]
    columns = "\n".join(f'    "{f.name}": "{PANDAS[f.type]}",' for f in schema.fields if not _is_time(f))
    parsed = f", parse_dates={times!r}".replace("'", '"') if times else ""
    return (
        f"import glob\n\nimport pandas as pd\n\n"
        f'files = sorted(glob.glob("{schema.name}/**/*.csv*", recursive=True))\n'
        f'# Without this a country "NA" would be missing.\nmissing = {{"keep_default_na": False, "na_values": [""]}}\n'
        f"types = {{\n{columns}\n}}\n"
        f"{schema.name} = pd.concat([pd.read_csv(file, dtype=types{parsed}, **missing) for file in files])\n"
    )


def _is_time(field: Field) -> bool:
    return field.type in ("timestamp", "date")


RENDERERS: Final[Mapping[str, Callable[[Schema], str]]] = MappingProxyType(
    {"duckdb": duckdb, "polars": polars, "spark": spark, "pandas": pandas}
)
