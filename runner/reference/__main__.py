"""Writes docs/reference/*.md and schema/answers.json. Called by `make reference`."""

from __future__ import annotations

from pathlib import Path

from runner.model.suggest import text as written
from runner.reference import answers, blocks, cli, environment, errors, language

TOP = Path(__file__).parents[2]


def files() -> dict[str, str]:
    """Path from the checkout's top -> text."""
    pages = {"blocks": blocks.page(), "cli": cli.page(), "environment": environment.page(), "errors": errors.page()}
    pages |= {"json": answers.page(), "language": language.page()}
    schema = {"schema/answers.json": written(answers.schema())}
    return schema | {f"docs/reference/{name}.md": text for name, text in pages.items()}


def main() -> None:
    """Write all of them."""
    for path, text in files().items():
        (TOP / path).parent.mkdir(parents=True, exist_ok=True)
        (TOP / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
