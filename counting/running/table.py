"""Write the table of results into the README, between two comments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from counting.base import files, params
from counting.base.errors import InputError
from counting.evaluation import metrics
from counting.report import article
from counting.running import cli

README, METRICS = Path("README.md"), Path("reports/metrics")
BEGIN, END = "<!-- results: made by `make repro` -->", "<!-- end of results -->"


def main() -> None:
    """Write the table of the metrics in reports/ into the README."""
    cli.Parser("counting.running.table", __doc__).parse_args()
    settings = params.load()
    found = {name: metrics.load(METRICS / f"{name}.json") for name in settings.models}
    old = files.read_text(README)
    new = insert(old, table(found, settings))
    if new != old:
        files.write_text(README, new)
        print(f"table: {README} has a new result table")


def insert(text: str, block: str) -> str:
    """Replace the text between the two comments.

    Raises:
        InputError: one of them is missing.
    """
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise InputError(
            f"README.md: the comments {BEGIN!r} and {END!r} are not both there; "
            "put them where the result table belongs"
        )
    return f"{head}{BEGIN}\n{block}\n{END}{tail}"


def table(found: dict[str, dict[str, Any]], settings: params.Params) -> str:
    """Lay the metrics out as a Markdown table: mean, worst seed, claim."""
    last = f"token {settings.evaluate.window + 1}"
    row = f"{settings.evaluate.steps} in a row"
    columns = [
        (f"{last}, train", "train", "last_token_accuracy"),
        (f"{row}, train", "train", "sequence_accuracy"),
        (f"{last}, valid", "valid", "last_token_accuracy"),
        (f"{row}, valid", "valid", "sequence_accuracy"),
    ]
    titles = ["variant", *(title for title, *_ in columns), "counts to"]
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    for name, content in found.items():
        claims, run = article.claims(settings, name), content["count_from_one"]
        cells = [
            pair(content[stream], key, claims.get((stream, key)))
            for _, stream, key in columns
        ]
        counted = f"{run['median']:,.0f} ({run['worst']:,})"
        lines.append(f"| `{name}` | {' | '.join(cells)} | {counted} |")
    return "\n".join(lines)


def pair(section: dict[str, float], key: str, claim: float | None) -> str:
    """Give mean and worst seed, and what the article claims."""
    said = "" if claim is None else f"; article {claim:.2f}"
    return f"{section[key]:.4f} ({section[f'{key}_worst']:.4f}{said})"


if __name__ == "__main__":
    cli.run("table", main)
