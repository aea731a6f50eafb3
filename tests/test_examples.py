"""Every example is checked, planned and run, and does what its README says; its plan and containers are snapshots."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from runner.testing.engine import IMAGE, image, there
from runner.testing.project import Outcome, Project
from runner.testing.promised import promised
from runner.views.yaml import documents
from runner_executors.docker_spec import Around, spec
from runner_executors.kubernetes_job import job
from runner_executors.kubernetes_pod import Maps

TOP = Path(__file__).resolve().parent.parent
FILES = {path.parent.name: path.name for path in TOP.glob("examples/*/pipeline.*")}
NAMES = sorted(FILES)
PROFILES = {"07-secrets": "dotenv", "12-orders": "nightly"}  # what an example needs to run at all
NOTEBOOK = ("nbclient", "nbformat", "ipykernel")
NEEDS = {"01-penguins": (*NOTEBOOK, "sklearn", "matplotlib", "palmerpenguins"), "08-notebook": NOTEBOOK}

Examples = Callable[[str], Project]


class Readable(SingleFileSnapshotExtension):
    """One readable file a snapshot, in `snapshots/`."""

    _write_mode = WriteMode.TEXT
    file_extension = "json"

    @classmethod
    def dirname(cls, *, test_location: Any) -> str:
        return str(TOP / "snapshots")

    @classmethod
    def get_snapshot_name(cls, *, test_location: Any, index: Any = 0) -> str:
        return str(index)  # the name that the test gives, and nothing of the test's own


@pytest.fixture
def example(project: Callable[..., Project]) -> Examples:
    """A copy of an example, without what earlier runs made."""

    def copied(name: str) -> Project:
        if FILES[name].endswith(".cue") and shutil.which("cue") is None:
            pytest.skip("there is no `cue` here")
        made = project(folder=f"examples/{name}")
        (made.checkout / "schema").symlink_to(TOP / "schema")
        unwanted = shutil.ignore_patterns(".venv", ".runner", "made", "__pycache__")
        shutil.copytree(TOP / "examples" / name, made.root, dirs_exist_ok=True, ignore=unwanted)
        return made

    return copied


@pytest.fixture
def ready(example: Examples) -> Examples:
    """The same, with the Python packages that it needs; skips the test where they are missing."""

    def made(name: str) -> Project:
        missing = [package for package in NEEDS.get(name, ()) if find_spec(package) is None]
        if missing:
            pytest.skip(f"{name} needs {', '.join(missing)}")
        copy = example(name)
        if name in NEEDS:
            copy.allow("home", "tmp")  # kernels and matplotlib keep files there
        if name == "01-penguins":
            copy.path(".venv").symlink_to(sys.prefix)  # this environment stands for the one that `make demo` makes
        return copy

    return made


def up(project: Project, *words: str, code: int = 0, **more: Any) -> dict[str, str]:
    """Run, with the exit code that is expected; label -> status of every node."""
    return statuses(project.run("up", "pipeline.toml", "--json", *words, timeout=300, **more).exits(code))


def ran(project: Project, *words: str) -> set[str]:
    """Run to a good end; the labels of the tasks that did something, neither cached nor done by an earlier run."""
    return _ran(project.run(*(words or ("up", "pipeline.toml")), "--json", timeout=300).ok())


def did(project: Project) -> set[str]:
    """The same of the last run."""
    return _ran(project.run("show", "@last", "--json").ok())


def _ran(outcome: Outcome) -> set[str]:
    return {
        label
        for label, node in outcome.nodes().items()
        for end in node["attempts"]
        if end["status"] != "cached" and "adopted" not in end
    }


def statuses(outcome: Outcome) -> dict[str, str]:
    return {node["label"]: node["status"] for node in promised("run", outcome.json())["nodes"].values()}


def log(project: Project, step: str) -> str:
    return project.run("logs", "@last", step).ok().out


def words_of(name: str) -> list[str]:
    return [FILES[name], *(["--profile", PROFILES[name]] if name in PROFILES else [])]


DOCKER = ("--set", "executor.type=docker", "--set", "executor.image=python:3.12-slim")


def specs(plan: dict[str, Any]) -> dict[str, Any]:
    """The container of each task of a plan, with words for what only a run knows."""
    profile = plan["profile"]
    run = "/project/.runner/runs/RUN"
    around = Around("/project", "UID:GID", "USER", "PID:BIRTH", "/project/.runner/agent/AGENT", f"{run}/FOLDER", 64)
    found = {}
    for id, part in plan["nodes"].items():
        while "body" in part:
            part = part["body"]
        if "do" in part:
            call = {
                "run": {"id": "RUN"},
                "catalog": profile["catalog"],
                "resources": part["do"]["resources"],
            }
            image = part["do"].get("image") or profile["executor"]["image"]
            found[id] = spec(call, image, profile["executor"], around)
    return found


ARGO = (
    "executor.type=argo", "executor.image=python:3.12-slim", "run-log.type=chunked-fs", "run-log.path=/mnt/runs",
    "catalog.path=/mnt/catalog", "volumes.data.claim=data", "volumes.data.mount=/mnt", "secrets.type=kubernetes",
    "secrets.secret=app",
)  # fmt: skip


def jobs(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """The Job of each task of a plan, with words for what only a run knows."""
    found = []
    for id, part in plan["nodes"].items():
        while "body" in part:
            part = part["body"]
        if "do" in part:
            do, run = part["do"], {"id": "run", "first": "run"}
            call = {"id": id, "key": "KEY", "n": 1, "run": run, "attempt": "ATTEMPT", "definition": part["definition"]}
            call.update(image=do.get("image"), timeout=part.get("timeout"), grace=10, **_asked(do))
            made = job(plan["profile"], call, Maps("run-agent", ("run-plan-0",)), None, 3)
            found.append(made)
    return found


def _asked(do: dict[str, Any]) -> dict[str, Any]:
    return {name: do[name] for name in ("resources", "secrets")}


class Manifest(Readable):
    """A manifest of YAML."""

    file_extension = "yaml"


# all of them


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_right(example: Examples, name: str) -> None:
    made = example(name)
    profiles = [("pipeline.toml", "--profile", Path(profile).stem) for profile in made.files("profiles/*.toml")]
    for words in (words_of(name), *profiles):
        said = made.cli("check", *words).ok().err
        told = set(re.findall(r"(?:warning|error)\[(\w+)\]", said))
        assert told <= {"W612"}, said  # an environment is made by who reads the README


@pytest.mark.filterwarnings("ignore:\\s*Can not relate snapshot")  # the names of snapshots are those of examples
@pytest.mark.parametrize("name", NAMES)
def test_the_plan_of_an_example(example: Examples, name: str, snapshot: SnapshotAssertion) -> None:
    plan = example(name).cli("plan", *words_of(name), "--json").ok().out
    promised("plan", json.loads(plan))
    assert plan == snapshot.use_extension(Readable)(name=f"{name}.plan")


@pytest.mark.filterwarnings("ignore:\\s*Can not relate snapshot")
@pytest.mark.parametrize("name", NAMES)
def test_the_containers_of_an_example(example: Examples, name: str, snapshot: SnapshotAssertion) -> None:
    plan = promised("plan", example(name).cli("plan", *words_of(name), *DOCKER, "--json").ok().json())
    assert json.dumps(specs(plan), indent=2) + "\n" == snapshot.use_extension(Readable)(name=f"{name}.docker")


@pytest.mark.filterwarnings("ignore:\\s*Can not relate snapshot")
@pytest.mark.parametrize("name", NAMES)
def test_the_jobs_of_an_example(example: Examples, name: str, snapshot: SnapshotAssertion) -> None:
    words = (word for said in ("executor.type=kubernetes", *ARGO[1:]) for word in ("--set", said))
    plan = example(name).cli("plan", *words_of(name), *words, "--json").ok().json()
    assert documents(jobs(plan), "One attempt of each step.") == snapshot.use_extension(Manifest)(
        name=f"{name}.kubernetes"
    )


@pytest.mark.filterwarnings("ignore:\\s*Can not relate snapshot")
@pytest.mark.parametrize("name", NAMES)
def test_the_workflow_of_an_example(example: Examples, name: str, snapshot: SnapshotAssertion) -> None:
    """Without plan and agent, which change with every release; they stand in documents of their own."""
    words = [word for key in ARGO for word in ("--set", key)]
    workflow = rendered(example(name), *words_of(name), *words)
    assert workflow == snapshot.use_extension(Manifest)(name=f"{name}.argo")


def rendered(made: Project, *words: str) -> str:
    """The Workflow of an example, without what changes with every release."""
    made.cli("render", *words, "-o", "made").ok()
    text = re.sub("runner-[0-9a-f]{10}-", "runner-MARK-", made.read("made/workflow.yaml"))
    return re.sub('run.runner/plan: "?[0-9a-f]{12}"?', "run.runner/plan: PLAN", text)


@pytest.mark.filterwarnings("ignore:\\s*Can not relate snapshot")
@pytest.mark.parametrize("executor", ["argo", "kubernetes"])
def test_the_profile_of_a_team_says_the_same_of_pods_to_both(
    example: Examples, executor: str, snapshot: SnapshotAssertion
) -> None:
    """Claim, stores, secrets, service account, resources, deadlines, and a graphics processor for one step."""
    made = example("12-orders")
    words = ["pipeline.toml", "--profile", "cluster"]
    if executor == "kubernetes":  # another type says everything anew (N33)
        said = (
            made.read("profiles/cluster.toml").replace("std:argo", "std:kubernetes").replace("deadline", "# deadline")
        )
        made.write({"profiles/cluster.toml": said})
    plan = made.cli("plan", *words, "--json").ok().json()
    log, catalog = plan["profile"]["run-log"], plan["profile"]["catalog"]
    assert (log["type"], log["path"], catalog["path"]) == ("chunked-fs", "/mnt/run_log_store", "/mnt/catalog")
    if executor == "argo":
        text = rendered(made, *words)
        (whole,) = yaml.load_all(text, Loader=yaml.CSafeLoader)
        spec = whole["spec"]
        pods = [{**spec, **one} for one in spec["templates"] if "container" in one]
        assert spec["activeDeadlineSeconds"] == 6 * 3600 and whole["metadata"]["namespace"] == "ml"
        limits = {one["activeDeadlineSeconds"] for one in spec["templates"] if "activeDeadlineSeconds" in one}
        assert limits == {str(3600 + 10 + 600)}
    else:
        found = jobs(plan)
        text = documents(found, "One attempt of each step.")
        pods = [
            {**one, "container": one["containers"][0]} for one in (job["spec"]["template"]["spec"] for job in found)
        ]
        limits = {job["spec"]["activeDeadlineSeconds"] for job in found if "activeDeadlineSeconds" in job["spec"]}
        assert limits == {3600 + 15 * 60 + 10 + 60}
    for pod in pods:
        (volume,) = [one["name"] for one in pod["volumes"] if one.get("persistentVolumeClaim")]
        assert {"name": volume, "persistentVolumeClaim": {"claimName": "runner-volume"}} in pod["volumes"]
        assert {"name": volume, "mountPath": "/mnt"} in pod["container"]["volumeMounts"]
        assert pod["container"]["image"] == "registry.example/orders@sha256:" + "0" * 64
        assert pod["serviceAccountName"] == "default-editor"
    key = {"name": "postgres", "key": "connection_string"}
    secret = {"name": "WAREHOUSE_DSN", "valueFrom": {"secretKeyRef": key}}
    extract = next(pod["container"] for pod in pods if secret in pod["container"]["env"])
    memory = {"memory": str(1 << 30)}
    assert extract["resources"] == {"requests": {"cpu": "250m", **memory}, "limits": memory}
    (convert,) = [pod for pod in pods if "nvidia.com/gpu" in pod["container"].get("resources", {}).get("limits", {})]
    assert convert["container"]["resources"]["limits"] == {**memory, "nvidia.com/gpu": "1"}
    assert any(one.get("key") == "nvidia.com/gpu" for one in convert["tolerations"])
    assert text == snapshot.use_extension(Manifest)(name=f"12-orders-cluster.{executor}")


@pytest.mark.parametrize("name", NAMES)
def test_the_plan_is_the_same_in_another_folder_for_another_user_in_another_time_zone(
    example: Examples, name: str
) -> None:
    made, other = example(name), example(name)
    away = {"TZ": "Pacific/Kiritimati", "USER": "other", "LOGNAME": "other", "HOME": "/nowhere", "LANG": "C"}
    mine = made.run("plan", *words_of(name), "--json").ok().out
    assert mine == other.run("plan", *words_of(name), "--json", env={**away, "PYTHONHASHSEED": "7"}).ok().out
    assert str(made.base) not in mine


@pytest.mark.parametrize("name", NAMES)
def test_looking_at_an_example_leaves_no_trace(example: Examples, name: str) -> None:
    made = example(name)
    before = made.files()
    for verb in ("check", "plan", "graph", "explain", "list"):
        words = [FILES[name]] if verb == "list" else words_of(name)
        made.cli(verb, *words).ok()
    made.run("up", *words_of(name), "--dry-run").ok()
    assert made.files() == before


@pytest.mark.parametrize("name", NAMES)
def test_an_example_says_what_it_is(name: str) -> None:
    folder = TOP / "examples" / name
    if FILES[name].endswith(".toml"):
        first = (folder / FILES[name]).read_text(encoding="utf-8").splitlines()[0]
        assert first == "#:schema ../../schema/pipeline.json"
        assert (folder / first.removeprefix("#:schema ")).resolve().is_file()
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert f"runner up {FILES[name]}" in readme and "Expected" in readme
    assert f"({name}/README.md)" in (TOP / "examples" / "README.md").read_text(encoding="utf-8")


# each of them


def well_told(made: Project, ends: dict[str, str]) -> None:
    """The penguins have run to a good end, with all that they make."""
    assert {ends[step] for step in ("fetch", "clean", "train", "weigh", "report", "notify!finally")} == {"succeeded"}
    assert [ends[f"train[island={island}]"] for island in ("Biscoe", "Dream", "Torgersen")] == ["succeeded"] * 3
    page = made.read("made/report.html")
    assert "Of 333 penguins, those of Torgersen" in page and "data:image/png;base64," in page and "92%" in page
    assert made.path("made/accuracy.png").read_bytes().startswith(b"\x89PNG")
    assert made.read("made/notice.txt").rstrip().endswith("succeeded, 333 penguins")


@pytest.mark.heavy
@pytest.mark.xdist_group("docker")
@pytest.mark.skipif(not os.environ.get("RUNNER_TEST_DOCKER"), reason="RUNNER_TEST_DOCKER names no engine")
def test_penguins_in_containers_with_no_other_change(example: Examples) -> None:
    """With a base that is there in place of the example's own. The image stays: making it takes a minute."""
    made = example("01-penguins")
    words = ("--profile", "docker", "--set", "build.base=runner-base:py311", "--json")
    run = made.run("up", "pipeline.toml", *words, timeout=900).ok()
    well_told(made, statuses(run))
    assert {end["via"] for node in run.nodes().values() for end in node["attempts"]} == {"container"}


