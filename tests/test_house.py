"""The house rules that a machine can see: imports go one way, cheap commands stay cheap, files stay small."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner.run.packed import FOLD
from runner.testing.project import Project

TOP = Path(__file__).resolve().parent.parent

# each may import from itself and from those before it; a folder, or one file
ORDER = (
    "runner/rules",
    "runner/agent",
    "runner/text",
    "runner/contracts.py",
    "runner/guard.py",
    "runner/flavors.py",
    "runner/plugins.py",
    "runner/model",
    "runner/resolve",
    "runner/plan",
    "runner/store",
    "runner/run",
    "executors/runner_executors",
    "runner/views",
    "runner/commands",
    "runner/cli.py",
)
# beside the road: what each of them stands after
BESIDE = {
    "runner/__init__.py": "runner/agent",  # the API of a step
    "runner_up": "runner/agent",
    "runner/crash.py": "runner/text",
    "runner/options.py": "runner/text",
    "runner/__main__.py": "runner/cli.py",
    "runner/testing": "runner/cli.py",
    "runner/reference": "runner/cli.py",
}
INSIDE_A_STEP = (  # standard library, Python 3.9
    *("runner/rules", "runner/agent", "runner/__init__.py", "runner_up"),
    *(f"runner/run/{name}.py" for name in FOLD),
)
STANDARD_ONLY = (*INSIDE_A_STEP, "runner/text")
HEAVY = {"jsonschema", "attrs", "attr", "cattrs", "cattr", "tomlkit", "rich", "docker", "kubernetes"}


def sources(*below: str) -> list[str]:
    """The Python files of the product below these folders, relative to the top."""
    found: set[Path] = set()
    for each in below:
        path = TOP / each
        found.update([path] if path.is_file() else path.rglob("*.py"))
    return sorted(str(path.relative_to(TOP)) for path in found)


PRODUCT = sources("runner", "runner_up", "executors")


def module_of(path: str) -> str:
    name = path.removeprefix("executors/").removesuffix(".py").removesuffix("/__init__")
    return name.replace("/", ".")


MODULES = {module_of(path): path for path in PRODUCT}


def imported(path: str) -> Iterator[tuple[int, str]]:
    """(line, module) of every import, wherever it stands in the file, but for those that only the type checker sees."""
    todo: list[ast.AST] = [ast.parse((TOP / path).read_text(encoding="utf-8"))]
    package = module_of(path).split(".") if path.endswith("__init__.py") else module_of(path).split(".")[:-1]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            todo += node.orelse
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            for alias in node.names:
                inner = f"{origin}.{alias.name}"
                yield node.lineno, inner if inner in MODULES else origin
        todo += ast.iter_child_nodes(node)


def rank(path: str) -> int:
    """Where a file stands in the order; fails for a file that nobody gave a place."""
    for place, folder in enumerate(ORDER):
        if path == folder or path.startswith(folder + "/"):
            return place
    for folder, after in BESIDE.items():
        if path == folder or path.startswith(folder + "/"):
            return ORDER.index(after)
    raise AssertionError(f"{path} has no place in the order of imports")


def test_every_file_has_a_place() -> None:
    assert PRODUCT
    for path in PRODUCT:
        rank(path)


def test_imports_go_one_way() -> None:
    wrong = [
        f"{path}:{line} imports {name}"
        for path in PRODUCT
        for line, name in imported(path)
        # the package itself has next to nothing in it: whoever asks for a module imports it too
        if name in MODULES and name != "runner" and rank(MODULES[name]) > rank(path)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_core_names_no_executor() -> None:
    core = [path for path in PRODUCT if not path.startswith(("executors/", "runner/testing/"))]
    wrong = [f"{p}:{line}" for p in core for line, name in imported(p) if name.split(".")[0] == "runner_executors"]
    assert not wrong, wrong


def test_what_runs_inside_a_step_and_reads_text_needs_the_standard_library_alone() -> None:
    foreign = [
        f"{path}:{line} imports {name}"
        for path in sources(*STANDARD_ONLY)
        for line, name in imported(path)
        if name.split(".")[0] not in {*sys.stdlib_module_names, "runner", "runner_up"}
        and not path.endswith(("agent/notebook.py", "agent/kernel.py"))  # a notebook needs a kernel
    ]
    assert not foreign, "\n".join(foreign)


@pytest.mark.parametrize("path", sources(*INSIDE_A_STEP))
def test_what_runs_inside_a_step_is_python_3_9(path: str) -> None:
    text = (TOP / path).read_text(encoding="utf-8")
    tree = ast.parse(text, path, feature_version=(3, 9))
    if tree.body[1:]:
        assert "from __future__ import annotations" in text or "annotations" not in text
    new = {"zip": {"strict"}, "dataclass": {"slots", "kw_only"}}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            used = {word.arg for word in node.keywords} & new.get(node.func.id, set())
            assert not used, f"{path}:{node.lineno}: {node.func.id}({used.pop()}=) is newer"
        assert not isinstance(node, ast.Match), f"{path}:{node.lineno}: match is newer"


def test_no_file_is_above_400_lines() -> None:
    texts = {path: (TOP / path).read_text("utf-8") for path in PRODUCT}
    written = {path: text for path, text in texts.items() if " Generated " not in text.split("\n", 1)[0]}
    assert not {path: lines for path, text in written.items() if (lines := len(text.splitlines())) > 400}


def test_a_code_stands_for_one_problem() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (TOP / "runner/text/catalogue").glob("*.py")]
    codes = [code for text in texts for code in re.findall(r'^ *"([EW][0-9]{3})": Code', text, re.MULTILINE)]
    assert sorted(codes) == sorted(set(codes)) != []


def test_a_number_stands_for_one_decision() -> None:
    pages = sorted((TOP / "docs/decisions").glob("*.md"))
    assert len({page.name[:4] for page in pages}) == len(pages) > 30
    assert all(page.read_text("utf-8").startswith((f"# {page.name[:4]}. ", "# NNNN. ")) for page in pages)


def test_data_folders_are_no_packages() -> None:
    found = [path for folder in ("schema", "stdlib") for path in (TOP / folder).rglob("*.py")]
    assert not [path for path in found if path.name == "__init__.py" or "templates" not in path.parts]


ELSEWHERE = {
    "a path of one machine": re.compile(r"(?:^|[^.\w])/(?:work|farm|root|home/\w+)/"),
    "the host of a registry": re.compile(r"https?://[^ /]*(?:pypi|pythonhosted|npmjs|debian)"),
}


def test_the_files_speak_of_no_other_place() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, capture_output=True, check=False).stdout.decode()
    files = [path for path in listed.split("\0") if path] or [str(path.relative_to(TOP)) for path in TOP.glob("*.*")]
    wrong = []
    for path in files:
        try:
            text = (TOP / path).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue
        wrong += [f"{path}: {what}: {found[0]!r}" for what, p in ELSEWHERE.items() if (found := p.search(text))]
    assert not wrong, "\n".join(wrong)


def loaded_by(project: Project, *words: str) -> set[str]:
    """The modules in memory at the end of `runner WORDS`, in an interpreter that imports nothing of its own."""
    code = "import sys; from runner.cli import main; n = main(sys.argv[1:]); print(); print(*sys.modules); sys.exit(n)"
    ended = subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=project.root,
        env=project.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return set(ended.stdout.splitlines()[-1].split())


def test_help_imports_next_to_nothing(project: Callable[..., Project]) -> None:
    loaded = loaded_by(project(), "--help")
    assert {name for name in loaded if name.split(".")[0] == "runner"} <= {"runner", "runner.cli"}
    assert not loaded & {*HEAVY, "argparse", "asyncio", "inspect", "json", "subprocess", "tomllib"}


FILES = {
    "pipeline.toml": """
        name = "small"

        [params]
        word = "hello"

        [steps.say]
        shell = 'echo "$RUNNER_PARAM_word"'

        [steps.after]
        needs = ["say"]
        when = "word == 'hello'"
        command = ["echo", "${word}"]
    """,
    "profiles/quick.toml": """
        [defaults]
        timeout = "1m"
    """,
}


@pytest.mark.parametrize(
    "words",
    [("check", "pipeline.toml"), ("check", "pipeline.toml", "--profile", "quick"), ("plan", "pipeline.toml")],
    ids=" ".join,
)
def test_valid_files_load_no_explaining_library(project: Callable[..., Project], words: tuple[str, ...]) -> None:
    loaded = loaded_by(project(FILES), *words)
    assert not loaded & {*HEAVY, "runner.text.positions", "importlib.metadata", "asyncio", "multiprocessing", "ssl"}


def test_a_run_loads_no_explaining_library(project: Callable[..., Project]) -> None:
    loaded = loaded_by(project(FILES), "up", "pipeline.toml")
    assert not loaded & {*HEAVY, "runner.text.positions", "asyncio", "ssl"}
