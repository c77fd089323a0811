"""Domains: each folder turns a spec into a dataset. The registry below is the only place that names them all."""
