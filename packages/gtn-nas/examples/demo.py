"""What a teacher is for, in a minute: a dozen cells of NAS-Bench-201 ranked through NNI's sequential engine.

    python packages/gtn-nas/examples/demo.py [FOLDER]

Searches with the digits teacher that ships in gtn-core, in a new folder below FOLDER (runs/ unless given), prints every
cell with its score, best first, and leaves there `scores.csv`, `search.json` and `report.html`.
"""

import csv
import subprocess
import sys
from pathlib import Path
from tempfile import mkdtemp

CELLS = 12


def main(parent: Path) -> None:
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(mkdtemp(prefix="demo-search-", dir=parent))
    # The command itself, so that what the demo shows is what anyone gets.
    command = [sys.executable, "-m", "gtn_nas", "search", "digits", "--space", "nb201", "--trials", str(CELLS)]
    subprocess.run([*command, "--seeds", "1", "--run-dir", str(folder)], check=True)
    with (folder / "scores.csv").open(newline="") as file:
        ranked = sorted(csv.DictReader(file), key=lambda row: float(row["score"]), reverse=True)
    print(f"\nAll {len(ranked)} cells, by what a network of each learns from the teacher:")
    for row in ranked:
        print(f"{float(row['score']):8.3f}  {row['genotype']}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("runs"))
