"""The page of all codes: sentence, hint, and how a command ends that says it."""

from __future__ import annotations

import re

from runner.reference.markdown import code, head, table
from runner.text.catalogue import CODES
from runner.text.diagnostics import FAMILIES, FILES

LEAD = """\
Every problem has a code, the place where it was written, and a hint. `runner explain CODE` tells more of one. Words in
capitals stand for what a problem is about. `W` codes are warnings, which end nothing. A code keeps its meaning."""
ABOUT = {
    "1": "Text of files",
    "2": "Keys, names and values",
    "3": "The graph and its files",
    "4": "Parameters, references, conditions",
    "5": "Profiles and layers",
    "6": "What an executor can do and reach",
    "7": "Environment and stores",
    "8": "Plug-ins",
    "9": "The command line",
}


def page() -> str:
    """The page."""
    out = [head("Errors and warnings", LEAD)]
    for digit, about in ABOUT.items():
        exit = FAMILIES.get(f"E{digit}", FILES)
        out.append(f"\n## {about}\n\nExit code {exit}.\n\n")
        out.append(table(("code", "sentence", "what to do"), rows(digit)))
    return "".join(out)


def rows(digit: str) -> list[tuple[str, str, str]]:
    """A row for each code of a family, errors first."""
    found = sorted((name for name in CODES if name[1] == digit), key=lambda name: (name[0], name))
    return [
        (f'<a id="{name.lower()}"></a>{code(name)}', shown(CODES[name][0]), shown(CODES[name][1] or ""))
        for name in found
    ]


def shown(template: str) -> str:
    """A sentence with capitals in the places of its arguments."""
    text = re.sub(r"(?<!\{)\{(\w+)\}(?!\})", lambda found: found[1].upper(), template)
    first, *block = text.replace("{{", "{").replace("}}", "}").split("\n")
    return first + (f" `{'; '.join(block)}`" if block else "")
