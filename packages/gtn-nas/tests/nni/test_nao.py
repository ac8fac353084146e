from collections.abc import Callable

import nni
import pytest
from nni.nas.evaluator import FunctionalEvaluator
from nni.nas.execution import SequentialExecutionEngine
from nni.nas.nn.pytorch import ModelSpace
from nni.nas.space import SimplifiedModelSpace

from gtn_core.errors import ConfigurationError
from gtn_nas.nni import GenotypeModelSpace, GTNEvaluator, NAOStrategy
from gtn_nas.strategies import genotype_of

pytestmark = pytest.mark.usefixtures("hasty")


def run(strategy: NAOStrategy, evaluation: Callable, trials: int) -> list[str]:
    engine = SequentialExecutionEngine(max_model_count=trials)
    strategy(SimplifiedModelSpace.from_model(GenotypeModelSpace("nb201"), GTNEvaluator(evaluation)), engine)
    return [str(genotype_of(model.sample)) for model in engine.list_models()]


@pytest.mark.parametrize("trials", [4, 9])
def test_a_resumed_strategy_makes_the_proposals_of_one_that_was_never_stopped(trials: int, convolutions):
    undisturbed = run(NAOStrategy(initial=6, generation=4), convolutions, 14)
    stopped, resumed = NAOStrategy(initial=6, generation=4), NAOStrategy(initial=6, generation=4)
    first = run(stopped, convolutions, trials)
    resumed.load_state_dict(stopped.state_dict())
    assert first + run(resumed, convolutions, 14 - trials) == undisturbed


def test_nni_resumes_an_experiment_with_it(new_experiment, convolutions):
    """NNI writes the checkpoint, and reads it after it has given the strategy its model space."""
    undisturbed = run(NAOStrategy(initial=6, generation=4), convolutions, 12)
    first = new_experiment(convolutions, NAOStrategy(initial=6, generation=4), 7)
    first.run()
    first.stop()
    second = new_experiment(convolutions, NAOStrategy(initial=6, generation=4), 12, id=first.id)
    second.resume()
    second.stop()
    again = [str(genotype_of(model.sample)) for model in second.strategy.list_models(sort=False)]
    assert again == undisturbed[7:]


class Widths(ModelSpace):
    """A model space of somebody else's."""

    def __init__(self, mutable):
        super().__init__()
        self.add_mutable(mutable)


def test_any_model_space_of_choices_will_do_and_one_of_numbers_is_refused():
    engine = SequentialExecutionEngine(max_model_count=10)
    evaluator = FunctionalEvaluator(lambda model: nni.report_final_result(1.0))
    NAOStrategy()(SimplifiedModelSpace.from_model(Widths(nni.choice("width", [8, 16, 32])), evaluator), engine)
    assert sorted(model.sample["width"] for model in engine.list_models()) == [8, 16, 32]
    numbers = SimplifiedModelSpace.from_model(Widths(nni.uniform("rate", 0, 1)), evaluator)
    with pytest.raises(ConfigurationError, match="rate is"):
        NAOStrategy()(numbers, SequentialExecutionEngine(max_model_count=1))


def test_a_trial_that_fails_is_not_proposed_again():
    engine = SequentialExecutionEngine(max_model_count=10, continue_on_failure=True)

    def failing(model: object) -> None:
        raise ValueError("no score")

    strategy = NAOStrategy()
    space = SimplifiedModelSpace.from_model(Widths(nni.choice("width", [8, 16])), FunctionalEvaluator(failing))
    strategy(space, engine)
    assert len(list(engine.list_models())) == 2


def test_before_nni_gives_it_a_model_space_it_has_nothing_to_optimize():
    with pytest.raises(ConfigurationError, match="nothing to optimize"):
        _ = NAOStrategy().optimizer
