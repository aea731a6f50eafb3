"""Code identity: the project files that are the code of a step (N36)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from runner.plan.compile import Compiler
from runner.plan.steps import Step
from runner.text.diagnostics import diagnose

WRITTEN = re.compile(r"\d?>>?\|?\s*[^\s'\"`;|&<>()]+")  # what a redirection writes is no code
MOST = 9  # steps that are named of those which one line makes cached for ever
WORD = re.compile(r"[^\s'\"`;|&<>()$=]+")


def functions(targets: Iterable[str], compiler: Compiler) -> list[str]:
    """The files of `module:function`s, with all that their modules import; sorted."""
    from runner.resolve.signatures import imports  # with `ast`: only where there is Python

    root, sources = compiler.sources.root, compiler.sources
    return sorted({file for target in targets for file in imports(root, target.partition(":")[0], sources)})


def _never_again(step: Step, compiler: Compiler) -> None:
    """Warn of a step; of several that have it from one line, such as one of `[defaults]`, once, with the next few."""
    problems, place = compiler.problems, step.place(("cache",))
    first = compiler.never_again.setdefault(place, len(problems))
    if first == len(problems) or place is None:
        problems.append(diagnose("W318", place, name=step.path))
    elif len(problems[first].related) < MOST and (header := step.place((), "header")):
        problems[first] = problems[first]._replace(related=(*problems[first].related, (header, f"so is `{step.path}`")))


def code(step: Step, compiler: Compiler) -> dict[str, Any]:
    """Files and globs whose content is the step's code; a cached step with neither and no inputs is warned of."""
    settings = step.table.get("cache")
    globs = list(settings.get("code", ())) if isinstance(settings, dict) else []
    files: set[str] = set()
    root, sources = compiler.sources.root, compiler.sources
    if step.kind == "python":
        files.update(functions([step.table["python"]], compiler))
    elif step.kind == "notebook":
        files.add(step.table["notebook"])
    elif step.kind in ("shell", "command", "container"):
        box = step.table.get("container", {})
        words = [*step.table.get("command", ()), *box.get("command", ()), *box.get("args", ())]
        text = WRITTEN.sub(" ", step.table.get("shell", "")) or " ".join(map(str, words))
        for word in dict.fromkeys(WORD.findall(text)):
            path = word.removeprefix("./")
            if path.startswith("/") or ".." in path or path in compiler.made or not compiler.is_file(path):
                continue
            files.add(path)
            if path.endswith(".py"):
                from runner.resolve.signatures import imports

                folder, stem = Path(path).parent, Path(path).stem
                inner = imports(root / folder, stem, sources) if folder.parts else imports(root, stem, sources)
                files.update((folder / file).as_posix() for file in inner)
    if settings and not files and not globs and not step.reads and "!" not in step.path:  # others ask no cache
        _never_again(step, compiler)
    return {"files": sorted(files), "globs": globs}
