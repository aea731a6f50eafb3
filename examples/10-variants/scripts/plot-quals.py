"""Draws how sure each variant is: plot-quals.py CALLS.vcf PLOT.svg"""

import sys
from html import escape

LONGEST = 400


def main(calls: str, plot: str) -> None:
    """One bar a variant, as long as its quality."""
    with open(calls) as file:
        rows = [line.split("\t") for line in file if not line.startswith("#")]
    bars = [(f"{row[0]}:{row[1]} {row[3]}>{row[4]}", float(row[5])) for row in rows]
    scale = LONGEST / max([quality for _, quality in bars], default=1)
    size = f'width="620" height="{len(bars) * 24 + 16}"'
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="13">']
    for number, (name, quality) in enumerate(bars):
        y = number * 24 + 8
        lines.append(f'<text x="8" y="{y + 15}">{escape(name)}</text>')
        lines.append(f'<rect x="120" y="{y}" width="{quality * scale:.1f}" height="20" fill="#4477aa"/>')
        lines.append(f'<text x="{126 + quality * scale:.1f}" y="{y + 15}">{quality:.0f}</text>')
    with open(plot, "w") as file:
        file.write("\n".join([*lines, "</svg>", ""]))


main(*sys.argv[1:])
