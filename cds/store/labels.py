"""The label guard: a label that looks like a name or a date of birth is held back.

It errs on the side of asking: whoever saves can say that the label is a pseudonym all the same.
"""

from __future__ import annotations

import re
import unicodedata

MAX_LABEL = 80
#: Words that are no names; a label made only of them, digits and codes passes.
PLAIN_WORDS = frozenset(
    [
        *("adolescent", "adult", "all", "board", "case", "child", "cohort", "conflict", "demo", "drug"),
        *("elderly", "example", "female", "first", "for", "high", "hypertension", "id", "in", "invented"),
        *("itraconazole", "local", "lost", "low", "lung", "male", "meeting", "metastatic", "new", "no"),
        *("not", "nr", "of", "old", "on", "one", "operation", "os", "osteosarcoma", "patient", "phosphate"),
        *("planned", "pregnant", "progressed", "pseudonym", "pt", "refractory", "relapse", "relapsed"),
        *("resectable", "sample", "second", "sorafenib", "study", "subject", "surgery", "test", "third"),
        *("tumor", "tumour", "two", "typical", "unknown", "unnamed", "unresectable", "with", "woman"),
        *("young",),
    ]
)
TITLES = frozenset(
    ("mr", "mrs", "ms", "miss", "dr", "prof", "herr", "frau", "fru", "monsieur", "madame", "sig")
)
DATES = re.compile(
    r"(?<!\d)("
    r"\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./ ]\d{1,2}[-./ ](?:19|20)?\d{2}"
    r"|(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    r"|(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)\d{2}"
    r")(?!\d)",
    re.ASCII,
)
MONTHS = re.compile(
    r"(?<![a-z])\d{1,2}[-. ]*(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[-. ]*(19|20)?\d{2}(?!\d)"
)


def label_fault(label: str) -> str | None:
    """What is wrong with a label whoever says what: None if it can be stored."""
    if not label.strip():
        return "the label is empty"
    if len(label) > MAX_LABEL:
        return f"the label is longer than {MAX_LABEL} characters"
    if not label.isprintable() or any(unicodedata.category(sign) in ("Cf", "Cc") for sign in label):
        return "the label holds signs that can't be seen"
    return None


def looks_personal(label: str) -> str | None:
    """Why a label looks like a name or a date of birth; None if it does not."""
    plain = unicodedata.normalize("NFKC", label).strip()
    if DATES.search(plain) or MONTHS.search(plain.lower()):
        return "it looks like a date, perhaps of birth"
    if "@" in plain:
        return "it looks like an e-mail address"
    words = [word for word in re.split(r"[\W\d_]+", plain) if word]
    if any(word.lower() in TITLES for word in words):
        return "it holds a form of address"
    if any(_is_name(word) for word in words):
        return "it looks like a name"
    if len(words) >= 2 and not any(sign.isdigit() for sign in plain) and _unusual(words):
        return "it looks like a name"
    return None


def _is_name(word: str) -> bool:
    """A word as names are written: a capital and small letters; short codes in capitals are none."""
    return len(word) >= 3 and word[0].isupper() and not word.isupper() and word.lower() not in PLAIN_WORDS


def _unusual(words: list[str]) -> bool:
    return sum(len(word) >= 2 and word.lower() not in PLAIN_WORDS for word in words) >= 2
