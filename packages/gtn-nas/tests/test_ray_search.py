"""The Ray example on two nodes: workers and a node are killed mid-way, no score is lost, all within this machine."""

import os
import runpy
import signal
import subprocess
import sys
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path

import psutil
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
def example():
    return runpy.run_path(str(EXAMPLE))


@pytest.fixture
def cluster(example):  # after the example, which says where Ray listens before it imports it
    import ray
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    made.second = made.add_node(num_cpus=1)
    ray.init(address=made.address, log_to_driver=False)
    yield made
    ray.shutdown()
    made.shutdown()


def listening():
    """Return the addresses on which this process and those that it started listen."""
    sockets = []
    for process in (psutil.Process(), *psutil.Process().children(recursive=True)):
        sockets += process.net_connections("tcp")
    found = {ip_address(socket.laddr.ip) for socket in sockets if socket.status == psutil.CONN_LISTEN}
    return {getattr(address, "ipv4_mapped", None) or address for address in found}


def test_a_killed_worker_and_a_lost_node_cost_no_score(cluster, example, tmp_path):
    import ray

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
        if len(told) == 1:
            assert listening() == {ip_address("127.0.0.1")}
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


def test_the_script_starts_a_cluster_of_its_own_and_ends_it(tmp_path):
    words = [sys.executable, str(EXAMPLE), "--trials", "2", "--folder", str(tmp_path)]
    ended = subprocess.run(words, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1].startswith("best: ")
    assert len(TrialRecord(tmp_path / RECORD).trials()) == 2
