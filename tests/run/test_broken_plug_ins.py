"""A plug-in that raises: a sentence that names distribution and method, exit code 5; the run's records stay whole."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest

from runner.contracts import BY_GROUP
from runner.plugins import find, load
from runner.testing.project import Outcome, Project
from runner.text.diagnostics import Refused

Made = Callable[..., Project]
GROUPS = ("executors", "run_logs", "catalogs", "secrets", "views", "serialisers")
MODULE = """
import os, types
from runner.agent.catalog import FileCatalog
from runner.resolve.secrets import Env
from runner.store.journal import Journal
from runner.views.plain import Plain
from runner_executors.local_executor import Local

def breaks(base):
    'The class, but for the method that BREAK names.'
    def method(name):
        def does(first, *args, **named):
            if os.environ.get("BREAK") == name:
                raise RuntimeError("no licence, " + os.environ.get("TOKEN", ""))
            return getattr(super(Broken, first), name)(*args, **named)
        bound = isinstance(getattr(base, name), types.MethodType)
        return classmethod(does) if bound else does
    named = [name for name in dir(base) if name[0] != "_"] + ["__init__", "__enter__", "__exit__"]
    Broken = type("Broken", (base,), {name: method(name) for name in named if callable(getattr(base, name, None))})
    return Broken

executors, run_logs, catalogs = breaks(Local), breaks(Journal), breaks(FileCatalog)
secrets, views, serialisers = breaks(Env), breaks(Plain), None
"""
PIPELINE = """
name = "x"
[steps.a]
shell = "echo 1 > a.txt"
outputs = ["a.txt"]
secrets = ["TOKEN"]
[steps.b]
needs = ["a"]
resources = { cpu = 1 }
shell = 'touch "$GOES"; sleep ${SLEEP}'
[steps.c]
shell = 'while test ! -e "$GOES"; do sleep 0.01; done; exit ${FAIL}'
"""


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, project: Made) -> Iterator[Callable[..., Project]]:
    """broken(group): a project whose service of that group is one of the distribution `broken-services`."""
    info = tmp_path / "broken_services-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-services\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("".join(f"[runner.{one}]\nbad = broken_services:{one}\n" for one in GROUPS))
    (tmp_path / "broken_services.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)

    def make(group: str, sleep: str = "0", fail: str = "0") -> Project:
        service = {"executors": "executor", "run_logs": "run-log", "catalogs": "catalog"}.get(group, group)
        text = PIPELINE.replace("${SLEEP}", sleep).replace("${FAIL}", fail)
        profile = f'[{service}]\ntype = "bad"\n' if group != "views" else ""
        return project({"pipeline.toml": text, "bad.toml": profile})

    yield make
    sys.modules.pop("broken_services", None)


def up(found: Project, method: str, *words: str, apart: bool = False) -> Outcome:
    """apart: as a process, which is over when another takes up what it left."""
    env = {"BREAK": method, "TOKEN": "hunter2-and-more", "GOES": str(found.path("goes"))}
    if apart:
        path = ":".join(filter(None, sys.path))
        return found.run("up", "--profile", "bad", *words, env={**env, "PYTHONPATH": path})
    return found.cli("up", "--profile", "bad", *words, env=env)


def goes_on(found: Project) -> None:
    """What the run left is whole: it is shown, and taken up again, with all that had succeeded."""
    env = {"TOKEN": "hunter2-and-more", "GOES": str(found.path("goes"))}
    before = found.cli("show", "@last", "--json", env=env).ok().statuses()
    assert set(before) == {"a", "b", "c"}
    after = found.cli("up", "--profile", "bad", "--resume", "--json", env=env).ok()
    assert set(after.statuses().values()) == {"succeeded"}
    for label, status in before.items():
        assert status != "succeeded" or "adopted" in after.nodes()[label]["attempts"][-1]


EARLY = {"__init__", "room", "stock"}
EXECUTOR = ["__init__", "room", "stock", "image", "prepare", "start", "poll", "close"]


@pytest.mark.parametrize("method", EXECUTOR)
def test_of_an_executor(broken: Callable[..., Project], method: str) -> None:
    found = broken("executors")
    apart = method not in {*EARLY, "close"}
    said = (
        up(found, method, apart=apart)
        .exits(5)
        .says("E806", "`bad` of broken-services failed", f"`{method}`: RuntimeError")
    )
    if method in EARLY:
        assert found.cli("runs", "--json").ok().json() == []
    else:
        said.silent("hunter2", "Traceback")
        if method == "close":  # nothing was left to do
            assert found.cli("show", "@last", "--json").ok().json()["status"] == "succeeded"
        else:
            goes_on(found)


def test_of_an_executor_that_is_to_stop_a_step(broken: Callable[..., Project]) -> None:
    found = broken("executors", sleep="30", fail="1")
    up(found, "stop", "--fail-fast").exits(5).says("E806", "`stop`: RuntimeError")
    assert found.cli("show", "@last", "--json").ok().statuses()["c"] == "failed"


@pytest.mark.parametrize("method", ["open", "create", "put", "get", "flush", "close"])
def test_of_a_run_log(broken: Callable[..., Project], method: str) -> None:
    found = broken("run_logs")
    up(found, method).exits(5).says("E806", "the run log `bad` of broken-services failed in `")


@pytest.mark.parametrize("method", ["open", "put_bytes"])
def test_of_a_catalog(broken: Callable[..., Project], method: str) -> None:
    found = broken("catalogs")
    up(found, method).exits(5).says("E806", "the catalog `bad` of broken-services failed in `")


EACH = [(group, name) for group in ("run_logs", "catalogs") for name in vars(BY_GROUP[group][0]) if name[0] != "_"]


@pytest.mark.parametrize(("group", "method"), EACH)
def test_each_method_of_a_store_is_named(
    broken: Callable[..., Project], monkeypatch: pytest.MonkeyPatch, group: str, method: str
) -> None:
    root = str(broken(group).root)
    more = ("r1", True) if group == "run_logs" else ()
    store = load(find(group, "bad")).open({"path": root}, root, *more)
    monkeypatch.setenv("BREAK", method)
    with pytest.raises(Refused) as caught:
        getattr(store, method)()
    [problem] = caught.value.problems
    assert problem.code == "E806" and f"`bad` of broken-services failed in `{method}`" in problem.message


@pytest.mark.parametrize("method", ["__init__", "get"])
def test_of_a_provider_of_secrets(broken: Callable[..., Project], method: str) -> None:
    up(broken("secrets"), method).exits(5).says("provider of secrets `bad` of broken-services", f"`{method}`")


@pytest.mark.parametrize("method", ["see", "tick", "__exit__", "__enter__"])
def test_of_a_view_the_run_does_not_mind(broken: Callable[..., Project], method: str) -> None:
    found = broken("views")
    said = up(found, method, "--output", "bad").ok().says("W801", "the view `bad` of broken-services", f"`{method}`")
    assert said.err.count("W801") == 1


FORM = """
from runner.plugins import Flavor
FLAVOR = Flavor("bad", None, "bad_form:Bad", more=("form",), gaps="bad_form:gaps")

