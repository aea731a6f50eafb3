"""Measures and shortens texts."""


def measure(text: str) -> tuple[str, int]:
    """How large a text is, in a word and in words."""
    words = len(text.split())
    return ("small" if words < 3 else "medium" if words < 10 else "large"), words


def first(text: str) -> str:
    """The beginning of a long text."""
    return " ".join(text.split()[:5]) + " ..."


def initials(text: str) -> str:
    """The first letter of each word."""
    return "".join(word[0] for word in text.split())
