"""Python steps: how a function is called and what becomes of what it returns (N13 to N15, N43, N44)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

OLD = os.environ.get("PYTHON39", "")


def source(text: str) -> str:
    return textwrap.dedent(text)


def given(end: dict[str, Any]) -> dict[str, Any]:
    assert end["status"] == "succeeded", end
    return {name: value["json"] for name, value in end["returns"].items()}


def names(*returns: str) -> list[dict[str, Any]]:
    return [{"name": name, "kind": "json"} for name in returns]


def test_n13_a_function_takes_what_it_asks_for(project: Any) -> None:
    end = project.python(
        "def f(a, b=2, *, c=3):\n    return [a, b, c]\n", params={"a": 1, "c": 5, "other": 9}, returns=names("r")
    )
    assert given(end) == {"r": [1, 2, 5]}


def test_n13_keywords_and_namespaces_take_the_rest(project: Any) -> None:
    params = {"a": 1, "b": 2, "c": 3}
    end = project.python("def f(a, **rest):\n    return rest\n", params=params, returns=names("r"))
    assert given(end) == {"r": {"b": 2, "c": 3}}
    end = project.python(
        "import argparse\ndef f(a, args: argparse.Namespace):\n    return vars(args)\n",
        params=params,
        returns=names("r"),
    )
    assert given(end) == {"r": {"b": 2, "c": 3}}


def test_n13_decorated_functions_and_positional_only(project: Any) -> None:
    end = project.python(
        source("""
            import functools
            def twice(f):
                @functools.wraps(f)
                def inner(*args, **kwargs):
                    return f(*args, **kwargs)
                return inner
            @twice
            def f(a, /, b):
                return [a, b]
        """),
        params={"b": 2, "a": 1, "x": 3},
        returns=names("r"),
    )
    assert given(end) == {"r": [1, 2]}


def test_n13_an_argument_that_nothing_gives(project: Any) -> None:
    end = project.python("def f(a, b):\n    pass\n", params={"a": 1})
    assert (end["status"], end["reason"], end["exit"]) == ("failed", "bad-param", 1)
    assert "`b` is absent" in end["error"]["message"]


def test_async_functions(project: Any) -> None:
    end = project.python(
        "import asyncio\nasync def f(n):\n    await asyncio.sleep(0)\n    return n + 1\n",
        params={"n": 1},
        returns=names("r"),
    )
    assert given(end) == {"r": 2}


@pytest.mark.parametrize(
    "returned",
    [
        "(1, 'x')",
        "[1, 'x']",
        "{'b': 'x', 'a': 1, 'more': 0}",
        "D(1, 'x')",
        "N('x', 1)",
    ],
)
def test_n14_several_returns(project: Any, returned: str) -> None:
    text = """
        from dataclasses import dataclass
        from typing import NamedTuple
        @dataclass
        class D:
            a: int
            b: str
        class N(NamedTuple):
            b: str
            a: int
        def f():
            return RETURNED
    """
    end = project.python(source(text).replace("RETURNED", returned), returns=names("a", "b"))
    assert given(end) == {"a": 1, "b": "x"}


@pytest.mark.parametrize(
    ("returned", "says"),
    [("(1, 2, 3)", "3 values, not 2"), ("{'a': 1}", "has no `b`"), ("None", "nothing, not 2"), ("5", "int, not 2")],
)
def test_n14_anything_else_fails(project: Any, returned: str, says: str) -> None:
    end = project.python(f"def f():\n    return {returned}\n", returns=names("a", "b"))
    assert (end["status"], end["reason"]) == ("failed", "bad-return")
    assert says in end["error"]["message"]


def test_n14_what_becomes_json(project: Any) -> None:
    """field D18: numpy's scalars, paths, dates, tuples."""
    text = """
        from datetime import date
        from pathlib import Path
        class F32:
            def item(self):
                return 0.5
        def f():
            return F32(), Path("a/b"), date(2026, 2, 3), (1, 2)
    """
    end = project.python(source(text), returns=names("a", "b", "c", "d"))
    assert given(end) == {"a": 0.5, "b": "a/b", "c": "2026-02-03", "d": [1, 2]}


def test_n14_what_does_not_names_the_way_out(project: Any) -> None:
    end = project.python("def f():\n    return {1, 2}\n", returns=names("s"))
    assert (end["status"], end["reason"]) == ("failed", "bad-return")
    assert "set" in end["error"]["message"] and 'kind = "object"' in end["error"]["message"]
    assert "`s`" in end["error"]["message"]


