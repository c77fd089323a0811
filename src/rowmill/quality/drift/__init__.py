"""Drift: whether rows are still like earlier ones, from their statistics alone."""
