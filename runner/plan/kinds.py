"""`[types]` that no value can be right for: found where they are written, whoever gives the value later."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from runner.plan.steps import Tree
from runner.resolve.layers import Keys
from runner.rules.values import check_type
from runner.text.diagnostics import Diagnostic, diagnose


def kinds(tree: Tree) -> Iterator[Diagnostic]:
    """Of the pipeline and of every file that it uses."""
    for doc in {id(home.doc): home.doc for home in tree.homes}.values():
        for name, spec in doc.data.get("types", {}).items():
            for keys, why in _wrong(spec, ("types", name)):
                yield diagnose("E456", doc.place(keys), name=name, why=why)


def _wrong(spec: dict[str, Any], keys: Keys) -> Iterator[tuple[Keys, str]]:
    """The keys that are at fault, and how."""
    kind = spec.get("type")
    try:
        re.compile(spec.get("pattern", ""))
    except re.error as error:
        yield (*keys, "pattern"), f"`pattern` is no regular expression: {error}"
        return
    low, high = spec.get("minimum"), spec.get("maximum")
    if low is not None and high is not None and low > high:
        yield (*keys, "maximum"), f"`maximum` is less than `minimum`, {low}"
    for word, meant in (("minimum", NUMBERS), ("maximum", NUMBERS), ("pattern", TEXTS), ("items", ("list",))):
        if word in spec and kind is not None and kind not in meant:
            yield (*keys, word), f"`{word}` is for {MEANT[meant]}, and its type is {kind}"
    rest = {word: value for word, value in spec.items() if word != "enum"}
    for index, value in enumerate(spec.get("enum", ())):
        why = check_type(value, rest)
        if why is not None:
            yield (*keys, "enum", index), f"`enum` has what is not allowed: {why}"
    if isinstance(spec.get("items"), dict):
        yield from _wrong(spec["items"], (*keys, "items"))


NUMBERS, TEXTS = ("integer", "number"), ("text", "path", "date", "time", "datetime")
MEANT = {NUMBERS: "numbers", TEXTS: "text", ("list",): "lists"}
