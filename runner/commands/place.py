"""Whether a profile has what it needs: the place of its executor, its stores, the secrets of a pipeline."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

from runner.commands.machine import folder
from runner.commands.making import Made, make
from runner.resolve.ask import Ask
from runner.text.diagnostics import Diagnostic, Refused
from runner.text.document import Document
from runner.views.findings import Finding
from runner.views.outline import inner
from runner.views.words import count

NOTHING = "[job]\nstub = true\n"
"""What is asked about where there is no pipeline, or none that is right."""


def place(ask: Ask, root: Path) -> Iterator[Finding]:
    """All that a run with this profile would ask for, without one. Raises Refused where there is no such profile."""
    made = yield from _made(ask)
    plan, plugins = made.plan or {}, made.resolved.files.plugins
    profile = plan["profile"]
    yield Finding("profile", "ok", f"{profile['name']}: executor {profile['executor']['type']}")
    yield from _places(plan, root, plugins, ask.env)
    yield from _stores(profile, root, plugins)
    yield from _secrets(plan, root, ask.env, plugins)


def _made(ask: Ask) -> Generator[Finding, None, Made]:
    """Of the pipeline, or else of nothing, so that the profile can be looked at all the same."""
    wrong: list[Diagnostic] = []
    if ask.file.exists():
        try:
            made = make(ask)
            wrong = [one for one in made.problems if one.severity == "error" and one.code != "E454"]
            if made.plan is not None:
                yield Finding("pipeline", "ok", f"`{ask.file}`")
                return made
        except Refused as refused:
            wrong = refused.problems
        said = f" --profile {ask.profile}" if ask.profile else ""
        if wrong:
            hint = f"`runner check {ask.file}{said}` shows where"
            more = f"; and {count(len(wrong) - 1, 'other')}" if len(wrong) > 1 else ""
            words = f"`{ask.file}`: {wrong[0].message} ({wrong[0].code}){more}"
            yield Finding("pipeline", "wrong", words, hint)
    else:
        yield Finding("pipeline", "note", f"there is no `{ask.file}`", "`runner init` writes one to start from")
    made = make(ask._replace(params=()), Document(str(ask.file), NOTHING, {"job": {"stub": True}}))
    if made.plan is None:
        raise Refused(made.problems)
    return made


def _places(plan: dict[str, Any], root: Path, plugins: Any, env: Mapping[str, str]) -> Iterator[Finding]:
    """Whether each executor finds its place, and all in it that a run would look for."""
    from runner.plan.nearby import nearby
    from runner.run.services import declared, implementation, open_executor, sent_to

    for name in dict.fromkeys(["", *sent_to(plan, None).values()]):
        profile = {**plan["profile"], **(plan["profiles"][name] if name else {})}
        about, settings = profile["executor"]["type"], profile["executor"]
        try:
            if not hasattr(implementation("executors", settings, plugins), "place"):
                continue
            there = open_executor(settings, None, env, plugins)
        except Refused as refused:
            yield from told(about, refused.problems)
            continue
        try:
            yield Finding(about, "ok", there.place())
            if hasattr(there, "ready"):
                there.ready({**plan, "profile": nearby(profile, plugins)}, list(declared(plan, None)))
            if hasattr(there, "images"):
                with there.images(profile, str(root), env) as known:
                    lacking = [image for image in _images(plan, name, settings) if not known(image)]
                never = settings.get("pull") == "never"
                state, who = ("wrong", "`pull` is `never`") if never else ("note", "a run will try to fetch it")
                for image in lacking:
                    hint = f"{who}; by hand: `docker pull {image}`"
                    yield Finding(about, state, f"the image `{image}` is not here", hint)
        except Refused as refused:
            yield from told(about, refused.problems)
        finally:
            there.close()


def _images(plan: dict[str, Any], name: str, settings: Mapping[str, Any]) -> list[str]:
    """The images of the steps that the profile of that name runs, as far as they are known before a run."""
    found: dict[str, None] = {}
    for node in plan["nodes"].values():
        do = inner(node).get("do") or {}
        said = do.get("image") or settings.get("image")
        if do.get("profile", "") == name and do.get("kind", "stub") != "stub" and isinstance(said, str):
            found[said] = None
    return list(found)


def _stores(profile: Mapping[str, Any], root: Path, plugins: Any) -> Iterator[Finding]:
    """Where records and files go, as the driver has them."""
    from runner.plan.nearby import nearby

    near = nearby(profile, plugins)
    for service in ("run-log", "catalog"):
        settings = near[service]
        path = settings.get("path")
        if settings.get("beyond") or settings != profile[service]:
            words = f"{profile[service]['type']}: `{profile[service].get('path')}`, which only pods see"
            yield Finding(service, "ok", words)
        elif path:
            found = folder(service, root / path, root)
            ours = found.state == "ok" and (root / path).is_relative_to(root / ".runner")  # told already
            yield found._replace(what=f"{settings['type']}: {f'`{path}`' if ours else found.what}")
        else:
            yield Finding(service, "ok", settings["type"])


def _secrets(plan: dict[str, Any], root: Path, env: Mapping[str, str], plugins: Any) -> Iterator[Finding]:
    """Whether each one that steps name can be had: by name; its value is dropped at once."""
    from runner.run.services import declared, read_secrets

    wanted = list(declared(plan, None))
    kind = plan["profile"]["secrets"]["type"]
    if not wanted:
        return
    try:
        values = read_secrets(plan, None, root, env, plugins).values
    except Refused as refused:
        yield from told("secrets", refused.problems)
        return
    words = "can be had" if values else f"{'is' if len(wanted) == 1 else 'are'} looked for where steps run"
    yield Finding("secrets", "ok", f"{', '.join(f'`{name}`' for name in wanted)} {words} ({kind})")


def told(about: str, problems: list[Diagnostic]) -> Iterator[Finding]:
    """Problems as findings."""
    for one in problems:
        yield Finding(about, "wrong" if one.severity == "error" else "note", f"{one.message} ({one.code})", one.hint)
