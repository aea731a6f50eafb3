"""`cache`: what is not run again, what is, and why (N36, N37)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.agent.catalog import MissingBlob
from runner.rules.keys import digest
from runner.run.cache import Cache
from runner.run.hashes import Hashes
from runner.run.ingredients import MOST, Change, changes, ingredients
from runner.run.restore import restored
from runner.testing.project import Project

Made = Callable[..., Project]

CHAIN = """
name = "cache"
[params]
level = 1
[steps.a]
cache = true
inputs = ["in.txt"]
outputs = { o = "out/a.txt" }
shell = 'echo a >> log; cat in.txt > "$RUNNER_PARAM_o"; echo "n=$RUNNER_PARAM_level" >> "$RUNNER_RETURNS"'
returns = ["n"]
[steps.b]
params = ["n"]
inputs = { i = "${steps.a.o}" }
shell = 'echo "b $RUNNER_PARAM_n" >> log; cat "$RUNNER_PARAM_i" > got'
"""


def log(found: Project) -> list[str]:
    lines = found.read("log").splitlines() if found.exists("log") else []
    found.path("log").unlink(missing_ok=True)
    return sorted(lines)


def statuses(found: Project) -> dict[str, str]:
    nodes = found.cli("show", "--json").ok().json()["nodes"].values()
    return {node["path"]: node["status"] for node in nodes}


def test_n36_a_cached_step_gives_its_files_and_returns_without_running(project: Made) -> None:
    found = project({"pipeline.toml": CHAIN, "in.txt": "1"})
    found.cli("up").ok()
    assert log(found) == ["a", "b 1"]
    shutil.rmtree(found.path("out"))
    found.cli("up").ok().says("cached")
    assert log(found) == ["b 1"]
    assert statuses(found) == {"a": "cached", "b": "succeeded"}
    assert (found.read("out/a.txt"), found.read("got")) == ("1", "1")


def test_n36_an_input_a_parameter_or_the_definition_that_changes_runs_it_again(project: Made) -> None:
    found = project({"pipeline.toml": CHAIN, "in.txt": "1"})
    found.cli("up").ok()
    log(found)
    found.write({"in.txt": "2"})
    found.cli("up").ok()
    assert log(found) == ["a", "b 1"]
    found.cli("up", "--param", "level=2").ok()
    assert log(found) == ["a", "b 2"]
    found.write({"pipeline.toml": CHAIN.replace("echo a >>", "echo A >>")})
    found.cli("up").ok()
    assert log(found) == ["A", "b 1"]
    found.write({"pipeline.toml": CHAIN, "in.txt": "1"})
    found.cli("up").ok()
    assert log(found) == ["b 1"]  # as in the first run


def test_n35_what_changes_no_result_does_not_count(project: Made) -> None:
    found = project({"pipeline.toml": CHAIN, "in.txt": "1"})
    found.cli("up").ok()
    log(found)
    more = 'description = "d"\ntags = ["t"]\nresources = { memory = "4Gi" }\nretry = { attempts = 3 }\ntimeout = "1h"\n'
    found.write({"pipeline.toml": CHAIN.replace("cache = true\n", "cache = true\n" + more)})
    found.cli("up").ok()
    assert log(found) == ["b 1"]


@pytest.mark.parametrize("step", ['command = ["python3", "scripts/gen.py"]', 'shell = "bash scripts/make.sh"'])
def test_n36_a_project_file_named_by_a_word_is_code(project: Made, step: str) -> None:
    files = {
        "pipeline.toml": f'name = "c"\n[steps.a]\ncache = true\n{step}\noutputs = ["out.txt"]\n',
        "scripts/gen.py": 'import helper\nopen("out.txt", "w").write(helper.text)\n',
        "scripts/helper.py": 'text = "1"\n',
        "scripts/make.sh": "echo 1 > out.txt\n",
    }
    found = project(files)
    found.cli("up").ok()
    found.cli("up").ok()
    assert statuses(found) == {"a": "cached"}
    found.write({"scripts/helper.py": 'text = "other"\n', "scripts/make.sh": "echo other > out.txt\n"})
    found.cli("up").ok()
    assert statuses(found) == {"a": "succeeded"}
    assert found.read("out.txt").strip() == "other"  # another length: Python looks at size and seconds


def test_n36_the_modules_that_a_python_step_imports_are_code_also_inside_functions(project: Made) -> None:
    files = {
        "pipeline.toml": 'name = "c"\n[steps.a]\ncache = true\npython = "w:f"\nreturns = ["n"]\n',
        "w.py": "def f():\n    from lib import deep\n    return deep.value()\n",
        "lib/__init__.py": "",
        "lib/deep.py": "from lib import base\n\ndef value():\n    return base.N\n",
        "lib/base.py": "N = 1\n",
        "beside.py": "",
    }
    found = project(files)
    found.cli("up").ok()
    found.write({"beside.py": "# changed\n"})
    found.cli("up").ok()
    assert statuses(found) == {"a": "cached"}
    found.write({"lib/base.py": "N = 20\n"})
    found.cli("up").ok()
    assert statuses(found) == {"a": "succeeded"}


def test_n36_code_globs_ignored_parameters_and_an_age(project: Made) -> None:
    text = """
