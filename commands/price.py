"""What the portable bits cost: training and judging every variant, portable over fast.

Each round runs both, in processes of their own and in turn, on the same short
trainings; the ratio is of processor time, without the start and the imports.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time

from commands import sample
from counting.base import cli, numerics

SHORT = {"epochs": 2, "steps": 60}  # in place of what a recipe says
TOKENS = 50_081


def main() -> None:
    """Run the rounds and print their ratios."""
    parser = cli.Parser("commands.price", __doc__)
    parser.add_argument("--rounds", type=int, default=7, help="of both")
    parser.add_argument("--work", choices=("portable", "fast"), help="do one, and stop")
    args = parser.parse_args()
    if args.work:
        print(json.dumps(work(args.work)))
        return
    ratios = []
    for number in range(args.rounds):
        order = ("portable", "fast") if number % 2 else ("fast", "portable")
        seconds = {mode: timed(mode) for mode in order}
        ratios.append(seconds["portable"] / seconds["fast"])
        print(
            f"price: portable {seconds['portable']:.2f} s, fast {seconds['fast']:.2f} s"
            f", ratio {ratios[-1]:.3f}",
            flush=True,
        )
    print(
        f"price: portable over fast, median of {len(ratios)} rounds: "
        f"{statistics.median(ratios):.3f}"
    )


def timed(mode: str) -> float:
    """Run the work in a process of its own; gives its seconds."""
    command = [sys.executable, "-m", "commands.price", "--work", mode]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout))


def work(mode: numerics.Mode) -> float:
    """Train every variant a little and judge it; gives the seconds that took."""
    numerics.settle(mode)
    import torch

    drawing = torch.Generator().manual_seed(0)
    stream = torch.randint(sample.V, (TOKENS,), generator=drawing)
    list(sample.work(stream[: TOKENS // 9], 100, SHORT))  # compiles what is compiled
    begin = time.process_time()
    list(sample.work(stream, 3000, SHORT))
    return time.process_time() - begin


if __name__ == "__main__":
    cli.run("price", main)
