"""Rules of constraints as expressions: read as Python, and refused where they are more than comparisons of columns."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any
from unicodedata import normalize

__all__ = [
    "ARITHMETIC",
    "COMPARISONS",
    "column_names",
    "in_order",
    "is_unique_call",
    "normal",
    "parse",
    "sources_of",
    "target_of",
]

QUOTED = re.compile(r"`([^`]+)`")  # names that are no identifiers, as in `DataFrame.query`
PREFIX = "_quoted_"
UNIQUE = "unique"
HINTS = {  # by what is found in a rule that is none, apart from text in quotes
    r"&|\||~|!(?!=)|\b(AND|OR|NOT)\b": "comparisons are joined by `and`, `or` and `not`",
    r"\bif\b|\bthen\b|\bimplies\b|[-=]>": "if a then b is 'not a or b'",
    r"(?<![=<>!])=(?![=>])|<>": "equal is `==`, and not equal `!=`",
    r"\bin\b": "one of several is 'x == 1 or x == 2'",
    r"\bis\b|\bNone\b": "missing cells break no rule, and there is no rule of them",
    r"\b(and|or)\b": "on each side of `and` and `or` stands a comparison, as in 'x == 1 or x == 2'",
    r"\b\d{4}-\d": "dates stand in quotes, as in \"start > '2024-05-01'\"",
    r"^[^<>=]*$": "flags are compared too, as in 'paid == True'",
}
ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def normal(name: str) -> str:
    """A name as Python reads it, in which some characters are others that look alike."""
    return normalize("NFKC", name)


@cache
def parse(rule: str) -> Any:
    """The expression of a rule."""
    names: list[str] = QUOTED.findall(rule)
    for index, name in enumerate(names):
        rule = rule.replace(f"`{name}`", f"{PREFIX}{index}")
    try:
        tree = ast.parse(rule.strip(), mode="eval").body
        check_expression(tree)
    except (SyntaxError, TypeError) as error:
        why = "invalid syntax" if isinstance(error, SyntaxError) else error
        bare = re.sub(r"'[^']*'|\"[^\"]*\"", "", rule)
        hint = next((f"; {hint}" for found, hint in HINTS.items() if re.search(found, bare)), "")
        raise ValueError(
            "`constraints` must be rules such as 'start <= end', 'total == price * number' or 'unique(code)'. Got"
            f" {rule!r}: {why}{hint}."
        ) from None
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id.startswith(PREFIX):
            node.id = normal(names[int(node.id.removeprefix(PREFIX))])
    return tree


def check_expression(tree: ast.expr) -> None:
    """Raise an error where an expression has no truth, or more than comparisons of sums and products."""
    if isinstance(tree, ast.BoolOp):
        for value in tree.values:
            check_expression(value)
    elif isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not):
        check_expression(tree.operand)
    elif isinstance(tree, ast.Compare):
        if unknown := [type(op).__name__ for op in tree.ops if type(op) not in COMPARISONS]:
            raise TypeError(f"there is no comparison by {unknown[0]}")
        for term in (tree.left, *tree.comparators):
            check_term(term)
    elif not is_unique_call(tree):
        raise TypeError(f"{ast.unparse(tree)!r} is no comparison")


def check_term(term: ast.expr) -> None:
    if isinstance(term, ast.BinOp) and type(term.op) in ARITHMETIC:
        check_term(term.left)
        check_term(term.right)
    elif isinstance(term, ast.UnaryOp) and isinstance(term.op, ast.USub):
        check_term(term.operand)
    elif not isinstance(term, ast.Name) and not (
        isinstance(term, ast.Constant) and isinstance(term.value, int | float | str)
    ):
        raise TypeError(f"{ast.unparse(term)!r} is neither a column nor a sum or product of columns")


def is_unique_call(tree: ast.expr) -> bool:
    """Whether an expression says that cells of columns, or their combinations, do not repeat."""
    if not (isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id == UNIQUE):
        return False
    return bool(tree.args) and all(isinstance(name, ast.Name) for name in tree.args)


def column_names(tree: ast.AST) -> Iterator[str]:
    """The names of columns in an expression."""
    if isinstance(tree, ast.Name):
        yield tree.id
    children = tree.args if isinstance(tree, ast.Call) else ast.iter_child_nodes(tree)
    for child in children:
        yield from column_names(child)


def target_of(tree: Any) -> str | None:
    """The column that a rule computes: that alone on the left of ``==``, where there are columns on the right."""
    is_equation = isinstance(tree, ast.Compare) and len(tree.ops) == 1 and isinstance(tree.ops[0], ast.Eq)
    if is_equation and isinstance(tree.left, ast.Name) and isinstance(tree.comparators[0], ast.BinOp):
        return tree.left.id if any(column_names(tree.comparators[0])) else None
    return None


def in_order(rules: list[str]) -> list[str]:
    """The rules, each after those that compute what it computes a column from."""
    ordered: list[str] = []
    waiting = list(rules)
    while waiting:
        computed_later = {target: rule for rule in waiting if (target := target_of(parse(rule))) is not None}
        ready = [rule for rule in waiting if not set(sources_of(rule)) & computed_later.keys()]
        if not ready:
            raise ValueError(f"`constraints` must not compute columns from one another in a circle. Got {waiting}.")
        ordered += ready
        waiting = [rule for rule in waiting if rule not in ready]
    return ordered


def sources_of(rule: str) -> set[str]:
    """The columns that a rule computes another column from, if it computes one."""
    tree = parse(rule)
    target = target_of(tree)
    return set() if target is None else set(column_names(tree.comparators[0])) - {target}
