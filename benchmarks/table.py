"""Tables on the terminal, as Markdown, so that they can be pasted into docs/performance.md."""

from collections.abc import Sequence
from statistics import median


def show(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    print(f"\n### {title}\n")
    print("| " + " | ".join(heads) + " |")
    print("|" + "---|" * len(heads))
    for row in rows:
        print("| " + " | ".join(_cell(value) for value in row) + " |")
    print(flush=True)


def _cell(value: object) -> str:
    return (
        f"{value:,.2f}"
        if isinstance(value, float) and value < 100
        else (f"{value:,.0f}" if isinstance(value, int | float) else str(value))
    )


def spread(values: Sequence[float]) -> str:
    """Median, with the range behind it."""
    return f"{median(values):,.0f} ({min(values):,.0f}-{max(values):,.0f})"
