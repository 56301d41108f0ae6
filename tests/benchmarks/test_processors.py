"""What the emulated processors run, and how their bytes are compared."""

from pathlib import Path

from benchmarks import processors
from counting.base.models import Recipe
from counting.text.spelling import spell
from counting.text.vocabulary import Vocabulary
from counting.training.batches import Windows


def test_the_short_text_is_recombined() -> None:
    first, last = processors.SHORT_TEXTS["train"]
    text = [spell(number, "en").split() for number in range(first, last + 1)]
    vocabulary = Vocabulary.of(text)
    recipe = Recipe(
        sampling="windows", steps=1, bptt=56, optimizer="adam", recombine=0.75
    )
    stream = vocabulary.encode(text, Path("numbers"))
    assert Windows(stream, recipe, 64, len(vocabulary)).table is not None


def test_a_folder_has_the_md5_that_dvc_gives_it(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "b").write_text("a\n")
    (tmp_path / "inner/a").write_text("b\n")
    assert processors.md5(tmp_path / "b") == "60b725f10c9c85c70d97880dfe8191b3"
    assert processors.md5(tmp_path) == "1627c2845679bb896e1d41aad88cdf15.dir"


def test_each_output_that_differs_on_a_processor_is_told() -> None:
    here = {"train@gru": {"weights": "1", "curves": "2"}}
    there = {"train@gru": {"weights": "1", "curves": "3"}}
    (line,) = processors.differences(here, {"EPYC": there, "Haswell": here})
    assert line == "processors: curves of train@gru: 3 on EPYC, expected 2"
