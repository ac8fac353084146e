import nni
import pytest
from nni.nas.evaluator import FunctionalEvaluator
from nni.nas.execution import SequentialExecutionEngine
from nni.nas.nn.pytorch import ModelSpace
from nni.nas.space import SimplifiedModelSpace

from gtn_core.errors import UnknownNameError
from gtn_nas.nni import TPEStrategy, new_strategy
from gtn_nas.search import STRATEGIES
from gtn_nas.strategies import genotype_of


def proposals(new_experiment, convolutions, strategy, trials: int, **arguments: str) -> list[str]:
    asked: list[str] = []

    def evaluation(genotype: object):
        asked.append(str(genotype))
        return convolutions(genotype)

    experiment = new_experiment(evaluation, strategy, trials, **arguments)
    experiment.run()
    experiment.stop()
    return asked


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("name", STRATEGIES)
def test_the_same_seed_makes_the_same_proposals_none_of_them_twice(name: str, new_experiment, convolutions):
    """A search is resumed by doing it again, so this has to hold for each of them."""
    first, again, other = (
        proposals(new_experiment, convolutions, new_strategy(name, "nb201", seed), 26) for seed in (0, 0, 1)
    )
    assert first == again != other
    assert len(set(first)) == 26


@pytest.mark.parametrize("name", ["evolution", "tpe"])
def test_strategies_climb(name: str, new_experiment, convolutions):
    """NNI's own TPE minimizes; ours must not."""
    experiment = new_experiment(convolutions, new_strategy(name, "nb201", 0), 50)
    experiment.run()
    experiment.stop()
    models = list(experiment.strategy.list_models(sort=False))
    counts = [str(genotype_of(model.sample)).count("nor_conv_3x3") for model in models]
    assert sum(counts[-20:]) > sum(counts[:20]) + 5


def test_an_exhausted_space_ends_tpe():
    class Switch(ModelSpace):
        def __init__(self) -> None:
            super().__init__()
            for label in "ab":
                self.add_mutable(nni.choice(label, [0, 1, 2]))

    evaluator = FunctionalEvaluator(lambda model: nni.report_final_result(1.0))
    engine = SequentialExecutionEngine(max_model_count=50)
    TPEStrategy()(SimplifiedModelSpace.from_model(Switch(), evaluator), engine)
    found = [tuple(model.sample.values()) for model in engine.list_models()]
    assert len(found) == len(set(found)) == 9


def test_a_misspelt_strategy_is_told_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'random'"):
        new_strategy("randon", "nb201", 0)
