"""What a function asks for, and which project modules it brings along: by reading their source, never by importing
(N13, N36)."""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from runner.resolve.hints import like
from runner.text.diagnostics import near
from runner.text.sources import Sources

HOPS = 50
"""Re-exports that are followed from module to module."""
KEEPS = (
    "contextmanager",
    "asynccontextmanager",
    "staticmethod",
    "lru_cache",
    "cache",
    "wraps",
    "overload",
    "no_type_check",
)
"""Decorators of the standard library behind which a function takes what it says."""
Function = ast.FunctionDef | ast.AsyncFunctionDef
_READ: WeakKeyDictionary[Sources, dict[Path, _Modules]] = WeakKeyDictionary()
"""Modules that were parsed already, for as long as their sources live: many steps name functions of one module."""


class From(NamedTuple):
    """`from MODULE import NAME`, dots and all; NAME None: the module itself."""

    module: str
    name: str | None


Definition = Function | ast.ClassDef | ast.Assign | ast.AnnAssign | From


class Argument(NamedTuple):
    """One argument: `annotation` is its source text."""

    name: str
    has_default: bool
    annotation: str | None


class Signature(NamedTuple):
    """A function as it was written. takes_all: it takes what is in scope, its arguments don't say what. `file` is
    relative to the root. silent: its end is always reached, and nowhere a value is returned."""

    args: list[Argument]
    takes_all: bool
    returns: str | None
    file: str
    line: int
    silent: bool = False


class Missing(NamedTuple):
    """Why there is no such function: a code and the arguments of its sentence."""

    code: str
    args: dict[str, Any]


class Module(NamedTuple):
    """A module of the project: its dotted name, its file relative to the root, whether it is a package's own."""

    name: str
    file: str
    package: bool
    tree: ast.Module
    defined: dict[str, Definition]


def signature(root: Path | str, target: str, sources: Sources) -> Signature | Missing | None:
    """The signature of `module:function`; None where the project does not hold its source (then it takes all in scope).

    Re-exports (`from .x import f`) are followed inside the project.
    """
    name, _, function = target.partition(":")
    look = _modules(Path(root), sources)
    home = look.find(name)
    if home is None:
        return look.missing(name)
    seen: set[tuple[str, str]] = set()
    wanted, module = function, home
    for _ in range(HOPS):
        if isinstance(module, Missing):
            return module
        if (module.name, wanted) in seen:
            return Missing("E433", {"function": function, "module": name})
        seen.add((module.name, wanted))
        found = module.defined.get(wanted)
        if isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef):
            return _signature(found, module.file)
        if isinstance(found, ast.ClassDef):
            return Signature([], True, None, module.file, found.lineno)
        if isinstance(found, From):
            further = look.follow(module, found)
            if further is None:
                return None  # re-exported from outside the project
            module, wanted = further
            continue
        if found is not None:  # assigned: a partial, a lambda, a decorated one
            return Signature([], True, None, module.file, found.lineno)
        if _open(module.tree):
            return None  # `from x import *` or `__getattr__`: it may be there
        args: dict[str, Any] = {"function": wanted, "module": module.name, "file": module.file}
        names = (name for name, one in module.defined.items() if isinstance(one, Function | ast.ClassDef))
        return Missing("E431", {**args, **like(wanted, names)})
    return None


def imports(root: Path | str, module: str, sources: Sources) -> list[str]:
    """The files of all project modules that a module needs, its own first, then sorted; imports inside functions count.

    A package's `__init__.py` counts for what is inside it. A module that can't be read is left out.
    """
    look = _modules(Path(root), sources)
    files: dict[str, None] = {}
    pending = [module]
    seen: set[str] = set()
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        pending += [name[:dot] for dot in range(len(name)) if name[dot] == "."]
        found = look.find(name)
        if isinstance(found, Module):
            files[found.file] = None
            pending += look.imported(found)
        elif isinstance(found, Missing) and "file" in found.args:
            files[found.args["file"]] = None
    own = next(iter(files), None)
    return [] if own is None else [own, *sorted(file for file in files if file != own)]


def _modules(root: Path, sources: Sources) -> _Modules:
    """What is known of the project's modules."""
    known = _READ.setdefault(sources, {})
    if root not in known:
        known[root] = _Modules(root, sources)
    return known[root]


def _parsed(text: bytes) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the user's escapes: his own Python tells him
        return ast.parse(text)


