"""Reported in the field: files of another user, paths that volumes can't name, secrets in the open, memory untold."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.testing.engine import IMAGE, Relay, image, left, said, there
from runner.testing.project import Outcome, Project

Make = Callable[..., Project]
STRANGER = 1234

pytestmark = [
    pytest.mark.xdist_group("docker"),
    pytest.mark.skipif(not there(), reason=f"no Docker Engine with the image {IMAGE}"),
]
DOCKER = ("--set", "executor.type=docker", "--set", f"executor.image={IMAGE}")


@pytest.fixture
def containers(project: Make) -> Iterator[Make]:
    """`project`, of which no container is left in the end."""
    made: list[Project] = []

    def make(*words: Any, **more: Any) -> Project:
        made.append(project(*words, **more))
        return made[-1]

    yield make
    assert [left(found.root) for found in made if found.root.exists()] == [[]] * len(made)


def up(made: Project, *words: str, **more: Any) -> Outcome:
    return made.run("up", "pipeline.toml", "--json", *DOCKER, *words, **more)


def lasting(made: Project, *words: str, **more: Any) -> subprocess.Popen[str]:
    return made.popen("up", "pipeline.toml", *DOCKER, *words, **more)


def log(made: Project, step: str) -> str:
    """What a step has printed so far."""
    return "".join(path.read_text() for path in made.root.glob(f".runner/runs/*/logs/{step}-*"))


def command_of_a_stranger() -> list[str] | None:
    """`runner` for another user, who may not be let into the folders of our Python."""
    way = os.pathsep.join(path for path in sys.path if path)
    for python in dict.fromkeys((sys.executable, "/usr/bin/python3")):
        words = ["env", "-i", f"PATH={os.defpath}", f"PYTHONPATH={way}", "PYTHONDONTWRITEBYTECODE=1", python]
        asked = [*words, "-c", "import sys, attrs, docker, runner; sys.exit(sys.version_info < (3, 11))"]
        if os.path.exists(python) and os.getuid() == 0:
            with contextlib.suppress(OSError):
                if subprocess.run(asked, user=STRANGER, capture_output=True, cwd="/").returncode == 0:
                    return words
    return None


def test_field_b13_user_and_home() -> None:
    text = """
        name = "u"
        [steps.a]
        outputs = ["d/out.txt"]
        shell = '''
        mkdir -p "$HOME/.cache/x"
        touch "$HOME/.cache/x/y"
        python3 -c 'import getpass; getpass.getuser()'
        id -u > d/out.txt
        '''
        """
    words = command_of_a_stranger()
    if words is None:
        pytest.skip("nobody else can be run as")
    made = Project(Path(tempfile.mkdtemp()), {"pipeline.toml": text})
    made.base.chmod(0o755)
    relay = Relay(made.root / "engine.sock")
    for path in (made.root, *made.root.iterdir()):
        os.chown(path, STRANGER, STRANGER)
    try:
        with image("USER 1001") as of_another, image("USER root") as of_root:
            for name in (of_another, of_root):
                asked = [*words, "-m", "runner", "up", *DOCKER, "--set", f"executor.image={name}"]
                asked.insert(2, f"DOCKER_HOST={relay.host}")
                done = subprocess.run(asked, cwd=made.root, user=STRANGER, group=STRANGER, extra_groups=[],
                                      capture_output=True, text=True)  # fmt: skip
                assert done.returncode == 0, done.stderr
                assert made.read("d/out.txt") == f"{STRANGER}\n"
    finally:
        relay.cut()
    for path in (made.root / "d", made.root / "d/out.txt", *made.root.glob(".runner/**/*")):
        assert path.lstat().st_uid == STRANGER, path
    subprocess.run(["rm", "-rf", "d", ".runner"], cwd=made.root, user=STRANGER, check=True)
    assert left(made.root) == []
    made.close()


@pytest.mark.parametrize("place", [DOCKER, ("--isolate",)], ids=["docker", "isolate"])
def test_field_b14_odd_project_paths(project: Make, place: tuple[str, ...]) -> None:
    text = """
        name = "p"
        [steps.a]
        inputs = ["in.txt", "dir/", "away/"]
        outputs = ["out.txt"]
        shell = "cat in.txt dir/x away/x > out.txt"
        """
    made = project({"pipeline.toml": text, "dir/y": ""}, folder="trig 2026-02-08T22:34:44+00:00,x/p")
    outside = made.checkout / "outside"
    outside.mkdir()
    (outside / "big.txt").write_text("big\n")
    (outside / "x").write_text("x\n")
    (made.root / "in.txt").symlink_to("../../outside/big.txt")
    (made.root / "dir/x").symlink_to(outside / "x")
    (made.root / "away").symlink_to(outside)
    way = made.checkout / "way"
    way.symlink_to(made.root)
    made.run("up", "pipeline.toml", *place, cwd=way).ok()
    assert made.read("out.txt") == "big\nx\nx\n"
    assert os.readlink(made.root / "in.txt") == "../../outside/big.txt"
    assert os.readlink(made.root / "dir/x") == str(outside / "x")
    assert left(made.root) == []


BARE = """
    name = "i"
    [steps.plain]
    command = ["echo", "hi"]
    [steps.piped]
    shell = "echo hi | tr a-z A-Z > out.txt"
    outputs = ["out.txt"]
    """


def test_field_b15_bare_images_an_entrypoint_is_passed_over(containers: Make) -> None:
    made = containers({"pipeline.toml": BARE})
    with image('ENTRYPOINT ["/bin/echo"]') as name:
        up(made, "--set", f"executor.image={name}").ok()
    assert made.read("out.txt") == "HI\n"
    assert log(made, "plain") == "hi\n"


def test_field_b15_bare_images_no_bash_and_no_python(containers: Make) -> None:
    made = containers({"pipeline.toml": BARE})
    with image("RUN rm -f /bin/bash /usr/bin/bash /usr/bin/python* /usr/local/bin/python*") as name:
        words = ("--set", f"executor.image={name}")
        nodes = up(made, *words).exits(1).nodes()
        assert {id: node["status"] for id, node in nodes.items()} == {"plain": "succeeded", "piped": "failed"}
        assert nodes["piped"]["reason"] == "no-interpreter" and len(nodes["piped"]["attempts"]) == 1
        made.cli("show", "@last", "piped").says(name, "`bash`", '`interpreter = "sh"`')
        made.write({"pipeline.toml": f"{made.read('pipeline.toml')}[defaults]\ninterpreter = 'sh'\n"})
        up(made, *words).ok()
    assert made.read("out.txt") == "HI\n"


def test_field_b15_bare_images_a_step_that_is_stopped_can_say_goodbye(containers: Make) -> None:
    text = """
        name = "i"
        [steps.stop]
        shell = "trap 'echo bye > bye.txt; exit 1' TERM; echo on; sleep 60 & wait"
        outputs = [{ path = "bye.txt", always = true }]
        """
    made = containers({"pipeline.toml": text})
    running = lasting(made)
    made.wait(lambda: "on" in log(made, "stop"), 60)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=30)
    assert running.returncode == 130
    assert made.read("bye.txt") == "bye\n"


def test_field_b16_secrets_beside_the_log(containers: Make) -> None:
    text = """
        name = "s"
        [steps.a]
        secrets = ["TOKEN"]
        shell = 'echo "transforming data at $TOKEN"; until test -e "$ROOT/go"; do sleep 0.05; done'
        params = ["root"]
        env = { ROOT = "${root}" }
        [params]
        root = ""
        """
    made = containers({"pipeline.toml": text})
    token = "tok-9f8e7d6c5b4a"
    running = lasting(made, "--param", f"root={made.root}", env={"TOKEN": token})
    made.wait(lambda: running.poll() is not None or any("sleep" in said("top", id) for id in left(made.root, True)), 60)
    seen = said("inspect", *left(made.root)) + said("history", "--no-trunc", IMAGE) + said("ps", "--no-trunc", "--all")
    seen += subprocess.run(["ps", "-efww"], capture_output=True, text=True, check=True).stdout
    seen += said("top", left(made.root)[0])
    made.write({"go": ""})
    running.communicate(timeout=30)
    assert running.returncode == 0
    assert "execute-call" in seen and token not in seen
    assert log(made, "a") == "transforming data at ***\n"
    kept = b"".join(path.read_bytes() for path in made.root.glob(".runner/**/*") if path.is_file())
    assert token.encode() not in kept


def test_field_b16_a_secret_too_short_to_hide_hides_no_words(containers: Make) -> None:
    made = containers({"pipeline.toml": 'name = "s"\n[steps.a]\nsecrets = ["TOKEN"]\nshell = "echo transforming"\n'})
    up(made, env={"TOKEN": "a"}).ok()
    assert log(made, "a") == "transforming\n"
    assert up(made, env={"TOKEN": ""}).code in (3, 4)


@pytest.mark.parametrize("git", [True, False], ids=["git", "no-git"])
def test_field_b17_isolated_what(containers: Make, git: bool) -> None:
    made = containers(
        {
            "pipeline.toml": 'name = "w"\n[steps.a]\npython = "w:f"\noutputs = ["out.txt"]\n',
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
    )
    if git:
        for words in (["init", "-q"], ["add", "w.py", ".gitignore", "with space"], ["add", "-f", "data/x.txt"]):
            subprocess.run(["git", *words], cwd=made.root, check=True, env=made.environment())
    up(made).ok()
    assert made.read("out.txt") == ("hxuFalse" if git else "hxuTrue")


WORDS = ["$$A $(HOME) $$(HOME) {{workflow.name}}", "p$$w $(PATH) {{item}}"]
DOLLARS = {
    "command": f"""command = ["sh", "-c", 'printf %s "$0" > out.txt; printf %s "$X" > env.txt', "{WORDS[0]}"]""",
    "container": f"""
        [steps.a.container]
        image = "{IMAGE}"
        command = ["sh", "-c", 'printf %s "$0" > out.txt; printf %s "$X" > env.txt']
        args = ["{WORDS[0]}"]
        """,
}


@pytest.mark.parametrize("kind", DOLLARS)
def test_field_c10_dollars_in_args(containers: Make, kind: str) -> None:
    text = f'''
        name = "dollars"
        [steps.a]
        env = {{ X = "{WORDS[1]}" }}
        outputs = ["out.txt", "env.txt"]
        {DOLLARS[kind]}
        '''
    made = containers({"pipeline.toml": text})
    up(made).ok()
    assert [made.read("out.txt"), made.read("env.txt")] == WORDS


EAT = "python3 -c \"x = b'a' * 10**9\""


def test_field_c13_memory_told(containers: Make) -> None:
    text = f"""
        name = "m"
        [defaults]
        resources = {{ memory = "64Mi" }}
        [steps.eats]
        shell = '''{EAT}'''
        [steps.covers-it-up]
        shell = '''{EAT} || exit 7'''
        [steps.kills-itself]
        shell = 'kill -9 $$'
        """
    made = containers({"pipeline.toml": text})
    nodes = up(made).exits(1).nodes()
    eats, covers, kills = nodes["eats"], nodes["covers-it-up"], nodes["kills-itself"]
    assert (eats["status"], eats["reason"]) == ("failed", "oom")
    said_of_it = made.cli("show", "@last", "eats").out
    assert "64Mi" in said_of_it and "resources" in said_of_it
    assert (covers["status"], covers["reason"], covers["attempts"][-1]["exit"]) == ("failed", "exit", 7)
    assert "memory" in made.cli("show", "@last", "covers-it-up").out
    assert (kills["status"], kills["reason"]) == ("failed", "signal")
    told = made.cli("show", "@last", "kills-itself").out
    assert "memory" not in re.sub("(?m)^may take .*", "", told), told


def test_field_c13_memory_told_when_the_agent_goes_too(containers: Make) -> None:
    """The limit is too small for the agent itself."""
    made = containers({"pipeline.toml": 'name = "m"\n[steps.a]\nresources = { memory = "6Mi" }\nshell = "true"\n'})
    node = up(made).exits(1).nodes()["a"]
    assert (node["status"], node["reason"]) == ("failed", "oom")
    assert "6Mi" in made.cli("show", "@last", "a").out
