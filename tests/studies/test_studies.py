"""Studies: which results count as today's, and which worker may make them."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from counting.base import params
from counting.base.errors import InputError
from counting.running import cluster
from studies import study as studies
from studies import table
from tests.conftest import Project

FILES = sorted(Path(studies.__file__).parent.glob("*.yaml"))
STUDY = {
    "title": "Two rates",
    "train": [[1, 60]],
    "judge": [[61, 90]],
    "seeds": [0, 1],
    "rows": [
        {"name": "as it is", "variant": "rnn"},
        {"name": "slow", "variant": "rnn", "change": {"learning_rate": 0.001}},
    ],
}


@pytest.fixture
def wanted(project: Project) -> list[studies.Entry]:
    return trainings(project)


def trainings(project: Project, **changes: Any) -> list[studies.Entry]:
    study = studies.Study.model_validate(STUDY | changes)
    return studies.trainings(study, params.load(project.path("params.yaml")))


def test_each_training_has_a_key_of_its_own(wanted: list[studies.Entry]) -> None:
    assert [(one["name"], one["seed"]) for one in wanted] == [
        ("as it is", 0), ("as it is", 1), ("slow", 0), ("slow", 1),
    ]  # fmt: skip
    assert len({one["key"] for one in wanted}) == 4


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("models.rnn.hidden_size", 9), ("evaluate.window", 21), ("spell.language", "es")],
)
def test_a_result_of_other_parameters_is_not_todays(
    project: Project, wanted: list[studies.Entry], parameter: str, value: Any
) -> None:
    project.set(parameter, value)
    assert not studies.matching(wanted, trainings(project), "key")


def test_a_result_on_other_numbers_is_not_todays(
    project: Project, wanted: list[studies.Entry]
) -> None:
    others = trainings(project, judge=[[61, 91]])
    assert not studies.matching(wanted, others, "key")


@pytest.mark.parametrize("fact", ["code", "torch"])
def test_a_result_of_other_code_or_versions_is_laid_out_but_made_anew(
    project: Project,
    wanted: list[studies.Entry],
    monkeypatch: pytest.MonkeyPatch,
    fact: str,
) -> None:
    other = cluster.facts() | {fact: "another"}
    monkeypatch.setattr(cluster, "facts", lambda: other)
    today = trainings(project)
    assert not studies.matching(wanted, today, "key")
    assert studies.matching(wanted, today, "name", "seed", "variant") == wanted


def test_a_study_with_an_unknown_parameter_is_refused(project: Project) -> None:
    rows = [{"name": "odd", "variant": "rnn", "change": {"learning_rat": 1.0}}]
    with pytest.raises(InputError, match="did you mean 'learning_rate'"):
        trainings(project, rows=rows)


def test_the_table_has_a_line_a_row(wanted: list[studies.Entry]) -> None:
    shares = (1.0, 0.5, 0.25, 0.75)
    done = [
        one
        | {"sequence_accuracy": share, "by_range": [share], "count_run": 9}
        | {"train_last_token_accuracy": 1.0, "train_sequence_accuracy": 1.0}
        for one, share in zip(wanted, shares, strict=True)
    ]
    text = table.table(studies.Study.model_validate(STUDY), done, older=1)
    assert "1 of 4 results are of older code" in text
    assert "| as it is | (as released) | 1.0000 | 0 | 0.25 | 0, 0.5 | 9 9 |" in text
    assert (
        "| slow | learning_rate: 0.001 | 1.0000 | 0 | 0.5 | 0.75, 0.25 | 9 9 |" in text
    )


def test_a_share_that_is_nearly_whole_is_told_from_the_whole() -> None:
    assert [table.wrong(share) for share in (1.0, 0.999973)] == ["0", "2.7e-05"]


def test_a_study_says_which_windows_of_which_numbers_were_judged() -> None:
    text = table.in_words([[8001, 9999], [10000, 99999]], [1, 31])
    assert text == "every window of 8001..9999, one window in 31 of 10000..99999"


def test_a_stride_too_few_is_told() -> None:
    with pytest.raises(ValueError, match="not one for each of"):
        studies.Study.model_validate(STUDY | {"strides": [1, 2]})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_studies_that_are_there_can_be_read(path: Path) -> None:
    assert studies.load(path).rows


def test_a_worker_like_this_one_is_let_in() -> None:
    assert cluster.Handshake(cluster.facts()).difference() is None


@pytest.mark.parametrize(
    ("fact", "line"),
    [
        ("num2words", "num2words is {found}, expected 0.0.1: `make setup` there"),
        ("code", "its code in counting/ differs: check out the same commit"),
        ("bits", "a few steps of training come to other bits on its processor"),
    ],
)
def test_a_worker_that_differs_is_refused_in_a_line(fact: str, line: str) -> None:
    facts = cluster.facts()
    expected = facts | {fact: "0.0.1"}
    fault = cluster.Handshake(expected).difference()
    assert fault == line.format(found=facts.get(fact))


@pytest.mark.parametrize(
    ("flags", "error"),
    [
        (["--jobs", "0"], "--jobs 0: expected 1 or more trainings"),
        (["--scheduler", "host"], "host: no scheduler answers there, expected one as"),
    ],
)
def test_a_study_with_nowhere_to_run_says_so_in_a_line(
    project: Project, flags: list[str], error: str
) -> None:
    project.path("study.yaml").write_text(yaml.safe_dump(STUDY))
    outcome = project.call("studies.__main__", "study.yaml", *flags)
    assert outcome.code == 2
    assert error in outcome.err
    assert outcome.err.count("\n") == 1
