"""Sweeps: a YAML file each, its results as JSON, table and figure beside it."""