def test_objects_go_through_the_catalog(project: Any) -> None:
    returns = [{"name": "model", "kind": "object"}, {"name": "n", "kind": "json"}]
    end = project.python("class M:\n    x = 1\ndef f():\n    m = M(); m.x = {5}\n    return m, 2\n", returns=returns)
    kept = end["returns"]["model"]
    assert kept["kind"] == "object" and project.catalog.has(kept["sha256"]) and kept["size"] > 0
    module = project.last["module"]
    taken = {"model": {"$object": {name: kept[name] for name in ("sha256", "size", "serialiser")}}}
    end = project.python(
        f"import {module}\ndef f(model: {module}.M):\n    return list(model.x)\n", params=taken, returns=names("r")
    )
    assert given(end) == {"r": [5]}
    end = project.shell('test -s "$RUNNER_PARAM_model"', params=taken)
    assert end["status"] == "succeeded"


def test_a_serialiser_that_fails_is_named(project: Any) -> None:
    (project.root / "odd.py").write_text(
        "def dump(value, file):\n    file.write(b'1')\ndef load(file):\n    raise KeyError('m')\n"
    )
    way = [{"name": "m", "kind": "object", "serialiser": "odd"}]
    end = project.python("def f():\n    return {5}\n", returns=way)
    kept = {"$object": {name: end["returns"]["m"][name] for name in ("sha256", "size", "serialiser")}}
    end = project.python("def f(m):\n    pass\n", params={"m": kept})
    assert "the object `m` can't be read by `odd.load`: KeyError: 'm'" in end["error"]["message"]
    (project.root / "odd.py").write_text("def dump(value, file):\n    raise KeyError('m')\n")
    end = project.python("def f():\n    return {5}\n", returns=way)
    assert "the return `m` (set) can't be kept as an object by `odd.dump`" in end["error"]["message"]


def test_a_list_of_objects_goes_to_a_reducer(project: Any) -> None:
    end = project.python("def f():\n    return {5}\n", returns=[{"name": "m", "kind": "object"}])
    kept = {"$object": {name: end["returns"]["m"][name] for name in ("sha256", "size", "serialiser")}}
    taken = {"models": [kept, None, kept]}
    end = project.python(
        "def f(models):\n    return [m and list(m) for m in models]\n", params=taken, returns=names("r")
    )
    assert given(end) == {"r": [[5], None, [5]]}
    end = project.shell('echo "$RUNNER_PARAM_models" | wc -l', params=taken)
    assert end["status"] == "succeeded" and project.log().strip() == "3"
    end = project.run(
        "reduce", builtins={"models": "first"}, params=taken, returns=[{"name": "models", "kind": "object"}]
    )
    assert end["returns"]["models"]["sha256"] == kept["$object"]["sha256"]


def test_a_large_return_goes_to_the_catalog(project: Any) -> None:
    end = project.python("def f():\n    return ['x' * 40] * 10000\n", returns=names("r"))
    assert end["status"] == "succeeded" and "json" not in end["returns"]["r"]
    assert json.loads(project.catalog.read(end["returns"]["r"]["sha256"])) == ["x" * 40] * 10000
    assert len(json.dumps(end)) < 10_000


def test_a_value_that_holds_itself(project: Any) -> None:
    end = project.python("def f():\n    a = []; a.append(a); return a\n", returns=names("r"))
    assert (end["status"], end["reason"]) == ("failed", "bad-return") and "`r`" in end["error"]["message"]


def test_an_object_that_cannot_be_kept(project: Any) -> None:
    end = project.python("def f():\n    return lambda: 0\n", returns=[{"name": "m", "kind": "object"}])
    assert (end["status"], end["reason"]) == ("failed", "bad-return") and "`m`" in end["error"]["message"]


def test_an_object_whose_blob_is_gone(project: Any) -> None:
    taken = {"model": {"$object": {"sha256": "0" * 64, "size": 1, "serialiser": "pickle"}}}
    end = project.python("def f(model):\n    pass\n", params=taken)
    assert (end["status"], end["reason"]) == ("errored", "stage-in") and "0" * 64 in end["error"]["message"]


def test_n15_annotations_turn_values_back(project: Any) -> None:
    text = """
        from __future__ import annotations
        import dataclasses, datetime, enum
        from pathlib import Path
        from typing import List, Optional
        class Colour(enum.Enum):
            red = "r"
        @dataclasses.dataclass
        class Conf:
            lr: float
            where: Path
        def f(p: Path, ps: list[Path], day: datetime.date, at: Optional[datetime.datetime], lr: float, n: int, t: str,
              c: Colour, conf: Conf, pair: tuple[int, str], flag: bool, unknown: NoSuchName = 0):
            all = (p, ps[0], day, at, lr, n, t, c, conf, conf.lr, conf.where, pair, flag, unknown)
            return [type(x).__name__ for x in all]
    """
    params = {
        "p": "a/b", "ps": ["x"], "day": "2026-02-03", "at": "2026-02-03T04:05:06Z", "lr": 1, "n": 3.0, "t": 5, "c": "r",
        "conf": {"lr": 1, "where": "w"}, "pair": [1, "x"], "flag": True, "unknown": "u",
    }  # fmt: skip
    end = project.python(source(text), params=params, returns=names("r"))
    path = "PosixPath"
    assert given(end)["r"] == [
        path, path, "date", "datetime", "float", "int", "str", "Colour", "Conf", "float", path, "tuple", "bool", "str",
    ]  # fmt: skip


