"""Words of the app in one place, so that they can be read without reading code."""

TITLE = "Everolimus options in osteosarcoma"
NOT_TESTED = "Not tested"
NOT_ENTERED = "Not entered"
NO_CASE = "No case is ranked yet. Enter a patient on page 1, or try the example."
CHANGED = "The form was changed after this ranking. What is shown here belongs to the ranking of {time}."
SECTIONS = {
    "scope": "Diagnosis",
    "clinical": "Person, course and drugs",
    "safety": "Safety facts",
    "tumour": "Tumour markers",
    "record": "For the record",
}
LABEL_HELP = "A pseudonym such as OS-0042. No names, no dates of birth."
