"""What `runner doctor` has found, one line each; without the names of people, so that it can be pasted anywhere."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from runner.views.terminal import paint

COLOURS = {"ok": "succeeded", "note": "warning", "wrong": "failed"}


class Finding(NamedTuple):
    """state: `ok`; `note`, good to know; `wrong`, the profile needs it. hint: what to do about it."""

    about: str
    state: str
    what: str
    hint: str | None = None


def lines(found: Iterable[Finding], colour: bool) -> str:
    """A line for each, its hint below it."""
    out = []
    for one in found:
        state = paint(f"{one.state:<5}", COLOURS[one.state], colour)
        out.append(f"{state}  {one.about:<10}  {one.what}\n")
        out += [f"{'':19}= {one.hint}\n"] if one.hint else []
    return "".join(out)


class Nameless:
    """Takes out of texts who somebody is: home folders, the user's name in paths, who logs in at an address."""

    def __init__(self, env: Mapping[str, str], user: str) -> None:
        home = env.get("HOME", "").rstrip("/")
        self._homes = [re.escape(home)] if home else []
        self._homes += [r"/(?:home|Users)/[^/\s`'\":,;]+"]
        self._user = user

    def __call__(self, text: str) -> str:
        """The text with `~` in their places."""
        text = re.sub(rf"(?:{'|'.join(self._homes)})(?![\w.-])", "~", text)
        if self._user:
            text = re.sub(rf"(?<=/){re.escape(self._user)}(?![\w.-])", "~", text)
        return re.sub(r"//[^/@\s`]+@", "//~@", text)

    def of(self, one: Finding) -> Finding:
        """A finding with no names in it."""
        return one._replace(what=self(one.what), hint=self(one.hint) if one.hint else None)


def user(env: Mapping[str, str]) -> str:
    """The name of who calls, "" where the system does not know."""
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return env.get("USER", "")
