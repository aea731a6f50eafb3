"""The same small workloads for each tool: a method writes the files of one and gives the command to time.

chain    N shell steps, one after the other, each runs `true`
fanout   one shell step, then N, then one; two workers
noop     the chain, each step leaving a file; run again with nothing changed
pychain  N Python functions, a number handed from each to the next
map      a Python function over N numbers, then their sum
"""

from __future__ import annotations

import os
import shutil
import sys
from typing import Any, ClassVar

WORKERS = 2
Graph = dict[str, list[str]]  # step -> the steps that it needs


def in_a_row(n: int) -> Graph:
    """s0 -> s1 -> ..."""
    return {f"s{i}": [f"s{i - 1}"] if i else [] for i in range(n)}


def wide(n: int) -> Graph:
    """first -> i0, i1, ... -> join"""
    items: Graph = {f"i{i}": ["first"] for i in range(n)}
    return {"first": [], **items, "join": list(items)}


class Tool:
    """A runner. `venv`: its folder below the root of environments, "" when it needs none; `env`: variables for it."""

    name = ""
    venv: str | None = ""
    env: ClassVar[dict[str, str]] = {}


class Shell:
    """The workloads of shell steps, for tools that say how a graph of them is written."""

    def write(self, at: Any, graph: Graph, files: bool, jobs: int) -> list[str]:
        """Write the graph; the command. files: each step leaves a file of its name and reads those that it needs."""
        raise NotImplementedError

    def chain(self, at: Any, n: int) -> list[str]:
        return self.write(at, in_a_row(n), False, 1)

    def fanout(self, at: Any, n: int) -> list[str]:
        return self.write(at, wide(n), False, WORKERS)

    def noop(self, at: Any, n: int) -> list[str]:
        return self.write(at, in_a_row(n), True, 1)


class Ours(Shell):
    """The workloads in our language. No Tool by itself: it stands below that of another script too."""

    def words(self, *words: str) -> list[str]:
        """`runner WORDS`, the one beside the Python that runs the benchmark."""
        beside = os.path.join(os.path.dirname(sys.executable), "runner")
        return [beside if os.path.exists(beside) else "runner", *words]

    def write(self, at: Any, graph: Graph, files: bool, jobs: int) -> list[str]:
        lines = ['name = "bench"']
        for name, needs in graph.items():
            lines.append(f"[steps.{name}]")
            if files:
                lines += ["cache = true", f"inputs = {needs or ['start']}", f"outputs = ['{name}']"]
            elif needs:
                lines.append(f"needs = {needs}")
            lines.append(f"shell = '<<CMD>>{f' && touch {name}' if files else ''}'")
        at.put("start", "")
        at.put("pipeline.toml", "\n".join(lines) + "\n")
        return self.words("up", *(["-j", str(jobs)] if jobs > 1 else []))

    def pychain(self, at: Any, n: int) -> list[str]:
        code = "def first():\n    return 1\n\ndef more(x):\n    return x + 1\n\n"
        at.put("work.py", code + "def last(x):\n    open('<<RESULT>>', 'w').write(str(x + 1))\n")
        lines = ['name = "bench"']
        for i in range(n):
            function = "first" if not i else "last" if i == n - 1 else "more"
            lines += [f"[steps.s{i}]", f'python = "work:{function}"']
            lines += [f'needs = ["s{i - 1}"]'] if i else []
            lines += ['returns = ["x"]'] if i < n - 1 else []
        at.put("pipeline.toml", "\n".join(lines) + "\n")
        return self.words("up")

    def map(self, at: Any, n: int) -> list[str]:
        code = "def twice(i):\n    return 2 * i\n\n"
        at.put("work.py", code + "def total(y):\n    open('<<RESULT>>', 'w').write(str(sum(y)))\n    return sum(y)\n")
        each = f'for-each = {{ i = {{ range = {n} }} }}\npython = "work:twice"\nreturns = ["y"]\nreduce = "work:total"'
        at.put("pipeline.toml", f'name = "bench"\n[steps.item]\n{each}\n')
        return self.words("up")


