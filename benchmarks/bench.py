"""Measures our training step and evaluation against their peers, in one run.

Every row runs its contenders in turn, round after round, so that what else happens on
the machine meets them alike; it gives the median of each and its quartiles, and the
median over the rounds of peer / ours. Beside them stands the time of the products
alone, by PyTorch; ours are our own (`matmul_add`), and can be faster.

Could be unfair:
- definition: `counting.networks` under autograd, with PyTorch's layers and Adam as they
  come; for the loop, which is written step by step, it is what a learner writes.
- tuned: the same made as fast as it goes without other layers: time first, fused Adam,
  and in evaluation no logits where nobody reads them.
- jax: has the same input table and one thread; its compilation, 2-6 s, is not counted,
  and neither is ours.
- ours: tells the accuracy of a step, and the loss of an evaluation; tuned does not.
- PyTorch may use all vectors that the processor offers, in one thread.
- article: measured on a few windows and scaled up, so its spread is not shown.
- products: run with their operands in the cache.
- Times are processor time of this process, which other work on the machine slows too.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

os.environ["XLA_FLAGS"] = (
    "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)
from benchmarks import machine
from counting.base import params
from counting.base.errors import InputError
from counting.base.types import Array
from counting.engine.forward import Inference
from counting.engine.weights import Weights
from counting.evaluation import scores
from counting.running import cli
from counting.text.spelling import spell
from counting.text.vocabulary import Vocabulary
from counting.training import batches
from counting.training.autograd import AutogradStep
from counting.training.steps import Batch, CompiledStep

for name in ("ATEN_CPU_CAPABILITY", "MKL_CBWR", "ONEDNN_MAX_CPU_ISA"):
    del os.environ[name]  # PyTorch may use all that the processor offers

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from counting.evaluation.definition import Definition
from counting.networks import Network

V, H = 30, 64
PEERS = ("definition", "tuned", "jax", "article", "products")
GATES = {"loop": 1, "rnn": 1, "gru": 3, "lstm": 4}
Run = Callable[[], Any]


def main() -> None:
    """Run the measurements; print a table, write it as JSON, Markdown and SVG."""
    parser = cli.Parser("benchmarks.bench", __doc__)
    parser.add_argument("--out", type=Path, default=Path("bench"), help="folder")
    parser.add_argument("--rounds", type=int, default=9, help="of every row")
    parser.add_argument(
        "--kinds", nargs="+", default=list(GATES), choices=list(GATES), help="of layers"
    )
    parser.add_argument("--batch", nargs="+", type=int, default=[16, 64], help="sizes")
    parser.add_argument("--bptt", nargs="+", type=int, default=[40, 70], help="tokens")
    parser.add_argument("--hidden", type=int, default=H, help="units")
    args = parser.parse_args()
    if args.rounds < 3:
        raise InputError(f"--rounds: {args.rounds} given, expected 3 or more")
    rows = []
    for kind in args.kinds:
        for B in args.batch:
            for T in args.bptt:
                runs = training_steps(variant(kind, B, args.hidden), T)
                size = f" H={args.hidden}" if args.hidden != H else ""
                rows.append(
                    measure(f"step {kind} B={B} T={T}{size}", runs, args.rounds)
                )
                print(line(rows[-1]), flush=True)
    if args.hidden == H:
        rows.append(evaluation(max(3, args.rounds // 3)))
        print(line(rows[-1]))
    args.out.mkdir(parents=True, exist_ok=True)
    for name, text in (("bench.json", json.dumps(rows, indent=2) + "\n"),
                       ("bench.md", page(rows))):  # fmt: skip
        (args.out / name).write_text(text, encoding="utf-8")
    draw(rows, args.out / "bench.svg")


def variant(kind: str, B: int, hidden_size: int = H) -> params.Model:
    """Describe a network of a kind."""
    return params.Model(
        recurrence=kind,  # type: ignore[arg-type]
        activation={"loop": "relu", "rnn": "tanh"}.get(kind),  # type: ignore[arg-type]
        hidden_size=hidden_size,
        recipe="any",
        batch_size=B,
        learning_rate=0.001,
    )


def recipe(T: int) -> params.Recipe:
    """Describe the article's recipe, with windows of T tokens."""
    return params.Recipe(sampling="rows", epochs=1, bptt=T, optimizer="adam")


def streams() -> list[Array]:
    """Give the tokens to train and to evaluate on, as the pipeline has them."""
    settings = params.load().spell
    texts = [
        [spell(i, settings.language).split() for i in range(first, last + 1)]
        for first, last in (settings.train, settings.valid)
    ]
    vocabulary = Vocabulary.of(texts[0])
    return [vocabulary.encode(text, Path("numbers")) for text in texts]


