import json
import shlex

import yaml

from commands import pace
from tests.conftest import Project, stages


def test_it_calls_every_stage_as_the_lock_file_says(finished: Project) -> None:
    lock = {name: {"cmd": shlex.join(finished.command(name))} for name in stages()}
    finished.path("dvc.lock").write_text(yaml.safe_dump({"stages": lock}))
    before = finished.contents("data", "reports")
    outcome = finished.call("commands.pace", "--compute")
    assert outcome.code == 0, outcome.err
    seconds = json.loads(outcome.out.splitlines()[-1].removeprefix(pace.SEEN))
    assert sorted(seconds) == sorted(stages())
    assert finished.contents("data", "reports") == before


def test_its_table_compares_with_the_computing() -> None:
    assert pace.table({"computing": 8.0, "one job": 10.0}).splitlines() == [
        "computing          8.0 s   1.00 of the computing",
        "one job           10.0 s   1.25 of the computing",
    ]
