"""Search NAS-Bench-201 with a teacher on NNI's sequential engine: no server, no port, one process."""

from gtn_core import RealData, Teacher
from gtn_nas import GTNEvaluation, NB201Space
from gtn_nas.nni import GenotypeModelSpace, GTNEvaluator, NAOStrategy, NasExperiment, NasExperimentConfig

space = NB201Space(channels=4, cells=1)
evaluation = GTNEvaluation(Teacher.from_pretrained("digits"), RealData.load("digits"), space, seeds=1)
config = NasExperimentConfig("sequential", "simplified", max_trial_number=12)
experiment = NasExperiment(GenotypeModelSpace("nb201"), GTNEvaluator(evaluation), NAOStrategy(seed=0), config)
experiment.run()
print(experiment.export_top_models(1, formatter="dict"))
