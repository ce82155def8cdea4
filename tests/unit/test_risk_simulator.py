"""The invented registry: known effects are found again, and confounding shows what it does to them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cds.errors import InputError
from cds.risk.declaration import read_declaration
from cds.risk.estimators import cox
from cds.risk.features import encode, names
from cds.risk.metrics import Observed
from cds.risk.simulator import Simulation, as_csv, read_simulation, simulate, true_effects

FOLDER = Path(__file__).resolve().parents[2] / "models" / "SIMULATED-regimen"
#: Stated error: log hazard ratios of 12,000 invented patients are found to within this.
ERROR = 0.12
ARMS = ("o02", "o03", "o04")


@pytest.fixture(scope="module")
def plan() -> Simulation:
    return read_simulation(FOLDER / "simulation.yaml")


def found(plan: Simulation, confounding: str, leave_out: tuple[str, ...] = ()) -> dict[str, float]:
    """Effects as a Cox model of the declared features finds them."""
    registry = simulate(plan.model_copy(update={"confounding": confounding, "patients": 12_000}))
    features = read_declaration(FOLDER / "declaration.yaml").features
    kept = [feature for feature in features if feature.id not in leave_out]
    fitted = cox(encode(kept, registry.patients), Observed(registry.time, registry.event), 6, 1e-6, 0)
    return dict(zip(names(kept), fitted.coef.tolist(), strict=True))


@pytest.mark.parametrize("confounding", ["none", "measured"])
def test_known_effects_are_found_again(plan, confounding):
    """Drawn by lot, or chosen for a reason that is in the file and in the model."""
    effects, truth = found(plan, confounding), true_effects(plan)
    assert {name: abs(effects[name] - value) < ERROR for name, value in truth.items()} == dict.fromkeys(
        truth, True
    )


def test_a_reason_for_the_choice_left_out_of_the_model_biases_it(plan):
    """Frail patients are drawn to O03 and O04; without frailty in the model these look worse."""
    adjusted, naive = found(plan, "measured"), found(plan, "measured", ("ecog_2",))
    assert naive["o03"] - adjusted["o03"] > 0.08 and naive["o04"] - adjusted["o04"] > 0.03


def test_a_reason_that_is_not_in_the_file_can_turn_an_effect(plan):
    """O03 truly helps a little; confounded by what nobody wrote down it looks harmful."""
    truth, effects = true_effects(plan), found(plan, "unmeasured")
    assert truth["o03"] < 0 < effects["o03"] - 0.3
    assert max(abs(effects[arm] - truth[arm]) for arm in ARMS) > 4 * ERROR


def test_the_anchor_is_the_published_figure(plan):
    """45 % of the sorafenib arm without progression at 6 months, over all invented patients."""
    registry = simulate(plan)
    assert registry.true_risk["O01"].mean() == pytest.approx(0.55, abs=1e-9)


def test_true_risks_follow_the_true_effects(plan):
    """Two given by hand: the arms differ as the hazard ratio says."""
    registry = simulate(plan.model_copy(update={"patients": 500}))
    rate = {arm: -np.log1p(-risk) for arm, risk in registry.true_risk.items()}
    rb1 = registry.patients.columns["rb1"] == "lost"
    vegfa = registry.patients.columns["vegfa_cn"]
    assert np.allclose(np.log(rate["O04"] / rate["O01"])[vegfa == "not_amplified"], 0.30)
    assert np.allclose(np.log(rate["O03"] / rate["O01"])[rb1 & (vegfa == "not_amplified")], 0.60)
    assert np.allclose(np.log(rate["O04"] / rate["O01"])[vegfa == "amplified"], 0.70)


def test_what_the_file_does_not_tell_still_has_its_effect(plan):
    """Half the difference is not lost: untold RB1 lies between lost and intact under O03."""
    registry = simulate(plan.model_copy(update={"patients": 6000}))
    risk, rb1 = registry.true_risk["O03"], registry.patients.columns["rb1"]
    untold = np.array([value is None for value in rb1])
    assert 0.3 < untold.mean() < 0.4
    assert risk[rb1 == "intact"].mean() < risk[untold].mean() < risk[rb1 == "lost"].mean()


def test_the_same_plan_draws_the_same_registry(plan):
    small = plan.model_copy(update={"patients": 200})
    assert as_csv(simulate(small)) == as_csv(simulate(small))
    assert as_csv(simulate(small)) != as_csv(simulate(small.model_copy(update={"seed": 1})))


def test_ids_and_values_are_plainly_invented(plan):
    text = as_csv(simulate(plan.model_copy(update={"patients": 50})))
    header, *rows = text.splitlines()
    assert header.startswith("id,") and header.endswith("regimen,progression_months,progressed")
    assert len(rows) == 50 and all(row.startswith("SIM-") for row in rows)


def test_a_faulty_plan_is_refused_with_its_line(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text("patients: 10\nseed: x\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"s\.yaml:2"):
        read_simulation(path)
