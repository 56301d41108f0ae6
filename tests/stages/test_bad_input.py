"""Whatever is wrong with the input: one line, exit code 2, and no file changed.

`python -m pytest tests/test_bad_input.py --table` prints every case and its line.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

from tests.conftest import Outcome, Project

Change = Callable[[Project], object]
Word = str | bytes


@dataclass(frozen=True)
class Case:
    """One bad input: what is changed, what is run, what its line must say."""

    label: str
    change: Change
    command: str
    says: tuple[str, ...]
    flags: tuple[str, ...] = ()


def param(key: str, value: Any, *says: str) -> Case:
    """Set one parameter to a bad value."""
    return Case(f"{key} = {value!r}"[:70], lambda p: p.set(key, value), "check", says)


def without(key: str, *says: str) -> Case:
    """Leave one parameter out."""

    def change(project: Project) -> None:
        content = section = project.params
        *sections, last = key.split(".")
        for name in sections:
            section = section[name]
        del section[last]
        project.write_params(content)

    return Case(f"no {key}", change, "check", says)


def text(label: str, content: Word, *says: str) -> Case:
    """Replace params.yaml altogether."""
    return Case(f"params.yaml: {label}", written("params.yaml", content), "check", says)


def file(path: str, label: str, content: Word, command: str, *says: str) -> Case:
    """Replace one file."""
    return Case(f"{path}: {label}", written(path, content), command, (path, *says))


def damage(path: str, label: str, change: Change, command: str, *says: str) -> Case:
    """Change one file in some other way."""
    return Case(f"{path}: {label}", change, command, (path, *says))


def written(path: str, content: Word) -> Change:
    def change(project: Project) -> None:
        raw = content.encode() if isinstance(content, str) else content
        project.path(path).write_bytes(raw)

    return change


def appended(path: str, line: str) -> Change:
    def change(project: Project) -> None:
        with project.path(path).open("a", encoding="utf-8") as file:
            file.write(line)

    return change


def removed(path: str) -> Change:
    return lambda project: project.path(path).unlink()


def cut(path: str) -> Change:
    """Lose the second half of a file, as a disk or a download may."""

    def change(project: Project) -> None:
        content = project.path(path).read_bytes()
        project.path(path).write_bytes(content[: len(content) // 2])

    return change


def made_folder(path: str) -> Change:
    def change(project: Project) -> None:
        project.path(path).unlink()
        project.path(path).mkdir()

    return change


def made_file(path: str) -> Change:
    def change(project: Project) -> None:
        shutil.rmtree(project.path(path))
        project.path(path).write_text("not a folder")

    return change


def edited(path: str, edit: Callable[[Any], object]) -> Change:
    """Change what a JSON file holds."""

    def change(project: Project) -> None:
        content = json.loads(project.path(path).read_text())
        edit(content)
        project.path(path).write_text(json.dumps(content))

    return change


def tensors(path: str, edit: Callable[[dict[str, Any]], object]) -> Change:
    """Change what a safetensors file holds."""

    def change(project: Project) -> None:
        content = load_file(project.path(path))
        edit(content)
        save_file(content, project.path(path))

    return change


def pickled(path: str) -> Change:
    return lambda project: torch.save({"tokens": torch.ones(9)}, project.path(path))


def halved(weights: dict[str, Any]) -> None:
    weights["bn.bias"] = weights["bn.bias"].astype(np.float16)


def not_finite(weights: dict[str, Any]) -> None:
    name = sorted(weights)[-1]
    weights[name] = np.full_like(weights[name], np.nan, dtype=np.float32)


def own(label: str, path: str, content: str | None, *says: str) -> Case:
    """Take texts of one's own, and replace one; with no content, remove it."""

    def change(project: Project) -> None:
        folder = project.path("data/texts/mine")
        folder.mkdir()
        lines = "\n".join(["one hundred", "zw\xf6lf", "two"] * 30)
        for name in ("train.txt", "valid.txt"):
            (folder / name).write_text(lines, encoding="utf-8")
        if content is None:
            (folder / Path(path).name).unlink()
        else:
            (folder / Path(path).name).write_text(content, encoding="utf-8")
        project.set("spell.texts", "mine")

    name = f"data/texts/mine/{Path(path).name}"
    where = () if label == "too short" else (name,)
    return Case(f"own texts: {label}", change, "check", (*where, *says))


