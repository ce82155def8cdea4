"""The sentences that stand on every page, file and report."""

RESEARCH_ONLY = "RESEARCH ONLY: not for treatment decisions"
NOT_A_CHANCE = (
    "Points order what published evidence says about everolimus options; "
    "they are not a chance of benefit and not advice."
)
NO_MODEL = "No risk model was used."
