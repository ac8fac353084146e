"""`docs/guarantees.md` names tests; each of them must be there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "packages/gtn-core/docs/guarantees.md"
NAMED = sorted(set(re.findall(r"`(packages/[\w/.-]+\.py)(?:::(\w+))?`", PAGE.read_text())))


def test_the_page_names_tests():
    assert len(NAMED) > 30


@pytest.mark.parametrize(("path", "name"), NAMED, ids=str)
def test_a_test_that_is_named_exists(path, name):
    tree = ast.parse((ROOT / path).read_text())
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert not name or name in functions


def test_every_promise_names_a_test():
    for row in re.findall(r"^\| .*$", PAGE.read_text().split("## Counts")[0], flags=re.MULTILINE):
        if not row.startswith(("| promise", "| ---")):
            assert "`packages/" in row, row
