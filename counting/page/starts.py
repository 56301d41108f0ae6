"""Choose where the live count starts in each step of the story.

A place must show what the step tells. It is found by letting the networks count, since
other weights go wrong in other places; if none fits, the first candidate is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise, takewhile
from typing import Any, NamedTuple

import numpy as np

from counting.page.results import Results

LEAD = 2  # numbers given before the one where a count starts
AFTER = 6  # numbers after it that a network is tried on
WELL_KNOWN = (4567, 4321, 3456, 5432, 6543, 2345, 5678, 6789, 1234, 7531)
ENOUGH = 20  # right words in a row
NEARLY = (0.9, 0.98)  # token accuracies that are high, yet too low for a sequence


class Start(NamedTuple):
    """A start of the live count."""

    label: str  # the last given number
    typed: str  # all given numbers, as a person types them


class Starts(NamedTuple):
    """The starts of the live count, by what they show."""

    inside: Start  # the plain network fails there, and the one with gates does not
    keeper: dict[str, str]  # view: a unit of the latter that holds the thousands there
    forced: Start  # nearly all words are right, but too few in a row
    turn: Start  # just before the thousands change
    end: Start  # just before the end of the training text
    beyond: Start  # just before the first pair of words that training never met
    new_word: dict[str, str]  # view: the place where the line with that pair begins


class Tried(NamedTuple):
    """The words that a network says after a start, fed with the truth."""

    right: list[bool]  # word by word
    thousands: int | None  # read from its state at the end of the start
    just_read: list[int]  # the same where they were just said, in the numbers given

    @property
    def in_a_row(self) -> int:
        """Count the right words before the first error."""
        return len([*takewhile(bool, self.right)])

    @property
    def accuracy(self) -> float:
        """Give the token accuracy, in [0, 1]."""
        return sum(self.right) / len(self.right)


class Places:
    """The lines of the texts, where networks are tried."""

    def __init__(self, results: Results) -> None:
        streams = [results.streams[name].tolist() for name in ("train", "valid")]
        self.results = results
        self.lines = [line for stream in streams for line in lines_of(stream)]
        self.n = len(lines_of(streams[0]))
        self.met = set(pairwise(streams[0]))

    def start(self, at: int) -> Start:
        """Give the start whose last line is `at`."""
        before = range(max(0, at - LEAD), max(0, at) + 1)
        words, numbers = self.results.words, self.results.numbers
        if numbers:
            return numbered([numbers[0] + k for k in before])
        texts = [" ".join(words[t] for t in self.lines[k]) for k in before]
        return Start(texts[-1], " ".join(f"{text} {words[0]}" for text in texts))

    def tokens_before(self, at: int) -> int:
        """Count the tokens before the line `at`, for the start of the line `at - 2`."""
        return sum(len(line) + 1 for line in self.lines[max(0, at - 2 - LEAD) : at])

    def inside(self) -> list[int]:
        """List lines of the training text to try, well-known numbers first."""
        first, last = self.results.numbers or (0, 0)
        known = [n - first for n in WELL_KNOWN if first + LEAD < n < last - AFTER]
        return known + [max(0, self.n * k // 11 - 1) for k in range(5, 11)]

    def turns(self) -> list[int]:
        """List lines of the training text, each two before the thousands change."""
        first, last = self.results.numbers or (0, 0)
        turns = [n - 2 - first for n in range(3000, last, 1000)]
        return [at for at in turns if at >= LEAD] or [self.n // 3]

    def new(self) -> Iterator[int]:
        """Give the lines after the training text that have a new pair of words."""
        for k in range(self.n, len(self.lines)):
            if set(pairwise(self.lines[k])) - self.met:
                yield k

    def tried(self, name: str | None, at: int) -> Tried | None:
        """Let a network go on after the line `at`; None without network or lines."""
        read = self.results.readers.get(name or "")
        given = self.lines[max(0, at - LEAD) : at + 1]
        after = self.lines[at + 1 : at + 1 + AFTER]
        if read is None or not after:
            return None
        tokens = [t for line in [*given, *after] for t in [*line, 0]]
        start = sum(len(line) + 1 for line in given)
        predicted, states = read(tokens[:-1])
        right = [
            a == b for a, b in zip(predicted[start - 1 :], tokens[start:], strict=True)
        ]
        probe = self.results.probes[name or ""]["places"].get("thousands")
        if not probe:
            return Tried(right, None, [])
        begins = np.cumsum([len(line) + 1 for line in given[:-1]])  # not the first
        just_read = [digit_held(probe, states[at + 1]) for at in begins]
        return Tried(right, digit_held(probe, states[start - 1]), just_read)

    def keeper(self, name: str | None, at: int) -> int | None:
        """Find the unit that holds the thousands: the stillest that the probe names.

        Compared are its values from the second word of the line `at` to the separator.
        """
        read, line = self.results.readers.get(name or ""), self.lines[at]
        probe = self.results.probes[name]["places"].get("thousands") if name else None
        if read is None or not probe:
            return None
        given = self.lines[max(0, at - LEAD) : at + 1]
        _, states = read([t for each in given for t in [*each, 0]])
        kept = states[-len(line) :]
        units = [unit for unit, _ in probe["units"]]
        return min(units, key=lambda unit: float(np.ptp(kept[:, unit])), default=None)


def starts_of(results: Results, plain: str | None, gated: str | None) -> Starts:
    """Choose all starts, for the plain and the gated network of the story."""
    places = Places(results)

    def parts_them(at: int) -> bool:
        one, other = places.tried(plain, at), places.tried(gated, at)
        if one is None or other is None:
            return False
        thousands = ((results.numbers or (0, 0))[0] + at) // 1000
        had = all(digit == thousands for digit in one.just_read)
        forgets = had and not one.right[0] and one.thousands != thousands
        return forgets and other.in_a_row >= ENOUGH

    def is_nearly_right(at: int) -> bool:
        one, (low, high) = places.tried(gated, at), NEARLY
        if one is None:
            return False
        return low < one.accuracy < high and 0 < one.in_a_row < ENOUGH

    def holds_on(at: int) -> bool:
        one = places.tried(gated, at)
        return one is not None and one.in_a_row == len(places.lines[at + 1]) + 1

    new = next(places.new(), places.n)
    inside = first(places.inside(), parts_them)
    keeper = places.keeper(gated, inside)
    return Starts(
        inside=places.start(inside),
        keeper={} if keeper is None else {"unit": str(keeper)},
        forced=places.start(first(places.inside()[::-1], is_nearly_right)),
        turn=places.start(first(places.turns(), holds_on)),
        end=places.start(places.n - 2),
        beyond=places.start(new - 2),
        new_word={"place": str(places.tokens_before(new))},
    )


def first(places: list[int], fits: Callable[[int], bool]) -> int:
    """Give the first place that fits; if none does, the first of all."""
    return next(filter(fits, places), places[0])


def digit_held(probe: Any, state: Any) -> int:
    """Read a digit from a hidden state (H,) by a linear probe."""
    scores = np.array(probe["weight"]) @ state + np.array(probe["bias"])
    return int(probe["digits"][int(scores.argmax())])


def numbered(numbers: Sequence[int]) -> Start:
    """Give a start of these numbers, in digits."""
    typed = " ".join(f"{number}," for number in numbers)
    return Start(f"{numbers[-1]:,}", typed)


def lines_of(tokens: Sequence[int]) -> list[list[int]]:
    """Cut a stream at its separators, token 0."""
    lines: list[list[int]] = [[]]
    for token in tokens:
        if token:
            lines[-1].append(token)
        else:
            lines.append([])
    return lines
