"""`python -O` takes assertions out, so that none may guard data: they narrow a type for the checker, and nothing else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import reportgen

PACKAGE = Path(reportgen.__file__).parent


def assertions() -> Iterator[tuple[str, ast.expr]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assert):
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node.test


def narrows(test: ast.expr) -> bool:
    """Whether it is `x is not None`, `isinstance(x, T)` or `not isinstance(x, T)`: what follows fails by itself else."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test = test.operand
    if isinstance(test, ast.Compare):
        return isinstance(test.ops[0], ast.IsNot) and ast.unparse(test.comparators[0]) == "None"
    return isinstance(test, ast.Call) and ast.unparse(test.func) == "isinstance"


def test_assertions_narrow_a_type_and_guard_no_data() -> None:
    found = dict(assertions())
    assert found
    assert [where for where, test in found.items() if not narrows(test)] == []
