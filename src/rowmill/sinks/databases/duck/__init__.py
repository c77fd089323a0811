"""A file of DuckDB as a destination."""
