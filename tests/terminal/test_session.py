"""A session: prompts and commands, as somebody types them."""

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


def test_it_answers_and_an_empty_line_goes_on(
    names: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    converse("97, 98,", "", ":quit")
    twice = capsys.readouterr().out.split("how.\n")[1]
    converse(":steps 8", "97, 98,", ":quit")
    once = capsys.readouterr().out.split("8 tokens\n")[1]
    assert twice.split() == once.split()
    assert len(once.split()) == 8
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
        "98,": "token",
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
    session = Session(Wishes(variant=names[0], until_wrong=True))
    session.answer("97, 98,")
    wrong = capsys.readouterr().out.split("\nwrong at token")[0]
    session.answer("")
    said = f"{wrong} {capsys.readouterr().out}".replace("[", "").replace("]", "")
    Session(Wishes(variant=names[0], steps=len(said.split()))).answer("97, 98,")
    assert capsys.readouterr().out.split() == said.split()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("ninne", "did you mean 'nine'"),
        (":", "is not a command"),
        (":quti", "did you mean 'quit'"),
        (":variant nobody", "is not a variant"),
        (":seed", "not so"),
        (":seed x", "not so"),
        (":seed 7", "was not trained"),
        (":compare a", "not so"),
    ],
)
def test_a_mistake_is_told_and_changes_nothing(
    names: list[str], capsys: pytest.CaptureFixture[str], line: str, says: str
) -> None:
    session = Session(Wishes(variant=names[0], steps=3))
    wishes = session.wishes
    assert session.answer(line)
    assert says in capsys.readouterr().out
    assert session.wishes == wishes
