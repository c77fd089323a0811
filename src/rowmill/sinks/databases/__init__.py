"""Databases as destinations: they take rows, not files."""
