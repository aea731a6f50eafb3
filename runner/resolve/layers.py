"""Layers: who says what of a step, a service, a parameter, and where (N32 to N34)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from runner.resolve.merge import has, lay
from runner.resolve.project import Files
from runner.text.diagnostics import Place
from runner.text.document import At, Document

Keys = tuple[Any, ...]
DEFAULT_KEYS = frozenset(  # what `[defaults]` may hold
    {"tags", "retry", "timeout", "env", "secrets", "resources", "image", "runtime", "interpreter"}
    | {"workdir", "isolate", "cache"}
)
SERVICES = {
    "executor": {"type": "local"},
    "run-log": {"type": "file-system"},
    "catalog": {"type": "file-system"},
    "secrets": {"type": "env"},
}
WHOLE = ("steps", "cases", "default", "defaults")  # of a step: parts of the graph, no settings


class Layer(NamedTuple):
    """One table that speaks: what people call it, where it stands, what it says."""

    label: str
    doc: Document | None
    keys: Keys
    table: dict[str, Any]


class Laid(NamedTuple):
    """Layers laid over each other, weakest first, and what came out."""

    table: dict[str, Any]
    layers: tuple[Layer, ...]

    def origin(self, keys: Keys) -> Layer | None:
        """The strongest layer that says something at this key path; None for what nobody wrote."""
        for layer in self.layers[::-1]:
            if has(layer.table, keys):
                return layer
            if keys and keys[0] in layer.table and not isinstance(layer.table[keys[0]], dict):
                return layer
        return None

    def place(self, keys: Keys, at: At = "value", part: tuple[int, int] | None = None) -> Place | None:
        """Where the value at a key path was written; the table's own place for what nobody wrote."""
        layer = self.origin(keys)
        if layer is None or layer.doc is None:
            home = next((entry for entry in self.layers if entry.doc is not None and entry.label == "step"), None)
            home = home or next((entry for entry in reversed(self.layers) if entry.doc is not None), None)
            return home.doc.place(home.keys, "header") if home and home.doc else None
        assert layer.doc is not None
        return layer.doc.place((*layer.keys, *keys), at, part)


