"""The peers that bench.py measures our training step and evaluation against."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from counting.base.models import Model, Recipe
from counting.base.types import Array
from counting.evaluation.definition import Definition
from counting.networks import Network

V, H = 30, 64
GATES = {"loop": 1, "rnn": 1, "gru": 3, "lstm": 4}
UNROLLINGS = (1, 7, 70)  # of JAX's scan
Run = Callable[[], Any]


def variant(kind: str, B: int) -> Model:
    """Describe the network of a kind that all contenders have."""
    return Model(
        recurrence=kind,
        activation={"loop": "relu", "rnn": "tanh"}.get(kind),  # type: ignore[arg-type]
        hidden_size=H,
        recipe="any",
        batch_size=B,
        learning_rate=0.001,
    )


def recipe(T: int) -> Recipe:
    """Describe the article's recipe, with windows of T tokens."""
    return Recipe(sampling="rows", epochs=1, bptt=T, optimizer="adam")


class Tuned(nn.Module):
    """The article's model on PyTorch's layers, time first."""

    def __init__(self, kind: str) -> None:
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
    """Give a training step by autograd, with a fused Adam."""
    optimizer = torch.optim.Adam(model.parameters(), 1e-3, fused=True)

    def step() -> None:
        loss = F.cross_entropy(model(x), y.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def best_jax_step(kind: str, x: Tensor, y: Tensor) -> Run:
    """Give JAX's step with the fastest unrolling."""
    runs = [jax_step(kind, x, y, n) for n in UNROLLINGS if n <= x.shape[1]]
    return min(runs, key=seconds)


def seconds(run: Run) -> float:
    """Give the processor time of a run: the best of three after one that compiles."""
    run()
    times = []
    for _ in range(3):
        begin = time.process_time()
        run()
        times.append(time.process_time() - begin)
    return min(times)


def compiled_step(model: nn.Module, x: Tensor, y: Tensor) -> Run | None:
    """Give the tuned step through torch.compile, or None where it does not compile."""
    run = tuned_step(cast(nn.Module, torch.compile(model)), x, y)
    try:
        run()
    except Exception as error:  # of whatever kind: of the tracer, or a C++ compiler
        print(f"bench: torch.compile: {type(error).__name__}")
        return None
    return run


def jax_step(kind: str, x: Tensor, y: Tensor, unroll: int) -> Run:
    """Give the same step in JAX: compiled scan, input table, optax's Adam.

    Args:
        kind: of recurrence.
        x: tokens (B, T).
        y: targets (B, T).
        unroll: steps of the scan in one turn of the compiled loop.
    """
    import jax
    import jax.numpy as jnp
    import optax

    G, sigmoid = GATES[kind], jax.nn.sigmoid
    keys = iter(jax.random.split(jax.random.key(0), 4))

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
        _, h = jax.lax.scan(
            cell, (zero,) * (1 + (kind == "lstm")), table[x.T], unroll=unroll
        )
        h = (h - h.mean((0, 1))) * jax.lax.rsqrt(h.var((0, 1)) + 1e-5)
        logits = (h * p["gamma"] + p["beta"]) @ p["W_o"] + p["b_o"]
        return optax.softmax_cross_entropy_with_integer_labels(logits, y.T).mean()

    adam = optax.adam(1e-3)

    def step(p: Any, state: Any, x: Any, y: Any) -> Any:
        value, gradient = jax.value_and_grad(loss)(p, x, y)
        updates, state = adam.update(gradient, state)
        return optax.apply_updates(p, updates), state, value

    compiled = jax.jit(step)
    carried = (p, adam.init(p))
    tokens, targets = jnp.array(x.numpy()), jnp.array(y.numpy())

    def run() -> None:
        nonlocal carried
        *carried, value = compiled(*carried, tokens, targets)
        value.block_until_ready()

    return run


def three_passes(read: Definition, stream: Array) -> None:
    """Read all prompts, decode greedily, and read all windows, as a batch each."""
    windows = np.lib.stride_tricks.sliding_window_view(stream, 40).astype(np.int64).T
    reading, state = read(windows[:20])
    for _ in range(20):
        reading, state = read(reading.predicted[-1:], None, state)
    windows = np.lib.stride_tricks.sliding_window_view(stream, 71).astype(np.int64).T
    read(windows[:-1], windows[1:])


@torch.inference_mode()
def tuned_passes(peer: Tuned, stream: Tensor) -> None:
    """Do the same without the logits that nobody reads."""
    windows = stream.unfold(0, 40, 1)
    _, hidden = peer.rnn(peer.i_h(windows[:, :20].t()))
    token = windows[:, 19]
    for _ in range(20):
        states, hidden = peer.rnn(peer.i_h(token[None]), hidden)
        token = peer.h_o(peer.bn(states[0])).argmax(-1)
    peer(stream.unfold(0, 71, 1)[:, :70].t()).argmax(-1)


@torch.inference_mode()
def article_ms(network: Network, n: int, sample: int = 8) -> float:
    """Estimate the article's loop over n windows, with growing prefixes, in ms."""
    window = torch.randint(V, (1, 71))
    begin = time.process_time()
    for _ in range(sample):
        prefix = window[:, :20]
        for _ in range(20):
            log_p, _ = network(prefix)
            prefix = torch.cat([prefix, log_p[:, -1:].argmax(-1)], 1)
        network(window[:, :70])[0].argmax(-1)
    return (time.process_time() - begin) * 1000 / sample * (n - 39)
