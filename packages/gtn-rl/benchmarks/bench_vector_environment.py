"""Steps a second of the generated vector environment, beside the real one's: a JSON line for each.

Run it with `--copies N` and `--env-id ID` of an environment that ships with gtn-rl.
"""

import argparse
import json
import time

import gymnasium
import numpy as np
import torch
from gymnasium.vector import AutoresetMode, VectorEnv

from gtn_rl.environments import (
    GeneratedVectorEnv,
    GeneratorSpecification,
    load_environment,
    shipped_environments,
    spaces_of,
)

REAL = "CartPole-v1"


def steps_a_second(env: VectorEnv, seconds: float) -> float:
    """Measure with actions drawn beforehand, so that nothing but the environment is timed."""
    env.reset(seed=0)
    env.action_space.seed(0)
    actions = [env.action_space.sample() for _ in range(16)]
    for action in actions:
        env.step(action)
    rounds, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        env.step(actions[rounds % 16])
        rounds += 1
    return rounds * env.num_envs / (time.perf_counter() - begun)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--env-id", default="gtn/CartPole-v0")
    parser.add_argument("--copies", type=int, default=256)
    parser.add_argument("--seconds", type=float, default=3.0)
    chosen, _ = parser.parse_known_args()
    torch.set_num_threads(1)
    if chosen.env_id in shipped_environments():
        artefact = load_environment(chosen.env_id)
        generator, real = artefact.generator, artefact.card.real_env
    else:  # untrained ones are as fast
        generator, real = GeneratorSpecification(spaces=spaces_of(REAL)).build().requires_grad_(False), REAL
    candidates = {
        f"generated, {mode.value}": GeneratedVectorEnv(generator, chosen.copies, 500, mode)
        for mode in (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP)
    }
    candidates["real, sync"] = gymnasium.make_vec(real, chosen.copies, vectorization_mode="sync")
    if gymnasium.spec(real).vector_entry_point:
        candidates["real, own vector class"] = gymnasium.make_vec(
            real, chosen.copies, vectorization_mode="vector_entry_point"
        )
    # Interleaved, so that another load on the machine meets them all.
    found = {name: [] for name in candidates}
    for _ in range(3):
        for name, env in candidates.items():
            found[name].append(steps_a_second(env, chosen.seconds / 3))
    sync = float(np.median(found["real, sync"]))
    for name, rates in found.items():
        rate = float(np.median(rates))
        line = {
            "environment": name,
            "copies": chosen.copies,
            "steps_a_second": round(rate),
            "times_real_sync": rate / sync,
        }
        print(json.dumps(line))


if __name__ == "__main__":
    main()