name = "c"
[params]
seed = 1
when = "now"
[steps.a]
cache = {{ code = ["src/*.sql"], ignore = ["when"]{expires} }}
shell = "echo a >> log"
"""
    found = project({"pipeline.toml": text.format(expires=""), "src/q.sql": "1"})
    found.cli("up").ok()
    found.cli("up", "--param", "when=later").ok()
    assert log(found) == ["a"]
    found.cli("up", "--param", "seed=2").ok()
    assert log(found) == ["a"]
    found.write({"src/q.sql": "2"})
    found.cli("up").ok()
    assert log(found) == ["a"]
    found.write({"pipeline.toml": text.format(expires=', expires = "1ms"')})
    found.cli("up").ok()
    assert log(found) == ["a"]


def test_n36_a_hit_whose_blob_is_gone_is_a_miss(project: Made) -> None:
    found = project({"pipeline.toml": CHAIN, "in.txt": "1"})
    found.cli("up").ok()
    log(found)
    shutil.rmtree(found.path(".runner/catalog"))
    shutil.rmtree(found.path("out"))
    found.cli("up").ok()
    assert log(found) == ["a", "b 1"]


def test_n37_what_changed_while_it_ran_is_not_cached(project: Made) -> None:
    text = 'name = "c"\n[steps.a]\ncache = true\ninputs = ["in.txt"]\nshell = "echo a >> log; cat next.txt > in.txt"\n'
    found = project({"pipeline.toml": text, "in.txt": "1", "next.txt": "2"})
    found.cli("up").ok()
    found.write({"in.txt": "1"})
    found.cli("up").ok()
    assert log(found) == ["a", "a"]


def test_n36_items_of_a_map_are_cached_one_by_one(project: Made) -> None:
    text = """
name = "c"
[params]
xs = ["a", "b"]
[steps.m]
for-each = { x = "${xs}" }
params = []
cache = true
shell = 'echo "$RUNNER_PARAM_x" >> log; echo "y=$RUNNER_PARAM_x" >> "$RUNNER_RETURNS"'
returns = ["y"]
reduce = { y = "concat" }
"""
    found = project({"pipeline.toml": text.replace('reduce = { y = "concat" }\n', "")})
    found.cli("up").ok()
    log(found)
    found.cli("up", "--param", 'xs=["c","a","b"]').ok()
    assert log(found) == ["c"]


def test_n49_handlers_and_finally_are_never_cached(project: Made) -> None:
    text = """
