"""A change is flagged when it is one, and not when other seeds are."""

import random

import pytest

from counting.evaluation import metrics
from counting.running import comparison
from tests.conftest import Project

KEYS = len(metrics.KEYS)


def write(project: Project, variant: str, rows: list[list[float]]) -> None:
    """Write a seeds.csv; a row a seed: loss and accuracies of the valid stream."""
    lines = [",".join(["seed", "stream", *metrics.KEYS])]
    lines += [
        f"{seed},valid,{','.join(map(str, row))}" for seed, row in enumerate(rows)
    ]
    path = project.path(f"reports/tables/{variant}/seeds.csv")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def draw(rng: random.Random, mean: float, seeds: int = 5) -> list[list[float]]:
    """Draw accuracies around a mean, which go with each other, and their losses."""
    shares = [min(1.0, rng.gauss(mean, 0.03)) for _ in range(seeds)]
    return [[2 - share, share, share * 0.95, share * 0.8] for share in shares]


@pytest.fixture
def committed(project: Project) -> Project:
    """A project whose last commit has tables of two variants."""
    for number, variant in enumerate(("gru", "rnn")):
        write(project, variant, draw(random.Random(number), 0.8))
    project.commit()
    return project


def test_no_change_flags_nothing(committed: Project) -> None:
    outcome = committed.call("counting.running.comparison", "--base", "HEAD")
    assert outcome.code == 0
    assert "The same for every seed: gru, rnn." in outcome.out
    assert "|" not in outcome.out


def test_a_loss_is_flagged_and_fails_if_asked(committed: Project) -> None:
    write(committed, "gru", draw(random.Random(2), 0.6))
    flags = ["--base", "HEAD"]
    outcome = committed.call("counting.running.comparison", *flags)
    assert outcome.code == 0
    assert f"{KEYS} keys worse, 0 better" in outcome.out
    assert outcome.out.count("**worse**") == KEYS
    assert "rnn |" not in outcome.out
    failed = committed.call(
        "counting.running.comparison", *flags, "--fail-on-regression"
    )
    assert failed.code == 1
    assert failed.out == outcome.out


def test_a_gain_is_said_and_does_not_fail(committed: Project) -> None:
    write(committed, "gru", draw(random.Random(2), 0.95))
    outcome = committed.call(
        "counting.running.comparison", "--base", "HEAD", "--fail-on-regression"
    )
    assert outcome.code == 0
    assert f"0 keys worse, {KEYS} better" in outcome.out


def test_revisions_are_compared_and_new_variants_named(committed: Project) -> None:
    write(committed, "lstm", draw(random.Random(3), 0.8))
    outcome = committed.call("counting.running.comparison", "--base", "HEAD")
    assert "New: lstm." in outcome.out
    outcome = committed.call(
        "counting.running.comparison", "--base", "HEAD", "--head", "HEAD"
    )
    assert "lstm" not in outcome.out


def test_an_unknown_revision_is_an_error_in_a_line(committed: Project) -> None:
    outcome = committed.call("counting.running.comparison", "--base", "mian")
    assert outcome.code == 2
    assert "mian" in outcome.err
    assert outcome.err.count("\n") == 1


def test_other_seeds_of_the_same_recipe_flag_nothing_19_times_in_20() -> None:
    rng, flagged, draws = random.Random(0), 0, 200
    for _ in range(draws):
        base, head = (
            {
                variant: comparison.read(as_csv(draw(rng, mean), first))
                for variant, mean in (("rnn", 0.5), ("gru", 0.9), ("copy", 0.99))
            }
            for first in (0, 5)
        )
        verdicts = {change.verdict for change in comparison.compare(base, head)}
        flagged += bool(verdicts & {"worse", "better"})
    assert flagged <= draws / 20


def as_csv(rows: list[list[float]], first: int) -> str:
    lines = [",".join(["seed", "stream", *metrics.KEYS])]
    lines += [f"{first + i},valid,{','.join(map(str, r))}" for i, r in enumerate(rows)]
    return "\n".join(lines)


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
    assert comparison.holm([0.01, None, 0.04, 0.03]) == pytest.approx(
        [0.03, None, 0.06, 0.06]
    )


def test_one_seed_shows_no_scatter() -> None:
    change = comparison.Change("gru", "valid.loss", {0: 1.0}, {0: 2.0}, None)
    assert comparison.chance("valid.loss", {0: 1.0}, {0: 2.0}) is None
    assert change.verdict == "too few seeds to tell"


@pytest.mark.parametrize(
    ("key", "head", "verdict"),
    [
        ("valid.loss", 1.1, "worse"),
        ("valid.loss", 0.9, "better"),
        ("valid.token_accuracy", 0.9, "worse"),
        ("valid.token_accuracy", 0.9999, "within the scatter of the seeds"),
    ],
)
def test_less_is_better_for_losses_alone(key: str, head: float, verdict: str) -> None:
    change = comparison.Change("gru", key, {0: 1.0, 1: 1.0}, {0: head, 1: head}, 0.01)
    assert change.verdict == verdict
