"""Genotypes and scores as files."""

from gtn_nas.tables._reading import GENOTYPE, Row, Table, read_genotypes, read_table
from gtn_nas.tables._score_file import COLUMNS, ScoreFile

__all__ = ["COLUMNS", "GENOTYPE", "Row", "ScoreFile", "Table", "read_genotypes", "read_table"]
