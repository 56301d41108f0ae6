"""Ways in which input can be bad, each a change of a tiny project."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
import torch
from safetensors.numpy import load, save

from tests.conftest import Project

Edit = Callable[[bytes], bytes | None]  # of what a file holds; None removes it


@dataclass(frozen=True)
class Case:
    """One bad input: what is changed, what is run, what its line must say."""

    label: str
    change: Callable[[Project], object]
    command: str
    says: tuple[str, ...]
    flags: tuple[str, ...] = ()


def param(key: str, value: Any, *says: str) -> Case:
    """Set one parameter to a bad value."""
    return Case(f"{key} = {value!r}"[:70], lambda p: p.set(key, value), "check", says)


def without(key: str, *says: str) -> Case:
    """Leave one parameter out."""

    def change(project: Project) -> None:
        content = section = project.params
        *sections, last = key.split(".")
        for name in sections:
            section = section[name]
        del section[last]
        project.write_params(content)

    return Case(f"no {key}", change, "check", says)


def file(path: str, edit: Edit | str | bytes, command: str, *says: str) -> Case:
    """Change what one file holds, or give what it shall hold; its path must be said."""

    def change(project: Project) -> None:
        where = project.path(path)
        if callable(edit):
            content = edit(where.read_bytes())
        else:
            content = edit.encode() if isinstance(edit, str) else edit
        if content is None:
            where.unlink()
        else:
            where.parent.mkdir(exist_ok=True)
            where.write_bytes(content)

    return Case(f"{path}: {says[0]}", change, command, (path, *says))


def absent(_: bytes) -> None:
    """Remove a file."""


def cut(content: bytes) -> bytes:
    """Lose the second half of a file, as a disk or a download may."""
    return content[: len(content) // 2]


def pickled(_: bytes) -> bytes:
    torch.save({"tokens": torch.ones(9)}, written := BytesIO())
    return written.getvalue()


def values(edit: Callable[[Any], object]) -> Edit:
    """Change what a JSON file holds."""

    def change(content: bytes) -> bytes:
        found = json.loads(content)
        edit(found)
        return json.dumps(found).encode()

    return change


def tensor(name: str, edit: Callable[[Any], Any]) -> Edit:
    """Change a tensor of a safetensors file."""

    def change(content: bytes) -> bytes:
        found = load(content)
        return save(found | {name: np.ascontiguousarray(edit(found[name]))})

    return change


def a_folder(path: str, command: str, *says: str) -> Case:
    """Put a folder where a file is expected."""

    def change(project: Project) -> None:
        project.path(path).unlink()
        project.path(path).mkdir()

    return Case(f"{path}: a folder", change, command, (path, *says))


def own(name: str, content: str | None, *says: str) -> Case:
    """Take the user's own texts, and replace one; with no content, remove it."""

    def change(project: Project) -> None:
        folder = project.path("data/texts/mine")
        folder.mkdir()
        lines = "\n".join(["one hundred", "zw\xf6lf", "two"] * 30)
        texts = {"train.txt": lines, "valid.txt": lines, name: content}
        for path, text in texts.items():
            if text is not None:
                (folder / path).write_text(text, encoding="utf-8")
        project.set("spell.texts", "mine")

    return Case(f"own {name}: {says[0]}", change, "check", says)
