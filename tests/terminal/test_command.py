"""`python -m counting` on a tiny project: what it says, and how it ends."""

import json
import re
import shutil
import signal
from typing import Any

import pytest

from counting.base import files
from tests.conftest import Outcome, Project, usual_signals
from tests.stages.test_pipeline import ROOT, closure, imports_of


def variants_of(project: Project) -> list[str]:
    return sorted(p.name for p in project.path("data/models").iterdir())


def with_head(project: Project, head: str) -> str:
    models = project.params["models"]
    return next(
        name
        for name in variants_of(project)
        if bool(models[name].get("copy_head")) == (head == "copy")
    )


def talk(project: Project, *flags: str) -> Outcome:
    return project.call("counting.__main__", *flags)


def lines(outcome: Outcome) -> list[Any]:
    assert outcome.code == 0, outcome.err
    return [json.loads(line) for line in outcome.out.splitlines()]


def test_it_says_as_many_words_as_asked_and_the_same_again(finished: Project) -> None:
    outcome = talk(finished, "97, 98,", "--steps", "9")
    assert outcome.code == 0, outcome.err
    assert len(outcome.out.split()) == 9
    assert "\x1b" not in outcome.out
    assert outcome == talk(finished, "ninety seven , 98,", "--steps", "9")


def test_unquoted_words_are_one_prompt(finished: Project) -> None:
    quoted = talk(finished, "ninety seven", "--steps", "3")
    assert talk(finished, "ninety", "seven", "--steps", "3") == quoted


def test_the_empty_prompt_starts_at_the_beginning(finished: Project) -> None:
    assert talk(finished, "", "--steps", "3") == talk(finished, ",", "--steps", "3")


def test_a_prompt_longer_than_a_chunk_is_read_to_its_end(finished: Project) -> None:
    long = " ".join(f"{number}," for number in range(1, 111))
    (step,) = lines(talk(finished, long, "--json", "--steps", "1"))
    assert 0 < step["probability"] <= 1


def test_json_tells_how_a_word_was_found(finished: Project) -> None:
    name = with_head(finished, "copy")
    flags = ("--variant", name, "--seed", "1", "--json", "--steps", "5", "--top", "3")
    found = lines(talk(finished, "97, 98,", *flags))
    read = "ninety seven , ninety eight ,".split()
    assert [step["step"] for step in found] == [1, 2, 3, 4, 5]
    for step in found:
        assert (step["variant"], step["seed"]) == (name, 1)
        assert next(iter(step["top"])) == step["token"]
        assert list(step["top"].values()) == sorted(step["top"].values())[::-1]
        assert step["top"][step["token"]] == step["probability"]
        assert len(step["top"]) == 3
        assert sum(step["gates"].values()) == pytest.approx(1, abs=1e-5)
        assert step["copied"]["word"] == read[-step["copied"]["back"]]
        read.append(step["token"])


def test_the_first_word_of_all_has_nothing_to_copy(finished: Project) -> None:
    flags = ("--variant", with_head(finished, "copy"), "--json", "--steps", "1")
    (step,) = lines(talk(finished, "", *flags))
    assert step["copied"] is None
    assert step["gates"]["own"] == 1


def test_a_linear_head_copies_nothing(finished: Project) -> None:
    flags = ("--variant", with_head(finished, "linear"), "--json", "--steps", "1")
    (step,) = lines(talk(finished, "97,", *flags))
    assert step["gates"] is step["copied"] is None


def test_until_wrong_ends_at_the_first_error_and_marks_it(finished: Project) -> None:
    outcome = talk(finished, "97, 98,", "--until-wrong", "--steps", "200")
    words = re.sub(r"[\[\]]", "", outcome.out.splitlines()[-2]).split()
    said = re.fullmatch(
        r"wrong at token (\d+): said '(\S+)', expected '(\S+)'",
        outcome.out.splitlines()[-1],
    )
    assert said
    assert words[-1] == said[2] != said[3]
    assert f"[{said[2]}]" in outcome.out
    found = lines(talk(finished, "97, 98,", "--until-wrong", "--json"))
    assert [step["right"] for step in found] == [True] * (len(found) - 1) + [False]
    assert found[-1]["expected"] == said[3]


def test_the_likeliest_words_stand_beside_each(finished: Project) -> None:
    outcome = talk(finished, "97,", "--top", "2", "--steps", "4")
    assert len(outcome.out.splitlines()) == 4
    assert all(len(re.findall(r" 0\.\d{4}", line)) == 2 for line in
               outcome.out.splitlines())  # fmt: skip


def test_two_networks_are_shown_up_to_where_they_part(finished: Project) -> None:
    one, two = variants_of(finished)[:2]
    outcome = talk(finished, "97,", "--compare", f"{one}:1", two, "--steps", "30")
    assert outcome.code == 0, outcome.err
    header, *rows = outcome.out.splitlines()
    assert header.split() == [f"{one}:1", f"{two}:0"]
    pairs = [row.split()[:3:2] for row in rows[:30]]
    parted = [number for number, (a, b) in enumerate(pairs) if a != b]
    marked = [number for number, row in enumerate(rows) if "they part here" in row]
    assert marked == parted[:1]
    found = lines(
        talk(finished, "97,", "--compare", one, two, "--steps", "3", "--json")
    )
    assert [step["variant"] for step in found] == [one, two] * 3


