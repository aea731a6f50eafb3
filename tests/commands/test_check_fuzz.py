"""`check` of files that nobody meant: whatever stands in them, there are problems with places, or none; never a fault.

Every case is a number: it chooses a file of the repository and what is done to it. RUNNER_FUZZ=20000 checks so many,
RUNNER_FUZZ_FROM says which is the first.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from runner.commands.check import as_json, problems_of
from runner.resolve.ask import Ask
from runner.text.diagnostics import Diagnostic, Refused
from runner.text.snippet import render

TOP = Path(__file__).parents[2]
CORPUS = sorted(
    path
    for below in ("examples", "tests/errors", "tests/language")
    for path in (TOP / below).rglob("*.toml")
    if ".runner" not in path.parts and path.stat().st_size < 100_000
)
CASES = int(os.environ.get("RUNNER_FUZZ", "1500"))
FIRST = int(os.environ.get("RUNNER_FUZZ_FROM", "0"))
PARTS = 10
SECONDS = 10  # no case may take longer; the slowest of all take tenths of one

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
    "len(a) == 0", "a == none", "a:b", "a.b:c", "std:x", "5m", "1Gi", "x", "Dream", "steps.a.status == 'failed'",
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


class Hang(BaseException):
    """A case took too long; no `except Exception` may swallow it."""


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
    other = chance.choice(CORPUS).read_text("utf-8", errors="replace").split("\n")
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
    return text + "\n" + chance.choice(CORPUS).read_text("utf-8", errors="replace")


CHANGES = (
    delete_lines, double_a_line, swap_lines, take_a_line_from_elsewhere, another_value, another_value, another_key,
    change_characters, delete_characters, swap_words, swap_words, swap_texts, swap_texts, nest_deep, cut, two_files,
)  # fmt: skip


GENTLE = (swap_words, swap_words, swap_texts, change_a_text, another_text, another_edge, another_edge)
"""These leave most files in good structure, so that what comes behind the schema has its share."""
RIGHT = [path for path in CORPUS if re.search(r"tests/errors/[67]|examples|language", path.as_posix())]


def case(number: int) -> tuple[Path, bytes]:
    """The file that a number starts from, and what it is made to."""
    chance = random.Random(number)
    gentle = chance.random() < 0.6
    path = chance.choice(RIGHT if gentle else CORPUS)
    text = path.read_text("utf-8", errors="replace")
    for _ in range(chance.choice((1, 2, 3, 5) if gentle else (1, 1, 2, 3, 6))):
        changes: tuple[Change, ...] = GENTLE if gentle else CHANGES
        text = chance.choice(changes)(chance, text)
    data = text.encode("utf-8", errors="replace")
    if not gentle and chance.random() < 0.1:
        at = chance.randrange(len(data) + 1)
        data = data[:at] + chance.choice(BYTES) + data[at:]
    return path, data


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise Hang

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def checked(name: str, profile: str | None) -> list[Diagnostic]:
    try:
        return problems_of(Ask(Path(name), profile, env=os.environ))
    except Refused as refused:
        return refused.problems


def places_are_inside(problems: list[Diagnostic]) -> None:
    texts: dict[str, list[str]] = {}
    for problem in problems:
        for place in [problem.place, *(place for place, _ in problem.related)]:
            if place is None:
                continue
            if place.file not in texts:
                raw = Path(place.file).read_bytes().decode("utf-8", errors="replace")
                texts[place.file] = raw.replace("\r\n", "\n").split("\n")
            lines = texts[place.file]
            assert 1 <= place.line <= len(lines), problem
            assert 1 <= place.col <= len(lines[place.line - 1]) + 1, problem
            assert place.col <= place.end <= len(lines[place.line - 1]) + 2, problem


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_stands_in_a_file_check_says_what_is_wrong(
    part: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    homes: dict[Path, Path] = {}
    for number in range(FIRST + part, FIRST + CASES, PARTS):
        path, data = case(number)
        below = path.parent.parent if path.parent.name == "profiles" else path.parent
        if below not in homes:
            homes[below] = tmp_path / str(len(homes))
            skipped = shutil.ignore_patterns(".runner", ".venv", "__pycache__")
            shutil.copytree(below, homes[below], ignore=skipped, symlinks=True)
        home = homes[below]
        monkeypatch.chdir(home)
        if path.parent.name == "profiles" and number % 2 and list(home.glob("*.toml")):
            name, profile = min(home.glob("*.toml")).name, "fuzzed"
            Path("profiles/fuzzed.toml").write_bytes(data)
        else:
            name, profile = "fuzzed.toml", None
            Path(name).write_bytes(data)
        try:
            with limited(SECONDS):
                problems = checked(name, profile)
                places_are_inside(problems)
                render(problems, lambda file: Path(file).read_text("utf-8", errors="replace"))
                [as_json(problem) for problem in problems]
        except (Exception, Hang) as fault:
            (tmp_path / "case.toml").write_bytes(data)
            raise AssertionError(f"case {number}, made of {path.relative_to(TOP)}, is {tmp_path}/case.toml") from fault
