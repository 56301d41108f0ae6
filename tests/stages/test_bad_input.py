"""Whatever is wrong with the input: one line, exit code 2, and no file changed."""

import shutil

import numpy as np
import pytest

from tests.conftest import Project
from tests.stages.bad import (
    Case,
    a_folder,
    absent,
    cut,
    file,
    own,
    param,
    pickled,
    tensor,
    values,
    without,
)


def unspeakable(project: Project) -> None:
    project.set("spell.language", "am")
    project.set("spell.valid", [1090, 1150])


def long_rolling(project: Project) -> None:
    project.set("recipes.unseen.steps", 400)
    project.set("plot.rolling", 400)


def other_network(project: Project) -> None:
    shutil.copy(project.path("data/models/rnn/seed-0.safetensors"), project.path(SEED))


def raw_a_file(project: Project) -> None:
    shutil.rmtree(project.path("data/raw"))
    project.path("data/raw").write_text("not a folder")


VOCABULARY, STREAM = "data/prepared/vocab.json", "data/prepared/train.safetensors"
TRAIN, VALID = "data/raw/train.txt", "data/raw/valid.txt"
CONFIG, SEED = "data/models/gru/config.json", "data/models/gru/seed-0.safetensors"
METRICS, CURVES = "reports/metrics/gru.json", "reports/curves/gru.csv"
TABLE, PARAMS = "reports/tables/gru/seeds.csv", "params.yaml"
SPELL, PREPARE = "dvc repro spell", "run `dvc repro prepare` again"
LEARN, JUDGE = "run `dvc repro train@gru` again", "run `dvc repro evaluate@gru` again"
MANY = "\n".join(f"word{n}" for n in range(40_000))
SHORT = tensor("tokens", lambda t: t[:30])