def forty_thousand(project: Project) -> None:
    words = "\n".join(f"word{n}" for n in range(40_000))
    project.path(TRAIN).write_text(words)


def short_stream(project: Project) -> None:
    path = project.path("data/prepared/train.safetensors")
    save_file({"tokens": load_file(path)["tokens"][:30]}, path)


def other_shape(weights: dict[str, Any]) -> None:
    weights["i_h.weight"] = weights["i_h.weight"][:, :5].copy()


RAW, PREPARED = "data/raw", "data/prepared"
VOCABULARY, STREAM = f"{PREPARED}/vocab.json", f"{PREPARED}/train.safetensors"
TRAIN, VALID = f"{RAW}/train.txt", f"{RAW}/valid.txt"
CONFIG, WEIGHTS = "data/models/gru/config.json", "data/models/gru/seed-0.safetensors"
METRICS, CURVES = "reports/metrics/gru.json", "reports/curves/gru.csv"
SEEDS = "reports/tables/gru/seeds.csv"
AGAIN = {
    "raw": "dvc repro spell",
    "prepared": "run `dvc repro prepare` again",
    "model": "run `dvc repro train@gru` again",
    "judged": "run `dvc repro evaluate@gru` again",
}

PARAMETERS = [
    param("trian", {}, "trian: unknown key", "did you mean 'train'?"),
    param("evaluate.windw", 70, "evaluate.windw: unknown key", "mean 'window'?"),
    param("models.gru.hiden_size", 8, "hiden_size", "did you mean 'hidden_size'?"),
    param("recipes.article.epoch", 3, "epoch", "did you mean 'epochs'?"),
    without("models.gru.batch_size", "batch_size: missing", "expected", "add the line"),
    without("plot", "plot: missing", "expected a value", "add the line"),
    param("models.gru.hidden_size", "many", "'many'", "expected a whole number"),
    param("models.gru.hidden_size", 64.5, "64.5", "expected a whole number"),
    param("models.gru.hidden_size", 0, "hidden_size: 0", "expected greater than or"),
    param("models.gru.hidden_size", 10**6, "1000000", "expected less than or equal"),
    param("models.gru.batch_size", True, "True", "expected a whole number"),
    param("models.gru.learning_rate", None, "None", "expected a number"),
    param("models.gru.learning_rate", 0, "learning_rate: 0", "expected greater than 0"),
    param("models.gru.learning_rate", 3.0, "3.0", "expected less than or equal to 1"),
    param("models.gru.learning_rate", float("inf"), "inf", "expected a finite number"),
    param("models.gru.learning_rate", float("nan"), "nan", "expected a finite number"),
    param("models.gru.learning_rate", "1e-3x", "'1e-3x'", "expected a number"),
    param("models.gru.recurrence", "gruu", "'gruu'", "expected one of loop, rnn, gru"),
    param("models.gru.activation", "tanh", "tanh has no effect on gru", "remove the"),
    without("models.rnn.activation", "activation is missing", "needs tanh or relu"),
    param("models.rnn.activation", "sigmoid", "'sigmoid'", "expected 'tanh' or 'relu'"),
    param("models.gru.copy_head.reach", 0, "copy_head.reach: 0", "expected greater"),
    param("models.gru.copy_head", "copy", "'copy'", "expected a section of keys"),
    param("models.gru.copy_head.rech", 8, "rech", "did you mean 'reach'?"),
    param("models.gru.recipe", "artcle", "'artcle'", "did you mean 'article'?"),
    param("models.GRU", {}, "GRU", "expected a name of lower case letters"),
    param("models.gru", 5, "models.gru: 5", "expected a section of keys"),
    param("models", {}, "models: {}", "expected 1 or more"),
    param("recipes.article.steps", 9, "counted in epochs", "remove steps"),
    param("recipes.article.sampling", "windows", "counted in steps", "remove epochs"),
    param("recipes.article.epochs", -1, "epochs: -1", "expected greater than or"),
    param("recipes.article.bptt", 0, "bptt: 0", "expected greater than or equal"),
    param("recipes.article.optimizer", "sgdd", "'sgdd'", "expected 'adam'"),
    param("spell.train", [110, 1], "[110, 1]", "ends before it starts", "expected"),
    param("spell.valid", [100, 150], "[100, 150] overlap", "start valid after 110"),
    param("spell.train", [1], "spell.train: [1]", "expected 2 or more"),
    param("spell.train", [1, 2, 3], "[1, 2, 3]", "expected at most 2 entries"),
    param("spell.train", [0, 110], "spell.train.0: 0", "greater than or equal to 1"),
    param("spell.valid", [111, 10**12], "1000000000000", "less than or equal"),
    param("spell.train", ["one", 110], "'one'", "expected a whole number"),
    param("spell.beyond", [151, 170], "[151, 170]", "a section of keys"),
    param("spell.beyond.train", [300, 400], "beyond.train", "choose another"),
    param("spell.beyond.more", [300, 400], "'more' is missing", "expected a stride"),
    param("spell.language", "eng", "'eng'", "did you mean", "known: "),
    param("spell.language", "de", "valid: 111 is", "one word", "another language"),
    param("spell.valid", [1000, 1200], "1000 is", "'thousand'", "widen spell.train"),
    param("spell.texts", "my texts", "'my texts'", "expected a name"),
    param("prepare.min_count", 0, "min_count: 0", "greater than or equal to 1"),
    param("evaluate.stride.tens", 7, "'tens' is no stream of spell", "expected"),
    param("evaluate.stride.train", 0, "stride.train: 0", "expected greater than"),
    param("evaluate.prompt", 30, "prompt 30 + steps 4 exceed", "shorten them"),
    param("evaluate.window", 4000, "tokens, expected at least 4001", "more numbers"),
    param("evaluate.samples", -1, "samples: -1", "expected greater than or equal"),
    param("models.rnn.batch_size", 400, "tokens, expected at least 4001", "400 x 10"),
    param("train.seeds", [], "seeds: []", "expected 1 or more"),
    param("train.seeds", [1, 1], "[1, 1] repeat one", "expected distinct seeds"),
    param("train.seeds", [-1], "train.seeds.0: -1", "expected greater than or"),
    param("train.seeds", ["first"], "'first'", "expected a whole number"),
    param("train.save_every", 0, "save_every: 0", "expected greater than or equal"),
    param("engine", "compield", "'compield'", "expected 'compiled' or 'autograd'"),
    param("device", "cuda", "cuda has no effect on engine: compiled", "autograd"),
    param("plot.rolling", 0, "plot.rolling: 0", "expected greater than or equal"),
    param("plot.rolling", 15, "rolling: 15", "at most the 14 steps of recipes.unseen"),
    text("empty", "", "holds None", "expected sections", "restore it with git"),
    text("a list", "- 1\n- 2\n", "holds [1, 2]", "expected sections", "restore"),
    text("an open bracket", "train: [1, 2\n", "expected YAML", "mend that line"),
    text("a tab", "train:\n\tseeds: [1]\n", "line 2", "expected YAML", "mend that"),
    text("a key twice", "plot: 1\nplot: 2\n", "'plot'", "line 2", "mend"),
    text("Latin-1", "# für\n".encode("latin-1"), "byte 3", "UTF-8", "save the file"),
    text("brackets without end", "[" * 5000, "expected YAML", "too many brackets"),
    text("5,000 digits", "plot: " + "9" * 5000, "expected YAML", "mend that line"),
    Case(
        "numbers that num2words stumbles over",
        lambda p: p.write_params(
            p.params
            | {"spell": p.params["spell"] | {"language": "am", "valid": [1090, 1150]}}
        ),
        "check",
        ("spell.valid: 1100 cannot be spelled in 'am'", "num2words fails", "narrow"),
    ),
    Case("no params.yaml", removed("params.yaml"), "check", ("not found", "root")),
]

