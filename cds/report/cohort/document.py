"""The cohort document: findings first, then the flow, the options, what is missing, and who differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from cds.document.blocks import Block, Document, Items, Paragraph, Section, Table, cleaned
from cds.document.figures.tallies import First, first_option_bars
from cds.files import sha256
from cds.notice import RESEARCH_ONLY
from cds.report import phrases
from cds.report.cohort import findings as cohort_findings
from cds.report.cohort import method as cohort_method
from cds.report.cohort import stability as cohort_stability
from cds.report.cohort import survival as cohort_survival
from cds.report.cohort.disclosure import FEW, HIDDEN, LIMIT, Counts
from cds.report.cohort.extras import NOTHING, More
from cds.report.cohort.run import CohortRun
from cds.rulebook.book import Rulebook
from cds.rulebook.policies import Answer

Composer = Callable[[CohortRun, Rulebook, Counts], Iterator[Block]]
#: Patients of a list; how many more there are is said.
LISTED = 200
#: So many first options have room on the first page.
FRONT_OPTIONS = 5
BOARD = "for the board: holds patient data (pseudonyms)"
SHARED = "for sharing: aggregates only, cells under 5 hidden"


def cohort_document(run: CohortRun, book: Rulebook, shared: bool, more: More = NOTHING) -> Document:
    """Compose the cohort document, with patients (`--board`) or aggregates only (`--shared`).

    `more` is what the results of a run do not hold, worked out from the patients.
    """
    plan: tuple[tuple[str, str, Composer, bool], ...] = (
        ("findings", "In five lines", _findings, True),
        ("flow", "From rows to ranked patients", _flow, True),
        ("first-options", "First options under both policies", _firsts, _few_firsts(run)),
        ("safety", "Safety rules that are true", cohort_findings.safety, False),
        ("matrix", "Findings of the tumour", cohort_findings.matrix, False),
        ("missing", "What is not known", cohort_findings.missing, False),
        ("stability", "How firmly the first options stand", partial(_stability, more), False),
        ("next-test", "Which test could change an order most often", partial(_tests, more), False),
        ("survival", "Survival by predicted risk", partial(_survival, more), False),
        ("differences", "Where the policies differ", _differences, False),
        ("refused", "Refused rows and data quality", cohort_method.quality, False),
        ("method", "Method and versions", cohort_method.method, False),
    )
    counts = Counts(shared)
    sections = (
        Section(name, title, tuple(make(run, book, counts)), front) for name, title, make, front in plan
    )
    made, digest = run.run, run.run["rulebook_digest"][:12]
    purpose = SHARED if shared else BOARD
    document = Document(
        title="Everolimus options in osteosarcoma: a cohort",
        research_only=RESEARCH_ONLY,
        subject=f"{len(run):,} patients, {purpose.partition(':')[0]}",
        made_by=f"{made['software']}, rulebook {made['rulebook_version']} ({digest}), "
        f"ranked on {phrases.day(made.get('made_on'))}",
        sections=tuple(sections),
        band=_band(run, purpose),
        foot=f"Cohort {number(run, more)} · rulebook {made['rulebook_version']} ({digest}) · {purpose}",
        number=number(run, more),
    )
    return cleaned(document)


def _few_firsts(run: CohortRun) -> bool:
    """Whether the first options have room on the first page."""
    return len(first(run, "checked") | first(run, "as_published")) <= FRONT_OPTIONS


def number(run: CohortRun, more: More = NOTHING) -> str:
    """The number of the report: the beginning of the digest of the run and of what was added to it."""
    if more == NOTHING:
        return run.digest()[:12]
    return sha256(f"{run.digest()} {more!r}")[:12]


def _band(run: CohortRun, purpose: str) -> tuple[tuple[str, str], ...]:
    made = run.run
    return (
        ("Patients ranked", f"{len(run):,}"),
        ("Input (SHA-256)", str(made["input"]["sha256"])[:12]),
        ("Ranked on", phrases.day(made.get("made_on"))),
        ("Purpose", purpose),
    )


def first(run: CohortRun, policy: str) -> dict[str, int]:
    """Patients with each option (alone or tied) in the first place, most first."""
    found = (run.ranks[policy] == 1).sum(axis=1).tolist() if policy in run.ranks else []
    pairs = zip(run.options.get(policy, ()), found, strict=True)
    return dict(sorted(((o, n) for o, n in pairs if n), key=lambda pair: (-pair[1], pair[0])))


def differ(run: CohortRun) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Patients whose first place differs between the policies."""
    if set(run.ranks) != {"checked", "as_published"}:
        return np.zeros(len(run), dtype=bool)
    sets = {name: _first_sets(run, name) for name in run.ranks}
    return np.array(sets["checked"] != sets["as_published"])


