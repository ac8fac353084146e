"""Files that mean harm to gtn-nas, for `shared_tests/hostile.py`: networks, tables, records, genotypes."""

import json
import os
import pickle
import struct
from functools import partial

from hostile import main, mutations, sparse
from safetensors.torch import save_file

from gtn_core.errors import ConfigurationError
from gtn_learners import nao, nb201
from gtn_nas.search import TrialRecord
from gtn_nas.tables import ScoreFile, read_genotypes, read_table
from gtn_nas.training import read_network

GENOTYPES = {
    "nb201": "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|skip_connect~1|avg_pool_3x3~2|",
    "nao": " ".join(["0 2 1 0"] * 10),
}
HEADERS = {
    "nb201": {"space": "nb201", "build": {"genotype": GENOTYPES["nb201"], "channels": 2, "cells": 1, "classes": 3}},
    "nao": {"space": "nao", "build": {"genotype": GENOTYPES["nao"], "filters": 2, "cells": 1, "classes": 3}},
}
BUILDERS = {"nb201": nb201.build_network, "nao": nao.build_network}
PARSERS = {"nb201": nb201.Genotype.parse, "nao": nao.Genotype.parse}
TENSORS = {
    name: {key: one.contiguous() for key, one in BUILDERS[name](**header["build"]).state_dict().items()}
    for name, header in HEADERS.items()
}


class Bomb:
    """What a reader of pickles would do the bidding of."""

    def __reduce__(self):
        return os.system, ("touch pickle-was-read",)


def network(space, header, folder):
    save_file(TENSORS[space], folder / "model.safetensors", {"network": json.dumps(header)})
    return partial(read_network, folder / "model.safetensors")


def written(name, content, read, folder):
    path = folder / name
    content(path) if callable(content) else path.write_bytes(
        content if isinstance(content, bytes) else content.encode()
    )
    return partial(read, path)


def trials(path):
    """A record is read past its bad lines; what is left over has to be nothing."""
    if TrialRecord(path).trials():
        raise AssertionError("a bad line was taken for a trial")
    raise ConfigurationError("passed over")


def entry(shape):
    text = json.dumps({"x": {"dtype": "F32", "shape": shape, "data_offsets": [0, 16]}}).encode()
    return struct.pack("<Q", len(text)) + text + bytes(16)


NETWORKS = {
    "a pickle": pickle.dumps(Bomb()),
    "absurd header length": struct.pack("<Q", 2**60) + b"{}",
    "a shape of 10^12": entry([10**12]),
    "no header of ours": entry([4]),
    "a gigabyte": lambda path: sparse(path, 2**30),
    "a pipe": os.mkfifo,
}
TABLES = {
    "a gigabyte": lambda path: sparse(path, 2**30, b"genotype,score\n"),
    "a pickle": pickle.dumps(Bomb()),
    "a field without end": 'genotype,score\n"' + "x" * 300_000,
    "a field of a megabyte": "genotype,score\n" + "x" * 1_000_000 + ",1\n",
    "too many values": "genotype\n" + "1," * 100_000 + "\n",
    "UTF-16": "genotype,score\na,1\n".encode("utf-16"),
    "bytes": bytes(range(256)),
    "a pipe": os.mkfifo,
}
RECORDS = {
    "a gigabyte": lambda path: sparse(path, 2**30),
    "a pickle": pickle.dumps(Bomb()),
    "nesting": "[" * 100_000 + "\n",
    "a score of text": '{"genotype": "x", "score": "x", "score_std": 0, "seconds": 0, "status": "ok"}\n',
    "a score that is infinite": '{"genotype": "x", "score": 1e999, "score_std": 0, "seconds": 0, "status": "ok"}\n',
    "another status": '{"genotype": "x", "score": 1, "score_std": 0, "seconds": 0, "status": "fine"}\n',
    "no genotype": '{"score": 1, "score_std": 0, "seconds": 0, "status": "ok"}\n',
}
WORDS = {
    "nothing": "",
    "blanks": " \t\n" * 1000,
    "a megabyte": "|" * 1_000_000,
    "numbers without end": "1 " * 500_000,
    "one enormous number": "9" * 100_000,
    "forty enormous numbers": " ".join(["9" * 5000] * 40),
    "digits of another script": " ".join(["٣"] * 40),
    "powers": " ".join(["²"] * 40),
    "negative numbers": " ".join(["-1"] * 40),
    "an operation too many": " ".join(["0 11 1 0"] * 10),
    "an input too many": " ".join(["2 0 1 0"] * 10),
    "39 numbers": " ".join(["0"] * 39),
    "traversal": "../../../../etc/passwd",
    "control characters": "\x00\x1b[2J",
    "a lone surrogate": "\ud800",
    "an unknown operation": GENOTYPES["nb201"].replace("nor_conv_3x3", "exec"),
    "an edge from nowhere": GENOTYPES["nb201"].replace("~2", "~3"),
    "an edge too many": GENOTYPES["nb201"] + "+|none~0|none~1|none~2|none~3|",
    "operations of a megabyte": GENOTYPES["nb201"].replace("none", "n" * 200_000),
    "code": "__import__('os').system('touch pickle-was-read')",
    "braces": "{0.__class__}",
}

CASES = {
    **{
        f"network {space}: {name}": partial(network, space, header)
        for space, content in HEADERS.items()
        for name, header in mutations(content)
    },
    **{
        f"network: {name}": partial(written, "model.safetensors", content, read_network)
        for name, content in NETWORKS.items()
    },
    **{f"table: {name}": partial(written, "table.csv", content, read_table) for name, content in TABLES.items()},
    **{
        f"genotypes: {name}": partial(written, "cells.csv", content, read_genotypes) for name, content in TABLES.items()
    },
    **{f"scores: {name}": partial(written, "scores.csv", content, ScoreFile) for name, content in TABLES.items()},
    **{f"record: {name}": partial(written, "trials.jsonl", content, trials) for name, content in RECORDS.items()},
    **{
        f"genotype of {space}: {name}": lambda folder, space=space, text=text: partial(PARSERS[space], text)
        for space in GENOTYPES
        for name, text in WORDS.items()
    },
}

if __name__ == "__main__":
    main(CASES)
