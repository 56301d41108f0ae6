"""The walk along time of Loop, RNN, GRU and LSTM, and its way back (bptt), by hand.

`walk` is what layers.py makes layers of: autograd chains it to whatever lies around.
bptt.py goes on from the states to the loss without autograd. docs/bptt.md derives the
formulas.

What makes it fast on one core, without a compiler:

- The input side of a token is the same wherever it stands. So it comes as a table, one
  row a token of the vocabulary, and is looked up at T * B places.
- One tanh costs four sigmoids here, so tanh(a) = 2 sigmoid(2a) - 1; a walk carries s,
  with h = scale * s + shift, and the weights take up the scale and the shift.
- Backward, whatever needs no later step (slopes of the gates, gradient of the weights)
  is computed for a chunk of steps at once, small enough for the cache.
- Buffers and the views of their steps are made once: 70 views cost as much as 20
  products.

Sizes: T steps, n of them in a chunk, B batch, H hidden, G gates, R rows of the input
side: V with tokens, T * B without. In formulas ' transposes and * is by element.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.autograd.function import Function, once_differentiable

ROWS = 640  # n * B of a chunk: few enough for the cache, many enough for a product
IDLE = 8  # walks kept for the next pass of their size

Above = Callable[[slice, Tensor], object]  # puts ds of some steps into (m, B, H)

sigmoid_slope = torch.ops.aten.sigmoid_backward.grad_input  # g, s -> g * s * (1 - s)


class Walk:
    """The buffers of one walk over (T, B, H), and the views of their chunks and steps.

    `forward` fills the states s (T + 1, B, H), the start first. `backward` may follow
    it, more than once, and gives the gradients of what `forward` was given.
    """

    gates = 1  # of W
    factors = 1  # gradients a unit and step has: those of the gates, and the GRU's n
    scale, shift = 2.0, -1.0  # h = scale * s + shift

    def __init__(self, T: int, B: int, H: int, dtype: torch.dtype) -> None:
        self.H, n = H, max(1, min(T, ROWS // B))
        self.new = torch.empty(0, dtype=dtype).new_empty
        self.kept: dict[Any, Any] = {}  # what whoever uses the walk keeps with it
        self.chunks = [slice(t, min(t + n, T)) for t in range(0, T, n)]
        self.s = self.new(T + 1, B, H)
        self.before = lefts(self.s[:-1])
        self.ds = self.new(n + 1, B, H)  # of the state before a chunk, and its own
        self.slopes = self.new(self.factors, n, B, H)
        self.d = self.new(n, B, self.factors * H)
        self.d_gates = self.d[..., : self.gates * H]
        self.d_lefts = lefts(self.d_gates)
        self.ds_steps = self.ds.unbind()
        self.add = adder(H)  # of the products on the way along time
        self.add_back = adder(self.gates * H)  # and back
        self.one, self.half, self.quarter = (
            self.new(()).fill_(v) for v in (1, 0.5, 0.25)
        )

    def forward(
        self,
        x: Tensor,
        tokens: Tensor | None,
        W: Tensor,
        b: Tensor | None,
        *h_0: Tensor,
    ) -> None:
        """Walk along time.

        Args:
            x: the input side of the gates: (V, G * H) with tokens, else (T, B, G * H).
            tokens: (T, B) int64, contiguous.
            W: (G * H, H).
            b: (G * H,), for a GRU.
            h_0: the state before the first step, (B, H); an LSTM has c_0 too.
        """
        self.tokens, self.rows = tokens, x.shape[:-1]
        tables, U = self.prepare(x, W, b)
        self.U_back, self.U = right(U), right(U.t())
        self.begin(*h_0)
        for at in self.chunks:
            self.along(at, tables)

    def states(self, at: slice, out: Tensor) -> Tensor:
        """Put h of some steps into out, (m, B, H)."""
        if self.scale == 1:
            return out.copy_(self.s[1:][at])
        return torch.mul(self.s[1:][at], self.scale, out=out).add_(self.shift)

    def end(self) -> list[Tensor]:
        """Give the state after the last step, as `h_0` was."""
        return [self.s[-1] * self.scale + self.shift]

    def backward(
        self, above: Above, dc_T: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor | None, list[Tensor]]:
        """Walk back.

        Args:
            above: gives ds, the gradient that the states get from above.
            dc_T: the gradient of an LSTM's last c.

        Returns:
            The gradients of x, of W, of b and of the state before the first step.
        """
        self.s_rows = self.new(*self.rows, self.factors * self.H).zero_()
        dU = self.new(self.gates * self.H, self.H).zero_()
        above(slice(len(self.s) - 2, len(self.s) - 1), self.ds[:1])
        self.begin_back(dc_T)
        for at in reversed(self.chunks):
            m = at.stop - at.start
            self.ds[m] = self.ds[0]  # of the chunk after this one
            first = min(at.start, 1)  # no gradient from above for the start
            self.ds[: 1 - first] = 0
            above(slice(at.start - first, at.stop - 1), self.ds[1 - first : m])
            self.find_slopes(at, m)
            self.back(at, m)
            self.collect(at, self.d[:m])
            add_product(
                dU,
                self.d_gates[:m].flatten(0, 1).t(),
                self.s[at].flatten(0, 1),
            )
        return *self.unscale(self.s_rows, dU), self.end_back()

    def place(self, x: Tensor, at: slice, out: Tensor) -> None:
        """Put the input sides of a chunk, looked up if there are tokens, into out."""
        if self.tokens is None:
            out.copy_(x[at])
        else:
            tokens = self.tokens[at].view(-1)
            torch.index_select(x, 0, tokens, out=out.view(len(tokens), -1))

    def collect(self, at: slice, d: Tensor) -> None:
        """Add the gradients d (m, B, .) of a chunk to the rows they came from."""
        if self.tokens is None:
            self.s_rows[at] = d
        else:
            self.s_rows.index_add_(0, self.tokens[at].view(-1), d.flatten(0, 1))

    def begin(self, h_0: Tensor) -> None:
        """Put the state before the first step."""
        torch.div(h_0 - self.shift, self.scale, out=self.s[0])

    def begin_back(self, dc_T: Tensor | None) -> None:
        """Start the way back."""

    def end_back(self) -> list[Tensor]:
        """Give the gradients of the state before the first step."""
        return [self.ds[0] / self.scale]

    def prepare(
        self, x: Tensor, W: Tensor, b: Tensor | None
    ) -> tuple[Sequence[Tensor], Tensor]:
        """Give input sides and W of the walk in s."""
        raise NotImplementedError

    def along(self, at: slice, tables: Sequence[Tensor]) -> None:
        """Walk through a chunk."""
        raise NotImplementedError

    def find_slopes(self, at: slice, m: int) -> None:
        """Compute for a chunk what stands beside ds in the gradients of its gates."""
        raise NotImplementedError

    def back(self, at: slice, m: int) -> None:
        """Walk back through a chunk."""
        raise NotImplementedError

    def unscale(
        self, d_rows: Tensor, dU: Tensor
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Turn the gradients of what `prepare` gave into those of what it got."""
        raise NotImplementedError