@pytest.mark.heavy
def test_penguins(ready: Examples) -> None:
    made = ready("01-penguins")
    well_told(made, up(made))

    ends = up(made, "--param", "threshold=0.99")
    assert ends["report"] == "skipped" and ends["weigh"] == "succeeded"


@pytest.mark.heavy
def test_penguins_of_an_island_that_is_not_there(ready: Examples) -> None:
    made = ready("01-penguins")
    ends = up(made, "--param", 'islands=["Atlantis"]', "--set", "steps.train.retry.attempts=1", code=1)
    assert ends["train"] == "failed" and ends["clean"] == "succeeded"
    assert ends["weigh"] == ends["report"] == "blocked"
    assert made.read("made/notice.txt").rstrip().endswith("failed, 333 penguins")
    assert not made.exists("made/report.html")
    made.run("logs", "@last", "train").ok().says("ValueError")


def test_parameters(ready: Examples) -> None:
    made = ready("02-parameters")
    up(made)
    lines = log(made, "print").splitlines()
    assert lines[0] == '2026-01-31: ["Ada","Grace"] owe 150.0'
    assert lines[1] == "75.0 each"
    assert lines[2].startswith("for ") and lines[3] == "cost: ${not a reference}"
    up(made, "--param", "price=4")
    assert "120" in log(made, "print").splitlines()[1]
    up(made, env={"RUNNER_UP_SET_price": "2"})
    assert "60" in log(made, "print").splitlines()[1]
    made.run("up", "pipeline.toml", "--param", "price=-1").exits(3).says("price")


