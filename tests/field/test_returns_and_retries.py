"""Reported in the field: attempts that left something behind, returns spoilt on the way, ends told wrongly."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runner.testing.project import Outcome, Project

Make = Callable[..., Project]
PLACES = pytest.mark.parametrize("place", [(), ("--isolate",)], ids=["in-place", "isolated"])


def up(made: Project, *words: str, **env: str) -> Outcome:
    return made.cli("up", "pipeline.toml", "--json", *words, env=env)


LEFTOVERS = """
name = "x"
[steps.a]
outputs = ["out.txt", { path = "maybe.txt", optional = true }]
retry = { attempts = ATTEMPTS, delay = "0s" }
env = { ONCE = "${env.ONCE}" }
shell = '''
echo try >> out.txt
mkdir "$ONCE" 2> /dev/null && { echo x > maybe.txt; echo "why it failed" >&2; exit 1; } || true
'''
[steps.b]
inputs = ["out.txt", { path = "maybe.txt", optional = true }]
shell = 'cat out.txt > got; if test -e maybe.txt; then echo stale >> got; fi; cp got "$ONCE/got"'
env = { ONCE = "${env.ONCE}" }
"""


@PLACES
def test_field_9_leftovers_of_an_attempt(project: Make, place: tuple[str, ...]) -> None:
    made = project({"pipeline.toml": LEFTOVERS.replace("ATTEMPTS", "2")})
    up(made, *place, ONCE=str(made.path("once"))).ok()
    assert made.read("once/got") == "try\n"
    made.cli("logs", "@last", "a~1").ok().says("why it failed")
    made.cli("logs", "@last", "a~2").silent("why it failed")


@PLACES
def test_field_9_leftovers_of_the_only_attempt(project: Make, place: tuple[str, ...]) -> None:
    made = project({"pipeline.toml": LEFTOVERS.replace("ATTEMPTS", "1")})
    ended = up(made, *place, ONCE=str(made.path("once"))).exits(1)
    assert ended.statuses() == {"a": "failed", "b": "blocked"}
    assert ended.nodes()["a"]["files"] == []
    up(made, *place, ONCE=str(made.path("once"))).ok()
    assert made.read("once/got") == "try\n"


@PLACES
def test_field_10_checkpoint_across_attempts(project: Make, place: tuple[str, ...]) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.a]
                outputs = [{ path = "state.ckpt", carry = true }, "out.txt"]
                retry = { attempts = 3 }
                shell = '''
                echo step >> state.ckpt
                cp state.ckpt out.txt
                test "$(wc -l < state.ckpt)" = 3
                '''
                """
        }
    )
    up(made, *place).ok()
    assert made.read("out.txt") == "step\n" * 3


