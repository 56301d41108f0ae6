import sys

import pytest

from commands import check
from counting.base import params
from counting.base.cli import InputError
from counting.training import batches as batching
from tests.conftest import Project


def test_one_line_is_printed_when_all_is_well(project: Project) -> None:
    outcome = project.call("commands.check")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == "check: fine: 2 variants, 2 seeds each, 3 streams to spell\n"


def test_checking_loads_no_torch(project: Project) -> None:
    code = (
        "import sys; from commands import check; check.main(); "
        "sys.exit('torch' in sys.modules)"
    )
    assert project.shell(sys.executable, "-c", code).code == 0


def test_counting_the_words_to_spell_stops_at_enough() -> None:
    assert check.spelled(1, 3, "en", 99) == 5  # one , two , three
    assert 99 <= check.spelled(1, 8000, "en", 99) < 110
    assert check.spelled(1, 8000, "en", 10**6) == 50_081  # as the article counts


def test_the_fewest_tokens_are_those_that_batching_asks_for(project: Project) -> None:
    settings = params.load(project.path("params.yaml"))
    model = settings.models["gru"]
    recipe = settings.recipes[model.recipe]
    least, _ = check.needed(settings, "train")
    assert least == model.batch_size * recipe.bptt + 1
    assert batching.steps_per_epoch(least, model.batch_size, recipe.bptt) == 1
    with pytest.raises(InputError):
        batching.steps_per_epoch(least - 1, model.batch_size, recipe.bptt)
