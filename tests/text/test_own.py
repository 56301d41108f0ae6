"""Texts of your own, through DVC itself."""

from tests.conftest import Project

NUMBERS = ["one", "two", "three", "one hundred"] * 20


def own_texts(project: Project) -> None:
    """Put texts into a folder of their own, and name it in params.yaml."""
    folder = project.path("data/texts/mine")
    folder.mkdir()
    for name in ("train", "valid"):
        (folder / f"{name}.txt").write_text("\n".join(NUMBERS) + "\n")
    project.set("spell.texts", "mine")


def done(project: Project, *words: str) -> str:
    outcome = project.shell(*words, DVC_NO_ANALYTICS="1")
    assert outcome.code == 0, outcome.err
    return outcome.out


def test_own_texts_of_a_branch_never_stand_for_numbers_on_another(
    project: Project,
) -> None:
    project.commit()
    git = ("git",)
    done(project, "dvc", "repro", "-q", "spell")
    done(project, *git, "add", "-A")
    done(project, *git, "commit", "-qm", "Numbers")
    numbers = project.contents("data/raw")
    done(project, *git, "switch", "-qc", "own")
    own_texts(project)
    done(project, "dvc", "repro", "-q", "prepare")
    assert "texts of your own" in project.call("counting.running.check").out
    assert project.contents("data/raw") != numbers
    done(project, *git, "add", "-A")
    done(project, *git, "commit", "-qm", "Own")
    done(project, *git, "switch", "-q", "-")
    for last in (109, 110):
        project.set("spell.train", [1, last])
        done(project, "dvc", "repro", "-q", "spell")
    assert project.contents("data/raw") == numbers
    assert "up to date" in done(project, "dvc", "status", "spell")


def test_own_texts_are_taken_byte_for_byte_and_need_no_text_beyond(
    project: Project,
) -> None:
    own_texts(project)
    folder = project.path("data/texts/mine")
    crlf = b"\xef\xbb\xbfone\r\n\r\ntwo\r\n"
    (folder / "valid.txt").write_bytes(crlf + b"three\r\n" * 20)
    texts = project.contents("data/texts/mine")
    assert "run `dvc repro spell`" in project.run("prepare").err
    assert project.run("spell").code == 0
    assert list(project.contents("data/raw").values()) == list(texts.values())
    assert project.run("prepare").code == 0
