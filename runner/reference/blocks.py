"""The page of blocks and profiles that come with the runner."""

from __future__ import annotations

from typing import Any

from runner.commands.blocks import about, default, facts, kind
from runner.reference.markdown import code, head, table

LEAD = """\
A step takes one by `uses = "std:NAME"`, and hands it `params`. `runner list --blocks` has the same list, and
`runner explain std:NAME` tells of one. What a block runs is a script for `sh` or for the `python3` of the step, 3.9 or
newer, and stands in its file: it needs nothing else unless it says so, and runs in any image that has them."""
PROFILES = """\
`runner up pipeline.toml --profile std:NAME`, or `extends = "std:NAME"` in a profile of your own."""


def page() -> str:
    """The page."""
    found = facts()
    index = table(("block", "does"), [(f"[`{one['block']}`](#{anchor(one)})", one["description"]) for one in found])
    blocks = "".join(map(_block, found))
    return f"{head('Blocks and profiles', LEAD)}\n{index}{blocks}\n## Profiles\n\n{PROFILES}\n\n{_profiles()}"


def anchor(one: dict[str, Any]) -> str:
    """How a heading is linked to."""
    return str(one["block"]).replace(":", "")


def _block(one: dict[str, Any]) -> str:
    rows = [(code(part["name"]), kind(part), default(part), about(part)) for part in one["params"]]
    lists = [(key.capitalize(), ", ".join(map(code, one[key]))) for key in ("returns", "outputs", "secrets")]
    gives = [f"{key}: {said}. " for key, said in lists if said]
    out = f"\n## {one['block']}\n\n{one['description']}.\n\n"
    out += table(("parameter", "type", "default", "meaning"), rows)
    out += f"\n{''.join(gives).strip()}\n" if gives else ""
    return f"{out}\n```text\n{one['example']}\n```\n"


def _profiles() -> str:
    import tomllib

    from runner.resolve.packages import find, names

    rows = []
    for name in names("std", "profiles"):
        path = find(name, "profiles")
        assert path is not None
        rows.append((code(name), str(tomllib.loads(path.read_text(encoding="utf-8"))["description"])))
    return table(("profile", "description"), rows)