def test_files(ready: Examples) -> None:
    made = ready("03-files")
    assert set(up(made).values()) == {"succeeded"}
    assert made.read("made/report.md") == "# Words\nthe 9\nsea 3\nwind 2\nblue 1\nbow 1\n"
    made.write({"data/more.txt": "sea sea sea sea sea\n"})
    up(made)
    assert made.read("made/report.md").startswith("# Words\nthe 9\nsea 8\n")


def test_map(ready: Examples) -> None:
    made = ready("04-map")
    assert up(made)["none"] == "succeeded"
    lines = log(made, "show").splitlines()
    assert lines == ["largest 180, rows 10", "number-1", "number-2", "number-3", "1", "2", "3"]
    assert made.read("made/south-10.txt") == "180\n"


def test_choice(ready: Examples) -> None:
    made = ready("05-choice")
    ends = up(made)
    assert ends["shout"] == ends["shorten.small"] == ends["shorten.large"] == "skipped"
    assert log(made, "tell") == "swaefto\n"
    assert up(made, "--param", "text=hello")["shorten.default"] == "skipped"
    assert log(made, "tell") == "as it is\n"
    assert up(made, "--param", "loud=true")["shout"] == "succeeded"
    assert log(made, "shout") == "swaefto!\n"


def test_failure(ready: Examples) -> None:
    made = ready("06-failure")
    ends = up(made)
    assert ends["flaky"] == ends["visit"] == ends["announce"] == ends["count"] == "succeeded"
    assert ends["forecast"] == "failed"
    assert log(made, "announce") == "published 11 [5,null,4]\n"
    assert made.read("made/status.txt") == "succeeded\n"

    ends = up(made, "--param", "broken=true", code=1)
    assert ends["publish"] == "failed" and ends["announce"] == "blocked" and ends["count"] == "succeeded"
    assert made.read("made/status.txt") == "failed\n"