FLAGS = [
    Case("--variant gruu", lambda p: p, "train@gru", ("'gruu'", "did you mean 'gru'?"),
         ("--variant", "gruu")),
    Case("--variant none named", lambda p: p, "train@gru", ("--variant: expected one",),
         ("--variant",)),
    Case("--sed 3", lambda p: p, "train@gru", ("--sed 3", "--help"), ("--sed", "3")),
    Case("--prep shortened", lambda p: p, "train@gru", ("--prep x", "--help"),
         ("--prep", "x")),
    Case("--out is a file", lambda p: p, "spell", ("params.yaml", "needed", "move it"),
         ("--out", "params.yaml")),
]  # fmt: skip

TEXTS = [
    damage(TRAIN, "absent", removed(TRAIN), "prepare", "not found", AGAIN["raw"]),
    damage(VALID, "absent", removed(VALID), "prepare", "not found", AGAIN["raw"]),
    damage(TRAIN, "a folder", made_folder(TRAIN), "prepare", "expected one", "spell"),
    damage(RAW, "a file", made_file(RAW), "prepare", "not found", AGAIN["raw"]),
    file(TRAIN, "empty", "", "prepare", "0 numbers", "expected", AGAIN["raw"]),
    file(TRAIN, "blanks alone", " \n\n\t\n", "prepare", "0 numbers", AGAIN["raw"]),
    file(VALID, "Latin-1", b"one\nf\xfcnf", "prepare", "line 2: byte 5", "as UTF-8"),
    file(VALID, "UTF-16", "one\n".encode("utf-16"), "prepare", "byte 0", "as UTF-8"),
    file(VALID, "binary", b"\x80\x02\x00", "prepare", "byte 0", "as UTF-8"),
    file(VALID, "a NUL", "one\n\ntwo\0", "prepare", "line 3", "'two\\x00'", "as UTF-8"),
    file(VALID, "a BOM amid", "one\n\ufefftwo", "prepare", "line 2", "remove it"),
    file(VALID, "a lone CR", "one\rtwo", "prepare", "line 1", "'one\\rtwo'", "or CRLF"),
    file(VALID, "commas", "one\n\f\nx, y", "prepare", "line 3", "'x, y'", "split it"),
    file(VALID, "a slip", "fourty", "prepare", "line 1", "'fourty'", "mean 'forty'?"),
    file(
        VALID, "a slip far down", "one\u2028\x85two\x0cone\r\n\nfourty", "prepare",
        "line 3", "'fourty'", "correct it",
    ),
    file(
        VALID, "three slips", "onee\ntwoo\nvingt\n", "prepare",
        "line 1", "3 words", "'onee', 'twoo', 'vingt'", "prepare.min_count: 1",
    ),
    file(
        VALID, "Cyrillic o", "\u043ene", "prepare", "'\\u043ene', not 'one'", "one form"
    ),
    Case(
        "40,000 words", forty_thousand, "prepare",
        ("40,001 distinct words", "at most 32,767", "prepare.min_count"),
    ),
]  # fmt: skip

