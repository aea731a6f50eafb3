"""Images that have no Python, on a real engine: what an attempt is given and gives is the same as everywhere."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from runner.run.fold import projection
from runner.run.packed import carried
from runner.testing.engine import Relay, said
from runner.testing.project import Outcome, Project
from tests.conformance.test_docker import IMAGE, left, pytestmark
from tests.field.test_containers import STRANGER, command_of_a_stranger

__all__ = ["pytestmark"]  # these tests, too, need an engine and follow each other
Made = Callable[..., Project]
TOOLS = "cat chmod cp echo env head id ls ln mkdir mv rm sleep sort tail tee test touch tr true wc"
DOCKERFILE = f"""
FROM {IMAGE} AS made
RUN mkdir -p /small/bin /small/tmp && chmod 1777 /small/tmp && cp -L --parents /lib*/ld-linux* /lib/*/libc.so.6 \
    /lib/*/libselinux.so.1 /lib/*/libpcre2-8.so.0 /lib/*/libacl.so.1 /lib/*/libattr.so.1 /small && cp -a /small /with \
    && cp -L /bin/cp /small/bin && cp -L /bin/dash /with/bin/sh && cd /bin && cp -L {TOOLS} /with/bin
RUN mkdir -p /project/sub && echo inside > /project/sub/code.txt && ln -s code.txt /project/sub/link.txt
RUN rm -f /usr/bin/python* /usr/local/bin/python*

FROM made AS bash

FROM scratch AS sh
COPY --from=made /with /
ENV PATH=/bin KIND=bare

FROM sh AS owned
USER 1001
WORKDIR /elsewhere
ENTRYPOINT ["echo", "from the entry point"]
CMD ["and the command"]

FROM sh AS holding
COPY --from=made /project /project
WORKDIR /project

FROM scratch AS nothing
COPY --from=made /small /
"""


class Images(NamedTuple):
    """bash: all but Python; sh: a shell and a few tools; owned: as sh, with a user and an entry point of its own;
    holding: as sh, with a project; nothing: one program."""

    bash: str
    sh: str
    owned: str
    holding: str
    nothing: str


def built(stage: str) -> str:
    name = f"runner-bare-{stage}:{os.getpid()}"
    asked = ["docker", "build", "-q", "--target", stage, "-t", name, "-"]
    subprocess.run(asked, input=DOCKERFILE, text=True, check=True, capture_output=True)
    return name


@pytest.fixture(scope="session")
def images() -> Iterator[Images]:
    found = Images(*map(built, Images._fields))
    yield found
    subprocess.run(["docker", "rmi", "-f", *found], capture_output=True)


@pytest.fixture
def bare(project: Made, images: Images) -> Iterator[Callable[..., Project]]:
    """bare(text, **files): a project with profiles named as the images; SH, OWNED... in its text are their names."""
    roots: list[Path] = []

    def make(text: str, files: dict[str, str] | None = None) -> Project:
        for field in Images._fields:
            text = text.replace(field.upper(), getattr(images, field))
        found = project({"pipeline.toml": 'name = "x"\n' + text, **(files or {})})
        for field in Images._fields:
            table = f"[executor]\ntype = 'docker'\nimage = '{getattr(images, field)}'\ngrace = '3s'\n"
            found.write({f"profiles/{field}.toml": table})
        roots.append(found.root)
        return found

    yield make
    for root in roots:
        assert left(root) == []


def up(found: Project, image: str = "sh", *words: str, **more: Any) -> Outcome:
    return found.cli("up", "--profile", image, *words, **more)


def last(found: Project, label: str = "a") -> Any:
    """What became of a step in the last run."""
    return found.cli("show", "@last", "--json").ok().nodes()[label]


def log(found: Project, label: str = "a") -> str:
    return found.cli("logs", "@last", label).ok().out


def printed(found: Project) -> None:
    """Wait until the step of a run that goes on has printed something."""
    found.wait(lambda: [path.stat().st_size for path in found.root.glob(".runner/runs/*/logs/a-*")] > [0], 60)


