"""What NNI itself costs a trial on its sequential engine: an evaluation that takes no time, with each strategy.

    python packages/gtn-nas/benchmarks/bench_nni_overhead.py [--space nb201] [--strategy random]

A JSON line a result. `nao` is listed apart from NNI: its time is that of training its own networks, seconds for each
generation of ten.
"""

import argparse
import json
import tempfile
from pathlib import Path
from time import perf_counter, process_time

from nni import silence_stdout

from gtn_nas import Score
from gtn_nas.nni import GenotypeModelSpace, GTNEvaluator, NasExperiment, NasExperimentConfig, new_strategy
from gtn_nas.search import STRATEGIES
from gtn_nas.spaces import SPACES

TRIALS = 60
MOST_MILLISECONDS = 20.0


def measure(space: str, strategy: str, folder: Path) -> dict[str, object]:
    """Return milliseconds a trial, of the clock and of the processor; start and end of the experiment included."""
    config = NasExperimentConfig("sequential", "simplified", max_trial_number=TRIALS)
    config.experiment_working_directory = str(folder)
    evaluator = GTNEvaluator(lambda genotype: Score.of([float(str(genotype).count("3"))], seconds=0.0))
    experiment = NasExperiment(GenotypeModelSpace(space), evaluator, new_strategy(strategy, space, 0), config)
    clock, processor = perf_counter(), process_time()
    experiment.run()
    experiment.stop()
    figures = {"clock_ms": perf_counter() - clock, "processor_ms": process_time() - processor}
    milliseconds = {name: round(1000 * seconds / TRIALS, 2) for name, seconds in figures.items()}
    return {"benchmark": "nni_overhead", "space": space, "strategy": strategy, "trials": TRIALS, **milliseconds}


def main() -> None:
    """Measure strategies in search spaces, all unless some are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--space", action="append", choices=SPACES, help="can be repeated")
    parser.add_argument("--strategy", action="append", choices=STRATEGIES, help="can be repeated")
    options = parser.parse_args()
    silence_stdout()
    with tempfile.TemporaryDirectory() as folder:
        for space in options.space or SPACES:
            for strategy in options.strategy or STRATEGIES:
                result = measure(space, strategy, Path(folder))
                ours = {} if strategy == "nao" else {"within": result["processor_ms"] <= MOST_MILLISECONDS}
                print(json.dumps(result | ours), flush=True)


if __name__ == "__main__":
    main()
