"""Conditions: `or and not`, comparisons, `in`, `len(x)`, lists and literals, read into expressions (N11)."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from runner.resolve.leaf import WORDS, Error, read

DEEPEST = 50
"""Levels of brackets and `not`: whoever walks the tree may use recursion."""
COMPARE = ("==", "!=", "<=", ">=", "<", ">", "in", "not in")
KEYWORDS = ("and", "or", "not", "in")
_MEANT = {"=": "==", "===": "==", "!==": "!=", "<>": "!=", "=>": ">=", "=<": "<=", "&&": "and", "||": "or", "!": "not",
          "&": "and", "|": "or"}  # fmt: skip
_PYTHON = {"True": "true", "False": "false", "None": "none"}
_CONSTANTS = {"true": True, "false": False, "none": None}
_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.+Z]+)?)"
    r"|(?P<number>[0-9][0-9_]*+(?:\.[0-9][0-9_]*+)?+(?:[eE][+-]?[0-9]++)?+(?![A-Za-z_.]))"
    r"|(?P<strange>[0-9][0-9A-Za-z_.]*)"
    r"|'(?P<single>[^']*)'|\"(?P<double>[^\"]*)\""
    r"|(?P<quote>['\"])"
    r"|(?P<dollar>\$\{\s*(?P<inner>[^{}]*?)\s*\}|\$(?=[A-Za-z_]))"
    r"|(?P<name>[A-Za-z_])"
    r"|(?P<default>:-[^\s()\[\],]*)"
    r"|(?P<op>===|!==|==|!=|<=|>=|<>|=>|=<|=~|&&|\|\||\*\*|//|[=<>!&|+*/%^~?-])"
    r"|(?P<bracket>[()\[\],])"
    r"|(?P<other>.)",
    re.DOTALL,
)
_NUMBER = re.compile(r"(?:0|[1-9](?:_?[0-9])*)(?:\.[0-9](?:_?[0-9])*)?(?:[eE][+-]?[0-9]+)?")


class _Item(NamedTuple):
    """A value or an operator between brackets."""

    op: str | None  # None: a value
    expr: Any
    start: int
    end: int


class Spanned(list[Any]):
    """A comparison that knows where it stands in its text; as JSON a list like any other."""

    __slots__ = ("span",)

    def __init__(self, items: list[Any], span: tuple[int, int]) -> None:
        super().__init__(items)
        self.span = span


class _Frame:
    """What stands inside one pair of brackets, or at the top."""

    def __init__(self, kind: str, start: int) -> None:
        self.kind, self.start = kind, start  # "", "(", "[" or "len"
        self.items: list[_Item] = []
        self.elements: list[Any] = []  # of a list


class _Stop(Exception):
    """The first mistake behind which nothing can be read."""

    def __init__(self, code: str, start: int, end: int, **args: Any) -> None:
        self.error: Error = (code, start, end, args)


def condition_to_expr(text: str) -> tuple[Any, list[Error]]:
    """The expression of a condition, and its mistakes; with mistakes the expression is True."""
    parser = _Parser(text)
    try:
        expr = parser.run()
    except _Stop as stop:
        parser.errors.append(stop.error)
    return (True, parser.errors) if parser.errors else (expr, [])


class _Parser:
    """Reads tokens into frames; each frame is put together once, when its bracket closes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.errors: list[Error] = []
        self.frames = [_Frame("", 0)]

    def run(self) -> Any:
        at = 0
        while at < len(self.text):
            token = _TOKEN.match(self.text, at)
            assert token is not None  # `other` takes whatever is left
            at = self._token(token)
        if len(self.frames) > 1:
            frame = self.frames[-1]
            bracket = "[" if frame.kind == "[" else "("
            raise _Stop("E416", frame.start, frame.start + 1, bracket=bracket, close="]" if bracket == "[" else ")")
        return self._whole(self.frames[0], len(self.text))

    def _token(self, token: re.Match[str]) -> int:
        """Take one token; where the next one starts."""
        kind, word, start, end = str(token.lastgroup), token.group(), token.start(), token.end()
        if kind == "space":
            return end
        if kind == "inner" or kind == "dollar":
            return self._dollar(token)
        if kind == "name":
            return self._name(start)
        if kind == "bracket":
            return self._bracket(word, start)
        if kind == "op":
            return self._op(word, start, end)
        if kind in ("single", "double"):
            self._value(token[kind], start, end)
        elif kind == "number":
            self._value(_number(word, start, end), start, end)
        elif kind == "date":
            raise _Stop("E425", start, end, text=word, write=f"'{word}'")
        elif kind == "quote":
            raise _Stop("E415", start, len(self.text), quote=word)
        elif kind == "default":
            raise _Stop("E424", start, end, text=word)
        elif kind == "strange":
            raise _Stop("E423", start, end, text=word)
        else:
            hint = "names stand there without `${{ }}`" if self.text.startswith("${{", start) else None
            raise _Stop("E420", start, end, text=word, **({"hint": hint} if hint else {}))
        return end

    def _dollar(self, token: re.Match[str]) -> int:
        """`${x}` or `$x`: said once, then read as x."""
        inner = token["inner"]
        if inner is None:
            leaf = read(self.text, token.end())
            assert leaf is not None
            word, end = self.text[leaf.start : leaf.end], leaf.end
        else:
            word, end = inner.split(":-")[0], token.end()
        args = {"write": word} if word else {"hint": "name something"}
        self.errors.append(("E410", token.start(), end, {"text": self.text[token.start() : end], **args}))
        self._value(None, token.start(), end)
        return end

    def _name(self, start: int) -> int:
        leaf = read(self.text, start)
        assert leaf is not None
        head, end = leaf.head, leaf.end
        after = start + len(head)
        if head in KEYWORDS:
            self._word(head, start, after)
            return after
        if head == "is" and self._has_value():
            negated = self.text[after:].lstrip().startswith("not ")
            raise _Stop("E412", start, after, op="is not" if negated else "is", write="!=" if negated else "==")
        follows = self.text[end:].lstrip()[:1]
        if follows == "(" and not self._has_value():
            if leaf.parts or head != "len":
                raise _Stop("E422", start, end, name=self.text[start:end])
            open_at = self.text.index("(", end)
            self._open("len", open_at)
            return open_at + 1
        if head in _PYTHON and not leaf.parts:
            self.errors.append(("E411", start, end, {"word": head, "write": _PYTHON[head]}))
            self._value(None, start, end)
        elif head in WORDS and not leaf.parts:
            self._value(_CONSTANTS[head], start, end)
        else:
            if error := leaf.error():
                self.errors.append(error)
            self._value(leaf.expr(), start, end)
        return end

    def _word(self, word: str, start: int, end: int) -> None:
        """`and`, `or`, `in`, `not`; `not in` is one operator."""
        items = self.frames[-1].items
        if word == "in" and items and items[-1].op == "not in":
            items[-1] = items[-1]._replace(end=end)
            return
        if word == "not" and self._has_value():
            if re.compile(r"\s+in\b").match(self.text, end) is None:
                raise _Stop("E419", start, end, text="not", hint="write `!=`, or `not in`")
            items.append(_Item("not in", None, start, end))
            return
        if word == "not":
            if items and items[-1].op in COMPARE:
                raise _Stop("E420", start, end, text="not", hint="put brackets around it")
            items.append(_Item("not", None, start, end))
            self._depth(start, end)
            return
        self._binary(word, start, end)

    def _op(self, word: str, start: int, end: int) -> int:
        if word in ("==", "!=", "<=", ">=", "<", ">"):
            self._binary(word, start, end)
            return end
        if word == "-" and not self._has_value() and self.text[end : end + 1].isdecimal():
            token = _TOKEN.match(self.text, end)
            assert token is not None
            if token.lastgroup != "number":
                raise _Stop("E423", start, token.end(), text=self.text[start : token.end()])
            self._value(_number(token.group(), start, token.end(), -1), start, token.end())
            return token.end()
        if word in _MEANT:
            self.errors.append(("E412", start, end, {"op": word, "write": _MEANT[word]}))
            if _MEANT[word] == "not":
                self._word("not", start, end)
            else:
                self._binary(_MEANT[word], start, end)
            return end
        if word == "=~":
            raise _Stop(
                "E412",
                start,
                end,
                op=word,
                hint="there are no patterns in a condition: let a step return true or false",
            )
        raise _Stop("E413", start, end, op=word)

    def _bracket(self, word: str, start: int) -> int:
        frame = self.frames[-1]
        if word in "([":
            if self._has_value():
                if word == "[" and frame.items[-1].end == start:
                    raise _Stop("E427", start, start + 1)
                raise _Stop("E419", start, start + 1, text=word)
            self._open(word, start)
        elif word == ",":
            if frame.kind != "[":
                hint = "a list stands in `[ ]`" if frame.kind == "(" else None
                raise _Stop("E420", start, start + 1, text=",", hint=hint)
            frame.elements.append(self._whole(frame, start))
            frame.items = []
        else:
            if frame.kind == "" or (word == "]") != (frame.kind == "["):
                raise _Stop("E417", start, start + 1, bracket=word)
            self._close(frame, start)
        return start + 1

    def _open(self, kind: str, start: int) -> None:
        self.frames.append(_Frame(kind, start))
        self._depth(start, start + 1)

    def _depth(self, start: int, end: int) -> None:
        nots = 0
        for item in reversed(self.frames[-1].items):
            if item.op != "not":
                break
            nots += 1
        if len(self.frames) + nots > DEEPEST:
            raise _Stop("E421", start, end, limit=DEEPEST)

    def _close(self, frame: _Frame, at: int) -> None:
        start = frame.start
        if frame.kind == "[":
            if frame.items or not frame.elements:  # a comma may stand before the bracket
                frame.elements += [self._whole(frame, at)] if frame.items else []
            plain = all(not isinstance(one, list) or one[:1] == ["lit"] for one in frame.elements)
            expr = (
                ["lit", [one[1] if isinstance(one, list) else one for one in frame.elements]]
                if plain
                else ["list", frame.elements]
            )
        else:
            expr = self._whole(frame, at)
            if frame.kind == "len":
                expr, start = ["len", expr], self.text.rindex("len", 0, start)
        self.frames.pop()
        self._value(expr, start, at + 1)

    def _has_value(self) -> bool:
        items = self.frames[-1].items
        return bool(items) and items[-1].op is None

    def _value(self, expr: Any, start: int, end: int) -> None:
        if self._has_value():
            raise _Stop("E419", start, end, text=self.text[start:end])
        self.frames[-1].items.append(_Item(None, expr, start, end))

    def _binary(self, op: str, start: int, end: int) -> None:
        if not self._has_value():
            raise _Stop("E418", start, end, where=f"before `{self.text[start:end]}`")
        self.frames[-1].items.append(_Item(op, None, start, end))

    def _whole(self, frame: _Frame, at: int) -> Any:
        """All items of a frame as one expression."""
        items = frame.items
        if not items:
            if not frame.kind:
                raise _Stop("E418", 0, max(1, len(self.text)), where="here: the condition is empty")
            raise _Stop("E418", at, at + 1, where=f"before `{self.text[at]}`")
        if items[-1].op is not None:
            last = items[-1]
            raise _Stop("E418", last.start, last.end, where=f"after `{self.text[last.start : last.end]}`")
        return _balanced(
            "or", [_balanced("and", [self._not(part) for part in _split(side, "and")]) for side in _split(items, "or")]
        )

    def _not(self, items: list[_Item]) -> Any:
        """`not` and a comparison."""
        count = 0
        while items[count].op == "not":
            count += 1
        rest = items[count:]
        if len(rest) > 3:
            self._chained(rest)
        expr = rest[0].expr
        if len(rest) > 1:
            expr = Spanned([rest[1].op, expr, rest[2].expr], (rest[0].start, rest[2].end))
        for _ in range(count):
            expr = ["not", expr]
        return expr

    def _chained(self, items: list[_Item]) -> None:
        def word(item: _Item) -> str:
            return self.text[item.start : item.end]

        hint: dict[str, str] = {}
        if len(items) == 5 and not self.errors:
            left, one, middle, two, right = (word(item) for item in items)
            hint = {"write": f"{left} {one} {middle} and {middle} {two} {right}"}
        self.errors.append(("E414", items[0].start, items[-1].end, hint))


def _number(word: str, start: int, end: int, sign: int = 1) -> int | float:
    value: int | float | None = None
    if _NUMBER.fullmatch(word):
        try:
            value = float(word) if re.search("[.eE]", word) else int(word)
        except ValueError:  # more digits than int() reads
            value = None
    if value is None or value in (float("inf"), float("-inf")):
        raise _Stop("E423", start, end, text=word if len(word) < 40 else word[:36] + "...")
    return sign * value


def _split(items: list[_Item], op: str) -> list[list[_Item]]:
    parts: list[list[_Item]] = [[]]
    for item in items:
        if item.op == op:
            parts.append([])
        else:
            parts[-1].append(item)
    return parts


def _balanced(op: str, parts: list[Any]) -> Any:
    """One tree of a chain, as flat as can be (ten thousand are 14 levels), asked from left to right."""
    while len(parts) > 1:
        paired = [[op, parts[i], parts[i + 1]] for i in range(0, len(parts) - 1, 2)]
        parts = paired + parts[len(paired) * 2 :]
    return parts[0]
