"""A run as a tree: what stands right inside a group, a map, a loop, so that one line can stand for all of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

Told = Mapping[str, Mapping[str, Any]]  # address (`"<id> <key>"`) -> what a run tells of it
INSIDE = {"map": "item", "loop": "round"}


class Nest:
    """The addresses of a run, in its order. nodes: of the plan."""

    def __init__(self, told: Told, nodes: Told) -> None:
        self.told, self.nodes = told, nodes
        self._owners = dict(_owners(nodes))
        self.inside: dict[str, list[str]] = {}  # what stands right inside an address; "": at the top
        for address in told:
            self.inside.setdefault(self.around(address), []).append(address)

    def below(self, address: str = "") -> Iterator[str]:
        """All that is inside, each followed by what is inside of it."""
        pending = self.inside.get(address, [])[::-1]
        while pending:
            one = pending.pop()
            yield one
            pending += reversed(self.inside.get(one, ()))

    def holds(self, address: str) -> str:
        """How many there are inside, and how they ended unless all is well: `3 items: 2 succeeded, 1 failed`."""
        inside = self.inside.get(address, ())
        id = address.partition(" ")[0]
        same = [one for one in inside if one.partition(" ")[0] == id]  # items and rounds bear the id of the whole
        if not inside:
            return ""
        if self.kind(address) == "choice":
            chosen = [one for one in inside if self.told[one].get("reason") != "not-chosen"]
            names = [str(self.told[one].get("path")).rpartition(".")[2] for one in chosen]
            return " ".join(f"case {name}" for name in names)
        what = INSIDE.get(self.kind(address), "step") if same else "step"
        found = Counter(str(self.told[one].get("status")) for one in same or inside)
        many = found.total()
        text = f"{many} {what}{'' if many == 1 else 's'}"
        if found.keys() <= {"succeeded"}:
            return text
        return f"{text}: {', '.join(f'{count} {status}' for status, count in found.items())}"

    def kind(self, address: str) -> str:
        """What an address is: task, graph, choice, map, loop; of an item or a round, what is repeated."""
        id, _, key = address.partition(" ")
        part: Mapping[str, Any] = self.nodes.get(id, {})
        for _ in range(_size(key) - int(part.get("depth", 0))):
            part = part.get("body") or {}
        return str(part.get("type"))

    def around(self, address: str) -> str:
        """The address that this one is right inside of; "" at the top, and where that is not in the run."""
        id, _, key = address.partition(" ")
        node = self.nodes.get(id)
        if node is None:
            return ""
        if _size(key) > node["depth"]:
            outer = f"{id} {key.rpartition('.')[0] or '-'}"
        else:
            owner = self._owners.get(id) or node.get("parent")
            outer = f"{owner} {key}" if owner else ""
        return outer if outer in self.told else ""


def _size(key: str) -> int:
    return 0 if key == "-" else key.count(".") + 1


def _owners(nodes: Told) -> Iterator[tuple[str, str]]:
    """Reducers, and handlers of what holds others, belong to that."""
    for id, node in nodes.items():
        if node.get("reduce"):
            yield node["reduce"]["node"], id
        if node.get("handler") and node.get("type") != "task":
            yield node["handler"]["node"], id
