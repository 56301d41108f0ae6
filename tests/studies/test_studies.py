"""Studies: which results count as today's, what they measure, and their tables."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from counting.base import params
from counting.base.errors import InputError
from counting.running import cluster, origin
from studies import results, table
from studies import study as studies
from tests import tiny, variants
from tests.conftest import Project

FILES = sorted(Path(studies.__file__).parent.glob("*.yaml"))
STUDY: dict[str, Any] = {
    "title": "Two rates",
    "train": [[1, 60]],
    "judge": [[61, 90]],
    "seeds": [0, 1],
    "rows": [
        {"name": "as it is", "variant": "rnn"},
        {"name": "slow", "variant": "rnn", "change": {"learning_rate": 0.001}},
    ],
}
ROW = STUDY["rows"][0]
STARTS = {"ranges": [[1, 50]], "each": 2, "numbers": 5}


def changing(change: dict[str, Any]) -> dict[str, Any]:
    return {"rows": [ROW | {"change": change}]}


V = variants.V
MODEL = variants.model("gru", "copy")


@pytest.fixture
def wanted(project: Project) -> list[studies.Entry]:
    return trainings(project)


def trainings(project: Project, **changes: Any) -> list[studies.Entry]:
    study = studies.Study.model_validate(STUDY | changes)
    return studies.trainings(study, params.load(project.path("params.yaml")))


def keys(entries: list[studies.Entry]) -> set[str]:
    return {entry["key"] for entry in entries}


def test_each_training_has_a_key_of_its_own(wanted: list[studies.Entry]) -> None:
    assert [(one["name"], one["seed"]) for one in wanted] == [
        ("as it is", 0), ("slow", 0), ("as it is", 1), ("slow", 1),
    ]  # fmt: skip
    assert len({one["key"] for one in wanted}) == 4


@pytest.mark.parametrize(
    ("parameter", "value", "today"),
    [
        ("models.rnn.hidden_size", 9, False),
        ("evaluate.window", 21, False),
        ("spell.language", "es", False),
        ("evaluate.stride.valid", 3, True),
        ("plot.rolling", 2, True),
    ],
)
def test_a_result_counts_as_todays_if_nothing_changed_that_it_depends_on(
    project: Project,
    wanted: list[studies.Entry],
    parameter: str,
    value: Any,
    today: bool,
) -> None:
    project.set(parameter, value)
    assert keys(trainings(project)) & keys(wanted) == (keys(wanted) if today else set())
    assert not keys(trainings(project, judge=[[61, 91]])) & keys(wanted)


def test_results_of_other_code_are_kept_and_count_again_with_that_code(
    project: Project, wanted: list[studies.Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project.path("study.jsonl")
    for entry in wanted:
        results.add(path, entry | {"made": "before"})
    with monkeypatch.context() as other:
        facts = origin.facts() | {"code": "another"}
        other.setattr(origin, "facts", lambda: facts)
        today = trainings(project)
        assert not keys(today) & keys(wanted)
        shown = results.newest(results.load(path), today)
        assert [entry["made"] for entry in shown] == ["before"] * 4
        results.add(path, today[2] | {"made": "today"})  # and then Ctrl-C
        shown = results.newest(results.load(path), today)
        assert [e["made"] for e in shown] == ["before", "before", "today", "before"]
    shown = results.newest(results.load(path), trainings(project))
    assert [entry["made"] for entry in shown] == ["before"] * 4


def test_results_that_were_judged_otherwise_are_not_shown(
    project: Project, wanted: list[studies.Entry]
) -> None:
    project.set("evaluate.steps", 3)
    assert results.newest(wanted, trainings(project)) == []


def test_a_damaged_result_is_named(project: Project) -> None:
    path = project.path("study.jsonl")
    path.write_text(
        '{"key": "a", "seed": 0, "variant": {}, "measured": {}}\n{"key": "b", "se'
    )
    with pytest.raises(InputError, match=r"study.jsonl, line 2: expected a result"):
        results.load(path)


def test_one_figure_of_a_section_can_be_changed_and_no_unknown_one(
    project: Project,
) -> None:
    row = {"name": "near", "variant": "gru", "change": {"copy_head.reach": 3}}
    copy_head = trainings(project, rows=[row])[0]["variant"]["model"]["copy_head"]
    assert copy_head == tiny.PARAMS["models"]["gru"]["copy_head"] | {"reach": 3}
    odd = row | {"change": {"learning_rat": 1.0}}
    with pytest.raises(InputError, match="did you mean 'learning_rate'"):
        trainings(project, rows=[odd])


def test_the_table_has_a_line_a_row(wanted: list[studies.Entry]) -> None:
    shares = (1.0, 0.5, 0.25, 0.75)
    done = [
        one
        | {"sequence_accuracy": share, "by_range": [share], "count_run": 9}
        | {"train_last_token_accuracy": 1.0, "train_sequence_accuracy": 1.0}
        | {"count_from_one": count}
        for one, share, count in zip(wanted, shares, (90, 60, 80, 5), strict=True)
    ]
    study = studies.Study.model_validate(STUDY | {"reach": [60, 90]})
    text = table.table(study, done, steps=4, older=1)
    assert "1 of 4 results are of older code" in text
    assert "sequences of 4 words" in text
    assert "| as it is |  | 1.0000 | 0 | 0.38 | 0, 0.75 | 9 9 | 90 80 |" in text
    assert (
        "| slow | learning_rate: 0.001 | 1.0000 | 0 | 0.38 | 0.5, 0.25 | 9 9 | 60 5 |"
        in text
    )
    assert "| as it is, 2 seeds | 1.00 (0.34 to 1.00) | 0.50 (0.09 to 0.91) |" in text


def test_an_interval_is_that_of_scipy() -> None:
    assert table.wilson(8, 10) == pytest.approx((0.490162, 0.943318), abs=1e-6)
    assert table.wilson(50, 50) == pytest.approx((0.928652, 1.0), abs=1e-6)


@pytest.mark.parametrize(
    ("change", "flags", "says"),
    [
        ({"rows": [STUDY["rows"][0]] * 2}, [], "occurs twice"),
        ({"seeds": [0, 0]}, [], "occurs twice"),
        ({"strides": [1, 2]}, [], "not one for each of"),
        ({"title": 1}, [], "title: 1 is not allowed"),
        ({"starts": STARTS | {"ranges": [[91, 99]]}}, [], "[91, 99] has no number of"),
        ({"starts": STARTS | {"numbers": 90}}, [], "[1, 50] has no number of"),
        ({"rows": [ROW | {"withhold": 0.5}]}, [], "no effect without thousands"),
        ({"rows": [ROW | {"text": "es"}], "thousands": True}, [], "found es: remove"),
        (changing({"recipe": "article"}), [], "'recipe' is no parameter"),
        (changing({"batch_size.a": 1}), [], "batch_size is no section"),
        (changing({"copy_head.sharpness": 1.0}), [], "copy_head.reach: missing"),
        (changing({"learning_rate": 3.0}), [], "learning_rate: 3.0 is not allowed"),
        ({}, ["--jobs", "0"], "'0' is not allowed: expected a whole number, 1 or more"),
        ({}, ["--seeds", "-1"], "'-1' is not allowed"),
        ({}, ["--scheduler", "host"], "host: no scheduler answers there, expected one"),
    ],
)
def test_a_study_that_cannot_be_run_is_refused_in_a_line(
    project: Project, change: dict[str, Any], flags: list[str], says: str
) -> None:
    project.path("study.yaml").write_text(yaml.safe_dump(STUDY | change))
    outcome = project.call("studies.__main__", "study.yaml", *flags)
    assert outcome.code == 2
    assert says in outcome.err
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_studies_that_are_there_can_be_read(path: Path) -> None:
    study = studies.load(path)
    assert study.rows
    assert set(study.predicted) <= {row.name for row in study.rows}


@pytest.mark.parametrize(
    ("fact", "line"),
    [
        ("num2words", "num2words is {found}, expected 0.0.1: `make setup` there"),
        ("code", "its code in counting/ differs: check out the same commit"),
        ("bits", "a few steps of training come to other bits on its processor"),
    ],
)
def test_a_worker_that_differs_is_refused_in_a_line(fact: str, line: str) -> None:
    facts = origin.facts()
    assert cluster.difference(facts) is None
    fault = cluster.difference(facts | {fact: "0.0.1"})
    assert fault == line.format(found=facts.get(fact))
