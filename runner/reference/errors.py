"""The page of all codes: sentence, hint, how a command ends that says it, and an example where a file can show it."""

from __future__ import annotations

from runner.commands.codes import ABOUT, fact, ordered
from runner.reference.markdown import code, head

LEAD = """\
Every problem has a code, the place where it was written, and a hint. `runner explain E250` prints what stands here of
one, `runner explain --codes` lists all. Words in capitals stand for what a problem is about. `W` codes are warnings,
which end nothing. A code keeps its meaning."""


def page() -> str:
    """The page."""
    out = [head("Errors and warnings", LEAD)]
    family = ""
    for name in ordered():
        one = fact(name)
        if name[1] != family:
            family = name[1]
            about = ABOUT[family]
            out.append(
                f"\n## {about[:1].upper()}{about[1:]}\n\nExit code {one['exit'] or fact(f'E{name[1:]}')['exit']}.\n"
            )
        hint = "".join(
            f"; {code(line)}" if number else line for number, line in enumerate((one["hint"] or "").split("\n"))
        )
        out.append(f"\n### {name}\n\n**{one['sentence']}**{f' ({hint})' if hint else ''}\n\n{one['page'].strip()}\n")
    return "".join(out)
