from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from counting.base import params
from counting.base.errors import InputError
from tests.conftest import Project


def written(project: Project, old: str, new: str) -> params.Params:
    path = project.path("params.yaml")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return params.load(path)


@pytest.mark.parametrize("text", ["1e-06", "1E-6", "0.000001", "1.0e-6", "+1e-6"])
def test_every_way_to_write_a_millionth_is_a_number(
    text: str, project: Project
) -> None:
    project.set("models.gru.learning_rate", "PLACE")
    settings = written(project, "PLACE", text)
    assert settings.models["gru"].learning_rate == 1e-6


def test_a_number_in_quotes_is_a_word(project: Project) -> None:
    project.set("models.gru.learning_rate", "PLACE")
    with pytest.raises(InputError, match=r"'1e-06' is not allowed; expected a number"):
        written(project, "PLACE", "'1e-06'")


def test_a_key_may_stand_in_two_sections_but_not_twice_in_one(project: Project) -> None:
    with pytest.raises(InputError, match="'engine', which stands twice"):
        written(project, "engine:", "engine: autograd\nengine:")


def test_words_that_older_yaml_takes_for_false_are_words(project: Project) -> None:
    project.set("spell.language", "PLACE")
    assert written(project, "PLACE", "no").spell.language == "no"  # Norwegian


def test_the_line_of_an_error_is_that_of_an_editor(project: Project) -> None:
    path = project.path("params.yaml")
    path.write_text("# no line ends: \u2028 \x85\n\nplot: 1\nplot: 2\n")
    with pytest.raises(InputError, match=r"line 4: .*'plot', which stands twice"):
        params.load(path)
    path.write_text("plot:\n\n  rolling: \f4\n")
    with pytest.raises(InputError, match=r"line 3: .*the character"):
        params.load(path)


def test_windows_line_ends_and_a_byte_order_mark_are_read_over(
    project: Project,
) -> None:
    path = project.path("params.yaml")
    expected = params.load(path)
    text = path.read_text().replace("\n", "\r\n")
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert params.load(path) == expected


def test_the_unknown_key_is_told_before_the_one_missing_because_of_it(
    project: Project,
) -> None:
    content = project.params
    content["plot"] = {"roling": 4}
    project.write_params(content)
    with pytest.raises(InputError, match=r"plot.roling: unknown key.*\(and 1 more\)"):
        params.load(project.path("params.yaml"))


def test_a_long_bad_value_is_not_repeated_in_full(project: Project) -> None:
    project.set("engine", "x" * 10_000)
    with pytest.raises(InputError) as caught:
        params.load(project.path("params.yaml"))
    assert len(str(caught.value)) < 300


def test_parameters_cannot_be_changed_after_reading(project: Project) -> None:
    settings = params.load(project.path("params.yaml"))
    with pytest.raises(ValidationError, match="frozen"):
        settings.plot.rolling = 5


def test_the_parameters_of_the_project_are_fine() -> None:
    root = Path(__file__).parents[2]
    settings = params.load(root / "params.yaml")
    content = yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))
    assert list(settings.models) == list(content["models"])