def test_secrets(ready: Examples) -> None:
    made = ready("07-secrets")
    up(made, "--profile", "dotenv")
    assert log(made, "careless") == "connecting with ***\n"
    assert log(made, "after") == "rows: 19, password: unknown here\n"
    up(made, env={"DATABASE_PASSWORD": "battery-staple-horse"})
    made.run("up", "pipeline.toml").exits(4).says("DATABASE_PASSWORD")
    kept = [path for path in made.path(".runner").rglob("*") if path.is_file()]
    assert kept
    for secret in (b"correct-horse-battery", b"battery-staple-horse"):
        assert not [path for path in kept if secret in path.read_bytes()]


@pytest.mark.heavy
def test_notebook(ready: Examples) -> None:
    made = ready("08-notebook")
    assert set(up(made).values()) == {"succeeded"}
    assert made.read("made/report.md") == "# Temperatures\n\nWarmest on Wednesday, 13.8 degrees on average.\n"
    up(made, "--param", 'title=It\'s "quoted"\\')
    assert made.read("made/report.md").startswith('# It\'s "quoted"\\\n')


@pytest.mark.parametrize(
    ("profile", "load", "fit"),
    [
        ("local", "a small sample, 10 rows, level info", "workers 1, level info"),
        ("team", "the warehouse, 1000 rows, level info", "workers 4, level info"),
        ("mine", "the warehouse, 1000 rows, level debug", "workers 2, level debug"),
    ],
)
def test_profiles(ready: Examples, profile: str, load: str, fit: str) -> None:
    made = ready("09-profiles")
    up(made, "--profile", profile)
    assert (log(made, "load"), log(made, "fit")) == (f"{load}\n", f"{fit}\n")


