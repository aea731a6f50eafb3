"""Files before and after an attempt: outputs, globs, folders, links, isolation (N21, N23, N24, N38, N46 to N48)."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from runner.agent.stage import StageError, expand, project_files


def out(path: str, **more: Any) -> dict[str, Any]:
    return {"path": path, "kind": "file", **more}


def paths(end: dict[str, Any]) -> list[str]:
    return [entry["path"] for entry in end["files"]]


def fill(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)


def test_n23_parents_are_made_and_leftovers_removed(project: Any) -> None:
    fill(project.root, "out/a.txt", "out/b.txt")
    end = project.shell("test ! -e out/a.txt; test -e out/b.txt; test -d new/deep; echo x > out/a.txt", outputs=[
        out("out/a.txt", name="a"), out("new/deep/c.txt", optional=True),
    ])  # fmt: skip
    assert end["status"] == "succeeded", project.log()
    assert end["files"] == [
        {
            "name": "a",
            "path": "out/a.txt",
            "size": 2,
            "mode": 0o644,
            "kind": "file",
            "sha256": end["files"][0]["sha256"],
        }
    ]
    assert project.catalog.read(end["files"][0]["sha256"]) == b"x\n"


def test_n23_an_output_that_is_an_input_stays(project: Any) -> None:
    fill(project.root, "state.txt")
    end = project.shell("echo more >> state.txt", inputs=["state.txt"], outputs=[out("state.txt")])
    assert end["status"] == "succeeded" and project.text("state.txt") == "state.txtmore\n"


@pytest.mark.parametrize("path", ["a.txt", "out/*.txt", "out/"])
def test_n23_a_missing_output_fails(project: Any, path: str) -> None:
    end = project.shell("true", outputs=[out(path)])
    assert (end["status"], end["reason"], end["exit"]) == ("failed", "missing-output", 0)
    assert f"`{path}`" in end["error"]["message"]
    assert project.shell("true", outputs=[out(path, optional=True)])["status"] == "succeeded"


def test_n23_a_failed_attempt_puts_only_what_is_always_kept(project: Any) -> None:
    """field B9: what a failed attempt wrote does not count as good."""
    end = project.shell(
        "echo a > a.txt; echo b > b.log; echo c > c.ckpt; exit 3",
        outputs=[out("a.txt"), out("b.log", always=True), out("c.ckpt", carry=True), out("d.log", always=True)],
    )
    assert (end["status"], end["exit"]) == ("failed", 3)
    assert paths(end) == ["b.log", "c.ckpt"]


def test_n48_a_checkpoint_is_carried_to_the_next_attempt(project: Any) -> None:
    """field B10."""
    outputs = [out("s.ckpt", carry=True)]
    assert project.shell("test ! -e s.ckpt; echo 1 > s.ckpt; exit 1", outputs=outputs)["status"] == "failed"
    for isolate in (False, True):
        end = project.shell("cat s.ckpt; echo 2 >> s.ckpt", outputs=outputs, isolate=isolate)
        assert end["status"] == "succeeded" and project.log().startswith("1\n")
    assert project.text("s.ckpt") == "1\n2\n2\n"


def test_globs_and_folders_are_listed_one_by_one(project: Any) -> None:
    fill(project.root, "out/old.txt", "all/old/x", "all/.git/x")
    end = project.shell(
        "echo 1 > out/b.txt; echo 2 > out/a.txt; echo 3 > out/c.dat;"
        "mkdir -p all/x/y; echo 4 > all/x/y/z; echo 5 > 'all/a b\n'",
        outputs=[out("out/*.txt"), out("all/")],
    )
    assert end["status"] == "succeeded", project.log()
    assert paths(end) == ["out/a.txt", "out/b.txt", "all/a b\n", "all/x/y/z"]


def test_n24_modes_and_odd_names_survive(project: Any) -> None:
    end = project.shell(
        "printf x > 'a b ü.sh'; chmod 755 'a b ü.sh'; printf y > \"$(printf 'n\\377')\"",
        outputs=[out("a b ü.sh"), out("n*")],
    )
    assert end["status"] == "succeeded", end
    assert [(f["path"], f["mode"]) for f in end["files"]] == [("a b ü.sh", 0o755), ("n\udcff", 0o644)]


def test_a_folder_declared_as_a_file_says_how_to_write_it(project: Any) -> None:
    end = project.shell("mkdir -p model; echo 1 > model/w", outputs=[out("model")])
    assert end["reason"] == "missing-output" and "`model/`" in end["error"]["message"]
    end = project.shell("mkdir -p model; echo 1 > model/w", outputs=[out("model")])
    assert end["reason"] == "missing-output", "and nothing was deleted meanwhile"


def test_n47_removing_a_link_removes_the_link(project: Any) -> None:
    """field C13 a."""
    disk, mine = project.root.parent / "disk", project.root.parent / "mine"
    disk.mkdir()
    fill(mine, "keep.txt")
    (project.root / "results").symlink_to(disk)
    (disk / "out").symlink_to(mine)
    end = project.shell("mkdir -p results/out; echo 1 > results/out/n", outputs=[out("results/out/")])
    assert end["status"] == "succeeded", end
    assert paths(end) == ["results/out/n"]
    assert (mine / "keep.txt").exists() and not (disk / "out").is_symlink()


def test_n47_an_output_that_is_a_link_is_kept_as_its_content(project: Any) -> None:
    """field C13 b."""
    fill(project.root, "a.txt")
    for _ in range(2):
        end = project.shell("ln -s a.txt b.txt", outputs=[out("b.txt")])
        assert end["status"] == "succeeded"
        assert project.catalog.read(end["files"][0]["sha256"]) == b"a.txt"


def test_n47_a_dangling_link_is_missing(project: Any) -> None:
    """field C13 c."""
    end = project.shell("ln -s nowhere b.txt", outputs=[out("b.txt")])
    assert (end["reason"], "`b.txt`" in end["error"]["message"]) == ("missing-output", True)
    end = project.shell("mkdir -p d; ln -s nowhere d/b.txt", outputs=[out("d/")])
    assert (end["reason"], "`d/b.txt`" in end["error"]["message"]) == ("missing-output", True)


@pytest.mark.parametrize("script", ["ln -s /etc/passwd b.txt", "rm -r o; ln -s /etc o"])
def test_n47_a_link_that_leads_out_is_an_error(project: Any, script: str) -> None:
    path = "b.txt" if "b.txt" in script else "o/passwd"
    end = project.shell(script, outputs=[out(path)])
    assert (end["status"], end["reason"]) == ("failed", "missing-output")
    assert "out of the project" in end["error"]["message"]


def test_a_link_to_a_folder_above_itself(project: Any) -> None:
    end = project.shell("mkdir -p d/e; ln -s .. d/e/up; echo 1 > d/x", outputs=[out("d/")])
    assert (end["status"], end["reason"]) == ("failed", "missing-output") and "above itself" in end["error"]["message"]


def test_an_output_that_is_a_pipe_does_not_hang(project: Any) -> None:
    end = project.shell("mkfifo p", outputs=[out("p")])
    assert (end["status"], end["reason"]) == ("errored", "stage-out")


def test_an_input_that_is_not_there(project: Any) -> None:
    end = project.shell("touch ran", inputs=["no.txt"])
    assert (end["status"], end["reason"]) == ("errored", "stage-in") and "`no.txt`" in end["error"]["message"]
    assert not (project.root / "ran").exists()


def test_n21_wildcards_and_hidden_files(tmp_path: Path) -> None:
    """field C15."""
    fill(
        tmp_path, "data/a.wav", "data/._a.wav", "data/.tmp/b.wav", "data/sub/c.wav", ".runner/d.wav", "e.wav", ".f.wav"
    )
    assert expand(str(tmp_path), "data/*.wav") == ["data/a.wav"]
    assert expand(str(tmp_path), "**/*.wav") == ["data/a.wav", "data/sub/c.wav", "e.wav"]
    assert expand(str(tmp_path), ".*.wav") == [".f.wav"]
    assert expand(str(tmp_path), "data/") == ["data/a.wav", "data/sub/c.wav"]
    assert expand(str(tmp_path), "gone/*.wav") == []


def test_deep_folders(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    back = os.open(".", os.O_RDONLY)
    try:
        os.fchdir(here)
        for _ in range(700):
            os.mkdir("d")
            os.chdir("d")
    finally:
        os.fchdir(back)
        os.close(back)
        os.close(here)
    (tmp_path / Path(*["d"] * 700) / "f").write_text("x")
    assert len(expand(str(tmp_path), "**/f")) == 1


def git(root: Path, *words: str) -> None:
    env = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    subprocess.run(["git", *who, *words], cwd=root, env=env, check=True, capture_output=True)


@pytest.mark.parametrize("with_git", [True, False])
def test_n38_what_an_isolated_step_sees(project: Any, with_git: bool) -> None:
    """field part 2, 17."""
    root = project.root
    fill(root, "data/x.txt", "h.py", "ü dir/a b.txt", "in.txt")
    (root / "w.py").write_text(
        "import h\ndef f():\n    open('out.txt', 'w').write(open('data/x.txt').read() + open('in.txt').read())\n"
    )
    (root / "h.py").write_text("")
    (root / ".gitignore").write_text("data/\n.env\n.runner\nin.txt\n")
    (root / ".env").write_text("SECRET=1")
    (root / ".secret").mkdir()
    (root / ".secret/key").write_text("1")
    (root / "venv").mkdir()
    (root / "venv/pyvenv.cfg").write_text("")
    if with_git:
        (root / ".gitignore").write_text("data/\n.env\n.runner\nin.txt\n.secret\nvenv\n")
        git(root, "init", "-q")
        git(root, "add", "w.py", "-f", "data/x.txt")
        git(root, "commit", "-qm", "x")
    end = project.run("python", module="w", function="f", isolate=True, inputs=["in.txt"], outputs=[out("out.txt")])
    assert end["status"] == "succeeded", project.log()
    assert project.text("out.txt") == "data/x.txtin.txt"
    project.shell("find . -type f | sort", isolate=True)
    seen = set(project.log().split("\n"))
    assert {"./w.py", "./h.py", "./data/x.txt", "./ü dir/a b.txt"} <= seen
    assert not any(name.startswith(("./.runner", "./.secret", "./venv", "./.git/")) for name in seen)
    assert not with_git or "./.env" not in seen


def test_n38_only_outputs_come_back(project: Any) -> None:
    fill(project.root, "out/stale.txt", "kept.txt", "o.txt")
    end = project.shell(
        "test ! -e out/stale.txt; test ! -e o.txt; echo new > kept.txt;"
        "echo 1 > out/a.txt; echo 2 > o.txt; touch litter",
        isolate=True,
        outputs=[out("out/*.txt"), out("o.txt")],
    )
    assert end["status"] == "succeeded", project.log()
    assert project.text("kept.txt") == "kept.txt" and not (project.root / "litter").exists()
    assert os.listdir(project.root / "out") == ["a.txt"] and project.text("o.txt") == "2\n"


def test_n38_a_failure_brings_nothing_back_but_what_is_always_kept(project: Any) -> None:
    end = project.shell(
        "echo 1 > a.txt; echo 2 > b.log; exit 1", isolate=True, outputs=[out("a.txt"), out("b.log", always=True)]
    )
    assert end["status"] == "failed" and not (project.root / "a.txt").exists() and project.text("b.log") == "2\n"


def test_n24_inputs_behind_links_are_handed_over_as_content(project: Any) -> None:
    """field part 2, 14."""
    outside = project.root.parent / "outside"
    fill(outside, "big.txt", "x")
    (project.root / "in.txt").symlink_to("../outside/big.txt")
    (project.root / "dir").mkdir()
    (project.root / "dir/x").symlink_to(outside / "x")
    end = project.shell(
        "cat in.txt dir/x > out.txt; test ! -L in.txt",
        isolate=True,
        inputs=["in.txt", "dir/"],
        outputs=[out("out.txt")],
    )
    assert end["status"] == "succeeded", project.log()
    assert project.text("out.txt") == "big.txtx" and (project.root / "in.txt").is_symlink()


def test_a_workdir_that_does_not_exist(project: Any) -> None:
    end = project.shell("true", workdir="no")
    assert (end["status"], end["reason"]) == ("errored", "stage-in") and "`no`" in end["error"]["message"]


def test_project_files_without_git_skip_environments(tmp_path: Path) -> None:
    fill(tmp_path, "a.py", "env/conda-meta/x", "env/lib/y", ".hidden/z", ".file", "d/b")
    assert project_files(str(tmp_path)) == [".file", "a.py", "d/b"]


def test_paths_are_checked_before_anything_is_removed(project: Any) -> None:
    victim = project.root.parent / "victim"
    victim.write_text("x")
    end = project.shell("true", outputs=[out("../victim")])
    assert end["reason"] == "bad-param" and victim.exists()
    assert issubclass(StageError, Exception)
