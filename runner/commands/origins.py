"""Where each value of a pipeline comes from: its layer, file and line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from runner.commands.making import Made
from runner.plan.services import OTHERS, PLACE
from runner.resolve.layers import SERVICES, WHOLE, Laid, Layer, shared


class Row(NamedTuple):
    """One value: its dotted key, the value, who says it, and where."""

    key: str
    value: Any
    layer: str
    place: str


def rows(made: Made) -> Iterator[Row]:
    """Parameters, services, then every step, in the order of the files."""
    for name, parameter in made.resolved.parameters.known.items():
        layer = parameter.origin
        yield Row(f"params.{name}", parameter.value, layer.label, _where(layer, ()))
    layers = made.resolved.layers
    places: list[tuple[tuple[str, ...], Laid]] = []
    places += [((service,), layers.service(service)) for service in (*SERVICES, *OTHERS)]
    for name, other in layers.others.items():  # to which steps are sent
        places += [(("profiles", name, service), other.service(service)) for service in PLACE]
    for start, laid in places:
        for keys, value in _leaves(laid.table):
            origin = laid.origin(keys)
            yield Row(".".join((*start, *map(str, keys))), value, origin.label if origin else "", _where(origin, keys))
    for setting in ("max-parallel", "timeout"):
        laid = layers.setting(setting)
        for keys, value in _leaves(laid.table):
            origin = laid.origin(keys)
            yield Row(setting, value, origin.label if origin else "", _where(origin, keys))
    for step in made.built.tree.steps:
        for keys, value in _leaves({key: item for key, item in step.table.items() if key not in WHOLE}):
            origin = step.laid.origin(keys)
            file = "pipeline" if step.home.user is None else step.home.label
            label = file if origin and origin.label == "step" else origin.label if origin else ""
            yield Row(".".join(("steps", step.path, *map(str, keys))), value, label, _where(origin, keys))
        if step.kind == "uses" and step.inside is not None:
            for name, parameter in step.inside.home.parameters.known.items():
                if not step.inside.home.gives(name):
                    key, layer = f"steps.{step.path}.params.{name}", parameter.origin
                    yield Row(key, parameter.value, layer.label, _where(layer, ()))
    for label, doc in layers.profiles:
        for name, value in doc.data.get("params", {}).items():
            if shared(doc) and name not in made.resolved.parameters.known:
                layer = Layer(label, doc, ("params", name), {})
                yield Row(f"params.{name}", value, f"{label}: no such parameter here, passed over", _where(layer, ()))
    for kind, layer, _ in layers.unmatched(passed_over=True):
        yield Row(
            ".".join(map(str, layer.keys)), None, f"{layer.label}: no such {kind} here, passed over", _where(layer, ())
        )


def _leaves(table: dict[str, Any], prefix: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    for key, value in table.items():
        if key in ("unset", "description") and not prefix:
            continue
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*prefix, key))
        else:
            yield (*prefix, key), value


def _where(layer: Layer | None, keys: tuple[Any, ...]) -> str:
    if layer is None or layer.doc is None:
        return ""
    place = layer.doc.place((*layer.keys, *keys))
    return f"{place.file}:{place.line}"
