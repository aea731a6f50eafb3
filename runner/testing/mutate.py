"""Files that nobody meant: each number is one, made of a right file by small changes to bytes, words and tables."""

from __future__ import annotations

import json
import math
import random
import re
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

TOP = Path(__file__).parents[2]
BLOCK = re.compile(r"^```toml.*?\n(.*?)^```", re.MULTILINE | re.DOTALL)
LARGEST = 100_000  # bytes of a file that is made into others


class Seed(NamedTuple):
    """A file to start from: the folder that it needs around it (None: it stands in a guide), what it is, its text."""

    name: str
    folder: Path | None
    role: str  # "pipeline" or "profile"
    text: str

    @property
    def sound(self) -> bool:
        """Whether most of it is right, so that changes get far down the road."""
        return self.folder is None or not self.name.startswith("tests/errors")


class Case(NamedTuple):
    """What a number stands for: the file that it was made of, and its bytes."""

    seed: Seed
    data: bytes


@cache
def seeds() -> tuple[Seed, ...]:
    """Every TOML file of the examples, goldens and tests of the language, and every block of the guides."""
    found = []
    for below in ("examples", "tests/errors", "tests/language", "stdlib"):
        for path in sorted((TOP / below).rglob("*.toml")):
            if ".runner" in path.parts or ".venv" in path.parts or path.stat().st_size > LARGEST:
                continue
            role = "profile" if path.parent.name == "profiles" else "pipeline"
            folder = path.parent.parent if role == "profile" else path.parent
            name = str(path.relative_to(TOP))
            found.append(Seed(name, folder, role, path.read_text("utf-8", errors="replace")))
    for path in sorted([*(TOP / "docs").rglob("*.md"), *TOP.glob("*.md")]):
        for number, block in enumerate(BLOCK.findall(path.read_text("utf-8"))):
            role = "profile" if re.search(r"^(\[executor|\[run-log|extends)", block, re.MULTILINE) else "pipeline"
            found.append(Seed(f"{path.relative_to(TOP)}:{number}", None, role, block))
    return tuple(found)


