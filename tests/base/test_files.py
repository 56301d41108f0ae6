import os
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

from counting.base import files
from counting.base.errors import InputError


def test_when_one_file_cannot_be_written_none_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    (tmp_path / "c").write_text("a file where a folder is needed")
    with pytest.raises(OSError, match="File exists"):
        files.write({tmp_path / "a": "new", tmp_path / "c" / "d": "new"})
    assert (tmp_path / "a").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "c"]


def test_a_folder_under_the_final_name_is_seen_before_anything_is_replaced(
    tmp_path: Path,
) -> None:
    (tmp_path / "a").write_text("old")
    (tmp_path / "b").mkdir()
    with pytest.raises(IsADirectoryError) as caught:
        files.write({tmp_path / "a": "new", tmp_path / "b": "new"})
    assert caught.value.filename == str(tmp_path / "b")
    assert (tmp_path / "a").read_text() == "old"


def test_what_a_killed_process_left_is_removed_and_what_is_being_written_is_let_be(
    tmp_path: Path,
) -> None:
    old, new = (tmp_path / f".partial-{n}-a.txt" for n in (1, 2))
    for path in (old, new):
        path.write_text("half")
    os.utime(old, (0, 0))
    files.write_text(tmp_path / "a.txt", "whole")
    assert not old.exists()
    assert new.exists()


def test_a_file_may_come_in_chunks_and_one_that_fails_leaves_none(
    tmp_path: Path,
) -> None:
    def failing() -> Iterator[bytes]:
        yield b"half"
        raise InputError("no more")

    a, b = tmp_path / "a", tmp_path / "b"
    files.write({a: iter([b"one ", b"two"])})
    assert a.read_bytes() == b"one two"
    with pytest.raises(InputError, match="no more"):
        files.write({a: "new", b: failing()})
    assert a.read_bytes() == b"one two"
    assert sorted(tmp_path.iterdir()) == [a]


def test_a_file_gets_the_permissions_that_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        files.write_text(tmp_path / "a", "")
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("word", [",", 'say "one"', "'", "a;b", "ünï", "\u2028"])
def test_words_with_separators_and_quotes_come_back_from_a_csv(word: str) -> None:
    text = files.as_csv(["expected", "said", "count"], [[word, ",", 3], ["a", word, 4]])
    table = pd.read_csv(StringIO(text), keep_default_na=False)
    assert table.values.tolist() == [[word, ",", 3], ["a", word, 4]]
