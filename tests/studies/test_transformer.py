"""The peer of the studies: read at once or token by token, trained as a row is."""

import torch
import yaml

from studies.transformer import Size, Transformer
from tests.conftest import Project

SIZE = Size(layers=2, heads=2, reach=5)


def test_reading_in_pieces_is_reading_at_once() -> None:
    torch.manual_seed(0)
    layer = Transformer(8, SIZE).double()
    embedded = torch.randn(3, 20, 8, dtype=torch.float64)
    whole, _ = layer(embedded)
    state, parts = None, []
    for piece in embedded.split([1, 7, 1, 2, 9], 1):
        states, state = layer(piece, state)
        parts.append(states)
    torch.testing.assert_close(torch.cat(parts, 1), whole, rtol=0, atol=1e-12)


def test_a_layer_sees_the_last_positions_and_its_own_and_no_other() -> None:
    torch.manual_seed(0)
    layer = Transformer(8, SIZE)
    embedded = torch.randn(1, 20, 8, requires_grad=True)
    states, _ = layer(embedded)
    states[0, 15].sum().backward()
    assert embedded.grad is not None
    seen = embedded.grad[0].abs().sum(-1) > 0
    assert seen.nonzero().flatten().tolist() == list(range(15 - 2 * 4, 16))


def test_where_a_window_begins_does_not_matter() -> None:
    torch.manual_seed(0)
    layer = Transformer(8, SIZE).double()
    tokens = torch.randn(1, 9, 8, dtype=torch.float64)
    later = torch.cat([torch.randn(1, 20, 8, dtype=torch.float64), tokens], 1)
    torch.testing.assert_close(layer(tokens)[0][:, -1], layer(later)[0][:, -1])


def test_a_row_with_a_transformer_is_trained_and_judged(project: Project) -> None:
    study = {
        "title": "Peer",
        "train": [[1, 81]],
        "judge": [[82, 89]],
        "seeds": [0],
        "rows": [{"name": "peer", "variant": "rnn", "transformer": SIZE.model_dump()}],
    }
    project.path("study.yaml").write_text(yaml.safe_dump(study))
    outcome = project.call("studies.__main__", "study.yaml")
    assert outcome.code == 0
    assert "| peer |" in project.path("study.md").read_text()
