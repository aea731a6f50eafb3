"""What the pipeline calls."""


def pick(words, longest):
    """The longest words of a file with one on each line."""
    with open(words) as file:
        found = file.read().split()
    return " ".join(sorted(found, key=lambda word: (-len(word), word))[:longest])