OWN_TEXTS = [
    own("a slip", VALID, "one hundered", "'hundered'", "mean 'hundred'?", "correct it"),
    own("NFD for NFC", VALID, "zwo\u0308lf", "'zwo\\u0308lf'", "'zw\\xf6lf'", "NFC"),
    own("one not judged", "more.txt", "one", "no stride", "evaluate.stride", "move"),
    own("too short", VALID, "one\ntwo", "3 tokens", "expected at least 21"),
    own("no train.txt", TRAIN, None, "not found", "expected one", "put it there"),
    Case(
        "own texts: no folder",
        lambda p: p.set("spell.texts", "mine"),
        "check",
        ("data/texts/mine/train.txt: not found", "expected", "spell.texts: numbers"),
    ),
    Case(
        "own texts: among the numbers",
        written("data/texts/numbers/train.txt", "one\n"),
        "check",
        ("data/texts/numbers/train.txt", "is not read", "move"),
    ),
]

TOKENS = [
    damage(VOCABULARY, "absent", removed(VOCABULARY), "train@gru", AGAIN["prepared"]),
    damage(VOCABULARY, "cut", cut(VOCABULARY), "train@gru", "damaged", "prepare"),
    file(VOCABULARY, "no list", "{}", "train@gru", "holds {}", "expected a list"),
    file(VOCABULARY, "brackets", "[" * 99999, "train@gru", "too many brackets"),
    damage(
        VOCABULARY,
        "a word twice",
        edited(VOCABULARY, lambda words: words.append(words[1])),
        "train@gru",
        "has 'one' twice, expected distinct words",
        AGAIN["prepared"],
    ),
    Case(
        f"{VOCABULARY}: of another size",
        edited(VOCABULARY, lambda words: words.__delitem__(slice(5, None))),
        "train@gru",
        (STREAM, "expected 0..4", AGAIN["prepared"]),
    ),
    damage(STREAM, "absent", removed(STREAM), "train@gru", "not found", "prepare"),
    damage(STREAM, "cut", cut(STREAM), "train@gru", "damaged", AGAIN["prepared"]),
    damage(STREAM, "pickled", pickled(STREAM), "train@gru", "damaged", "prepare"),
    damage(STREAM, "a folder", made_folder(STREAM), "train@gru", "is a folder"),
    damage(
        STREAM,
        "of another type",
        tensors(STREAM, lambda t: t.update(tokens=t["tokens"].astype(np.int64))),
        "train@gru",
        "expected one int16 tensor",
        AGAIN["prepared"],
    ),
    damage(
        STREAM,
        "no tokens",
        tensors(STREAM, lambda t: t.update(tokens=t["tokens"][:0])),
        "train@gru",
        "holds 0 tokens",
        "expected 1 or more",
    ),
    Case(
        f"{STREAM}: 30 tokens",
        short_stream,
        "train@rnn",
        ("30 tokens", "expected at least 41", "widen the range"),
    ),
]

