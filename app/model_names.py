"""The risk models on the shelf, as the app names them."""

from __future__ import annotations

from cds.risk.model import RiskModel
from cds.risk.shelf import named, read_record, shelved
from cds.rulebook.book import Rulebook


def model_titles() -> dict[str, str]:
    """`ID@VERSION` -> what the model is, for every model on the shelf; simulated ones last."""
    declared = [read_record(folder).manifest.declaration for folder in shelved()]
    ordered = sorted(declared, key=lambda one: (one.id.startswith("SIMULATED"), one.id))
    return {f"{one.id}@{one.version}": f"{one.title} ({one.id} {one.version})" for one in ordered}


def named_model(name: str, book: Rulebook) -> RiskModel:
    """A model by `ID@VERSION`, checked whole before it is used; CdsError if it is refused."""
    return named(name, book)[0]
