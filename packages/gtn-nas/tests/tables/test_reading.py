"""Files of genotypes and tables."""

import pytest

from gtn_core.errors import DataError, UnknownNameError
from gtn_nas.tables import read_genotypes, read_table


@pytest.fixture
def written(tmp_path):
    def write(content, name="file.txt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("a b\n\nc\na b\n", "x.txt"),
        ("a b\r\nc", "x.txt"),
        ("genotype\na b\nc\n", "x.txt"),
        ("id,genotype\n1,a b\n2,c\n3,a b\n", "x.txt"),
        ("\ufeffgenotype,x\na b,1\nc,2\n", "x.csv"),
    ],
    ids=range(5),
)
def test_genotypes_are_read_verbatim_in_order_and_once(written, content, name):
    assert [row.genotype for row in read_genotypes(written(content, name))] == ["a b", "c"]


def test_lines_are_numbered_as_editors_do(written):
    assert [row.line for row in read_genotypes(written("a\n\nb\n"))] == [1, 3]
    assert [row.line for row in read_genotypes(written("x,genotype\n1,a\n2,b\n"))] == [2, 3]


def test_numbers_and_texts_by_column(written):
    table = read_table(written("genotype,score\na,-inf\nb,0.5\n"))
    assert table.texts("genotype") == ["a", "b"]
    assert table.numbers("score") == [float("-inf"), 0.5]
    with pytest.raises(UnknownNameError, match="did you mean 'score'"):
        table.numbers("scores")
    with pytest.raises(DataError, match="line 2: genotype must be a number; got 'a'"):
        table.numbers("genotype")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no genotype"),
        ("\n \n", "holds no genotype"),
        ("genotype,x\n", "holds no genotype"),
        ("genotyp,x\na,1\n", "'genotype'; did you mean 'genotyp'"),
        ("genotype,x\na\n", "line 2: 2 values are wanted; got 1"),
        (b"\xff\xfe\x00", "it is no text"),
    ],
    ids=range(6),
)
def test_a_mistake_is_named(written, content, message):
    with pytest.raises((DataError, UnknownNameError), match=message):
        read_genotypes(written(content))
    with pytest.raises(DataError, match="No such file"):
        read_genotypes(written("").with_name("nowhere.txt"))


def test_a_column_with_a_line_break_in_its_name_is_still_one_line_of_error(written):
    with pytest.raises(UnknownNameError, match="unknown column") as error:
        read_genotypes(written('a,"b\nc",d\n1,2,3\n', "x.csv"))
    assert "\n" not in str(error.value)
