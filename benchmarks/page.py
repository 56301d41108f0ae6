"""What bench.py measured, as a line and as a page."""

from __future__ import annotations

from typing import Any

import torch

from counting.running.statement import processor

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
        f"help says who the peers are and what could be unfair, on {processor()} with "
        f"{torch.backends.cpu.get_cpu_capability()}. *Fixed*: PyTorch where its bits "
        "do not depend on the processor either, with deterministic algorithms and the "
        "kernels of AVX2.",
        "",
        f"| | ours, ms | {' | '.join(peers)} |",
        f"|---|---|{'---|' * len(peers)}",
    ]
    for row in rows:
        low, median, high = row["ms"]["ours"]
        cells = [f"{row['ratio'][p]:.2f}" if p in row["ratio"] else "" for p in peers]
        ours = f"{median:.2f} [{low:.2f} {high:.2f}]"
        lines.append(f"| {row['name']} | {ours} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
