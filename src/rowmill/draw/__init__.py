"""Pure draws: from a key and row identities to integers, by integer arithmetic and pinned tables. NumPy only."""
