"""GTN evaluation against gtn-core's few-step accuracy of the same networks."""

from math import inf
from statistics import fmean

import pytest
import torch
import torch.nn.functional as F

from gtn_core import few_step_accuracy
from gtn_core.data import Normalization
from gtn_core.errors import ConfigurationError, TeacherError, UnknownNameError
from gtn_core.evaluation import accuracy_curve
from gtn_core.seeding import derive_seed
from gtn_nas import GTNEvaluation


def family_of(space, genotype, seed=0):
    """The networks of an evaluation as a learner family: one a call, in the order of the seeds."""
    index = iter(range(100))

    def build(image_shape, classes, generator):
        return space.build(
            space.parse(genotype), image_shape, classes, seed=derive_seed(seed, "initial values", next(index))
        )

    return build


@pytest.mark.parametrize("mode", [None, "running", "batch"])
def test_agrees_with_few_step_accuracy(space, genotypes, teacher, data, mode, monkeypatch):
    found = GTNEvaluation(teacher, data, space, seeds=2, batch_norm=mode, steps=4)(genotypes[space.name])
    if mode:
        monkeypatch.setattr(teacher, "batch_norm", mode)
    family = family_of(space, genotypes[space.name])
    expected = few_step_accuracy(teacher, family, data, count=2, split="validation", steps=4)
    assert found.accuracies == pytest.approx(expected.accuracies, abs=1.01 / len(data.validation))
    assert found.score == fmean(found.accuracies)
    assert found.status == "ok"


def test_the_area_is_that_under_the_curve(space, genotypes, teacher, data):
    found = GTNEvaluation(teacher, data, space, seeds=1, score="area", steps=4)(genotypes[space.name])
    family = family_of(space, genotypes[space.name])
    curve = accuracy_curve(teacher, family, data, count=1, split="validation", steps=4)
    assert found.areas == (pytest.approx(fmean(point.mean for point in curve[1:]), abs=0.01),)
    assert found.score == found.areas[0]


def test_loss_is_negated(space, genotypes, teacher, data):
    found = GTNEvaluation(teacher, data, space, seeds=2, score="loss", steps=2)(genotypes[space.name])
    assert found.score == pytest.approx(-fmean(found.losses))
    assert found.score < 0


def test_the_training_loss_is_that_of_every_batch_before_its_step(space, genotypes, teacher, data):
    found = [GTNEvaluation(teacher, data, space, seeds=1, score="training_loss", steps=steps) for steps in (1, 2)]
    one, two = (evaluate(genotypes[space.name]) for evaluate in found)
    network = space.build(
        genotypes[space.name], data.image_shape, data.classes, seed=derive_seed(0, "initial values", 0)
    )
    images, labels = teacher.batches()[0]
    expected = F.cross_entropy(network.train()(images), labels).item()
    assert one.training_losses == (pytest.approx(expected, rel=1e-4),)
    assert one.score == -one.training_losses[0]
    assert two.score > one.score  # a step of learning later


def test_the_same_genotype_has_the_same_score(space, teacher, data):
    evaluate = GTNEvaluation(teacher, data, space, seeds=1, steps=2)
    genotype = space.sample(seed=1)
    assert evaluate(genotype).losses == evaluate(str(genotype)).losses
    assert GTNEvaluation(teacher, data, space, seeds=1, steps=2, seed=1)(genotype).losses != evaluate(genotype).losses


@pytest.mark.parametrize("curriculum", ["full", "fixed", "none", "all_shuffled", "shuffled_batches", "closed_loop"])
def test_batches_are_rendered_once(space, new_teacher, data, curriculum, monkeypatch):
    made = new_teacher(curriculum=curriculum)
    evaluate = GTNEvaluation(made, data, space, seeds=2, images=20)
    shown = []
    monkeypatch.setattr(
        made.generator, "forward", lambda *codes, show=made.generator.forward: shown.append(show(*codes)) or shown[-1]
    )
    scores = [evaluate(space.sample(seed=seed)) for seed in range(2)]
    assert len(shown) == (2 * 2 * made.steps if curriculum == "closed_loop" else 0)
    assert len({score.losses for score in scores}) == 2


def test_a_diverged_genotype_ranks_below_every_other(space, genotypes, new_teacher, data):
    made = new_teacher()
    with torch.no_grad():
        made.inner_optimizer.learning_rate.raw.fill_(80.0)
    for score in ("accuracy", "loss", "area", "training_loss"):
        found = GTNEvaluation(made, data, space, seeds=1, score=score)(genotypes[space.name])
        assert (found.score, found.status) == (-inf, "diverged")


def test_judges_a_subset_in_the_teachers_normalisation(space, genotypes, teacher, data):
    evaluate = GTNEvaluation(
        teacher, data.normalized_by(Normalization((0.0,), (1.0,))), space, seeds=1, images=30, steps=3
    )
    assert len(evaluate.judged) == 30
    same = GTNEvaluation(teacher, data, space, seeds=1, images=30, steps=3)
    assert evaluate(genotypes[space.name]).losses == pytest.approx(same(genotypes[space.name]).losses, rel=1e-3)


def test_can_be_stopped_after_every_step(space, teacher, data):
    done = []
    GTNEvaluation(teacher, data, space, seeds=2, steps=3, on_step=lambda: done.append(1))(space.sample())
    assert len(done) == 6


def test_what_does_not_fit_is_refused(space, teacher, data):
    with pytest.raises(UnknownNameError, match="did you mean 'accuracy'"):
        GTNEvaluation(teacher, data, space, score="acuracy")
    with pytest.raises(UnknownNameError, match="batch-norm mode"):
        GTNEvaluation(teacher, data, space, batch_norm="last")
    for wrong in ({"seeds": 0}, {"images": 0}, {"steps": 0}):
        with pytest.raises(ConfigurationError, match="must be at least 1; got 0"):
            GTNEvaluation(teacher, data, space, **wrong)
    with pytest.raises(ConfigurationError, match="a curriculum of 10 steps has no step 11"):
        GTNEvaluation(teacher, data, space, steps=11)
    wide = type(data)(
        *(type(data.train)(split.images.repeat(1, 3, 1, 1), split.labels) for split in (data.train,) * 3),
        normalization=Normalization((0.0,) * 3, (1.0,) * 3),
        class_names=data.class_names,
        source="colours",
    )
    with pytest.raises(TeacherError, match="this teacher is for images"):
        GTNEvaluation(teacher, wide, space)