def measure(
    name: str, runs: dict[str, Run], rounds: int, repeat: int = 3
) -> dict[str, Any]:
    """Quartiles of milliseconds a run, and median peer / ours over the rounds."""
    for run in runs.values():
        run()
    times: dict[str, list[float]] = {who: [] for who in runs}
    for _ in range(rounds):
        for who, run in runs.items():
            begin = time.process_time()
            for _ in range(repeat):
                run()
            times[who].append((time.process_time() - begin) * 1000 / repeat)
    ratios = {
        who: statistics.median(t / o for t, o in zip(ts, times["ours"], strict=True))
        for who, ts in times.items()
    }
    quartiles = {who: statistics.quantiles(ts, n=4) for who, ts in times.items()}
    return {"name": name, "ms": quartiles, "ratio": ratios}


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


def training_steps(model: params.Model, T: int) -> dict[str, Run]:
    """One training step of every contender, on the same random tokens."""
    B, kind = model.batch_size, model.recurrence
    tokens, targets = np.random.default_rng(0).integers(V, size=(2, T, B))
    batch = Batch(tokens, targets, None)
    x, y = torch.from_numpy(tokens), torch.from_numpy(targets)
    ours, definition = (
        step(model, recipe(T), V, seed=0) for step in (CompiledStep, AutogradStep)
    )
    runs: dict[str, Run] = {
        "ours": lambda: ours(batch, 1e-3),
        "definition": lambda: definition(batch, 1e-3),
    }
    if kind != "loop":
        runs["tuned"] = tuned_step(Tuned(kind, model.hidden_size), x, y)
    with contextlib.suppress(ImportError):
        runs["jax"] = jax_step(kind, x.T, y.T, model.hidden_size)
    return runs | {"products": step_products(kind, B, T, model.hidden_size)}


class Tuned(nn.Module):
    """The article's model on PyTorch's layers, time first."""

    def __init__(self, kind: str, H: int) -> None:
        super().__init__()
        layer = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[kind]
        self.i_h, self.rnn = nn.Embedding(V, H), layer(H, H)
        self.bn, self.h_o = nn.BatchNorm1d(H), nn.Linear(H, V)

    def forward(self, x: Tensor) -> Tensor:
        """Give logits (T * B, V) of tokens (T, B)."""
        states, _ = self.rnn(self.i_h(x))
        logits: Tensor = self.h_o(self.bn(states.flatten(0, 1)))
        return logits


