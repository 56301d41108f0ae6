"""A conversation in a terminal: prompts, and commands that start with a colon."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.history import FileHistory, History, InMemoryHistory

from counting.base.errors import InputError, suggest
from counting.speaking import variants
from counting.terminal.screen import Screen
from counting.terminal.talk import STEPS, Talk, Wishes
from counting.terminal.views import FAINT, WRONG

HELP = f"""\
Type numbers, digits or words: 9097, 9098,     An empty line goes on.
:variant NAME    another network (:variant alone lists them)
:seed N          another training of it
:steps N         tokens to say ({STEPS} at first)
:top N           show the N likeliest words (0: words alone)
:until-wrong     go on to the first error, or no longer do
:compare A B     two networks side by side (:compare alone: one again)
:help  :quit     Ctrl-C stops what is being said, Ctrl-D quits as well
"""


class Session:
    """What was said so far, and what is wanted of what comes."""

    def __init__(self, wishes: Wishes) -> None:
        self.wishes, self.screen = wishes, Screen()
        self.talk: Talk | None = None

    def run(self) -> None:
        """Answer until somebody has enough."""
        names = [speaker.name for speaker in self.wishes.speakers()]  # or say why not
        self.screen.line(f"{' and '.join(names)} listens; :help tells how.", FAINT)
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        asking: PromptSession[str] = PromptSession(history=history())
        try:
            self.converse(asking)
        finally:
            signal.signal(signal.SIGINT, before)

    def converse(self, asking: PromptSession[str]) -> None:
        """Ask and answer."""
        while True:
            try:
                if not self.answer(asking.prompt("> ").strip()):
                    return
            except KeyboardInterrupt:  # at the prompt, or while something is said
                self.screen.end_line()
            except EOFError:
                return

    def answer(self, line: str) -> bool:
        """Answer a line; False once it is the last."""
        try:
            if line.startswith(":"):
                return self.obey(*line[1:].split())
            if line or self.talk is None:
                self.talk = Talk(self.wishes, line)
            self.talk.go_on(self.screen)
        except InputError as error:
            self.screen.line(str(error), WRONG)
        return True

    def obey(self, name: str = "", *given: str) -> bool:
        """Do what a command says; False once it is to quit.

        Raises:
            InputError: there is no such command, or it is not given what it needs.
        """
        if name == "quit":
            return False
        if name in ("variant", "seed", "steps", "top", "until-wrong", "compare"):
            self.change(name, *given)
        elif name == "help":
            self.screen.write(HELP)
        else:
            known = HELP_COMMANDS
            raise InputError(f":{name} is not a command{suggest(name, known)}")
        return True

    def change(self, name: str, *given: str) -> None:
        """Change a wish, and load what it names, so that it fails now if it must.

        Raises:
            InputError: it cannot be had.
        """
        if name == "variant" and not given:
            self.screen.line("  ".join(variants.trained(self.wishes.models)))
            return
        wishes = replace(self.wishes, **self.wish(name, *given))
        speakers = wishes.speakers()
        self.wishes, self.talk = wishes, None
        said = f"{wishes.top or 'no'} likeliest words, {wishes.steps or STEPS} tokens"
        if wishes.until_wrong:
            said = "to the first error"
        names = " and ".join(speaker.name for speaker in speakers)
        self.screen.line(f"{names}; {said}", FAINT)

    def wish(self, name: str, *given: str) -> dict[str, Any]:
        """Turn a command into what changes in the wishes.

        Raises:
            InputError: it is not given what it needs.
        """
        if name == "until-wrong" and not given:
            return {"until_wrong": not self.wishes.until_wrong, "compare": None}
        if name == "compare" and len(given) in (0, 2):
            return {"compare": given or None, "until_wrong": False}
        if name == "variant" and len(given) == 1:
            return {"variant": given[0], "seed": None, "compare": None}
        digits = len(given) == 1 and given[0].isascii() and given[0].isdigit()
        if name in ("seed", "steps", "top") and digits:
            return {name: int(given[0][:9])}
        raise InputError(f":{name} {' '.join(given)}: not so; :help tells how")


HELP_COMMANDS = [
    word.removeprefix(":") for word in HELP.split() if word.startswith(":")
]


def history() -> History:
    """Keep what was typed, for the next time; only now where that is not possible."""
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    path = Path(home) / "counting" / "history"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(path))
