"""`--resume --changed`: what has other code now runs again, and nothing else (N36)."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from runner.testing.project import Outcome, Project

Made = Callable[..., Project]
NOTE = """
import json


def note(text):
    with open("log", "a") as file:
        file.write(text + "\\n")
"""
FILES = {
    "runner.toml": "",
    "pipeline.toml": """
        name = "x"
        [steps.train]
        python = "work.train:train"
        [steps.items]
        for-each = { n = [1, 2] }
        python = "work.items:item"
        returns = ["size"]
        reduce = "work.total:total"
        [steps.script]
        shell = "python3 tools/do.py"
        [steps.plain]
        shell = "echo plain >> log"
        """,
    "work/__init__.py": "",
    "work/note.py": NOTE,
    "work/train.py": "from work.note import note\n\n\ndef train():\n    note('train')\n",
    "work/items.py": "from work.note import note\n\n\ndef item(n):\n    note(f'item{n}')\n    return n\n",
    "work/total.py": "from . import way\n\n\ndef total(size):\n    return way.add(size)\n",
    "work/way.py": "from work.note import note\n\n\ndef add(size):\n    note('total')\n    return sum(size)\n",
    "tools/do.py": "import beside\n",
    "tools/beside.py": "open('log', 'a').write('script\\n')\n",
}
ITEMS = ["item1", "item2"]


@pytest.fixture
def made(project: Made) -> Project:
    """A project after a run that succeeded."""
    found = project(FILES)
    found.run("up", "--name", "first").ok()
    assert ran(found) == [*ITEMS, "plain", "script", "total", "train"]
    return found


def ran(made: Project) -> list[str]:
    """What ran since this was last asked."""
    lines = made.read("log").split() if made.exists("log") else []
    made.path("log").unlink(missing_ok=True)
    return sorted(lines)


def changed(made: Project) -> Outcome:
    return made.run("up", "--resume", "--changed").ok()


def touch(made: Project, path: str, text: str = "# another\n") -> None:
    made.write({path: FILES[path] + text if FILES[path] else text})


def test_nothing_runs_when_nothing_has_changed(made: Project) -> None:
    changed(made).silent("changed")
    assert ran(made) == []


CASES = {
    "the module of the step": ("work/train.py", ["train"]),
    "a module that several import": ("work/note.py", [*ITEMS, "total", "train"]),
    "the package": ("work/__init__.py", [*ITEMS, "total", "train"]),
    "the module of every item": ("work/items.py", ITEMS),
    "the module of a reducer": ("work/total.py", ["total"]),
    "a module that a reducer's imports": ("work/way.py", ["total"]),
    "a file that a script names": ("tools/do.py", ["script"]),
    "a module beside it that it imports": ("tools/beside.py", ["script"]),
}


@pytest.mark.parametrize("what", CASES)
def test_what_has_other_code_runs_again_and_nothing_else(made: Project, what: str) -> None:
    path, again = CASES[what]
    touch(made, path)
    changed(made)
    assert ran(made) == again
    changed(made)
    assert ran(made) == []


def test_an_import_inside_a_function_counts(made: Project) -> None:
    made.write({"work/train.py": "def train():\n    from work.late import late\n\n    late()\n"})
    made.write({"work/late.py": NOTE + "\n\ndef late():\n    note('late')\n"})
    changed(made)
    assert ran(made) == ["late"]
    made.write({"work/late.py": NOTE + "\n\ndef late():\n    note('later')\n"})
    changed(made)
    assert ran(made) == ["later"]


def test_without_it_steps_are_kept_and_the_end_says_whose_code_has_changed(made: Project) -> None:
    touch(made, "work/note.py")
    said = made.run("up", "--resume", "--output", "quiet").ok()
    assert ran(made) == []
    told = [line for line in said.err.splitlines() if "code has changed" in line]
    assert len(told) == 1 and "train" in told[0] and "items" in told[0] and "script" not in told[0]
    assert "--changed" in told[0]


def test_what_was_said_of_code_is_not_said_of_the_next_run(made: Project) -> None:
    touch(made, "work/train.py")
    made.run("up", "--resume", "--output", "quiet").ok().says("code has changed")
    made.write({"work/train.py": FILES["work/train.py"]})
    made.run("up", "--resume", "--output", "quiet").ok().silent("code has changed")
    changed(made)
    assert ran(made) == []


def test_a_record_that_does_not_say_its_code_was_made_by_another(project: Made) -> None:
    made = project(FILES)
    made.run("up", "--set", "run-log.type=chunked-fs").ok()
    ran(made)
    for path in made.path(".runner").rglob("*done.json"):
        record = json.loads(path.read_text())
        record.pop("code", None)
        path.write_text(json.dumps(record))
    changed(made)
    assert ran(made) == [*ITEMS, "script", "total", "train"]


SPREAD = {  # folders without `__init__.py`, one of them below `src` as well
    "pipeline.toml": 'name = "x"\n[steps.a]\npython = "parts.load.csv:load"\nenv = { PYTHONPATH = "src" }\n',
    "parts/load/csv.py": NOTE + "from . import dialect\nimport parts.late\n\ndef load():\n    note('a')\n",
    "parts/load/dialect.py": "from ..names import NAME\n",
    "parts/names.py": "NAME = 1\n",
    "src/parts/late.py": "def late():\n    import parts.load.last\n",
    "src/parts/load/last.py": "",
    "parts/load/beside.py": "",
}


@pytest.mark.parametrize(
    ("path", "again"),
    {
        "parts/load/csv.py": ["a"],
        "parts/load/dialect.py": ["a"],
        "parts/names.py": ["a"],
        "src/parts/late.py": ["a"],
        "src/parts/load/last.py": ["a"],
        "parts/load/beside.py": [],
    }.items(),
)
def test_folders_without_a_file_of_their_own_are_packages_too(project: Made, path: str, again: list[str]) -> None:
    made = project(SPREAD)
    made.run("up").ok()
    assert ran(made) == ["a"]
    made.write({path: SPREAD[path] + "# another\n"})
    changed(made)
    assert ran(made) == again


def test_a_folder_that_becomes_a_package_is_other_code(project: Made) -> None:
    made = project(SPREAD)
    made.run("up").ok()
    assert ran(made) == ["a"]
    made.write({"parts/load/__init__.py": "", "src/parts/__init__.py": ""})
    said = made.run("plan", "--resume", "--changed").ok()
    said.says("code parts/load/__init__.py is new")
