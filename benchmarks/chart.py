"""What bench.py measured, as a line, a page and bars."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from benchmarks import machine

PEERS = ("definition", "tuned", "compile", "jax", "article", "products")


def line(row: dict[str, Any]) -> str:
    """A row of the table: median, quartiles and ratio of every contender."""
    cells = (
        f"{who} {ms[1]:8.2f} [{ms[0]:.2f} {ms[2]:.2f}] x{row['ratio'][who]:.2f}"
        for who, ms in row["ms"].items()
    )
    return f"{row['name']:24}" + "  ".join(cells)


def page(rows: list[dict[str, Any]]) -> str:
    """The table as Markdown: our milliseconds, and how many times as long others."""
    peers = [peer for peer in PEERS if any(peer in row["ratio"] for row in rows)]
    lines = [
        "# Our training step and evaluation beside their peers",
        "",
        "How many times as long as ours a peer takes, median over the rounds; ours in "
        "milliseconds, median [quartiles]. Made by `python -m benchmarks.bench`, whose "
        f"help says who the peers are and what could be unfair, on {processor()}.",
        "",
        f"| | ours, ms | {' | '.join(peers)} |",
        f"|---|---|{'---|' * len(peers)}",
    ]
    for row in rows:
        low, median, high = row["ms"]["ours"]
        cells = [f"{row['ratio'][p]:.2f}" if p in row["ratio"] else "" for p in peers]
        ours = f"{median:.2f} [{low:.2f} {high:.2f}]"
        lines.append(f"| {row['name']} | {ours} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n\n![The same as bars](bench.svg)\n"


def processor() -> str:
    """Name the processor, and the vectors that PyTorch uses of it."""
    return f"{machine.processor()} with {torch.backends.cpu.get_cpu_capability()}"


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """Bars of peer / ours, a group a row; above 1 ours is faster."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 0.5 * len(rows) + 1.5))
    drawn = [who for who in PEERS if who != "article"]  # that takes hundreds of times
    for i, who in enumerate(drawn):
        found = [(y, row["ratio"].get(who, 0)) for y, row in enumerate(rows)]
        places = [y + 0.16 * (i - len(drawn) // 2) for y, _ in found]
        axes.barh(places, [ratio for _, ratio in found], 0.16, label=who)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_yticks(range(len(rows)), [row["name"] for row in rows])
    axes.invert_yaxis()
    axes.set_xlabel("time of the peer / time of ours")
    axes.legend()
    figure.savefig(path, bbox_inches="tight", dpi=120)
