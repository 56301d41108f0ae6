"""A change is flagged when it is one, and not when other seeds are."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from counting.evaluation import metrics
from counting.running import comparison, results
from tests.conftest import Outcome, Project

KEYS = len(metrics.KEYS)
SEEDS = "reports/tables/gru/seeds.csv"
ROWS = ([-2.0, -2.1, -1.9], [-8.0, -8.1, -7.9])


def as_csv(rows: list[list[float]], first: int = 0) -> str:
    """Make a seeds.csv; a row a seed: loss and accuracies of the valid stream."""
    lines = [",".join(["seed", "stream", *metrics.KEYS])]
    lines += [f"{first + i},valid,{','.join(map(str, r))}" for i, r in enumerate(rows)]
    return "\n".join(lines) + "\n"


def write(project: Project, variant: str, seed: int, mean: float) -> None:
    path = project.path(f"reports/tables/{variant}/seeds.csv")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_csv(draw(random.Random(seed), mean)))


def draw(rng: random.Random, mean: float, seeds: int = 5) -> list[list[float]]:
    """Draw accuracies around a mean, which go with each other, and their losses."""
    shares = [min(1.0, rng.gauss(mean, 0.03)) for _ in range(seeds)]
    return [[2 - share, share, share * 0.95, share * 0.8] for share in shares]


def compared(project: Project, *flags: str, base: str = "HEAD") -> Outcome:
    return project.call("counting.running.comparison", "--base", base, *flags)


@pytest.fixture
def committed(project: Project) -> Project:
    """A project whose last commit has tables of two variants."""
    write(project, "gru", 0, 0.8)
    write(project, "rnn", 1, 0.8)
    project.commit()
    return project


def test_no_change_flags_nothing(committed: Project) -> None:
    outcome = compared(committed)
    assert outcome.code == 0
    assert "The same for every seed: gru, rnn." in outcome.out
    assert "|" not in outcome.out


@pytest.mark.parametrize(("mean", "worse", "code"), [(0.6, KEYS, 1), (0.95, 0, 0)])
def test_a_loss_fails_if_asked_and_a_gain_does_not(
    mean: float, worse: int, code: int, committed: Project
) -> None:
    write(committed, "gru", 2, mean)
    outcome = compared(committed)
    assert outcome.code == 0
    assert f"{worse} keys worse, {KEYS - worse} better" in outcome.out
    assert outcome.out.count("**worse**") == worse
    assert "rnn |" not in outcome.out
    assert compared(committed, "--fail-on-regression") == Outcome(code, outcome.out, "")


def test_revisions_are_compared_and_new_and_gone_variants_named(
    committed: Project,
) -> None:
    write(committed, "lstm", 3, 0.8)
    models = committed.params["models"]
    committed.set("models", {"gru": models["gru"], "lstm": models["rnn"]})
    shutil.rmtree(committed.path("reports/tables/rnn"))
    outcome = compared(committed)
    assert "New: lstm." in outcome.out
    assert "Gone: rnn." in outcome.out
    assert "lstm" not in compared(committed, "--head", "HEAD").out


def test_figures_judged_by_other_settings_are_not_compared(committed: Project) -> None:
    write(committed, "gru", 2, 0.95)
    committed.set("evaluate.steps", 3)
    outcome = compared(committed)
    assert outcome.code == 0
    assert outcome.out.startswith("**Not comparable with HEAD**")
    assert "evaluate.steps is 3, was 4" in outcome.out
    assert "better" not in outcome.out


LOCK = """
stages:
  train@gru:
    params:
      params.yaml:
        models.gru: {hidden_size: 9}
