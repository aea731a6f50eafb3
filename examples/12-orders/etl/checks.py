"""Looks at the tables of one day before anybody adds them up."""

import json
from html import escape
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def validate(files: list[Path], rows: int, page: Path) -> None:
    """Writes the report in any case, and ends with 1 when something is wrong."""
    tables = {Path(file).stem: [json.loads(line) for line in open(file)] for file in files}
    checks = check(**tables)
    bad = sum(bool(found) for _, found in checks)
    lines = [f"<h1>{rows} rows, {bad} of {len(checks)} checks failed</h1>", "<table>"]
    for name, found in checks:
        words = "<br>".join(escape(json.dumps(row)) for row in found) or "ok"
        lines.append(f"<tr><td>{escape(name)}</td><td>{words}</td></tr>")
    Path(page).write_text("\n".join([*lines, "</table>", ""]))
    if bad:
        raise SystemExit(f"{bad} of {len(checks)} checks failed: " + ", ".join(name for name, found in checks if found))


def check(orders: list[Row], customers: list[Row], items: list[Row]) -> list[tuple[str, list[Row]]]:
    """What should be, and the rows that are not so."""
    known = {order["id"] for order in orders}
    people = {customer["id"] for customer in customers}
    filled = {item["order_id"] for item in items}
    return [
        ("orders have a customer", [order for order in orders if order["customer_id"] not in people]),
        ("orders have items", [order for order in orders if order["id"] not in filled]),
        ("items have an order", [item for item in items if item["order_id"] not in known]),
        ("quantities are positive", [item for item in items if item["quantity"] <= 0]),
    ]
