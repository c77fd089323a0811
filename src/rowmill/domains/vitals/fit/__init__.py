"""Fitting a model to a pilot.

A reader's path: ``files`` (CSV, Parquet and XPT into DuckDB) → ``sdtm`` and ``plain`` (two layouts into one table of
readings) → ``names`` (the pilot's words for arms and visits) → ``pilot`` (whole subjects, batch by batch) → ``sums``
(what is added up) → ``moments``, ``marginals``, ``leaving`` (what is estimated from them) → ``fitting`` (the model).
"""
