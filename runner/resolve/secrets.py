"""Secrets providers: where a secret's value comes from when a step starts, and nowhere else (DESIGN 2, N40)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


class SecretError(Exception):
    """A secret that can't be read; the text names it and never shows a value."""


class Env:
    """From the environment of `runner`; `map` renames: secret -> variable."""

    where = "submitter"

    def __init__(self, settings: Mapping[str, Any], root: Path, env: Mapping[str, str]) -> None:
        self.names: Mapping[str, Any] = settings.get("map", {})
        self.env = env

    def variable(self, name: str) -> str:
        """The variable that holds a secret."""
        return str(self.names.get(name, name))

    def get(self, name: str) -> str:
        variable = self.variable(name)
        value = self.env.get(variable, "")
        if not value:
            raise SecretError(f"secret `{name}`: the variable `{variable}` is unset or empty")
        return value


class Dotenv:
    """From a `.env` file: `NAME=value` a line, quotes and `export` allowed, nothing is expanded."""

    where = "submitter"

    def __init__(self, settings: Mapping[str, Any], root: Path, env: Mapping[str, str]) -> None:
        self.names: Mapping[str, Any] = settings.get("map", {})
        self.path = root / str(settings.get("path", ".env"))

    def get(self, name: str) -> str:
        key = str(self.names.get(name, name))
        try:
            text = self.path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise SecretError(f"secret `{name}`: can't read {self.path.name}: {_why(error)}") from None
        value = dotenv(text).get(key, "")
        if not value:
            raise SecretError(f"secret `{name}`: `{key}` is missing or empty in {self.path.name}")
        return value


class File:
    """One file a secret in a folder, as Kubernetes and Docker mount them."""

    where = "place"

    def __init__(self, settings: Mapping[str, Any], root: Path, env: Mapping[str, str]) -> None:
        self.names: Mapping[str, Any] = settings.get("map", {})
        self.folder = root / str(settings.get("path", "/run/secrets"))

    def get(self, name: str) -> str:
        path = self.folder / str(self.names.get(name, name))
        try:
            value = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SecretError(f"secret `{name}`: can't read {path}: {_why(error)}") from None
        value = value.removesuffix("\n").removesuffix("\r")
        if not value:
            raise SecretError(f"secret `{name}`: {path} is empty")
        return value


class Command:
    """From a command's standard output; `{name}` in an argument stands for the secret's (mapped) name; no shell."""

    where = "submitter"

    def __init__(self, settings: Mapping[str, Any], root: Path, env: Mapping[str, str]) -> None:
        self.names: Mapping[str, Any] = settings.get("map", {})
        self.argv = [str(word) for word in settings.get("command", ())]
        self.root, self.env = root, env

    def get(self, name: str) -> str:
        import subprocess

        argv = [word.replace("{name}", str(self.names.get(name, name))) for word in self.argv]
        if not argv:
            raise SecretError(f"secret `{name}`: `command` is not set in [secrets]")
        try:
            done = subprocess.run(
                argv, cwd=self.root, env=dict(self.env), stdin=subprocess.DEVNULL, capture_output=True, timeout=60
            )
            value = done.stdout.decode("utf-8").removesuffix("\n").removesuffix("\r")
        except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError) as error:
            raise SecretError(f"secret `{name}`: `{argv[0]}` failed: {type(error).__name__}") from None
        if done.returncode or not value:
            raise SecretError(
                f"secret `{name}`: `{argv[0]}` exited {done.returncode}" + (" with no output" if not value else "")
            )
        return value


class Nothing:
    """No secrets at all: a step that declares one can't run."""

    where = "place"

    def __init__(self, settings: Mapping[str, Any], root: Path, env: Mapping[str, str]) -> None:
        pass

    def get(self, name: str) -> str:
        raise SecretError(f"secret `{name}`: the profile's secrets are of type `do-nothing`")


def _why(error: OSError | UnicodeDecodeError) -> str:
    """What the system says, in lower case."""
    return (error.strerror or str(error)).lower() if isinstance(error, OSError) else "it is not UTF-8"


def dotenv(text: str) -> dict[str, str]:
    """Names and values of a `.env` file; lines of no such form are passed over."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        name, value = name.strip(), value.strip()
        if not equals or not name or name.startswith("#"):
            continue
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            quote, value = value[0], value[1:-1]
            if quote == '"':
                value = value.replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\")
        elif " #" in value:
            value = value.split(" #", 1)[0].rstrip()
        found[name] = value
    return found
