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

from stages.counting import cli, numerics, params

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

    from stages.counting import scoring, training
    from stages.counting.models import CountingModel

    settings, V = params.load(), 30
    drawing = torch.Generator().manual_seed(0)
    stream = torch.randint(V, (TOKENS,), generator=drawing)
    begin = time.process_time()
    for model, recipe in map(settings.variant, settings.models):
        short = {key: n for key, n in SHORT.items() if getattr(recipe, key)}
        recipe = recipe.model_copy(update=short)
        weights, _ = training.train(model, recipe, stream, V, seed=0)
        network = CountingModel(model, V).eval()
        network.load_state_dict(weights)
        scoring.score(network, stream[:3000], window=70, prompt=20, steps=20)
    return time.process_time() - begin


if __name__ == "__main__":
    cli.run("price", main)
