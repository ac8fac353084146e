"""Rank a few cells by GTN evaluation, train the best on real data and test it, in networks small enough for seconds.

`gtn-nas search` and `gtn-nas train` do the same in full.
"""

from tempfile import TemporaryDirectory

from gtn_core import RealData, Teacher
from gtn_nas import GTNEvaluation, NB201Space
from gtn_nas.training import NetworkTraining, TrainingRun, read_network, recipes_of

space = NB201Space(channels=4, cells=1)
evaluate = GTNEvaluation(Teacher.from_pretrained("digits"), RealData.load("digits"), space, seeds=1, score="loss")
best = max((space.sample(seed) for seed in range(5)), key=lambda genotype: evaluate(genotype).score)

recipes = recipes_of("nb201")
small = ["cells=1", "channels=8", "epochs=3", "batch_size=64", "augmentation=none"]
recipe = recipes.with_overrides(recipes.load("search"), small)
with TemporaryDirectory() as folder:
    run = TrainingRun.start(folder, {"recipe": recipe.model_dump(mode="json")}, resume=False)
    result = NetworkTraining(best, space, recipe, source="digits").run(run)
    network = read_network(run.model_path)
print(f"{best}: {result['test_accuracy']:.1%} of the test images, with {result['params']:,} parameters")
