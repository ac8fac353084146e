"""The tables and findings of studies, in Markdown.

python packages/gtn-core/benchmarks/tables_of_studies.py packages/gtn-core/docs/studies/*
"""

import sys
from pathlib import Path

from gtn_core.studies import StudyResult


def main():
    for folder in map(Path, sys.argv[1:]):
        result = StudyResult.read(folder)
        recipe = result.configuration["recipe"]["name"]
        print(f"## {result.study}, {recipe}\n\n{result.question}\n\n    {result.command}\n")
        for table in result.tables:
            print(f"{table.title}:\n\n| " + " | ".join(table.columns) + " |")
            print("|---" * len(table.columns) + "|")
            for row in table.rows:
                print("| " + " | ".join(row) + " |")
            print()
        print("\n".join(f"* {finding}" for finding in result.findings) + "\n")


if __name__ == "__main__":
    main()
