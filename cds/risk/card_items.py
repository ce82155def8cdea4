"""What a model card has to answer: the predictive-DSI source attributes and the TRIPOD+AI items.

Labels are in our words; `fact` names what of the run or of the declaration answers it. The 31
attributes are those of 45 CFR 170.315(b)(11)(iv)(B); the 52 items those of TRIPOD+AI (2024).
"""

from __future__ import annotations

from typing import NamedTuple


class Item(NamedTuple):
    """One thing to answer, and the names of the facts that answer it."""

    id: str
    label: str
    facts: tuple[str, ...]


def _items(text: str) -> tuple[Item, ...]:
    rows = (line.split(" | ") for line in text.strip().splitlines())
    return tuple(Item(name.strip(), label.strip(), tuple(facts.split())) for name, label, facts in rows)


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


ATTRIBUTES = _items("""
1.1 | Developer and contact | developer
1.2 | Who paid for the technical work | funding
1.3 | What value comes out | output
1.4 | Kind of output | output_kind
2.1 | Intended use | intended_use
2.2 | Intended patients | intended_population
2.3 | Intended users | intended_users
2.4 | Role in a decision | decision_role
3.1 | Tasks, situations and populations to keep away from | out_of_scope cannot_say
3.2 | Known risks and limits | known_risks warnings
4.1 | Who was taken into the training data, and who not | eligibility flow
4.2 | Use of race, ethnicity, language, orientation, gender, sex, age, social facts, health | demographic_use
4.3 | How well the training data stand for people by these | representativeness
4.4 | How the training data relate to where it would be used | relevance
5.1 | What was done so that it is fair | fairness_approach
5.2 | What was done against bias | bias_approach
6.1 | Data and setting of external validation | external_data
6.2 | Who did it | external_party
6.3 | Who the external patients are | external_people
6.4 | How it was done | external_method
7.1 | Validity inside (data of the same source) | validity_inside
7.2 | Fairness inside | subgroups
7.3 | Validity outside | validity_outside
7.4 | Fairness outside | fairness_outside
7.5 | Evaluations of its use on outcomes | use_evaluated
8.1 | How validity is watched over time | monitoring
8.2 | Validity in local data | validity_local
8.3 | How fairness is watched over time | monitoring_fairness
8.4 | Fairness in local data | fairness_local
9.1 | How and how often it is updated | update_schedule
9.2 | How often performance is put right where risks are found | correction_schedule
""")

TRIPOD = _items("""
1 | Title: model, population, outcome | title
2 | Abstract | abstract
3a | Context and reason for the model | context
3b | Target population and purpose in the pathway | intended_population decision_role
3c | Known inequalities between groups | inequalities
4 | Objectives: development, evaluation or both | objectives
5a | Sources of data | training_data training_files
5b | Dates of recruitment and follow-up | data_dates
6a | Setting and centres | setting
6b | Eligibility | eligibility flow
6c | Treatments received | treatments
7 | Preparation of data, also across groups | preparation
8a | Outcome: definition, horizon, how assessed | outcome outcome_definition
8b | Qualifications of outcome assessors, if judgement was needed | outcome_assessors
8c | Blinding of outcome assessment | outcome_blinding
9a | Choice of predictors before modelling | predictor_choice predictor_knowledge
9b | Definition and timing of predictors | predictors
9c | Qualifications of predictor assessors, if judgement was needed | predictor_assessors
10 | Sample size | sample_size
11 | Missing data | missing_data
12a | How data were used: development, evaluation, partition | partition
12b | Handling of predictors: form, scaling, cuts | predictor_forms
12c | Type of model, building, tuning, internal validation | model_type tuning
12d | Differences between clusters (centres) | clusters
12e | Measures of performance and plots | measures
12f | Updating of the model after evaluation | updating
12g | How predictions are computed | computation
13 | Class imbalance | imbalance
14 | Fairness methods | fairness_approach
15 | Output of the model and thresholds | output thresholds
16 | Differences between development and evaluation data | external_data
17 | Ethical approval and consent | ethics
18a | Funding and role of funders | funding
18b | Conflicts of interest | conflicts
18c | Protocol | protocol
18d | Registration | registration
18e | Availability of data | data_availability
18f | Availability of code | code_availability
19 | Involvement of patients and the public | involvement
20a | Flow of participants, follow-up | flow
20b | Characteristics, also by group; missing values | characteristics
20c | Comparison of development and evaluation data | external_people
21 | Participants and events in each analysis | sample_size
22 | The full model, so that others can use it | specification
23a | Performance with intervals, also by group | validity_inside validity_outside subgroups
23b | Differences between clusters | clusters
24 | Results of updating | updating
25 | Interpretation, with earlier studies | comparison interpretation
26 | Limitations | cannot_say warnings known_risks
27a | How to handle poor or missing input | abstention
27b | Whether users must interact, and what they need to know | interaction intended_users
27c | Next steps for research | next_steps
""")

#: Facts that a declaration may tell (`card`); all others come from the run.
DECLARED = _names("""
developer funding intended_use intended_population intended_users decision_role out_of_scope known_risks
training_data setting treatments eligibility relevance fairness_approach bias_approach outcome_definition
outcome_assessors outcome_blinding predictor_assessors predictor_knowledge clusters data_dates context
inequalities ethics conflicts registration data_availability involvement interpretation next_steps
monitoring monitoring_fairness validity_local fairness_local update_schedule correction_schedule use_evaluated
""")
