from commands import repro
from tests.conftest import Project


def test_a_lock_list_that_a_kill_cut_short_is_removed(project: Project) -> None:
    path = project.path(".dvc/tmp/rwlock")
    path.parent.mkdir()
    for half in ("", '{"read": {"/some'):
        path.write_text(half)
        assert repro.mend_lock(project.root)
        assert not path.exists()


def test_a_whole_lock_list_is_let_be(project: Project) -> None:
    assert not repro.mend_lock(project.root)
    path = project.path(".dvc/tmp/rwlock")
    path.parent.mkdir()
    path.write_text('{"read": {}}')
    assert not repro.mend_lock(project.root)
    assert path.exists()