class Runner(Ours, Tool):
    """This project. Its own three starts: `--help`, a check of N steps, `up` of one step."""

    name = "runner"

    def help_text(self, at: Any, n: int) -> list[str]:
        return self.words("--help")

    def check(self, at: Any, n: int) -> list[str]:
        self.chain(at, n)
        return self.words("check")


class Make(Shell, Tool):
    """GNU make."""

    name = "make"

    def write(self, at: Any, graph: Graph, files: bool, jobs: int) -> list[str]:
        last = list(graph)[-1]
        rules = [f"all: {last}", f".PHONY: all {'' if files else ' '.join(graph)}"]
        for name, needs in graph.items():
            rules += [f"{name}: {' '.join(needs)}", f"\t<<CMD>>{' && touch $@' if files else ''}"]
        at.put("Makefile", "\n".join(rules) + "\n")
        return ["make", f"-j{jobs}"]


class Ninja(Shell, Tool):
    """ninja, from PATH."""

    name = "ninja"

    def write(self, at: Any, graph: Graph, files: bool, jobs: int) -> list[str]:
        lines = ["rule sh", f"  command = <<CMD>>{' && touch $out' if files else ''}"]
        lines += [f"build {name}: sh {' '.join(needs)}" for name, needs in graph.items()]
        at.put("build.ninja", "\n".join(lines) + "\n")
        return ["ninja", f"-j{jobs}"]


class Doit(Shell, Tool):
    """doit, in an environment of its own."""

    name = "doit"
    venv: str | None = "doit"

    def write(self, at: Any, graph: Graph, files: bool, jobs: int) -> list[str]:
        at.put("start", "")
        graph = {name: needs or (["start"] if files else []) for name, needs in graph.items()}
        how = '"file_dep": needs, "targets": [name]' if files else '"task_dep": needs'
        touch = " && touch ' + name" if files else "'"
        body = f"yield {{'basename': name, 'actions': ['<<CMD>>{touch}], {how}}}"
        at.put(
            "dodo.py", f"GRAPH = {graph}\n\ndef task_all():\n    for name, needs in GRAPH.items():\n        {body}\n"
        )
        return [at.bin("doit"), *(["-n", str(jobs)] if jobs > 1 else [])]

    def pychain(self, at: Any, n: int) -> list[str]:
        lines = [
            "def more(x=0):",
            "    return {'x': x + 1}",
            "def last(x):",
            "    open('<<RESULT>>', 'w').write(str(x + 1))",
            "def task_all():",
            "    yield {'basename': 's0', 'actions': [more]}",
            f"    for i in range(1, {n}):",
            f"        yield {{'basename': f's{{i}}', 'actions': [last if i == {n - 1} else more],",
            "               'getargs': {'x': (f's{i - 1}', 'x')}}",
        ]
        at.put("dodo.py", "\n".join(lines) + "\n")
        return [at.bin("doit")]

    def map(self, at: Any, n: int) -> list[str]:
        lines = [
            "def twice(i):",
            "    return {'y': 2 * i}",
            "def total(ys):",
            "    open('<<RESULT>>', 'w').write(str(sum(ys.values())))",
            "def task_item():",
            f"    for i in range({n}):",
            "        yield {'name': str(i), 'actions': [(twice, [i])]}",
            "def task_total():",
            "    return {'actions': [total], 'getargs': {'ys': ('item', 'y')}}",
        ]
        at.put("dodo.py", "\n".join(lines) + "\n")
        return [at.bin("doit")]


def tools() -> list[Any]:
    """Ours first: the others are what it is compared with."""
    return [Runner(), Make(), Ninja(), Doit()]


def missing(tool: Any, venvs: str | None) -> str | None:
    """Why a tool can't be timed; None when it can."""
    if tool.venv:
        python = os.path.join(venvs or "", tool.venv, "bin", "python")
        return None if venvs and os.path.exists(python) else f"no environment `{tool.venv}` below --venvs"
    return None if tool.name == "runner" or shutil.which(tool.name) else "not on PATH"
