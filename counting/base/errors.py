"""Errors that a user can act on; for now they stand in cli.py."""

from counting.base.cli import InputError
from counting.base.cli import nearest as suggest
from counting.base.cli import shown as abbreviate

__all__ = ["InputError", "abbreviate", "suggest"]
