"""Colours that stay apart for every kind of colour vision and in grey; contrasts are tested."""

TEXT = "#101820"
SECOND = "#4A5561"
LINE = "#767F8A"
GRID = "#C9CFD6"
WHITE = "#FFFFFF"
ACTION = "#0B5C8A"
STOP = "#8B1A1A"
CAUTION = "#7A4A00"
GOOD = "#0B5A3C"
NORMAL = "#E3E8ED"
UNSURE = "#C44900"

#: Text colour and tint of each tone.
TONES = {
    "plain": (TEXT, WHITE),
    "stop": (STOP, "#FBEAEA"),
    "caution": (CAUTION, "#FFF4DC"),
    "monitor": (ACTION, "#E8F1F7"),
    "good": (GOOD, "#E8F5EE"),
    "quiet": (SECOND, "#ECEFF2"),
}
#: Colour, dash pattern and point shape of a series; never more than four.
SERIES = (
    (TEXT, "", "circle"),
    (UNSURE, "7 4", "square"),
    ("#009E73", "2 3", "triangle"),
    ("#3E4EA8", "9 3 2 3", "diamond"),
)
SEQUENTIAL = (
    "#F1F5F9", "#DCE6EF", "#C3D4E3", "#A6C0D6", "#86A9C7",
    "#6690B5", "#4877A0", "#2F5E88", "#1B466D", "#0C2F50",
)  # fmt: skip


def shade(share: float) -> tuple[str, str]:
    """Cell and number colour for a share between 0 and 1."""
    step = min(int(share * len(SEQUENTIAL)), len(SEQUENTIAL) - 1)
    return SEQUENTIAL[step], TEXT if step < 6 else WHITE


def contrast(one: str, other: str) -> float:
    """WCAG contrast ratio of two colours."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