VALUES = (
    '""', '"a"', "'a.b'", "0", "-1", "7", "1.5", "1e400", "nan", "inf", "true", "false", "[]", "{}", "[[]]", "[{}]",
    '["a"]', "[1, 'a', true]", "{ a = 1 }", "{ path = 'x' }", "1979-05-27", "07:32:00", "1979-05-27T07:32:00Z",
    "0x10", "9223372036854775808", '"${a}"', '"${steps.a.b}"', '"${"', '"${env.HOME}"', '"$${x}"', '"${run.id}"',
    '"**/*"', '"../x"', '"\\u0000"', '"\\u202e"', "'''\na\n'''", '"5m"', '"512Mi"', "{ range = 3 }", "{ glob = '*' }",
    "{ file = 'in.toml' }", "{ run = 'a', recover = 'continue' }", "{ until = 'a > 1', max = 3 }", '"m:f"',
)  # fmt: skip
KEYS = (
    "shell", "command", "python", "notebook", "container", "steps", "choose", "uses", "stub", "extends", "description",
    "tags", "needs", "after", "when", "for-each", "stop-when", "max-parallel", "batch", "tolerate", "reduce", "repeat",
    "params", "returns", "inputs", "outputs", "on-failure", "retry", "timeout", "env", "secrets", "resources", "image",
    "runtime", "interpreter", "workdir", "isolate", "cache", "unset", "cases", "default", "defaults", "name", "types",
    "templates", "handlers", "finally", "executor", "run-log", "catalog", "job", "include", "profile", "shared",
)  # fmt: skip
BYTES = (b"\x00", b"\xff", b"\xef\xbb\xbf", b"\r", b"\r\n", b"\xe2\x80\xa8", b"\xf0\x9f\x90\xa7", b"\t", b"\x1b[2J")
CHARACTERS = "${}[]().:-_*/'0a =<>!&|,~"
TEXTS = (
    "${steps.a.b}", "${", "$${x}", "${run.id}", "${env.HOME}", "${env.NO:-1}", "${git.sha:-x}", "${git.sha}", "${x[0]}",
    "${x.y.z}", "**", "*", "a/**/b", "../x", "/", ".", "./", "a//b/", ".runner/x", "~/x", "a > 1", "not a", "a in b",
    "a\\u0000b", "len(a) == 0", "a == none", "a:b", "a.b:c", "std:x", "5m", "1Gi", "x", "Dream",
    "steps.a.status == 'failed'",
)  # fmt: skip
EDGES = (
    'needs = ["{a}"]', 'after = ["{a}", "{b}"]', "when = '{a} > {b}'", "when = '{a}'", "when = 'steps.{a}.{b} == 1'",
    'on-failure = "{a}"', 'on-failure = {{ run = "{a}", recover = "continue" }}', 'extends = "{a}"',
    'inputs = ["{a}", "{b}/*"]', 'outputs = {{ {a} = "{b}" }}', 'outputs = ["*/{a}"]', 'inputs = ["${{{b}}}"]',
    'outputs = {{ {a} = "x/${{{a}}}", {b} = "${{{a}}}" }}', 'returns = ["{a}", "{b}"]',
    'returns = [{{ name = "{a}", from = "{b}.{a}" }}]', 'for-each = {{ {a} = "${{{b}}}" }}',
    'for-each = {{ {a} = [1, 2], {b} = "${{steps.{a}.{b}}}" }}', 'for-each = {{ {a} = {{ glob = "{b}/*" }} }}',
    'for-each = {{ {a} = {{ range = "${{{b}}}" }} }}', 'repeat = {{ until = "{a} > 1", max = 2, as = "{b}" }}',
    'params = ["{a}", "{b}"]', 'params = {{ {a} = "${{{b}}}" }}', 'params = {{ {a} = "${{{a}}}" }}',
    'env = {{ A = "${{steps.{a}.{b}:-0}}" }}', 'secrets = ["HOME", "{a}"]', 'reduce = {{ {a} = "max" }}',
    'reduce = "{a}:{b}"', 'python = "{a}:{b}"', "choose = '{a}'", "stop-when = '{a} == {b}'", 'image = "${{{a}}}"',
    'resources = {{ cpu = "${{{a}}}" }}', "tags = ['{a}']", "cases.{a} = {{ stub = true }}", "defaults.timeout = '5m'",
    "steps.{a} = {{ shell = '{b}' }}", "uses = './{a}.toml'", "unset = ['{a}', 'env.{b}']",
)  # fmt: skip
MARKS = "[]{}='\"#.,\\$\n -_0a:*/"


Change = Callable[[random.Random, str], str]


def _lines(fn: Callable[[random.Random, list[str]], None]) -> Change:
    def change(chance: random.Random, text: str) -> str:
        lines = text.split("\n")
        fn(chance, lines)
        return "\n".join(lines)

    return change


def _inside_quotes(chance: random.Random, text: str) -> tuple[int, int] | None:
    found = [match.span() for match in re.finditer(r"(?<=\")[^\"\n]+(?=\")|(?<=')[^'\n]+(?=')", text)]
    return chance.choice(found) if found else None


@_lines
def delete_lines(chance: random.Random, lines: list[str]) -> None:
    at = chance.randrange(len(lines))
    del lines[at : at + chance.choice((1, 1, 1, 3))]


@_lines
def double_a_line(chance: random.Random, lines: list[str]) -> None:
    lines.insert(chance.randrange(len(lines)), chance.choice(lines))


@_lines
def swap_lines(chance: random.Random, lines: list[str]) -> None:
    one, two = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]


@_lines
def take_a_line_from_elsewhere(chance: random.Random, lines: list[str]) -> None:
    other = chance.choice(seeds()).text.split("\n")
    lines.insert(chance.randrange(len(lines) + 1), chance.choice(other))


