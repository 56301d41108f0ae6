"""`python -m counting` on a tiny project: what it says, and how it ends."""

import json
import re
import shlex
import shutil
import signal
from typing import Any

import pytest

from counting.base import files
from tests.conftest import Outcome, Project, usual_signals

# of the tiny project: one with a copy head, one without
COPYING, PLAIN = "gru", "rnn"


def talk(project: Project, *flags: str) -> Outcome:
    return project.call("counting.__main__", *flags)


def lines(project: Project, *flags: str) -> list[Any]:
    outcome = talk(project, *flags, "--json")
    assert outcome.code == 0, outcome.err
    return [json.loads(line) for line in outcome.out.splitlines()]


def test_it_shows_what_it_read_and_says_whole_numbers(finished: Project) -> None:
    outcome = talk(finished, "98", "--steps", "9")
    assert outcome.code == 0, outcome.err
    remark, first, _, read, *said, verdict = outcome.out.splitlines()
    assert remark == "a comma is added at the end"
    assert first.split() == ["adds", "96", "ninety", "six"]
    assert read.split() == ["read", "98", "ninety", "eight"]
    assert said[0].startswith("says")
    assert re.search(r"\d numbers? right", verdict)
    assert "\x1b" not in outcome.out
    assert outcome == talk(finished, "ninety-eight", "--steps", "9")
    assert outcome == talk(finished, "ninety", "eight", "--steps", "9")


def test_at_least_as_many_words_as_asked_and_then_to_the_end_of_the_number(
    finished: Project,
) -> None:
    few, many = (lines(finished, "97, 98,", "--steps", n) for n in ("9", "40"))
    said, more = ([step["token"] for step in found] for found in (few, many))
    assert said == more[: len(said)]
    assert 9 <= len(said) <= 29
    assert said[-1] == "," or len(said) == 29
    assert "," not in said[8:-1]


def test_a_prompt_longer_than_a_chunk_is_read_to_its_end(finished: Project) -> None:
    long = " ".join(f"{number}," for number in range(1, 111))
    step, *_ = lines(finished, long, "--steps", "1")
    assert 0 < step["probability"] <= 1


def test_json_tells_how_a_word_was_found(finished: Project) -> None:
    flags = ("--variant", COPYING, "--seed", "1", "--steps", "5", "--top", "3")
    found = lines(finished, "97, 98,", *flags)
    read = "ninety seven , ninety eight ,".split()
    assert [step["step"] for step in found][:5] == [1, 2, 3, 4, 5]
    for step in found:
        assert (step["variant"], step["seed"]) == (COPYING, 1)
        assert next(iter(step["top"])) == step["token"]
        assert list(step["top"].values()) == sorted(step["top"].values())[::-1]
        assert step["top"][step["token"]] == step["probability"]
        assert len(step["top"]) == 3
        assert sum(step["gates"].values()) == pytest.approx(1, abs=1e-5)
        assert step["copied"]["word"] == read[-step["copied"]["back"]]
        read.append(step["token"])
    step, *_ = lines(finished, "97,", "--variant", PLAIN, "--steps", "1")
    assert step["gates"] is step["copied"] is None


def test_an_error_is_marked_and_until_wrong_ends_with_it(finished: Project) -> None:
    outcome = talk(finished, "97, 98,", "--until-wrong", "--steps", "200")
    verdict = re.search(
        r"(\d+) numbers? right, then an error in (\d+): '(\S+)' where '(\S+)' belongs",
        " ".join(outcome.out.split()),
    )
    assert verdict
    assert int(verdict[2]) == 99 + int(verdict[1])
    assert re.findall(r"\[(\S+)\]", outcome.out) == [verdict[3]]
    found = lines(finished, "97, 98,", "--until-wrong")
    assert [step["right"] for step in found] == [True] * (len(found) - 1) + [False]
    assert found[-1]["expected"] == verdict[4]
    on = lines(finished, "97, 98,", "--steps", "60")
    assert len(on) > len(found)
    assert "expected" not in on[len(found)], "after an error nothing is judged"


@pytest.mark.parametrize(
    ("prompt", "why"),
    [
        ("one hundred two three four", "what was read does not end with a number"),
    ],
)
def test_what_goes_on_from_no_number_is_not_judged(
    prompt: str, why: str, finished: Project
) -> None:
    outcome = talk(finished, prompt, "--steps", "4")
    assert f"not judged: {why}" in " ".join(outcome.out.split())
    assert "[" not in outcome.out


def test_after_the_last_number_with_known_words_nothing_is_said(
    finished: Project,
) -> None:
    outcome = talk(finished, "998, 999,", "--steps", "4")
    assert outcome.out.endswith(": 999 is the last number whose words it knows\n")
    assert "says" not in outcome.out


def test_the_likeliest_words_are_beside_each_token(finished: Project) -> None:
    outcome = talk(finished, "97,", "--top", "2", "--steps", "4")
    assert len(re.findall(r" 0\.\d{4}  \S+ 0\.\d{4}", outcome.out)) >= 4
    both = ("--compare", COPYING, PLAIN)
    two = talk(finished, "97,", "--top", "2", "--steps", "4", *both)
    assert len(re.findall(r" 0\.\d{4}  \S+ 0\.\d{4}", two.out)) >= 8


