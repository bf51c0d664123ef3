"""What forms must not say, or Home Assistant's frontend would not show what is kept."""

import ast

from .source import COMPONENT, tree


def test_sections_without_default() -> None:
    """The frontend takes a section's default for all that is in it, which is then lost."""
    sections = [
        key
        for path in COMPONENT.rglob("*.py")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Dict | ast.DictComp)
        for key, value in (
            zip(node.keys, node.values, strict=True)
            if isinstance(node, ast.Dict)
            else [(node.key, node.value)]
        )
        if isinstance(value, ast.Call) and ast.unparse(value.func) == "section"
    ]
    assert sections
    for key in sections:
        assert isinstance(key, ast.Call)
        assert not any(one.arg == "default" for one in key.keywords)
        assert len(key.args) == 1
