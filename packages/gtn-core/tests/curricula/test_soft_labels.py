import pytest
import torch

from gtn_core.curricula import CURRICULA, CodeSequence, SoftLabels

SEQUENCES = [name for name, curriculum in CURRICULA.items() if issubclass(curriculum, CodeSequence)]


@pytest.mark.parametrize("classes", [2, 3, 10, 1000])
def test_the_right_class_starts_with_a_clear_majority_and_the_others_alike(classes):
    labels = torch.arange(12).view(3, 4) % classes
    probabilities = SoftLabels(labels, classes)(slice(0, 12)).detach()
    right = probabilities.gather(1, labels.flatten()[:, None])
    torch.testing.assert_close(right, torch.full((12, 1), 0.9))
    torch.testing.assert_close(probabilities.sum(1), torch.ones(12))
    assert probabilities.min() == pytest.approx(0.1 / (classes - 1), rel=1e-4)


def test_a_single_class_is_certain():
    assert torch.equal(SoftLabels(torch.zeros(2, 2).long(), 1)(slice(0, 4)), torch.ones(4, 1))


@pytest.mark.parametrize("name", SEQUENCES)
def test_a_label_goes_with_its_code_wherever_the_curriculum_puts_it(name):
    curriculum = CURRICULA[name](4, 3, 2, 5)
    soft = SoftLabels(curriculum.labels_TB, 5)
    torch.nn.init.normal_(soft.logits_TBK)
    everywhere = soft(slice(0, 12))
    for step in range(4):
        codes, _ = curriculum(step, seed=7)
        probabilities = soft(curriculum.places(step, seed=7))
        for code, found in zip(codes, probabilities, strict=True):
            (place,) = (curriculum.codes_TBZ.flatten(0, 1) == code).all(1).nonzero().flatten().tolist()
            assert torch.equal(found, everywhere[place])
