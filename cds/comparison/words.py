"""A comparison of rulebooks in plain lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cds.comparison.edits import Edit
from cds.comparison.moves import Move, OptionMove, RulebookDiff

#: Patients told one by one; `--json` tells all.
TOLD = 50


def lines(diff: RulebookDiff) -> Iterator[str]:
    """What changed, then whom it moves."""
    yield f"{diff.old} -> {diff.new}"
    if not diff.edits:
        yield "no differences"
    counts = Counter((edit.kind, edit.how) for edit in diff.edits)
    yield from (f"{kind}: {n} {how}" for (kind, how), n in sorted(counts.items()))
    for edit in diff.edits:
        yield from _edit(edit)
    if diff.patients is not None:
        yield from _moves(diff)


def _edit(edit: Edit) -> Iterator[str]:
    yield f"{'*' if edit.acts else ' '} {edit.how} {edit.name}"
    for one in edit.fields:
        yield f"    {one.field}: {one.old or 'nothing'} -> {one.new or 'nothing'}"


def _moves(diff: RulebookDiff) -> Iterator[str]:
    yield f"{len(diff.moves)} of {diff.patients} patients are moved (* marks changes that can move patients)"
    for row in diff.refused[:TOLD]:
        yield f"  left out, line {row.line}: {row.problem}. {row.remedy}"
    for name, count in diff.alone.items():
        if count:
            yield f"  {name}: moves {count} by itself"
    idle = sum(not count for count in diff.alone.values())
    if idle:
        yield f"  changes marked * that move nobody by themselves: {idle}"
    for cause, count in Counter(map(_cause, diff.moves)).most_common():
        yield f"  {count} moved: {cause}"
    for move in diff.moves[:TOLD]:
        yield from _move(move)
    if len(diff.moves) > TOLD:
        yield f"... and {len(diff.moves) - TOLD} more; --json tells all"


def _move(move: Move) -> Iterator[str]:
    same = move.answer[0] == move.answer[1]
    answer = "same answer" if same else f"answer {move.answer[0]} -> {move.answer[1]}"
    yield f"{move.patient}: {answer}; {_cause(move)}"
    yield from (f"    {_option(one)}" for one in move.options)


def _cause(move: Move) -> str:
    """Whether one change is enough, several are needed, or no set of the changes gives the new result."""
    if len(move.enough) == 1:
        return f"{move.enough[0]} alone is enough"
    if move.enough:
        return f"each alone is enough: {', '.join(move.enough)}"
    if move.together:
        return f"only together: {' + '.join(move.together)}"
    return "not attributed: no set of the changes was found that gives it"


def _option(one: OptionMove) -> str:
    status = (
        ""
        if one.status[0] == one.status[1]
        else f" {one.status[0] or 'absent'} -> {one.status[1] or 'absent'}"
    )
    rank = "" if one.rank[0] == one.rank[1] else f" rank {one.rank[0] or 'none'} -> {one.rank[1] or 'none'}"
    return f"{one.policy} {one.option}:{status}{',' if status and rank else ''}{rank}"
