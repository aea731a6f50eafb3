"""Labels of addresses for people (N28): `arch[arch=vit_b].fit[4]`, `poll#3`, `fetch~2`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Callable, Optional

Table = Mapping[str, Any]
Items = Callable[[str, tuple[int, ...]], Optional[Sequence[Table]]]

_PLAIN = re.compile(r"[A-Za-z0-9._+-]{1,40}\Z")


class Labels:
    """Labels for one plan. `items(id, key)` gives the items of a map instance, None where they are not known.

    What an item is called depends on all of its siblings: that is worked out once a map instance."""

    def __init__(self, nodes: Mapping[str, Table], items: Items | None = None) -> None:
        self.nodes, self.items = nodes, items
        self._named: dict[tuple[str, tuple[int, ...]], list[str] | None] = {}

    def label(self, id: str, key: Sequence[int], n: int = 0) -> str:
        """The label of an instance, of one of its attempts with `n`."""
        if not key and id in self.nodes:  # a path holds those of what is around it
            return f"{self.nodes[id]['path']}~{n}" if n else str(self.nodes[id]["path"])
        node = self.nodes.get(id)
        if node is not None and not key and not n and not node.get("parent"):
            return str(node["path"])
        key = tuple(key)
        chain = []
        at: str | None = id
        while at is not None and at in self.nodes:
            chain.append(at)
            at = self.nodes[at].get("parent")
        text, told = [], ""
        for one in reversed(chain):
            path = str(self.nodes[one]["path"])
            text.append(path.removeprefix(told))
            told = path
            place = int(self.nodes[one].get("depth", 0))
            part: Table | None = self.nodes[one]
            while part is not None and part.get("type") in ("map", "loop") and place < len(key):
                text.append(f"#{key[place]}" if part["type"] == "loop" else self._item(one, key[:place], key[place]))
                place, part = place + 1, part.get("body")
        return ("".join(text) or id) + (f"~{n}" if n else "")

    def _item(self, id: str, key: tuple[int, ...], index: int) -> str:
        spot = (id, key)
        if spot not in self._named:
            self._named[spot] = _names(self.items(id, key), self._order(id, len(key))) if self.items else None
        names = self._named[spot]
        return f"[{names[index]}]" if names is not None and index < len(names) else f"[{index}]"

    def _order(self, id: str, place: int) -> Sequence[str] | None:
        """The names of a map's items as they were written; None where the plan has only one, or does not say."""
        part: Table | None = self.nodes[id]
        for _ in range(place - int(self.nodes[id].get("depth", 0))):
            part = part.get("body") if part else None
        return part.get("names") if part else None


def _names(items: Sequence[Table] | None, order: Sequence[str] | None) -> list[str] | None:
    """`island=Dream` for every item; None when two are alike or one is odd: then indexes serve."""
    if not items:
        return None
    names = []
    for item in items:
        texts = {name: _text(item[name]) for name in order or item if name in item}
        if not texts or not all(_PLAIN.match(text) for text in texts.values()):
            return None
        names.append(",".join(f"{name}={text}" for name, text in texts.items()))
    return names if len(set(names)) == len(names) else None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int, float)) else ""
