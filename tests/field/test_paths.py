"""Reported in the field: paths without a base, links, globs, hidden files, values that leave the project."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from runner.testing.project import Outcome, Project

Make = Callable[..., Project]
PLACES = pytest.mark.parametrize("place", [(), ("--isolate",)], ids=["in-place", "isolated"])


def up(made: Project, *words: str) -> Outcome:
    return made.cli("up", "pipeline.toml", "--json", *words)


WORKDIR = """
name = "x"
[steps.a]
workdir = "sub"
inputs = { raw = "data/raw.txt" }
outputs = { out = "made/out.txt", where = "made/out.txt.pwd" }
shell = 'cp "$RUNNER_PARAM_raw" "$RUNNER_PARAM_out"; pwd > "$RUNNER_PARAM_out.pwd"'
[steps.b]
workdir = "sub"
inputs = { raw = "data/raw.txt" }
outputs = { out = "made/b.txt" }
command = ["cp", "${raw}", "${out}"]
[steps.c]
workdir = "sub"
inputs = { raw = "data/raw.txt" }
outputs = { copy = "made/c.txt" }
python = "w:f"
[steps.d]
workdir = "sub"
shell = 'for f in "$RUNNER_PARAMS" "$RUNNER_RETURNS" "$RUNNER_METRICS"; do case "$f" in /*) ;; *) exit 1;; esac; done'
"""


@PLACES
@pytest.mark.parametrize("start", ["root", "elsewhere"])
def test_field_12_workdir_and_path_parameters(project: Make, place: tuple[str, ...], start: str) -> None:
    made = project(
        {
            "pipeline.toml": WORKDIR,
            "data/raw.txt": "raw\n",
            "sub/.keep": "",
            "w.py": "import shutil\ndef f(raw, copy): shutil.copy(raw, copy)\n",
        }
    )
    made.run("up", str(made.path("pipeline.toml")), *place, cwd=made.root if start == "root" else made.home).ok()
    assert [made.read(f"made/{name}.txt") for name in ("out", "b", "c")] == ["raw\n"] * 3
    assert made.read("made/out.txt.pwd").rstrip().endswith("/sub")
    assert not made.exists("sub/made")


def test_field_13a_a_linked_folder_keeps_what_is_in_it(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.a]
                outputs = ["results/out/"]
                shell = "mkdir -p results/out; echo 1 > results/out/n"
                """,
            "disk/.keep": "",
            "mine/keep.txt": "mine",
        }
    )
    made.path("results").symlink_to("disk")
    made.path("disk/out").symlink_to("../mine")
    up(made).ok()
    up(made).ok()
    assert made.read("mine/keep.txt") == "mine"
    assert made.read("results/out/n") == "1\n"


@PLACES
def test_field_13b_an_output_that_is_a_link(project: Make, place: tuple[str, ...]) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.a]
                outputs = ["a.txt"]
                shell = "echo a > a.txt"
                [steps.b]
                inputs = ["a.txt"]
                outputs = ["b.txt"]
                shell = "ln -s a.txt b.txt"
                [steps.c]
                inputs = ["b.txt"]
                outputs = ["c.txt"]
                command = ["cp", "b.txt", "c.txt"]
                """
        }
    )
    for _ in range(2):
        up(made, *place).ok()
        assert made.read("c.txt") == "a\n"


@PLACES
def test_field_13c_a_link_to_nothing_is_no_output(project: Make, place: tuple[str, ...]) -> None:
    made = project({"pipeline.toml": 'name = "x"\n[steps.a]\noutputs = ["b.txt"]\nshell = "ln -s nowhere b.txt"\n'})
    up(made, *place).exits(1).says("b.txt")


@PLACES
def test_field_13_a_link_that_leads_out_of_the_project(project: Make, place: tuple[str, ...]) -> None:
    made = project(
        {"pipeline.toml": 'name = "x"\n[steps.a]\noutputs = ["d/b.txt"]\nshell = "ln -s /etc/passwd d/b.txt"\n'}
    )
    ended = up(made, *place).exits(1).says("leads out")
    assert ended.nodes()["a"]["reason"] == "missing-output"


@pytest.mark.parametrize("verb", ["check", "plan", "up"])
@pytest.mark.parametrize(
    "line", ['for-each = { s = { glob = "dta/*.fastq" } }', 'inputs = { s = "dta/*.fastq" }'], ids=["items", "input"]
)
def test_field_14_glob_finds_nothing(project: Make, verb: str, line: str) -> None:
    text = f'name = "x"\n[steps.m]\n{line}\nshell = \'echo "$RUNNER_PARAM_s" >> log\'\n'
    made = project({"pipeline.toml": text, "data/a.fastq": ""})
    made.cli(verb, "pipeline.toml").exits(3).says("pipeline.toml:3:", "dta/*.fastq")
    assert not made.exists("log")


def test_field_14_optional_may_find_nothing(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.m]
                for-each = { s = { glob = "dta/*.fastq", optional = true } }
                shell = 'echo "$RUNNER_PARAM_s" >> log'
                [steps.n]
                inputs = { s = { path = "dta/*.fastq", optional = true } }
                shell = 'echo "<$RUNNER_PARAM_s>" > n'
                """
        }
    )
    assert up(made).ok().statuses() == {"m": "succeeded", "n": "succeeded"}
    assert made.read("n") == "<>\n" and not made.exists("log")


