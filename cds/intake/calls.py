"""How a study's molecular data are called as markers: the records of a mapping's `calls`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cds.rulebook.base import Flag, MarkerId, Record, Text
from cds.rulebook.markers import Decimal


class _Call(Record):
    """One marker that is called from a study's molecular data.

    Attributes:
        marker: The marker it fills.
        values: The marker's value for each state.
    """

    marker: MarkerId
    values: dict[Text, Text]

    @property
    def reads(self) -> tuple[str, ...]:
        """The genes the call reads."""
        raise NotImplementedError

    @property
    def gives(self) -> tuple[str, ...]:
        """The marker values the call can give."""
        return tuple(self.values.values())


class _OneGene(_Call):
    """A call from one gene.

    Attributes:
        gene: The gene's symbol.
    """

    gene: Text

    @property
    def reads(self) -> tuple[str, ...]:
        """The gene of the call."""
        return (self.gene,)


class Suppressor(_OneGene):
    """Copy number and breaking variants of one gene together: lost, one hit, intact.

    Attributes:
        kind: Which call it is.
        deep: Log2 ratio at or below which both copies are lost.
    """

    kind: Literal["suppressor"]
    deep: Decimal


class Activation(_OneGene):
    """Named codons (`E545`) or changes (`E545K`) of one gene, each list giving a value.

    Attributes:
        kind: Which call it is.
        hits: For each value the codons or changes that give it.
    """

    kind: Literal["activation"]
    hits: dict[Text, tuple[Text, ...]] = Field(min_length=1)

    @property
    def gives(self) -> tuple[str, ...]:
        """Values of the lists, then the declared ones."""
        return (*self.hits, *self.values.values())


class Truncation(_Call):
    """Breaking variants in any of several genes, with their origin.

    Attributes:
        kind: Which call it is.
        genes: The genes' symbols.
        population_ids_undecide: Whether an identifier of a population database leaves a variant open.
    """

    kind: Literal["truncation"]
    genes: tuple[Text, ...] = Field(min_length=1)
    population_ids_undecide: Flag = False

    @property
    def reads(self) -> tuple[str, ...]:
        """The genes of the call."""
        return self.genes


class Amplification(_OneGene):
    """Amplification of one gene, alone or together with another.

    Attributes:
        kind: Which call it is.
        together_with: A gene whose amplification is a value of its own.
    """

    kind: Literal["amplification"]
    together_with: Text | None = None

    @property
    def reads(self) -> tuple[str, ...]:
        """The gene and the one it may be amplified together with."""
        return (self.gene, self.together_with) if self.together_with else (self.gene,)


class ExpressionCall(_OneGene):
    """A z-score that stands in for high expression from a cut-off on.

    Attributes:
        kind: Which call it is.
        high: z-score from which expression is high.
    """

    kind: Literal["expression"]
    high: Decimal


Call = Annotated[
    Suppressor | Activation | Truncation | Amplification | ExpressionCall, Field(discriminator="kind")
]
