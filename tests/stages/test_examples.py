"""Every example of the pages and of --help runs as it stands, and shows what it says.

The networks are not trained: they know all words of the examples, and are made at once.
"""

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

import counting.networks
from counting.base import checkpoint
from counting.networks import initial
from counting.running import cluster, origin
from counting.terminal.command import EXAMPLES
from tests.conftest import Project
from tests.speaking.test_prompt import KNOWN
from tests.stages.test_docs import PAGES, ROOT, commands
from tests.variants import COPY, model

README = (ROOT / "README.md").read_text(encoding="utf-8")
CALLS = [line for page in PAGES for line in commands(page)] + [
    line.partition("    (")[0].strip() for line in EXAMPLES.splitlines()[1:]
]
# without a prompt it is a session, which tests/terminal holds
TALKS = sorted({c.strip() for c in CALLS if re.search(r"-m counting +\S", c)})
EXPORTS = sorted({call for call in CALLS if call.startswith("make export")})
LOADS = re.findall(r"`(counting\.networks\.load\(.*?\))`", README)
SHOWS = sorted({call for call in CALLS if re.match("dvc (metrics|plots) ", call)})


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A folder with new networks, of every variant that an example names."""
    root = tmp_path_factory.mktemp("fresh")
    text = " ".join([*TALKS, *EXPORTS, *LOADS])
    for name in sorted(set(re.findall(r"\b(?:loop|rnn|gru|lstm)\w*", text))):
        kind = name.partition("_")[0].replace("rnn", "rnn tanh")
        config = model(kind, copy_head=COPY if "copy" in name else None)
        content = checkpoint.Config(
            format=checkpoint.FORMAT, variant=name, model=config, vocabulary=KNOWN,
            seeds=[0, 1],
        )  # fmt: skip
        weights = {s: initial.weights(config, len(KNOWN), s) for s in content.seeds}
        folder = root / "data/models" / name
        folder.mkdir(parents=True)
        for path, bytes_ in checkpoint.contents(folder, content, weights).items():
            path.write_bytes(bytes_.encode() if isinstance(bytes_, str) else bytes_)
    lines = ["eight thousand one", "eight thousand two", "eight thousand three"]
    (root / "data/raw").mkdir()
    (root / "data/raw/valid.txt").write_text("\n".join(lines) + "\n")
    return Project(root)


@pytest.mark.parametrize("command", TALKS)
def test_what_an_example_asks_for_is_shown(
    command: str, fresh: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    if "|" in command:
        outcome = fresh.shell("bash", "-c", command, PYTHONPATH=str(ROOT))
    else:
        outcome = fresh.call("counting.__main__", *shlex.split(command)[3:])
    assert outcome.code == 0, outcome.err
    for number in re.findall(r"\b\d{3,}(?=,)", command):
        assert f"{int(number):,}" in outcome.out, "what it reads is shown"
    words = shlex.split(command)
    if "--until-wrong" in words:
        assert len(re.findall(r"\[\S+\]", outcome.out)) == 1
        assert "then an error in" in outcome.out
    if "--top" in words:
        count = int(words[words.index("--top") + 1])
        assert len(re.findall(r" 0\.\d{4}", outcome.out.splitlines()[-2])) == count
    if "--compare" in words:
        for name in words[words.index("--compare") + 1 :]:
            assert name in outcome.out
    if "--json" in words:
        assert all(json.loads(line)["token"] for line in outcome.out.splitlines())


@pytest.mark.parametrize("command", EXPORTS)
def test_an_export_writes_what_the_readme_lists(command: str, fresh: Project) -> None:
    dry = subprocess.run(
        ["make", "-n", *command.split()[1:]], cwd=ROOT, check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    *_, line = [line for line in dry.stdout.splitlines() if "counting.export" in line]
    outcome = fresh.call("counting.export.command", *shlex.split(line)[3:], "--no-onnx")
    assert outcome.code == 0, outcome.err
    made = {path.name for path in fresh.path("export").glob("*/*")}
    assert {"model.safetensors", "modeling_counting.py", "README.md"} <= made


@pytest.mark.parametrize("code", LOADS)
def test_a_network_is_loaded_as_the_readme_says(
    code: str, fresh: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(fresh.root)
    network = eval(code, {"counting": counting})
    assert isinstance(network, counting.networks.Network)


def test_what_dvc_is_asked_to_show_it_shows(finished: Project) -> None:
    shutil.copytree(ROOT / ".dvc/plots", finished.path(".dvc/plots"))
    finished.commit()
    finished.shell("git", "branch", "-m", "main")
    path = finished.path("reports/metrics/gru.json")
    content = json.loads(path.read_text())
    content["count_from_one"]["median"] = 12_345
    path.write_text(json.dumps(content))
    for command in SHOWS:
        outcome = finished.shell("bash", "-c", command)
        assert outcome.code == 0, outcome.err
        if "metrics" in command:
            assert re.search(r"count_from_one.median .*12345", outcome.out)
        else:
            page = Path(outcome.out.strip().removeprefix("file://"))
            table = re.search(r"reports/tables/\S+", command)
            assert (table[0] if table else "figures_memory.svg") in page.read_text()


def test_the_refusals_of_a_worker_are_those_of_the_docs() -> None:
    text = (ROOT / "docs/clusters.md").read_text(encoding="utf-8")
    shown = [re.sub(r"\d[\d.]*", "N", line) for line in re.findall("refused: .*", text)]
    facts = origin.facts()
    faults = [cluster.difference(facts | {key: "0"}) for key in ("numba", "bits")]
    faults.append(cluster.OUTSIDE.format("No module named 'counting'"))
    assert sorted(shown) == sorted(
        re.sub(r"\d[\d.]*", "N", f"refused: {fault}") for fault in faults
    )


def test_there_are_examples_of_each_kind() -> None:
    assert len(TALKS) >= 8
    assert EXPORTS
    assert LOADS
    assert SHOWS