@pytest.mark.parametrize("columns", ["40", "80"])
def test_two_networks_fit_the_screen(
    finished: Project, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    flags = ("97,", "--compare", f"{COPYING}:1", PLAIN, "--steps", "30")
    outcome = talk(finished, *flags)
    assert max(map(len, outcome.out.splitlines())) <= int(columns)
    heads = [line.split() for line in outcome.out.splitlines()]
    assert ([f"{COPYING}:1", f"{PLAIN}:0"] in heads) == (columns != "40")
    assert ([f"{COPYING}:1"] in heads) == (columns == "40")
    assert {step["variant"] for step in lines(finished, *flags)} == {COPYING, PLAIN}


def test_weights_of_another_branch_are_reported(finished: Project) -> None:
    finished.set("models.gru.hidden_size", 96)
    outcome = talk(finished, "97,", "--variant", "gru")
    says = "gru was trained with hidden_size 8, params.yaml says 96: `dvc"
    assert says in " ".join(outcome.out.split())


def test_the_best_variant_speaks_and_the_first_without_metrics(
    finished: Project,
) -> None:
    names = sorted([COPYING, PLAIN])
    for best in names:
        for name in names:
            path = finished.path(f"reports/metrics/{name}.json")
            content = json.loads(path.read_text())
            content["valid"]["sequence_accuracy"] = 0.5
            content["count_further"]["median"] = 9 if name == best else 3
            files.write_json(path, content)
        assert lines(finished, "97,", "--steps", "1")[0]["variant"] == best
    shutil.rmtree(finished.path("reports"))
    finished.path("params.yaml").unlink()  # digits are English then
    assert lines(finished, "97,", "--steps", "1")[0]["variant"] == names[0]


BAD = {
    ("tow",): "did you mean 'two'",
    ("",): "there is no number: the network reads numbers from 1 to 999",
    ("97,", "--variant", "nobody"): "'nobody' is not a variant in data/models",
    ("97,", "--seed", "7"): "seed 7 was not trained, expected one of 0, 1",
    ("97,", "--steps", "0"): "'0' is not allowed: expected a whole number, 1 or more",
    ("97,", "--steps", "9" * 5000): "expected a whole number",
    ("97,", "--stepps", "3"): "unrecognized arguments: --stepps",
    ("97,", "--models", "nowhere"): "no trained network there; `make repro`",
    ("97,", "--compare", "a:b", "a"): "such as a:0",
    ("97,", "--compare", "a", "b", "--variant", "a"): "leave out --variant",
    ("97,", "--compare", "a", "b", "--variant=a"): "leave out --variant",
    ("two two", "--until-wrong"): "end it with one, such as '7999,'",
    ("1000000,",): "'1000000' has words that it does not know",
}


@pytest.mark.parametrize("flags", BAD, ids=lambda flags: " ".join(flags)[:40])
def test_bad_input_gets_one_line_and_2(
    finished: Project, flags: tuple[str, ...]
) -> None:
    outcome = talk(finished, *flags)
    assert (outcome.code, outcome.out) == (2, "")
    (line,) = outcome.err.splitlines()
    assert BAD[flags] in line


def test_a_variant_that_is_damaged_or_not_trained_yet_is_reported(
    finished: Project,
) -> None:
    weights = finished.path("data/models/gru/seed-0.safetensors")
    weights.write_bytes(weights.read_bytes()[:100])
    outcome = talk(finished, "97,", "--variant", "gru")
    assert (outcome.code, len(outcome.err.splitlines())) == (2, 1)
    assert "run `dvc repro train@gru` again" in outcome.err
    shutil.rmtree(finished.path("data/models/gru"))
    outcome = talk(finished, "97,", "--variant", "gru")
    assert "`dvc repro train@gru` trains it" in outcome.err


def test_standard_input_is_read_a_number_a_line_without_torch(
    finished: Project,
) -> None:
    code = (
        "import sys; from counting.__main__ import main; "
        "sys.argv[1:] = ['--steps', '3']; main(); "
        "assert not {'torch', 'prompt_toolkit'} & set(sys.modules)"
    )
    command = f"printf 'ninety seven\\nninety eight\\n' | python -c {shlex.quote(code)}"
    piped = finished.shell("sh", "-c", command)
    assert piped.code == 0, piped.err
    assert piped.out == talk(finished, "97, 98,", "--steps", "3").out


@pytest.mark.parametrize(
    ("command", "code", "says"),
    [
        ("printf '\\377' | python -m counting", 2, "byte 0 is not UTF-8"),
        ("python -m counting --steps 3 <&-", 2, "there is no number"),
        ("python -m counting 97, >&-", 0, ""),
        ("python -m counting.running.check 2>&-", 0, ""),
        ("python -m counting 97, --steps 1000000 | head -c 3", 0, ""),
    ],
)
def test_streams_that_are_odd_closed_or_no_longer_read(
    command: str, code: int, says: str, finished: Project
) -> None:
    outcome = finished.shell("sh", "-c", command)
    assert outcome.code == code
    assert says in outcome.err if says else outcome.err == ""


def test_ctrl_c_ends_it_quietly_with_130(finished: Project) -> None:
    with usual_signals():  # a command in the background ignores Ctrl-C
        process = finished.start(
            "python", "-m", "counting", "97,", "--steps", "1000000"
        )
    assert process.stdout
    assert process.stdout.read(3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode in (130, -signal.SIGINT)  # 130 in a shell
    assert err == ""
