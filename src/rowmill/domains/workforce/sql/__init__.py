"""The SQL engine: a dbt project for DuckDB that makes the same rows, and what runs it."""
