"""Where a draw starts."""

import torch

from gtn_learners._seeds import stream


def first(generator):
    return float(torch.rand((), generator=generator))


def test_a_seed_has_a_stream_for_each_name():
    assert first(stream(0, "genotype")) == first(stream(0, "genotype"))
    assert len({first(stream(seed, name)) for seed in (0, 1) for name in ("genotype", "mutation")}) == 4


def test_a_generator_is_what_it_is():
    generator = torch.Generator()
    assert stream(generator, "genotype") is generator