class _Modules:
    """Modules of the project by name: below the root, and below `src` where there is one."""

    def __init__(self, root: Path, sources: Sources) -> None:
        self.root, self.sources = root, sources
        self.folders = ["", "src/"] if sources.isdir(root / "src") else [""]
        self.known: dict[str, Module | Missing | None] = {}

    def find(self, name: str) -> Module | Missing | None:
        """A module; Missing where its source is no Python; None where the project has none of that name."""
        if name not in self.known:
            self.known[name] = self._find(name)
        return self.known[name]

    def _find(self, name: str) -> Module | Missing | None:
        path = name.replace(".", "/")
        for folder in self.folders:
            for end, package in (("/__init__.py", True), (".py", False)):
                file = f"{folder}{path}{end}"
                if not self.sources.exists(self.root / file):
                    continue
                try:
                    tree = _parsed(self.sources.read(self.root / file))
                    return Module(name, file, package, tree, _definitions(tree))
                except (SyntaxError, ValueError) as error:
                    where = {"line": getattr(error, "lineno", None) or 1, "col": getattr(error, "offset", None) or 1}
                    return Missing("E432", {"file": file, "why": getattr(error, "msg", None) or str(error), **where})
                except (OSError, RecursionError, MemoryError):
                    return None
        return None

    def missing(self, name: str) -> Missing | None:
        """Why a module is not there: a slip of the pen, or (None) it lives outside the project."""
        top, _, _ = name.partition(".")
        here = set(self._names(""))
        if top not in here:
            close = near(top, here)
            if top in sys.stdlib_module_names or close is None:
                return None
            return Missing("E430", {"module": name, "near": close + name[len(top) :]})
        known, parts = top, name.split(".")
        for part in parts[1:]:
            inner = set(self._names(known.replace(".", "/") + "/"))
            if part not in inner:
                if part == "py" and part == parts[-1]:  # the file, not the module
                    return Missing("E430", {"module": name, "near": known})
                close = near(part, inner)
                rest = name[len(known) + 1 + len(part) :]
                return Missing("E430", {"module": name, **({"near": f"{known}.{close}{rest}"} if close else {})})
            known = f"{known}.{part}"
        return Missing("E430", {"module": name})  # a folder without source of its own

    def _names(self, inside: str) -> Iterator[str]:
        for folder in self.folders:
            for entry in self.sources.listdir(self.root / (folder + inside)):
                stem = entry.removesuffix(".py")
                if stem.isidentifier() and (stem != entry or self.sources.isdir(self.root / (folder + inside + entry))):
                    yield stem

    def follow(self, module: Module, said: From) -> tuple[Module | Missing, str] | None:
        """Where a re-export leads: a module and the name in it; None outside the project."""
        if said.name is None:
            return None
        target = self.find(_absolute(module, said.module))
        return None if target is None else (target, said.name)

    def imported(self, module: Module) -> Iterator[str]:
        """The names of modules that a module may import, wherever the import stands."""
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = _absolute(module, "." * node.level + (node.module or ""))
                if base:
                    yield base
                yield from (f"{base}.{alias.name}".lstrip(".") for alias in node.names if alias.name != "*")
            elif isinstance(node, ast.Call) and _last(node.func) == "import_module" and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield _absolute(module, first.value)


def _absolute(module: Module, said: str) -> str:
    """A module's name as an import in `module` means it."""
    level = len(said) - len(said.lstrip("."))
    if not level:
        return said
    package = module.name.split(".") if module.package else module.name.split(".")[:-1]
    base = package[: len(package) - level + 1]
    return ".".join([*base, *([said[level:]] if said[level:] else [])])


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module's top level, also those inside `if`, `try`, `with`; in order."""
    pending = list(reversed(body))
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, ast.If | ast.Try | ast.TryStar | ast.With):
            inner = list(node.body)
            if not isinstance(node, ast.With):
                inner += node.orelse
            if isinstance(node, ast.Try | ast.TryStar):
                inner += [one for handler in node.handlers for one in handler.body] + node.finalbody
            pending += reversed(inner)


def _definitions(tree: ast.Module) -> dict[str, Definition]:
    """What each name is at a module's top level; the last definition counts."""
    found: dict[str, Definition] = {}
    for node in _statements(tree.body):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if not any(_last(one) == "overload" for one in node.decorator_list):
                found[node.name] = node
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            found.update({alias.asname or alias.name: From(module, alias.name) for alias in node.names})
        elif isinstance(node, ast.Import):
            found.update({alias.asname or alias.name.split(".")[0]: From(alias.name, None) for alias in node.names})
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found.update({one.id: node for one in targets if isinstance(one, ast.Name)})
    return found


def _open(tree: ast.Module) -> bool:
    """Whether a module may have names that are not written in it."""
    for node in _statements(tree.body):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            return True
        if isinstance(node, ast.FunctionDef) and node.name == "__getattr__":
            return True
    return False


def _last(node: ast.expr) -> str:
    """The last name of a dotted expression or of the function that a call names."""
    if isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _signature(node: Function, file: str) -> Signature:
    given = node.args
    ordered = given.posonlyargs + given.args
    first_default = len(ordered) - len(given.defaults)
    pairs = [(one, index >= first_default) for index, one in enumerate(ordered)]
    pairs += [(one, default is not None) for one, default in zip(given.kwonlyargs, given.kw_defaults, strict=True)]
    notes = {one.arg: ast.unparse(one.annotation) if one.annotation is not None else None for one, _ in pairs}
    names_all = (note for note in notes.values() if note is not None)
    takes_all = (
        given.kwarg is not None
        or any(note.strip("'\"").rpartition(".")[2] == "Namespace" for note in names_all)
        or any(_last(one) not in KEEPS for one in node.decorator_list)
    )
    args = [Argument(one.arg, default, notes[one.arg]) for one, default in pairs]
    returns = ast.unparse(node.returns) if node.returns is not None else None
    return Signature(args, takes_all, returns, file, node.lineno, _silent(node))


def _silent(node: Function) -> bool:
    """Whether a function returns nothing: it has no `return` with a value, no `yield` and no `raise` of its own."""
    pending: list[ast.AST] = list(node.body)
    while pending:
        at = pending.pop()
        if isinstance(at, ast.Raise | ast.Yield | ast.YieldFrom) or (isinstance(at, ast.Return) and at.value):
            return False
        if not isinstance(at, Function | ast.ClassDef | ast.Lambda):
            pending.extend(ast.iter_child_nodes(at))
    return True
