"""The genotypes of NAS-Bench-201."""

from collections import Counter
from itertools import islice

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gtn_core.errors import ConfigurationError, UnknownNameError
from gtn_learners.nb201 import EDGES, OPERATIONS, Genotype, all_genotypes, build_network, mutate, random_genotype

genotypes = st.builds(Genotype, st.tuples(*[st.sampled_from(OPERATIONS)] * 6))


def test_the_form_is_the_benchmarks():
    text = "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|none~1|nor_conv_3x3~2|"
    assert dict(zip(EDGES, Genotype.parse(text).operations, strict=True)) == {
        (0, 1): "avg_pool_3x3",
        (0, 2): "nor_conv_1x1",
        (1, 2): "skip_connect",
        (0, 3): "nor_conv_1x1",
        (1, 3): "none",
        (2, 3): "nor_conv_3x3",
    }
    assert str(Genotype.parse(text)) == text


@given(genotypes)
def test_any_genotype_prints_and_reads_back(genotype):
    assert Genotype.parse(str(genotype)) == genotype


def test_there_are_15625():
    everything = set(all_genotypes())
    assert len(everything) == 15_625
    assert sum(not genotype.connected for genotype in everything) == 341


@pytest.mark.parametrize(
    "text",
    [
        "|none~0|+|none~0|none~1|",
        "|none~0|+|none~1|none~0|+|none~0|none~1|none~2|",
        "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|+",
        "none~0|+|none~0|none~1|+|none~0|none~1|none~2|",
    ],
)
def test_another_form_is_refused(text):
    with pytest.raises(ConfigurationError, match=r"looks like \|op~0\|"):
        Genotype.parse(text)


def test_an_unknown_operation_names_the_nearest():
    with pytest.raises(UnknownNameError, match=r"unknown NB201 operation 'conv_3x3'; did you mean 'nor_conv_3x3'\?"):
        Genotype.parse("|conv_3x3~0|+|none~0|none~1|+|none~0|none~1|none~2|")
    with pytest.raises(ConfigurationError, match="has 6 operations; got 1"):
        Genotype(("none",))


def test_draws_are_uniform():
    generator = torch.Generator().manual_seed(0)
    for drawn in zip(*(random_genotype(generator).operations for _ in range(2000)), strict=True):
        assert all(320 < count < 480 for count in Counter(drawn).values())


def test_mutations_are_uniform_over_the_24_neighbours():
    genotype, generator = random_genotype(0), torch.Generator().manual_seed(0)
    counts = Counter(mutate(genotype, generator) for _ in range(2400))
    assert len(counts) == 24
    assert all(60 < count < 140 for count in counts.values())


@given(genotypes)
def test_pruning_leaves_what_paths_take(genotype):
    """Against a search of all four paths from node 0 to node 3."""
    names = dict(zip(EDGES, genotype.operations, strict=True))
    paths = [[(0, 3)], [(0, 1), (1, 3)], [(0, 2), (2, 3)], [(0, 1), (1, 2), (2, 3)]]
    taken = {edge for path in paths if all(names[edge] != "none" for edge in path) for edge in path}
    pruned = genotype.pruned()
    assert pruned.operations == tuple(names[edge] if edge in taken else "none" for edge in EDGES)
    assert pruned.pruned() == pruned
    assert genotype.connected == bool(taken)


@pytest.mark.parametrize("variant", ["standard", "gtn"])
def test_a_pruned_network_computes_the_same(variant):
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(5, 3, 8, 8, generator=generator)
    prunable = (
        genotype for genotype in iter(lambda: random_genotype(generator), None) if genotype != genotype.pruned()
    )
    for genotype in islice(prunable, 8):
        full, pruned = (
            build_network(g, channels=4, cells=1, classes=3, variant=variant) for g in (genotype, genotype.pruned())
        )
        pruned.load_state_dict(full.state_dict(), strict=False)
        torch.testing.assert_close(pruned(images), full(images))


def test_logits_ignore_the_images_where_nothing_is_connected():
    genotype = Genotype.parse("|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|nor_conv_3x3~2|")
    assert not genotype.connected
    logits = build_network(genotype, channels=4, cells=1, classes=3)(torch.randn(5, 3, 8, 8))
    torch.testing.assert_close(logits, logits[:1].expand(5, 3))