def test_r9_an_image_without_a_python_gives_the_same_projection(shaped: Any, images: Images) -> None:
    found = shaped.make()
    if "python" in found.read("pipeline.toml"):
        pytest.skip("its steps need a Python")
    words = ("--set", "executor.type=docker", "--set", f"executor.image={images.bash}")
    run = found.cli("up", "pipeline.toml", "--json", *words).exits(shaped.code).json()
    shaped.compare(run)
    assert {end["via"] for node in run["nodes"].values() for end in node["attempts"]} <= {"carrier", "fresh"}


GIVEN = """
[defaults]
interpreter = "sh"

[params]
size = 3
word = "it's"

[steps.first]
shell = '''
test "$RUNNER_PARAM_size" = 3
test "$(cat "$RUNNER_PARAMS")" = '{"size": 3, "word": "it'"'"'s"}'
test "$RUNNER_ATTEMPT" = 2
printf 'n=4\\nlist=[1, 2]\\n' > "$RUNNER_RETURNS"
printf '{"name": "loss", "value": 0.5}\\n' > "$RUNNER_METRICS"
mkdir -p made/deep
echo "$RUNNER_PARAM_word" > made/a.txt
echo deep > made/deep/b.txt
'''
returns = ["n", { name = "list", type = "list" }]
outputs = ["made/a.txt", "made/deep/"]
retry = { attempts = 2 }

[steps.each]
for-each = { item = "${list}" }
command = ["sh", "-c", 'echo "$0 $1"; echo "square=$(($1 * $2))" > "$RUNNER_RETURNS"', "${word}", "${item}", "${n}"]
returns = ["square"]
reduce = { square = "sum" }

[steps.copy]
command = ["cp", "${source}", "${target}"]
inputs = { source = "made/a.txt" }
outputs = { target = "made/copy-${square}.txt" }

[steps.fails]
shell = 'echo this; exit 7'
on-failure = { run = "mended", recover = "continue" }

[steps.deep]
inputs = ["made/deep/b.txt"]
workdir = "made/deep"
shell = 'cat b.txt; test "$(cat ../../made/deep/b.txt)" = deep'

[handlers.mended]
shell = 'test "$RUNNER_FAILED_EXIT_CODE" = 7; cat "$RUNNER_FAILED_LOG"'

[finally.end]
shell = 'echo "$RUNNER_RUN_STATUS" > end.txt; test "$RUNNER_RUN_STATUS" = succeeded'
outputs = ["end.txt"]
"""


def test_what_goes_in_and_comes_out_is_the_same_as_without_a_container(bare: Any) -> None:
    here, there = bare(GIVEN), bare(GIVEN)
    runs = [
        found.cli("up", *words, "--json").ok().json() for found, words in ((here, ()), (there, ("--profile", "sh")))
    ]
    assert projection(runs[0]) == projection(runs[1])
    assert there.read("made/copy-12.txt") == "it's\n" and there.read("end.txt") == "succeeded\n"
    assert log(there, "fails") == log(here, "fails") == "this\n"
    assert [last(found, "first")["attempts"][-1]["metrics"] for found in (here, there)] == [{"loss": 0.5}] * 2
    assert there.path("made/deep/b.txt").stat().st_uid == os.getuid()


def test_a_project_in_such_an_image_is_taken_from_there(bare: Any) -> None:
    text = """
[steps.a]
interpreter = "sh"
shell = 'cat sub/code.txt sub/link.txt in.txt; if test -e other.txt; then exit 3; fi; rm sub/code.txt'
inputs = ["in.txt"]
[steps.b]
container = { image = "HOLDING", command = ["ls"] }
"""
    found = bare(text, {"in.txt": "from here", "other.txt": "", "sub/code.txt": "from here, too"})
    for _ in range(2):
        up(found, "holding", "--set", "executor.code=image").ok()
        assert (log(found, "a"), log(found, "b")) == ("inside\ninside\nfrom here", "")


