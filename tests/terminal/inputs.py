"""The terminal's answers to all inputs of the list, as a table in Markdown.

python -m tests.terminal.inputs
"""

import io
import json
import os
from contextlib import redirect_stdout
from pathlib import Path

from counting.base.errors import InputError
from counting.terminal.talk import Options, Talk
from counting.terminal.view import View

INPUTS = Path(__file__).parents[1] / "speaking" / "inputs.json"
COLUMNS = (40, 80, 120)


def answer(text: str, columns: int) -> list[str]:
    """Give the lines that the terminal shows after a text."""
    os.environ["COLUMNS"] = str(columns)
    with redirect_stdout(io.StringIO()) as out:
        try:
            Talk(Options(), text, View()).go_on()
        except InputError as error:
            return [f"refused: {error}"]
    return out.getvalue().splitlines()


def main() -> None:
    """Print a row for each input: what was said of it, and whether it fits."""
    print(f"| input | verdict | widest line at {COLUMNS} columns |\n|---|---|---|")
    for case in json.loads(INPUTS.read_text("utf-8"))["inputs"]:
        shown = {columns: answer(case["input"], columns) for columns in COLUMNS}
        remarks = "; ".join(case.get("remarks", ()))
        verdict = f"{remarks} / {shown[120][-1]}".removeprefix(" / ")
        if shown[120][0].startswith("refused"):
            verdict, widths = shown[120][0], "one line"
        else:
            widest = [max(map(len, lines)) for lines in shown.values()]
            fits = all(w <= c for w, c in zip(widest, COLUMNS, strict=True))
            widths = f"{widest} {'fit' if fits else 'TOO WIDE'}"
        print(f"| `{ascii(case['input'])[1:-1]}` | {verdict} | {widths} |")


if __name__ == "__main__":
    main()
