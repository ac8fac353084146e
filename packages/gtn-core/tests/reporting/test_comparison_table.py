"""The rows that the report and the terminal share."""

import pytest

from gtn_core.errors import RunError
from gtn_core.reporting import comparison_table


def arm(mean):
    return {"mean": mean, "low": mean - 0.01, "high": mean + 0.01, "accuracies": [mean - 0.02, mean + 0.02]}


def test_rows_have_one_order_and_names_for_people():
    arms = {
        "other_arm": arm(0.3),
        "untrained": arm(0.1),
        "real_data": arm(0.8),
        "warm_start": arm(0.7),
        "teacher": arm(0.9),
    }
    rows = comparison_table({"arms": arms})
    labels = ["teacher", "real data, equal steps", "warm start alone", "untrained generator", "other arm"]
    assert [row.label for row in rows] == labels
    assert (rows[0].percent, rows[0].interval) == ("90.0 %", "89.0 to 91.0 %")
    assert rows[0].accuracies == (0.88, 0.92)


def test_transductive_figures_say_so():
    assert comparison_table({"arms": {"teacher": arm(0.9)}}, transductive=True)[0].label == "teacher (transductive)"


def test_a_damaged_evaluation_is_refused():
    with pytest.raises(RunError, match=r"the evaluation is damaged: arms\.teacher\.mean is 'high'"):
        comparison_table({"arms": {"teacher": {**arm(0.5), "mean": "high"}}})
