"""Recipes: names, files, overrides, and every way to get them wrong."""

import pytest

from gtn_core.errors import ConfigurationError, GTNError
from gtn_core.recipes import Training, load_recipe, recipe_names, with_overrides
from gtn_core.runs import RunDirectory

MINIMAL = """
name: mine
data: {source: digits}
teacher: {steps: 2, batch: 10}
learners: digits-convnet
outer: {steps: 3}
"""


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_of_the_package_is_whole(name):
    recipe = load_recipe(name)
    assert recipe.name == name
    assert all(text for text in (recipe.description, recipe.cost, recipe.reaches))
    assert all(learner.package for learner in recipe.learners)
    assert with_overrides(recipe, []) == recipe


def test_the_recipes_that_the_design_names_are_there():
    assert {
        "digits",
        *(name + size for name in ("mnist", "fashion-mnist", "cifar10") for size in ("", "-small")),
    } <= set(recipe_names())


def test_a_file_may_leave_out_what_has_a_default(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(MINIMAL)
    recipe = load_recipe(path)
    assert recipe.learners[0].family == "digits-convnet"
    assert recipe.warm_start is None


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("outer.steps=7", lambda recipe: recipe.outer.steps == 7),
        ("outer.learning_rate=1e-3", lambda recipe: recipe.outer.learning_rate == 0.001),
        ("teacher.inner_optimizer.momentum=0", lambda recipe: recipe.teacher.inner_optimizer.momentum == 0),
        ("teacher.inner_optimizer.kind=adam", lambda recipe: recipe.teacher.inner_optimizer.kind == "adam"),
        ("teacher.generator.channels=[8, 4]", lambda recipe: recipe.teacher.generator.channels == (8, 4)),
        ("warm_start=null", lambda recipe: recipe.warm_start is None),
        ("warm_start.steps=9", lambda recipe: recipe.warm_start.steps == 9),
        ("learners=[a, b]", lambda recipe: [learner.family for learner in recipe.learners] == ["a", "b"]),
        ("learners.0.weight=2", lambda recipe: recipe.learners[0].weight == 2),
        ("outer.intermediate_every=null", lambda recipe: recipe.outer.intermediate_every is None),
    ],
)
def test_values_can_be_overridden(text, read):
    assert read(with_overrides(load_recipe("digits"), [text]))


def test_what_was_null_can_be_given_keys():
    texts = ["warm_start=null", "warm_start.steps=4", "warm_start.learning_rate=0.5"]
    recipe = with_overrides(load_recipe("digits"), texts)
    assert (recipe.warm_start.steps, recipe.warm_start.learning_rate) == (4, 0.5)


def test_another_kind_can_be_given_its_own_keys():
    texts = ["teacher.inner_optimizer.kind=adam", "teacher.inner_optimizer.learning_rate=0.01"]
    assert with_overrides(load_recipe("digits"), texts).teacher.inner_optimizer.learning_rate == 0.01


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("outer.steps", "KEY=VALUE"),
        ("=3", "KEY=VALUE"),
        ("outer.stepps=3", "did you mean 'steps'"),
        ("outter.steps=3", "did you mean 'outer'"),
        ("outer.steps=many", r"outer\.steps is 'many'"),
        ("teacher.batch=1", r"teacher\.batch is 1"),
        ("outer.steps=true", r"outer\.steps is True"),
        ("outer.steps=0", r"outer\.steps is 0"),
        ("outer.steps=-1", r"outer\.steps is -1"),
        ("outer.steps=1e99", r"outer\.steps"),
        ("outer.steps.x=3", "nothing below"),
        ("outer.learning_rate=.nan", "learning_rate"),
        ("outer.memory=recompte", "did you mean 'recompute'"),
        ("outer.memory=2 bananas", "'store' or an amount such as 2GiB"),
        ("outer.estimator.kind=exactt", "did you mean 'exact'"),
        ("outer.estimator={kind: inverse_variance_mix, pairs: 1}", "pairs is 1"),
        ("outer.estimator={kind: evolution_strategies, sigma: 0}", "sigma is 0"),
        ("outer.estimator.kind=truncated", "window is missing"),
        ("outer.estimator={kind: truncated, window: 0}", "window is 0"),
        ("outer.estimator={kind: random_window, window: 4}", "needs intermediate_every: null"),
        ("teacher.curriculum=ful", "did you mean 'full'"),
        ("teacher.batch_norm=runing", "did you mean 'running'"),
        ("teacher.inner_optimizer.kind=sdg", "did you mean 'sgd'"),
        ("teacher.inner_optimizer.momentum=1.0", "momentum"),
        ("teacher.generator.channels=[8]", "channels"),
        ("learners.3.weight=1", "index"),
        ("learners=[]", "learners"),
        ("outer.steps=[", "not YAML"),
        ("name=../escape", "name"),
        ("data.validation=1.5", "data.validation"),
    ],
)
def test_a_wrong_override_is_one_line_that_names_place_and_remedy(text, message):
    with pytest.raises(ConfigurationError, match=message) as error:
        with_overrides(load_recipe("digits"), [text])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "keys and values"),
        ("- a\n- b", "keys and values"),
        ("a: [", "not YAML"),
        ("a: !!python/object/apply:os.system ['true']", "not YAML"),
        (MINIMAL + "outher: {}", "did you mean 'outer'"),
        (MINIMAL.replace("teacher: {steps: 2, batch: 10}", ""), "teacher is missing"),
        (MINIMAL.replace("batch: 10", "batch: ten"), r"teacher\.batch is 'ten'"),
        (MINIMAL.replace("digits-convnet", "3"), "learners"),
    ],
)
def test_a_wrong_file_is_one_line(tmp_path, content, message):
    path = tmp_path / "wrong.yaml"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=message) as error:
        load_recipe(path)
    assert "\n" not in str(error.value)
    assert "wrong.yaml" in str(error.value)


def test_the_configuration_of_a_run_is_a_recipe_too(tmp_path):
    recipe = with_overrides(load_recipe("digits"), ["outer.steps=7"])
    run = RunDirectory.start(tmp_path, {"recipe": recipe.model_dump(mode="json"), "seed": 0}, resume=False)
    assert load_recipe(run.configuration_path) == recipe


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "image.yaml").write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(GTNError, match=r"image\.yaml"):
        load_recipe(tmp_path / "image.yaml")


def test_an_unknown_recipe_names_the_nearest():
    with pytest.raises(ConfigurationError, match="did you mean 'digits'"):
        load_recipe("digit")


def matching(*changes):
    return with_overrides(load_recipe("digits"), ["warm_start.matching={steps: 2, learner: digits-convnet}", *changes])


def test_matching_takes_the_name_of_a_family():
    assert matching().warm_start.matching.learner.family == "digits-convnet"


def test_matching_does_not_go_with_a_teacher():
    with pytest.raises(ConfigurationError, match="matching moves images that were set to real ones"):
        matching("warm_start.steps=null", "warm_start.teacher=digits")


def test_matching_is_refused_before_any_work():
    with pytest.raises(ConfigurationError, match="generator image makes its own"):
        Training(matching())
    unknown = matching("teacher.generator={kind: pixels}", "warm_start.matching.learner=digits-convnot")
    with pytest.raises(GTNError, match="did you mean 'digits-convnet'"):
        Training(unknown)