def test_a_container_step_keeps_the_entry_point_and_nothing_expands_its_words(bare: Any) -> None:
    text = """
[params]
word = "a b"
[steps.kept]
container = { image = "OWNED" }
[steps.said]
container = { image = "OWNED", args = ["$$A $(HOME) {{x}}", "${word}"] }
[steps.own]
container = { image = "OWNED", command = ["sh", "-c", 'printf %s "$0" > a.txt; printf %s "$X" > b.txt'], args = ["$$A"]}
env = { X = "p$$w $(PATH) ${word}" }
outputs = ["a.txt", "b.txt"]
[steps.whole]
container = { image = "OWNED", command = ["ls"] }
"""
    found = bare(text)
    up(found, "nothing").ok()
    assert log(found, "kept") == "from the entry point and the command\n"
    assert log(found, "said") == "from the entry point $$A $(HOME) {{x}} a b\n"
    assert (found.read("a.txt"), found.read("b.txt")) == ("$$A", "p$$w $(PATH) a b")
    assert "pipeline.toml" in log(found, "whole")


def test_the_image_keeps_its_variables_and_the_step_is_the_caller(bare: Any) -> None:
    text = """
[steps.a]
interpreter = "sh"
shell = 'echo "$KIND $(id -u)"; cd; touch it; ls; test -n "$USER"; test "$(ls -ld . "$RUNNER_PARAMS" | wc -l)" = 2'
image = "OWNED"
"""
    found = bare(text)
    up(found).ok()
    assert log(found) == f"bare {os.getuid()}\nit\n"


def test_what_a_step_makes_belongs_to_whoever_runs_it(bare: Any) -> None:
    words = command_of_a_stranger()
    if words is None:
        pytest.skip("nobody else can be run as")
    text = """
[steps.a]
interpreter = "sh"
image = "OWNED"
secrets = ["TOKEN"]
shell = 'mkdir -p d; id -u > d/out.txt; test ${#TOKEN} = 11; echo 1 > "$HOME/x"; echo n=1 > "$RUNNER_RETURNS"'
returns = ["n"]
outputs = ["d/out.txt"]
"""
    mine = bare(text)  # in a folder of ours, which is closed to others
    found = Project(Path(tempfile.mkdtemp()), {name: mine.read(name) for name in mine.files("**/*.toml")})
    found.base.chmod(0o755)
    relay = Relay(found.root / "engine.sock")
    for path in (found.root, *found.root.rglob("*")):
        os.chown(path, STRANGER, STRANGER)
    asked = [*words, "-m", "runner", "up", "--profile", "sh"]
    asked[2:2] = [f"DOCKER_HOST={relay.host}", "TOKEN=open-sesame"]
    who: dict[str, Any] = {"user": STRANGER, "group": STRANGER, "extra_groups": []}
    try:
        done = subprocess.run(asked, cwd=found.root, capture_output=True, text=True, **who)
    finally:
        relay.cut()
    assert done.returncode == 0, done.stderr
    assert found.read("d/out.txt") == f"{STRANGER}\n"
    for path in (found.path("d"), found.path("d/out.txt"), *found.root.glob(".runner/**/*")):
        assert path.lstat().st_uid == STRANGER, path
    assert left(found.root) == []
    found.close()


def test_the_root_of_a_container_may_be_read_only(bare: Any) -> None:
    text = """
[steps.a]
interpreter = "sh"
shell = 'if touch /here; then exit 3; fi; touch /tmp/here; echo 1 > a.txt; echo n=1 > "$RUNNER_RETURNS"; cd; touch x'
outputs = ["a.txt"]
returns = ["n"]
"""
    found = bare(text)
    up(found, "sh", "--set", "executor.read-only=true").ok()
    assert found.read("a.txt") == "1\n"
    up(bare(text)).exits(1).says("exited 3")


