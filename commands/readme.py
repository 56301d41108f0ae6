"""Write the README's result table from the metrics; `--check` only says if it is stale.

The table stands between two comments; everything else in the README is written by hand.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from counting.base import cli, files, params
from counting.evaluation import metrics

BEGIN, END = "<!-- results: made by `make repro` -->", "<!-- end of results -->"
CLAIMS = {"loop": ("0.50",), "rnn": ("0.50",), "gru": ("0.95", "0.80", "0.45")}


def main() -> None:
    """Put the table of today's metrics into the README, or check that it is there."""
    parser = argparse.ArgumentParser(prog="commands.readme", description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit 1 if it is stale")
    parser.add_argument("--readme", type=Path, default=Path("README.md"))
    parser.add_argument("--metrics", type=Path, default=Path("reports/metrics"))
    args = parser.parse_args()
    names = list(params.load().models)
    found = {name: metrics.load(args.metrics / f"{name}.json") for name in names}
    old = files.read_text(args.readme)
    new = insert(old, table(found))
    if new == old:
        return
    if args.check:
        sys.exit(f"readme: error: {args.readme} is stale; run `make repro`")
    files.write_text(args.readme, new)
    print(f"readme: {args.readme} has a new result table")


def insert(text: str, block: str) -> str:
    """Replace what stands between the two comments."""
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise cli.InputError(
            f"README.md: the comments {BEGIN!r} and {END!r} are not both there; "
            "put them where the result table belongs"
        )
    return f"{head}{BEGIN}\n{block}\n{END}{tail}"


def table(found: dict[str, dict[str, Any]]) -> str:
    """Lay the metrics out as a Markdown table: claim, mean, worst seed."""
    lines = [
        "| variant | 71st token, train | 20 in a row, train | 71st token, valid "
        "| 20 in a row, valid | counts on right |",
        "|---|---|---|---|---|---|",
    ]
    for name, content in found.items():
        train, valid, run = content["train"], content["valid"], content["count_run"]
        claim = (*CLAIMS.get(name, ()), "", "", "")
        cells = [
            f"`{name}`",
            pair(train, "last_token_accuracy", claim[0]),
            pair(train, "sequence_accuracy", claim[1]),
            pair(valid, "last_token_accuracy"),
            pair(valid, "sequence_accuracy", claim[2]),
            f"{run['median']:,.0f} ({run['worst']:,})",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def pair(section: dict[str, float], key: str, claim: str = "") -> str:
    """Give mean and worst seed, and what the article claims."""
    said = f"; article {claim}" if claim else ""
    return f"{section[key]:.4f} ({section[f'{key}_worst']:.4f}{said})"


if __name__ == "__main__":
    cli.run("readme", main)
