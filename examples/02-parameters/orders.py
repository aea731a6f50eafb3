"""Sums, by arguments."""


def bill(people: list[str], price: float, days: int = 30) -> tuple[float, float]:
    """What all of them, and each of them, owe after so many days."""
    each = price * days
    return each * len(people), each
