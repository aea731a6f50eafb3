"""The settings of one service after all layers are laid: complete, of the chosen type, with their defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runner import plugins
from runner.text.diagnostics import Diagnostic, Place, Refused, diagnose
from runner.text.document import At
from runner.text.near import near

Where = Callable[[tuple[str, ...], At], Place | None]  # keys within the service's table, "key" or "value"
GROUPS = {"executor": "executors", "run-log": "run_logs", "catalog": "catalogs", "secrets": "secrets"}


def nowhere(keys: tuple[str, ...], at: At) -> None:
    """For tables that nobody wrote."""


def configure(
    service: str, table: Mapping[str, Any], asked: plugins.Asked | None = None, where: Where = nowhere
) -> tuple[plugins.Flavor, dict[str, Any]]:
    """The flavor of a service's table and its settings with defaults, `type` left out.

    Each file was checked by itself; here is found what only shows when they are laid over each other. Raises Refused.
    """
    flavor = plugins.find(GROUPS[service], str(table.get("type", "")), asked, where(("type",), "value"))
    given = {key: value for key, value in table.items() if key != "type"}
    known, defaults, required = _fields(flavor, where)
    problems: list[Diagnostic] = []
    for key in given:
        if known is not None and key not in known:
            like = near(key, known)
            hint = f"did you mean `{like}`?" if like else None
            problems.append(diagnose("E233", where((key,), "key"), key=key, what=f"`{flavor.name}`", hint=hint))
    missing = [key for key in required if key not in given]
    place = where(("type",), "value")
    problems += [diagnose("E803", place, where=f"`[{service}]`", type=flavor.name, key=key) for key in missing]
    if problems:
        raise Refused(problems)
    return flavor, {**defaults, **given}


def _fields(flavor: plugins.Flavor, where: Where) -> tuple[list[str] | None, Mapping[str, Any], tuple[str, ...]]:
    """(known keys, defaults, required keys) of a flavor's settings; of ours without importing a class."""
    if flavor.origin == "runner-up":
        return list(flavor.known), flavor.defaults, flavor.required
    cls = plugins.settings(flavor, where(("type",), "value"))
    if cls is None:
        return None, {}, ()
    import attrs

    from runner.model.forms import written

    fields = attrs.fields(cls)
    told = {written(field): field.metadata.get("default") for field in fields}
    required = tuple(written(field) for field in fields if field.default is attrs.NOTHING)
    return list(told), {key: value for key, value in told.items() if value is not None}, required
