"""The command line as a whole: help, verbs, exit codes, faults."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import types
from pathlib import Path

import pytest

from runner import cli
from runner.testing.golden import golden
from runner.text.diagnostics import Refused, diagnose

HELP = Path(__file__).parent / "cli" / "help.txt"


def python(*words: str, **more):
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, timeout=60, **more)


@pytest.fixture
def verb(monkeypatch):
    """Install a verb `list` that does what the test says."""

    def install(run, options=()):
        module = types.ModuleType("runner.commands.list")
        module.OPTIONS, module.run = list(options), run
        monkeypatch.setitem(sys.modules, "runner.commands.list", module)

    return install


def raiser(fault):
    def run(args):
        raise fault

    return run


def test_help_is_this_text():
    said = python("-m", "runner", "--help")
    assert (said.returncode, said.stderr) == (0, "")
    golden(HELP, said.stdout)


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["help"], ["--version"]])
def test_help_and_version_import_next_to_nothing(words):
    code = f"import sys; from runner.cli import main; main({words!r}); print(*sys.modules, file=sys.stderr)"
    loaded = set(python("-c", code).stderr.split())
    ours = {name for name in loaded if name.split(".")[0] in ("runner", "runner_executors")}
    assert ours <= {"runner", "runner.cli"}
    assert not loaded & {
        "argparse",
        "json",
        "attr",
        "attrs",
        "cattrs",
        "jsonschema",
        "rich",
        "tomllib",
        "tomlkit",
        "docker",
    }


def test_every_verb_has_its_file_with_options_and_run():
    from importlib import import_module

    folder = Path(cli.__file__).parent / "commands"
    for name in cli.VERBS:
        if (folder / f"{name}.py").exists():
            module = import_module(f"runner.commands.{name}")
            assert callable(module.run) and isinstance(module.OPTIONS, list), name


def test_version():
    said = python("-m", "runner", "--version")
    assert said.stdout.startswith("runner-up ") and said.returncode == 0


def test_without_a_verb_the_help_is_an_error(capsys):
    assert cli.main([]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err == cli.help_text()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["chekc"], "error[E910]: there is no verb `chekc`\n  = did you mean `check`?\n"),
        (["frobnicate"], "error[E910]: there is no verb `frobnicate`\n  = `runner --help` lists all verbs\n"),
        (["p.toml"], "error[E910]: there is no verb `p.toml`\n  = to run this file: `runner up p.toml`\n"),
        (
            ["--profile", "x"],
            "error[E911]: `runner` has no option `--profile`\n  = options come after the verb: `runner VERB --help`\n",
        ),
    ],
)  # fmt: skip
def test_an_unknown_verb_exits_2(words, text, capsys):
    assert cli.main(words) == 2
    assert capsys.readouterr().err == f"{text}\n1 problem\n"


@pytest.mark.parametrize(
    ("codes", "exit"),
    [(["E910"], 2), (["E910", "E101"], 3), (["E101"], 3)],
)
def test_what_is_refused_is_rendered_and_exits_by_family(verb, capsys, codes, exit):
    args = {"verb": "x", "path": "p.toml"}
    verb(raiser(Refused([diagnose(code, None, **args) for code in codes])))
    assert cli.main(["list"]) == exit
    err = capsys.readouterr().err
    assert all(f"error[{code}]" in err for code in codes)


def test_a_fault_of_ours_is_a_short_note_and_a_kept_traceback(verb, capsys, tmp_path, monkeypatch):
    (tmp_path / "pipeline.toml").touch()
    monkeypatch.chdir(tmp_path)
    verb(raiser(RuntimeError("boom")))
    assert cli.main(["list"]) == 70
    err = capsys.readouterr().err
    (kept,) = (tmp_path / ".runner").glob("crash-*.txt")
    assert "Traceback" not in err and f".runner/{kept.name}" in err
    assert "RuntimeError: boom" in kept.read_text()


def test_where_there_is_no_project_the_traceback_goes_to_the_folder_of_temporary_files(
    verb, capsys, tmp_path, monkeypatch
):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    monkeypatch.chdir(tmp_path)
    verb(raiser(RuntimeError("boom")))
    assert cli.main(["list"]) == 70
    assert not (tmp_path / ".runner").exists()
    assert "RuntimeError: boom" in next((tmp_path / "tmp").glob("crash-*.txt")).read_text()


def test_the_traceback_is_kept_at_the_root_of_the_project(verb, capsys, tmp_path, monkeypatch):
    (tmp_path / "runner.toml").touch()
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    verb(raiser(RuntimeError("boom")))
    cli.main(["list"])
    assert f"../.runner/{next((tmp_path / '.runner').iterdir()).name}" in capsys.readouterr().err


def test_a_fault_where_nothing_can_be_written_is_told_all_the_same(verb, capsys, tmp_path, monkeypatch):
    (tmp_path / ".runner").write_text("a file")
    (tmp_path / "pipeline.toml").touch()
    monkeypatch.chdir(tmp_path)
    verb(raiser(RuntimeError("boom")))
    assert cli.main(["list"]) == 70
    assert "traceback: (not kept: File exists)" in capsys.readouterr().err


def test_an_interrupt_exits_130_without_a_word(verb, capsys):
    verb(raiser(KeyboardInterrupt()))
    assert cli.main(["list"]) == 130
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("lines", [2, 99_999])
def test_a_reader_that_ends_first_makes_no_noise(lines):
    code = f"""
import sys, types
def run(args):
    print("the first line", flush=True)
    sys.stdin.read()
    for _ in range({lines}):
        print("x" * 99)
    return 0
verb = sys.modules["runner.commands.list"] = types.ModuleType("runner.commands.list")
verb.OPTIONS, verb.run = [], run
from runner import cli
sys.exit(cli.main(["list"]))
"""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], **pipes) as process:
        process.stdout.readline()
        process.stdout.close()
        process.stdin.close()
        assert process.stderr.read() == b""
        assert process.wait() == 128 + signal.SIGPIPE


def test_a_name_that_the_terminal_cannot_spell_is_escaped(verb):
    swap = "cli.GROUPS = {'some': {'\\u6f22': '\\udcff'}}"
    code = f"import sys; from runner import cli; {swap}; sys.exit(cli.main(['--help']))"
    said = python("-c", code, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert said.returncode == 0
    assert ["\\u6f22", "\\udcff"] in [line.split() for line in said.stdout.splitlines()]
