import pytest
import torch

from gtn_rl.rollouts import Trajectories, generalized_advantages, normalized


def trajectories(rewards, terminated=(), truncated=(), invalid=()):
    steps = len(rewards)

    def flags(places):
        return torch.tensor([[step in places] for step in range(steps)])

    states = torch.zeros(steps, 1, 1)
    return Trajectories(
        states,
        states[..., 0].long(),
        torch.tensor(rewards)[:, None],
        states,
        flags(terminated),
        flags(truncated),
        ~flags(invalid),
    )


def column(*values):
    return torch.tensor(values)[:, None]


def test_whole_episode_advantages_are_returns_less_values():
    found = generalized_advantages(
        trajectories([1.0, 2.0, 3.0], terminated=[2]), column(0.5, 0.6, 0.7), column(0.6, 0.7, 100.0), 0.9, 1.0
    )
    returns = column(1 + 0.9 * 2 + 0.81 * 3, 2 + 0.9 * 3, 3.0)
    torch.testing.assert_close(found.advantages, returns - column(0.5, 0.6, 0.7))
    torch.testing.assert_close(found.returns, returns)


def test_one_step_advantages_are_temporal_differences():
    found = generalized_advantages(trajectories([1.0, 2.0]), column(3.0, 4.0), column(4.0, 5.0), 0.5, 0.0)
    torch.testing.assert_close(found.advantages, column(1 + 2 - 3.0, 2 + 2.5 - 4))


def test_hand_computed_with_a_trace():
    found = generalized_advantages(trajectories([1.0, 1.0]), column(0.0, 0.0), column(0.0, 2.0), 0.5, 0.5)
    # errors 1 and 2; the first carries a quarter of the second
    torch.testing.assert_close(found.advantages, column(1.5, 2.0))


def test_a_truncation_has_a_future_and_a_termination_has_none():
    cut = generalized_advantages(trajectories([1.0], truncated=[0]), column(0.0), column(10.0), 0.9, 1.0)
    over = generalized_advantages(trajectories([1.0], terminated=[0]), column(0.0), column(10.0), 0.9, 1.0)
    assert cut.advantages.item() == pytest.approx(10.0)
    assert over.advantages.item() == pytest.approx(1.0)


@pytest.mark.parametrize("end", ["terminated", "truncated"])
def test_nothing_is_carried_over_the_end_of_an_episode(end):
    found = generalized_advantages(
        trajectories([0.0, 0.0, 5.0], **{end: [1]}), torch.zeros(3, 1), torch.zeros(3, 1), 1.0, 1.0
    )
    assert found.advantages[:, 0].tolist() == [0.0, 0.0, 5.0]


def test_a_step_that_only_begins_an_episode_says_nothing():
    found = generalized_advantages(
        trajectories([1.0, 0.0, 7.0], terminated=[0], invalid=[1]), torch.ones(3, 1), torch.ones(3, 1), 1.0, 1.0
    )
    assert found.advantages[:, 0].tolist() == [0.0, 0.0, 7.0]


def test_normalized_ignores_invalid_steps():
    found = normalized(torch.tensor([1.0, 3.0, 1e6]), torch.tensor([True, True, False]))
    torch.testing.assert_close(found, torch.tensor([-1.0, 1.0, 0.0]))
