"""What a cohort report tells beyond the results of a run, worked out from the patients themselves."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cds.report.cohort.patients import read_patients
from cds.report.cohort.run import CohortRun
from cds.report.cohort.stability import CohortTests, Stability, stability_of, tests_of
from cds.report.cohort.survival import Survival
from cds.rulebook.book import Rulebook

if TYPE_CHECKING:
    from cds.risk.model import RiskModel


@dataclass(frozen=True)
class More:
    """Each part is None where nothing was given to work it out from."""

    stability: Stability | None = None
    tests: CohortTests | None = None
    survival: Survival | None = None


NOTHING = More()


@dataclass(frozen=True)
class Given:
    """The ranked file, the assumptions of the run, columns ignored then, and a table of follow-up."""

    source: Path
    assume: Path | None = None
    ignored: Collection[str] = ()
    follow_up: Path | None = None
    model: RiskModel | None = None


def work_out(run: CohortRun, given: Given, book: Rulebook, seed: int = 0) -> More:
    """Work out what the given files allow; InputError if they are not those of the run."""
    patients = read_patients(run, given.source, given.assume, given.ignored, book)
    survival = None
    if given.follow_up is not None and given.model is not None:
        from cds.report.cohort.follow_up import survival_of  # the models' libraries are slow to load

        survival = survival_of(patients, given.follow_up, given.model, book)
    return More(
        stability=stability_of(run, patients, book, seed),
        tests=tests_of(patients, book, seed),
        survival=survival,
    )
