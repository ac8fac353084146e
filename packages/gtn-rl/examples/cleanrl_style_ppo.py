"""PPO in one file; whether it trains in the real or in a generated environment is decided by --env-id alone.

    python cleanrl_style_ppo.py --env-id gtn_rl:gtn/CartPole-v0 --test-env-id CartPole-v1
    python cleanrl_style_ppo.py --env-id CartPole-v1 --test-env-id CartPole-v1

Nothing below knows about gtn-rl. Prints a JSON line with the mean return of the most likely actions in the other one.
"""

import argparse
import json
import time

import gymnasium as gym
import numpy as np
import torch
from gymnasium.vector import AutoresetMode
from torch import nn
from torch.distributions import Categorical


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--env-id", default="gtn_rl:gtn/CartPole-v0", help="to train in")
    parser.add_argument("--test-env-id", default="CartPole-v1", help="to be tested in")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--total-steps", type=int, default=8192)
    parser.add_argument("--num-envs", type=int, default=8)
    parser.add_argument("--num-steps", type=int, default=128, help="of a roll-out, in each environment")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--minibatch", type=int, default=64)
    parser.add_argument("--learning-rate", type=float, default=3e-4)
    parser.add_argument("--gamma", type=float, default=0.99)
    parser.add_argument("--gae-lambda", type=float, default=0.95)
    parser.add_argument("--clip", type=float, default=0.2)
    parser.add_argument("--test-episodes", type=int, default=20)
    return parser.parse_args()


class Agent(nn.Module):
    """Two networks of 64 tanh units: actor and critic."""

    def __init__(self, observations, actions):
        super().__init__()
        self.actor = nn.Sequential(
            nn.Linear(observations, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, actions)
        )
        self.critic = nn.Sequential(
            nn.Linear(observations, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1)
        )
        for network, gain in ((self.actor, 0.01), (self.critic, 1.0)):
            for layer in network[::2]:
                nn.init.orthogonal_(layer.weight, gain if layer is network[-1] else 2**0.5)
                nn.init.zeros_(layer.bias)


def collect(envs, agent, observation, arguments):
    """Act for a roll-out; returns what an update needs, and where the next roll-out begins."""
    rows = []
    for _ in range(arguments.num_steps):
        state = torch.as_tensor(observation, dtype=torch.float32)
        with torch.no_grad():
            distribution, value = Categorical(logits=agent.actor(state)), agent.critic(state)[:, 0]
            action = distribution.sample()
        observation, reward, terminated, truncated, _ = envs.step(action.numpy())
        done = torch.as_tensor(terminated | truncated, dtype=torch.float32)
        rows.append(
            (state, action, distribution.log_prob(action), torch.as_tensor(reward, dtype=torch.float32), done, value)
        )
    return [torch.stack(column) for column in zip(*rows, strict=True)], observation


def advantages_of(rewards, dones, values, last_value, arguments):
    found, advantage, following = torch.zeros_like(rewards), torch.zeros_like(last_value), last_value
    for step in reversed(range(len(rewards))):
        going = 1.0 - dones[step]
        error = rewards[step] + arguments.gamma * going * following - values[step]
        advantage = error + arguments.gamma * arguments.gae_lambda * going * advantage
        found[step], following = advantage, values[step]
    return found


def update(agent, optimizer, batch, arguments):
    states, actions, old, advantages, returns = batch
    for _ in range(arguments.epochs):
        for rows in torch.randperm(len(states)).split(arguments.minibatch):
            distribution = Categorical(logits=agent.actor(states[rows]))
            ratio = (distribution.log_prob(actions[rows]) - old[rows]).exp()
            chosen = (advantages[rows] - advantages[rows].mean()) / (advantages[rows].std() + 1e-8)
            policy_loss = -torch.min(
                ratio * chosen, ratio.clamp(1 - arguments.clip, 1 + arguments.clip) * chosen
            ).mean()
            value_loss = (agent.critic(states[rows])[:, 0] - returns[rows]).square().mean()
            optimizer.zero_grad()
            (policy_loss + 0.5 * value_loss).backward()
            nn.utils.clip_grad_norm_(agent.parameters(), 0.5)
            optimizer.step()


def test(agent, arguments):
    """Return the mean return of the most likely actions."""
    returns = []
    with gym.make(arguments.test_env_id) as env:
        for episode in range(arguments.test_episodes):
            observation, _ = env.reset(seed=arguments.seed + episode)
            total, over = 0.0, False
            while not over:
                with torch.no_grad():
                    action = int(agent.actor(torch.as_tensor(observation, dtype=torch.float32)).argmax())
                observation, reward, terminated, truncated, _ = env.step(action)
                total, over = total + float(reward), terminated or truncated
            returns.append(total)
    return float(np.mean(returns))


def main():
    arguments = parse_arguments()
    torch.manual_seed(arguments.seed)
    begun = time.perf_counter()
    envs = gym.make_vec(
        arguments.env_id,
        arguments.num_envs,
        vectorization_mode="sync",
        vector_kwargs={"autoreset_mode": AutoresetMode.SAME_STEP},
    )
    agent = Agent(envs.single_observation_space.shape[0], int(envs.single_action_space.n))
    optimizer = torch.optim.Adam(agent.parameters(), lr=arguments.learning_rate, eps=1e-5)
    observation, _ = envs.reset(seed=arguments.seed)
    for _ in range(arguments.total_steps // (arguments.num_envs * arguments.num_steps)):
        (states, actions, old, rewards, dones, values), observation = collect(envs, agent, observation, arguments)
        with torch.no_grad():
            last = agent.critic(torch.as_tensor(observation, dtype=torch.float32))[:, 0]
        advantages = advantages_of(rewards, dones, values, last, arguments)
        batch = [column.flatten(0, 1) for column in (states, actions, old, advantages, advantages + values)]
        update(agent, optimizer, batch, arguments)
    envs.close()
    result = {"env_id": arguments.env_id, "steps": arguments.total_steps, "test_env_id": arguments.test_env_id}
    print(
        json.dumps(result | {"mean_return": test(agent, arguments), "seconds": round(time.perf_counter() - begun, 1)})
    )


if __name__ == "__main__":
    main()
