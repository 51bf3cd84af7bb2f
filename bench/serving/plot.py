"""The results as bars, in SVG."""

from statistics import median

from peers import OURS

WIDTH, LEFT, BAR, GAP, TITLE = 720, 150, 22, 10, 40
OUR_COLOR, OTHER_COLOR = "#2563eb", "#9ca3af"
# What is drawn: a label, a value, and whether it is ours.
Bar = tuple[str, float, bool]


def _panel(title: str, form: str, unit: str, bars: list[Bar], top: int) -> list[str]:
    """Bars under a title."""
    largest = max(value for _, value, _ in bars)
    parts = [f'<text x="10" y="{top + 22}" font-weight="bold">{title}</text>']
    for index, (label, value, is_ours) in enumerate(bars):
        y = top + TITLE + index * (BAR + GAP)
        length = max(2, value / largest * (WIDTH - LEFT - 90))
        parts += [
            f'<text x="{LEFT - 8}" y="{y + 16}" text-anchor="end">{label}</text>',
            f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}" '
            f'fill="{OUR_COLOR if is_ours else OTHER_COLOR}"/>',
            f'<text x="{LEFT + length + 6:.1f}" y="{y + 16}">{value:{form}} {unit}</text>',
        ]
    return parts


def _height(bars: list[Bar]) -> int:
    return TITLE + len(bars) * (BAR + GAP) + 10


def draw(document: dict) -> str:
    """Processor time per request, and tail latency at equal rates."""
    rounds = document["rounds"]
    names = list(document["installed_bytes"])
    processor = [
        (name, median(results[name]["single"]["cpu_us"] for results in rounds), name == OURS)
        for name in names
    ]
    tails = []
    for name in names:
        if name == OURS:
            continue
        theirs = median(results[name]["steady"]["answer_ms"]["p99"] for results in rounds)
        ours = median(results[OURS]["steady_at"][name]["answer_ms"]["p99"] for results in rounds)
        tails += [(name, theirs, False), (OURS, ours, True)]
    height = _height(processor) + _height(tails)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            'font-family="sans-serif" font-size="13">',
            f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
            *_panel("Processor time per single-row request", ".0f", "µs", processor, 0),
            *_panel(
                "p99 latency at the same rate, 80 % of the other's saturation",
                ".2f",
                "ms",
                tails,
                _height(processor),
            ),
            "</svg>",
            "",
        ]
    )
