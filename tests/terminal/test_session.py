"""A session: prompts and commands, as somebody types them."""

import re
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from counting.terminal.session import Session
from counting.terminal.talk import Wishes
from tests.conftest import Project
from tests.terminal.test_command import variants_of


@pytest.fixture
def names(
    finished: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> list[str]:
    """The variants of the tiny project that we are in."""
    monkeypatch.chdir(finished.root)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return variants_of(finished)


def converse(*typed: str) -> None:
    with (
        create_pipe_input() as keys,
        create_app_session(input=keys, output=DummyOutput()),
    ):
        keys.send_text("".join(f"{line}\r" for line in typed))
        Session(Wishes(steps=4)).run()


def rows(out: str) -> list[str]:
    """Give the rows of numbers, without the label in front of them."""
    shown = (line[4:].strip() for line in out.splitlines())
    return [re.sub(r"[\[\]]", "", line) for line in shown if re.match(r"\d", line)]


def test_it_answers_and_an_empty_line_goes_on(
    names: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    converse(":steps 1", "97, 98,", "", ":quit")
    twice = capsys.readouterr().out
    converse(":steps 99", "97, 98,", ":quit")
    once = capsys.readouterr().out
    said = [row for row in rows(twice) if row in rows(once)]
    assert len(said) >= 4, "two that were read, two that were said"
    assert names


def test_what_was_typed_is_kept_for_the_next_time(
    names: list[str], tmp_path: Path
) -> None:
    converse("97,", ":quit")
    converse("98,", ":quit")
    kept = (tmp_path / "state" / "counting" / "history").read_text()
    assert [line for line in kept.splitlines() if line.startswith("+")] == [
        "+97,", "+:quit", "+98,", "+:quit",
    ]  # fmt: skip
    assert names


def test_a_history_that_cannot_be_kept_is_done_without(
    names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(Path("params.yaml").absolute()))
    converse("97,", ":quit")
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", lambda uid: {}[uid])  # nobody knows the user
    converse("97,", ":quit")
    assert names


def test_every_command_changes_what_comes(
    names: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    session = Session(Wishes(steps=3))
    one, two = names[:2]
    for line, says in {
        ":variant": f"{one}  {two}",
        f":variant {two}": f"{two}:0",
        ":seed 1": f"{two}:1",
        ":top 2": "2 likeliest words",
        "97,": " 0.",
        ":top 0": "no likeliest words",
        ":until-wrong": "to the first error",
        "98,": "right",
        f":compare {one} {two}": f"{one}:1 and {two}:1",
        "99,": f"{one}:1",
        ":compare": f"{two}:1",
        ":help": "Ctrl-D",
    }.items():
        assert session.answer(line)
        assert says in capsys.readouterr().out, line
    assert not session.answer(":quit")


def test_after_an_error_it_goes_on_unjudged(
    names: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    session = Session(Wishes(variant=names[0], steps=60))
    session.answer("97, 98,")
    assert "then an error in" in capsys.readouterr().out
    session.answer("")
    assert "not judged: it goes on from an error" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("tow", "did you mean 'two'"),
        (":", "is not a command"),
        (":quti", "did you mean 'quit'"),
        (":variant nobody", "is not a variant"),
        (":seed", "expected one argument"),
        (":seed x", "'x' is not allowed; expected a whole number from 0 on"),
        (":seed 7", "was not trained"),
        (":seed 1234567890", "seed 1234567890 was not trained"),
        (":seed 0 1", "'1' is too much"),
        (":steps 0", "'0' is not allowed; expected a whole number from 1 on"),
        (":compare a", "expected 2 arguments"),
    ],
)
def test_a_mistake_is_told_and_changes_nothing(
    names: list[str], capsys: pytest.CaptureFixture[str], line: str, says: str
) -> None:
    session = Session(Wishes(variant=names[0], steps=3))
    wishes = session.wishes
    assert session.answer(line)
    assert says in " ".join(capsys.readouterr().out.split())
    assert session.wishes == wishes
