"""An exported network equals the definition, and its card says what it cannot do."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
import torch
import yaml

from counting import networks
from counting.base import files
from counting.base.checkpoint import Config
from counting.export import onnx_step, standalone
from counting.export.command import network_files
from counting.networks import Network
from counting.speaking import prompt
from counting.speaking import variants as speaking
from counting.text.spelling import spell
from tests import variants
from tests.conftest import Outcome, Project

INPUTS = Path(__file__).parents[1] / "speaking/inputs.json"
needs_onnx = pytest.mark.skipif(
    bool(onnx_step.missing()), reason=f"not installed: {onnx_step.missing()}"
)
each_network = pytest.mark.parametrize(
    ("kind", "head"), [(k, h) for k in variants.KINDS for h in variants.HEADS]
)


def made(kind: str, head: str) -> Network:
    return variants.network(variants.model(kind, head)).eval()


def imported(path: Path) -> ModuleType:
    spec = spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def written_nowhere_else() -> Iterator[None]:
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    yield
    sys.dont_write_bytecode = before


@each_network
def test_the_file_alone_equals_the_definition(
    kind: str, head: str, tmp_path: Path
) -> None:
    network = made(kind, head)
    words = [",", *(f"word{number}" for number in range(1, variants.V))]
    config = Config(
        format=2, variant="any", model=variants.model(kind, head), vocabulary=words,
        seeds=[0],
    )  # fmt: skip
    weights = {name: t.numpy() for name, t in network.state_dict().items()}
    contents = network_files(config, 0, weights)
    contents["modeling_counting.py"] = standalone.source()
    files.write({tmp_path / name: content for name, content in contents.items()})

    module = imported(tmp_path / "modeling_counting.py")
    alone = module.load()
    tokens = torch.arange(3 * 17).reshape(3, 17) % variants.V
    with torch.inference_mode():
        (log_p, state), (expected, after) = alone(tokens), network(tokens)
        assert torch.equal(log_p, expected)
        again, _ = alone(tokens, state)
        assert torch.equal(again, network(tokens, after)[0])
    assert type(alone) is not Network
    assert len(module.generate("word1 , word2", steps=7).split()) == 7
    assert module.generate("", steps=3) == module.generate(",", steps=3)
    with pytest.raises(ValueError, match="'fish' in 'fish' is not one of its words"):
        module.generate("fish")


def export(project: Project, *flags: str) -> Outcome:
    return project.call("counting.export.__main__", *flags)


def card(project: Project) -> str:
    """Export rnn without ONNX, and give the card."""
    outcome = export(project, "--variant", "rnn", "--no-onnx", "--out", "home")
    assert outcome.code == 0, outcome.err
    return project.path("home/README.md").read_text()


def test_a_folder_is_written_that_loads_by_itself(finished: Project) -> None:
    outcome = export(finished, "--variant", "rnn", "--seed", "1", "--no-onnx")
    assert outcome.code == 0, outcome.err
    folder = finished.path("export/rnn")
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md", "config.json", "model.safetensors", "modeling_counting.py",
    ]  # fmt: skip
    assert json.loads((folder / "config.json").read_text())["seed"] == 1
    command = [sys.executable, "-I", "-B", "modeling_counting.py", "97, Ninety-Eight,"]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    flags = ("--variant", "rnn", "--seed", "1", "--steps", "40", "--json")
    engine = finished.call("counting.__main__", "97, 98,", *flags)
    words = [json.loads(line)["token"] for line in engine.out.splitlines()]
    assert said.stdout.split() == words[:40]


def test_the_file_alone_reads_what_the_terminal_reads(tmp_path: Path) -> None:
    (tmp_path / "modeling_counting.py").write_text(standalone.source())
    module = imported(tmp_path / "modeling_counting.py")
    cases = json.loads(INPUTS.read_text("utf-8"))
    words = cases["vocabulary"].split()
    for typed in ("9,097, 12,", "1, 2, 3,", "Ninety-Nine,", "one hundred and two,"):
        expected = prompt.read(typed, words, "en").words
        assert module.read(typed, words) == expected
    for number in (*range(1, 1200), 16_000, 20_021, 999_999):
        assert " ".join(module.spell(number)) == spell(number, "en")
    for typed in ("0,", "-5,", "1.5,", "1000000,"):
        with pytest.raises(ValueError, match="is not one of its words"):
            module.read(typed, words)


@pytest.mark.skipif(
    not find_spec("huggingface_hub"), reason="not installed: huggingface_hub"
)
def test_the_hubs_own_class_loads_the_folder(finished: Project) -> None:
    card(finished)
    module = imported(finished.path("home/modeling_counting.py"))
    assert module.PyTorchModelHubMixin.__module__.startswith("huggingface_hub")
    loaded = module.CountingNetwork.from_pretrained(finished.path("home")).eval()
    network = networks.load(finished.path("data/models/rnn"), 0)
    tokens = torch.arange(20)[None] % len(loaded.vocabulary)
    with torch.inference_mode():
        assert torch.equal(loaded(tokens)[0], network(tokens)[0])


def test_the_card_says_what_was_stored_beside_the_weights(finished: Project) -> None:
    finished.set("spell.train", [1, 30])  # which nothing was trained on
    finished.set("spell.language", "fr")
    text = card(finished)
    found = json.loads(finished.path("reports/metrics/rnn.json").read_text())
    assert "taught the numbers 1 to 110 in words" in text
    assert f"| valid | {found['valid']['sequence_accuracy']:.4f} (" in text
    assert re.search(r"this seed counts on for \S+ numbers without an error", text)
    assert text.index("## Limits") < text.index("## How good")
    assert "optimizer: adam" in text
    assert "onnxruntime" not in text
    front = yaml.safe_load(text.split("---\n")[1])
    (result,) = front["model-index"][0]["results"]
    assert result["metrics"][0]["value"] == found["valid"]["sequence_accuracy"]
    assert (front["language"], front["license"]) == ("en", "mit")


def test_the_card_of_a_text_of_ones_own_without_metrics_and_parameters(
    finished: Project,
) -> None:
    path = finished.path("data/models/rnn/config.json")
    content = json.loads(path.read_text())
    content["trained_on"]["texts"] = "poems"
    files.write_json(path, content)
    finished.path("reports/metrics/rnn.json").unlink()
    finished.path("params.yaml").unlink()
    text = card(finished)
    assert "taught the text `poems`" in text
    assert "taught the numbers" not in text
    assert "language:" not in text
    assert "There were no metrics" in text


def test_the_card_of_another_language_gives_its_words(
    finished: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert 'generate("108, 109, 110,"' in card(finished)
    monkeypatch.setattr(speaking, "language", lambda _: "es")
    shutil.rmtree(finished.path("home"))
    assert 'generate("one hundred eight , one' in card(finished)


def test_without_the_packages_all_but_onnx_is_written(
    finished: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_step, "NEEDED", ("onnx_that_nobody_has",))
    outcome = export(finished, "--out", "home")
    assert outcome.code == 0, outcome.err
    assert "pip install onnx_that_nobody_has" in outcome.out
    assert not finished.path("home/model.onnx").exists()
    assert finished.path("home/model.safetensors").exists()


BAD: dict[tuple[str, ...], str] = {
    ("--variant", "nobody"): "'nobody' is not a variant in data/models",
    ("--seed", "7"): "seed 7 was not trained, expected one of 0, 1",
    ("--out", "data"): "expected a new or empty folder",
    ("--out", "params.yaml"): "is a file, expected a new or empty folder",
}


@pytest.mark.parametrize("flags", BAD, ids=" ".join)
def test_bad_input_gets_one_line_and_writes_nothing(
    finished: Project, flags: tuple[str, ...]
) -> None:
    before = finished.contents()
    outcome = export(finished, *flags)
    assert (outcome.code, outcome.out) == (2, "")
    (line,) = outcome.err.splitlines()
    assert BAD[flags] in line
    assert finished.contents() == before


@needs_onnx
def test_the_snippets_of_the_card_run_and_agree(finished: Project) -> None:
    outcome = export(finished, "--out", "home")
    assert outcome.code == 0, outcome.err
    text = finished.path("home/README.md").read_text()
    said = []
    for snippet in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        command = [sys.executable, "-B", "-c", snippet]
        done = subprocess.run(
            command, cwd=finished.path("home"), capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        said.append(done.stdout.split())
    alone, onnx = said
    (promised,) = re.findall(r"print\(generate\(.*  # (.*)", text)
    assert onnx == alone == promised.split()
