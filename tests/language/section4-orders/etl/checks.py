from pathlib import Path


def validate(files: list[Path], rows: int): ...