def test_the_origin_of_every_value_of_three_layers_is_shown(ready: Examples) -> None:
    made = ready("09-profiles")
    said = made.cli("explain", "pipeline.toml", "--profile", "mine").ok().out
    for file in ("pipeline.toml", "profiles/company.toml", "profiles/team.toml", "profiles/mine.toml"):
        text = made.read(file).splitlines()
        assert f"{file}:" in said
        for line in (part.split(":")[1] for part in said.split() if part.startswith(f"{file}:")):
            assert text[int(line) - 1].strip(), f"{file}:{line} is an empty line"
    workers = made.cli("explain", "pipeline.toml", "steps.fit.env.WORKERS", "--profile", "mine").ok().out
    assert "2" in workers and "profiles/mine.toml:10" in workers


def calls(project: Project) -> dict[str, list[str]]:
    """position -> the genotype of each sample."""
    rows = [line.split("\t") for line in project.read("made/calls/all.vcf").splitlines() if line[0] != "#"]
    return {row[1]: [cell.split(":")[0] for cell in row[9:]] for row in rows}


def steps_of(sample: str) -> list[str]:
    return [f"sample[sample={sample}].{step}" for step in ("map", "sort", "index")]


def test_variants(ready: Examples) -> None:
    made = ready("10-variants")
    assert len(ran(made)) == 11
    found = {"97": ["1/1", "0/1", "0/0"], "203": ["0/0", "0/0", "0/1"], "288": ["1/1", "1/1", "0/1"]}
    assert calls(made) == found
    picture = made.read("made/plots/quals.svg")
    assert picture.count("<rect") == 3 and "chr1:97 C&gt;T" in picture
    assert ran(made) == set()
    assert ran(made, "up", "pipeline.toml", "--param", "prior=1e-6") == {"call", "plot"}
    assert calls(made) == {"97": found["97"], "288": found["288"]}


