"""The Ray example on two nodes: workers and a node are killed mid-way, and no score is lost."""

import os
import runpy
import signal
from importlib.util import find_spec
from pathlib import Path

import pytest

from gtn_nas.search import RECORD, TrialRecord

EXAMPLE = Path(__file__).parents[1] / "examples" / "ray_search.py"
TRIALS = 8

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not find_spec("ray"), reason="Ray is not installed: pip install 'gtn-nas[ray]', nox -s ray"),
    pytest.mark.filterwarnings("ignore"),  # of Ray's own, about files and processes that it leaves open
]


@pytest.fixture
def cluster():
    import ray
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    made.second = made.add_node(num_cpus=1)
    ray.init(address=made.address, log_to_driver=False)
    yield made
    ray.shutdown()
    made.shutdown()


def test_a_killed_worker_and_a_lost_node_cost_no_score(cluster, tmp_path):
    import ray

    example = runpy.run_path(str(EXAMPLE))
    pids = tmp_path / "pids"
    pids.mkdir()
    evaluation_of, Trial = example["evaluation_of"], example["Trial"]

    @ray.remote(num_cpus=1, max_retries=-1)
    def scored(genotype, teacher, channels, steps):
        (pids / str(os.getpid())).touch()
        return Trial.of(genotype, evaluation_of(teacher, channels, steps)(genotype)).model_dump_json()

    told = []

    def disturb(line):
        told.append(line)
        if len(told) == 2:  # other trials are under way
            for path in pids.iterdir():
                os.kill(int(path.name), signal.SIGKILL)
        if len(told) == 4:
            cluster.remove_node(cluster.second, allow_graceful=False)

    found = example["search"](tmp_path, TRIALS, task=scored, side_by_side=3, on_trial=disturb)
    alone = example["evaluation_of"]("digits", 2, 5)
    assert len(found) == len(told) == TRIALS
    assert len(list(pids.iterdir())) > 2  # the dead were replaced
    assert {trial.genotype: trial.score for trial in found} == {
        trial.genotype: alone(trial.genotype).score for trial in found
    }
    again = example["search"](tmp_path, TRIALS, task=None, on_trial=pytest.fail)  # nothing is left to score
    assert again == found
    assert len(TrialRecord(tmp_path / RECORD).trials()) == TRIALS
