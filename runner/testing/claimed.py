"""A profile whose pods find all that they need on a claim, and the project's files in a ConfigMap."""

from __future__ import annotations


def claimed(executor: str, image: str, store: str, *, claim: str = "", project: str = "", more: str = "") -> str:
    """The text of a profile.

    store: the folder for run log and catalog; without `claim` the volume itself is mounted there. project: a ConfigMap
    that pods have as their folder. more: lines of `[executor]`."""
    volume = f'claim = "{claim}"' if claim else f'mount = "{store}"'
    lines = [
        f'extends = "std:{executor}"',
        "[executor]", f'image = "{image}"', more.strip(),
        "[volumes.data]", volume,
        "[run-log]", f'path = "{store}/log"',
        "[catalog]", f'path = "{store}/catalog"',
    ]  # fmt: skip
    if project:
        lines.insert(3, 'pod.containers = [{ name = "main", workingDir = "/project" }]')
        lines += ["[volumes.project]", f'config-map = "{project}"', 'mount = "/project"']
    return "\n".join(lines) + "\n"
