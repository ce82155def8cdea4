"""What a rulebook is: its version and scope, and the words that stand on every output."""

from __future__ import annotations

from cds.rulebook.base import Backed, Citation, Id, Record, Text
from cds.vocabulary import Verification


class Common(Backed):
    """What every option brings with it, shown once beside the table of toxicities.

    Attributes:
        text: The toxicity, in one sentence.
    """

    text: Text


class Identity(Record):
    """`rules/rulebook.yaml`: which rulebook this is and what is shown on every output.

    `title` heads pages and reports; `subject` is what is ranked, in the plural ("second-line
    options"); `meaning` says what points are and are not; `predictive_markers` what is known of
    markers that foretell benefit; `review` the publication that the claims are of.

    Attributes:
        id: Name of the rulebook.
        version: Its version; raised with every change.
        released: Date of this version.
        review_by: Date after which it counts as old.
        title: Heading of pages and reports.
        subject: What is ranked, in the plural, such as second-line options.
        comparators_title: Heading of the other choices.
        meaning: What points are and what they are not; printed on every output.
        scope: For whom it speaks and for whom not; printed on every output.
        predictive_markers: What is known of predictive markers; printed on every output.
        common_toxicity: What every option brings with it.
        review: The publication whose claims it holds.
        verification: What our check of the above found.
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