def test_variants_of_one_sample_more_and_one_less(ready: Examples) -> None:
    made = ready("10-variants")
    up(made)
    made.write({"data/samples/D.fastq": made.read("data/samples/A.fastq")})
    made.cli("plan", "pipeline.toml").ok().says("1 of 4 runs")
    assert ran(made) == {*steps_of("D"), "call", "plot"}
    assert calls(made)["97"] == ["1/1", "0/1", "0/0", "1/1"]
    made.path("data/samples/D.fastq").unlink()
    up(made)
    assert calls(made)["97"] == ["1/1", "0/1", "0/0"] and made.exists("made/sorted/D.bam")
    made.path("tools/bin/bwa").write_text(made.read("tools/bin/bwa") + "# changed\n")
    made.cli("plan", "pipeline.toml").ok().says("code tools/bin/bwa changed")


def test_variants_of_a_sample_that_is_broken_and_mended(ready: Examples) -> None:
    made = ready("10-variants")
    whole = made.read("data/samples/B.fastq")
    made.write({"data/samples/B.fastq": whole.rsplit("\n", 2)[0] + "\n"})
    ends = up(made, code=1)
    assert ends["sample[sample=B].map"] == "failed" and ends["sample[sample=B].sort"] == ends["call"] == "blocked"
    assert ends["sample[sample=A].index"] == ends["sample[sample=C].index"] == "succeeded"
    assert made.read("made/logs/B.log") == "[E::bwa] data/samples/B.fastq:173: not a whole read\n"
    assert made.run("logs", "@last", "@failed").ok().out == ""
    made.write({"data/samples/B.fastq": whole})
    made.cli("plan", "pipeline.toml", "--resume").ok().says("1 of 3 runs: failed in")
    assert ran(made, "up", "pipeline.toml", "--resume") == {*steps_of("B"), "call", "plot"}
    assert len(calls(made)) == 3
    assert ran(made, "retry", "@last", "call") == {"call"}


def test_movies(ready: Examples) -> None:
    made = ready("11-movies")
    ends = up(made)
    counts = {end: list(ends.values()).count(end) for end in set(ends.values())}
    assert counts["skipped"] == 8 and ends["genre[genre=Drama].detail.true"] == "succeeded"
    assert ends["genre[genre=Western].detail.true"] == "skipped"
    assert ends["genre[genre=Western].detail.false"] == "succeeded"
    lines = made.read("made/movies.md").splitlines()
    assert lines[2] == "All: 118.2 on average, 116.5 in the middle." and len(lines[6:]) == 8
    assert lines[6] == "| Animation | 83.0 | 88.0 | 100.0 | Toy Story to Spirited Away, 94.4 on average |"
    assert lines[11] == "| Romance | 101.5 | 121.0 | 168.0 | longer than two hours |"
    assert len(ran(made, "up", "pipeline.toml", "--param", "enough=4")) == 20
    assert made.read("made/movies.md").splitlines()[11].endswith("Groundhog Day to Titanic, 132.0 on average |")
    shown = made.run("show", "@last", "genre[genre=Western].compute").ok()
    shown.says('genre = "Western"', "table = object  1,516 bytes", "quartiles = [85.0, 96.0, 130.0]")


def test_movies_of_a_genre_that_has_one(ready: Examples) -> None:
    made = ready("11-movies")
    made.write({"movies.csv": made.read("movies.csv") + "Koyaanisqatsi,1982,86,Documentary\n"})
    ends = up(made, code=1)
    assert ends["genre[genre=Documentary].compute"] == "failed" and ends["join"] == "blocked"
    assert ends["genre[genre=Western]"] == ends["runtime-b"] == "succeeded"
    made.run("logs", "@last", "@failed").ok().says("StatisticsError: must have at least two data points")

    twice = made.read("movies.py").replace("quantiles(minutes, n=4)", "quantiles(minutes * 2, n=4)")
    made.write({"movies.py": twice})
    made.cli("plan", "pipeline.toml", "--resume").ok().says("1 of 9 runs: failed in", "perhaps runs: depends on what")
    documentary = {"genre[genre=Documentary].compute", "genre[genre=Documentary].detail.false"}
    made.run("up", "pipeline.toml", "--resume").ok().says("code has changed since; again: runner retry")
    assert "| Documentary | 86.0 | 86.0 | 86.0 | shorter than two hours |" in made.read("made/movies.md")
    assert did(made) == {*documentary, "join"}
    western = {"genre[genre=Western].compute", "genre[genre=Western].detail.false"}
    assert ran(made, "retry", "@last", "genre[genre=Western]") == western
    assert len(ran(made, "retry", "@last", "--changed")) == 18  # start, seven genres, two beside them, join