def test_a_program_alone_in_its_image_copies_a_file(bare: Any) -> None:
    text = "[steps.a]\ncommand = ['/bin/cp', 'in.txt', 'out/b.txt']\ninputs = ['in.txt']\noutputs = ['out/b.txt']\n"
    found = bare(text, {"in.txt": "hello"})
    up(found, "nothing").ok()
    assert found.read("out/b.txt") == "hello"


def test_n40_a_secret_is_in_the_step_and_nowhere_else(bare: Any) -> None:
    text = """
[steps.a]
interpreter = "sh"
env = { WORD = "sesame" }
secrets = { TOKEN = "TOKEN", FILE = { name = "OTHER", file = true } }
shell = '''
test "$TOKEN" = "it's \\$x
open"
test "$(cat "$FILE")" = "open-${WORD}"
! echo no 2>/dev/null > "$FILE"
echo "it is $TOKEN and $(cat "$FILE")"
sleep 3
'''
"""
    values = {"TOKEN": "it's $x\nopen", "OTHER": "open-sesame"}
    found = bare(text)
    running = found.popen("up", "--profile", "sh", env=values)
    printed(found)
    containers = left(found.root)
    seen = subprocess.run(["docker", "inspect", *containers], capture_output=True, text=True).stdout
    seen += subprocess.run(["docker", "logs", *containers], capture_output=True, text=True).stdout
    seen += subprocess.run(["ps", "axww"], capture_output=True, text=True).stdout
    _, err = running.communicate(timeout=60)
    assert running.returncode == 0, err
    assert "/dev/shm/" in seen and "open-sesame" not in seen and "it's $x" not in seen
    assert log(found) == "it is *** and ***\n"
    assert not list(Path("/dev/shm").glob(f"runner-{running.pid}-*"))


def test_n40_an_image_without_a_shell_takes_secrets_as_files_only(bare: Any) -> None:
    said = "[steps.a]\ncommand = ['/bin/cp', '--version']\nsecrets = SAID\n"
    asked = bare(said.replace("SAID", "['TOKEN']"))
    up(asked, "nothing", env={"TOKEN": "open-sesame"}).exits(1).says("no `sh`", 'TOKEN = { name = "...", file = true }')
    assert last(asked)["reason"] == "no-interpreter"
    asked = bare(said.replace("SAID", "{ TOKEN = { name = 'TOKEN', file = true } }"))
    up(asked, "nothing", env={"TOKEN": "open-sesame"}).ok()


def test_n39_an_interpreter_that_is_missing_is_told_and_not_tried_again(bare: Any, images: Images) -> None:
    found = bare("[steps.a]\nshell = 'true | true'\nretry = { attempts = 3 }\n")
    up(found).exits(1).says(f"the image `{images.sh}` has no `bash`", 'interpreter = "sh"')
    node = last(found)
    assert (node["reason"], len(node["attempts"])) == ("no-interpreter", 1)
    up(found, "sh", "--set", "defaults.interpreter=sh").ok()


@pytest.mark.parametrize("kind", ["command = ['nosuch', 'x']", "container = { image = 'SH', command = ['nosuch'] }"])
def test_a_program_that_is_missing_ends_as_it_does_here(bare: Any, kind: str) -> None:
    found = bare(f"[steps.a]\n{kind}\n")
    up(found).exits(1).says("`nosuch`: no such command on PATH")
    node = last(found)
    assert (node["status"], node["reason"], node["attempts"][0]["exit"]) == ("failed", "exit", 127)
    assert not list(found.root.glob(".runner/runs/*/logs/a-*"))


def test_an_image_that_names_no_command_is_told(bare: Any) -> None:
    found = bare("[steps.a]\ncontainer = { image = 'NOTHING' }\n")
    up(found).exits(1).says("there is no command in the step or in the image")


def test_python_steps_need_a_python(bare: Any) -> None:
    found = bare("[steps.a]\npython = 'w:f'\n", {"w.py": "def f(): pass\n"})
    up(found).exits(1).says("the image has no Python at `python3`: the agent needs one, 3.9 or newer")
    assert last(found)["reason"] == "no-interpreter"


