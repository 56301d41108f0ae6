"""A training may be stopped at any moment and ends with the same bytes."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from counting.running import origin, resume
from counting.running.progress import Progress
from tests.conftest import Outcome, Project, usual_signals

WEIGHTS, CURVES = "data/models/gru", "reports/curves/gru.csv"
STATES = ".resume/gru"


def stop_at(step: int, stop: Callable[[], object], project: Project) -> Outcome:
    """Train gru, and call `stop` in the step of that number, counted over all seeds."""
    steps = iter(range(10**6))

    def count(*_: object) -> None:
        if next(steps) == step:
            stop()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Progress, "__call__", count)
        return project.run("train@gru")


def die() -> None:
    """End as abruptly as this process can; what is on disk is what kill -9 leaves."""
    raise SystemExit(137)


@pytest.mark.parametrize("step", [0, 5, 13, 14, 27])
def test_a_training_that_died_ends_with_the_same_bytes(
    step: int, finished: Project
) -> None:
    expected = finished.contents(WEIGHTS, CURVES)
    assert stop_at(step, die, finished).code == 137
    for path in expected:
        finished.path(path).unlink()
    assert finished.run("train@gru").code == 0
    assert finished.contents(WEIGHTS, CURVES) == expected


def test_a_training_that_dies_again_and_again_ends_with_the_same_bytes(
    finished: Project,
) -> None:
    expected = finished.contents(WEIGHTS, CURVES)
    deaths = 0
    while stop_at(4, die, finished).code == 137:
        deaths += 1
    assert deaths > 4  # each life saves three steps, or the end of a seed
    assert finished.contents(WEIGHTS, CURVES) == expected


@pytest.mark.parametrize(
    ("number", "step", "code", "told"),
    [
        (signal.SIGINT, 4, 130, "seed-0.state found: going on after step 5"),
        (signal.SIGTERM, 27, 143, "seed-1.state found: going on after step 14"),
    ],
    ids=["Ctrl-C", "kill, in the very last step"],
)
def test_a_signal_saves_at_once_and_exits_with_its_code(
    number: signal.Signals, step: int, code: int, told: str, finished: Project
) -> None:
    expected = finished.contents(WEIGHTS, CURVES)
    stopped = stop_at(step, lambda: os.kill(os.getpid(), number), finished)
    assert (stopped.code, stopped.err) == (code, "")
    assert told in finished.run("train@gru").out
    assert finished.contents(WEIGHTS, CURVES) == expected


def test_a_finished_seed_is_not_trained_again_and_success_deletes_the_states(
    finished: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_at(20, die, finished)
    assert finished.contents(STATES)
    seen: list[str] = []
    monkeypatch.setattr(Progress, "__call__", lambda self, *_: seen.append(self.label))
    finished.run("train@gru")
    assert set(seen) == {"train gru, seed 1"}
    assert not finished.path(STATES).exists()


def flip(content: bytes) -> bytes:
    return content[:-9] + bytes([content[-9] ^ 1]) + content[-8:]


@pytest.mark.parametrize(
    "damage",
    [flip, lambda content: content[: len(content) // 2], lambda _: b""],
    ids=["one bit", "half", "empty"],
)
def test_a_damaged_state_is_set_aside_with_a_line(
    damage: Callable[[bytes], bytes], finished: Project
) -> None:
    expected = finished.contents(WEIGHTS, CURVES)
    stop_at(5, die, finished)
    state = finished.path(f"{STATES}/seed-0.state")
    state.write_bytes(damage(state.read_bytes()))
    outcome = finished.run("train@gru")
    assert outcome.code == 0
    assert "seed-0.state is damaged; set aside as seed-0.aside" in outcome.out
    assert "going on" not in outcome.out
    assert finished.contents(WEIGHTS, CURVES) == expected


def other_rate(project: Project) -> None:
    project.set("models.gru.learning_rate", 0.03)


def other_data(project: Project) -> None:
    project.set("spell.train", [1, 109])
    project.set("spell.valid", [112, 150])
    for stage in ("spell", "prepare"):
        project.run(stage)


def other_seed(project: Project) -> None:
    project.path(f"{STATES}/seed-0.state").rename(
        project.path(f"{STATES}/seed-1.state")
    )


@pytest.mark.parametrize("change", [other_rate, other_data, other_seed])
def test_a_state_of_something_else_is_set_aside(
    change: Callable[[Project], None], finished: Project
) -> None:
    stop_at(5, die, finished)
    change(finished)
    assert "belongs to other parameters" in finished.run("train@gru").out


def test_how_often_states_are_saved_does_not_belong_to_the_key(
    finished: Project,
) -> None:
    stop_at(5, die, finished)
    finished.set("train.save_every", 1)
    assert "going on after step 3" in finished.run("train@gru").out


def test_the_key_changes_with_settings_files_code_and_any_installed_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, code = tmp_path / "train.py", tmp_path / "counting/engine/math.py"
    stage.touch()
    code.parent.mkdir(parents=True)
    monkeypatch.setattr(origin, "ROOT", tmp_path)
    keys = [resume.fingerprint([], [stage]), resume.fingerprint([1], [stage])]
    for path in (stage, code):
        path.write_text("other")
        keys.append(resume.fingerprint([], [stage]))
    for name in origin.LIBRARIES:  # loaded or not
        with monkeypatch.context() as patch:
            patch.setattr(origin, "version", lambda n, name=name: str(n == name))
            keys.append(resume.fingerprint([], [stage]))
    assert len(set(keys)) == len(keys)


def test_the_key_covers_all_code_that_dvc_says_a_training_depends_on(
    project: Project,
) -> None:
    pipeline = yaml.safe_load(project.path("dvc.yaml").read_text())
    deps = pipeline["stages"]["train"]["do"]["deps"]
    folders = {dep for dep in deps if dep.startswith("counting/") and "." not in dep}
    assert folders <= {f"counting/{name}" for name in origin.FOLDERS}


def test_a_second_training_of_the_same_variant_is_refused(
    finished: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resume, "LOCK_TIMEOUT", 0.3)
    with resume.exclusive(finished.path(STATES)):
        outcome = finished.run("train@gru")
    assert outcome.code == 2
    assert "another process trains gru, expected none" in outcome.err


def test_a_second_training_waits_for_one_that_is_about_to_end(
    finished: Project,
) -> None:
    def hold() -> None:
        with resume.exclusive(finished.path(STATES)):
            held.set()
            time.sleep(0.5)

    held = threading.Event()
    other = threading.Thread(target=hold)
    other.start()
    held.wait()
    outcome = finished.run("train@gru")
    other.join()
    assert outcome.code == 0
    assert "another process trains gru: waiting" in outcome.out


def test_a_training_stops_when_its_dvc_has_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DVC_STAGE", "train@gru")
    monkeypatch.setattr(resume, "PARENT", os.getppid() + 1)
    keeper = resume.Keeper(tmp_path / "state", "key", 10, resume.StopRequest())
    with pytest.raises(resume.Stopped) as stopped:
        keeper.after(1, 14, dict)
    assert keeper.path.is_file()
    assert stopped.value.code == 129


def test_ctrl_c_shows_no_traceback_while_libraries_load(finished: Project) -> None:
    with usual_signals():
        process = finished.start(*finished.command("train@gru"))
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode in (130, -signal.SIGINT, 0)
    assert errors == ""
