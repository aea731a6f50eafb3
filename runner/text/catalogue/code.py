"""What a code of the catalogue says."""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    """Sentence and hint of a code: templates for str.format."""

    sentence: str
    hint: str | None = None
