"""The file that a step lives in, as it is used there: a barrier for names, with graphs and parameters of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runner.resolve.parameters import Parameters
from runner.text.document import Document

if TYPE_CHECKING:
    from runner.plan.steps import Graph, Step


class Home:
    """One use of one file; `user` is the step that uses it, None for the pipeline itself."""

    __slots__ = ("doc", "last", "later", "parameters", "top", "user")

    top: Graph
    last: Graph  # `[finally]`

    def __init__(self, doc: Document, parameters: Parameters, user: Step | None) -> None:
        self.doc, self.parameters, self.user = doc, parameters, user
        self.later: list[tuple[str, dict[str, Any]]] = []  # parameters whose values only the run knows, and their types

    @property
    def packed(self) -> bool:
        """Whether the file belongs to an installed package: who uses it can't mend it."""
        user = self.user
        return user is not None and (":" in str(user.table["uses"]) or user.home.packed)

    @property
    def label(self) -> str:
        """What the file is called: its path, or of a package's the word that uses it."""
        return str(self.user.table["uses"]) if self.user is not None and self.packed else self.doc.path

    def gives(self, name: str) -> bool:
        """Whether the step that uses the file says what a parameter is."""
        return self.user is not None and self.user.params is not None and name in self.user.params

    @property
    def names(self) -> list[str]:
        """All its parameters."""
        return [*self.parameters.known, *self.parameters.required]

    @property
    def returns(self) -> list[Any]:
        """What the file gives: its `returns`, of a job those of its step."""
        job = self.doc.data.get("job")
        found = (self.doc.data if job is None else job).get("returns", [])
        return list(found)
