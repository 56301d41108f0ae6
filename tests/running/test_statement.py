import json

from tests.conftest import Project
from tests.running.test_repro import LOCK

MODULE = "counting.running.statement"


def test_the_statement_tells_which_outputs_equal_the_committed_lock(
    project: Project,
) -> None:
    lock = project.path("dvc.lock")
    lock.write_text(LOCK)
    project.commit()
    said = project.call(MODULE).out
    assert said == "statement: .provenance.json: 1 of 1 outputs equal the lock\n"
    here = json.loads(project.path(".provenance.json").read_text())
    assert here["outputs"]["data/raw/train.txt"]["equals_lock"]
    lock.write_text(LOCK.replace("md5: 0", "md5: 1"))
    assert "0 of 1 outputs equal the lock" in project.call(MODULE).out
