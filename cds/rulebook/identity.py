"""What a rulebook is: its version and scope, and the words that stand on every output."""

from __future__ import annotations

from cds.rulebook.base import Backed, Citation, Id, Record, Text
from cds.vocabulary import Verification


class Common(Backed):
    """What every option brings with it, shown once beside the table of toxicities."""

    text: Text


class Identity(Record):
    """`rules/rulebook.yaml`: which rulebook this is and what is shown on every output.

    `title` heads pages and reports; `subject` is what is ranked, in the plural ("second-line
    options"); `meaning` says what points are and are not; `predictive_markers` what is known of
    markers that foretell benefit; `review` the publication that the claims are of.
    """

    id: Id
    version: Text
    released: Text
    review_by: Text
    title: Text
    subject: Text
    comparators_title: Text = "Other choices"
    scope: Text
    meaning: Text
    predictive_markers: Text
    common_toxicity: Common | None = None
    review: Citation | None = None
    verification: Verification
