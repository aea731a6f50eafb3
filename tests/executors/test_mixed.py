"""`profile = "X"` sends a step to another profile's executor: one run, one plan, one scheduler."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import Any

from runner.agent.catalog import NoCatalog
from runner.run.several import Member, Several
from runner.run.stock import Pool
from runner.testing.project import Project

Made = Callable[..., Project]
PODS = "[executor]\ntype = 'emulated'\n"
MIXED = """
[run-log]
type = "chunked-fs"

[tags.away]
profile = "pods"
"""
PIPELINE = '''
name = "x"

[steps.make]
shell = 'echo 3 > made.txt; echo n=3 >> "$RUNNER_RETURNS"'
outputs = ["made.txt"]
returns = ["n"]

[steps.square]
tags = ["away"]
inputs = ["made.txt"]
shell = """
test "$(cat made.txt)" = "$RUNNER_PARAM_n"
echo $((RUNNER_PARAM_n * RUNNER_PARAM_n)) > square.txt
echo m=$(cat square.txt) >> "$RUNNER_RETURNS"
"""
outputs = ["square.txt"]
returns = ["m"]

[steps.tell]
command = ["sh", "-c", "cat square.txt && echo $0", "${m}"]
inputs = ["square.txt"]
'''


def mixed(project: Made, pipeline: str = PIPELINE, profile: str = MIXED, pods: str = PODS, **files: str) -> Project:
    return project({"pipeline.toml": pipeline, "profiles/mixed.toml": profile, "profiles/pods.toml": pods, **files})


def test_plan_says_where_each_step_runs(project: Made) -> None:
    group = "[steps.g]\nfor-each = { i = [1, 2] }\n[steps.g.steps.far]\ntags = ['away']\nshell = 'true'\n"
    found = mixed(project, PIPELINE + group)
    found.cli("plan", "--profile", "mixed").ok().says(
        "step     kind          where  why\n",
        "make     shell         mixed  runs at once\n",
        "square   shell         pods   needs make\n",
        "g        map of graph         2 items of i\n",
        "  g.far  shell         pods   runs at once\n",
    )
    assert "where" not in found.cli("plan", "--profile", "pods", "--set", "run-log.type=chunked-fs").ok().out


def up(found: Project, *words: str, code: int = 0) -> dict[str, Any]:
    return found.cli("up", "--profile", "mixed", "--json", *words).exits(code).nodes()


def where(found: Project) -> dict[str, str]:
    """Label -> how each step was run, by the records of the last run."""
    nodes = found.cli("show", "@last", "--json").ok().nodes()
    return {label: node["attempts"][-1]["via"] for label, node in nodes.items() if node["attempts"]}


def test_values_and_files_go_from_place_to_place(project: Made) -> None:
    found = mixed(project)
    ends = up(found)
    assert {node["status"] for node in ends.values()} == {"succeeded"}
    assert ends["square"]["returns"]["m"]["json"] == 9
    assert found.cli("logs", "@last", "tell").ok().out == "9\n9\n"


def test_a_step_that_is_sent_has_what_that_profile_says_of_it(project: Made) -> None:
    text = """
