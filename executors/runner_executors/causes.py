"""What an error of a network library comes to: libraries wrap that of the machine in sentences of their own."""

from __future__ import annotations


def cause(error: BaseException) -> str:
    """The sentence of the innermost error of the machine behind it, such as `Connection refused`, else its own."""
    found, seen = error, error
    while True:
        inner = seen.__cause__ or seen.__context__ or getattr(seen, "reason", None)
        if not isinstance(inner, BaseException):
            break
        seen = inner
        if isinstance(seen, OSError):
            found = seen
    said = getattr(found, "explanation", None) or getattr(found, "strerror", None) or str(found) or type(found).__name__
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return " ".join(text.split())