class Bad:
    @staticmethod
    def emit(plan):
        raise RuntimeError("no licence")

def gaps(plan):
    if plan["name"] == "odd":
        raise RuntimeError("no licence")
    yield from ()
"""


@pytest.mark.parametrize(("name", "verb", "method"), [("odd", "check", "gaps"), ("even", "render", "emit")])
def test_of_an_executor_that_writes_files(project: Made, name: str, verb: str, method: str) -> None:
    text = f'name = "{name}"\n[steps.a]\nshell = "true"\n'
    found = project({"pipeline.toml": text, "bad_form.py": FORM, "bad.toml": '[executor]\ntype = "bad"\n'})
    found.write({"runner.toml": '[plugins]\nexecutors = { bad = "bad_form:FLAVOR" }\n'})
    found.cli(verb, "--profile", "bad").exits(5).says(
        "E806", "`bad` of runner.toml failed", f"`{method}`: RuntimeError"
    )


def test_of_an_executor_that_makes_ready(broken: Callable[..., Project], monkeypatch: pytest.MonkeyPatch) -> None:
    """Before there is a run, and once there is one."""

    def fails(*_: object) -> None:
        raise RuntimeError("no licence")

    found = broken("executors")
    broken_services = import_module("broken_services")
    for method in ("ready", "begin", "after"):
        with monkeypatch.context() as patch:
            patch.setattr(broken_services.executors, method, fails, raising=False)
            up(found, "").exits(5).says("E806", f"`{method}`: RuntimeError")
        assert len(found.cli("runs", "--json").ok().json()) == {"ready": 0, "begin": 1, "after": 2}[method]
    found.cli("show", "@last").ok()