@pytest.mark.parametrize(("hint", "value"), [("bool", "False"), ("int", "x"), ("datetime.date", "soon")])
def test_n15_a_value_that_does_not_fit(project: Any, hint: str, value: str) -> None:
    end = project.python(f"import datetime\ndef f(x: {hint}):\n    pass\n", params={"x": value})
    assert (end["status"], end["reason"]) == ("failed", "bad-param")
    assert "`x`" in end["error"]["message"] and value in end["error"]["message"]


def test_n25_named_files_are_arguments(project: Any) -> None:
    end = project.python(
        "from pathlib import Path\ndef f(tidy: Path, raw):\n    tidy.write_text(raw)\n    return type(raw).__name__\n",
        files={"raw": "data/raw.csv", "tidy": "out/tidy.csv"},
        outputs=[{"name": "tidy", "path": "out/tidy.csv", "kind": "file"}],
        returns=names("r"),
    )
    assert given(end) == {"r": "str"} and project.text("out/tidy.csv") == "data/raw.csv"


def test_n44_sys_argv_is_the_modules_file(project: Any) -> None:
    """field D19."""
    end = project.python(
        "import argparse, sys\nargparse.ArgumentParser().parse_args()\ndef f():\n    print(sys.argv)\n    sys.exit(0)\n"
    )
    assert end["status"] == "succeeded"
    assert project.log() == repr([str(project.root / (project.last["module"] + ".py"))]) + "\n"


@pytest.mark.parametrize(
    ("code", "status", "exit"),
    [
        ("", "succeeded", 0),
        ("0", "succeeded", 0),
        ("7", "failed", 7),
        ("'no data'", "failed", 1),
        ("True", "failed", 1),
    ],
)
def test_n44_system_exit(project: Any, code: str, status: str, exit: int) -> None:
    end = project.python(f"import sys\ndef f():\n    sys.exit({code})\n")
    assert (end["status"], end["exit"]) == (status, exit)
    assert ("no data" in project.log()) == ("no data" in code)


def test_n44_success_without_its_returns(project: Any) -> None:
    end = project.python("import sys\ndef f():\n    sys.exit(0)\n", returns=names("n"))
    assert (end["status"], end["reason"]) == ("failed", "missing-return") and "`n`" in end["error"]["message"]
    end = project.python("import os\ndef f():\n    os._exit(0)\n", returns=names("n"))
    assert (end["status"], end["reason"]) == ("failed", "missing-return")


def test_an_exception_is_told_with_the_users_line(project: Any) -> None:
    end = project.python("def g():\n    raise ValueError('bad thing')\n\ndef f():\n    g()\n")
    assert (end["status"], end["reason"], end["exit"]) == ("failed", "exit", 1)
    error = end["error"]
    assert (error["type"], error["message"], error["line"]) == ("ValueError", "bad thing", 2)
    assert error["file"] == project.last["module"] + ".py"
    assert "child.py" not in error["traceback"] and "importlib" not in error["traceback"]
    assert error["traceback"] in project.log()


def test_errors_at_import(project: Any) -> None:
    end = project.python("import no_such_module\n")
    assert end["error"]["type"] == "ModuleNotFoundError" and end["error"]["line"] == 1
    assert "child.py" not in end["error"]["traceback"] and "frozen" not in end["error"]["traceback"]
    end = project.python("def f(:\n")
    assert end["error"]["type"] == "SyntaxError" and end["error"]["line"] == 1
    assert end["error"]["file"] == project.last["module"] + ".py"
    end = project.python("def g():\n    pass\n")
    assert end["error"]["type"] == "AttributeError" and "`f`" in end["error"]["message"].replace("'", "`")


def test_a_crash_is_a_signal(project: Any) -> None:
    end = project.python(
        "import os\ndef f():\n    print('before'); os.kill(os.getpid(), 11)\n", env={"PYTHONUNBUFFERED": ""}
    )
    assert (end["status"], end["reason"], end["signal"]) == ("failed", "signal", 11)
    assert project.log().startswith("before\nFatal Python error: Segmentation fault\n")
    assert f'{project.last["module"]}.py", line 3 in f\n' in project.log()


