"""The picture."""

from math import inf

from gtn_nas.ranking import Estimate, scatter

FOUND = {"spearman": Estimate(0.5, 0.4, 0.6), "spearman_top_half": Estimate(None, None, None)}


def test_is_a_png_also_with_diverged_architectures():
    for scores in ([0.1, 0.2, 0.3, 0.4], [0.1, -inf, 0.3, -inf], [-inf, -inf, -inf, -inf]):
        truth = [1.0, 2.0, 3.0, 2.5]
        picture = scatter(scores, truth, FOUND, score_name="score", truth_name="truth")
        assert picture.startswith(b"\x89PNG")
