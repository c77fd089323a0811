"""Checks: what stands at a destination, held against its records and its spec."""
