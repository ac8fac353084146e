"""No command listens anywhere or sends anything: every one is run, and every socket of it noted."""

import pytest

from gtn_rl.cli._main import app

DEMONSTRATIONS = [
    *("objective.horizon=[15,20]", "objective.policies=2", "objective.environments=1", "objective.value_steps=2"),
    *("objective.passes=1", "demonstrations.width=8", "demonstrations.batch=32", "evaluation.policies=3"),
    *("evaluation.episodes=1", "evaluation.transfer_policies=2", "evaluation.transfer_episodes=1"),
    *("evaluation.validation_policies=2", "evaluation.validation_episodes=1", "outer.steps=2"),
]
ENVIRONMENT = [
    *("inner.steps=[2, 3]", "inner.widths=[4, 8]", "inner.batch=4", "rollouts.agents=2", "rollouts.copies=1"),
    *("rollouts.steps=12", "rollouts.passes=2", "critic.updates=2", "measured_steps=20", "outer.steps=2"),
]


def train(kind, settings, folder):
    words = [word for text in settings for word in ("--set", text)]
    return ("gtn-rl", "train", "CartPole-v1", "--kind", kind, *words, "--run-dir", folder, "--threads", "1")


COMMANDS = [
    train("demonstrations", DEMONSTRATIONS, "one"),
    train("environment", ENVIRONMENT, "two"),
    ("gtn-rl", "evaluate", "one/demonstrations", "--agent", "sgd", "--seeds", "2", "--episodes", "1"),
    ("gtn-rl", "evaluate", "two/environment", "--agent", "a2c", "--seeds", "2", "--steps", "50", "--episodes", "1"),
    ("gtn-rl", "report", "one"),
]


@pytest.mark.slow
def test_no_command_listens_or_sends(watched):
    assert {command[1] for command in COMMANDS} == {command.name for command in app.registered_commands}
    found = watched("gtn_rl.cli", COMMANDS)
    assert [(command, code, errors) for command, code, errors in found["ended"] if code] == []
    assert found["outgoing"] == found["connected"] == found["listening"] == []
