import pytest

from counting.base import params
from counting.base.errors import InputError
from counting.running import check
from counting.training import batches as batching
from counting.training import recombination
from tests.conftest import Project


def test_one_line_is_printed_when_all_is_well(project: Project) -> None:
    outcome = project.call("counting.running.check")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == "check: fine: 2 variants, 2 seeds each, 3 streams to spell\n"


def test_counting_the_words_to_spell_stops_at_enough() -> None:
    assert check.spelled("en", 1, 3, 99) == 5  # one , two , three
    assert 99 <= check.spelled("en", 1, 8000, 99) < 110
    assert check.spelled("en", 1, 8000, 10**6) == 50_081  # as the article counts


def test_a_stream_for_the_curious_that_cannot_be_read_is_left_out_with_a_line(
    project: Project,
) -> None:
    project.set("spell.beyond.teens", [1000, 1200])
    outcome = project.call("counting.running.check")
    left_out, fine = outcome.out.splitlines()
    assert left_out.startswith("check: left out: spell.beyond.teens: 1000 is 'one thou")
    assert "'thousand'" in left_out
    assert "2 streams to spell" in fine
    assert left_out.removeprefix("check") in project.run("spell").out
    assert not project.path("data/raw/teens.txt").exists()
    project.set("prepare.min_count", 1)
    assert "3 streams to spell" in project.call("counting.running.check").out


def test_the_fewest_tokens_are_those_that_batching_asks_for(project: Project) -> None:
    settings = params.load(project.path("params.yaml"))
    model = settings.models["rnn"]
    recipe = settings.recipes[model.recipe]
    least = model.batch_size * recipe.bptt + 1
    asked = dict(check.needed(settings, "train"))
    assert asked[least] == "models.rnn, 4 x bptt = 4 x 10"
    assert batching.steps_per_epoch(least, model.batch_size, recipe.bptt) == 1
    with pytest.raises(InputError):
        batching.steps_per_epoch(least - 1, model.batch_size, recipe.bptt)


def test_a_curve_without_a_point_is_found_before_any_training(project: Project) -> None:
    project.set("recipes.unseen.steps", 400)
    project.set("plot.rolling", 14)  # two epochs of seven steps
    assert project.call("counting.running.check").code == 0
    project.set("plot.rolling", 15)
    outcome = project.call("counting.running.check")
    assert outcome.code == 2
    assert "at least 321 for plot.rolling = 15 steps of models.rnn" in outcome.err


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_windows_too_short_for_a_line_are_found_before_any_work(
    project: Project, share: float
) -> None:
    project.set("recipes.unseen.recombine", share)
    project.set("recipes.unseen.bptt", 1)
    outcome = project.call("counting.running.check")
    assert outcome.code == 2
    assert "no window of bptt = 1 holds a whole line" in outcome.err


def test_where_nothing_can_be_recombined_check_and_training_say_so(
    project: Project,
) -> None:
    project.set("recipes.unseen.recombine", 0.5)
    said, fine = project.call("counting.running.check").out.splitlines()
    assert said == f"check: gru: {recombination.NOTHING}"
    assert fine.startswith("check: fine")
    for stage in ("spell", "prepare"):
        project.run(stage)
    outcome = project.run("train@gru")
    assert outcome.code == 0
    assert f"train: gru: {recombination.NOTHING}" in outcome.out
