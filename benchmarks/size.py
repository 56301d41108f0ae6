"""Measure the pipeline on ever more numbers: processor time and memory of each stage.

For each size, the commands of dvc.lock spell so many numbers, prepare them, train one
variant for a hundred steps and judge it on about 20,000 windows, each command in its
own process. Processor time is the user's and the system's; memory is the most that was
resident at once.

Could be unfair: a first run, which is not measured, has compiled the engine. Ten
million numbers are 2,001 fewer, since the largest that can be spelled is 9,999,999, and
the last 2,000 are those of valid.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import processors
from counting.base import files, params
from counting.base.errors import InputError
from counting.running import cli
from counting.running.statement import processor

LARGEST = 9_999_999  # number that params.yaml may name
VARIANT, STEPS = "gru_copy", 100
VALID = 2000  # numbers after those of train
NUMBERS = 2000  # of train at which windows that are judged begin, about

Cost = tuple[float, float]  # seconds of processor time, MiB of memory at most


def main() -> None:
    """Measure every size; print a table, and write it as Markdown."""
    parser = cli.Parser("benchmarks.size", __doc__)
    parser.add_argument("--out", type=Path, default=Path("bench"), help="folder")
    parser.add_argument(
        "--sizes", nargs="+", type=cli.whole(1), help="numbers in train",
        default=[10**4, 10**5, 10**6, 3 * 10**6, 10**7],
    )  # fmt: skip
    args = parser.parse_args()
    commands = {
        name.partition("@")[0]: stage["cmd"]
        for name, stage in processors.locked([VARIANT]).items()
    }
    measure(min(args.sizes), commands)  # compiles
    lines = [
        "# The pipeline on ever more numbers",
        "",
        "Seconds of processor time, and the most memory that was resident, of each "
        f"stage: {VARIANT}, one seed, {STEPS} steps. Made by `python -m "
        "benchmarks.size`, whose help says what is judged and what could be unfair, "
        f"on {processor()}.",
        "",
        f"| numbers in train | {' | '.join(commands)} |",
        f"|---|{'---|' * len(commands)}",
    ]
    for size in args.sizes:
        cells = [f"{s:.1f} s, {mib:.0f} MiB" for s, mib in measure(size, commands)]
        lines.append(f"| {size:,} | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    files.write_text(args.out / "size.md", "\n".join(lines) + "\n")


def measure(size: int, commands: dict[str, str]) -> list[Cost]:
    """Run the stages on 1..size in a folder of their own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files.write_json(folder / params.PATH, settings(size))
        return [cost(command, folder) for command in commands.values()]


def settings(size: int) -> dict[str, Any]:
    """Give the project's parameters for 1..size, one seed and a short training."""
    content, last = params.load().model_dump(), min(size, LARGEST - VALID)
    valid = [last + 1, last + VALID]
    content["spell"] |= {"train": [1, last], "valid": valid, "beyond": {}}
    content["train"]["seeds"] = [0]
    content["evaluate"]["stride"] = {"train": max(1, last // NUMBERS), "valid": 1}
    content["recipes"][content["models"][VARIANT]["recipe"]]["steps"] = STEPS
    return content


def cost(command: str, folder: Path) -> Cost:
    """Run a command in a folder, and give its cost.

    A process inherits the memory of the one that starts it, so nothing large is
    imported here.

    Raises:
        InputError: it failed.
    """
    process = subprocess.Popen(
        command.split(), cwd=folder, stdout=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": str(processors.ROOT)},
    )  # fmt: skip
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise InputError(f"{command} failed: see above")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


if __name__ == "__main__":
    cli.run("size", main)
