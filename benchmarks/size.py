"""Measures the pipeline on ever more numbers: processor time and memory of each stage.

For each size, the real stages spell it, prepare it, train one variant on it for a
hundred steps and judge that at about 20,000 windows of a stream, each stage as a
process of its own, in a folder of its own. Some sizes are also judged on every window
of train. Processor time is the user's and the system's; memory is the most that was
resident at once, as the system tells it when a process has ended.

Could be unfair: the machine code of the engine is there already, made by a first run
that does not count. Ten million numbers are 2,001 fewer, since the largest that can be
spelled is 9,999,999, and the last 2,000 are valid's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import machine
from counting.base import files, params
from counting.base.errors import InputError
from counting.running import cli

ROOT = Path(__file__).resolve().parents[1]
LARGEST = 9_999_999  # number that params.yaml may name
VARIANT, STEPS = "gru_copy", 100
VALID = 2000  # numbers after those of train
WINDOWS = 20_000  # of train that are judged, about
FLAGS = {
    "spell": "--texts data/texts/numbers --out data/raw",
    "prepare": "--raw data/raw --out data/prepared",
    "train": f"--variant {VARIANT} --prepared data/prepared --out data/{VARIANT} "
    "--curves curves.csv",
    "evaluate": f"--model data/{VARIANT} --prepared data/prepared --metrics m.json "
    "--tables tables",
}
ALL = "evaluate all"  # windows of train, not some
COLUMNS = (*FLAGS, ALL)

Cost = tuple[float, float]  # seconds of processor time, MiB of memory at most
Row = dict[str, Any]


def main() -> None:
    """Measure every size; print a table, write it as JSON and Markdown."""
    parser = cli.Parser("benchmarks.size", __doc__)
    parser.add_argument("--out", type=Path, default=Path("bench"), help="folder")
    parser.add_argument(
        "--sizes", nargs="+", type=int, help="numbers in train",
        default=[10**4, 10**5, 10**6, 3 * 10**6, 10**7],
    )  # fmt: skip
    parser.add_argument(
        "--all",
        nargs="*",
        type=int,
        default=[10**5],
        help="sizes judged on every window",
    )
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = [{"numbers": 0, "tokens": 0} | imports()]
    print(line(rows[0]), flush=True)
    measure(min(args.sizes), args.out, every=False)  # compiles
    for size in args.sizes:
        rows.append(measure(size, args.out, size in args.all))
        print(line(rows[-1]), flush=True)
    files.write_json(args.out / "size.json", rows)
    files.write_text(args.out / "size.md", page(rows))


def imports() -> Row:
    """Measure what the stages take before they do anything: their libraries."""
    return {stage: cost(["-c", f"import stages.{stage}"], ROOT) for stage in FLAGS}


def measure(size: int, out: Path, every: bool) -> Row:
    """Run the stages on 1..size; judge every window of train as well, if wanted."""
    last = min(size, LARGEST - VALID)
    with tempfile.TemporaryDirectory(dir=out) as name:
        folder = Path(name)
        prepared = folder / "data/prepared/train.safetensors"
        row: Row = {"numbers": last}
        for stage in COLUMNS if every else FLAGS:
            tokens = length(prepared) if prepared.is_file() else 0
            stride = 1 if stage == ALL else max(1, tokens // WINDOWS)
            files.write_json(folder / params.PATH, settings(last, stride))
            module = stage.split()[0]
            flags = FLAGS[module].split()
            row[stage] = cost(["-m", f"stages.{module}", *flags], folder)
        return row | {"tokens": tokens}


def length(path: Path) -> int:
    """Give the number of tokens in a stream, without NumPy, which is large."""
    with path.open("rb") as file:  # the length of a header, that header, the tokens
        header = int.from_bytes(file.read(8), "little")
    return (path.stat().st_size - 8 - header) // 2


def settings(last: int, stride: int) -> dict[str, Any]:
    """Give the project's parameters for 1..last, one variant and a short training."""
    content = params.load(ROOT / params.PATH).model_dump()
    model = content["models"][VARIANT]
    recipe = content["recipes"][model["recipe"]] | {"steps": STEPS}
    valid = [last + 1, last + VALID]
    content["spell"] |= {"train": [1, last], "valid": valid, "beyond": {}}
    content["train"]["seeds"] = [0]
    content["evaluate"]["stride"] = {"train": stride, "valid": 1}
    return content | {
        "recipes": {model["recipe"]: recipe},
        "models": {VARIANT: model},
    }


def cost(arguments: list[str], folder: Path) -> Cost:
    """Run Python in a folder, and give what it took.

    The memory of a process begins with that of the one that starts it, which is why
    nothing large is imported here.

    Raises:
        InputError: it failed.
    """
    process = subprocess.Popen(
        [sys.executable, *arguments], cwd=folder, stdout=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise InputError(f"{' '.join(arguments[:2])} failed: see above")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def line(row: Row) -> str:
    """A row of the printed table."""
    cells = (f"{s} {row[s][0]:.2f} s {row[s][1]:.0f} MiB" for s in COLUMNS if s in row)
    return f"{row['numbers']:>10,}  " + "  ".join(cells)


def page(rows: list[Row]) -> str:
    """The table as Markdown."""
    lines = [
        "# The pipeline on ever more numbers",
        "",
        "Seconds of processor time, and the most memory that was resident, of each "
        f"stage: {VARIANT}, one seed, {STEPS} steps, judged at about {WINDOWS:,} "
        "windows of train, or *all* of them, and at every window of valid. The first "
        "row is the libraries alone. Made by `python -m benchmarks.size`, whose help "
        f"says what could be unfair, on {machine.processor()}.",
        "",
        f"| numbers in train | tokens | {' | '.join(COLUMNS)} |",
        f"|---|---|{'---|' * len(COLUMNS)}",
    ]
    for row in rows:
        cells = [
            f"{row[stage][0]:.1f} s, {row[stage][1]:.0f} MiB" if stage in row else ""
            for stage in COLUMNS
        ]
        lines.append(
            f"| {row['numbers']:,} | {row['tokens']:,} | {' | '.join(cells)} |"
        )
    lines += [
        "",
        "Time grows with the numbers where they are spelled and prepared, memory "
        "nowhere beyond 100,000: up to there, training looks for what can be put "
        "elsewhere in a text that is still shorter than what it looks at. What does "
        "grow is kept by judging, ten bytes for each sequence that goes wrong; and "
        "the words of valid are held as a list, eight bytes a token.",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    cli.run("size", main)
