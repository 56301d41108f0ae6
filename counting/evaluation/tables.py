"""The tables of a variant as CSV, by seed; the metrics are means of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from counting.base.files import as_csv
from counting.evaluation import metrics, mistakes
from counting.evaluation.judging import Judged
from counting.text.vocabulary import Tokens, Vocabulary

BySeed = Mapping[int, Judged]


def tables(
    judged: BySeed, samples: list[list[Any]], valid: Tokens, vocabulary: Vocabulary
) -> dict[str, str]:
    """Lay out all tables, by the name of their file.

    Args:
        judged: what was measured of each seed.
        samples: rows of `judging.samples`, for the first seed.
        valid: the stream (n,), whose errors are counted.
        vocabulary: its words.
    """
    return {
        "seeds.csv": seeds(judged),
        "count_run.csv": counts(judged),
        "steps.csv": steps(judged),
        "errors.csv": errors(judged, valid, vocabulary),
        "confusion.csv": confusion(judged, valid, vocabulary),
        "memory.csv": memory(judged, "fading", ["place", "words"]),
        "comma.csv": memory(judged, "at_comma", ["place"]),
        "samples.csv": as_csv(["prompt", "said", "truth", "right_steps"], samples),
    }


def seeds(judged: BySeed) -> str:
    """Lay out the metrics of each seed and stream."""
    keys = [*metrics.KEYS, metrics.ONE_GIVEN]
    names = next(iter(judged.values())).scores
    return as_csv(
        ["seed", "stream", *keys],
        [
            [seed, name, *(one.row(name)[key] for key in keys)]
            for name in names
            for seed, one in judged.items()
        ],
    )


def counts(judged: BySeed) -> str:
    """Lay out how far each seed counts from the end of train and from one."""
    return as_csv(
        ["seed", "numbers_right", "from_one"],
        [[seed, one.further, one.from_one] for seed, one in judged.items()],
    )


def steps(judged: BySeed) -> str:
    """Lay out the share of sequences still right after each token."""
    return as_csv(
        ["stream", "seed", "steps", "sequence_accuracy"],
        [
            [name, seed, step, share]
            for name in ("train", "valid")
            for seed, one in judged.items()
            for step, share in enumerate(one.scores[name].right_through, start=1)
        ],
    )


def errors(judged: BySeed, valid: Tokens, vocabulary: Vocabulary) -> str:
    """Lay out the kinds of first errors on valid."""
    wrong = [one.scores["valid"].wrong_at for one in judged.values()]
    return as_csv(
        ["kind", "roll_over", *(f"seed_{seed}" for seed in judged)],
        [
            [kind, nines, *found]
            for kind, nines, found in mistakes.tabulate(valid, vocabulary.words, wrong)
        ],
    )


def confusion(judged: BySeed, valid: Tokens, vocabulary: Vocabulary) -> str:
    """Lay out which word was said where another was expected, over all seeds."""
    found = [one.scores["valid"] for one in judged.values()]
    return as_csv(
        ["expected", "said", "sequences"],
        [
            [vocabulary.words[token], vocabulary.words[said], count]
            for token, said, count in mistakes.confusion(
                valid, [(one.wrong_at, one.decoded) for one in found]
            )
        ],
    )


def memory(judged: BySeed, part: str, columns: list[str]) -> str:
    """Lay out how well each place is known; `part` is a field of `probes.Memory`."""
    return as_csv(
        ["seed", *columns, "accuracy", "chance"],
        [
            [seed, *row]
            for seed, one in judged.items()
            if one.memory
            for row in getattr(one.memory, part)
        ],
    )


def probes(judged: BySeed) -> dict[str, Any]:
    """Give the probes of the first seed, with which its states can be read anywhere."""
    seed, one = next(iter(judged.items()))
    return {"seed": seed, "places": one.memory.probes if one.memory else {}}
