"""The examples run as they are."""

import json
import runpy
import sys
from pathlib import Path

import pytest

from gtn_rl import shipped_environments

SCRIPT = Path(__file__).parents[1] / "examples" / "cleanrl_style_ppo.py"


@pytest.mark.parametrize(
    "env_id", ["CartPole-v1", *(f"gtn_rl:{name}" for name in shipped_environments() if "Cart" in name)]
)
def test_ppo_in_one_file_changes_environments_by_name_alone(env_id, monkeypatch, capsys):
    sizes = ["--num-envs=2", "--num-steps=32", "--total-steps=64", "--epochs=1", "--test-episodes=1"]
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), f"--env-id={env_id}", *sizes])
    runpy.run_path(str(SCRIPT), run_name="__main__")
    printed = json.loads(capsys.readouterr().out)
    assert printed["env_id"] == env_id
    assert printed["mean_return"] > 0
