import json

import nni
import pytest

from gtn_core.errors import ConfigurationError, UnknownNameError
from gtn_nas import Score
from gtn_nas.evaluation import EvaluationSettings
from gtn_nas.nni import LOWEST, trial
from gtn_nas.strategies import find_coding


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What NNI is told; NNI itself chooses a cell of 3x3 convolutions."""
    found: list[float] = []
    monkeypatch.setattr(nni, "get_next_parameter", lambda: dict.fromkeys(find_coding("nb201").choices, "nor_conv_3x3"))
    monkeypatch.setattr(nni, "report_final_result", found.append)
    return found


def test_a_trial_teaches_what_nni_chose_and_reports_the_score(
    reported: list[float], capsys: pytest.CaptureFixture[str]
):
    trial.command(teacher="digits", space="nb201", channels=2, seeds=1)
    told = json.loads(capsys.readouterr().out)
    assert reported == [told["score"]]
    assert 0.1 < told["score"] <= 1.0
    assert told["genotype"].count("nor_conv_3x3") == 6


def test_a_diverged_trial_reports_the_lowest_number(reported: list[float], monkeypatch: pytest.MonkeyPatch):
    diverged = Score.of([float("nan")], seconds=0.0)
    monkeypatch.setattr(EvaluationSettings, "build", lambda self: lambda genotype: diverged)
    trial.command(teacher="digits", space="nb201")
    assert reported == [LOWEST]


def test_a_genotype_of_another_space_is_one_clear_line(reported: list[float]):
    with pytest.raises(ConfigurationError, match="a genotype of the search space nb201, not of nao"):
        trial.command(teacher="digits", space="nao", filters=2)
    assert not reported


def test_the_search_space_of_an_experiment_is_printed(capsys: pytest.CaptureFixture[str]):
    trial.command(space="nb201", print_search_space=True)
    printed = json.loads(capsys.readouterr().out)
    assert printed["edge_0_1"] == {"_type": "choice", "_value": list(find_coding("nb201").choices["edge_0_1"])}
    with pytest.raises(UnknownNameError, match="did you mean 'nb201'"):
        trial.command(space="nb21", print_search_space=True)