name = "x"
[steps.a]
tags = ["away"]
shell = 'test "$WHO, $A, $B" = "theirs, theirs of it, mine of it"'
[steps.b]
shell = 'test "$WHO, $B" = "mine, mine"'
"""
    mine = "[defaults.env]\nWHO = 'mine'\nB = 'mine'\n[steps.a.env]\nB = 'mine of it'\n"
    theirs = "[defaults.env]\nWHO = 'theirs'\nA = 'theirs'\nB = 'theirs'\n[steps.a.env]\nA = 'theirs of it'\n"
    found = mixed(project, text, MIXED + mine, PODS + theirs + "[steps.no]\nprofile = 'of a step that is not here'\n")
    up(found)
    said = found.cli("explain", "pipeline.toml", "steps.a.env", "--profile", "mixed").ok().out.splitlines()
    assert [line.split()[-1] for line in said] == [
        "profiles/pods.toml:4",
        "profiles/pods.toml:8",
        "profiles/mixed.toml:10",
    ]  # fmt: skip


def test_the_executor_of_a_step_that_is_sent_is_explained(project: Made) -> None:
    found = mixed(project, pods=PODS + "grace = '3s'\n")
    said = found.cli("explain", "pipeline.toml", "profiles.pods.executor.grace", "--profile", "mixed").ok().out
    assert said.split()[-4:] == ['"3s"', "profile", "pods", "profiles/pods.toml:3"]


def test_set_wins_over_both_profiles(project: Made) -> None:
    text = "name = 'x'\n[steps.a]\ntags = ['away']\nshell = 'test $A = last'\n"
    found = mixed(project, text, MIXED + "[steps.a.env]\nA = 'mine'\n", PODS + "[steps.a.env]\nA = 'theirs'\n")
    up(found, "--set", "steps.a.env.A=last")


def test_set_of_an_executor_is_about_that_of_the_chosen_profile(project: Made) -> None:
    text = "name = 'x'\n[steps.a]\ntags = ['away']\nshell = 'true'\n[steps.b]\nshell = 'true'\n"
    found = mixed(project, text)
    up(found, "--set", "executor.cpu=1", "--set", "executor.grace=1s")
    plan = found.cli("plan", "--profile", "mixed", "--set", "executor.type=mock", "--json").ok().json()
    assert (plan["profile"]["executor"]["type"], plan["profiles"]["pods"]["executor"]["type"]) == ("mock", "emulated")


def test_what_both_profiles_extend_is_not_laid_over_either(project: Made) -> None:
    text = "name = 'x'\n[steps.a]\ntags = ['away']\nshell = 'test $A = theirs'\n"
    base = {"profiles/base.toml": "[steps.a.env]\nA = 'base'\n"}
    pods = "extends = 'base'\n" + PODS + "[steps.a.env]\nA = 'theirs'\n"
    up(mixed(project, text, "extends = 'base'\n" + MIXED, pods, **base))


def test_a_step_is_sent_by_a_word_of_the_command_line(project: Made) -> None:
    text = "name = 'x'\n[steps.a]\nshell = 'true'\n"
    found = mixed(project, text, "[run-log]\ntype = 'chunked-fs'\n", "[executor]\ntype = 'mock'\n")
    up(found, "--set", "steps.a.profile=pods")
    assert where(found) == {"a": "mock"}


def test_where_a_step_runs_is_no_part_of_what_it_is(project: Made) -> None:
    text = "name = 'x'\n[steps.a]\nshell = 'echo a >> log; test -e ok'\n"
    found = mixed(project, text, "[run-log]\ntype = 'chunked-fs'\n[steps.a]\nprofile = 'here'\n", "")
    found.write({"profiles/here.toml": ""})
    here, away = (
        found.cli("plan", "--json", "--profile", profile).ok().json()["nodes"].values()
        for profile in ("local", "mixed")
    )
    assert [one["definition"] for one in here] == [one["definition"] for one in away]


def test_a_profile_that_sends_a_step_to_itself_keeps_it(project: Made) -> None:
    found = mixed(project, "name = 'x'\n[steps.a]\nshell = 'true'\n", "[steps.a]\nprofile = 'mixed'\n")
    assert up(found)["a"]["status"] == "succeeded"
    assert "profiles" not in found.cli("plan", "--json", "--profile", "mixed").ok().json()


def test_a_retry_goes_where_the_step_goes(project: Made) -> None:
    text = """
name = "x"
[steps.a]
tags = ["away"]
retry = { attempts = 3 }
inputs = [{ path = "n.txt", optional = true }]
shell = 'test "$RUNNER_ATTEMPT" = 3; test -n "$AWAY"; ! test -e pipeline.log'
"""
    found = mixed(project, text, pods=PODS + "[defaults.env]\nAWAY = 'yes'\n")
    assert [end["status"] for end in up(found)["a"]["attempts"]] == ["failed", "failed", "succeeded"]


SLOW = """
name = "x"
[steps.here]
shell = 'echo on > "$HERE/here"; sleep 60'
[steps.away]
tags = ["away"]
shell = 'echo on > "$HERE/away"; sleep 60'
"""


def begun(project: Made) -> tuple[Project, Any]:
    """Both steps run, each in its place."""
    found = mixed(project, SLOW)
    running = found.popen("up", "--profile", "mixed", "-j", "2", env={"HERE": str(found.root)})
    limit = time.monotonic() + 60
    while not (found.exists("here") and found.exists("away")) and time.monotonic() < limit:
        time.sleep(0.02)
    return found, running


def test_what_is_cancelled_ends_in_every_place(project: Made) -> None:
    found, running = begun(project)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=60)
    ends = found.cli("show", "@last", "--json").ok().statuses()
    assert running.returncode == 130 and ends == {"here": "cancelled", "away": "cancelled"}


def test_a_run_that_was_killed_is_gone_on_with(project: Made) -> None:
    found, running = begun(project)
    found.allow("tmp")
    os.kill(running.pid, signal.SIGKILL)
    running.communicate()
    found.write({"pipeline.toml": SLOW.replace("sleep 60", "true")})
    said = found.cli("up", "--resume", env={"HERE": str(found.root)}).ok()
    assert found.cli("show", "@last", "--json").ok().statuses() == {"here": "succeeded", "away": "succeeded"}
    said.silent("kept from")


def test_a_run_begun_in_one_place_is_finished_in_several_and_the_other_way_round(project: Made) -> None:
    text = PIPELINE.replace("cat square.txt &&", "test -e ok && cat square.txt &&")
    for first, second in (("local", "mixed"), ("mixed", "local")):
        found = mixed(project, text)
        found.cli("up", "--profile", first, "--set", "run-log.type=chunked-fs").exits(1)
        found.write({"ok": ""})
        said = found.cli("up", "--resume", "--profile", second).ok()
        assert said.err.count("kept from") == 2


def test_a_mocked_step_among_others_is_nobody_s_to_keep(project: Made) -> None:
    text = """