def test_that_an_image_has_no_python_is_found_out_once(bare: Any) -> None:
    found = bare("[steps.a]\ninterpreter = 'sh'\nshell = 'true'\n", {"w.py": "def f(): pass\n"})
    up(found).ok()
    (kept,) = found.files(".runner/agent/**/*.none")
    found.write({kept: "this was kept", "pipeline.toml": "name = 'x'\n[steps.a]\npython = 'w:f'\n"})
    up(found).exits(1).says("this was kept")


def test_a_signal_that_ends_a_program_is_told(bare: Any) -> None:
    text = """
[steps.program]
command = ["sh", "-c", "kill -11 $$"]
[steps.script]
interpreter = "sh"
shell = 'sh -c "kill -11 \\$\\$"; true'
"""
    found = bare(text)
    up(found).exits(1).says("killed by SIGSEGV (segmentation fault)", "128 + 11: a process of it was killed by SIGSEGV")
    assert [last(found, label)["reason"] for label in ("program", "script")] == ["signal", "exit"]


@pytest.mark.parametrize(
    "kind", ["command = ['tail', '/dev/zero']", "interpreter = 'sh'\nshell = 'tail /dev/zero; true'"]
)
def test_memory_that_runs_out_is_told_apart(bare: Any, kind: str) -> None:
    found = bare(f"[steps.a]\n{kind}\nresources = {{ memory = '32Mi' }}\n")
    up(found).exits(1).says("it may take 32Mi, as `resources")
    assert last(found)["reason"] == "oom"


def test_a_timeout_ends_it_all_and_keeps_what_it_printed(bare: Any) -> None:
    found = bare("[steps.a]\ninterpreter = 'sh'\nshell = 'echo on; sleep 60 & sleep 60'\ntimeout = '1s'\n")
    up(found).exits(1).says("timeout of 1")
    assert (last(found)["reason"], log(found)) == ("timeout", "on\n")


def stopped(found: Project, times: int = 1) -> Any:
    """Stop a run once its step has printed something; what became of the step."""
    running = found.popen("up", "--profile", "sh")
    printed(found)
    for _ in range(times):
        running.send_signal(signal.SIGINT)
        time.sleep(0.2)
    running.communicate(timeout=60)
    assert running.returncode == 130
    return last(found)


def test_n42_a_step_that_is_stopped_has_its_grace(bare: Any) -> None:
    text = """
[steps.a]
interpreter = "sh"
shell = "trap 'echo bye > bye.txt; exit 1' TERM; echo on; sleep 60"
outputs = [{ path = "bye.txt", always = true }]
"""
    found = bare(text)
    node = stopped(found)
    assert (node["status"], node["reason"], node["attempts"][0]["signal"]) == ("cancelled", "cancelled", None)
    assert found.read("bye.txt") == "bye\n"


@pytest.mark.parametrize("times", [1, 2])
def test_n42_a_step_that_will_not_stop_is_killed(bare: Any, times: int) -> None:
    found = bare("[steps.a]\ninterpreter = 'sh'\nshell = \"trap '' TERM; echo on; sleep 60; sleep 60\"\n")
    assert stopped(found, times)["reason"] == "cancelled"


def test_an_engine_that_goes_away_ends_the_run_and_the_next_goes_on(bare: Any, tmp_path: Path) -> None:
    text = """
[steps.a]
interpreter = "sh"
shell = 'echo on; test -e again || sleep 60'
inputs = [{ path = "again", optional = true }]
"""
    found = bare(text)
    relay = Relay(tmp_path / "engine.sock")
    running = found.popen("up", "--profile", "sh", env={"DOCKER_HOST": relay.host})
    printed(found)
    relay.cut()
    _, err = running.communicate(timeout=60)
    assert running.returncode == 1, err
    assert last(found)["status"] == "errored"
    found.path("again").touch()
    up(found, "sh", "--resume").ok()