@PLACES
def test_field_15_hidden_files(project: Make, place: tuple[str, ...]) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.m]
                for-each = { s = { glob = "data/*.wav" } }
                outputs = { o = "items/${s}.txt" }
                shell = 'echo "$RUNNER_PARAM_s" > "$RUNNER_PARAM_o"'
                [steps.n]
                inputs = { w = "**/*.wav" }
                outputs = ["all"]
                shell = 'echo "$RUNNER_PARAM_w" > all'
                """,
            "data/a.wav": "",
            "data/._a.wav": "",
            "data/.tmp/b.wav": "",
            "top.wav": "",
            ".runner/c.wav": "",
        }
    )
    up(made, *place).ok()
    assert made.files("items/*") == ["items/a.txt"]
    assert made.read("all") == "data/a.wav\ntop.wav\n"


@PLACES
def test_field_16_a_value_that_leaves_the_project(project: Make, place: tuple[str, ...]) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.l]
                python = "w:names"
                returns = ["xs"]
                [steps.m]
                for-each = { x = "${xs}" }
                outputs = { f = "out/${x}.txt" }
                shell = 'echo "$RUNNER_PARAM_x" > "$RUNNER_PARAM_f"'
                [steps.n]
                for-each = { x = "${xs}" }
                command = ["test", "${x}"]
                """,
            "w.py": 'def names(): return ["ok", "../../evil", "nul\\0", "two\\nlines", "a/b"]\n',
        }
    )
    ended = up(made, *place).exits(1).says("../../evil")
    nodes = list(ended.nodes().values())
    found = [(node["status"], node["reason"]) for node in nodes if node["path"] == "m" and node["label"] != "m"]
    good, bad = ("succeeded", None), ("failed", "bad-param")
    assert found == [good, bad, bad, bad, good]
    found = [(node["status"], node["reason"]) for node in nodes if node["path"] == "n" and node["label"] != "n"]
    assert found == [good, good, bad, good, good]
    assert "Traceback" not in ended.err
    assert made.files("out/**/*") == ["out/a/b.txt", "out/ok.txt"]
    assert not (made.base.parent / "evil.txt").exists()


@pytest.mark.parametrize(
    "line",
    [
        'command = ["echo", "a\\u0000b"]',
        'shell = "echo a\\u0000b"',
        'shell = "true"\nenv = { A = "x\\u0000" }',
        'shell = "true"\noutputs = ["../x"]',
        'shell = "true"\noutputs = ["two\\nlines"]',
    ],
    ids=["command", "shell", "env", "path", "newline"],
)
def test_field_16_said_in_the_file_it_is_an_error_of_check(project: Make, line: str) -> None:
    made = project({"pipeline.toml": f'name = "x"\n[steps.a]\n{line}\n'})
    made.cli("check", "pipeline.toml").exits(3).says("pipeline.toml:")


@PLACES
@pytest.mark.parametrize("git", [True, False], ids=["git", "no-git"])
def test_field_a17_isolated_what(project: Make, place: tuple[str, ...], git: bool) -> None:
    files = {
        "pipeline.toml": """
            name = "w"
            [steps.a]
            isolate = true
            python = "w:f"
            outputs = ["out.txt"]
            """,
        "w.py": """
            import os
            import h
            def f():
                seen = [open(p).read() for p in ("data/x.txt", "with space/ü.txt")]
                open("out.txt", "w").write(h.word + "".join(seen) + str(os.path.exists(".env")))
            """,
        "h.py": "word = 'h'\n",
        "data/x.txt": "x",
        "with space/ü.txt": "u",
        ".env": "TOKEN=1",
        ".gitignore": "data/\n.env\n.runner/\n",
    }
    made = project(files)
    if git:
        for words in (["init", "-q"], ["add", "w.py", ".gitignore", "with space"], ["add", "-f", "data/x.txt"]):
            subprocess.run(["git", *words], cwd=made.root, check=True, env=made.environment())
    up(made, *place).ok()
    assert made.read("out.txt") == ("hxuFalse" if git else "hxuTrue")  # without git nobody says what is ignored


def test_field_a17_python_that_lies_outside_what_travels(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": 'name = "w"\n[steps.a]\nisolate = true\npython = "w:f"\n',
            "w.py": "import h\ndef f(): h.word\n",
            "h.py": "word = 1\n",
            ".gitignore": "h.py\n",
        }
    )
    for words in (["init", "-q"], ["add", "w.py", ".gitignore"]):
        subprocess.run(["git", *words], cwd=made.root, check=True, env=made.environment())
    made.cli("check", "pipeline.toml").exits(3).says("h.py")


def test_field_a7_used_file_paths(project: Make) -> None:
    """Paths of a used file are those of the pipeline's root, wherever one starts and whatever lies beside that file;
    what lies beside it has a name, too."""
    made = project(
        {
            "runner.toml": "",
            "pipeline.toml": 'name = "top"\n[steps.c]\nuses = "sub/lib/job.toml"\n',
            "data.csv": "mine\n",
            "sub/lib/runner.toml": "",
            "sub/lib/data.csv": "not mine\n",
            "sub/lib/clean.py": "import sys\nopen(sys.argv[2], 'w').write(open(sys.argv[1]).read().upper())\n",
            "sub/lib/job.toml": """
                name = "clean"
                [job]
                inputs = { src = "data.csv" }
                outputs = { dst = "clean.csv" }
                command = ["python3", "${file.dir}/clean.py", "${src}", "${dst}"]
                """,
        }
    )
    linked = made.allow("tmp").tmp / "linked"
    linked.symlink_to(made.root)
    starts = {made.root: "pipeline.toml", made.path("sub"): "../pipeline.toml", linked: "pipeline.toml"}
    for (start, file), place in zip(starts.items(), ((), (), ("--profile", "std:emulated")), strict=True):
        made.path("clean.csv").unlink(missing_ok=True)
        made.run("up", file, *place, cwd=start).ok()
        if place:
            made.cli("catalog", "get", "clean.csv").ok()
        assert made.read("clean.csv") == "MINE\n"
        assert not made.exists("sub/lib/clean.csv")
