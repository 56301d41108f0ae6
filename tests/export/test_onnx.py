"""ONNX: one step of a network, compared before it is handed out."""

import pytest
import torch

from counting.base.errors import InputError
from counting.export import onnx_step
from tests import variants
from tests.conftest import Project
from tests.export.test_export import each_network, export, made, needs_onnx


@needs_onnx
@each_network
def test_onnx_says_what_the_definition_says(kind: str, head: str) -> None:
    network = made(kind, head)
    assert onnx_step.compare(onnx_step.export(network), network, steps=50) < 1e-4


@needs_onnx
@pytest.mark.parametrize("head", variants.HEADS)
def test_onnx_of_another_network_is_refused(head: str) -> None:
    network = made("gru", head)
    written = onnx_step.export(network)
    with torch.no_grad():
        network.layer.get_parameter("bias_hh_l0")[-1] += 0.5
    with pytest.raises(InputError, match="is not this network: at step"):
        onnx_step.compare(written, network, steps=50)


@needs_onnx
def test_a_wrong_onnx_file_is_never_written(
    finished: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = variants.network(variants.model("gru"), 40).eval()
    written = onnx_step.export(other)
    monkeypatch.setattr(onnx_step, "export", lambda _: written)
    monkeypatch.setattr(onnx_step, "OneStep", lambda _: Alike(other))
    outcome = export(finished, "--out", "home")
    assert outcome.code == 2
    assert "is not this network" in outcome.err
    assert not finished.path("home").exists()


class Alike(onnx_step.OneStep):
    """A step whose log probabilities differ a little from its network's."""

    def forward(
        self, token: torch.Tensor, *state: torch.Tensor
    ) -> tuple[torch.Tensor, ...]:
        log_p, *after = super().forward(token, *state)
        return log_p + 0.01, *after
