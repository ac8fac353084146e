"""The genotypes of the NAO search space."""

from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gtn_core.errors import ConfigurationError
from gtn_learners.nao import OPERATIONS, Genotype, mutate, random_genotype
from gtn_learners.nao._genotype import CHOICES, terms_of

cells = st.tuples(*(st.integers(0, choices - 1) for choices in CHOICES))
genotypes = st.builds(Genotype, cells, cells)


def test_there_are_eleven_operations_and_five_nodes():
    assert len(OPERATIONS) == len(set(OPERATIONS)) == 11
    assert CHOICES == (2, 11, 2, 11, 3, 11, 3, 11, 4, 11, 4, 11, 5, 11, 5, 11, 6, 11, 6, 11)


@given(genotypes)
def test_any_genotype_prints_and_reads_back(genotype):
    text = str(genotype)
    assert Genotype.parse(text) == genotype
    assert [int(word) for word in text.split(" ")] == [*genotype.normal, *genotype.reduction]


@given(genotypes)
def test_terms_are_a_cells_numbers_in_words(genotype):
    terms = terms_of(genotype.normal)
    assert len(terms) == 10
    flat = [number for source, operation in terms for number in (source, OPERATIONS.index(operation))]
    assert tuple(flat) == genotype.normal


@pytest.mark.parametrize(
    ("place", "number", "message"),
    [
        (0, 2, "node 0 of the normal cell: input a must be from 0 to 1; got 2"),
        (1, 11, "node 0 of the normal cell: operation a must be from 0 to 10; got 11"),
        (18, 6, "node 4 of the normal cell: input b must be from 0 to 5; got 6"),
        (27, 99, "node 1 of the reduction cell: operation b must be from 0 to 10; got 99"),
    ],
)
def test_a_number_out_of_its_range_is_refused(place, number, message):
    numbers = [0] * 40
    numbers[place] = number
    with pytest.raises(ConfigurationError, match=message):
        Genotype.parse(" ".join(map(str, numbers)))


@pytest.mark.parametrize(
    "text", ["0 " * 39, "0 " * 41, "0 " * 39 + "-1", "0," * 40, "0 " * 39 + "x", "0 " * 39 + "1.0"]
)
def test_another_form_is_refused(text):
    with pytest.raises(ConfigurationError, match="a NAO genotype is 40 numbers with spaces between them"):
        Genotype.parse(text)


def test_a_cell_of_another_length_is_refused():
    with pytest.raises(ConfigurationError, match="a NAO cell has 20 numbers; the reduction cell has 19"):
        Genotype((0,) * 20, (0,) * 19)


def test_draws_are_uniform():
    generator = torch.Generator().manual_seed(0)
    genotypes = [random_genotype(generator) for _ in range(1100)]
    drawn = zip(*((*genotype.normal, *genotype.reduction) for genotype in genotypes), strict=True)
    for choices, numbers in zip(CHOICES * 2, drawn, strict=True):
        counts = Counter(numbers)
        assert set(counts) == set(range(choices))
        assert all(0.55 < count * choices / 1100 < 1.45 for count in counts.values())


def test_mutations_reach_every_other_value_of_every_number():
    genotype, generator = random_genotype(0), torch.Generator().manual_seed(0)
    mutants = {mutate(genotype, generator) for _ in range(6000)}
    assert len(mutants) == 2 * sum(choices - 1 for choices in CHOICES)
