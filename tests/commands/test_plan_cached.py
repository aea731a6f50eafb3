"""`plan` says of cached steps what `up` will do, and names the ingredient that changed (N36, N51).

The texts stand in goldens/plan-cached; UPDATE_GOLDENS=1 writes them anew."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.run.cache import LAST
from runner.testing.golden import golden
from runner.testing.project import Outcome, Project

Make = Callable[..., Project]
Change = Callable[[Project], "tuple[str, ...] | None"]

GOLDENS = Path(__file__).parent / "goldens" / "plan-cached"

PIPELINE = """
name = "p"
[params]
lr = 0.1
xs = ["x", "y"]
note = "${run.id}"
[steps.clean]
cache = true
params = ["lr"]
inputs = { raw = "data/raw.csv", more = { path = "data/more.csv", optional = true } }
outputs = { o = "made/clean.csv" }
env = { LEVEL = "1" }
shell = 'cat "$RUNNER_PARAM_raw" > "$RUNNER_PARAM_o"; echo "n=1" >> "$RUNNER_RETURNS"'
returns = ["n"]
[steps.count]
cache = { ignore = ["note"] }
params = ["n", "note"]
inputs = ["made/clean.csv"]
shell = 'wc -l < made/clean.csv > made-count'
outputs = ["made-count"]
[steps.gen]
cache = true
params = []
command = ["python3", "scripts/gen.py", "${lr}"]
outputs = ["gen.txt"]
[steps.fit]
cache = true
python = "w:fit"
returns = ["loss"]
[steps.query]
cache = { code = ["sql/*.sql"], expires = "1h" }
params = []
shell = 'cat sql/*.sql > all.txt'
[steps.each]
for-each = { x = "${xs}" }
cache = true
params = []
outputs = ["each/${x}.txt"]
shell = 'echo "$RUNNER_PARAM_x" > "each/$RUNNER_PARAM_x.txt"; echo "k=1" >> "$RUNNER_RETURNS"'
returns = ["k"]
reduce = { k = "sum" }
[steps.total]
cache = true
params = ["k"]
shell = 'true'
[steps.joined]
cache = true
params = []
inputs = ["each/*.txt"]
shell = 'cat each/*.txt > joined.txt'
outputs = ["joined.txt"]
[steps.seldom]
cache = true
when = "lr > 0.5"
params = []
inputs = ["data/raw.csv"]
shell = 'true'
[steps.fetch]
params = []
shell = 'echo 1 > fetched.txt'
outputs = ["fetched.txt"]
[steps.read]
cache = true
params = []
inputs = ["fetched.txt"]
shell = 'true'
[steps.beside]
needs = ["fetch"]
cache = true
params = []
inputs = ["data/raw.csv"]
shell = 'true'
[steps.named]
cache = true
params = ["note"]
inputs = ["data/raw.csv"]
shell = 'true'
[finally.last]
cache = true
params = []
inputs = ["data/raw.csv"]
shell = 'true'
"""
FILES = {
    "pipeline.toml": PIPELINE,
    "data/raw.csv": "1\n",
    "scripts/gen.py": 'import help\nopen("gen.txt", "w").write(help.TEXT)\n',
    "scripts/help.py": 'TEXT = "1"\n',
    "w.py": "import deep\n\ndef fit(lr):\n    return deep.N\n",
    "deep.py": "N = 1\n",
    "sql/a.sql": "1",
    "sql/b.sql": "1",
}


def edit(*pairs: tuple[str, str]) -> Change:
    def change(made: Project) -> None:
        text = PIPELINE
        for old, new in pairs:
            assert old in text, old
            text = text.replace(old, new)
        made.write({"pipeline.toml": text})

    return change


def write(files: dict[str, str]) -> Change:
    def change(made: Project) -> None:
        made.write(files)

    return change


def without(*paths: str) -> Change:
    def change(made: Project) -> None:
        for path in paths:
            if made.path(path).is_dir():
                shutil.rmtree(made.path(path))
            else:
                made.path(path).unlink()

    return change


def told(*words: str) -> Change:
    return lambda made: words


def nothing(made: Project) -> None:
    pass


def entries_gone(made: Project) -> None:
    for path in made.path(".runner/cache").glob("*.json"):
        path.unlink()


def aged(made: Project) -> None:
    for path in made.path(".runner/cache").glob("*.json"):
        entry = json.loads(path.read_text())
        path.write_text(json.dumps({**entry, "at": entry["at"] - 7200}))


def every(*changes: Change) -> Change:
    def change(made: Project) -> tuple[str, ...]:
        return tuple(word for one in changes for word in one(made) or ())

    return change


CHANGES: dict[str, Change] = {
    "nothing": nothing,
    "an input": write({"data/raw.csv": "2\n"}),
    "an optional input that is new": write({"data/more.csv": "2\n"}),
    "a parameter": told("--param", "lr=0.2"),
    "a parameter that opens a condition": told("--param", "lr=0.7"),
    "a script of a step": edit(("wc -l <", "wc -c <")),
    "a variable": edit(('LEVEL = "1"', 'LEVEL = "2"')),
    "a variable that is new": edit(('LEVEL = "1"', 'LEVEL = "1", MORE = "2"')),
    "a word of a command": edit(('"${lr}"]', '"${lr}", "--fast"]')),
    "a module that a script imports": write({"scripts/help.py": 'TEXT = "two"\n'}),
    "a module that a function imports": write({"deep.py": "N = 20\n"}),
    "files that a pattern names": every(write({"sql/c.sql": "1"}), without("sql/a.sql")),
    "outputs and returns": edit(
        ('outputs = ["gen.txt"]', 'outputs = ["gen.txt", { path = "g", optional = true }]'),
        ('returns = ["loss"]', 'returns = ["cost"]'),
    ),
    "an item": told("--param", 'xs=["y","z"]'),
    "other items altogether": told("--param", 'xs=["q"]'),
    "time": aged,
    "outputs that are gone": without("made", "each", "gen.txt"),
    "outputs that somebody changed": write({"gen.txt": "other", "made/clean.csv": "other"}),
    "outputs and their blobs that are gone": without("made", ".runner/catalog"),
    "the cache": without(".runner/cache"),
    "the names of ingredients": every(without(".runner/cache/last"), write({"data/raw.csv": "2\n"})),
    "entries": entries_gone,
    "a selection": every(write({"data/raw.csv": "2\n"}), told("--only", "count", "--only", "fit")),
    "many things": every(
        write({"data/raw.csv": "2\n", "deep.py": "N = 3\n"}),
        edit(("cat sql", "cat  sql"), ("cat each", "cat  each"), ('LEVEL = "1"', 'LEVEL = "3"')),
        told("--param", "lr=0.3"),
    ),
}


def seen(made: Project) -> dict[str, tuple[int, int]]:
    """Every file and folder, with size and times."""
    found: dict[str, tuple[int, int]] = {}
    for folder, names, files in os.walk(made.root):
        for name in [*names, *files]:
            info = os.lstat(os.path.join(folder, name))
            found[os.path.join(folder, name)] = (info.st_size, info.st_mtime_ns)
    return found


def foreseen(outcome: Outcome) -> dict[str, str]:
    plan = outcome.ok().json()
    return {plan["nodes"][id]["path"]: one["would"] for id, one in plan["would"].items()}


def became(outcome: Outcome) -> dict[str, set[str]]:
    """Path -> the statuses of its instances."""
    found: dict[str, set[str]] = {}
    for label, node in outcome.ok().nodes().items():
        found.setdefault(re.sub(r"\[.*", "", label), set()).add(node["status"])
    return found


AGREES = {
    "cached": lambda statuses: statuses - {"succeeded"} == {"cached"} or statuses == {"cached"},
    "run": lambda statuses: "succeeded" in statuses,
    "skip": lambda statuses: statuses == {"skipped"},
    "unknown": lambda statuses: bool(statuses),
}


@pytest.mark.parametrize("name", CHANGES)
def test_n36_what_plan_says_of_a_cached_step_is_what_up_does(project: Make, name: str) -> None:
    made = project(FILES)
    made.cli("up").ok()
    words = CHANGES[name](made) or ()
    before = seen(made)
    said = made.cli("plan", *words).ok().out
    would = foreseen(made.cli("plan", "--json", *words))
    assert seen(made) == before, "a plan leaves no trace"
    golden(GOLDENS / f"{name.replace(' ', '-')}.txt", re.sub(r"plan [0-9a-f]{12}", "plan ...", said))
    assert "last!finally" not in would and "fetch" not in would
    statuses = became(made.cli("up", "--json", *words))
    for path, word in would.items():
        assert AGREES[word](statuses.get(path, {"skipped"})), (path, word, statuses[path], said)


def test_what_dry_run_shows_is_what_plan_shows(project: Make) -> None:
    made = project(FILES)
    made.cli("up").ok()
    made.write({"deep.py": "N = 2\n"})
    assert made.cli("up", "--dry-run").ok().out == made.cli("plan").ok().out
    assert made.cli("up", "--dry-run").says("runs: code deep.py changed")


def test_the_digest_of_a_plan_is_that_of_the_plan_alone(project: Make) -> None:
    made = project(FILES)
    first = made.cli("plan", "--json").ok().json()
    made.cli("up").ok()
    second = made.cli("plan", "--json").ok().json()
    assert first.pop("would") != second.pop("would")
    assert first == second


def test_a_plan_without_cached_steps_says_nothing_of_them(project: Make) -> None:
    made = project({"pipeline.toml": 'name = "p"\n[steps.a]\nshell = "true"\n'})
    assert "would" not in made.cli("plan", "--json").ok().json()


def test_each_file_is_hashed_once_however_many_steps_read_it(project: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = "".join(
        f'[steps.s{n}]\ncache = {{ code = ["src/*.py"] }}\ninputs = ["in.txt"]\nparams = []\nshell = "true"\n'
        for n in range(50)
    )
    made = project({"pipeline.toml": f'name = "p"\n{steps}', "in.txt": "", "src/a.py": "", "src/b.py": ""})
    made.cli("up").ok()
    from runner.run import hashes

    asked: list[str] = []
    real = hashes.digest_of

    def digest_of(path: str) -> Any:
        asked.append(os.path.basename(path))
        return real(path)

    monkeypatch.setattr(hashes, "digest_of", digest_of)
    made.cli("plan", "--json").ok()
    assert sorted(asked) == ["a.py", "b.py", "in.txt"]


def test_a_plan_goes_through_one_round_of_a_loop_that_is_not_cached(project: Make) -> None:
    text = """
    name = "r"
    [steps.poll]
    params = []
    repeat = { as = "k", until = "false", max = 1000000, exhausted = "succeed" }
    shell = "true"
    outputs = ["out-${k}.txt"]
    [steps.reads]
    needs = ["poll"]
    cache = true
    params = []
    inputs = [{ path = "in.txt", optional = true }]
    shell = "true"
    """
    made = project({"pipeline.toml": text, "in.txt": ""})
    made.cli("plan").ok().says("runs: no result of it was kept; needs poll")


SHAPES = """
name = "s"
[steps.stub]
stub = { returns = { size = 3 } }
returns = ["size"]
[steps.choice]
choose = "size"
[steps.choice.cases.3]
cache = true
params = []
inputs = ["in.txt"]
shell = "true"
[steps.choice.default]
cache = true
params = []
inputs = ["in.txt"]
shell = "false"
[steps.loop]
cache = true
params = []
repeat = { as = "round", until = "i >= 2", max = 5 }
inputs = ["in.txt"]
shell = 'echo "i=$RUNNER_PARAM_round" >> "$RUNNER_RETURNS"'
returns = ["i"]
[steps.group]
for-each = { x = ["a", "b"] }
[steps.group.steps.one]
cache = true
inputs = ["${x}.txt"]
shell = 'cat "$RUNNER_PARAM_x.txt" > "one-$RUNNER_PARAM_x"'
params = ["x"]
outputs = ["one-${x}"]
[steps.group.steps.two]
cache = true
params = ["x"]
inputs = ["one-${x}"]
shell = "true"
[steps.after]
needs = ["group"]
cache = true
params = []
inputs = ["in.txt"]
shell = "true;"
[steps.unknown]
params = []
shell = 'echo "n=1" >> "$RUNNER_RETURNS"'
returns = ["n"]
[steps.when]
when = "n == 1"
cache = true
params = []
inputs = ["in.txt"]
shell = "true"
[steps.behind]
needs = ["when"]
cache = true
params = []
inputs = ["in.txt"]
shell = "true"
"""


def test_n36_a_plan_follows_loops_groups_and_choices(project: Make) -> None:
    made = project({"pipeline.toml": SHAPES, "in.txt": "1", "a.txt": "", "b.txt": ""})
    made.cli("up").ok()
    made.write({"b.txt": "2"})
    plan = made.cli("plan", "--json").ok().json()
    would = {plan["nodes"][id]["path"]: one for id, one in plan["would"].items()}
    gives = [{"what": "gives", "name": "unknown"}]
    changed = [{"what": "input", "name": "b.txt", "how": "changed"}]
    behind = [{"what": "gives", "name": "group.one"}]
    assert would == {
        "choice.3": {"would": "cached", "why": []},
        "choice.default": {"would": "skip", "why": []},
        "loop": {"would": "cached", "why": [], "counts": {"cached": 2}},
        "group.one": {"would": "run", "why": changed, "counts": {"cached": 1, "run": 1}},
        "group.two": {"would": "unknown", "why": behind, "counts": {"cached": 1, "unknown": 1}},
        "after": {"would": "cached", "why": []},
        "when": {"would": "unknown", "why": gives},
        "behind": {"would": "unknown", "why": gives},
    }
    statuses = made.cli("up", "--json").ok().statuses()
    assert statuses["loop#2"] == statuses["group[x=a].one"] == statuses["after"] == "cached"
    assert statuses["group[x=b].one"] == "succeeded"


WITHIN = """
name = "p"
[defaults]
cache = true
[steps.unknown]
cache = false
shell = 'echo n=1 >> "$RUNNER_RETURNS"'
returns = ["n"]
[steps.each]
for-each = { x = ["a", "b"] }
[steps.each.steps.none]
when = "false"
params = []
inputs = ["in.txt"]
shell = "true"
[steps.each.steps.pick]
choose = "n"
cases.1 = { shell = "true", params = [], inputs = ["in.txt"] }
[steps.after]
needs = ["each"]
params = []
inputs = ["in.txt"]
shell = "true"
[steps.behind]
needs = ["after"]
params = []
inputs = ["in.txt"]
shell = "true"
"""


def test_n36_what_waits_for_a_group_waits_for_what_only_the_run_knows_in_it(project: Make) -> None:
    made = project({"pipeline.toml": WITHIN, "in.txt": ""})
    made.cli("up").ok()
    plan = made.cli("plan", "--json").ok().json()
    would = {plan["nodes"][id]["path"]: one["would"] for id, one in plan["would"].items()}
    assert would == {"each.none": "skip", "each.pick.1": "unknown", "after": "unknown", "behind": "unknown"}


def test_n36_what_changed_is_told_against_the_result_that_is_nearest(project: Make) -> None:
    made = project(FILES)
    for words in ((), ("--param", "lr=0.2"), ("--param", "lr=0.3")):
        made.cli("up", *words).ok()
    made.write({"data/raw.csv": "2\n"})
    said = made.cli("plan", "--param", "lr=0.2").ok().out
    assert re.search(r"clean +shell +runs: input data/raw.csv changed\n", said), said


def test_n36_of_equally_near_results_the_newest_counts(project: Make) -> None:
    made = project(FILES)
    for words in ((), ("--param", "lr=0.2")):
        made.cli("up", *words).ok()
    made.write({"data/raw.csv": "2\n"})
    made.cli("up").ok()  # lr=0.1, another input
    said = made.cli("plan", "--param", "lr=0.2").ok().out
    assert re.search(r"clean +shell +runs: parameter lr changed\n", said), said


def test_n36_results_that_are_kept_are_compared_with_but_a_few(project: Make) -> None:
    def kept() -> list[Any]:
        (file,) = made.path(".runner/cache/last").glob("*.json")
        found: list[Any] = json.loads(file.read_bytes())["made_of"]
        return found

    made = project(FILES)
    for number in range(LAST + 2):
        made.cli("up", "--only", "clean", "--param", f"lr={number}").ok()
    before = kept()
    assert len(before) == LAST
    for entry in made.path(".runner/cache").glob("*.json"):
        entry.unlink()
    made.cli("up", "--only", "clean", "--param", f"lr={LAST}").ok()
    assert kept() == [before[1], before[0], *before[2:]], "none stands there twice"


def test_n36_of_a_step_in_an_image_only_the_run_knows_whether_it_is_cached(project: Make) -> None:
    text = "name = 'p'\n[steps.a]\ncache = true\ninputs = ['in.txt']\nshell = 'cat in.txt'\n"
    found = project({"pipeline.toml": text, "in.txt": "1"})
    found.cli("up").ok()
    (kept,) = found.root.glob(".runner/cache/last/*.json")  # as of a run in containers
    last = json.loads(kept.read_text())
    last["made_of"][0]["code"]["image"] = "sha256:1"
    kept.write_text(json.dumps(last))
    for entry in found.root.glob(".runner/cache/*.json"):
        entry.unlink()
    found.cli("plan").ok().says("perhaps cached: depends on its image, which is known where it runs")
    found.write({"in.txt": "2"})
    found.cli("plan").ok().says("runs: input in.txt changed").silent("image")