@_lines
def another_value(chance: random.Random, lines: list[str]) -> None:
    at = [number for number, line in enumerate(lines) if "=" in line]
    if at:
        number = chance.choice(at)
        lines[number] = lines[number].split("=", 1)[0] + "= " + chance.choice(VALUES)


@_lines
def another_key(chance: random.Random, lines: list[str]) -> None:
    line = f"{chance.choice(KEYS)} = {chance.choice(VALUES)}"
    lines.insert(chance.randrange(len(lines) + 1), line)


def change_characters(chance: random.Random, text: str) -> str:
    out = list(text)
    for _ in range(chance.choice((1, 1, 2, 5))):
        at = chance.randrange(len(out) + 1)
        out[at : at + chance.randrange(2)] = chance.choice(MARKS)
    return "".join(out)


def delete_characters(chance: random.Random, text: str) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + text[at + chance.choice((1, 1, 2, 10, 100)) :]


def swap_words(chance: random.Random, text: str) -> str:
    words: list[str] = re.findall(r"[A-Za-z_][\w.-]*", text)
    if not words:
        return text
    old, new = chance.choice(words), chance.choice(words)
    spots = [found.start() for found in re.finditer(re.escape(old), text)]
    at = chance.choice(spots)
    return text[:at] + new + text[at + len(old) :]


def swap_texts(chance: random.Random, text: str) -> str:
    found = [match.span() for match in re.finditer(r"\"[^\"\n]*\"|'[^'\n]*'", text)]
    if len(found) < 2:
        return text
    one, two = chance.choice(found), chance.choice(found)
    return text[: one[0]] + text[two[0] : two[1]] + text[one[1] :]


def change_a_text(chance: random.Random, text: str) -> str:
    span = _inside_quotes(chance, text)
    if span is None:
        return text
    at = chance.randrange(span[0], span[1])
    return text[:at] + chance.choice(CHARACTERS) + text[at + chance.randrange(2) :]


def another_text(chance: random.Random, text: str) -> str:
    span = _inside_quotes(chance, text)
    return text if span is None else text[: span[0]] + chance.choice(TEXTS) + text[span[1] :]


@_lines
def another_edge(chance: random.Random, lines: list[str]) -> None:
    """A key that a step may have, below the header of a step, with names of this file."""
    at = [
        number for number, line in enumerate(lines) if re.match(r"\[(steps|handlers|finally|templates|defaults)", line)
    ]
    names = re.findall(r"[A-Za-z_][\w-]*", "\n".join(lines)) or ["a"]
    if at:
        a, b = chance.choice(names), chance.choice(names)
        lines.insert(chance.choice(at) + 1, chance.choice(EDGES).format(a=a, b=b))


def nest_deep(chance: random.Random, text: str) -> str:
    depth = chance.choice((3, 60, 200, 1000, 10_000))
    deep = chance.choice(
        (
            "\nx = " + "[" * depth + "]" * depth + "\n",
            "\nx = " + "{a=" * depth + "1" + "}" * depth + "\n",
            "\n[" + ".".join(["steps.a"] * depth) + "]\nshell = 'x'\n",
            "\nx" + ".a" * depth + " = 1\n",
            "\nwhen = '" + "(" * depth + "a" + ")" * depth + "'\n",
            "\nwhen = '" + "not " * depth + "a'\n",
            "\nname = '" + "${a:-" * depth + "'\n",
            "\ncommand = ['" + "*/" * depth + "']\n",
        )
    )
    at = chance.choice([0, len(text), *(found.start() for found in re.finditer("\n", text))])
    return text[:at] + deep + text[at:]


def cut(chance: random.Random, text: str) -> str:
    return text[: chance.randrange(len(text) + 1)]


def two_files(chance: random.Random, text: str) -> str:
    return text + "\n" + chance.choice(seeds()).text


