"""Rules as data: what a table keeps, in YAML and out of it, and the small language that its checks are written in."""
