"""`runner catalog gc`: what nobody needs goes, and nothing else, whoever runs, begins or is killed meanwhile."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.agent.catalog import FileCatalog
from runner.run import index, sweep
from runner.run.blobs import blobs, drop
from runner.run.mutex import mutex
from runner.run.sweep import Asked, clear
from runner.testing.project import Project

Made = Callable[..., Project]

PIPELINE = """
name = "gc"
[params]
word = "one"
wait = "no"
[steps.write]
params = ["word"]
outputs = { text = "made/text.txt" }
shell = 'echo "$RUNNER_PARAM_word" > "$RUNNER_PARAM_text"'
[steps.always]
params = []
cache = true
outputs = { text = "made/same.txt" }
shell = 'echo same > "$RUNNER_PARAM_text"'
[steps.hold]
params = ["wait"]
needs = ["write", "always"]
shell = 'echo held; touch "$PWD/held"; test "$RUNNER_PARAM_wait" = no || until test -e go; do sleep 0.02; done'
"""


def up(found: Project, name: str, *words: str) -> None:
    found.cli("up", "--name", name, "--param", f"word={name}", *words).ok()


def age(found: Project, by: float = 7200) -> None:
    """Make all of the store older."""
    for path in found.root.glob(".runner/**/*"):
        if not path.is_symlink():
            os.utime(path, (time.time() - by,) * 2)


def everything(found: Project) -> list[str]:
    return [path for path in found.files(".runner/**/*") if not path.endswith((".lock", "/lock"))]


def contents(found: Project) -> list[str]:
    return sorted(found.read(path) for path in found.files(".runner/catalog/blobs/*/*"))


def gc(found: Project, *words: str) -> dict[str, Any]:
    answer: dict[str, Any] = found.cli("catalog", "gc", "--json", *words).ok().json()
    return answer


def names(found: Project) -> list[str]:
    return [run["name"] for run in found.cli("runs", "--json").json()]


def three(project: Made) -> Project:
    found = project({"pipeline.toml": PIPELINE})
    for name in ("one", "two", "three"):
        up(found, name)
    os.unlink(found.path("held"))
    age(found)
    return found


def test_it_shows_what_would_go_and_touches_nothing(project: Made) -> None:
    found = three(project)
    before = everything(found)
    said = gc(found, "--keep", "1")
    assert (said["removed"], [run["name"] for run in said["runs"]]) == (False, ["two", "one"])
    assert sum(blob["size"] for blob in said["blobs"]) == len("one\n" + "two\n")
    shown = found.cli("catalog", "gc", "--keep", "1").ok().says("nothing was removed: `--force` does it")
    assert [line.split()[:2] for line in shown.out.splitlines()] == [
        ["WHAT", "BYTES"], ["run", "two"], ["run", "one"], ["blobs", "2"], ["total", f"{_total(said):,}"],
    ]  # fmt: skip
    assert everything(found) == before
    assert names(found) == ["three", "two", "one"]


def _total(said: dict[str, Any]) -> int:
    return sum(one["size"] for kind in ("runs", "cache", "blobs", "leftovers") for one in said[kind])


def test_with_force_it_goes_and_what_stays_is_whole(project: Made) -> None:
    found = three(project)
    said = gc(found, "--keep", "1", "--force")
    assert said["removed"]
    assert names(found) == ["three"]
    assert contents(found) == ["same\n", "three\n"]
    assert len(found.files(".runner/index.jsonl")) == 1
    assert {json.loads(line)["name"] for line in found.read(".runner/index.jsonl").splitlines()} == {"three"}
    assert len(list(found.path(".runner/runs").iterdir())) == 1
    os.unlink(found.path("made/text.txt"))
    found.cli("catalog", "get", "made/text.txt").ok()
    assert found.read("made/text.txt") == "three\n"
    assert gc(found, "--keep", "1") == {**said, "removed": False, "runs": [], "cache": [], "blobs": [], "leftovers": []}


def test_without_a_rule_no_run_and_no_entry_of_the_cache_goes(project: Made) -> None:
    found = three(project)
    FileCatalog(str(found.path(".runner/catalog"))).put_bytes(b"nobody's")
    gc(found, "--force")
    assert "nobody's" in contents(found), "it is young: somebody may be about to say that it is theirs"
    age(found)
    gc(found, "--force")
    assert contents(found) == ["one\n", "same\n", "three\n", "two\n"]
    assert names(found) == ["three", "two", "one"]
    assert len(found.files(".runner/cache/*.json")) == 1


def test_an_entry_of_the_cache_goes_with_the_last_run_that_used_it(project: Made) -> None:
    found = three(project)
    found.write({"pipeline.toml": PIPELINE.replace("cache = true", "")})
    up(found, "four")
    assert gc(found, "--keep", "1", "--older", "1d")["cache"] == []
    assert len(gc(found, "--keep", "1", "--force")["cache"]) == 1
    found.write({"pipeline.toml": PIPELINE})
    up(found, "five")
    nodes = found.cli("show", "five", "--json").json()["nodes"].values()
    assert {node["status"] for node in nodes} == {"succeeded"}


def test_a_hit_whose_blob_is_gone_is_a_miss(project: Made) -> None:
    found = three(project)
    for path in found.files(".runner/catalog/blobs/*/*"):
        os.unlink(found.path(path))
    os.unlink(found.path("made/same.txt"))
    up(found, "four")
    always = {node["label"]: node["status"] for node in found.cli("show", "--json").json()["nodes"].values()}["always"]
    assert always == "succeeded"
    assert found.read("made/same.txt") == "same\n"


def test_a_run_goes_by_its_name_and_by_its_age(project: Made) -> None:
    found = three(project)
    assert gc(found, "--older", "1h")["runs"] == []
    gc(found, "--run", "two", "--force")
    assert names(found) == ["three", "one"]
    found.cli("catalog", "gc", "--run", "none").exits(2).says("E930")
    found.cli("catalog", "gc", "--older", "soon").exits(2).says("`soon` is not a duration")


def test_a_run_that_goes_on_loses_nothing(project: Made) -> None:
    """Its blobs are young, and what only removed runs had is not taken from under it."""
    found = three(project)
    driver = found.popen("up", "--name", "live", "--param", "word=two", "--param", "wait=yes")
    found.wait(lambda: found.exists("held"))
    found.wait(lambda: found.cli("show", "live", "--json").statuses()["hold"] == "running")
    said = gc(found, "--keep", "0", "--force")
    assert {run["name"] for run in said["runs"]} == {"one", "two", "three"}
    assert names(found) == ["live"]
    assert {"two\n", "same\n"} <= set(contents(found))
    found.cli("catalog", "gc", "--run", "live").ok().says("left alone: run `live`: it is not over")
    found.write({"go": ""})
    assert driver.wait(30) == 0
    age(found)
    gc(found, "--force")
    assert contents(found) == ["same\n", "two\n"]
    assert [row["kept"] for row in found.cli("catalog", "ls", "--json").json()] == [True, True]


def test_a_run_on_another_machine_counts_as_alive(project: Made) -> None:
    found = three(project)
    lines = found.read(".runner/index.jsonl").splitlines()
    first = {**json.loads(lines[0]), "host": "elsewhere"}
    found.write({".runner/index.jsonl": "\n".join([json.dumps(first), *lines[2:]]) + "\n"})
    assert [run["name"] for run in gc(found, "--keep", "0")["runs"]] == ["three", "two"]


def test_what_has_just_been_freed_waits_while_somebody_is_alive(project: Made) -> None:
    """A run may have found it in the cache a moment ago, and not have said so yet."""
    found = three(project)
    me = {"pid": os.getpid(), "born": index.born(os.getpid()), "start": time.time() - 9, "store": {"type": "buffered"}}
    with mutex(found.root):
        index.note(found.root, {"run": "01live", "name": "live", "pipeline": "other", **me})
    assert gc(found, "--keep", "0")["blobs"] == []
    gc(found, "--keep", "0", "--force")
    assert names(found) == ["live"]
    assert contents(found) == ["one\n", "same\n", "three\n", "two\n"]
    assert gc(found, "--run", "live")["left"] == ["run `live`: it is not over"]
    with mutex(found.root):
        index.note(found.root, {"run": "01live", "status": "succeeded"})
    gc(found, "--force")
    assert contents(found) == []


def test_what_a_killed_one_had_set_aside_comes_back(project: Made) -> None:
    found = three(project)
    row = found.cli("catalog", "ls", "three", "--json").json()[0]
    blob = found.path(f".runner/catalog/blobs/{row['sha256'][:2]}/{row['sha256']}")
    blob.rename(found.path(f".runner/catalog/tmp/gone-{row['sha256']}"))
    gc(found, "--force")
    assert blob.exists()


def test_what_is_put_again_meanwhile_stays(tmp_path: Path) -> None:
    catalog = FileCatalog(str(tmp_path))
    sha = catalog.put_bytes(b"x")["sha256"]
    os.utime(catalog.where(sha), (1.0, 1.0))
    (seen,) = blobs(str(tmp_path))
    catalog.put_bytes(b"x")
    assert not drop(str(tmp_path), seen)
    assert catalog.read(sha) == b"x"
    (seen,) = blobs(str(tmp_path))
    assert drop(str(tmp_path), seen)
    assert not catalog.has(sha)


def test_what_a_killed_run_left_goes_and_its_words_stay(project: Made) -> None:
    found = project({"pipeline.toml": PIPELINE})
    driver = found.popen("up", "--name", "dead", "--param", "wait=yes")
    found.wait(lambda: found.exists("held"))
    os.kill(driver.pid, signal.SIGKILL)
    driver.wait()
    found.write({"go": ""})
    found.wait(lambda: not list(Path("/proc").glob(f"{driver.pid}/stat")))
    time.sleep(0.1)  # its step sees `go`
    found.write(
        {
            ".runner/catalog/tmp/1-1-aa": "half",
            ".runner/hashes.123": "{}",
            ".runner/cache/." + "a" * 64 + ".12": "{",
            ".runner/runs/01never/x": "",
            ".runner/runs/.gone-01removed/journal": "",
        }
    )
    age(found)
    said = {one["path"] for one in gc(found, "--force")["leftovers"]}
    assert {".runner/catalog/tmp/1-1-aa", ".runner/hashes.123", ".runner/runs/01never"} <= said
    left = everything(found)
    assert not [path for path in left if "/locks/" in path or "/tmp/" in path or ".gone-" in path or "/." in path[8:]]
    found.cli("logs", "dead", "hold").ok().says("held")
    found.cli("up", "--resume").ok()
    assert found.cli("show", "--json").statuses()["write"] == "succeeded"


def test_links_lead_nowhere(project: Made) -> None:
    found = three(project)
    out = found.path("elsewhere")
    out.mkdir()
    (out / ("b" * 64)).write_text("precious")
    os.utime(out / ("b" * 64), (1.0, 1.0))
    found.path(".runner/catalog/blobs/bb").symlink_to(out)
    found.path(".runner/runs/.gone-link").symlink_to(out)
    found.path(".runner/catalog/tmp/link").symlink_to(out / ("b" * 64))
    gc(found, "--keep", "0", "--force")
    assert (out / ("b" * 64)).read_text() == "precious"


@pytest.mark.parametrize("how", ["path", "link"])
def test_a_catalog_outside_may_serve_others(project: Made, how: str) -> None:
    found, other = project({"pipeline.toml": PIPELINE}), project()
    if how == "path":
        found.write({"profiles/far.toml": f'[catalog]\ntype = "file-system"\npath = "{other.root}/catalog"\n'})
        found.cli("up", "--profile", "far", "--name", "one").ok()
    else:
        other.path("catalog").mkdir()
        found.path(".runner").mkdir()
        found.path(".runner/catalog").symlink_to(other.path("catalog"))
        up(found, "one")
    age(other)
    for path in other.root.glob("catalog/blobs/*/*"):
        os.utime(path, (1.0, 1.0))
    age(found)
    kept = other.files("catalog/blobs/*/*")
    assert f"the catalog `{other.root}/catalog`" in gc(found, "--force")["left"][0]
    assert len(gc(found, "--keep", "0", "--outside")["blobs"]) == len(kept)
    assert gc(found, "--keep", "0")["blobs"] == []
    assert other.files("catalog/blobs/*/*") == kept != []
    gc(found, "--keep", "0", "--outside", "--force")
    assert other.files("catalog/blobs/*/*") == []


def test_a_log_out_of_reach_keeps_everything(project: Made) -> None:
    text = PIPELINE.replace('name = "gc"', 'name = "far"')
    found = project({"pipeline.toml": PIPELINE, "far.toml": text})
    found.write({"profiles/far.toml": '[run-log]\ntype = "chunked-fs"\npath = "mounted"\n'})
    found.cli("up", "far.toml", "--profile", "far", "--name", "far").ok()
    up(found, "near")
    age(found)
    found.path("mounted").rename(found.path("unmounted"))
    before = everything(found)
    found.cli("catalog", "gc", "--keep", "0", "--force").exits(4).says("E716", "`far`")
    assert everything(found) == before
    found.cli("catalog", "gc", "--run", "far", "--force").ok()
    assert names(found) == ["near"]


def test_one_that_the_index_does_not_know_keeps_its_blobs(project: Made) -> None:
    found = three(project)
    os.unlink(found.path(".runner/index.jsonl"))
    for path in found.files(".runner/cache/*"):
        os.unlink(found.path(path))
    gc(found, "--keep", "0", "--force")
    assert contents(found) == ["one\n", "same\n", "three\n", "two\n"]


def test_a_second_one_is_told(project: Made) -> None:
    found = three(project)
    with mutex(found.root, name="gc.lock"):
        found.cli("catalog", "gc", "--force").exits(4).says("E715")
        found.cli("catalog", "gc").ok()


class Killed(BaseException):
    """The process is gone."""


def test_killed_anywhere_it_leaves_a_store_that_works(project: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """At every change of the disk."""
    at = 0
    while True:
        at += 1
        found = three(project)
        left = at
        with monkeypatch.context() as patch:
            for name in ("rename", "replace", "unlink", "rmdir", "makedirs"):
                real = getattr(os, name)

                def once(*args: Any, _real: Any = real, **more: Any) -> Any:
                    nonlocal left
                    left -= 1
                    if left == 0:
                        raise Killed
                    return _real(*args, **more)

                patch.setattr(sweep.os, name, once)
            try:
                clear(found.root, None, Asked(keep=1))
            except Killed:
                killed = True
            else:
                killed = False
        assert names(found)[0] == "three"
        os.unlink(found.path("made/text.txt"))
        found.cli("catalog", "get", "made/text.txt").ok()
        assert found.read("made/text.txt") == "three\n"
        gc(found, "--keep", "1", "--force")
        assert names(found) == ["three"]
        assert contents(found) == ["same\n", "three\n"]
        assert len(list(found.path(".runner/runs").iterdir())) == 1
        if not killed:
            break
    assert at > 8
