"""A recurrence of your own: named in two places, it works in every stage."""

import json

import pytest

from counting.base import params
from counting.base.errors import InputError
from counting.base.recurrences import OWN
from counting.engine.weights import Weights
from tests.conftest import Project
from tests.variants import model

MGU = '''"""A minimal gated unit (Zhou et al. 2016): one gate forgets and lets in."""

import torch
from torch import Tensor, nn


class MGU(nn.Module):
    """f = sigmoid(W_f (x, h)), n = tanh(W_n (x, f h)), h = (1 - f) h + f n.

    Args:
        hidden_size: H, of the embedded tokens too.
    """

    def __init__(self, hidden_size: int) -> None:
        super().__init__()
        self.forget = nn.Linear(2 * hidden_size, hidden_size)
        self.new = nn.Linear(2 * hidden_size, hidden_size)

    def forward(
        self, embedded: Tensor, h: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Run over embedded tokens (B, T, H); gives the states, and the last one."""
        if h is None:
            h = torch.zeros_like(embedded[:, 0])  # (B, H)
        states = []
        for x in embedded.unbind(1):
            f = torch.sigmoid(self.forget(torch.cat([x, h], -1)))
            n = torch.tanh(self.new(torch.cat([x, f * h], -1)))
            h = (1 - f) * h + f * n
            states.append(h)
        return torch.stack(states, 1), h
'''


# runs one command line after the other in one process, with the code of its folder
RUN = """
import json, runpy, sys
for _, _, module, *flags in json.loads(sys.argv[1]):
    sys.argv = [module, *flags]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        assert not end.code, module
"""


def test_it_is_trained_judged_shown_talked_to_and_exported(finished: Project) -> None:
    finished.path("counting/networks/mgu.py").write_text(MGU)
    table = finished.path("counting/base/recurrences.py")
    text = table.read_text()
    assert "= {}" in text
    entry = '{"mgu": "counting.networks.mgu:MGU"}'
    table.write_text(text.replace("= {}", f"= {entry}", 1))
    gru = finished.params["models"]["gru"]
    finished.set("models.mgu", {**gru, "recurrence": "mgu"})
    finished.set("engine", "autograd")
    stages = ("train@mgu", "evaluate@mgu", "plot", "report")
    commands = [finished.command(stage) for stage in stages]
    commands += [
        ["python", "-m", "counting", "5,", "--variant", "mgu"],
        ["python", "-m", "counting.export", "--variant", "mgu", "--out", "taken"],
    ]
    outcome = finished.shell("python", "-c", RUN, json.dumps(commands))
    assert (outcome.code, outcome.err) == (0, "")
    assert "mgu is left out: the page cannot run your own recurrence" in outcome.out
    assert "no model.onnx" in outcome.out
    assert b"layer.forget.weight" in finished.contents("data/models/mgu").popitem()[1]
    alone = finished.shell("python", "taken/modeling_counting.py", "five ,")
    assert (alone.code, alone.err) == (0, "")
    assert len(alone.out.split()) == 40


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("counting.networks.loop:Mgu", "'mgu' is 'counting.networks.loop:Mgu', exp"),
        ("counting.networks.none:MGU", "No module named 'counting.networks.none'"),
    ],
)
def test_an_entry_that_leads_nowhere_is_told_before_training(
    entry: str, said: str, finished: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(OWN, "mgu", entry)
    finished.set("models.gru.recurrence", "mgu")
    finished.set("engine", "autograd")
    outcome = finished.run("train@gru")
    assert outcome.code == 2
    assert said in outcome.err
    assert outcome.err.count("\n") == 1


def test_what_is_not_known_is_never_something_else(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project.path("params.yaml")
    project.set("models.gru.recurrence", "mgu")
    with pytest.raises(InputError, match=r"'mgu' is not known; expected one of loop"):
        params.load(path)
    monkeypatch.setitem(OWN, "mgu", "counting.networks.mgu:MGU")
    with pytest.raises(InputError, match=r"mgu, one of your own.*engine: autograd"):
        params.load(path)
    with pytest.raises(InputError, match="mgu is not compiled"):
        Weights.of(model("mgu"), {})


def test_a_device_that_is_not_there_is_told_before_any_work(finished: Project) -> None:
    finished.set("engine", "autograd")
    finished.set("device", "cuda:9")
    for module in (finished.command("train@gru")[2:], ["counting.running.check"]):
        outcome = finished.call(*module)
        assert outcome.code == 2
        assert "device: cuda:9 is not there" in outcome.err
        assert outcome.err.count("\n") == 1
