"""Rowmill: deterministic synthetic data at columnar speed."""
