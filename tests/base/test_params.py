import pytest

from counting.base import params
from counting.base.errors import InputError
from tests.conftest import Project


def written(project: Project, old: str, new: str) -> params.Params:
    path = project.path("params.yaml")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return params.load(path)


def test_ways_to_write_a_number_and_words_that_older_yaml_takes_for_others(
    project: Project,
) -> None:
    project.set("models.gru.learning_rate", "PLACE")
    project.set("spell.language", "LANGUAGE")
    path = project.path("params.yaml")
    text = path.read_text().replace("LANGUAGE", "no")  # Norwegian, and no false
    for number in ("1e-06", "1E-6", "+1e-6"):
        path.write_text(text.replace("PLACE", number))
        settings = params.load(path)
        assert settings.models["gru"].learning_rate == 1e-6
        assert settings.spell.language == "no"
    path.write_text(text.replace("PLACE", "'1e-06'"))
    with pytest.raises(InputError, match=r"'1e-06' is not allowed; expected a number"):
        params.load(path)


def test_the_line_of_an_error_is_that_of_an_editor(project: Project) -> None:
    path = project.path("params.yaml")
    path.write_text("# no line ends: \u2028 \x85\n\nplot: 1\nplot: 2\n")
    with pytest.raises(InputError, match=r"line 4: .*'plot', which occurs twice"):
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
