"""`plan --resume` says what `up --resume` will keep and what will run, and names what changed (N35, N36, N49, N51).

The texts stand in goldens/plan-resume; UPDATE_GOLDENS=1 writes them anew."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.testing.golden import golden
from runner.testing.project import Outcome, Project
from tests.commands.test_plan_cached import seen

Make = Callable[..., Project]
Change = Callable[[Project], "tuple[str, ...] | None"]
GOLDENS = Path(__file__).parent / "goldens" / "plan-resume"
PIPELINE = """
name = "p"
[params]
lr = 0.1
xs = ["x", "y"]
[steps.clean]
params = ["lr"]
inputs = { raw = "data/raw.csv" }
outputs = { o = "made/clean.csv" }
shell = 'cat "$RUNNER_PARAM_raw" > "$RUNNER_PARAM_o"; echo "n=1" >> "$RUNNER_RETURNS"'
returns = ["n"]
[steps.fit]
python = "w:fit"
returns = ["loss"]
[steps.both]
params = []
inputs = ["data/raw.csv", "data/extra.csv"]
shell = 'true'
[steps.some]
params = []
inputs = ["data/*.csv"]
shell = 'true'
[steps.kept]
cache = true
params = []
inputs = ["data/more.csv"]
shell = 'true'
[steps.each]
for-each = { x = "${xs}" }
params = []
shell = 'echo "k=1" >> "$RUNNER_RETURNS"'
returns = ["k"]
reduce = { k = "sum" }
[steps.named]
params = ["lr"]
env = { RUN = "${run.name}" }
shell = 'true'
[steps.tries]
params = []
repeat = { as = "round", until = "i >= 2", max = 5 }
shell = 'echo "i=$RUNNER_PARAM_round" >> "$RUNNER_RETURNS"'
returns = ["i"]
[steps.pick]
choose = "n"
[steps.pick.cases.1]
params = []
shell = 'true'
[steps.pick.cases.2]
params = []
shell = 'true;'
[steps.bad]
needs = ["each", "pick"]
params = ["n", "k"]
inputs = ["made/clean.csv"]
shell = 'test -e ok'
[steps.after]
needs = ["bad"]
params = []
shell = 'echo a > after.txt'
outputs = ["after.txt"]
[steps.last]
params = []
inputs = ["after.txt"]
shell = 'true'
[finally.f]
shell = 'true'
"""
FILES = {
    "pipeline.toml": PIPELINE,
    "data/raw.csv": "1\n",
    "data/more.csv": "1\n",
    "data/extra.csv": "1\n",
    "w.py": "import deep\n\ndef fit(lr):\n    return deep.N\n",
    "deep.py": "N = 1\n",
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


def told(*words: str) -> Change:
    return lambda made: words


def without(*paths: str) -> Change:
    def change(made: Project) -> None:
        for path in paths:
            for one in [made.path(path)] if made.path(path).is_file() else sorted(made.path(path).rglob("*")):
                if one.is_file():
                    one.unlink()

    return change


def every(*changes: Change) -> Change:
    def change(made: Project) -> tuple[str, ...]:
        return tuple(word for one in changes for word in one(made) or ())

    return change


CHANGES: dict[str, Change] = {
    "nothing": lambda made: None,
    "a parameter": told("--param", "lr=0.2"),
    "an input": write({"data/raw.csv": "2\n"}),
    "an input that is gone": every(
        without("data/extra.csv"), edit(('"data/raw.csv", "data/extra.csv"', '"data/raw.csv"'))
    ),
    "a script": edit(('cat "$RUNNER_PARAM_raw"', 'cat  "$RUNNER_PARAM_raw"')),
    "code": write({"deep.py": "N = 20\n"}),
    "code that counts": every(write({"deep.py": "N = 20\n"}), told("--changed")),
    "code that one file is": every(
        write({"w.py": "\ndef fit(lr):\n    return 1\n"}), without("deep.py"), told("--changed")
    ),
    "an item in front": told("--param", 'xs=["q","x","y"]'),
    "what a step gives": edit(('echo "n=1"', 'echo "n=2"')),
    "outputs that are gone": without("made/clean.csv"),
    "outputs and their blobs that are gone": without("made/clean.csv", ".runner/catalog"),
    "the cache": without(".runner/cache"),
    "a selection": told("--only", "fit", "--only", "clean"),
    "steps that are new and gone": edit(("[steps.some]", "[steps.other]")),
}


@pytest.fixture
def failed(project: Make) -> Project:
    """A project whose run `first` has failed in the step `bad`."""
    made = project(FILES)
    made.cli("up", "--name", "first").exits(1)
    return made


def became(outcome: Outcome) -> dict[str, set[str]]:
    """Path -> what became of its instances: `adopted`, or a status."""
    found: dict[str, set[str]] = {}
    for node in outcome.nodes().values():
        if "!" in node["path"] or not (node["attempts"] or node["status"] == "skipped"):
            continue
        kept = node["status"] == "succeeded" and node["attempts"] and node["attempts"][-1].get("adopted")
        word = "adopted" if kept else node["status"]
        found.setdefault(node["path"], set()).add(word)
    return found


AGREES = {
    "adopted": lambda words: words <= {"adopted", "cached"},  # what the parent had from the cache
    "cached": lambda words: words == {"cached"},
    "run": lambda words: "succeeded" in words,
    "skip": lambda words: words == {"skipped"},
    "unknown": lambda words: bool(words),
}


@pytest.mark.parametrize("name", CHANGES)
def test_n49_what_plan_says_of_going_on_is_what_up_does(failed: Project, name: str) -> None:
    failed.write({"ok": ""})
    words = CHANGES[name](failed) or ()
    before = seen(failed)
    said = failed.cli("plan", "--resume", "first", *words).ok().out
    plan = failed.cli("plan", "--resume", "--json", *words).ok().json()
    assert seen(failed) == before, "a plan leaves no trace"
    golden(GOLDENS / f"{name.replace(' ', '-')}.txt", re.sub(r"plan [0-9a-f]{12}", "plan ...", said))
    assert plan["resumes"] == "first"
    dry = failed.cli("up", "--resume", "--dry-run", *words).ok().out
    assert dry == said
    found = became(failed.cli("up", "--resume", "--json", *words).ok())
    for id, one in plan["would"].items():
        path = plan["nodes"][id]["path"]
        if "!reduce" not in path:
            assert AGREES[one["would"]](found.get(path, {"skipped"})), (path, one, found.get(path), said)


def test_rounds_items_and_groups_are_kept_one_by_one(project: Make) -> None:
    text = """
    name = "s"
    [params]
    xs = ["a", "b"]
    [steps.group]
    for-each = { x = "${xs}" }
    [steps.group.steps.one]
    inputs = ["${x}.txt"]
    shell = 'cat "$RUNNER_PARAM_x.txt" > "one-$RUNNER_PARAM_x"'
    params = ["x"]
    outputs = ["one-${x}"]
    [steps.group.steps.two]
    params = ["x"]
    inputs = ["one-${x}"]
    shell = 'test -e "$RUNNER_PARAM_x.ok"'
    """
    made = project({"pipeline.toml": text, "a.txt": "1", "b.txt": "1", "a.ok": ""})
    made.cli("up", "--name", "first").exits(1)
    said = made.cli("plan", "--resume").ok()
    said.says("one  shell         kept from first", "1 of 2 runs: failed in first; needs group.one")
    made.write({"a.txt": "2"})
    said = made.cli("plan", "--resume").ok()
    said.says("1 of 2 runs: input a.txt changed", "1 of 2 runs, 1 perhaps too: depends on what `group.one` gives")


def test_a_step_that_is_named_is_asked_for(failed: Project) -> None:
    failed.cli("retry", "first", "each[x=x]", "fit", "kept", "--dry-run").ok().says(
        "1 of 2 runs: asked for; 2 items of x",
        "fit       python        runs: asked for",
        "kept      shell         runs: asked for",  # though the cache has it
    )
    assert not failed.exists("after.txt")


def test_what_a_record_can_tell_of_a_command_is_told(project: Make) -> None:
    text = """
    name = "p"
    [params]
    lr = 0.1
    [steps.words]
    params = []
    command = ["echo", "${lr}"]
    [steps.set]
    params = []
    env = { LR = "${lr}" }
    shell = "true"
    [steps.bad]
    shell = "false"
    """
    made = project({"pipeline.toml": text})
    made.cli("up").exits(1)
    said = made.cli("plan", "--resume", "--param", "lr=0.2").ok()
    said.says("words  command  runs: the words of `command` changed", "set    shell    runs: env LR changed")


def test_there_is_nothing_to_go_on_from(project: Make) -> None:
    made = project(FILES)
    made.cli("plan", "--resume").exits(2).says("E930")
    made.cli("plan", "--changed").exits(2).says("E936")


def test_a_plan_ends_nothing_that_is_left_of_a_run(failed: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[str] = []
    monkeypatch.setattr("runner.commands.resuming.end_run", lambda run: ended.append(run))
    failed.cli("plan", "--resume").ok()
    failed.cli("up", "--resume", "--dry-run").ok()
    assert ended == []
    failed.cli("up", "--resume").exits(1)
    assert len(ended) == 1


def test_the_plan_of_the_parent_is_read_once(failed: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    failed.write({"pipeline.toml": PIPELINE.replace("'true'", "'true '")})
    from runner.commands import foreseeing

    read: list[str] = []
    real = foreseeing._before
    monkeypatch.setattr(foreseeing, "_before", lambda parent, *rest: read.append("") or real(parent, *rest))
    failed.cli("plan", "--resume").ok().says("runs: `shell` changed")
    assert len(read) == 1


def test_a_parameter_that_stands_in_the_step_is_told_once(project: Make) -> None:
    text = """
    name = "p"
    [steps.a]
    params = { n = 1 }
    shell = "true"
    [steps.bad]
    shell = "false"
    """
    made = project({"pipeline.toml": text})
    made.cli("up").exits(1)
    made.write({"pipeline.toml": text.replace("n = 1", "n = 2")})
    assert re.search(r"a +shell +runs: parameter n changed\n", made.cli("plan", "--resume").ok().out)


def test_of_a_group_its_steps_tell_what_becomes_of_it(project: Make) -> None:
    text = """
    name = "p"
    [steps.group.steps.a]
    shell = "true"
    [steps.bad]
    shell = "false"
    """
    made = project({"pipeline.toml": text})
    made.cli("plan").ok().says("runs at once")
    made.cli("up", "--name", "first").exits(1)
    made.cli("plan", "--resume").ok().says("group.a  shell  kept from first").silent("runs at once")


def test_a_condition_that_kept_results_answer_is_not_left_to_the_run(project: Make) -> None:
    text = "name = 'p'\n[steps.a]\nshell = 'echo n=1 >> $RUNNER_RETURNS'\nreturns = ['n']\n"
    made = project({"pipeline.toml": f"{text}[steps.w]\nwhen = 'n > 1'\nshell = 'true'\n[steps.z]\nshell = 'false'\n"})
    made.cli("up").exits(1)
    made.cli("plan", "--resume").ok().says("w     shell  does not run; when steps.a.n > 1; needs a\n")
    made.cli("plan").ok().says("w     shell  when steps.a.n > 1, known during the run; needs a\n")