class LoopWalk(Walk):
    """The walk with relu: h_t = relu(a_t), a_t = x_t + W h_{t-1}.

    Backward:
        da_t = dh_t * [h_t > 0]
        dh_{t-1} += W' da_t;  dx_t = da_t;  dW = sum over t of da_t h_{t-1}'
    """

    scale, shift = 1.0, 0.0
    squash = staticmethod(Tensor.relu_)

    def __init__(self, T: int, B: int, H: int, dtype: torch.dtype) -> None:
        super().__init__(T, B, H, dtype)
        self.steps = steps(self.before, self.s[1:].unbind())
        ds, slopes = self.ds_steps, self.slopes[0].unbind()
        self.back_steps = steps(ds, ds[1:], slopes, self.d.unbind(), self.d_lefts)

    def prepare(
        self, x: Tensor, W: Tensor, b: Tensor | None
    ) -> tuple[Sequence[Tensor], Tensor]:
        """See Walk."""
        return [x], W

    def along(self, at: slice, tables: Sequence[Tensor]) -> None:
        """See Walk."""
        self.place(tables[0], at, self.s[1:][at])
        squash, add, U = self.squash, self.add, self.U
        for before, s in self.steps[at]:
            squash(add(s, before, U))

    def find_slopes(self, at: slice, m: int) -> None:
        """See Walk."""
        torch.sign(self.s[1:][at], out=self.slopes[0, :m])

    def back(self, at: slice, m: int) -> None:
        """See Walk."""
        add, U, mul = self.add_back, self.U_back, torch.mul
        for ds_before, ds, slope, d, d_left in reversed(self.back_steps[:m]):
            mul(ds, slope, out=d)
            add(ds_before, d_left, U)

    def unscale(
        self, d_rows: Tensor, dU: Tensor
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """See Walk."""
        return d_rows, dU, None


class RNNWalk(LoopWalk):
    """The walk with tanh: h_t = tanh(a_t), so s_t = sigmoid(2 a_t), h_t = 2 s_t - 1.

        2 a_t = 2 (x_t - W 1) + 4 W s_{t-1}

    Backward the slope of relu becomes s_t * (1 - s_t), and W' becomes 4 W'.
    """

    scale, shift = 2.0, -1.0
    squash = staticmethod(Tensor.sigmoid_)

    def prepare(
        self, x: Tensor, W: Tensor, b: Tensor | None
    ) -> tuple[Sequence[Tensor], Tensor]:
        """See Walk."""
        return [(x - W.sum(1)).mul_(2)], 4 * W

    def find_slopes(self, at: slice, m: int) -> None:
        """See Walk."""
        s = self.s[1:][at]
        torch.addcmul(s, s, s, value=-1, out=self.slopes[0, :m])

    def unscale(
        self, d_rows: Tensor, dU: Tensor
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """See Walk."""
        dx = d_rows.mul_(2)
        return dx, dU.mul_(4).sub_(sum_rows(dx).unsqueeze(1)), None


class GRUWalk(Walk):
    """The walk of the GRU; x_t holds the input sides of r, z and n with their bias.

        r_t = sigmoid(x_r + W_r h_{t-1} + b_r)
        z_t = sigmoid(x_z + W_z h_{t-1} + b_z)
        q_t = W_n h_{t-1} + b_n
        n_t = tanh(x_n + r_t * q_t)
        h_t = (1 - z_t) * n_t + z_t * h_{t-1}

    Backward, each a slope times dh_t (d of a gate: of what its sigmoid or tanh gets):
        dn_t = dh_t * (1 - z_t) * (1 - n_t^2)
        dq_t = dn_t * r_t
        dr_t = dn_t * q_t * r_t * (1 - r_t)
        dz_t = dh_t * (h_{t-1} - n_t) * z_t * (1 - z_t)
        dh_{t-1} += z_t * dh_t + W' (dr_t, dz_t, dq_t)

    In s the same, with n_t a sigmoid too, so that its slope is n_t * (1 - n_t).
    """

    gates, factors = 3, 4

    def __init__(self, T: int, B: int, H: int, dtype: torch.dtype) -> None:
        super().__init__(T, B, H, dtype)
        self.rzq, self.n = self.new(T, B, 3 * H), self.new(T, B, H)
        rz, (r, z, q) = self.rzq[..., : 2 * H], self.rzq.chunk(3, -1)
        self.r, self.z, self.q, s = r, z, q, self.s.unbind()
        parts = [part.unbind() for part in (self.rzq, rz, r, z, q, self.n)]
        self.steps = steps(self.before, s, *parts, s[1:])
        self.z_steps, ds = z.unbind(), self.ds_steps
        spread = self.ds[1:].unsqueeze(2).unbind()  # (B, 1, H)
        slopes = self.slopes.permute(1, 2, 0, 3).unbind()  # (B, 4, H)
        d = self.d.unflatten(2, (4, H)).unbind()
        self.back_steps = steps(ds, ds[1:], spread, slopes, d, self.d_lefts)
        self.spare = torch.empty_like(self.slopes[0])

    def prepare(
        self, x: Tensor, W: Tensor, b: Tensor | None
    ) -> tuple[Sequence[Tensor], Tensor]:
        """See Walk."""
        assert b is not None
        H, U, b = self.H, 2 * W, b - W.sum(1)
        U[2 * H :] *= 2
        x_rz, x_n = x.split([2 * H, H], -1)
        x_q = (2 * b[2 * H :]).expand_as(x_n)
        return [torch.cat([x_rz + b[: 2 * H], x_q], -1), 2 * x_n], U

    def along(self, at: slice, tables: Sequence[Tensor]) -> None:
        """See Walk."""
        self.place(tables[0], at, self.rzq[at])
        self.place(tables[1], at, self.n[at])
        add, U, lerp = self.add, self.U, torch.lerp
        for before, s_before, rzq, rz, r, z, q, n, s in self.steps[at]:
            add(rzq, before, U)
            rz.sigmoid_()
            n.addcmul_(r, q).sigmoid_()
            lerp(n, s_before, z, out=s)

    def find_slopes(self, at: slice, m: int) -> None:
        """See Walk."""
        r, z, q, n = self.r[at], self.z[at], self.q[at], self.n[at]
        (dr, dz, dq, dn), spare = self.slopes[:, :m], self.spare[:m]
        torch.sub(self.one, z, out=spare)
        sigmoid_slope(spare, n, grad_input=dn)
        torch.mul(dn, r, out=dq)
        torch.mul(dn, q, out=spare)
        sigmoid_slope(spare, r, grad_input=dr)
        torch.sub(self.s[at], n, out=spare)
        sigmoid_slope(spare, z, grad_input=dz)

    def back(self, at: slice, m: int) -> None:
        """See Walk."""
        add, U, mul = self.add_back, self.U_back, torch.mul
        both = zip(self.back_steps[:m], self.z_steps[at], strict=True)
        for (ds_before, ds, spread, slopes, d, d_left), z in reversed(list(both)):
            mul(spread, slopes, out=d)
            add(ds_before.addcmul_(ds, z), d_left, U)

    def unscale(
        self, d_rows: Tensor, dU: Tensor
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """See Walk."""
        H = self.H
        d_rows[..., 2 * H :] *= 2
        db = sum_rows(d_rows)[: 3 * H]
        dU[2 * H :] *= 2
        dx = torch.cat([d_rows[..., : 2 * H], d_rows[..., 3 * H :]], -1)
        return dx, dU.mul_(2).sub_(db.unsqueeze(1)), db


class LSTMWalk(Walk):
    """The walk of the LSTM; x_t holds the input sides of i, f, g, o with both biases.

        i_t, f_t, o_t = sigmoid(x + W h_{t-1}),  g_t = tanh(x_g + W_g h_{t-1})
        c_t = f_t * c_{t-1} + i_t * g_t
        h_t = o_t * m_t,  m_t = tanh(c_t)

    Backward, each a slope times dc_t or dh_t:
        dc_t = dh_t * o_t * (1 - m_t^2) + f_{t+1} * dc_{t+1}
        di_t = dc_t * g_t * i_t * (1 - i_t)
        df_t = dc_t * c_{t-1} * f_t * (1 - f_t)
        dg_t = dc_t * i_t * (1 - g_t^2)
        do_t = dh_t * m_t * o_t * (1 - o_t)
        dh_{t-1} += W' (di_t, df_t, dg_t, do_t)

    The walk holds 2 c, and the halves of g, m and h: each a sigmoid less a half, whose
    slope is 1/4 less its square.
    """

    gates, factors, scale, shift = 4, 4, 2.0, 0.0

    def __init__(self, T: int, B: int, H: int, dtype: torch.dtype) -> None:
        super().__init__(T, B, H, dtype)
        self.all, self.c = self.new(T, B, 4 * H), self.new(T + 1, B, H)
        self.m = self.new(T, B, H)
        self.i, self.f, self.g, self.o = self.all.chunk(4, -1)
        parts = (self.all, self.i, self.f, self.g, self.o, self.m)
        c = self.c.unbind()
        each = [part.unbind() for part in parts]
        self.steps = steps(self.before, c, c[1:], *each, self.s[1:].unbind())
        self.f_steps, self.dc = self.f.unbind(), self.new(B, H)
        self.dc_spread, self.spare = (
            self.dc.unsqueeze(1),
            self.new(*self.slopes[0].shape),
        )
        self.to_c = torch.empty_like(self.spare)
        slopes = self.slopes[:3].permute(1, 2, 0, 3).unbind()  # (B, 3, H)
        d, ds = self.d.unflatten(2, (4, H)), self.ds_steps
        of_o, d_o = self.slopes[3].unbind(), d[:, :, 3].unbind()
        of_c, d_ifg = self.to_c.unbind(), d[:, :, :3].unbind()
        self.back_steps = steps(
            ds, ds[1:], of_c, slopes, d_ifg, of_o, d_o, self.d_lefts
        )

    def doubled(self, a: Tensor) -> Tensor:
        """Double what belongs to g, in place."""
        a[..., 2 * self.H : 3 * self.H] *= 2
        return a

    def prepare(
        self, x: Tensor, W: Tensor, b: Tensor | None
    ) -> tuple[Sequence[Tensor], Tensor]:
        """See Walk."""
        return [self.doubled(x.clone())], self.doubled(2 * W.t()).t().contiguous()

    def begin(self, h_0: Tensor, *c_0: Tensor) -> None:
        """See Walk."""
        torch.mul(h_0, 0.5, out=self.s[0])
        torch.mul(c_0[0], 2, out=self.c[0])

    def end(self) -> list[Tensor]:
        """See Walk."""
        return [2 * self.s[-1], self.c[-1] / 2]

    def along(self, at: slice, tables: Sequence[Tensor]) -> None:
        """See Walk."""
        self.place(tables[0], at, self.all[at])
        add, U, half = self.add, self.U, self.half
        mul, sub, sigmoid = torch.mul, torch.sub, torch.sigmoid
        for before, c_before, c, gates, i, f, g, o, m, s in self.steps[at]:
            add(gates, before, U).sigmoid_()
            sub(g, half, out=g)
            mul(f, c_before, out=c).addcmul_(i, g, value=4)
            sub(sigmoid(c, out=m), half, out=m)
            mul(o, m, out=s)

    def begin_back(self, dc_T: Tensor | None) -> None:
        """See Walk."""
        if dc_T is None:
            self.dc.zero_()
        else:
            torch.mul(dc_T, 0.5, out=self.dc)

    def end_back(self) -> list[Tensor]:
        """See Walk."""
        return [self.ds[0] / 2, self.dc * 2]

    def find_slopes(self, at: slice, m: int) -> None:
        """See Walk."""
        i, f, g, o, tanh_c = (
            part[at] for part in (self.i, self.f, self.g, self.o, self.m)
        )
        (di, df, dg, do), spare = self.slopes[:, :m], self.spare[:m]
        sigmoid_slope(torch.mul(g, 4, out=spare), i, grad_input=di)
        sigmoid_slope(self.c[at], f, grad_input=df)
        torch.addcmul(self.quarter, g, g, value=-1, out=spare)
        torch.mul(spare, i, out=dg).mul_(4)
        sigmoid_slope(tanh_c, o, grad_input=do)
        torch.addcmul(self.quarter, tanh_c, tanh_c, value=-1, out=spare)
        torch.mul(spare, o, out=self.to_c[:m])

    def back(self, at: slice, m: int) -> None:
        """See Walk."""
        add, U, mul = self.add_back, self.U_back, torch.mul
        dc, dc_spread = self.dc, self.dc_spread
        both = zip(self.back_steps[:m], self.f_steps[at], strict=True)
        for step, f in reversed(list(both)):
            ds_before, ds, of_c, slopes, d_ifg, of_o, d_o, d_left = step
            dc.addcmul_(ds, of_c)
            mul(dc_spread, slopes, out=d_ifg)
            mul(ds, of_o, out=d_o)
            add(ds_before, d_left, U)
            dc.mul_(f)

    def unscale(
        self, d_rows: Tensor, dU: Tensor
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """See Walk."""
        return self.doubled(d_rows), self.doubled(dU.mul_(2).t()).t(), None


class Loan:
    """A walk for one pass; it goes back among the idle ones with the last reference."""

    idle: ClassVar[dict[Any, Walk]] = {}

    def __init__(
        self, kind: type[Walk], T: int, B: int, H: int, dtype: torch.dtype
    ) -> None:
        self.key = kind, T, B, H, dtype, ROWS
        walk = self.idle.pop(self.key, None)
        with torch.inference_mode():
            self.walk = kind(T, B, H, dtype) if walk is None else walk

    def __del__(self) -> None:
        self.idle[self.key] = self.walk
        if len(self.idle) > IDLE:
            del self.idle[next(iter(self.idle))]


class Walked(Function):
    """A walk and its way back, as one function of autograd."""

    @staticmethod
    def forward(
        ctx: Any,
        kind: type[Walk],
        x: Tensor,
        tokens: Tensor | None,
        W: Tensor,
        b: Tensor | None,
        *h_0: Tensor,
    ) -> tuple[Tensor, ...]:
        """Give the states (T, B, H), and c_T of an LSTM."""
        T, (B, H) = len(x if tokens is None else tokens), h_0[0].shape
        ctx.loan = Loan(kind, T, B, H, x.dtype)
        ctx.set_materialize_grads(False)
        h = x.new_empty(T, B, H)
        with torch.inference_mode():
            walk = ctx.loan.walk
            walk.forward(x, tokens, W, b, *h_0)
            for at in walk.chunks:
                walk.states(at, h[at])
            _, *more = walk.end()
        return h, *(part.clone() for part in more)

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, dh: Tensor | None, *dc_T: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        """Give the gradients of x, W, b and h_0."""
        walk: Walk = ctx.loan.walk

        def above(at: slice, out: Tensor) -> Tensor:
            if dh is None:
                return out.zero_()
            return torch.mul(dh[at], walk.scale, out=out)

        with torch.inference_mode():
            dx, dW, db, d_start = walk.backward(above, *dc_T)
        dx, dW = dx.clone(), dW.clone()  # out of inference mode
        db = None if db is None else db.clone()
        return None, dx, None, dW, db, *(part.clone() for part in d_start)


def walk(
    kind: type[Walk],
    x: Tensor,
    tokens: Tensor | None,
    W: Tensor,
    b: Tensor | None,
    *h_0: Tensor,
) -> tuple[Tensor, ...]:
    """Give the states (T, B, H) of a walk, and c_T (B, H) of an LSTM; see Walk."""
    tokens = None if tokens is None else tokens.contiguous()
    found: tuple[Tensor, ...] = Walked.apply(kind, x, tokens, W, b, *h_0)  # type: ignore[no-untyped-call]
    return found


def steps(*parts: Iterable[Any]) -> list[tuple[Any, ...]]:
    """Give step by step what is given part by part; the shortest decides how many."""
    return list(zip(*parts, strict=False))


def sum_rows(d: Tensor) -> Tensor:
    """Sum over all but the last dimension."""
    return d.flatten(0, -2).sum(0)


def is_cut(K: int) -> bool:
    """Tell whether a product over K terms must be cut in two.

    Products with 192 < K < 272 are rounded differently by AMD's and Intel's processors,
    even under MKL_CBWR=AVX2,STRICT; two halves are not.
    """
    return 192 < K < 272


def right(b: Tensor) -> Any:
    """Give the right factor of a product, (K, .), or its halves."""
    b = b.contiguous()
    return b.chunk(2) if is_cut(len(b)) else b


def lefts(a: Tensor) -> Sequence[Any]:
    """Give the left factors of every step of a (T, B, K), or their halves."""
    if is_cut(a.shape[-1]):
        return steps(*(half.unbind() for half in a.chunk(2, -1)))
    return a.unbind()


def adder(K: int) -> Callable[[Tensor, Any, Any], Tensor]:
    """Give the function (out, a, b) that adds the product of `lefts` and `right`."""
    return add_halves if is_cut(K) else Tensor.addmm_


def add_halves(
    out: Tensor, a: tuple[Tensor, Tensor], b: tuple[Tensor, Tensor]
) -> Tensor:
    """Add a product to out, half by half."""
    return out.addmm_(a[0], b[0]).addmm_(a[1], b[1])


def add_product(out: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Add the product of a (M, K) and b (K, N) to out."""
    if not is_cut(len(b)):
        return out.addmm_(a, b)
    left, right = a.chunk(2, 1), b.chunk(2)
    return out.addmm_(left[0], right[0]).addmm_(left[1], right[1])
