"""A session: prompts and commands, as somebody types them."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from counting.terminal.session import Session
from counting.terminal.talk import Options
from tests.conftest import Project

pytestmark = pytest.mark.usefixtures("inside")
Said = Callable[[], str]


@pytest.fixture
def inside(finished: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Be in the tiny project, with a history that is not the user's."""
    monkeypatch.chdir(finished.root)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """What was printed since the last call, in one line."""
    return lambda: " ".join(capsys.readouterr().out.split())


def converse(*typed: str) -> None:
    with (
        create_pipe_input() as keys,
        create_app_session(input=keys, output=DummyOutput()),
    ):
        keys.send_text("".join(f"{line}\r" for line in typed))
        Session(Options(steps=4)).run()


def test_it_answers_and_an_empty_line_goes_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def rows() -> list[str]:
        shown = (line[4:].strip() for line in capsys.readouterr().out.splitlines())
        return [re.sub(r"[\[\]]", "", line) for line in shown if re.match(r"\d", line)]

    converse(":steps 1", "97, 98,", "", ":quit")
    twice = rows()
    converse(":steps 99", "97, 98,", ":quit")
    once = rows()
    assert len([row for row in twice if row in once]) >= 4, "two read, two said"


def test_what_was_typed_is_kept_for_the_next_time(tmp_path: Path) -> None:
    converse("97,", ":quit")
    converse("98,", ":quit")
    kept = (tmp_path / "state" / "counting" / "history").read_text()
    assert re.findall(r"^\+(.*)$", kept, re.MULTILINE) == [
        "97,",
        ":quit",
        "98,",
        ":quit",
    ]


def test_a_history_that_cannot_be_kept_is_done_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(Path("params.yaml").absolute()))
    converse(":quit")
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", lambda uid: {}[uid])  # nobody knows the user
    converse(":quit")


def test_every_command_changes_what_comes(said: Said) -> None:
    session = Session(Options(steps=3))
    for line, says in {
        ":variant": "gru rnn",
        ":variant rnn": "rnn:0",
        ":seed 1": "rnn:1",
        ":top 2": "2 likeliest words",
        "97,": " 0.",
        ":top 0": "rnn:1; numbers, up to 3 tokens",
        ":until-wrong": "up to the first error",
        "98,": "right",
        ":compare gru rnn": "gru:1 and rnn:1",
        "99,": "gru:1",
        ":compare": "rnn:1",
        ":help": "Ctrl-D",
    }.items():
        assert session.answer(line)
        assert says in said(), line
    assert not session.answer(":quit")


def test_after_an_error_it_goes_on_unjudged(said: Said) -> None:
    session = Session(Options(variant="gru", steps=60))
    session.answer("97, 98,")
    assert "then an error in" in said()
    session.answer("")
    assert "not judged: it goes on from an error" in said()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("tow", "did you mean 'two'"),
        (":quti", "did you mean 'quit'"),
        (":variant nobody", "is not a variant"),
        (":seed", "expected one argument"),
        (":seed x", "'x' is not allowed: expected a whole number, 0 or more"),
        (":seed 1234567890", "seed 1234567890 was not trained"),
        (":seed 0 1", "'1' is one word too many"),
        (":compare a", "expected 2 arguments"),
    ],
)
def test_a_mistake_is_reported_and_changes_nothing(
    said: Said, line: str, says: str
) -> None:
    session = Session(Options(variant="gru", steps=3))
    options = session.options
    assert session.answer(line)
    assert says in said()
    assert session.options == options
