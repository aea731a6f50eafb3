"""What editors offer, tell and complain of: sessions with the servers of tombi and taplo on the schemas of a project.

In a text `|` is the cursor.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from runner.commands.init_editor import plan
from runner.commands.schema import schemas, write
from runner.model.language import KINDS
from runner.testing.language_server import LanguageServer

PATHS = (Path(sys.executable).parent, Path.home() / ".cache" / "runner-cluster" / "bin")
WHERE = os.pathsep.join([*map(str, PATHS), os.environ.get("PATH", os.defpath)])
SERVERS = {"tombi": ("lsp", "--offline"), "taplo": ("lsp", "stdio")}

FILES = {
    "pipeline.toml": """
[params]
rate = 0.1
islands = ["Biscoe", "Dream"]
[templates.small]
timeout = "5m"
[steps.fetch]
shell = "true"
secrets = ["API_TOKEN"]
tags = ["nightly"]
returns = ["rows"]
[steps.train.steps.fit]
python = "m:f"
[handlers.tell]
shell = "true"
""",
    "flows/load.toml": '[steps.a]\nshell = "true"\n',
    "profiles/night.toml": 'extends = "local"\n',
}


class Probe(NamedTuple):
    """A file and a place in it; what the server must say there, what it must not."""

    kind: str
    text: str
    says: tuple[str, ...]
    never: tuple[str, ...] = ()
    servers: tuple[str, ...] = tuple(SERVERS)


def pipeline(text: str, *says: str, **more: tuple[str, ...]) -> Probe:
    return Probe("pipeline", text, says, **more)


def profile(text: str, *says: str, **more: tuple[str, ...]) -> Probe:
    return Probe("profile", text, says, **more)


def project(text: str, *says: str, **more: tuple[str, ...]) -> Probe:
    return Probe("project", text, says, **more)


TOMBI = {"servers": ("tombi",)}  # taplo knows nothing inside the quotes of a list, of tables in one, of half a header

OFFERS = [
    pipeline("|\n", "name", "params", "steps", "job", "handlers", "finally", "timeout"),
    pipeline('name = "x"\n|\n', "params", never=("name",)),
    pipeline("[steps.a]\n|\n", *KINDS, "needs", "for-each", "retry", "outputs"),
    pipeline("[steps.a]\nretry = { | }\n", "attempts", "delay", "factor", "max-delay", "on"),
    pipeline("[steps.a.resources]\n|\n", "cpu", "memory", "gpu", "disk"),
    pipeline("[steps.a]\noutputs = [{ path = 'x', kind = | }]\n", "file", "metrics", "figure", "table", **TOMBI),
    pipeline("[steps.a]\nruntime = { type = | }\n", "venv", "conda"),
    pipeline("[types]\nrate = { type = | }\n", "text", "integer", "number", "boolean", "path"),
    pipeline("[steps.a]\nneeds = [|]\n", "fetch", "train", "fit"),
    pipeline('[steps.a]\nneeds = ["|"]\n', "fetch", "train", **TOMBI),
    pipeline('[steps.a]\nneeds = ["fetch", |]\n', "train", **TOMBI),
    pipeline("[steps.a]\non-failure = |\n", "tell"),
    pipeline("[steps.a]\non-failure = { run = | }\n", "tell"),
    pipeline("[steps.a]\nextends = |\n", "small"),
    pipeline("[steps.a]\nuses = |\n", "std:fetch", "./flows/load.toml"),
    pipeline('[steps.a]\nuses = "|"\n', "std:fetch", "./flows/load.toml"),
    pipeline("[steps.a]\nparams = [|]\n", "rate", "islands", "rows"),
    pipeline("[steps.a]\nsecrets = [|]\n", "API_TOKEN"),
    pipeline("[steps.a]\ntags = [|]\n", "nightly"),
    pipeline("[types]\n|\n", "rate", "islands"),
    profile("|\n", "extends", "executor", "run-log", "catalog", "secrets", "params", "schedule", "build"),
    profile("[executor]\ntype = |\n", "local", "docker", "argo", "kubernetes", "mock"),
    profile('[executor]\ntype = "docker"\n|\n', "image", "pull", "network", "warm"),
    profile("[executor]\ntype = 'docker'\npull = |\n", "missing", "always", "never"),
    profile("[run-log]\ntype = |\n", "buffered", "file-system", "chunked-fs"),
    profile("[secrets]\ntype = |\n", "env", "dotenv", "file", "command"),
    profile("[params]\n|\n", "rate", "islands"),
    profile("[steps.fetch]\n|\n", "timeout", "retry", "resources", "profile", never=("shell", "needs")),
    profile("[steps.|]\n", "fetch", "train", **TOMBI),
    profile("[tags.nightly]\n|\n", "timeout", "env"),
    profile("extends = |\n", "local", "night", "std:docker"),
    profile("[schedule]\noverlap = |\n", "allow", "forbid", "replace"),
    project("profile = |\n", "local", "night"),
    project("[plugins]\n|\n", "executors", "views", "serialisers"),
]

TELLS = [
    pipeline("na|me = 'x'\n", "The name in runs and manifests", 'name = "penguins"'),
    pipeline("[steps.a]\nshe|ll = 'x'\n", "A script of the shell", "$RUNNER_PARAM_name", "Example: "),
    pipeline("[steps.a]\ncom|mand = ['x']\n", "run without a shell"),
    pipeline("[steps.a]\nnee|ds = ['b']\n", "Steps that must succeed first"),
    pipeline("[steps.a]\nwh|en = 'x'\n", "runs only if this is true", "accuracy > 0.9"),
    pipeline("[steps.a]\nfor-|each = { x = [1] }\n", "once for each item"),
    pipeline(
        "[steps.a]\nret|ry = { attempts = 2 }\n", "Runs a failed attempt again", "Not for `steps`", "attempts = 3"
    ),
    pipeline("[steps.a]\nretry = { att|empts = 2 }\n", "How often the command may run in all", "Default: `1`"),
    pipeline("[steps.a]\ninter|preter = 'bash'\n", "Only for `shell`", 'Default: `"bash"`'),
    pipeline("[steps.a]\nresources = { c|pu = 2 }\n", "Cores"),
    pipeline("[steps.a]\nresources = { mem|ory = '1Gi' }\n", "Memory", 'memory = "4Gi"'),
    pipeline(
        "[steps.a]\noutputs = [{ path = 'x', ki|nd = 'plot' }]\n", "`figure`: a picture", 'Default: `"file"`', **TOMBI
    ),
    pipeline("[steps.a]\nca|che = true\n", "Skips the step if it has succeeded before", "Default: `false`"),
    pipeline("[steps.a]\non-fail|ure = 'tell'\n", "handler"),
    pipeline("[types]\nrate = { mini|mum = 0 }\n", "The smallest value allowed"),
    pipeline("max-par|allel = 3\n", "run at once", "Not in a file with `[job]`"),
    pipeline("[handlers.te|ll]\nshell = 'x'\n", "One step"),
    profile("ext|ends = 'local'\n", "Profiles to start from", 'Default: `"local"`'),
    profile("[executor]\nty|pe = 'docker'\n", "`docker`: Each step is a container of the Docker Engine"),
    profile("[executor]\npu|ll = 'always'\n", "When an image is fetched", "Only for `docker`", 'Default: `"missing"`'),
    profile("[exec|utor]\ntype = 'local'\n", "What runs the steps", 'type = "docker"'),
    profile("[schedule]\ncr|on = '0 3 * * *'\n", "Cron times"),
    profile("[volumes.data]\nclai|m = 'x'\n", 'claim = "team-data"'),
    profile("[params]\nra|te = 1\n", "A parameter of a pipeline of this project"),
    profile("sha|red = true\n", "Used by several pipelines"),
    project("pro|file = 'night'\n", "taken without `--profile`"),
]

COMPLAINS = [
    pipeline("|nam = 'x'\n[steps.a]\nstub = true\n", "nam"),
    pipeline("[steps.a]\nshell = 'x'\n|needz = []\n", "needz"),
    pipeline("[steps.a]\nshell = 'x'\n|python = 'm:f'\n", "python"),
    pipeline("[steps.a]\nstub = true\n|interpreter = 'bash'\n", "interpreter"),
    pipeline("[steps.a]\nsteps = { b = { stub = true } }\n|outputs = ['x']\n", "outputs"),
    pipeline("[steps.a]\nshell = 'x'\n|timeout = '1.5h'\n", "1.5h"),
    pipeline("[steps.a]\nshell = 'x'\n|retry = 3\n"),
    pipeline("[steps.a]\nshell = 'x'\n|retry = { attempts = 0 }\n", "0"),
    pipeline("[steps.a]\nshell = 'x'\n|outputs = [{ path = 'x', kind = 'plto' }]\n", "plto"),
    pipeline("[steps.a]\nshell = 'x'\n|resources = { memory = '4GB' }\n", "4GB"),
    pipeline("[steps.a]\nshell = 'x'\n|repeat = { until = 'x' }\n", "max"),
    pipeline("[steps.a]\n|shell = ''\n"),
    pipeline("|max-parallel = 2\n[job]\nshell = 'x'\n", "max-parallel"),
    pipeline("[steps.a]\nshell = 'x'\nneeds = [|'an other']\n", "an other"),
    profile("|extend = 'local'\n", "extend"),
    profile("[executor]\n|type = 'doker'\n", "doker"),
    profile("[executor]\ntype = 'local'\n|image = 'x'\n", "image"),
    profile("[executor]\ntype = 'docker'\n|pull = 'sometimes'\n", "sometimes"),
    profile("[steps.fetch]\n|shell = 'x'\n", "shell"),
    profile("[defaults]\n|timeout = 30\n"),
    project("|profil = 'x'\n", "profil"),
    project("[plugins.executors]\n|mine = 'no function'\n", "no function"),
]

MISSING = [  # told at the table, or where it begins
    pipeline("[steps.a]\nneeds = []\n", "shell", **TOMBI),  # taplo: no branch of anyOf holds
    pipeline("[steps.a]\nneeds = []\n"),
    pipeline("[steps.a]\nchoose = 'x'\n", "cases"),
    pipeline("[steps.a]\nshell = 'x'\non-failure = { recover = 'skip' }\n", "recover", servers=("taplo",)),
    pipeline("[steps.a]\nshell = 'x'\non-failure = { recover = 'skip' }\n", "run", **TOMBI),
    pipeline("params = { a = 1 }\n", "steps"),
    profile("[schedule]\ntimezone = 'UTC'\n", "cron"),
]

RIGHT = [
    pipeline("""
