"""`runner explain FILE [KEY]`: every value with its layer, file and line; `runner explain E250`: a code."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from runner.commands.asking import FILE, JSON, ask_of
from runner.commands.making import Made, make
from runner.plan.services import OTHERS, PLACE
from runner.resolve.kinds import of_steps
from runner.resolve.layers import SERVICES, WHOLE, Laid, Layer, shared
from runner.text.diagnostics import Diagnostic, Refused, diagnose, exit_code, near

OPTIONS: list[Any] = [
    FILE[0],
    (
        ("key",),
        {"nargs": "?", "metavar": "KEY", "help": "only this key and what is below it, such as steps.train.resources"},
    ),
    *FILE[1:],
    JSON,
]

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


class Row(NamedTuple):
    """One value: its dotted key, the value, who says it, and where."""

    key: str
    value: Any
    layer: str
    place: str


def run(args: argparse.Namespace) -> int:
    """Print the rows; exit 2 for a key that is not there."""
    if re.fullmatch(r"[EW]\d{3}", args.file):
        return _code(args.file)
    if re.match(r"(steps|params)\.", args.file) and not args.key and not os.path.exists(args.file):
        hint = f"the file comes first: `runner explain pipeline.toml {args.file}`"
        raise Refused([diagnose("E101", None, path=args.file, hint=hint)])
    made = make(ask_of(args))
    if any(problem.severity == "error" for problem in made.problems):
        raise Refused(list(made.problems))
    found = list(rows(made))
    if args.key:
        args.key = of_steps(args.key, made.resolved.files.pipeline)
        wanted = [row for row in found if row.key == args.key or row.key.startswith(args.key + ".")]
        if not wanted:
            keys = {".".join(row.key.split(".")[: args.key.count(".") + 1]) for row in found}
            raise Refused([diagnose("E923", None, key=args.key, near=near(args.key, keys))])
        found = wanted
    if args.json:
        print(json.dumps([row._asdict() for row in found], indent=2, ensure_ascii=False, default=str))
        return 0
    width = max((len(row.key) for row in found), default=0)
    shown = [(row, json.dumps(row.value, ensure_ascii=False, default=str)) for row in found]
    middle = min(60, max((len(text) for _, text in shown), default=0))
    for row, text in shown:
        sys.stdout.write(f"{row.key:<{width}}  {text:<{middle}}  {row.layer}{'  ' + row.place if row.place else ''}\n")
    return 0


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
            file = "pipeline" if step.home.user is None else step.home.doc.path
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


def _code(code: str) -> int:
    from runner.text.catalogue import CODES

    if code not in CODES:
        raise Refused([diagnose("E924", None, name=code, near=near(code, CODES))])
    for text, indent in ((f"{code}: {CODES[code].sentence}", ""), (CODES[code].hint or "", "  ")):
        words = re.sub(r"\{(\w+)\}", lambda field: field[1].upper(), text.replace("{{", "\0").replace("}}", "\1"))
        for line in filter(None, words.replace("\0", "{").replace("\1", "}").split("\n")):
            sys.stdout.write(f"{indent}{line}\n")
    kind = "a warning" if code[0] == "W" else f"exits with {exit_code([Diagnostic(code, None, '')])}"
    sys.stdout.write(f"  about {ABOUT[code[1]]}; {kind}\n")
    return 0
