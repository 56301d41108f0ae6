"""What results are known by: the code without its comments, and the libraries."""

from counting.running.origin import code_of

SAID = '''"""A module
of two lines."""

# a comment
A = "# none"  # another


def f() -> str:
    """Say f."""
    return """no docstring"""
'''
UNSAID = '''A = "# none"
def f() -> str:
    return """no docstring"""'''


def test_comments_and_docstrings_are_no_code() -> None:
    assert code_of(SAID) == UNSAID
    assert code_of(SAID.replace("Say f.", "Give f.")) == UNSAID
    assert code_of(SAID.replace("no docstring", "text")) != UNSAID
