"""What a code such as E250 means, or all of them: the catalogue and its pages, as people and scripts read them."""

from __future__ import annotations

import json
import re
import sys
from textwrap import fill
from typing import Any

from runner.text.catalogue import CODES
from runner.text.catalogue.page import page
from runner.text.diagnostics import Diagnostic, Refused, diagnose, exit_code, near

ABOUT = {
    "1": "the text of a file",
    "2": "keys, names and values",
    "3": "the graph and its files",
    "4": "parameters, references and conditions",
    "5": "profiles",
    "6": "what the parts can do together",
    "7": "the environment and stores",
    "8": "plug-ins",
    "9": "the command line",
}
WIDTH = 88  # columns of prose


def tell(code: str, as_json: bool) -> int:
    """Print the page of a code; of a shorter one (`E4`) the list of those that begin so; of "" the list of all."""
    if len(code) < 4:
        return _list([name for name in ordered() if name[1:].startswith(code[1:])], as_json)
    if code not in CODES:
        raise Refused([diagnose("E924", None, name=code, near=near(code, CODES))])
    if as_json:
        print(json.dumps(fact(code), indent=2, ensure_ascii=False))
        return 0
    sys.stdout.write(_text(code))
    return 0


def ordered() -> list[str]:
    """Every code of the catalogue, family by family, errors before warnings."""
    return sorted(CODES, key=lambda code: (code[1], code))


def fact(code: str) -> dict[str, Any]:
    """A code: its sentence and hint (names of what is filled in are in capitals), severity, exit code and page."""
    sentence, hint = CODES[code]
    return {
        "code": code,
        "severity": "warning" if code[0] == "W" else "error",
        "about": ABOUT[code[1]],
        "exit": exit_code([Diagnostic(code, None, "")]),
        "sentence": _filled(sentence),
        "hint": _filled(hint) if hint else None,
        "page": page(code).text,
    }


def _list(codes: list[str], as_json: bool) -> int:
    if as_json:
        print(json.dumps([fact(code) for code in codes], indent=2, ensure_ascii=False))
        return 0
    family = ""
    for code in codes:
        if code[1] != family:
            sys.stdout.write(f"{chr(10) if family else ''}{ABOUT[code[1]]}\n")
            family = code[1]
        sys.stdout.write(f"  {code}  {_filled(CODES[code].sentence)}\n")
    return 0


def _text(code: str) -> str:
    one, shown = fact(code), page(code)
    out = [f"{code}: {one['sentence']}", *(f"  {line}" for line in (one["hint"] or "").split("\n") if line), ""]
    out += [fill(shown.prose, WIDTH, break_long_words=False, break_on_hyphens=False), ""]
    for title in ("Wrong", "Right"):
        _, found, rest = shown.text.partition(f"\n{title}:\n")
        if not found:
            continue
        out.append(f"{title.lower()}:\n")
        for body in re.findall(r"^```\w+\n(.*?)^```$", rest.partition("\nRight:\n")[0], re.MULTILINE | re.DOTALL):
            out += [f"    {line}".rstrip() for line in body.split("\n")]
    kind = "a warning" if one["severity"] == "warning" else f"exits with {one['exit']}"
    return "\n".join([*out, f"about {one['about']}; {kind}\n"])


def _filled(text: str) -> str:
    """A template with the names of its arguments in capitals."""
    words = re.sub(r"\{(\w+)\}", lambda field: field[1].upper(), text.replace("{{", "\0").replace("}}", "\1"))
    return words.replace("\0", "{").replace("\1", "}")