def test_a_network_beside_itself_agrees(finished: Project) -> None:
    name = variants_of(finished)[0]
    outcome = talk(finished, "97,", "--compare", name, name, "--steps", "3")
    assert outcome.out.splitlines()[-1] == "they agree"


def test_the_best_variant_speaks_and_the_first_without_metrics(
    finished: Project,
) -> None:
    names = variants_of(finished)
    for best in names:
        for name in names:
            path = finished.path(f"reports/metrics/{name}.json")
            content = json.loads(path.read_text())
            content["valid"]["sequence_accuracy"] = 0.5
            content["count_further"]["median"] = 9 if name == best else 3
            files.write_json(path, content)
        (step,) = lines(talk(finished, "97,", "--json", "--steps", "1"))
        assert step["variant"] == best
    shutil.rmtree(finished.path("reports"))
    (step,) = lines(talk(finished, "97,", "--json", "--steps", "1"))
    assert step["variant"] == names[0]


def test_without_parameters_digits_are_english(finished: Project) -> None:
    finished.path("params.yaml").unlink()
    assert talk(finished, "97,", "--steps", "2").code == 0


BAD = {
    ("ninne",): "did you mean 'nine'",
    ("97,", "--variant", "nobody"): "'nobody' is not a variant in data/models",
    ("97,", "--seed", "7"): "seed 7 was not trained; expected one of 0, 1",
    ("97,", "--seed", "one"): "expected a whole number from 0 on",
    ("97,", "--steps", "0"): "expected a whole number from 1 on",
    ("97,", "--steps", "9" * 5000): "expected a whole number",
    ("97,", "--stepps", "3"): "unrecognized arguments: --stepps",
    ("97,", "--models", "nowhere"): "no trained network there; `make repro`",
    ("97,", "--models", "params.yaml"): "no trained network there; `make repro`",
    ("97,", "--compare", "nobody"): "expected 2 arguments",
    ("97,", "--compare", "a:b", "a"): "such as a:0",
    ("97,", "--compare", "a", "b", "--until-wrong"): "leave one out",
    (",", "--until-wrong"): "cannot tell what comes after",
    ("1000000,",): "the network never read 'million'",
}


@pytest.mark.parametrize("flags", BAD, ids=lambda flags: " ".join(flags)[:40])
def test_bad_input_gets_one_line_and_2(
    finished: Project, table: list[tuple[str, str]], flags: tuple[str, ...]
) -> None:
    outcome = talk(finished, *flags)
    assert (outcome.code, outcome.out) == (2, "")
    (line,) = outcome.err.splitlines()
    assert BAD[flags] in line
    table.append((f"counting {' '.join(flags)[:60]}", line))


def test_a_variant_that_is_not_trained_yet_is_told_apart(finished: Project) -> None:
    name = variants_of(finished)[0]
    shutil.rmtree(finished.path(f"data/models/{name}"))
    outcome = talk(finished, "97,", "--variant", name)
    assert f"`dvc repro train@{name}` trains it" in outcome.err
    shutil.rmtree(finished.path("data/models"))
    assert "`make repro` trains all" in talk(finished, "97,").err


def test_a_damaged_folder_gets_the_line_of_the_checkpoint(finished: Project) -> None:
    name = variants_of(finished)[0]
    weights = finished.path(f"data/models/{name}/seed-0.safetensors")
    weights.write_bytes(weights.read_bytes()[:100])
    outcome = talk(finished, "97,", "--variant", name)
    assert (outcome.code, len(outcome.err.splitlines())) == (2, 1)
    assert f"run `dvc repro train@{name}` again" in outcome.err


def test_help_has_examples(finished: Project) -> None:
    outcome = talk(finished, "--help")
    assert outcome.code == 0
    assert 'python -m counting "9097, 9098,"' in outcome.out


def test_no_module_of_the_terminal_can_load_torch() -> None:
    names = {
        name.partition(".")[0]
        for path in closure(ROOT / "counting" / "__main__.py")
        for name in imports_of(path)
    }
    assert "torch" not in names
    assert "numba" in names


def test_the_first_token_comes_without_torch_rich_and_prompt_toolkit(
    finished: Project,
) -> None:
    code = (
        "import sys; from counting.__main__ import main; sys.argv[1:] = ['97,'];"
        "main(); print(*{'torch', 'rich', 'prompt_toolkit'} & set(sys.modules))"
    )
    outcome = finished.shell("python", "-c", code)
    assert outcome.code == 0, outcome.err
    assert outcome.out.splitlines()[-1] == ""


def test_standard_input_is_read_a_number_a_line(finished: Project) -> None:
    command = "printf 'ninety seven\\nninety eight\\n' | python -m counting --steps 3"
    piped = finished.shell("sh", "-c", command)
    assert piped.code == 0, piped.err
    assert piped.out == talk(finished, "97, 98", "--steps", "3").out
    bad = finished.shell("sh", "-c", "printf '\\377' | python -m counting")
    assert bad.code == 2
    assert "byte 0 is not UTF-8" in bad.err
    closed = finished.shell("sh", "-c", "python -m counting --steps 3 <&-")
    assert closed.out == talk(finished, "", "--steps", "3").out


def test_whoever_stops_reading_ends_it_quietly(finished: Project) -> None:
    command = "python -m counting 97, --steps 1000000 | head -c 3"
    outcome = finished.shell("sh", "-c", command)
    assert outcome.err == ""


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