class Layers:
    """All documents of one question; each method lays what they say of one thing. others: the same for each profile to
    which steps are sent, by name; None for one of those: what `--set` says of services is not said of its."""

    def __init__(self, files: Files, said: Document | None, others: Mapping[str, Layers] | None) -> None:
        self.files = files
        self.others = others or {}
        self.chosen = others is not None
        self.said = said  # --set, as a profile document
        self.profiles: list[tuple[str, Document]] = [(f"profile {entry.name}", entry.doc) for entry in files.profiles]
        if said is not None:
            self.profiles.append(("--set", said))
        self.used: set[tuple[int, Keys]] = set()  # profile tables that some step took, for N34
        self._defaults: dict[
            tuple[int, bool], list[Layer]
        ] = {}  # defaults as tasks (False) and groups (True) of a file take them
        self._exact: dict[str, list[Layer]] = {}
        self._globs: list[Layer] = []
        self._tags: dict[str, list[Layer]] = {}
        for _number, (label, doc) in enumerate(self.profiles):
            for path, table in tables(doc.data.get("steps")):
                layer = Layer(label, doc, ("steps", path), table)
                if "*" in path:
                    self._globs.append(layer)
                else:
                    self._exact.setdefault(path, []).append(layer)
            for tag, table in tables(doc.data.get("tags")):
                self._tags.setdefault(tag, []).append(Layer(label, doc, ("tags", tag), table))

    def step(self, path: str, own: list[Layer], group_defaults: list[Layer], group: bool, file: Document) -> Laid:
        """One step in the order of N32; `own` = its templates and itself, weakest first; file: where it is written.

        Of a step that is sent elsewhere that profile is asked; what only this one says of it by tag, pattern or path is
        laid over that."""
        inner = [*_allowed(group_defaults, group), *own]
        layers = [*self._weak(file, group), *inner]
        table = lay([layer.table for layer in layers], whole=WHOLE)
        stronger = self._strong(path, table)
        if stronger:
            self.used.update((id(layer.doc), layer.keys) for layer in stronger)
            table = lay([layer.table for layer in (*layers, *stronger)], whole=WHOLE)
        other = self.others.get(table.get("profile", "")) if stronger and not group else None
        if other is not None:
            layers = [*other._weak(file, group), *inner]
            under = other._strong(path, lay([layer.table for layer in layers], whole=WHOLE))
            layers += under
            theirs = {profile.doc.path for profile in other.files.profiles}
            stronger = [layer for layer in stronger if layer.doc and layer.doc.path not in theirs]
            table = lay([layer.table for layer in (*layers, *stronger)], whole=WHOLE)
        return Laid(table, (*layers, *stronger))

    def _weak(self, file: Document, group: bool) -> list[Layer]:
        """What `[defaults]` say of every task, or group, of a file."""
        if (id(file), group) not in self._defaults:
            self._defaults[id(file), group] = _allowed(self.defaults(file), group)
        return self._defaults[id(file), group]

    def _strong(self, path: str, table: dict[str, Any]) -> list[Layer]:
        """What profiles say of a step by tag, pattern and path. table: the step as it is without."""
        tags = table.get("tags", [])
        found = [layer for tag in tags if isinstance(tags, list) for layer in self._tags.get(tag, ())]
        found += [layer for layer in self._globs if fnmatchcase(path, layer.keys[1])]
        return [*found, *self._exact.get(path, ())]

    def defaults(self, file: Document) -> list[Layer]:
        """`[defaults]`: of extended profiles, of the file that a step stands in, of the chosen profile, of `--set`."""
        found = [
            Layer(f"{label} [defaults]", doc, ("defaults",), table)
            for label, doc in self.profiles
            for table in [doc.data.get("defaults")]
            if isinstance(table, dict)
        ]
        chosen = self.files.profiles[-1].doc if self.files.profiles else None
        weak = [layer for layer in found if layer.doc is not chosen and layer.doc is not self.said]
        strong = [layer for layer in found if layer.doc is chosen or layer.doc is self.said]
        table = file.data.get("defaults")
        name = "pipeline" if file is self.files.pipeline else file.path
        own = [Layer(f"{name} [defaults]", file, ("defaults",), table)] if isinstance(table, dict) else []
        return weak + own + strong

    def service(self, name: str) -> Laid:
        """`[executor]`, `[run-log]`, `[catalog]`, `[secrets]`, `[volumes]`, `[build]`, `[schedule]`."""
        layers = [Layer("built in", None, (), SERVICES[name])] if name in SERVICES else []
        project = self.files.project
        speakers = [("runner.toml", project)] if project and name in ("run-log", "catalog") else []
        for label, doc in [*speakers, *self.profiles]:
            table = doc.data.get(name)
            if isinstance(table, dict) and (self.chosen or doc is not self.said):
                layers.append(Layer(label, doc, (name,), table))
        return Laid(_service(layers), tuple(layers))

    def written(self, service: str) -> Place | None:
        """Where a service was chosen: its path, else its type; None for what is built in, and for what a package
        says, which nobody here can change."""
        laid = self.service(service)
        for keys in (("path",), ("type",)):
            said = laid.origin(keys)
            if said is not None and said.doc is not None and not packed(said.label):
                return laid.place(keys)
        return None

    def setting(self, name: str) -> Laid:
        """A single key that the pipeline or a profile may set at its top (`max-parallel`, `timeout`)."""
        speakers: list[tuple[str, Document]] = [("pipeline", self.files.pipeline), *self.profiles]
        layers = [Layer(label, doc, (), {name: doc.data[name]}) for label, doc in speakers if name in doc.data]
        return Laid(lay([layer.table for layer in layers]), tuple(layers))

    def unmatched(self, passed_over: bool = False) -> Iterator[tuple[str, Layer, bool]]:
        """Profile tables that no step took: (kind, layer, is glob); of shared profiles only when asked for (N34)."""
        for kind, layers in (
            ("step", [e for es in self._exact.values() for e in es] + self._globs),
            ("tag", [e for es in self._tags.values() for e in es]),
        ):
            for layer in layers:
                assert layer.doc is not None
                if (id(layer.doc), layer.keys) not in self.used and shared(layer.doc) == passed_over:
                    yield kind, layer, "*" in layer.keys[1]


def _allowed(layers: list[Layer], group: bool) -> list[Layer]:
    """What `[defaults]` say that a task, or a group, may take."""
    allowed = ("tags", "unset") if group else (*DEFAULT_KEYS, "unset")
    found = [layer._replace(table={k: v for k, v in layer.table.items() if k in allowed}) for layer in layers]
    return [layer for layer in found if layer.table]


def packed(label: str) -> bool:
    """Whether a layer is a profile of a package, or of the standard library."""
    return ":" in label


def shared(doc: Document) -> bool:
    """Whether a profile serves several pipelines, so that what matches nothing is passed over (N34)."""
    return doc.data.get("shared") is True


def _service(layers: list[Layer]) -> dict[str, Any]:
    """Settings of one service: a layer that names another type drops what weaker layers said (N33)."""
    out: dict[str, Any] = {}
    for layer in layers:
        if "type" in layer.table and layer.table["type"] != out.get("type"):
            out = {}
        out = lay([out, layer.table])
    return out


def tables(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Names and tables of a table of tables; anything else in it is passed over."""
    if isinstance(value, dict):
        for name, table in value.items():
            if isinstance(table, dict):
                yield name, table
