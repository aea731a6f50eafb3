"""What a function asks for and which modules it needs, read from its source (N13, N36)."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from runner.resolve.signatures import Missing, Signature, imports, signature
from runner.text.catalogue import CODES
from runner.text.sources import Sources


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / (name.replace("__", "/") + ".py").replace("/init.py", "/__init__.py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def read(root: Path, target: str) -> Signature | Missing | None:
    return signature(root, target, Sources(root))


def args(root: Path, target: str) -> list[tuple[str, bool, str | None]]:
    found = read(root, target)
    assert isinstance(found, Signature), found
    return [(one.name, one.has_default, one.annotation) for one in found.args]


def missing(root: Path, target: str) -> Missing:
    found = read(root, target)
    assert isinstance(found, Missing), found
    CODES[found.code].sentence.format(**found.args)
    return found


def test_n13_arguments_are_read_with_defaults_and_annotations(tmp_path: Path) -> None:
    write(
        tmp_path, w="import numpy\n\ndef f(a, /, b: int, c='x', *rest, d, e: 'Path' = None) -> list[int]:\n    pass\n"
    )
    assert args(tmp_path, "w:f") == [
        ("a", False, None),
        ("b", False, "int"),
        ("c", True, None),
        ("d", False, None),
        ("e", True, "'Path'"),
    ]
    found = read(tmp_path, "w:f")
    assert isinstance(found, Signature)
    assert (found.takes_all, found.returns, found.file, found.line) == (False, "list[int]", "w.py", 3)


def test_n13_the_module_is_never_imported(tmp_path: Path) -> None:
    write(tmp_path, w="raise SystemExit('imported')\ndef f(a): pass\n")
    assert args(tmp_path, "w:f") == [("a", False, None)]


def test_n13_warnings_about_the_source_are_its_own(tmp_path: Path) -> None:
    write(tmp_path, w='PATTERN = "\\d"\ndef f(a): pass\n')
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert args(tmp_path, "w:f") == [("a", False, None)]


@pytest.mark.parametrize(
    "source",
    [
        "def f(a, **rest): pass",
        "import argparse\ndef f(args: argparse.Namespace): pass",
        "from argparse import Namespace\ndef f(args: 'Namespace'): pass",
        "@click.command()\ndef f(a): pass",
        "f = functools.partial(g, 1)",
        "class f:\n    def __init__(self, a): pass",
    ],
)
def test_n13_what_hides_its_arguments_takes_all_in_scope(tmp_path: Path, source: str) -> None:
    write(tmp_path, w=source + "\n")
    found = read(tmp_path, "w:f")
    assert isinstance(found, Signature) and found.takes_all


def test_n13_known_decorators_and_async_hide_nothing(tmp_path: Path) -> None:
    write(tmp_path, w="@functools.lru_cache(maxsize=None)\ndef f(a): pass\n\nasync def g(b): pass\n")
    assert args(tmp_path, "w:f") == [("a", False, None)]
    assert args(tmp_path, "w:g") == [("b", False, None)]


def test_n13_packages_and_the_src_layout_are_found(tmp_path: Path) -> None:
    write(tmp_path, p__init="def f(a): pass\n", p__m="def f(b): pass\n", src__q__m="def f(c): pass\n")
    assert args(tmp_path, "p:f") == [("a", False, None)]
    assert args(tmp_path, "p.m:f") == [("b", False, None)]
    assert args(tmp_path, "q.m:f") == [("c", False, None)]


def test_n13_reexports_are_followed_over_several_modules(tmp_path: Path) -> None:
    write(
        tmp_path,
        p__init="from .api import run as f\n",
        p__api="from p.deep.impl import go as run\n",
        p__deep__init="",
        p__deep__impl="def go(a): pass\n",
    )
    found = read(tmp_path, "p:f")
    assert isinstance(found, Signature) and found.file == "p/deep/impl.py"


def test_n13_a_definition_inside_try_or_if_counts(tmp_path: Path) -> None:
    write(tmp_path, w="try:\n    import x\nexcept ImportError:\n    def f(a): pass\nelse:\n    def f(a, b): pass\n")
    assert len(args(tmp_path, "w:f")) in (1, 2)


def test_n13_a_missing_function_has_a_near_name(tmp_path: Path) -> None:
    write(tmp_path, w="def train(a): pass\n")
    found = missing(tmp_path, "w:trian")
    assert (found.code, found.args["near"]) == ("E431", "train")


def test_n13_a_missing_module_has_a_near_name(tmp_path: Path) -> None:
    write(tmp_path, penguins__init="", penguins__model="def train(a): pass\n")
    assert missing(tmp_path, "penguin.model:train").args["near"] == "penguins.model"
    assert missing(tmp_path, "penguins.modle:train").args["near"] == "penguins.model"
    assert missing(tmp_path, "penguins.other:train").code == "E430"


def test_n13_a_module_from_outside_the_project_cannot_be_read(tmp_path: Path) -> None:
    write(tmp_path, w="from sklearn.datasets import load_iris\nfrom os.path import *\n")
    assert read(tmp_path, "sklearn.datasets:load_iris") is None
    assert read(tmp_path, "json:dumps") is None
    assert read(tmp_path, "w:load_iris") is None
    assert read(tmp_path, "w:join") is None


def test_n13_a_module_that_is_no_python_is_told_with_its_file(tmp_path: Path) -> None:
    write(tmp_path, w="def f(a:\n")
    found = missing(tmp_path, "w:f")
    assert found.code == "E432" and found.args["file"] == "w.py"
    (tmp_path / "z.py").write_bytes(b"x = '\0'\n")
    assert missing(tmp_path, "z:f").code == "E432"


def test_n13_a_circle_of_reexports_ends(tmp_path: Path) -> None:
    write(tmp_path, a="from b import f\n", b="from a import f\n")
    assert missing(tmp_path, "a:f").code == "E433"


def test_n13_a_module_is_parsed_once_for_all_its_functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ast

    write(tmp_path, w="".join(f"def f{n}(a): pass\n" for n in range(100)))
    parsed: list[bytes] = []
    parse = ast.parse

    def counted(text: bytes) -> ast.Module:
        parsed.append(text)
        return parse(text)

    monkeypatch.setattr(ast, "parse", counted)
    sources = Sources(tmp_path)
    for number in range(100):
        assert isinstance(signature(tmp_path, f"w:f{number}", sources), Signature)
    assert len(parsed) == 1


def test_n36_the_closure_has_project_modules_also_those_imported_inside_functions(tmp_path: Path) -> None:
    write(
        tmp_path,
        p__init="",
        p__a="import numpy\nfrom . import b\n\ndef f():\n    from p.c import x\n    import d.e\n",
        p__b="import p.a\n",
        p__c="import importlib\nimportlib.import_module('lazy')\n",
        p__unused="",
        d__init="",
        d__e="",
        lazy="",
        other="",
    )
    found = imports(tmp_path, "p.a", Sources(tmp_path))
    assert found == ["p/a.py", "d/__init__.py", "d/e.py", "lazy.py", "p/__init__.py", "p/b.py", "p/c.py"]


def test_n36_a_module_outside_the_project_has_no_closure(tmp_path: Path) -> None:
    assert imports(tmp_path, "json", Sources(tmp_path)) == []
