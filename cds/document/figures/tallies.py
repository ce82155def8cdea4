"""Pictures that count: verification of the evidence, shared toxicity, missing values, first options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from cds.document.blocks import Figure, Table
from cds.document.figures.drawing import SIZE, Drawing, wrap
from cds.document.figures.palette import ACTION, GRID, LINE, SECOND, TEXT, TONES, WHITE
from cds.document.figures.ranks import percent
from cds.document.tags import TOXICITIES, VERIFIED, tone_of
from cds.vocabulary import Verification

_LABEL = 250
NOT_LISTED = "not listed here"

#: The id of the picture of toxicities that options share.
TOXICITY_OVERLAP = "toxicity-overlap"


def evidence_tally(rows: Mapping[str, Mapping[Verification, int]], what: str = "lines of evidence") -> Figure:
    """How many lines of each option are confirmed, and how many are not."""
    sums = {word: sum(row.get(word, 0) for row in rows.values()) for word in Verification}
    said = ", ".join(f"{n} {word.value}" for word, n in sums.items() if n)
    sentence = f"Of {sum(sums.values())} {what}: {said}."
    drawing, y = Drawing(sentence), 26.0
    most = max([count for row in rows.values() for count in row.values()], default=1)
    for index, word in enumerate(Verification):
        drawing.text(_LABEL + index * 86, 14, word.value, 12)
    for label, row in rows.items():
        count = drawing.wrapped(0, y + 14, label, _LABEL - 20)
        for index, word in enumerate(Verification):
            _small_bar(drawing, _LABEL + index * 86, y + 3, row.get(word, 0), most, word)
        y += max(24, count * SIZE * 1.25 + 8)
    columns = ("Option", *(VERIFIED[word].lower() for word in Verification))
    cells = tuple((label, *(str(row.get(word, 0)) for word in Verification)) for label, row in rows.items())
    table = Table(
        f"Verification of the {what}",
        columns,
        cells,
        numeric=(1, 2, 3, 4, 5),
        widths=(3, 1.35, 1.05, 1.55, 1.55, 1.4),
    )
    return Figure("evidence-tally", sentence, drawing.svg(y + 4), table)


def _small_bar(drawing: Drawing, x: float, y: float, count: int, most: int, word: Verification) -> None:
    ink, tint = TONES[tone_of(VERIFIED[word])]
    if count:
        drawing.rect(x, y, 50 * count / max(most, 1), 13, tint, ink)
    drawing.text(x + 50 * count / max(most, 1) + 6, y + 12, str(count), 12, fill=ink if count else SECOND)


def toxicity_overlap(options: Sequence[str], cells: Mapping[str, Mapping[str, Sequence[str]]]) -> Figure:
    """Which toxicities add up, or weigh in the pair: `cells[organ][option]` are the words for it."""
    counts = {organ: sum(bool(words) for words in row.values()) for organ, row in cells.items()}
    widest = max(counts, key=lambda organ: counts[organ], default="")
    sentence = (
        f"Toxicity is listed under {_headings(len(cells))}; {widest} is listed for "
        f"{counts[widest]} of {len(options)} options."
        if cells
        else "No toxicity is listed here for these options."
    )
    drawing = Drawing(sentence)
    width = (drawing.width - 150) / max(len(options), 1)
    head = max([len(wrap(option, width - 10, 12)) for option in options], default=1)
    for index, option in enumerate(options):
        drawing.wrapped(150 + width * index, 14, option, width - 10, 12, bold=True)
    y = head * 15 + 12.0
    for organ, row in cells.items():
        drawing.line(0, y, drawing.width, y, GRID)
        drawing.text(0, y + 15, organ, 12.5)
        for index, option in enumerate(options):
            found = len(row.get(option, ()))
            word = f"{'●' * found} {found}" if found else f"○ {NOT_LISTED}"
            drawing.text(150 + width * index, y + 15, word, 12, fill=TEXT if found else SECOND)
        y += 22
    rows = tuple(
        (organ, *(", ".join(row.get(option, ())) or NOT_LISTED for option in options))
        for organ, row in cells.items()
    )
    widths = (1.5, *(10 / max(len(options), 1) for _ in options))
    table = Table(TOXICITIES, ("Heading", *options), rows, widths=widths)
    return Figure(TOXICITY_OVERLAP, sentence, drawing.svg(y + 4), table)


def _headings(number: int) -> str:
    return "1 heading" if number == 1 else f"{number} headings"


def missingness(rows: Sequence[tuple[str, int]], total: int, noun: str = "patients") -> Figure:
    """How often each marker is not known: (label, patients without it), largest first."""
    rows = sorted(rows, key=lambda row: -row[1])
    sentence = "Nothing is missing."
    if rows and total:
        label, count = rows[0]
        sentence = f"{label} is missing most: in {count:,} of {total:,} {noun}."
    bars = [(label, count, f"{count:,}/{total:,}") for label, count in rows]
    table = Table(
        f"Not known, of {total:,} {noun}", ("Marker", "Not known", "Share"),
        tuple((label, f"{count:,}", _share(count, total)) for label, count in rows), numeric=(1, 2),
    )  # fmt: skip
    return Figure("missingness", sentence, _bars(sentence, bars, max(total, 1)), table)


def _share(count: int, total: int) -> str:
    return f"{percent(count / total)}\u00a0%" if total else "none"


def _bars(sentence: str, rows: Sequence[tuple[str, int, str]], full: int) -> str:
    drawing, y = Drawing(sentence), 4.0
    for label, count, said in rows:
        lines = drawing.wrapped(0, y + 15, label, _LABEL - 16, 12.5)
        drawing.rect(_LABEL, y + 4, 330, 14, WHITE, GRID, 1)
        drawing.rect(_LABEL, y + 4, 330 * count / full, 14, ACTION)
        drawing.text(_LABEL + 338, y + 16, said, 12)
        y += max(23, lines * 15.6 + 7)
    return drawing.svg(y + 2)


@dataclass(frozen=True)
class First:
    """How many patients have an option in the first place under each policy."""

    label: str
    checked: int
    published: int


def first_option_bars(rows: Sequence[First], total: int) -> Figure:
    """First options over a cohort, both policies in pairs; filled is checked, outlined as published."""
    rows = sorted(rows, key=lambda row: (-row.checked, -row.published))
    sentence = f"No option is in the first place for any of {total:,} patients."
    if rows:
        lead = rows[0]
        sentence = (
            f"{lead.label} is first for {lead.checked:,} of {total:,} patients under the checked policy "
            f"and for {lead.published:,} as published."
        )
    drawing, y = Drawing(sentence), 4.0
    for row in rows:
        lines = drawing.wrapped(0, y + 16, row.label, _LABEL - 16)
        for at, count, word in ((y, row.checked, "checked"), (y + 18, row.published, "as published")):
            width = 250 * count / max(total, 1)
            drawing.rect(_LABEL, at + 3, width, 13, ACTION if word == "checked" else WHITE, ACTION)
            drawing.text(_LABEL + width + 6, at + 14, f"{count:,} ({_share(count, total)}) {word}", 12)
        y += max(46, lines * SIZE * 1.25 + 10)
    table = Table(
        f"First place, of {total:,} patients", ("Option", "Checked", "As published"),
        tuple((row.label, f"{row.checked:,}", f"{row.published:,}") for row in rows), numeric=(1, 2),
    )  # fmt: skip
    return Figure("first-options", sentence, drawing.svg(y + 2), table)


#: Bands of a stability out of 100: words, from, up to (not including).
STABILITY_BANDS = (
    ("0 to below 25", 0, 25),
    ("25 to below 50", 25, 50),
    ("50 to below 75", 50, 75),
    ("75 to below 90", 75, 90),
    ("90 to 100", 90, 101),
)


def stability_dots(shares: Sequence[float]) -> Figure:
    """One dot for each patient: how often the first option stays first, out of 100."""
    values = sorted(100 * share for share in shares)
    middle = median(values) if values else 0.0
    below = sum(value < 50 for value in values)
    sentence = f"Median {middle:.0f} out of 100; below 50 in {below:,} of {len(values):,} patients."
    bins = [0] * 21
    for value in values:
        bins[round(value / 5)] += 1
    tallest = max([1, *bins])
    height, left, width = 150.0, 30.0, 620.0
    drawing = Drawing(sentence)
    drawing.grid([(left + width * share / 100, str(share)) for share in (0, 25, 50, 75, 100)], 26, height)
    per = max(1, -(-tallest // 14))
    for index, count in enumerate(bins):
        for level in range(-(-count // per)):
            drawing.point("circle", left + width * index / 20, height - 6 - level * 8.4, 3.8, ACTION)
    x = left + width * middle / 100
    drawing.line(x, 26, x, height, TEXT, 2, "6 3")
    drawing.text(
        x, 18, f"median {middle:.0f}", 12.5, "end" if middle > 90 else "middle" if middle > 10 else "start"
    )
    axis = "times out of 100 that the first option stays first"
    unit = "; a dot is one patient" if per == 1 else f"; a dot stands for up to {per:,} patients"
    drawing.text(left, height + 34, axis + unit, 12, fill=SECOND)
    drawing.line(left, height, left + width, height, LINE)
    rows = tuple((label, str(sum(low <= v < high for v in values))) for label, low, high in STABILITY_BANDS)
    table = Table("Patients by stability of the first place", ("Out of 100", "Patients"), rows, numeric=(1,))
    return Figure("stability-dots", sentence, drawing.svg(height + 42), table)
