"""`runner plugins list|check|add`: what there is, what is wrong with it, what a project calls its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner.flavors import BUILT_IN
from runner.testing.project import Outcome, Project

PIPELINE = 'name = "x"\n[steps.a]\nshell = "true"\n'
GOOD = """
import attrs
from runner.model.forms import PlainText, key
from runner.plugins import Flavor
@attrs.frozen(kw_only=True)
class Settings:
    queue: PlainText = key("Which queue.", required=True)
FLAVOR = Flavor("far", "far_batch:Settings", "far_sdk:Far", about="Far away.", contract=1)
"""
SDK = "from runner_executors.local_executor import Local\nclass Far(Local):\n    pass\n"


class Installed:
    """A distribution on the path: its entry points of the group of executors, its modules."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, dist: str, entries: dict[str, str], modules: dict[str, str]) -> None:
        info = self.folder / f"{dist.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {dist}\nVersion: 1.0\n")
        lines = [f"{name} = {path}" for name, path in entries.items()]
        (info / "entry_points.txt").write_text("\n".join(["[runner.executors]", *lines, ""]))
        for name, text in modules.items():
            (self.folder / f"{name}.py").write_text(text)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installed]:
    monkeypatch.syspath_prepend(tmp_path)
    yield Installed(tmp_path)
    for name in [name for name in sys.modules if name.startswith("far_")]:  # the next test brings its own
        del sys.modules[name]


@pytest.fixture
def there(project: Callable[..., Project]) -> Project:
    return project({"pipeline.toml": PIPELINE, "far.toml": '[executor]\ntype = "far"\nqueue = "night"\n'})


def test_all_services_are_listed_with_their_distributions(installed: Installed, there: Project) -> None:
    installed.add("far-batch", {"far": "far_batch:FLAVOR"}, {"far_batch": GOOD})
    rows = there.cli("plugins", "list", "--json").ok().json()
    assert {"kind": "executor", "name": "far", "from": "far-batch", "about": "Far away."} in rows
    assert {(row["kind"], row["name"]) for row in rows} >= {
        ("view", "live"),
        ("secrets", "env"),
        ("run-log", "buffered"),
    }
    there.cli("plugins", "list", "executor").ok().says("Far away.").silent("buffered")


def broken(there: Project) -> Outcome:
    """`plugins check` refuses; what it says, in one line."""
    outcome = there.cli("plugins", "check", "far").exits(5)
    return outcome._replace(err=" ".join(outcome.err.split()))


def test_what_is_wrong_is_said_of_each_kind_of_fault(installed: Installed, there: Project) -> None:
    installed.add("far-batch", {"far": "far_batch:FLAVOR"}, {"far_batch": GOOD, "far_sdk": SDK})
    there.cli("plugins", "check").ok().says("executor far of far-batch: far_sdk:Far")
    there.cli("plugins", "check", "fra").exits(5).says("there is no plug-in `fra`")


COMPLEX = GOOD.replace("Settings:", "Settings:\n    x: complex = key('')")
FAULTS = {
    "import": ({"far_batch": "import far_nowhere"}, ["E802", "ModuleNotFoundError"]),
    "no flavor": ({"far_batch": "FLAVOR = 3"}, ["E802", "neither a Flavor nor a class"]),
    "no sdk": ({"far_batch": GOOD}, ["E802", "far_sdk:Far", "ModuleNotFoundError"]),
    "class": ({"far_batch": GOOD, "far_sdk": "class Far:\n    def start(self): ..."}, ["E802", "`room`", "`poll`"]),
    "settings": ({"far_batch": COMPLEX, "far_sdk": SDK}, ["E802", "far_batch:Settings"]),
    "contract": ({"far_batch": GOOD.replace("contract=1", "contract=7")}, ["E804", "contract 7", "contract 1"]),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_plug_in_is_a_sentence_with_its_distribution(installed: Installed, there: Project, fault: str) -> None:
    modules, said = FAULTS[fault]
    installed.add("far-batch", {"far": "far_batch:FLAVOR"}, modules)
    broken(there).says("of far-batch", *said)


def test_two_of_one_name_are_told_apart_by_the_project(installed: Installed, there: Project) -> None:
    for dist in ("far-batch", "other-batch"):
        installed.add(dist, {"far": "far_batch:FLAVOR"}, {"far_batch": GOOD, "far_sdk": SDK})
    broken(there).says("E805", "far-batch and other-batch")
    there.cli("plugins", "list").exits(5).says("local", "E805")
    there.cli("up", "--profile", "far").exits(3).says("E805")
    there.cli("plugins", "add", "executor", "far", "far_batch:FLAVOR").ok()
    there.cli("plugins", "check", "far").ok().says("of runner.toml")


def test_add_keeps_the_file_and_takes_what_can_be_used(installed: Installed, there: Project) -> None:
    installed.add("far-batch", {}, {"far_batch": GOOD, "far_sdk": SDK})
    there.write({"runner.toml": "# ours\nprofile = 'far'  # always\n"})
    there.cli("plugins", "add", "executor", "far", "far_batch:FLAVOR").ok()
    assert there.read("runner.toml").startswith("# ours\nprofile = 'far'  # always\n")
    there.cli("up").ok()
    before = there.read("runner.toml")
    there.cli("plugins", "add", "executor", "off", "far_batch:Nothing").exits(5).says("E802")
    assert there.read("runner.toml") == before


def test_help_and_check_import_no_implementation(installed: Installed, there: Project) -> None:
    """The SDK behind `far` is not there; nor does a verb that starts nothing import what of ours does."""
    installed.add("far-batch", {"far": "far_batch:FLAVOR"}, {"far_batch": GOOD})
    code = (
        "import sys; from runner.cli import main; code = main(sys.argv[1:]); names = sorted(n for n in sys.modules if "
        "n.startswith(('far_', 'runner_executors', 'docker', 'kubernetes'))); print('IMPORTED', code, *names)"
    )
    implementations = {row[1].partition(":")[0] for row in BUILT_IN["executors"].values()}
    wordy = (
        ["--help"],
        ["check"],
        ["check", "--profile", "far"],
        ["check", "--profile", "std:argo"],
        ["plugins", "list"],
    )
    env = {**there.environment(), "PYTHONPATH": ":".join([str(installed.folder), *filter(None, sys.path)])}
    for words in wordy:
        run = [sys.executable, "-c", code, *words]
        told = subprocess.run(run, cwd=there.root, env=env, capture_output=True, text=True).stdout
        imported = set(told.rpartition("IMPORTED ")[2].split())
        assert imported and not imported & {"far_sdk", "kubernetes", *implementations}, words
    assert "far_batch" in imported