"""
CONFLICT = "<<<<<<< HEAD\n0\n=======\n1\n>>>>>>> other\n"


def edit(change: Callable[[str], str]) -> Callable[[Project], object]:
    def edited(project: Project) -> None:
        path = project.path(SEEDS)
        path.write_text(change(path.read_text()))

    return edited


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (lambda p: p.path(SEEDS).unlink(), "no tables of gru, since a run has failed"),
        (
            lambda p: p.path("dvc.lock").write_text(LOCK),
            "models.gru was changed after the last run",
        ),
        (edit(lambda text: text + CONFLICT), "seeds.csv: holds both sides of a merge"),
        (edit(lambda text: text[:-20]), "seeds.csv: expected a number in each cell"),
        (lambda p: shutil.rmtree(p.path(".git")), "not a git repository"),
        (lambda p: p.shell("git", "branch", "-m", "mian"), "object name main"),
    ],
)
def test_what_cannot_be_compared_is_an_error_in_a_line(
    fault: Callable[[Project], None], told: str, committed: Project
) -> None:
    committed.shell("git", "branch", "-M", "main")
    fault(committed)
    outcome = compared(committed, "--fail-on-regression", base="main")
    assert outcome.code == 2
    assert told in outcome.err
    assert outcome.err.count("\n") == 1


def test_a_folder_without_parameters_is_no_project(committed: Project) -> None:
    committed.path("params.yaml").write_text("models:\n")
    outcome = compared(committed)
    assert outcome.code == 2
    assert "params.yaml: not found or without models" in outcome.err


def test_a_metric_below_zero_is_compared() -> None:
    seeds = [{"gru": {"mine.bias": dict(enumerate(row))}} for row in ROWS]
    assert comparison.compare(*seeds)[0].verdict == "worse"


def test_every_table_with_a_row_a_seed_counts(tmp_path: Path) -> None:
    path = tmp_path / "count_from_one.csv"
    found = results.read("seed,numbers_right\n0,9\n1,8\n", path)
    assert found == {"count_from_one.numbers_right": {0: 9.0, 1: 8.0}}
    steps = "stream,seed,steps,sequence_accuracy\ntrain,0,1,1.0\ntrain,0,2,.9\n"
    assert results.read(steps, tmp_path / "steps.csv") == {}


def test_other_seeds_of_the_same_recipe_flag_nothing_19_times_in_20() -> None:
    rng, flagged, draws = random.Random(0), 0, 200
    for _ in range(draws):
        base, head = (
            {
                variant: results.read(as_csv(draw(rng, mean), first), Path("seeds.csv"))
                for variant, mean in (("rnn", 0.5), ("gru", 0.9), ("copy", 0.99))
            }
            for first in (0, 5)
        )
        verdicts = {change.verdict for change in comparison.compare(base, head)}
        flagged += bool(verdicts & {"worse", "better"})
    assert flagged <= draws / 20


def test_seeds_that_rise_and_fall_together_are_compared_in_pairs() -> None:
    base = {0: 0.1, 1: 0.5, 2: 0.9, 3: 0.7, 4: 0.3}
    moved = {seed: share - 0.02 - seed / 1000 for seed, share in base.items()}
    others = {seed + 5: share for seed, share in moved.items()}
    paired = comparison.chance("valid.token_accuracy", base, moved)
    apart = comparison.chance("valid.token_accuracy", base, others)
    assert paired is not None
    assert apart is not None
    assert paired < 0.05 < 0.5 < apart


def test_chances_are_corrected_by_holm() -> None:
    found = comparison.holm([0.01, 0.04, 0.03])
    assert found == pytest.approx([0.03, 0.06, 0.06])


@pytest.mark.parametrize(
    ("key", "base", "head", "verdict"),
    [
        ("valid.sequence_accuracy", [1.0] * 5, [1, 1, 0.5, 0.5, 0.5], "worse"),
        ("valid.sequence_accuracy", [1, 1, 0.5, 0.5, 0.5], [1.0] * 5, "better"),
        ("valid.sequence_accuracy", [1.0] * 5, [1, 1, 1, 1, 0.5], comparison.SCATTER),
        ("valid.sequence_accuracy", [1.0] * 5, [0.9995] * 5, comparison.TOO_SMALL),
        ("count_run.numbers_right", [1999.0] * 5, [1998.0] * 5, comparison.TOO_SMALL),
        ("count_run.numbers_right", [1999.0] * 5, [999, 99, 1999, 9, 0], "worse"),
        ("valid.loss", [0.1, 0.2, 0.15], [0.15, 0.1, 0.21], comparison.SCATTER),
        ("valid.loss", [1.0], [2.0], "too few seeds to tell"),
    ],
)
def test_seeds_that_leave_what_all_others_have_are_counted(
    key: str, base: list[float], head: list[float], verdict: str
) -> None:
    sides = [{"gru": {key: dict(enumerate(side))}} for side in (base, head)]
    (change,) = comparison.compare(*sides)
    assert change.verdict == verdict


@pytest.mark.parametrize(
    ("key", "head", "verdict"),
    [
        ("valid.loss", 1.1, "worse"),
        ("valid.loss", 0.9, "better"),
        ("valid.token_accuracy", 0.9, "worse"),
        ("valid.token_accuracy", 0.9999, comparison.TOO_SMALL),
    ],
)
def test_less_is_better_for_losses_alone(key: str, head: float, verdict: str) -> None:
    change = comparison.Change("gru", key, {0: 1.0, 1: 1.0}, {0: head, 1: head}, 0.01)
    assert change.verdict == verdict
