"""Real-data evaluation: which batches it shows, and that they teach as those of gtn-core's real-data arm."""

import pytest
import torch

from gtn_core.errors import ConfigurationError, DataError
from gtn_core.evaluation import RealDataArm
from gtn_core.inner_optimizers import SGD
from gtn_core.seeding import derive_seed
from gtn_nas import NB201Space, RealDataEvaluation

SPACE = NB201Space(channels=2, cells=1)


def test_steps_are_those_of_the_real_data_arm(data):
    evaluate = RealDataEvaluation(data, SPACE, steps=4, batch_size=16, learning_rate=0.05, momentum=0.5, seeds=1)
    genotype = SPACE.sample(seed=2)
    arm = RealDataArm(data.train, 10, 4, 16, SGD(4, 0.05, 0.5, per_step=False), "running")
    network = SPACE.build(genotype, data.image_shape, 10, seed=derive_seed(0, "initial values", 0))
    arm.teach(network, seed=derive_seed(0, "evaluation", 0))
    expected = torch.nn.functional.cross_entropy(network(data.validation.images), data.validation.labels).item()
    assert evaluate(genotype).losses == (pytest.approx(expected, rel=1e-4),)


def test_an_epoch_shows_every_image_once_in_a_new_order(data):
    evaluate = RealDataEvaluation(data, SPACE, epochs=2, subset=50, batch_size=16)
    course = evaluate.course(0)
    assert course.steps == 2 * (50 // 16)
    batches = [course.source(step) for step in range(course.steps)]
    known = {image.numpy().tobytes() for image in evaluate.train.images}
    for epoch in (batches[:3], batches[3:]):
        shown = [image.numpy().tobytes() for batch in epoch for image in batch.images]
        assert len(set(shown)) == 48
        assert set(shown) <= known
    assert not torch.equal(batches[0].images, batches[3].images)
    assert torch.equal(batches[0].images, course.source(0).images)
    assert not torch.equal(batches[0].images, evaluate.course(1).source(0).images)


def test_training_helps(data):
    genotype = SPACE.parse("|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|skip_connect~1|none~2|")
    little, much = (RealDataEvaluation(data, SPACE, steps=n, seeds=1, score="loss")(genotype) for n in (1, 30))
    assert much.score > little.score


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 2, "epochs": 1}, "steps or epochs, not both"),
        ({"subset": 10}, "a subset of 10 images cannot fill a batch of 64"),
        ({"epochs": 0}, "epochs must be at least 1"),
        ({"learning_rate": -1.0}, "learning rate"),
        ({"momentum": 1.5}, "momentum"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(data, options, message):
    with pytest.raises(ConfigurationError, match=message):
        RealDataEvaluation(data, SPACE, **options)
    with pytest.raises(DataError, match="cannot fill a batch"):
        RealDataEvaluation(data, SPACE, batch_size=100_000)
