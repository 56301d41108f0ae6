"""The table of the README is that of the metrics."""

import json

from counting.running.table import BEGIN, END
from tests.conftest import Project

MODULE = "counting.running.table"


def test_the_table_stands_between_its_comments_and_is_written_once(
    finished: Project,
) -> None:
    readme = finished.path("README.md")
    readme.write_text(f"Before\n{BEGIN}\nan old table\n{END}\nAfter\n")
    assert finished.call(MODULE).out == "table: README.md has a new result table\n"
    before, *table, after = readme.read_text().splitlines()
    assert (before, after) == ("Before", "After")
    metrics = json.loads(finished.path("reports/metrics/gru.json").read_text())
    (row,) = [line for line in table if line.startswith("| `gru` |")]
    valid = metrics["valid"]["last_token_accuracy"]
    worst = metrics["valid"]["last_token_accuracy_worst"]
    assert f"| {valid:.4f} ({worst:.4f}) |" in row
    counts = metrics["count_from_one"]
    assert row.endswith(f"| {counts['median']:,.0f} ({counts['worst']:,}) |")
    assert finished.call(MODULE).out == ""


def test_a_readme_without_the_comments_is_told_where_they_belong(
    finished: Project,
) -> None:
    finished.path("README.md").write_text("Nothing\n")
    outcome = finished.call(MODULE)
    assert outcome.code == 2
    assert "are not both there" in outcome.err