def _first_sets(run: CohortRun, policy: str) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """The options in first place of each patient, as text: `O01`, `O03 = O04`, or nothing."""
    names = run.options[policy]
    texts = np.array([""] * len(run), dtype=object)
    for row, ranks in zip(names, run.ranks[policy], strict=True):
        where = ranks == 1
        texts[where] = np.where(texts[where] == "", row, texts[where] + f" = {row}")
    return texts


def _findings(run: CohortRun, book: Rulebook, counts: Counts) -> Iterator[Block]:
    n = len(run)
    if not n:
        yield Paragraph("No patient is ranked: every row was refused.", "caution")
        return
    named = sum(int((run.answers == answer.id).sum()) for answer in book.answers if not answer.abstains)
    said = [f"An option can be named for {counts.one(named, n)} of {n:,} patients."]
    leaders = first(run, "checked")
    if leaders:
        lead, count = next(iter(leaders.items()))
        said.append(
            f"{book.option[lead].label} is first for {counts.one(count, n)} of {n:,} (policy checked)."
        )
    else:
        said.append(f"No option is ranked for any of {n:,} patients (policy checked).")
    changed = int(differ(run).sum())
    said.append(f"The review at face value puts another option first for {counts.one(changed, n)} of {n:,}.")
    said.append(cohort_findings.missing_most(run, book, counts))
    said.append(cohort_findings.excluded(run, book, counts))
    yield Items(tuple(said))
    if run.run.get("assumptions"):
        assumed = len(run.run["assumptions"])
        yield Paragraph(
            f"{assumed} facts were assumed where they were not known, not measured; see the method.",
            "caution",
        )
    yield Paragraph(str(run.run["predictive_markers"]), "caution")


def _flow(run: CohortRun, book: Rulebook, counts: Counts) -> Iterator[Block]:
    read, refused = int(run.run["read"]), int(run.run["refused"])
    hide = counts.shared and refused < LIMIT  # ranked stands everywhere: read would give refused away
    steps = (
        ("Rows read", HIDDEN if hide else f"{read:,}"),
        ("Rows refused", FEW if hide else f"{refused:,}"),
        ("Ranked", f"{len(run):,}"),
    )
    yield Table("Flow", ("Step", "Rows"), steps, numeric=(1,))
    found = {_answer(answer): int((run.answers == answer.id).sum()) for answer in book.answers}
    rows = tuple(counts.kinds({name: count for name, count in found.items() if count}).items())
    if rows:
        yield Table("Answers", ("Answer", "Patients"), rows, numeric=(1,), widths=(6, 1))


def _answer(answer: Answer) -> str:
    return answer.sentence.format(first="An option", count="some").partition(".")[0]