@PLACES
def test_field_10_checkpoint_across_runs(project: Make, place: tuple[str, ...]) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.a]
                outputs = [{ path = "state.ckpt", carry = true }, "out.txt"]
                shell = 'echo step >> state.ckpt; cp state.ckpt out.txt; test "$(wc -l < state.ckpt)" = 3'
                """
        }
    )
    up(made, *place).exits(1)
    made.path("state.ckpt").unlink(missing_ok=True)  # the project's own copy is not what counts
    up(made, *place, "--resume").exits(1)
    up(made, *place, "--resume").ok()
    assert made.read("out.txt") == "step\n" * 3


@PLACES
@pytest.mark.parametrize("attempts", [1, 3])
def test_field_11_siblings_folder(project: Make, place: tuple[str, ...], attempts: int) -> None:
    made = project(
        {
            "pipeline.toml": f"""
                name = "x"
                [steps.a]
                outputs = ["out/a.txt"]
                shell = "sleep 0.4; echo done > out/a.txt"
                [steps.b]
                outputs = ["out/b.txt"]
                retry = {{ attempts = {attempts} }}
                shell = "echo half > out/b.txt; exit 1"
                """
        }
    )
    ended = up(made, *place, "-j", "2").exits(1)
    assert ended.statuses() == {"a": "succeeded", "b": "failed"}
    assert len(ended.nodes()["b"]["attempts"]) == attempts
    assert made.read("out/a.txt") == "done\n"


def test_field_22_returns_by_other_hands(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": r"""
                name = "x"
                [steps.a]
                returns = ["n", "last"]
                shell = '''printf '\xef\xbb\xbfn=5\r\nlast=7' >> "$RUNNER_RETURNS"'''
                [steps.b]
                when = "n == 5 and last == 7"
                shell = "touch ran"
                """
        }
    )
    ended = up(made).ok()
    assert made.exists("ran")
    assert [ended.nodes()["a"]["returns"][name]["json"] for name in ("n", "last")] == [5, 7]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (r"n=1\nAAAA\n", ["line 2", "AAAA"]),
        (r"n<<END\nx\n", ["n", "END"]),
        (r"n=5\r\ntext<<END\nlast lineEND\n", ["text", "END", "line 2"]),
        (r"=5\n", ["line 1"]),
        (r"a b=5\n", ["line 1", "a b"]),
    ],
    ids=["wrapped", "unclosed", "glued", "no-name", "bad-name"],
)
@pytest.mark.parametrize("kind", ["shell", "command", "python"])
def test_field_22_a12_malformed_returns(project: Make, text: str, says: list[str], kind: str) -> None:
    script = f"printf '{text}' >> \"$RUNNER_RETURNS\""
    written = {
        "shell": f"shell = '''{script}'''",
        "command": f"command = ['bash', '-c', '''{script}''']",
        "python": 'python = "w:f"',
    }
    code = "import os\ndef f():\n    open(os.environ['RUNNER_RETURNS'], 'w', newline='').write(TEXT)\n"
    made = project(
        {
            "pipeline.toml": f'name = "x"\n[steps.a]\nretry = {{ attempts = 3 }}\n{written[kind]}\n',
            "w.py": code.replace("TEXT", f"'{text}'"),
        }
    )
    ended = up(made).exits(1).says(*says)
    node = ended.nodes()["a"]
    assert (node["status"], node["reason"], len(node["attempts"])) == ("failed", "bad-return", 1)
    assert "Traceback" not in ended.err


def test_field_a12_a_name_that_returns_lacks(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": r"""
                name = "x"
                [steps.a]
                returns = ["n"]
                shell = 'printf "n=1\nm=2\n" > "$RUNNER_RETURNS"'
                """
        }
    )
    node = up(made).ok().nodes()["a"]
    assert list(node["returns"]) == ["n"]
    assert any("m" in text for text in node["attempts"][-1]["warnings"])


@PLACES
def test_field_outputs_that_are_only_claimed(project: Make, place: tuple[str, ...]) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.a]
                shell = "true"
                outputs = ["never.txt"]
                [steps.b]
                python = "w:f"
                outputs = ["sub/*.txt"]
                [steps.c]
                inputs = ["never.txt"]
                command = ["true"]
                """,
            "w.py": "def f(): pass\n",
            "never.txt": "of an earlier run",
            "sub/old.txt": "of an earlier run",
        }
    )
    ended = up(made, *place).exits(1).says("never.txt", "sub/*.txt")
    assert ended.statuses() == {"a": "failed", "b": "failed", "c": "blocked"}
    assert {ended.nodes()[name]["reason"] for name in "ab"} == {"missing-output"}


def test_field_a_reader_that_ended_first_is_explained(project: Make) -> None:
    made = project({"pipeline.toml": "name = 'x'\n[steps.a]\nshell = 'yes | head -n 1'\n"})
    made.cli("up", "pipeline.toml").exits(1).says("141", "SIGPIPE", "the reader of a pipe ended first")


def test_a_reducer_that_is_a_function_for_one_return_of_several(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                [steps.m]
                for-each = { i = [3, 1, 2] }
                shell = 'echo "r=$RUNNER_PARAM_i" >> "$RUNNER_RETURNS"; echo "s=$RUNNER_PARAM_i" >> "$RUNNER_RETURNS"'
                returns = ["r", "s"]
                reduce = { r = "w:largest", s = "sum" }
                """,
            "w.py": "def largest(r, i):\n    return [max(r), i]\n",
        }
    )
    found = up(made).ok().nodes()["m!reduce"]["returns"]
    assert (found["r"]["json"], found["s"]["json"]) == ([3, [3, 1, 2]], 6)
