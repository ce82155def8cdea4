"""Calls of gene markers for one sample: what was profiled decides between negative and unknown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cds.intake.calls import Activation, Amplification, Call, ExpressionCall, Suppressor, Truncation
from cds.intake.mapping import Level, StudyMapping
from cds.intake.study import Matrix, Study, number
from cds.intake.variants import Variant, read_variant


class Why(StrEnum):
    """Why a marker has no value for a patient."""

    NO_FILE = "the study holds no data of this kind"
    NO_SAMPLE = "the patient has no sample"
    NO_ATTRIBUTE = "the study has no such attribute"
    NO_VALUE = "the attribute is empty"
    TELLS_NOTHING = "the value does not tell it"
    NOT_UNDERSTOOD = "the value was not understood"
    NOT_SEQUENCED = "sample not profiled for mutations"
    NOT_ON_PANEL = "gene not on the sample's panel"
    PANEL_ABSENT = "the sample's gene panel is not in the folder"
    NO_COPY_NUMBER = "sample not profiled for copy number"
    NO_EXPRESSION = "sample not profiled for expression"
    GENE_ABSENT = "gene not in the file"
    UNDECIDED = "variant of undecided origin"
    DISAGREE = "several values that disagree"


@dataclass(frozen=True)
class Called:
    """A marker's value in one sample, or why it has none; `raw` is what was not taken as it stands."""

    value: str | None = None
    why: Why | None = None
    raw: tuple[str, ...] = ()


