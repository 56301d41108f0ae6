import json

from tests.conftest import Project
from tests.running.test_repro import LOCK

MODULE = "counting.running.statement"


def test_two_machines_compare_what_they_came_to_in_one_command(
    project: Project,
) -> None:
    lock = project.path("dvc.lock")
    lock.write_text(LOCK)
    project.commit()
    said = project.call(MODULE).out
    assert said == "statement: .provenance.json: 1 of 1 outputs equal the lock\n"
    here = json.loads(project.path(".provenance.json").read_text())
    assert here["outputs"]["data/raw/train.txt"]["equals_lock"]
    project.path(".provenance.json").rename(project.path("one.json"))
    lock.write_text(LOCK.replace("md5: 0", "md5: 1"))
    assert "0 of 1 outputs equal the lock" in project.call(MODULE).out
    assert project.call(MODULE, "one.json", "one.json").code == 0
    outcome = project.call(MODULE, "one.json", ".provenance.json")
    assert outcome.code == 1
    assert "outputs differ: data/raw/train.txt\n" in outcome.out
    missing = project.call(MODULE, "one.json", "two.json")
    assert missing.code == 2
    assert "two.json: not found" in missing.err