name = "demo"
[params]
islands = ["Dream"]
since = 2026-01-01
[types]
islands = { type = "list", items = { type = "text" } }
[defaults]
retry = { attempts = 2, delay = "5s" }
[steps.train]
python = "project:train"
needs = ["one-that-is-not-there-yet"]
for-each = { island = "${islands}", n = { range = [1, 3] } }
params = ["island", "new"]
secrets = ["NEW"]
returns = ["rows", { name = "model", kind = "object" }]
outputs = { log = { path = "${island}.log", always = true }, all = "all.txt" }
resources = { cpu = 0.5, memory = "2Gi" }
on-failure = { run = "say", recover = "skip" }
[steps.group.steps.inner]
command = ["echo"]
[steps.pick]
choose = "rows > 1"
[steps.pick.cases.true]
stub = true
"""),
    pipeline("[job]\nshell = 'echo'\n"),
    profile(
        'extends = "std:docker"\n[params]\nother = 1\n[steps."a.*"]\ntimeout = "5m"\n[volumes.data]\nhost = "/x"\n'
    ),
    project('profile = "dev"\n[plugins.executors]\nmine = "mine:Mine"\n'),
]


@pytest.fixture(scope="module", params=list(SERVERS))
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    """A server in a project with its schemas, with `name` to tell which."""
    program = shutil.which(request.param, path=WHERE)
    if program is None:
        pytest.skip(f"{request.param} is not installed")
    folder = tmp_path_factory.mktemp(request.param)
    for path, text in FILES.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    built, problems = schemas(folder)
    assert not problems
    write(built, folder / ".runner" / "schema")
    for path, text in plan(folder, ["vscode", "helix"]).items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    with LanguageServer([program, *SERVERS[request.param]], folder, request.param) as made:
        yield made


def asked(probe: Probe, server: LanguageServer) -> str:
    """The text of a probe with the line that names its schema; skipped where the server is known not to answer it."""
    if server.name not in probe.servers:
        pytest.skip(f"{server.name} has no answer there")
    return f"#:schema ./.runner/schema/{probe.kind}.json\n{probe.text}"


def named(probe: Probe) -> str:
    return f"{probe.kind}: {probe.text[:60].strip()}"


@pytest.mark.parametrize("probe", OFFERS, ids=named)
def test_completion_offers(server: LanguageServer, probe: Probe) -> None:
    offered = server.offers(asked(probe, server), *probe.says)
    assert set(probe.says) <= set(offered)
    assert not set(probe.never) & set(offered)


@pytest.mark.parametrize("probe", TELLS, ids=named)
def test_hovering_tells(server: LanguageServer, probe: Probe) -> None:
    told = server.tells(asked(probe, server), *probe.says)
    assert [word for word in probe.says if word not in told] == []


@pytest.mark.parametrize("probe", COMPLAINS, ids=named)
def test_mistakes_are_shown(server: LanguageServer, probe: Probe) -> None:
    text = asked(probe, server)
    said = server.complains(text, *probe.says, "")
    assert said
    assert all(any(word in one for one in said) for word in probe.says), said
    if server.name == "tombi":  # taplo shows some of them at the header, or at the first line
        line = text.partition("|")[0].count("\n") + 1
        assert [one for one in said if one.startswith(f"{line}: ")], said


@pytest.mark.parametrize("probe", MISSING, ids=named)
def test_what_is_missing_is_shown(server: LanguageServer, probe: Probe) -> None:
    said = server.complains(asked(probe, server), *probe.says, "")
    assert said
    assert all(any(word in one for one in said) for word in probe.says), said


def test_what_is_right_is_not_complained_of(server: LanguageServer) -> None:
    opened = {named(probe): server.open(asked(probe, server))[0] for probe in RIGHT}
    assert server.complains(asked(COMPLAINS[0], server), "nam")  # after all that there may be to say of those before
    assert {name: said for name, uri in opened.items() if (said := server.problems.get(uri))} == {}


def test_kinds_of_steps_are_offered_first(server: LanguageServer) -> None:
    probe = pipeline("[steps.a]\n|\n", *KINDS, **TOMBI)
    assert server.offers(asked(probe, server), *KINDS)[: len(KINDS)] == list(KINDS)


def test_files_without_a_line_for_it_are_known_by_what_init_writes(server: LanguageServer) -> None:
    assert "shell" in server.offers("[steps.a]\n|\n", "shell", name="pipeline.toml")
    assert "executor" in server.offers("|\n", "executor", name="profiles/night.toml")
    assert "plugins" in server.offers("|\n", "plugins", name="runner.toml")
