"""The schemas of one project: ours, with the settings of its plug-ins and the names that it uses."""

from __future__ import annotations

from typing import Any

import attrs

from runner import plugins
from runner.model import schemas
from runner.model.language import SERVICES
from runner.model.suggest import Names, suggest
from runner.text.diagnostics import Diagnostic, Refused, diagnose

Broken = tuple[str, str, Diagnostic]  # group, name, what is wrong


def schemas_of(
    asked: plugins.Asked | None, names: Names | None = None, mark: str | None = None
) -> tuple[dict[str, dict[str, Any]], list[Broken]]:
    """The schemas by name, and the plug-ins that are broken. asked: `[plugins]`; names: what to offer (`suggest`);
    mark: a comment at their heads."""
    services: dict[str, list[tuple[Any, Any]]] = {}
    broken: list[Broken] = []
    for group, _ in SERVICES.values():
        for name in plugins.names(group, asked):
            try:
                flavor = plugins.find(group, name, asked)
                cls = plugins.settings(flavor)
                if cls is not None:
                    shape(cls, flavor)
                services.setdefault(group, []).append((flavor, cls))
            except Refused as refused:
                broken += [(group, name, problem) for problem in refused.problems]
    built = schemas.build(services)
    for schema in built.values():
        suggest(schema, names or {})
    if mark is not None:
        built = {name: {"$comment": mark, **schema} for name, schema in built.items()}
    return built, broken


def shape(cls: Any, flavor: plugins.Flavor) -> None:
    """Raises Refused where a plug-in's settings can't be put into a schema."""
    try:
        if not attrs.has(cls):
            raise TypeError("its settings are no attrs class")
        schemas.table_of(cls, {})
    except Exception as fault:  # a stranger's class: any annotation is possible
        problem = f"{type(fault).__name__}: {fault}"
        raise Refused(
            [
                diagnose(
                    "E802", None, path=flavor.settings or flavor.implementation, origin=flavor.origin, problem=problem
                )
            ]
        ) from None