def tuned_step(model: nn.Module, x: Tensor, y: Tensor) -> Run:
    """A training step by autograd, with a fused Adam."""
    optimizer = torch.optim.Adam(model.parameters(), 1e-3, fused=True)

    def step() -> None:
        loss = F.cross_entropy(model(x), y.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def jax_step(kind: str, x: Tensor, y: Tensor, H: int) -> Run:
    """The same step in JAX: compiled scan, input table, optax's Adam."""
    import jax
    import jax.numpy as jnp
    import optax

    G, sigmoid, keys = (
        GATES[kind],
        jax.nn.sigmoid,
        iter(jax.random.split(jax.random.key(0), 4)),
    )

    def normal(*shape: int, scale: float = 0.1) -> Any:
        return jax.random.normal(next(keys), shape) * scale

    p = {
        "E": normal(V, H, scale=1), "W_ih": normal(H, G * H), "W_hh": normal(H, G * H),
        "b_ih": jnp.zeros(G * H), "b_hh": jnp.zeros(G * H), "W_o": normal(H, V),
        "b_o": jnp.zeros(V), "gamma": jnp.ones(H), "beta": jnp.zeros(H),
    }  # fmt: skip

    def loss(p: Any, x: Any, y: Any) -> Any:
        table = p["E"] @ p["W_hh" if kind == "loop" else "W_ih"] + p["b_ih"]

        def cell(state: Any, i: Any) -> Any:
            h = state[0]
            a = h @ p["W_hh"] + (0 if kind == "loop" else p["b_hh"])
            if kind == "gru":
                (ir, iz, i_n), (hr, hz, hn) = jnp.split(i, 3, -1), jnp.split(a, 3, -1)
                z = sigmoid(iz + hz)
                state = ((1 - z) * jnp.tanh(i_n + sigmoid(ir + hr) * hn) + z * h,)
            elif kind == "lstm":
                i_, f, g, o = jnp.split(i + a, 4, -1)
                c = sigmoid(f) * state[1] + sigmoid(i_) * jnp.tanh(g)
                state = (sigmoid(o) * jnp.tanh(c), c)
            else:
                state = (jax.nn.relu(i + a) if kind == "loop" else jnp.tanh(i + a),)
            return state, state[0]

        zero = jnp.zeros((len(x), H))
        _, h = jax.lax.scan(cell, (zero,) * (1 + (kind == "lstm")), table[x.T])
        h = (h - h.mean((0, 1))) * jax.lax.rsqrt(h.var((0, 1)) + 1e-5)
        logits = (h * p["gamma"] + p["beta"]) @ p["W_o"] + p["b_o"]
        return optax.softmax_cross_entropy_with_integer_labels(logits, y.T).mean()

    adam = optax.adam(1e-3)

    def step(p: Any, state: Any, x: Any, y: Any) -> Any:
        value, gradient = jax.value_and_grad(loss)(p, x, y)
        updates, state = adam.update(gradient, state)
        return optax.apply_updates(p, updates), state, value

    compiled = jax.jit(step)
    carried, tokens, targets = (
        (p, adam.init(p)),
        jnp.array(x.numpy()),
        jnp.array(y.numpy()),
    )

    def run() -> None:
        nonlocal carried
        *carried, value = compiled(*carried, tokens, targets)
        value.block_until_ready()

    return run


def step_products(kind: str, B: int, T: int, H: int) -> Run:
    """Give the matrix products of a step: of gates, gradients, weights and logits."""
    G = GATES[kind] * H
    h, W, gates, N = torch.rand(B, H), torch.rand(H, G), torch.rand(B, G), B * T
    states, d_gates, logits, W_o = (
        torch.rand(*shape) for shape in ((N, H), (N, G), (N, 32), (H, 32))
    )
    dh, dW = torch.empty(B, H), torch.empty(G, H)

    @torch.inference_mode()
    def run() -> None:
        for _ in range(T):
            torch.mm(h, W, out=gates)
            torch.mm(gates, W.t(), out=dh)
        torch.mm(d_gates.t(), states, out=dW)
        torch.mm(states, W_o)
        torch.mm(logits, W_o.t())
        torch.mm(logits.t(), states)

    return run


def evaluation(rounds: int) -> dict[str, Any]:
    """Everything `score` measures of a GRU, and what measures the accuracies alone."""
    train, stream = streams()
    model = variant("gru", 64)
    step, rows = (
        CompiledStep(model, recipe(70), V, seed=0),
        batches.windows_of(train, 70),
    )
    for start in np.random.default_rng(0).integers(len(rows), size=(100, 64)):
        some = rows[start].T.astype(np.int64)
        step(Batch(some[:-1], some[1:], None), 3e-3)
    network = Network(model, V).eval()
    tensors = {name: torch.from_numpy(w) for name, w in step.weights().items()}
    network.load_state_dict(tensors)
    tuned = Tuned("gru", H).eval()
    tuned.load_state_dict({k.replace("layer.", "rnn."): v for k, v in tensors.items()})
    sizes = {"window": 70, "prompt": 20, "steps": 20}
    inference = Inference(Weights.of(model, step.weights()))
    long = torch.from_numpy(stream).long()
    row = measure(
        "evaluate gru",
        {
            "ours": lambda: scores.score(inference, stream, **sizes),
            "definition": lambda: three_passes(Definition(network), stream),
            "tuned": lambda: tuned_passes(tuned, long),
            "products": evaluation_products(len(stream)),
        },
        rounds,
        repeat=1,
    )
    article, ours = article_ms(network, len(stream)), row["ms"]["ours"][1]
    row["ms"]["article"], row["ratio"]["article"] = [article] * 3, article / ours
    return row


def three_passes(read: Definition, stream: Array) -> None:
    """Prompts, greedy decoding and windows, all of them in one batch each."""
    windows = np.lib.stride_tricks.sliding_window_view(stream, 40).astype(np.int64).T
    reading, state = read(windows[:20])
    for _ in range(20):
        reading, state = read(reading.predicted[-1:], None, state)
    windows = np.lib.stride_tricks.sliding_window_view(stream, 71).astype(np.int64).T
    read(windows[:-1], windows[1:])


@torch.inference_mode()
def tuned_passes(peer: Tuned, stream: Tensor) -> None:
    """The same, without the logits that nobody reads."""
    windows = stream.unfold(0, 40, 1)
    _, hidden = peer.rnn(peer.i_h(windows[:, :20].t()))
    token = windows[:, 19]
    for _ in range(20):
        states, hidden = peer.rnn(peer.i_h(token[None]), hidden)
        token = peer.h_o(peer.bn(states[0])).argmax(-1)
    peer(stream.unfold(0, 71, 1)[:, :70].t()).argmax(-1)


def evaluation_products(n: int, C: int = 256) -> Run:
    """Give the matrix products of one pass over every window."""
    G = 3 * H
    h, W, W_o = torch.rand(C, H), torch.rand(H, G), torch.rand(H, 32)
    gates, logits = torch.empty(C, G), torch.empty(C, 32)

    @torch.inference_mode()
    def run() -> None:
        for first in range(0, n - 70, C):
            m = min(C, n - 70 - first)
            for _ in range(70):
                torch.mm(h[:m], W, out=gates[:m])
                torch.mm(h[:m], W_o, out=logits[:m])

    return run


@torch.inference_mode()
def article_ms(network: Network, n: int, sample: int = 8) -> float:
    """The article's loop over every window, growing prefix and all, from a sample."""
    window = torch.randint(V, (1, 71))
    begin = time.process_time()
    for _ in range(sample):
        prefix = window[:, :20]
        for _ in range(20):
            log_p, _ = network(prefix)
            prefix = torch.cat([prefix, log_p[:, -1:].argmax(-1)], 1)
        network(window[:, :70])[0].argmax(-1)
    return (time.process_time() - begin) * 1000 / sample * (n - 39)


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


if __name__ == "__main__":
    cli.run("bench", main)
