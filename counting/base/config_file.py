"""YAML files: read as DVC reads them, with every fault explained in one line."""

from __future__ import annotations

from pathlib import Path
from types import UnionType
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from counting.base import files
from counting.base.errors import InputError, abbreviate, suggest


def parse(path: Path) -> Any:
    """Read YAML 1.2, as DVC does: `no` is a word, 1e-06 a number, keys are distinct.

    Raises:
        InputError: it is not YAML; the error names the line.
    """
    text = files.read_text(path)
    place: int | None = None
    try:
        return YAML(typ="safe", pure=True).load(text)
    except MarkedYAMLError as error:
        reason, mark = str(error.problem), error.problem_mark
        place = mark.index if mark else None
        if isinstance(error, DuplicateKeyError):
            key = reason.partition('"')[2].partition('" with value')[0]
            reason = f"the key {key!r}, which occurs twice"
    except ReaderError as error:
        reason, place = f"the character {chr(error.character)!a}", error.position
    except YAMLError as error:
        reason = str(error)
    except ValueError as error:
        reason = f"a value that Python cannot hold ({error})"
    except RecursionError:
        reason = "too many brackets"
    # lines as an editor counts them; YAML also ends a line at other characters than \n
    line = "" if place is None else f", line {text.count(chr(10), 0, place) + 1}"
    raise InputError(f"{path}{line}: expected YAML, found {reason}; mend that line")


def explain(fault: ErrorDetails, root: type[BaseModel]) -> str:
    """Explain a fault that pydantic found in one line: key, value, expectation, fix.

    Args:
        fault: one of `ValidationError.errors()`.
        root: the section that was validated.
    """
    where = ".".join(str(part) for part in fault["loc"] if part != "[key]")
    key = str(fault["loc"][-1]) if fault["loc"] else ""
    match fault["type"]:
        case "extra_forbidden":
            known = suggest(key, known_keys(fault["loc"], root))
            return f"{where}: unknown key{known}: rename or remove it"
        case "missing":
            return f"{where}: missing; expected a value for {key!r}: add the line"
        case "value_error":
            text = fault["msg"].removeprefix("Value error, ")
            return f"{where}: {text}" if where else text
        case "too_short":
            expectation = f"expected {fault['ctx']['min_length']} or more entries"
        case "too_long":
            expectation = f"expected at most {fault['ctx']['max_length']} entries"
        case "float_type" | "float_parsing":
            expectation = "expected a number"
        case "model_type" | "dict_type":
            expectation = "expected a section of keys"
        case "string_pattern_mismatch":
            expectation = "expected a name of lower case letters, digits and _"
        case _:
            expectation = fault["msg"].replace("Input should be", "expected", 1)
            expectation = expectation.replace("a valid integer", "a whole number")
    value = abbreviate(fault["input"])
    return f"{where}: {value} is not allowed; {expectation}: correct it"


def known_keys(loc: tuple[int | str, ...], root: type[BaseModel]) -> list[str]:
    """Give the keys that are allowed in the section of an unknown key.

    Args:
        loc: the path of keys to it, as pydantic gives it.
        root: the section that was validated.
    """
    annotation: Any = root
    for part in loc[:-1]:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            annotation = annotation.model_fields[str(part)].annotation
        else:  # dict[Name, Section]: the same section for every key
            annotation = get_args(annotation)[-1]
        if isinstance(annotation, UnionType):  # Section | None
            annotation = get_args(annotation)[0]
    return list(annotation.model_fields)
