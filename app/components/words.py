"""Words of the app in one place, so that they can be read without reading code."""

TITLE = "Everolimus options in osteosarcoma"
NOT_TESTED = "Not tested"
NOT_ENTERED = "Not entered"
NO_CASE = "No case is ranked yet. Enter a patient on page 1, or try an example on the start page."
NOTHING_OPEN = "No case open"
CHANGED = "The form was changed after this ranking. What is shown belongs to the ranking of {time}."
WHAT_IF = "WHAT IF: not the patient's data. It can't be saved as a case or exported as a report."
VALUES, WEIGHTS = "Other values", "Other weights"
YOUR_WEIGHTS = "YOUR WEIGHTS: not the order of the rulebook."
FOLDED = (
    "Meeting mode: the ranking is shown once the board has written down its own leading option, or has said "
    "that it has none yet."
)
NONE_TESTED = (
    "No tumour marker is tested: the order reflects the evidence of the regimens and what else was entered."
)
UNDER_AGE_CODE = "outside_trial_age"
UNDER_AGE = (
    "Paediatric board: younger than anybody in the trial, so less is known than for an adult. What stands "
    "here is for discussion by a paediatric sarcoma board."
)
TOXICITY_FOLDED = "Toxicity that the ranked options share is shown once the board has said its own view."
SECTIONS = {
    "scope": "Diagnosis",
    "clinical": "Person, course and drugs",
    "safety": "Safety facts",
    "tumour": "Tumour markers",
    "record": "For the record",
}
LABEL_RULE = "no names, no dates of birth"
LABEL_HELP = "A pseudonym such as OS-0042, by which the board finds the case again."
IS_PSEUDONYM = "It is a pseudonym all the same"
POLICIES = {"checked": "Checked", "as_published": "As published"}
IT_IS = (
    "It orders the everolimus options that one review names, by published evidence and this "
    "patient's markers.",
    "Beside each option it says what it rests on, what speaks against it, what is not known, what stops it.",
    "It shows the review as written and as checked: claims that did not stand count nothing when checked.",
)
IT_IS_NOT = (
    "It is no medical device and gives no advice. Nothing here is a chance of benefit.",
    "No marker is known to foretell benefit from everolimus here; no clinician has signed the rules.",
    "It knows everolimus options only. What else a board may choose is shown beside them, never ranked.",
)
STATEMENT = (
    "For professionals who prepare or attend a tumour board, for research and discussion only. Entries are "
    "pseudonymous: no names, no dates of birth. Whoever treats decides, and answers for it."
)
ACCEPT = "I have read this"


def values(count: int) -> str:
    """`1 value`, `4 values`."""
    return "1 value" if count == 1 else f"{count} values"
