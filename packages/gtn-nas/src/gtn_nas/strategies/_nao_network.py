"""The networks of neural architecture optimization: an encoder, a predictor and a decoder.

A genotype is a sentence of numbers, one word at each place. The encoder reads it into an embedding, a unit vector at
each place; the predictor tells from the embedding how good the genotype is; the decoder writes the sentence again. As
the embedding is continuous, it can be moved where the predictor expects more, and what the decoder writes from there is
a new genotype.

Source: Luo et al., "Neural architecture optimization" (2018), section 3. Ours are smaller: a search here has scored
hundreds of genotypes, not thousands. Their decoder has to learn which part of the embedding a word is about; ours is
shown that of the word's own place, for all sentences have the same length.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Shapes: B sentences, P places, H units, V words: the values of all places, one place after the other.


class NAONetwork(nn.Module):
    """Encoder, predictor and decoder.

    Args:
        sizes: how many values each place may take.
        units: of the LSTMs, and length of the embedding at each place.
    """

    offsets: Tensor
    forbidden_PV: Tensor

    def __init__(self, sizes: Sequence[int], units: int = 48) -> None:
        super().__init__()
        ends = torch.tensor(sizes).cumsum(0)
        words = torch.arange(int(ends[-1]))
        self.register_buffer("offsets", ends - torch.tensor(sizes))
        self.register_buffer("forbidden_PV", (words < self.offsets[:, None]) | (words >= ends[:, None]))
        self.words = nn.Embedding(len(words) + 1, units)  # the last word begins every sentence
        self.encoder = nn.LSTM(units, units, batch_first=True)
        self.predictor = nn.Sequential(nn.Linear(units, units), nn.ReLU(), nn.Linear(units, 1))
        self.start = nn.Linear(units, units)
        self.decoder = nn.LSTM(units, units, batch_first=True)
        self.mixed = nn.Linear(2 * units, units)
        self.logits = nn.Linear(units, len(words))

    def encode(self, choices_BP: Tensor) -> Tensor:
        """Return the embeddings `[B, P, H]` of genotypes."""
        states_BPH, _ = self.encoder(self.words(choices_BP + self.offsets))
        return F.normalize(states_BPH, dim=2)

    def predict(self, embeddings_BPH: Tensor) -> Tensor:
        """Return the expected scores `[B]`."""
        expected_B1: Tensor = self.predictor(embeddings_BPH.mean(dim=1))
        return expected_B1.squeeze(1)

    def reconstruct(self, embeddings_BPH: Tensor, choices_BP: Tensor) -> Tensor:
        """Return the decoder's loss: how surprised it is by each word, given those before it."""
        words_BP = choices_BP + self.offsets
        begin_B1 = torch.full_like(words_BP[:, :1], self.words.num_embeddings - 1)
        before_BP = torch.cat([begin_B1, words_BP[:, :-1]], dim=1)
        states_BPH, _ = self.decoder(self.words(before_BP), self._first_state(embeddings_BPH))
        logits_BPV = self._logits(states_BPH, embeddings_BPH).masked_fill(self.forbidden_PV, -torch.inf)
        return F.cross_entropy(logits_BPV.flatten(0, 1), words_BP.flatten())

    @torch.no_grad()
    def decode(self, embeddings_BPH: Tensor) -> Tensor:
        """Return the likeliest genotypes `[B, P]`, word by word."""
        state = self._first_state(embeddings_BPH)
        word_B = torch.full((len(embeddings_BPH),), self.words.num_embeddings - 1, device=embeddings_BPH.device)
        written = []
        for place, forbidden_V in enumerate(self.forbidden_PV):
            output_B1H, state = self.decoder(self.words(word_B[:, None]), state)
            logits_BV = self._logits(output_B1H[:, 0], embeddings_BPH[:, place]).masked_fill(forbidden_V, -torch.inf)
            word_B = logits_BV.argmax(dim=1)
            written.append(word_B)
        return torch.stack(written, dim=1) - self.offsets

    def climb(self, embeddings_BPH: Tensor, step: float) -> Tensor:
        """Return the embeddings after one step of this length up the predicted score."""
        place_BPH = embeddings_BPH.detach().requires_grad_()
        (up_BPH,) = torch.autograd.grad(self.predict(place_BPH).sum(), place_BPH)
        return F.normalize(place_BPH + step * F.normalize(up_BPH, dim=2), dim=2).detach()

    def _first_state(self, embeddings_BPH: Tensor) -> tuple[Tensor, Tensor]:
        hidden_1BH = torch.tanh(self.start(embeddings_BPH.mean(dim=1)))[None]
        return hidden_1BH, torch.zeros_like(hidden_1BH)

    def _logits(self, states: Tensor, embeddings: Tensor) -> Tensor:
        """Return what the decoder's states, and the embeddings at their places, say of the words there."""
        logits: Tensor = self.logits(torch.tanh(self.mixed(torch.cat([states, embeddings], dim=-1))))
        return logits
