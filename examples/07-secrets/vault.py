"""Uses a password, without showing it."""

import os


def ask() -> int:
    """As many rows as the password has letters."""
    return sum(letter.isalpha() for letter in os.environ["DATABASE_PASSWORD"])