def test_n43_our_api_and_the_projects_own_runner(project: Any) -> None:
    text = """
        import runner, runner_up
        from runner_up import step
        def f(n):
            step.log_metric("loss", 0.5, at=1)
            step.log_metric("loss", float("nan"))
            step.progress(1, 2)
            return [getattr(runner, "mine", False), step.params["n"], step.run_id]
    """
    end = project.python(source(text), params={"n": 3}, returns=names("r"))
    assert given(end) == {"r": [False, 3, "r-1"]}
    assert end["metrics"] == {"loss": None} and any("nan" in warning for warning in end["warnings"])
    (project.root / "runner.py").write_text("mine = True\n")
    end = project.python(source(text), params={"n": 3}, returns=names("r"))
    assert given(end) == {"r": [True, 3, "r-1"]}


def test_n43_nothing_of_ours_is_in_the_way(project: Any) -> None:
    (project.root / "values.py").write_text("mine = 1\n")
    (project.root / "spawn.py").write_text("mine = 1\n")
    text = """
        import sys, os
        import values, spawn
        def f():
            assert values.mine and spawn.mine
            ours = [m for m in sys.modules if m.split(".")[0] in ("runner", "runner_up")]
            fds = sorted(os.listdir("/proc/self/fd"))
            return [ours, len(fds), sys.path[0] == os.getcwd()]
    """
    assert given(project.python(source(text), returns=names("r"))) == {"r": [[], 4, True]}


def test_n41_children_of_a_python_step(project: Any) -> None:
    """field A1."""
    text = """
        import os, subprocess
        def f():
            ask = ["grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"]
            out = subprocess.run(ask, capture_output=True, text=True).stdout
            masks = [int(line.split()[1], 16) & ~(0b11 << 31) for line in out.splitlines()]
            return [masks, os.read(0, 1).decode()]
    """
    assert given(project.python(source(text), returns=names("r"))) == {"r": [[0, 0], ""]}


def test_n45_modules_are_found_from_the_root(project: Any) -> None:
    (project.root / "sub").mkdir()
    (project.root / "pkg").mkdir()
    (project.root / "pkg" / "inner.py").write_text("import os\ndef f():\n    return os.path.basename(os.getcwd())\n")
    end = project.run("python", module="pkg.inner", function="f", workdir="sub", returns=names("r"))
    assert given(end) == {"r": "sub"}


def test_step_put_keeps_a_file(project: Any) -> None:
    text = """
        from runner import step
        def f():
            open("plot.txt", "w").write("x")
            step.put("plot.txt")
            step.get("plot.txt")
    """
    end = project.python(source(text))
    assert [f["path"] for f in end["files"]] == ["plot.txt"]
    assert project.catalog.read(end["files"][0]["sha256"]) == b"x"


def test_step_works_without_a_run(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("x")
    text = (
        "from runner import step; step.put('x.txt'); print(step.get('x.txt'), step.params, step.run_id);"
        "step.log_metric('a', 1); step.progress(1, 2)"
    )
    env = {name: value for name, value in os.environ.items() if not name.startswith("RUNNER_")}
    env["PYTHONPATH"] = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout == "x.txt {} None\na=1\n"


def test_returns_through_the_file_too(project: Any) -> None:
    text = "import os\ndef f():\n    open(os.environ['RUNNER_RETURNS'], 'a').write('b=2\\n')\n    os._exit(0)\n"
    assert given(project.python(text, returns=names("b"))) == {"b": 2}


@pytest.mark.skipif(not OLD, reason="PYTHON39 names no interpreter")
def test_the_users_python_may_be_older(project: Any) -> None:
    end = project.python(
        "import sys\nfrom runner import step\ndef f(n: int):\n    return list(sys.version_info[:2])\n",
        params={"n": 1}, returns=names("r"), python=[OLD],
    )  # fmt: skip
    assert given(end) == {"r": [3, 9]}


def test_the_record_is_json(project: Any) -> None:
    end = project.python("def f():\n    raise OSError(2, 'gone', '\\udcff')\n")
    assert json.loads(json.dumps(end)) == end


def test_n6_functions_and_built_in_reducers_of_one_table(project: Any) -> None:
    (project.root / "pick.py").write_text("def longest(names, rows):\n    return max(names, key=len)\n")
    params = {"rows": [1, None, 2], "names": ["a", "bb"]}
    call = {"params": params, "returns": names("rows", "names")}
    end = project.run("python", builtins={"rows": "sum", "names": "pick:longest"}, **call)
    assert given(end) == {"rows": 3, "names": "bb"}
    end = project.run("python", builtins={"rows": "mean", "names": "sum"}, **call)
    assert (end["status"], end["reason"]) == ("failed", "bad-return") and "sum" in end["error"]["message"]
