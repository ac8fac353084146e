"""The idea of the paper in a few minutes: a teacher for handwritten digits, beside real data at equal steps.

    python packages/gtn-core/examples/demo.py [FOLDER]

Follows the recipe `digits` in a new folder below FOLDER (runs/ unless given) and leaves there the teacher,
`report.html`, and `demo.json` with the few-step test accuracy of four arms on 20 fresh learners: the teacher; real
data, whose learning rates and momenta are meta-optimised too; an untrained generator; the warm start alone.
"""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import mkdtemp


def main(parent: Path) -> None:
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(mkdtemp(prefix="demo-", dir=parent))
    # The command itself, so that what the demo shows is what anyone gets.
    subprocess.run([sys.executable, "-m", "gtn_core", "train", "digits", "--run-dir", str(folder)], check=True)
    arms = json.loads((folder / "evaluation.json").read_text())["arms"]
    summary = {name: {key: arm[key] for key in ("mean", "low", "high")} for name, arm in arms.items()}
    (folder / "demo.json").write_text(json.dumps(summary, indent=2) + "\n")
    print(f"summary: {folder / 'demo.json'}")
    margin = 100 * (summary["teacher"]["low"] - summary["real_data"]["high"])
    print(f"From the top of real data's interval to the bottom of the teacher's: {margin:+.1f} points.")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("runs"))