def another_tree(chance: random.Random, text: str) -> str:
    """The tables themselves: parts taken out, doubled, moved, renamed, of another kind. What is no TOML stays."""
    try:
        tree = tomllib.loads(text)
        for _ in range(chance.choice((1, 1, 2, 4))):
            _change_a_part(chance, tree)
        return "".join(f"{_key(key)} = {_value(value)}\n" for key, value in tree.items())
    except (tomllib.TOMLDecodeError, RecursionError):
        return text


def _change_a_part(chance: random.Random, tree: dict[str, Any]) -> None:
    spots = list(_spots(tree))
    if not spots:
        return
    (home, key), (other, its) = chance.choice(spots), chance.choice(spots)
    change = chance.randrange(7)
    if change == 0:
        del home[key]
    elif change == 1:
        home[key] = _copy(other[its])
    elif change == 2:
        home[key], other[its] = _copy(other[its]), _copy(home[key])
    elif change == 3:
        home[key] = tomllib.loads(f"v = {chance.choice(VALUES)}")["v"]
    elif change == 4:
        home[key] = chance.choice(([home[key]], {str(its): home[key]}, str(home[key]), [home[key], home[key]]))
    elif isinstance(home, dict):
        home[str(its) if change == 5 else chance.choice(KEYS)] = _copy(home[key])


def _spots(tree: Any) -> Iterator[tuple[Any, Any]]:
    """(table or list, key) of everything in a tree."""
    for key in list(tree) if isinstance(tree, dict) else range(len(tree)):
        yield tree, key
        if isinstance(tree[key], (dict, list)):
            yield from _spots(tree[key])


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(one) for key, one in value.items()}
    return [_copy(one) for one in value] if isinstance(value, list) else value


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key).replace("\\u007f", "\x7f")


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} = {_value(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (str, bool, int, float)) else str(value)


CHANGES: tuple[Change, ...] = (
    delete_lines, double_a_line, swap_lines, take_a_line_from_elsewhere, another_value, another_value, another_key,
    change_characters, delete_characters, swap_words, swap_words, swap_texts, swap_texts, nest_deep, cut, two_files,
    another_tree, another_tree,
)  # fmt: skip


def another_step(chance: random.Random, text: str) -> str:
    """A table of steps once more, under another name."""
    parts = re.split(r"^(?=\[)", text, flags=re.MULTILINE)
    steps = [part for part in parts if re.match(r"\[(steps|handlers|finally)\.[\w-]+\]", part)]
    if not steps:
        return text
    return text + "\n" + chance.choice(steps).replace("]", f"-{chance.randrange(99)}]", 1)


def another_number(chance: random.Random, text: str) -> str:
    found = list(re.finditer(r"\d+", text))
    if not found:
        return text
    one = chance.choice(found)
    return text[: one.start()] + str(chance.choice((0, 1, 2, 3, 10, 99, 1000))) + text[one.end() :]


GENTLE: tuple[Change, ...] = (
    swap_words,
    swap_words,
    swap_texts,
    change_a_text,
    another_text,
    another_edge,
    another_edge,
    another_tree,
)
"""These leave most files in good structure, so that what comes behind the schema has its share."""
MILD: tuple[Change, ...] = (another_step, another_number, another_edge, change_a_text, swap_texts, swap_lines)
"""After one of these many files are right, so that what needs a right one has its share."""


def case(number: int, mild: bool = False) -> Case:
    """The file that a number stands for; the same on every machine with the same sources. mild: more right ones."""
    chance = random.Random(number)
    gentle = mild or chance.random() < 0.6
    seed = chance.choice(seeds())
    while gentle and not seed.sound:
        seed = chance.choice(seeds())
    text = seed.text
    changes = MILD if mild else GENTLE if gentle else CHANGES
    for _ in range(chance.choice((1, 1, 2) if mild else (1, 2, 3, 5) if gentle else (1, 1, 2, 3, 6))):
        text = chance.choice(changes)(chance, text)
    data = text.encode("utf-8", errors="replace")
    if not gentle and chance.random() < 0.1:
        at = chance.randrange(len(data) + 1)
        data = data[:at] + chance.choice(BYTES) + data[at:]
    return Case(seed, data)
