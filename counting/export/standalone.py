"""Put one file of plain PyTorch together from the source of the definition.

It cannot drift from the definition, since nothing is written twice.
"""

from __future__ import annotations

import ast
import inspect
import sys
from types import ModuleType

import counting.export.take_home
import counting.networks.copy_head
import counting.networks.loop
import counting.networks.network
from counting.base.recurrences import OWN, own
from counting.base.types import NO_TARGET

MODULES = (
    counting.networks.loop,
    counting.networks.copy_head,
    counting.networks.network,
    counting.export.take_home,
)
HEADER = '''\
"""A recurrent network that counts in words, on its own: needs torch and safetensors.

Put together from the modules of the project that trained it, whose order it keeps.
README.md says how to use it, with an example and what it answers.

    python modeling_counting.py "1, 2, 3,"
"""
'''
VARIANT = f"""\
Model = SimpleNamespace  # the variant: what config.json has under `model`
NO_TARGET = {NO_TARGET}  # marks a target that is not scored"""


def source(recurrence: str = "") -> str:
    """Give the text of modeling_counting.py, with a recurrence of your own in it."""
    imports, classes, modules = set[str](), [], list(MODULES)
    if recurrence in OWN:
        layer = own(recurrence)
        modules.insert(0, sys.modules[layer.__module__])
        classes.append(f'"{recurrence}": {layer.__name__}')
    parts = [part(module, imports) for module in modules[:-1]]
    parts.append(
        f"own = {{{', '.join(classes)}}}.__getitem__  # recurrences of your own"
    )
    parts.append(part(modules[-1], imports))
    plain = sorted(line for line in imports if line.startswith("import "))
    named = sorted(imports - set(plain))
    future = [line for line in named if "__future__" in line]
    rest = [line for line in named if line not in future]
    head = "\n".join([HEADER, *future, "", *plain, *rest, "", VARIANT])
    return "\n\n\n".join([head, *parts]) + "\n"


def part(module: ModuleType, imports: set[str]) -> str:
    """Give the code of a module under its docstring, and add its imports to `imports`.

    Imports from the project are left out: the names they bring are in the same file.
    """
    text = inspect.getsource(module)
    tree = ast.parse(text)
    lines, last = text.splitlines(), 0
    for node in tree.body:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        last = node.end_lineno or last
        name = getattr(node, "module", None) or ""
        if not name.startswith("counting"):
            imports.add(ast.unparse(node))
    about = (ast.get_docstring(tree) or "").splitlines()
    comment = "\n".join(f"# {line}".rstrip() for line in ["-" * 80, *about])
    body = "\n".join(lines[last:]).strip("\n")
    return f"{comment}\n\n\n{body}"