NETWORKS = [
    damage(CONFIG, "absent", removed(CONFIG), "evaluate@gru", AGAIN["model"]),
    damage(CONFIG, "cut", cut(CONFIG), "evaluate@gru", "damaged", AGAIN["model"]),
    damage(
        CONFIG,
        "of another version",
        edited(CONFIG, lambda config: config.update(format=99)),
        "evaluate@gru",
        "format 99, expected",
        AGAIN["model"],
    ),
    damage(
        CONFIG,
        "of another variant",
        lambda p: shutil.copy(p.path("data/models/rnn/config.json"), p.path(CONFIG)),
        "evaluate@gru",
        "variant 'rnn', expected 'gru'",
        AGAIN["model"],
    ),
    damage(
        CONFIG,
        "of another vocabulary",
        edited(CONFIG, lambda config: config["vocabulary"].pop()),
        "evaluate@gru",
        "is not the one prepared",
        AGAIN["model"],
    ),
    damage(
        CONFIG,
        "no seeds",
        edited(CONFIG, lambda config: config.update(seeds=[])),
        "evaluate@gru",
        "seeds",
        AGAIN["model"],
    ),
    damage(WEIGHTS, "absent", removed(WEIGHTS), "evaluate@gru", AGAIN["model"]),
    damage(WEIGHTS, "cut", cut(WEIGHTS), "evaluate@gru", "damaged", AGAIN["model"]),
    damage(WEIGHTS, "empty", written(WEIGHTS, b""), "evaluate@gru", "damaged", "again"),
    damage(WEIGHTS, "pickled", pickled(WEIGHTS), "evaluate@gru", "damaged", "again"),
    damage(
        WEIGHTS,
        "of another network",
        lambda p: shutil.copy(
            p.path("data/models/rnn/seed-0.safetensors"), p.path(WEIGHTS)
        ),
        "evaluate@gru",
        "expected",
        AGAIN["model"],
    ),
    damage(
        WEIGHTS,
        "of another size",
        tensors(WEIGHTS, other_shape),
        "evaluate@gru",
        "i_h.weight is float32 (29, 5), expected float32 (29, 8)",
        AGAIN["model"],
    ),
    damage(
        WEIGHTS,
        "of half precision",
        tensors(WEIGHTS, halved),
        "evaluate@gru",
        "is float16 (8,), expected float32 (8,)",
        AGAIN["model"],
    ),
    damage(
        WEIGHTS,
        "not finite",
        tensors(WEIGHTS, not_finite),
        "evaluate@gru",
        "not finite",
        AGAIN["model"],
    ),
    Case(
        "evaluate.window = 200, and prepared data too short for it",
        lambda p: p.set("evaluate.window", 200),
        "evaluate@gru",
        ("tokens, expected more than evaluate.window = 200", "widen its range"),
    ),
    damage(METRICS, "a folder", made_folder(METRICS), "evaluate@gru", "move it away"),
]

