"""A conversation in a terminal: prompts, and commands that start with a colon."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.history import FileHistory, History, InMemoryHistory

from counting.base.errors import InputError, suggest
from counting.speaking import variants
from counting.terminal.command import read_flags
from counting.terminal.talk import STEPS, Options, Talk
from counting.terminal.view import FAINT, WRONG, View

HELP = f"""\
Type numbers in digits or words: 9097, 9098,     An empty line goes on.
:variant NAME    another network (:variant alone lists them)
:seed N          another seed of the network
:steps N         say N tokens ({STEPS} at first)
:top N           show the N likeliest words (0: none)
:until-wrong     go on to the first error (again: to the number of tokens)
:compare A B     two networks side by side (:compare alone: one again)
:help  :quit     Ctrl-C stops what is being said; Ctrl-D quits, too\
"""
COMMANDS = [word[1:] for word in HELP.split() if word.startswith(":")]


class Session:
    """The conversation so far, and the options for the next prompt."""

    def __init__(self, options: Options) -> None:
        self.options, self.view = options, View()
        self.talk: Talk | None = None

    def run(self) -> None:
        """Load the networks, so that a mistake shows at once, and converse."""
        names = " and ".join(speaker.name for speaker in self.options.speakers())
        self.view.line(f"{names}; type :help for what can be typed", FAINT)
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        asking: PromptSession[str] = PromptSession(history=history())
        try:
            self.converse(asking)
        finally:
            signal.signal(signal.SIGINT, before)

    def converse(self, asking: PromptSession[str]) -> None:
        """Ask and answer until the user quits."""
        while True:
            try:
                if not self.answer(asking.prompt("> ").strip()):
                    return
            except KeyboardInterrupt:  # at the prompt, or while something is said
                self.view.line("")
            except EOFError:
                return

    def answer(self, line: str) -> bool:
        """Answer a line; False if the user quits."""
        try:
            if line.startswith(":"):
                return self.obey(*line[1:].split())
            if line or self.talk is None:
                self.talk = Talk(self.options, line, self.view)
            self.talk.go_on()
        except InputError as error:
            self.view.line(str(error), WRONG)
        return True

    def obey(self, name: str = "", *given: str) -> bool:
        """Do what a command says; False if the user quits.

        Raises:
            InputError: there is no such command, or its words are wrong.
        """
        if name not in COMMANDS:
            raise InputError(f":{name} is not a command{suggest(name, COMMANDS)}")
        if name == "help":
            self.view.line(HELP)
        elif (name, given) == ("variant", ()):
            self.view.line("  ".join(variants.trained(self.options.models)))
        elif name != "quit":
            self.change(name, *given)
        return name != "quit"

    def change(self, name: str, *given: str) -> None:
        """Change an option and load the networks, so that a mistake shows at once.

        Raises:
            InputError: the option is wrong, or a network is missing or damaged.
        """
        options = self.options
        if name == "variant":
            options = replace(options, seed=None, compare=None)
        elif name == "compare":
            options = replace(options, compare=None)
        if (name, given) == ("until-wrong", ()):
            options = replace(options, until_wrong=not options.until_wrong)
        elif (name, given) != ("compare", ()):
            options, words = read_flags([f"--{name}", *given], options)
            if words:
                raise InputError(
                    f":{name} {' '.join(given)}: {words[-1]!r} is one word too many"
                )
        names = " and ".join(speaker.name for speaker in options.speakers())
        self.options, self.talk = options, None
        shown = f"{options.top} likeliest words" if options.top else "numbers"
        end = f"{options.steps or STEPS} tokens"
        end = "the first error" if options.until_wrong else end
        self.view.line(f"{names}; {shown}, up to {end}", FAINT)


def history() -> History:
    """Keep what is typed for the next session; if that fails, for this one alone."""
    try:
        home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
        path = Path(home) / "counting" / "history"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    except (OSError, RuntimeError):  # RuntimeError: the user has no home
        return InMemoryHistory()
    return FileHistory(str(path))
