"""A genotype's training from its recipe to its test accuracy, in a run directory of its own."""

from pathlib import Path
from typing import Any, ClassVar

import torch

from gtn_core.data import RealData, Split
from gtn_core.errors import DivergenceError
from gtn_core.runs import (
    Progress,
    RunDirectory,
    SilentProgress,
    StopSignal,
    read_metrics,
)
from gtn_core.seeding import derive_seed
from gtn_learners import count_flops, count_parameters
from gtn_nas.evaluation import judge
from gtn_nas.spaces import Space
from gtn_nas.training._batches import EpochBatches
from gtn_nas.training._model import write_network
from gtn_nas.training._recipe import TrainingRecipe
from gtn_nas.training._trainer import Trainer


class TrainingRun(RunDirectory):
    """The folder of one training.

    Holds `config.yaml`, `metrics.jsonl` (a line an epoch), `timings.jsonl`, TensorBoard's `events.*`, `checkpoints/`,
    and when it is finished `model.safetensors` and `result.json`.
    """

    result_name: ClassVar[str] = "result.json"

    @property
    def model_path(self) -> Path:
        """`model.safetensors`."""
        return self.path / "model.safetensors"


class NetworkTraining:
    """A genotype with all that its training needs at hand; `run` trains it.

    Args:
        genotype: of the space, or its text.
        space: where it is read.
        recipe: of that space.
        seed: of initial values, batches, augmentation, dropout.
        device: where to compute.
        source: real data in place of the recipe's.
        progress: shows how far it is.

    Raises:
        ConfigurationError: the text is no genotype of the space.
        DataError: the real data are missing, damaged, or fewer than a batch.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> from gtn_nas import NB201Space
        >>> from gtn_nas.training import recipes_of
        >>> recipes = recipes_of("nb201")
        >>> recipe = recipes.with_overrides(recipes.load("search"), ["epochs=1", "channels=2", "cells=1"])
        >>> space = NB201Space()
        >>> training = NetworkTraining(space.sample(seed=1), space, recipe, source="digits")
        >>> with TemporaryDirectory() as folder:
        ...     result = training.run(TrainingRun.start(folder, {}, resume=False))
        >>> result["params"], result["steps"]
        (2416, 5)
    """

    def __init__(
        self,
        genotype: Any,
        space: Space[Any],
        recipe: TrainingRecipe,
        *,
        seed: int = 0,
        device: str = "cpu",
        source: str | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.genotype, self.space, self.recipe, self.seed = space.parse(genotype), space, recipe, seed
        self.data = recipe.data.load(recipe.data.source if source is None else source, device)
        self.data.require_batch(recipe.batch_size)
        self.train, self.judged = _splits(self.data, recipe)
        shape, classes = self.data.image_shape, self.data.classes
        initial = derive_seed(seed, "initial values")
        self.network = recipe.build(self.genotype, shape, classes, initial).to(device)
        self.progress = progress or SilentProgress()
        if notice := recipe.notice(shape):
            self.progress.note(notice)

    def run(self, run: TrainingRun) -> dict[str, Any]:
        """Train and test the network, and leave it in `run.model_path`.

        Args:
            run: where to do it; what is done there already is not done again.

        Returns:
            The content of `result.json`.

        Raises:
            DivergenceError: the loss is no longer finite.
            RunStopped: a signal came in; what is done is saved.
            RunError: another process is at work there, or it cannot be written to.
        """
        batches = EpochBatches(self.train, self.data.normalization, self.recipe, self.seed)
        with run.alone(), StopSignal() as stop:
            trainer = Trainer(
                self.network, self.recipe, batches, self.judged, run, self.seed, stop=stop, progress=self.progress
            )
            trainer.train()
            self.recipe.plain(self.network)
            result = self._result(run, trainer)
            self._write_model(run)
            run.write_result(result)
        return result

    def _result(self, run: TrainingRun, trainer: Trainer) -> dict[str, Any]:
        tested = judge(self.network, self.data.test, "running")
        if not tested.finite:
            raise DivergenceError(
                "this network diverged: its loss on test images is not finite. Lower learning_rate, or set "
                "gradient_clip, with --set and another --run-dir"
            )
        epochs = [line.validation_accuracy for line in read_metrics(run.path / "metrics.jsonl")]
        validated = [accuracy for accuracy in epochs if accuracy is not None]
        return {
            "genotype": str(self.genotype),
            "space": self.space.name,
            "recipe": self.recipe.name,
            "data": self.data.source,
            "seed": self.seed,
            "test_accuracy": tested.accuracy,
            "test_loss": tested.loss,
            "validation_accuracy": validated[-1] if validated else None,
            "best_validation_accuracy": max(validated, default=None),
            "params": count_parameters(self.network),
            "flops": count_flops(self.network, self.data.image_shape),
            "epochs": self.recipe.epochs,
            "steps": trainer.steps,
            "seconds": trainer.milliseconds / 1000,
        }

    def _write_model(self, run: TrainingRun) -> None:
        build = {
            "genotype": str(self.genotype),
            **self.recipe.sizes(),
            "classes": self.data.classes,
            "in_channels": self.data.image_shape[0],
        }
        normalization = {"mean": self.data.normalization.mean, "std": self.data.normalization.std}
        known = {"normalization": normalization, "class_names": self.data.class_names}
        write_network(self.network, run.model_path, space=self.space.name, build=build, **known)


def _splits(data: RealData, recipe: TrainingRecipe) -> tuple[Split, Split | None]:
    """Return the images to learn from, and those that judge every epoch."""
    if recipe.train_on == "train":
        return data.train, data.validation
    both = (data.train, data.validation)
    images, labels = torch.cat([split.images for split in both]), torch.cat([split.labels for split in both])
    return Split(images, labels), None
