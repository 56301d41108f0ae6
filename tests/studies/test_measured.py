"""What studies measure beside the pipeline, against the same done slowly by hand."""

from typing import Any

import numpy as np

from counting.engine.forward import Inference
from counting.engine.weights import Weights
from counting.evaluation import generation
from counting.training.steps import Batch
from studies import texts
from studies.ngram import Counting, Ngrams
from studies.thousands import Thousands
from studies.thousands import digest as drawn
from tests import variants

V = variants.V
MODEL = variants.model("gru", "copy")


def test_lines_side_by_side_go_on_as_each_by_itself() -> None:
    drawing = np.random.default_rng(0)
    weights = {
        key: t.numpy() for key, t in variants.network(MODEL, V).state_dict().items()
    }
    read = Inference(Weights.of(MODEL, weights))
    streams = []
    for length in drawing.integers(3, 200, 100):
        prompt = drawing.integers(0, V, (1, 2))
        said = generation.greedy(read, prompt, int(length))[0]
        if length % 2:
            said[drawing.integers(len(said))] += 1  # one error, somewhere
        streams.append(np.concatenate([prompt[0], said % V]).astype(np.int16))
    given = np.full(len(streams), 2)
    alone = [
        generation.tokens_right(read, stream, 2) == len(stream) - 2
        for stream in streams
    ]
    assert generation.goes_on(read, streams, given).tolist() == alone
    assert 20 < sum(alone) < 80


def test_ngrams_say_what_followed_most_often_after_the_longest_context_met() -> None:
    text = [1, 2, 3, 1, 2, 4, 1, 2, 4, 5, 2, 3, 5, 2, 3]
    tokens = np.array(text)[:, None]
    counted = Counting(3, 6)
    counted(Batch(tokens, tokens, None), 0.0)
    read = Ngrams(counted.weights(), 6)
    prompts = np.array([[1, 2], [5, 2], [3, 2], [1, 0], [0, 0]]).T
    # after 1 2: 4; after 5 2: 3; 3 2 never was, and after 2 comes 3; 0 never was
    said = read(prompts)[0].predicted
    assert said.tolist() == [[2, 2, 1, 2, 2], [4, 3, 3, 2, 2]]
    first, state = read(prompts[:1])
    rest, _ = read(prompts[1:], None, state)
    assert np.concatenate([first.predicted, rest.predicted]).tolist() == said.tolist()


def test_thousands_withheld_are_never_trained_on_and_others_are_counted() -> None:
    text = texts.read("en", 10, ((1, 2999),), ((3000, 40999),))
    share = 0.5
    thousands = Thousands(text, share)
    learnt, hidden, other = (
        1,
        next(n for n in range(3, 41) if drawn(n) < share),
        next(n for n in range(20, 41) if drawn(n) >= share),
    )
    lines = [text.lines(1000 * n - 1, 1000 * n + 1) for n in (learnt, hidden, other)]
    T = min(map(len, lines))
    windows = np.array([line[:T] for line in lines], np.int64).T  # (T, B)
    shown: list[Batch] = []

    class Step:
        weights = state_dict = load_state_dict = None

        def __call__(self, batch: Batch, _: float) -> None:
            shown.append(batch)

    def begin(*_: Any) -> Any:
        return Step()

    step: Any = thousands.watching(begin)(MODEL, variants.recipe(), V, 0)
    step(Batch(windows[:-1], windows[1:], None), 0.0)
    step(Batch(windows[:-1, [0, 2]], windows[1:, [0, 2]], None), 0.0)
    assert (shown[0].tokens == windows[:-1, [0, 2, 0]]).all()
    assert (shown[0].targets == windows[1:, [0, 2, 0]]).all()
    assert (shown[1].tokens == windows[:-1, [0, 2]]).all()
    places = text.numbers[thousands.lines] // 1000
    assert thousands.withheld[places == hidden].all()
    assert not thousands.withheld[places <= 2].any()
    counted = thousands.counted(places == other)
    assert counted["withheld"] == [0, int(thousands.withheld.sum())]
    assert counted["others"] == [1, int((thousands.new & ~thousands.withheld).sum())]
    assert counted["read"][1] == [1, 1]  # the other was read, once each time