NIGHT = ("--profile", "nightly", "--param")


def revenue(project: Project) -> list[str]:
    return project.read("made/warehouse/revenue.csv").splitlines()[1:]


GOOD = ["2026-11-20,CH,2,63.0", "2026-11-20,GB,1,63.5", "2026-11-20,US,1,79.0"]


def test_orders_of_a_good_night(ready: Examples) -> None:
    made = ready("12-orders")
    ends = up(made, *NIGHT, "day=2026-11-20")
    assert ends.pop("slack!finally") == "skipped" and set(ends.values()) == {"succeeded"}
    assert revenue(made) == GOOD and not made.exists("made/sent.txt")
    assert "0 of 4 checks failed" in made.read("made/quality.html")
    made.run("up", "pipeline.toml", "--param", "day=2026-11-20").exits(4).says("WAREHOUSE_DSN", "SLACK_URL")


def test_orders_of_a_day_that_has_none(ready: Examples) -> None:
    ends = up(ready("12-orders"), "--profile", "nightly")
    assert ends["validate"] == "succeeded" and ends["load"] == ends["slack!finally"] == "skipped"


def test_orders_of_a_busy_night(ready: Examples) -> None:
    made = ready("12-orders")
    nodes = made.run("up", "pipeline.toml", "--json", "--profile", "busy", "--param", "day=2026-11-20").ok().nodes()
    for table in ("orders", "customers", "items"):
        tried = [end["status"] for end in nodes[f"extract[table={table}]"]["attempts"]]
        assert tried == ["failed", "failed", "succeeded"]
    assert revenue(made) == GOOD
    made.run("logs", "@last", "extract[table=items]", "--attempt", "1").ok().says("Connection refused")


def test_orders_of_a_bad_night(ready: Examples) -> None:
    made = ready("12-orders")
    up(made, *NIGHT, "day=2026-11-20")
    said = made.run("up", "pipeline.toml", *NIGHT, "day=2026-11-21").exits(1)
    said.says("exited 1 after 2 attempts", "  report  made/quality.html")
    ends = statuses(made.run("show", "@last", "--json").ok())
    assert ends["validate"] == "failed" and ends["load"] == "blocked"
    assert ends["validate!on-failure"] == ends["slack!finally"] == "succeeded"
    wrong = "2 of 4 checks failed: items have an order, quantities are positive"
    assert wrong in log(made, "@failed")
    assert "2 of 4 checks failed" in made.read("made/quality.html") and "1070" in made.read("made/quality.html")
    tables = ["customers.jsonl", "items.jsonl", "orders.jsonl"]
    assert made.files("made/quarantine/**/*") == [f"made/quarantine/2026-11-21/{table}" for table in tables]
    assert made.files("made/lake/2026-11-21/*") == []
    assert made.read("made/sent.txt") == 'slack.example orders of 2026-11-21: ["validate"]\n'
    assert revenue(made) == GOOD

    mended = made.read("warehouse/items.csv").replace("1070,", "1007,").replace(",-2,", ",2,")
    made.write({"warehouse/items.csv": mended})
    assert ran(made, "retry", "@last", "extract") == {
        *(f"extract[table={table}]" for table in ("orders", "customers", "items")),
        *("convert[table=items]", "validate", "load"),
    }
    assert made.files("made/lake/2026-11-21/*") == [f"made/lake/2026-11-21/{table}" for table in tables]
    assert revenue(made) == [*GOOD, "2026-11-21,GB,1,18", "2026-11-21,US,2,90.5"]
    assert not [path for path in made.path(".runner").rglob("*") if path.is_file() and b"battery" in path.read_bytes()]


def test_orders_on_a_schedule_are_for_a_cluster(ready: Examples) -> None:
    made = ready("12-orders")
    made.write(
        {"profiles/argo.toml": 'extends = "nightly"\n[schedule]\ncron = "0 3 * * *"\ntimezone = "Europe/Zurich"\n'}
    )
    made.cli("check", "pipeline.toml", "--profile", "argo").ok().says("W611")


