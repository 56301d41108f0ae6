"""The results of a study on disk: a line of JSON each, added as they come.

No line is ever changed or taken away: what other code made stays, and counts again
when that code is checked out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from counting.base import files
from counting.base.errors import InputError
from studies.study import Entry

NEEDED = ("key", "seed", "variant", "measured")


def load(path: Path) -> list[Entry]:
    """Read all results; none if there is no file yet.

    Raises:
        InputError: a line is no result; it is named.
    """
    if not path.is_file():
        return []
    found = []
    for number, line in enumerate(files.read_text(path).splitlines(), start=1):
        try:
            entry = json.loads(line)
            found.append({name: entry[name] for name in NEEDED} | entry)
        except (ValueError, KeyError, TypeError):
            raise InputError(
                f"{path}, line {number}: expected a result, JSON with "
                f"{', '.join(NEEDED)}; delete that line"
            ) from None
    return found


def add(path: Path, entry: Entry) -> None:
    """Add a result, and wait until the disk has it."""
    line = json.dumps(entry, sort_keys=True) + "\n"
    with files.naming(path), path.open("a", encoding="utf-8", newline="\n") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def newest(known: Sequence[Entry], wanted: Sequence[Entry]) -> list[Entry]:
    """Give a result of each training wanted, if there is one, under its name of today.

    That of today's key, or else the last of other code with the same parameters.
    """
    todays = {entry["key"] for entry in wanted}
    ordered = sorted(known, key=lambda entry: entry["key"] in todays)  # stable
    last = {same(entry): entry for entry in ordered}
    return [
        last[same(one)] | {"name": one["name"]} for one in wanted if same(one) in last
    ]


def same(entry: Entry) -> str:
    """Give what two results of the same parameters and numbers have in common."""
    return json.dumps([entry[name] for name in NEEDED[1:]], sort_keys=True)
