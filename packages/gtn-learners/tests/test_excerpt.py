"""Excerpts of what came, for messages."""

from gtn_learners._excerpt import excerpt


def test_an_excerpt_is_one_line_of_bounded_length():
    assert excerpt("two\nlines") == "'two\\nlines'"
    assert excerpt("x" * 120) == f"'{'x' * 120}'"
    assert excerpt("x" * 1000) == f"'{'x' * 120}...'"
