"""Rows of the tables, from what the years leave behind."""
