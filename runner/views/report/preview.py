"""Files as a page shows them: pictures, tables, text; bounded in size, and nothing of them is ever executed."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import PurePosixPath
from typing import Any

from runner.views.report.tabular import SUFFIXES, tabular

Table = dict[str, Any]
ROWS, COLUMNS, CELL = 50, 40, 200
TEXT = 32 << 10  # bytes of a text
HTML = 512 << 10
PICTURE = 4 << 20
PICTURES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",  # in an <img> it runs no script and loads nothing
}
PAGES = (".html", ".htm")


def wanted(path: str, size: int) -> int:
    """How many bytes of a file a preview wants; 0 where there will be none."""
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in PICTURES:
        return size if size <= PICTURE else 0
    if suffix in (*PAGES, ".ipynb", ".json"):
        return min(size, HTML)
    return min(size, 4 * TEXT if suffix in SUFFIXES else TEXT)


def preview(path: str, data: bytes, size: int) -> Table | None:
    """What a page shows of a file of `size` bytes that begins with `data`; None for what is nothing to look at.

    type: `image` (src), `table` (head, rows, whole), `page` (text: HTML for a frame that may do nothing), `notebook`
    (cells), `text` (text, cut: bytes that are missing)."""
    suffix, whole = PurePosixPath(path).suffix.lower(), len(data) >= size
    if suffix in PICTURES:
        src = f"data:{PICTURES[suffix]};base64,{b64encode(data).decode()}"
        return {"type": "image", "src": src} if whole and data else None
    text = _decoded(data)
    if text is None or not text.strip():
        return None
    if suffix in PAGES and whole:
        return {"type": "page", "text": text}
    if suffix == ".ipynb" and whole:
        cells = _cells(text)
        if cells:
            return {"type": "notebook", "cells": cells}
    table = tabular(path, text, ROWS, whole) if suffix in SUFFIXES else None
    if table is not None:
        rows = [[_cell(one) for one in row[:COLUMNS]] for row in table.rows]
        return {
            "type": "table",
            "head": [_cell(one) for one in table.head[:COLUMNS]],
            "rows": rows,
            "whole": table.whole,
        }
    if suffix == ".json" and whole:
        text = _indented(text)
    shown = text[:TEXT]
    return {"type": "text", "text": shown, "cut": max(0, size - len(shown.encode("utf-8", "replace")))}


def _decoded(data: bytes) -> str | None:
    """Text; None for bytes that are none. What was cut in the middle of a character loses it."""
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return data[: error.start].decode("utf-8-sig") if error.start > len(data) - 4 else None


def _cell(value: Any) -> str:
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= CELL else text[:CELL] + "…"


def _indented(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def _cells(text: str) -> list[Table]:
    """The cells of a notebook: `code`, `words`, `out`, `error` with text, `image` with src."""
    found: list[Table] = []
    try:
        for cell in json.loads(text)["cells"]:
            found.append({"type": "code" if cell["cell_type"] == "code" else "words", "text": _joined(cell["source"])})
            for out in cell.get("outputs") or ():
                data = out.get("data") or {}
                if "image/png" in data:
                    found.append(
                        {"type": "image", "src": "data:image/png;base64," + _joined(data["image/png"]).strip()}
                    )
                elif out.get("output_type") == "error":
                    found.append({"type": "error", "text": f"{out.get('ename')}: {out.get('evalue')}"})
                else:
                    found.append({"type": "out", "text": _joined(out.get("text") or data.get("text/plain") or "")})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return []
    return [{**one, "text": one["text"][:TEXT]} if "text" in one else one for one in found if one.get("text", "x")]


def _joined(lines: Any) -> str:
    return lines if isinstance(lines, str) else "".join(map(str, lines))