name = "c"
[defaults]
cache = true
[steps.a]
inputs = ["in.txt"]
shell = "exit 1"
on-failure = { run = "h", recover = "skip" }
[handlers.h]
inputs = ["in.txt"]
shell = "echo h >> log"
[finally.f]
inputs = ["in.txt"]
shell = "echo f >> log"
"""
    found = project({"pipeline.toml": text, "in.txt": "1"})
    found.cli("up")
    found.cli("up")
    assert log(found) == ["f", "f", "h", "h"]


def test_a_cached_step_that_nothing_would_run_again_is_warned_of(project: Made) -> None:
    found = project({"pipeline.toml": 'name = "c"\n[steps.a]\ncache = true\nshell = "date"\n'})
    found.cli("check").ok().says("W318")


def test_a_secret_never_reaches_the_cache(project: Made) -> None:
    text = 'name = "c"\n[steps.a]\ncache = true\ninputs = ["in.txt"]\nsecrets = ["TOKEN"]\nshell = "true"\n'
    found = project({"pipeline.toml": text, "in.txt": "1"})
    found.cli("up", env={"TOKEN": "tok-9f8e7d6c5b4a"}).ok()
    entries: list[Any] = [path for path in found.path(".runner/cache").rglob("*") if path.is_file()]
    assert entries and not [path for path in entries if b"tok-9f8e" in path.read_bytes()]


def test_n36_what_a_script_writes_is_no_code(project: Made) -> None:
    text = 'name = "c"\n[steps.a]\ncache = true\nshell = "echo a >> log; cat tool.txt 2> errors"\n'
    found = project({"pipeline.toml": text, "tool.txt": "", "log": "", "errors": ""})
    plan = found.cli("plan", "--json").json()
    assert next(iter(plan["nodes"].values()))["do"]["code"]["files"] == ["tool.txt"]


def test_n36_a_project_file_named_by_a_word_for_an_image_is_code(project: Made) -> None:
    text = "name = 'x'\n[steps.a]\ncontainer = { image = 'tool', command = ['run', './a.R'], args = ['b.R', 'c.R'] }\n"
    made = project({"pipeline.toml": text, "a.R": "", "b.R": ""})
    plan = made.cli("plan", "--json", "--set", "executor.type=docker").ok().json()
    assert next(iter(plan["nodes"].values()))["do"]["code"]["files"] == ["a.R", "b.R"]


class Emptied:
    """A catalog that somebody clears away between the question and the file."""

    def has(self, sha: str) -> bool:
        return True

    def get(self, sha: str, dest: str, mode: int | None = None) -> None:
        raise MissingBlob(sha)


def test_n36_a_blob_that_goes_in_that_moment_is_a_miss(tmp_path: Path) -> None:
    record = {"files": [{"path": "out/a.txt", "sha256": "a" * 64}]}
    assert not restored(record, tmp_path, Hashes(tmp_path), Emptied())


def test_n36_an_entry_holds_its_ingredients_by_name_and_no_value(project: Made) -> None:
    text = """
    name = "c"
    [params]
    lr = 0.125
    [steps.a]
    cache = { code = ["src/*.py"] }
    inputs = ["in.txt"]
    env = { LEVEL = "eleven" }
    shell = "true"
    """
    found = project({"pipeline.toml": text, "in.txt": "1", "src/m.py": "x = 1\n"})
    found.cli("up").ok()
    entry, last = (
        json.loads(next(found.path(".runner/cache").glob(pattern)).read_bytes())
        for pattern in ("*.json", "last/*.json")
    )
    assert [entry["ingredients"]] == last["made_of"]
    assert entry["fingerprint"] == digest({k: entry[k] for k in ("definition", "inputs", "code")})
    made_of = entry["ingredients"]
    assert {group: list(made_of[group]) for group in ("params", "env", "inputs", "code")} == {
        "params": ["lr"],
        "env": ["LEVEL"],
        "inputs": ["in.txt"],
        "code": ["src/m.py"],
    }
    assert {"shell", "env", "params", "inputs", "outputs", "returns"} <= set(made_of["step"])
    assert "0.125" not in json.dumps(made_of) and "eleven" not in json.dumps(made_of)


def test_n36_of_very_many_names_an_entry_holds_one_digest() -> None:
    call = {"params": {}, "env": {}, "argv": None}
    many = {f"in/{number}": "0" for number in range(MOST + 1)}
    before, now = (ingredients(call, {}, (), files, {}) for files in (many, {**many, "in/0": "1"}))
    assert len(before["inputs"]) == 1
    assert changes(before, now) == [Change("input", "", "changed")]
    assert changes(before, before) == []


def test_what_is_cleared_away_leaves_no_ingredients_behind(project: Made) -> None:
    found = project({"pipeline.toml": CHAIN, "in.txt": "1"})
    found.cli("up").ok()
    assert found.files(".runner/cache/last/*")
    found.cli("catalog", "gc", "--keep", "0", "--force").ok()
    assert not found.files(".runner/cache/**/*.json")


def test_n37_code_is_looked_at_once_before_a_step_and_once_after_it(
    project: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = """
    name = "c"
    [steps.plain]
    python = "w:f"
    [steps.cached]
    cache = true
    python = "w:f"
    """
    found = project({"pipeline.toml": text, "w.py": "def f():\n    pass\n"})
    seen = []
    real = Cache.code
    monkeypatch.setattr(Cache, "code", lambda self, do: seen.append(do["cache"]) or real(self, do))
    found.cli("up").ok()
    assert sorted(seen) == [False, False, True, True]
    seen.clear()
    found.cli("up").ok()
    assert sorted(seen) == [False, False, True], "a hit is no attempt"
    seen.clear()
    found.cli("up", "--resume").ok()
    assert sorted(seen) == [False, True], "nor is what is kept"
