"""The README beside a generated environment's weights, for people."""

import math

from gtn_rl.environments._card import EnvironmentCard, GeneratorSpecification

WORDS = {"bandit": "a contextual bandit (every episode is one step)", "dynamics": "an environment of several steps"}


def model_card(specification: GeneratorSpecification, card: EnvironmentCard) -> str:
    """Return the text."""
    lines = [
        f"# Generated environment for {card.real_env}",
        "",
        f"{WORDS[specification.form].capitalize()}, learnt from {card.real_env} with {card.real_steps:,} of its steps "
        f"in {card.outer_steps:,} outer steps ({card.method or 'unknown method'}, seed {card.seed}). Agents train in "
        "it and are then used in the real one; observations and actions have the same spaces.",
        "",
        *_results(card),
        *([card.note, ""] if card.note else []),
        "    import gtn_rl",
        "    from gtn_rl.environments import GeneratedEnv",
        "",
        '    env = GeneratedEnv("path/of/this/folder")',
        "",
    ]
    return "\n".join(lines)


def _results(card: EnvironmentCard) -> list[str]:
    if not card.results:
        return []
    rows = [
        f"| {one.agent} | {one.synthetic_steps:,} | {one.seeds} | {one.iqm:.1f} | {one.low:.1f} to {one.high:.1f} |"
        for one in card.results
    ]
    even = card.break_even_agents
    account = f"Meta-training is earned back after {math.ceil(even)} agents." if even is not None else ""
    head = ["| agent | synthetic steps | agents | interquartile mean | 95 % interval |", "|---|---|---|---|---|"]
    return [*head, *rows, "", account, ""]
