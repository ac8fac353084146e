import pytest
import torch

from gtn_nas.strategies._nao_network import NAONetwork

SIZES = (2, 5, 3)


@pytest.fixture
def network() -> NAONetwork:
    torch.manual_seed(0)
    return NAONetwork(SIZES, units=8)


def test_whatever_is_decoded_is_a_genotype(network: NAONetwork):
    decoded = network.decode(torch.randn(50, len(SIZES), 8))
    assert (decoded >= 0).all()
    assert (decoded < torch.tensor(SIZES)).all()


def test_embeddings_are_unit_vectors_also_after_climbing(network: NAONetwork):
    embeddings = network.encode(torch.tensor([[0, 4, 2], [1, 0, 0]]))
    for found in (embeddings, network.climb(embeddings, step=0.3)):
        torch.testing.assert_close(found.norm(dim=2), torch.ones(2, len(SIZES)))


def test_climbing_raises_the_predicted_score(network: NAONetwork):
    embeddings = network.encode(torch.tensor([[0, 4, 2], [1, 0, 0]]))
    assert (network.predict(network.climb(embeddings, step=0.01)) > network.predict(embeddings)).all()


@torch.no_grad()
def test_the_decoder_sees_no_word_before_it_is_written(network: NAONetwork):
    """The loss of writing a sentence is that of writing it word by word."""
    choices = torch.tensor([[1, 3, 2]])
    embeddings = network.encode(choices)
    state, word, surprise = network._first_state(embeddings), network.words.num_embeddings - 1, 0.0
    for place, choice in enumerate(choices[0].tolist()):
        output, state = network.decoder(network.words(torch.tensor([[word]])), state)
        logits = network._logits(output[:, 0], embeddings[:, place])[0].masked_fill(
            network.forbidden_PV[place], -torch.inf
        )
        word = choice + int(network.offsets[place])
        surprise -= float(logits.log_softmax(0)[word])
    assert float(network.reconstruct(embeddings, choices)) == pytest.approx(surprise / 3, rel=1e-5)
