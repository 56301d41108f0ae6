"""What a module of the project imports, computed from the code."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def imports_of(path: Path) -> set[str]:
    """Name every module a file imports at run time, wherever the import stands."""
    tree = ast.parse(path.read_text())
    typing_only = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and ast.unparse(branch.test) == "TYPE_CHECKING"
        for child in branch.body
        for node in ast.walk(child)
    }
    names: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            names |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return names


def file_of(module: str) -> Path | None:
    """Give the project's file that holds a module."""
    path = ROOT.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


@cache
def closure(start: Path) -> set[Path]:
    """Collect the files of the project that running `start` can import, it included."""
    found, waiting = set(), [start]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        names = imports_of(path) | {".".join(path.relative_to(ROOT).parts[:-1])}
        names |= {name.rpartition(".")[0] for name in names if "." in name}
        waiting += [file for name in names if name and (file := file_of(name))]
    return found