def _firsts(run: CohortRun, book: Rulebook, counts: Counts) -> Iterator[Block]:
    checked, published = first(run, "checked"), first(run, "as_published")
    names = list(dict.fromkeys([*checked, *published]))
    bars = [First(book.option[name].label, checked.get(name, 0), published.get(name, 0)) for name in names]
    if not bars:
        yield Paragraph("No option is ranked for any patient.")
    elif not counts.shared:
        yield first_option_bars(bars, len(run))
    else:
        yield from _shared_firsts(run, book, bars, counts)
    tied = {name: int(((ranks == 1).sum(axis=0) > 1).sum()) for name, ranks in run.ranks.items()}
    for name, count in tied.items():
        label = book.policy[name].label
        yield Paragraph(f"Ties for the first place, policy {label}: {counts.one(count, len(run))}.", "quiet")
    yield Paragraph(book.identity.meaning, "quiet")


def _shared_firsts(run: CohortRun, book: Rulebook, bars: list[First], counts: Counts) -> Iterator[Block]:
    """A table for each policy with small kinds told together; the picture only where all is told."""
    found = {
        "checked": {bar.label: bar.checked for bar in bars if bar.checked},
        "as_published": {bar.label: bar.published for bar in bars if bar.published},
    }
    told = {name: counts.kinds(_with_none(firsts, len(run))) for name, firsts in found.items()}
    whole = [bar for bar in bars if all(bar.label in rows for rows in told.values())]
    if len(whole) == len(bars):
        yield first_option_bars(whole, len(run))
    for name, rows in told.items():
        caption = f"First place, policy {book.policy[name].label}, of {len(run):,} patients"
        yield Table(caption, ("Option", "Patients"), tuple(rows.items()), numeric=(1,), widths=(5, 1))


def _with_none(found: dict[str, int], total: int) -> dict[str, int]:
    """With those who have no first place, so that the kinds add up."""
    none = max(total - sum(found.values()), 0)
    return found | ({"no option ranked": none} if none else {})


def _stability(more: More, run: CohortRun, book: Rulebook, counts: Counts) -> Iterator[Block]:
    yield from cohort_stability.stability(more.stability, book, counts)


def _tests(more: More, run: CohortRun, book: Rulebook, counts: Counts) -> Iterator[Block]:
    yield from cohort_stability.tests(more.tests, counts)
    yield from cohort_findings.open_rules(run, book, counts)


def _survival(more: More, run: CohortRun, book: Rulebook, counts: Counts) -> Iterator[Block]:
    yield from cohort_survival.survival(more.survival, counts)


def _differences(run: CohortRun, book: Rulebook, counts: Counts) -> Iterator[Block]:
    where = np.flatnonzero(differ(run))
    n = len(run)
    yield Paragraph(f"The first place differs for {counts.one(len(where), n)} of {n:,} patients.")
    claims = run.summary.get("policies_differ", {}).get("because_of_claims", {})
    rows = tuple((c, book.claim[c].says, counts.one(k, n)) for c, k in claims.items() if c in book.claim)
    if rows:
        columns = ("Claim", "What the review says, in our words", "Patients")
        caption = "Claims that did not stand, behind the difference"
        yield Table(caption, columns, rows, numeric=(2,), widths=(1, 6, 1.2))
    if counts.shared or not len(where):
        return
    sets = {name: _first_sets(run, name) for name in run.ranks}
    found: dict[tuple[str, str], list[str]] = {}
    for i in where.tolist():
        pair = sets["checked"][i] or "none", sets["as_published"][i] or "none"
        found.setdefault(pair, []).append(run.ids[i])
    most = max(LISTED // len(found), 1)
    moved = tuple((*pair, f"{len(ids):,}", _ids(ids, most)) for pair, ids in sorted(found.items(), key=_most))
    heads = ("First, checked", "First, as published", "Patients", "Who")
    caption = "Patients whose first place differs"
    yield Table(caption, heads, moved, numeric=(2,), widths=(1.3, 1.3, 0.9, 6))


def _most(pair: tuple[tuple[str, str], list[str]]) -> tuple[int, tuple[str, str]]:
    return -len(pair[1]), pair[0]


def _ids(ids: list[str], most: int) -> str:
    more = f" and {len(ids) - most:,} more" if len(ids) > most else ""
    return ", ".join(ids[:most]) + more