CASES = [
    param("models.gru.hiden_size", 8, "unknown key", "did you mean 'hidden_size'?"),
    without("models.gru.batch_size", "batch_size: missing", "expected", "add the line"),
    param("models.gru.batch_size", True, "True", "expected a whole number"),
    param("models.gru.learning_rate", 3.0, "3.0", "expected less than or equal to 1"),
    param("models.gru.learning_rate", float("nan"), "nan", "expected a finite number"),
    param("models.gru.recurrence", "gruu", "'gruu'", "expected one of loop, rnn, gru"),
    param("models.gru.activation", "tanh", "tanh has no effect on gru", "remove the"),
    without("models.rnn.activation", "activation is missing", "needs tanh or relu"),
    param("models.gru.copy_head", "copy", "'copy'", "expected a section of keys"),
    param("models.gru.recipe", "artcle", "'artcle'", "did you mean 'article'?"),
    param("models.GRU", {}, "GRU", "expected a name of lower case letters"),
    param("models", {}, "models: {}", "expected 1 or more"),
    param("recipes.article.steps", 9, "counted in epochs", "remove steps"),
    param("recipes.article.sampling", "windows", "counted in steps", "remove epochs"),
    param("recipes.article.optimizer", "sgdd", "'sgdd'", "expected 'adam'"),
    without("recipes.unseen.weight_decay", "adamw needs weight_decay", "add it"),
    param("spell.train", [110, 1], "[110, 1]", "ends before it starts", "expected"),
    param("spell.valid", [100, 150], "[100, 150] overlap", "start valid after 110"),
    param("spell.beyond.train", [300, 400], "beyond.train", "choose another"),
    param("spell.beyond.more", [300, 400], "'more' is missing", "expected a stride"),
    param("spell.language", "eng", "'eng'", "did you mean", "known: "),
    param("spell.language", "de", "valid: 111 is", "one word", "another language"),
    param("spell.valid", [1000, 1200], "1000 is", "'thousand'", "widen spell.train"),
    param("spell.texts", "my texts", "'my texts'", "expected a name"),
    param("evaluate.stride.tens", 7, "'tens' is no stream of spell", "expected"),
    param("evaluate.prompt", 30, "prompt 30 + steps 4 exceed", "shorten them"),
    param("evaluate.window", 4000, "tokens, expected at least 4001", "more numbers"),
    param("models.rnn.batch_size", 400, "tokens, expected at least 4001", "400 x 10"),
    param("train.seeds", [1, 1], "[1, 1] repeat one", "expected distinct seeds"),
    param("device", "cuda", "cuda has no effect on engine: compiled", "device: cpu"),
    param("device", "gpu_0", "device: 'gpu_0'", "expected cpu", "cuda:1"),
    without("device", "device: missing", "add the line"),
    param("models.gru.batch_size", 10**9, "models.gru needs about", "batch_size"),
    param("plot.rolling", 15, "rolling: 15", "at most the 14 steps of recipes.unseen"),
    file(PARAMS, "", "check", "holds None", "expected sections", "restore it with git"),
    file(PARAMS, "train: [1, 2\n", "check", "expected YAML", "mend that line"),
    file(PARAMS, "plot: 1\nplot: 2\n", "check", "'plot'", "line 2", "mend"),
    file(PARAMS, b"# f\xfcr\n", "check", "byte 3", "UTF-8", "save the file"),
    file(PARAMS, "[" * 2000, "check", "too many brackets", "expected YAML"),
    file(PARAMS, "plot: " + "9" * 5000, "check", "expected YAML", "mend that line"),
    file(PARAMS, absent, "check", "not found", "root"),
    Case("numbers that num2words stumbles over", unspeakable, "check",
         ("spell.valid: 1100 cannot be spelled in 'am'", "num2words fails", "narrow")),

    Case("--variant gruu", lambda p: p, "train@gru", ("'gruu'", "did you mean 'gru'?"),
         ("--variant", "gruu")),
    Case("--prep shortened", lambda p: p, "train@gru", ("--prep x", "--help"),
         ("--prep", "x")),
    Case("--out is a file", lambda p: p, "spell", ("params.yaml", "needed", "move it"),
         ("--out", "params.yaml")),

    file(TRAIN, absent, "prepare", "not found", SPELL),
    a_folder(TRAIN, "prepare", "expected one", "spell"),
    Case("data/raw: a file", raw_a_file, "prepare", ("data/raw", "not found", SPELL)),
    file(TRAIN, " \n\n\t\n", "prepare", "0 numbers", "expected", SPELL),
    file(VALID, b"one\nf\xfcnf", "prepare", "line 2: byte 5", "as UTF-8"),
    file(VALID, "one\n\ntwo\0", "prepare", "line 3", "'two\\x00'", "as UTF-8"),
    file(VALID, "one\n\ufefftwo", "prepare", "line 2", "remove it"),
    file(VALID, "one\rtwo", "prepare", "line 1", "'one\\rtwo'", "or CRLF"),
    file(VALID, "one\n\f\nx, y", "prepare", "line 3", "'x, y'", "split it"),
    file(VALID, "one\u2028\x85two\x0cone\r\n\nfourty", "prepare", "line 3", "'fourty'",
         "mean 'forty'?", "correct it"),
    file(VALID, "onee\ntwoo\nvingt\n", "prepare", "line 1", "3 words",
         "'onee', 'twoo', 'vingt'", "prepare.min_count: 1"),
    file(VALID, "\u043ene", "prepare", "'\\u043ene', not 'one'", "one form"),
    Case("40,000 words", file(TRAIN, MANY, "", "").change, "prepare",
         ("40,001 distinct words", "at most 32,767", "prepare.min_count")),

    own("valid.txt", "one hundered", "mine/valid.txt", "'hundered'", "mean 'hundred'?"),
    own("valid.txt", "zwo\u0308lf", "mine/valid.txt", "'zwo\\u0308lf'", "NFC"),
    own("more.txt", "one", "mine/more.txt", "no stride", "evaluate.stride", "move"),
    own("valid.txt", "one\ntwo", "3 tokens", "expected at least 21"),
    own("train.txt", None, "mine/train.txt: not found", "expected one", "put it there"),
    Case("own texts: no folder", lambda p: p.set("spell.texts", "mine"), "check",
         ("mine/train.txt: not found", "expected", "spell.texts: numbers")),
    file("data/texts/numbers/train.txt", "one\n", "check", "is not read", "move"),

    file(VOCABULARY, absent, "train@gru", PREPARE),
    file(VOCABULARY, "{}", "train@gru", "holds {}", "expected a list"),
    file(VOCABULARY, "[" * 99999, "train@gru", "too many brackets"),
    file(VOCABULARY, values(lambda words: words.append(words[1])), "train@gru",
         "has 'one' twice, expected distinct words", PREPARE),
    Case("a smaller vocabulary", file(VOCABULARY, '[",", "one"]', "", "").change,
         "train@gru", (STREAM, "expected 0..1", PREPARE)),
    file(STREAM, absent, "train@gru", "not found", PREPARE),
    file(STREAM, cut, "train@gru", "damaged", PREPARE),
    file(STREAM, pickled, "train@gru", "damaged", PREPARE),
    a_folder(STREAM, "train@gru", "is a folder"),
    file(STREAM, tensor("tokens", lambda t: t.astype(np.int64)), "train@gru",
         "expected one int16 tensor", PREPARE),
    file(STREAM, tensor("tokens", lambda t: t[:0]), "train@gru", "holds 0 tokens"),
    Case("30 tokens", file(STREAM, SHORT, "", "").change, "train@rnn",
         ("30 tokens", "expected at least 41", "widen the range")),

    file(CONFIG, absent, "evaluate@gru", LEARN),
    file(CONFIG, cut, "evaluate@gru", "damaged", LEARN),
    file(CONFIG, values(lambda c: c.update(format=99)), "evaluate@gru",
         "format 99, expected", LEARN),
    file(CONFIG, values(lambda c: c.update(variant="rnn")), "evaluate@gru",
         "variant 'rnn', expected 'gru'", LEARN),
    file(CONFIG, values(lambda c: c["vocabulary"].pop()), "evaluate@gru",
         "is not the one prepared", LEARN),
    file(CONFIG, values(lambda c: c.update(seeds=[])), "evaluate@gru", "seeds", LEARN),
    file(SEED, absent, "evaluate@gru", LEARN),
    file(SEED, cut, "evaluate@gru", "damaged", LEARN),
    Case("weights of another network", other_network, "evaluate@gru",
         (SEED, "expected", LEARN)),
    file(SEED, tensor("i_h.weight", lambda t: t[:, :5]), "evaluate@gru",
         "i_h.weight is float32 (29, 5), expected float32 (29, 8)", LEARN),
    file(SEED, tensor("bn.bias", lambda t: t.astype(np.float16)), "evaluate@gru",
         "is float16 (8,), expected float32 (8,)", LEARN),
    file(SEED, tensor("bn.bias", lambda t: t * np.float32(np.nan)), "evaluate@gru",
         "not finite", LEARN),
    Case("a window longer than a stream", lambda p: p.set("evaluate.window", 200),
         "evaluate@gru",
         ("tokens, expected more than evaluate.window = 200", "widen its range")),
    a_folder(METRICS, "evaluate@gru", "move it away"),

    file(METRICS, absent, "plot", "not found", JUDGE),
    file(METRICS, cut, "plot", "expected JSON", JUDGE),
    file(METRICS, values(lambda c: c["valid"].pop("loss")), "plot",
         "valid.loss is None, expected a number", JUDGE),
    file(METRICS, values(lambda c: c["train"].update(token_accuracy=95.0)), "plot",
         "95.0, expected a number in [0, 1]", JUDGE),
    file(METRICS, values(lambda c: c["train"].update(loss=float("nan"))), "plot",
         "train.loss is nan, expected a number", JUDGE),
    file(CURVES, "", "plot", "expected a CSV", LEARN),
    file(CURVES, "a,b\n1,2\n", "plot", "'seed' is missing", LEARN),
    file(CURVES, lambda c: c + b"0,x,y,z,w\n", "plot", "no numbers", LEARN),
    file(CURVES, lambda c: c + b"0,,,,\n", "plot", "gaps", LEARN),
    file(TABLE, lambda c: c + b"1,2,3,4,5,6,7,8,9\n", "plot", "expected a CSV", JUDGE),
    file(TABLE, b"\x80\x00\xff", "plot", "expected a CSV", JUDGE),
    Case("plot.rolling = 400", long_rolling, "plot",
         ("plot.rolling: 400", "expected at most 14", "lower it")),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_bad_input_is_one_line_and_changes_nothing(
    case: Case, finished: Project
) -> None:
    case.change(finished)
    before = finished.contents("data", "reports", "params.yaml")
    if case.command == "check":
        outcome = finished.call("counting.running.check", *case.flags)
    else:
        outcome = finished.run(case.command, *case.flags)
    assert outcome.code == 2
    (line,) = outcome.err.splitlines()
    assert line.startswith(f"{case.command.partition('@')[0]}: error: ")
    assert [words for words in case.says if words not in line] == [], line
    assert finished.contents("data", "reports", "params.yaml") == before


@pytest.mark.parametrize("stage", ["spell", "train@gru", "evaluate@gru", "plot"])
def test_every_stage_refuses_a_bad_parameter_of_another(
    stage: str, finished: Project
) -> None:
    finished.set("train.save_evry", 4)
    outcome = finished.run(stage)
    assert outcome.code == 2
    assert "did you mean" in outcome.err