def test_both_streams_come_whole(bare: Any) -> None:
    text = """
[steps.a]
command = ["sh", "-c", "head -c 300000 /dev/zero | tr '\\\\0' x; head -c 300000 /dev/zero | tr '\\\\0' y >&2; echo end"]
"""
    found = bare(text)
    up(found).ok()
    text = log(found)
    assert (text.count("x"), text.count("y"), text.strip("xy\n")) == (300_000, 300_000, "end")
    assert last(found)["attempts"][0]["log"]["bytes"] == 600_004


@pytest.mark.parametrize("many, size", [(40, 100_000), (1, 140_000)])
def test_parameters_larger_than_the_kernel_takes_are_told(bare: Any, many: int, size: int) -> None:
    params = "".join(f"p{i} = '{'x' * size}'\n" for i in range(many))
    found = bare(f"[params]\n{params}[steps.a]\ncommand = ['echo', '${{p0}}']\n")
    up(found).exits(1).says("larger than the kernel takes")
    assert last(found)["reason"] == "bad-param"


@pytest.mark.parametrize(
    "script",
    [
        'ln -s ROOT/outside "$RUNNER_RETURNS"',
        'ln -s ROOT/outside out.txt; echo n=1 > "$RUNNER_RETURNS"',
        'ln -s ROOT out; echo n=1 > "$RUNNER_RETURNS"; mv out out.txt',
    ],
)
def test_a_link_made_inside_leads_nowhere_here(bare: Any, script: str, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("n=of-others\n")
    script = script.replace("ROOT", str(tmp_path))
    found = bare(f"[steps.a]\ninterpreter = 'sh'\nshell = '''{script}'''\nreturns = ['n']\noutputs = ['out.txt']\n")
    up(found).exits(1)
    kept = b"".join(path.read_bytes() for path in found.root.glob(".runner/**/*") if path.is_file())
    assert b"of-others" not in kept and not found.exists("out.txt")


def test_an_object_is_a_file_of_the_work_folder(bare: Any, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("here")
    text = """
[steps.a]
interpreter = "sh"
shell = 'echo model > m.bin; echo "model=WHERE" > "$RUNNER_RETURNS"'
returns = [{ name = "model", kind = "object" }]
[steps.b]
interpreter = "sh"
shell = 'cat "$RUNNER_PARAM_model"'
params = ["model"]
"""
    found = bare(text.replace("WHERE", "m.bin"))
    up(found).ok()
    assert log(found, "b") == "model\n"
    found = bare(text.replace("WHERE", str(tmp_path / "outside")))
    up(found).exits(1).says("is not in the folder that the step works in")
    assert last(found)["reason"] == "bad-return"


def test_a_step_without_a_process_needs_no_image(bare: Any) -> None:
    found = bare("[steps.a]\nstub = { returns = { n = 1 } }\nreturns = ['n']\n")
    found.cli("up", "--set", "executor.type=docker").ok()


@pytest.mark.parametrize("executor", ["local", "emulated"])
def test_other_executors_refuse_images(bare: Any, executor: str) -> None:
    found = bare("[steps.a]\ncontainer = { image = 'SH', command = ['true'] }\n")
    found.cli("up", "--set", f"executor.type={executor}").exits(3).says(
        f"the executor `{executor}` can't run a `container`"
    )


def test_a_python_can_be_brought_into_an_image_that_has_none(images: Images, tmp_path: Path) -> None:
    """As an init container of a pod does."""
    (tmp_path / "agent.pyz").write_bytes(carried())
    said("run", "--rm", "-v", f"{tmp_path}:/there", IMAGE, "python3", "/there/agent.pyz", "carry", "/there/python")
    there = "/runner/box/python"
    words = (f"{there}/ld", "--library-path", f"{there}/so", f"{there}/bin/python3", "-I", "/runner/box/agent.pyz")
    out = said("run", "--rm", "-v", f"{tmp_path}:/runner/box:ro", "--tmpfs", "/tmp", images.nothing, *words, "--help")
    assert "execute-node" in out