name = "x"
[steps.a]
shell = 'echo a >> log'
[steps.b]
needs = ["a"]
cache = true
inputs = ["in.txt"]
secrets = ["NEVER"]
shell = 'cat in.txt >> log'
[steps.c]
needs = ["b"]
shell = 'test -e ok'
"""
    found = mixed(project, text, "[steps.b]\nprofile = 'pods'\n", "[executor]\ntype = 'mock'\n", **{"in.txt": "b\n"})
    up(found, code=1)
    found.cli("up", "--only", "c").exits(2).says("E925")
    found.write({"ok": ""})
    found.cli("up", "--resume", "--profile", "local", env={"NEVER": "to-be-told"}).ok()
    assert found.read("log") == "a\nb\n"


def test_mock_mocks_what_was_sent_away_too(project: Made) -> None:
    found = mixed(project)
    found.cli("up", "--profile", "mixed", "--mock").ok()
    assert set(where(found).values()) == {"mock"}


def test_an_executor_that_no_step_needs_is_not_asked_for(project: Made) -> None:
    text = "name = 'x'\n[steps.a]\nshell = 'true'\n[steps.b]\ntags = ['away']\nshell = 'true'\n"
    found = mixed(project, text, pods="[executor]\ntype = 'docker'\nimage = 'x'\n")
    nowhere = {"DOCKER_HOST": "unix:///nowhere.sock"}
    found.cli("up", "--profile", "mixed", "--only", "a", env=nowhere).ok()
    found.run("up", "--profile", "mixed", env=nowhere).exits(4).says("E721")


def test_steps_that_are_sent_away_are_named_in_lists(project: Made) -> None:
    found = mixed(project)
    assert "profile pods" in found.cli("list", "--profile", "mixed").ok().out


class Slow:
    """An executor whose attempt ends when somebody waits for it."""

    def __init__(self) -> None:
        self.asked = 0
        self.read, self.write = os.pipe()

    def prepare(self, call: Any, secrets: Any) -> str:
        return "it"

    def start(self, handle: str) -> None:
        """It runs."""

    def waits(self, timeout: float) -> tuple[list[int], float]:
        self.asked += 1
        os.write(self.write, b"over")
        return [self.read], timeout

    def poll(self, timeout: float) -> list[tuple[str, Any]]:
        assert timeout == 0
        return [("it", {"status": "succeeded", "id": "a", "key": "-", "files": []})] if self.asked else []


class Idle:
    """An executor that has nothing to do."""

    def waits(self, timeout: float) -> tuple[list[int], float]:
        raise AssertionError("nobody waits for it")

    def poll(self, timeout: float) -> list[tuple[str, Any]]:
        return []


def test_executors_are_waited_for_by_their_descriptors() -> None:
    slow = Slow()
    several = Several({"": Member(slow, 1), "idle": Member(Idle(), 1)}, {"a": ""}, NoCatalog())  # type: ignore[arg-type]
    call: Any = {"id": "a", "inputs": []}
    sent = several.prepare(call, {})
    several.start(sent)
    assert [one for one, _ in several.poll(600)] == [sent] and slow.asked == 1 and call["grace"] == 1


def test_a_cluster_shares_no_run_with_this_machine(project: Made) -> None:
    text = "name = 'x'\n[steps.a]\ntags = ['away']\nshell = 'true'\n[steps.b]\nshell = 'true'\n"
    found = mixed(project, text, pods="[executor]\ntype = 'kubernetes'\nimage = 'x'\n")
    found.cli("check", "pipeline.toml", "--profile", "mixed").exits(3).says("E622", "`kubernetes` shares no run")
    found.cli("check", "pipeline.toml", "--profile", "mixed", "--set", "executor.type=mock").ok()  # nothing runs


class Fixed:
    """An executor with so much."""

    def __init__(self, room: int, stock: dict[str, float] | None, here: bool = False) -> None:
        self.most, self.there, self.here = room, stock, here

    def room(self) -> int:
        return self.most

    def stock(self) -> dict[str, float] | None:
        return self.there


def test_executors_of_one_machine_share_it_and_others_have_their_own() -> None:
    members: Any = {
        "": Member(Fixed(100, {"cpu": 4, "memory": 10}, here=True), 1),  # type: ignore[arg-type]
        "box": Member(Fixed(50, {"cpu": 8, "memory": 8}, here=True), 1),  # type: ignore[arg-type]
        "farm": Member(Fixed(70, {"cpu": 99}), 1),  # type: ignore[arg-type]
        "pods": Member(Fixed(60, None), 1),  # type: ignore[arg-type]
    }
    several = Several(members, {}, NoCatalog())
    assert several.room() == 50
    assert several.pools() == [Pool(("", "box"), {"cpu": 4, "memory": 8}), Pool(("farm",), {"cpu": 99})]