class SampleCalls:
    """Calls the gene markers of one sample."""

    def __init__(self, study: Study, mapping: StudyMapping, sample: str) -> None:
        self.study, self.mapping, self.sample = study, mapping, sample
        words = mapping.variants
        status = study.samples[sample].get(words.unmatched_attribute, "").strip().lower()
        self._matched = status not in words.unmatched

    def call(self, call: Call) -> Called:
        """The value of one declared call."""
        match call:
            case Suppressor():
                return self._suppressor(call)
            case Activation():
                return self._activation(call)
            case Truncation():
                return self._truncation(call)
            case Amplification():
                return self._amplification(call)
            case ExpressionCall():
                return self._expression(call)

    def variants(self, gene: str) -> list[Variant]:
        """Variants of a gene in this sample that may change its protein."""
        rows = (self.study.variants or {}).get((self.sample, gene), ())
        read = (read_variant(row, self.mapping.variants, self._matched) for row in rows)
        return [variant for variant in read if variant.effect != "none"]

    def not_covered(self, gene: str) -> Why | None:
        """Why the absence of a variant of this gene tells nothing; None if it is negative."""
        study = self.study
        if study.variants is None:
            return Why.NO_FILE
        panels = {study.panel(self.sample, profile) for profile in study.mutation_profiles} - {None}
        if self.sample not in study.sequenced and not study.in_panel_matrix(self.sample):
            return Why.NOT_SEQUENCED
        if not panels or any(gene in study.panel_genes.get(panel or "", ()) for panel in panels):
            return None
        return Why.NOT_ON_PANEL if panels <= set(study.panel_genes) else Why.PANEL_ABSENT

    def level(self, gene: str, deep: float | None = None) -> Level | Called:
        """Copy-number level of a gene; log2 ratios stand before discrete levels."""
        reason = Called(why=Why.NO_FILE)
        for matrix in (self.study.log2, self.study.discrete):
            if matrix is None:
                continue
            cell = self._cell(matrix, gene, Why.NO_COPY_NUMBER)
            level = self._level_of(cell, matrix is self.study.log2, deep) if isinstance(cell, str) else cell
            if isinstance(level, str):
                return level
            reason = level
        return reason

    def _cell(self, matrix: Matrix, gene: str, not_profiled: Why) -> str | Called:
        if self.sample not in matrix.samples:
            return Called(why=not_profiled)
        if gene not in matrix.cells:
            return Called(why=Why.GENE_ABSENT)
        panel = self.study.panel(self.sample, matrix.profile)
        if panel is not None and gene not in self.study.panel_genes.get(panel, (gene,)):
            return Called(why=Why.NOT_ON_PANEL)
        cell = matrix.cells[gene][self.sample]
        if cell is None:
            return Called(why=Why.DISAGREE, raw=(f"{gene}: several rows that differ",))
        return Called(why=not_profiled) if self.mapping.is_blank(cell) else cell.strip()

    def _level_of(self, cell: str, is_log2: bool, deep: float | None) -> Level | Called:
        cuts = self.mapping.copy_number
        if not is_log2:
            level = cuts.discrete.get(cell.removesuffix(".0"))
            return level if level is not None else Called(why=Why.NOT_UNDERSTOOD, raw=(cell,))
        ratio = number(cell)
        if ratio is None:
            return Called(why=Why.NOT_UNDERSTOOD, raw=(cell,))
        if deep is not None and ratio <= deep:
            return "deep"
        if ratio <= cuts.one_copy:
            return "one_copy"
        return "amplified" if ratio >= cuts.amplified else "kept"

    def _suppressor(self, call: Suppressor) -> Called:
        variants, level = self.variants(call.gene), self.level(call.gene, call.deep)
        shown = tuple(variant.shown for variant in variants)
        breaking = [variant for variant in variants if variant.effect == "loss"]
        hit = any(variant.sound for variant in breaking)
        if level == "deep" or (hit and level == "one_copy"):
            return Called(call.values["lost"])
        if hit:
            return Called(call.values["one_hit"], raw=shown if isinstance(level, Called) else ())
        if any(variant.effect == "not_understood" for variant in variants):
            return Called(why=Why.NOT_UNDERSTOOD, raw=shown)
        if breaking:
            return Called(call.values.get("undecided"), Why.UNDECIDED, shown)
        not_covered = self.not_covered(call.gene)
        if not_covered is not None:
            return Called(why=not_covered)
        if isinstance(level, Called):
            return Called(why=level.why, raw=(*level.raw, *shown))
        return Called(call.values["one_hit" if level == "one_copy" else "intact"], raw=shown)

    def _activation(self, call: Activation) -> Called:
        variants = self.variants(call.gene)
        shown = tuple(variant.shown for variant in variants)
        hits = [value for value, names in call.hits.items() if any(one.is_one_of(names) for one in variants)]
        if hits:
            return Called(hits[0], raw=shown if len(hits) > 1 else ())
        if not all(variant.readable for variant in variants):
            return Called(why=Why.NOT_UNDERSTOOD, raw=shown)
        not_covered = self.not_covered(call.gene)
        if not_covered is not None:
            return Called(why=not_covered)
        if "amplified" in call.values and self.level(call.gene) == "amplified":
            return Called(call.values["amplified"], raw=shown)
        return Called(call.values["other" if variants else "none"], raw=shown)

    def _truncation(self, call: Truncation) -> Called:
        variants = [variant for gene in call.genes for variant in self.variants(gene)]
        shown = tuple(variant.shown for variant in variants)
        graded = {_grade(variant, call.population_ids_undecide) for variant in variants}
        for grade in ("germline", "somatic", "unknown_origin"):
            if grade in graded:
                return Called(call.values[grade])
        if "not_understood" in graded:
            return Called(why=Why.NOT_UNDERSTOOD, raw=shown)
        if "undecided" in graded and "undecided" not in call.values:
            return Called(why=Why.UNDECIDED, raw=shown)
        # A weaker finding in one gene leaves open what an unread gene would have shown.
        for gene in call.genes:
            not_covered = self.not_covered(gene)
            if not_covered is not None:
                return Called(why=not_covered, raw=shown)
        grade = next((name for name in ("undecided", "other") if name in graded), "none")
        return Called(call.values[grade], raw=shown)

    def _amplification(self, call: Amplification) -> Called:
        level = self.level(call.gene)
        if isinstance(level, Called):
            return level
        if level != "amplified":
            return Called(call.values["none"])
        together = call.together_with is not None and self.level(call.together_with) == "amplified"
        return Called(call.values["together" if together else "amplified"])

    def _expression(self, call: ExpressionCall) -> Called:
        matrix = self.study.zscores
        if matrix is None:
            return Called(why=Why.NO_FILE)
        cell = self._cell(matrix, call.gene, Why.NO_EXPRESSION)
        if isinstance(cell, Called):
            return cell
        score = number(cell)
        if score is None:
            return Called(why=Why.NOT_UNDERSTOOD, raw=(cell,))
        return Called(call.values["high" if score >= call.high else "none"])


def _grade(variant: Variant, population_ids_undecide: bool) -> str:
    if variant.effect == "uncertain":
        return "other"
    if variant.effect == "not_understood":
        return "not_understood"
    if variant.origin == "not_told":
        return "undecided" if population_ids_undecide and variant.in_population else "unknown_origin"
    return variant.origin
