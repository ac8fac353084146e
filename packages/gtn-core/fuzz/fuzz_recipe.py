"""Fuzzes the reader of recipes: any YAML."""

import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[2] / "shared_tests"))
from fuzzing import fuzz

with atheris.instrument_imports(include=["gtn_core.recipes", "gtn_core._reading", "gtn_core._specification", "yaml"]):
    import gtn_core.recipes as recipes

if __name__ == "__main__":
    shipped = Path(recipes.__file__).parent
    bombs = [b"a: &a [1]\nb: *a\n", b"a: &a {x: 1}\nb: {<<: *a}\n", b"!!python/name:os.system\n"]
    fuzz("recipe.yaml", recipes.load_recipe, [*(path.read_bytes() for path in shipped.glob("*.yaml")), *bombs])
