"""Making parts: the work on one, and the processes that do it."""