def test_several_files(ready: Examples) -> None:
    made = ready("13-several-files")
    ends = up(made)
    assert set(ends.values()) == {"succeeded"}
    assert made.read("made/report.md") == '# 5 temperatures\n["north","south"]\n[4.0,15.0]\n'
    assert log(made, "station[name=north].!finally.end") == "north: succeeded\n"
    made.write({"data/south.csv": "999\n"})
    ends = up(made, code=1)
    assert ends["station[name=south].mean"] == "failed" and ends["station[name=north]"] == "succeeded"
    assert log(made, "station[name=south].mean!on-failure") == "south has no temperature that can be true\n"
    assert log(made, "station[name=south].!finally.end") == "south: failed\n"
    assert log(made, "end!finally") == "all: failed\n"
    ends = up(made, "--param", 'stations=["nowhere"]', "--set", "steps.station.get.fetch.retry.attempts=1", code=1)
    assert ends["station[name=nowhere].get.fetch"] == "failed" and ends["station[name=nowhere].clean"] == "blocked"
    made.cli("check", "flows/station.toml", "--param", "name=north").ok()
    made.cli("check", "pipeline.toml", "--param", 'stations=["South"]').exits(3).says("E488", "pipeline.toml:18:")


def test_the_examples_are_as_many_as_is_said() -> None:
    word = {
        12: "twelve",
        13: "thirteen",
        14: "fourteen",
        15: "fifteen",
        16: "sixteen",
        17: "seventeen",
        18: "eighteen",
    }[len(NAMES)]
    assert f"\n- {word.capitalize()} examples, " in (TOP / "CHANGELOG.md").read_text(encoding="utf-8")


def test_blocks_where_each_step_has_only_what_it_names(ready: Examples) -> None:
    made = ready("15-blocks").allow("home", "tmp")  # pip asks other programs who they are
    ends = up(made, "--profile", "std:emulated")
    assert set(ends.values()) == {"succeeded"}
    made.run("catalog", "get", "made/*").ok()
    page = made.read("made/report.html")
    assert "<strong>718</strong> readings, and left out 2" in page
    assert "<td>harbour</td><td>240</td><td>13.9</td>" in page
    assert 'src="data:image/svg+xml;base64,' in page
    with zipfile.ZipFile(made.path("made/release.zip")) as archive:
        assert archive.namelist() == ["foreseen.csv", "report.html"]
    assert len(made.read("made/foreseen.csv").splitlines()) == 719
    ends = up(made, "--param", "minimum=0.99", code=1)
    assert ends["train.gate"] == "failed" and ends["report"] == "blocked"
    made.run("logs", "@last", "train.gate").ok().says("the score is 0.955, at least 0.99 is wanted")


def test_lake(ready: Examples) -> None:
    made = ready("16-lake")
    made.cli("up", "pipeline.toml", "--mock").ok().says("5 succeeded")
    made.cli("up", "pipeline.toml", env={"WEBHOOK_URL": None}).exits(4).says("WEBHOOK_URL")


TIDES = "16 words, the longest: harbourmaster fishermen merchants\n"


def test_images(ready: Examples) -> None:
    made = ready("14-images")
    up(made)
    assert log(made, "tell") == TIDES


@pytest.mark.xdist_group("docker")
@pytest.mark.skipif(not there(), reason="no Docker Engine with the image of the tests")
def test_images_in_containers(example: Examples) -> None:
    """With images that are there in place of the example's own."""
    made = example("14-images")
    with image("RUN rm -f /usr/bin/python* /usr/local/bin/python*") as bare:
        images = {"split": bare, "pick": IMAGE, "tell": bare}
        words = [word for step, name in images.items() for word in ("--set", f"steps.{step}.image={name}")]
        run = made.run("up", "pipeline.toml", "--profile", "docker", *words, "--json", timeout=300).ok()
    assert log(made, "tell") == TIDES
    assert [run.nodes()[step]["attempts"][0]["via"] for step in images] == ["carrier", "container", "carrier"]


# 17


def test_a_grid_of_steps_is_computed_and_runs(example: Examples) -> None:
    made = example("17-grid")
    ends = statuses(made.run("up", "pipeline.cue", "--json").ok())
    assert len(ends) == 10 and set(ends.values()) == {"succeeded"}
    assert log(made, "tell") == "6 ways through 3 x 3 cells\n"
    made.write({"pipeline.cue": made.read("pipeline.cue").replace("_size: 3", "_size: 4")})
    made.cli("plan", "pipeline.cue").ok().says("cell-3-3")
