"""Everything that is measured of a network, whichever engine runs it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from counting.base.params import Evaluate
from counting.engine.forward import Inference
from counting.evaluation import generation, metrics, probes, scores
from counting.evaluation.digits import Moments
from counting.evaluation.joined import separators
from counting.evaluation.loading import Texts
from counting.evaluation.reader import Reader
from counting.text.vocabulary import Tokens, Vocabulary


class Judged(NamedTuple):
    """What is measured of the network of one seed."""

    scores: dict[str, scores.Scores]  # by stream
    one_given: dict[str, float]  # by stream: see generation.one_given
    further: int  # numbers of valid and beyond, counted right from the end of train
    from_one: int  # numbers counted right from the first of train on
    memory: probes.Memory | None  # None where there is nothing to probe

    def row(self, stream: str) -> dict[str, float]:
        """Give the metrics of a stream, by key."""
        found = self.scores[stream]
        return {key: getattr(found, key) for key in metrics.KEYS} | {
            metrics.ONE_GIVEN: self.one_given[stream]
        }


def judge(read: Reader, texts: Texts, judging: Evaluate) -> Judged:
    """Judge a network on every text; nothing is chosen here.

    Every window at the stride counts, once.
    """
    sizes = (judging.window, judging.prompt, judging.steps)
    comma, train = texts.separator, texts.streams["train"]
    return Judged(
        scores={
            name: scores.score(read, stream, *sizes, stride=judging.stride[name])
            for name, stream in texts.streams.items()
        },
        one_given={
            name: generation.one_given(read, stream, comma)
            for name, stream in texts.streams.items()
        },
        further=generation.count_run(read, train, texts.after_train, comma),
        from_one=generation.count_from_one(read, texts.from_one, comma),
        memory=remembered(read, texts.moments),
    )


def remembered(read: Reader, moments: Moments | None) -> probes.Memory | None:
    """Probe the memory of a network, if the engine runs it and there are numbers."""
    if moments is None or not isinstance(read, Inference):
        return None
    return probes.remembered(read, moments)


def summarise(
    judged: dict[int, Judged], texts: Texts, judging: Evaluate
) -> dict[str, Any]:
    """Put the metrics of a variant together, from those of its seeds."""
    rows = {name: [one.row(name) for one in judged.values()] for name in texts.streams}
    further = [one.further for one in judged.values()]
    ends = separators(texts.streams["valid"], texts.separator)
    numbers = sum(map(len, ends)) + 1
    counts = [min(count, numbers) for count in further]
    from_one = [one.from_one for one in judged.values()]
    return metrics.summarise(rows, counts, further, from_one, judging.stride)


def samples(
    read: Reader, stream: Tokens, vocabulary: Vocabulary, judging: Evaluate
) -> list[list[Any]]:
    """Continue random prompts of a stream, to be read by people, as the article does.

    Returns:
        Rows of prompt, what was said and the truth, in words, and how many tokens were
        right before the first error.
    """
    prompt, steps, count = judging.prompt, judging.steps, judging.samples
    if not count:
        return []
    last = len(stream) - prompt - steps + 1
    starts = np.random.default_rng(0).integers(last, size=count)
    windows = stream[starts[:, None] + np.arange(prompt + steps)].astype(np.int64)
    said = generation.greedy(read, windows[:, :prompt], steps)
    rows = []
    for window, answer in zip(windows.tolist(), said.tolist(), strict=True):
        truth = window[prompt:]
        right = [a == b for a, b in zip(answer, truth, strict=True)]
        shown = [vocabulary.decode(part) for part in (window[:prompt], answer, truth)]
        rows.append([*shown, right.index(False) if False in right else steps])
    return rows
