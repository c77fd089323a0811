"""Formats of files: Parquet, CSV, SAS transport, and what they share."""