REPORTS = [
    damage(METRICS, "absent", removed(METRICS), "plot", "not found", AGAIN["judged"]),
    damage(METRICS, "cut", cut(METRICS), "plot", "expected JSON", AGAIN["judged"]),
    file(METRICS, "a number", "3\n", "plot", "None, expected a number", "again"),
    damage(
        METRICS,
        "of an old run",
        edited(METRICS, lambda content: content["valid"].pop("loss")),
        "plot",
        "valid.loss is None, expected a number",
        AGAIN["judged"],
    ),
    damage(
        METRICS,
        "more than one",
        edited(METRICS, lambda c: c["train"].update(token_accuracy=95.0)),
        "plot",
        "95.0, expected a number in [0, 1]",
        AGAIN["judged"],
    ),
    damage(
        METRICS,
        "not a number",
        edited(METRICS, lambda c: c["train"].update(loss=float("nan"))),
        "plot",
        "train.loss is nan, expected a number",
        AGAIN["judged"],
    ),
    damage(CURVES, "absent", removed(CURVES), "plot", "not found", AGAIN["model"]),
    file(CURVES, "empty", "", "plot", "expected a CSV", AGAIN["model"]),
    file(CURVES, "other columns", "a,b\n1,2\n", "plot", "'seed' is missing", "again"),
    damage(
        CURVES, "a word", appended(CURVES, "0,x,y,z,w\n"), "plot", "no numbers", "again"
    ),
    damage(CURVES, "a gap", appended(CURVES, "0,,,,\n"), "plot", "gaps", "again"),
    damage(
        SEEDS, "too many cells", appended(SEEDS, "1,2,3,4,5,6,7,8,9\n"), "plot",
        "expected a CSV", AGAIN["judged"],
    ),
    file(SEEDS, "binary", b"\x80\x00\xff", "plot", "expected a CSV", AGAIN["judged"]),
]  # fmt: skip


def draw_over_400(p: Project) -> None:
    p.set("recipes.unseen.steps", 400)
    p.set("plot.rolling", 400)


ROLLING = Case(
    "plot.rolling = 400, of trainings shorter than that",
    draw_over_400,
    "plot",
    ("plot.rolling: 400", "expected at most 14", "lower it"),
)

CASES = [
    *PARAMETERS,
    *FLAGS,
    *TEXTS,
    *OWN_TEXTS,
    *TOKENS,
    *NETWORKS,
    *REPORTS,
    ROLLING,
]


def run(project: Project, case: Case) -> Outcome:
    if case.command == "check":
        return project.call("counting.running.check", *case.flags)
    return project.run(case.command, *case.flags)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_bad_input_is_one_line_and_changes_nothing(
    case: Case, finished: Project, table: list[tuple[str, str]]
) -> None:
    case.change(finished)
    before = finished.contents()
    outcome = run(finished, case)
    table.append((case.label, outcome.err.strip()))
    assert outcome.code == 2
    (line,) = outcome.err.splitlines()
    name = case.command.partition("@")[0]
    assert line.startswith(f"{name}: error: ")
    for words in case.says:
        assert words in line
    assert finished.contents() == before


@pytest.mark.parametrize("stage", ["spell", "train@gru", "evaluate@gru", "plot"])
def test_every_stage_refuses_a_bad_parameter_of_another(
    stage: str, finished: Project
) -> None:
    finished.set("plot.roling", 4)
    if stage == "plot":
        finished.set("train.save_evry", 4)
    outcome = finished.run(stage)
    assert outcome.code == 2
    assert "did you mean" in outcome.err


def test_the_table_has_at_least_sixty_cases() -> None:
    assert len({case.label for case in CASES}) == len(CASES) >= 60
