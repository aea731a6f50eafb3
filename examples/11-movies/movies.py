"""How long movies are, by genre; the standard library does."""

import csv
from pathlib import Path
from statistics import fmean, median, quantiles
from typing import NamedTuple


class Movie(NamedTuple):
    """One movie; `genres` as they stand in the file."""

    title: str
    year: int
    minutes: int
    genres: tuple[str, ...]


def load() -> tuple[list[Movie], list[str]]:
    """All movies, and the names of all genres."""
    with open("movies.csv", newline="") as file:
        table = [
            Movie(row["title"], int(row["year"]), int(row["minutes"]), tuple(row["genres"].split("|")))
            for row in csv.DictReader(file)
        ]
    return table, sorted({genre for movie in table for genre in movie.genres})


def compute_statistics(table: list[Movie], genre: str) -> tuple[list[float], int]:
    """The quartiles of the minutes of a genre, and how many movies it has."""
    minutes = minutes_of(table, genre)
    return quantiles(minutes, n=4), len(minutes)


def detailed(table: list[Movie], genre: str) -> str:
    """There are many: what the shortest, the longest and all of them are like."""
    movies = sorted((movie for movie in table if genre in movie.genres), key=lambda movie: movie.minutes)
    return f"{movies[0].title} to {movies[-1].title}, {fmean(movie.minutes for movie in movies):.1f} on average"


def rough(table: list[Movie], genre: str) -> str:
    """There are few: a word is enough."""
    return "longer than two hours" if median(minutes_of(table, genre)) > 120 else "shorter than two hours"


def score_a(table: list[Movie]) -> float:
    """One way to say how long a movie is."""
    return fmean(movie.minutes for movie in table)


def score_b(table: list[Movie]) -> float:
    """Another."""
    return median(movie.minutes for movie in table)


def join(genre: list[str], quartiles: list[list[float]], stats: list[str], a: float, b: float, page: Path) -> None:
    """Write down what all of them found."""
    lines = ["# Minutes of movies", "", f"All: {a:.1f} on average, {b:.1f} in the middle.", ""]
    lines += ["| genre | quarter | half | three quarters | |", "|---|--:|--:|--:|---|"]
    lines += [
        f"| {name} | {' | '.join(f'{one:.1f}' for one in three)} | {words} |"
        for name, three, words in zip(genre, quartiles, stats, strict=True)
    ]
    Path(page).write_text("\n".join([*lines, ""]))


def minutes_of(table: list[Movie], genre: str) -> list[int]:
    """How long each movie of a genre is."""
    return [movie.minutes for movie in table if genre in movie.genres]
