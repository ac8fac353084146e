import torch

from gtn_core import _tree


def test_detach_cuts_the_graph_and_keeps_the_values():
    leaf = torch.ones(2, requires_grad=True)
    found = _tree.detach({"a": leaf * 2})
    assert not found["a"].requires_grad
    assert found["a"].tolist() == [2, 2]


def test_leaves_are_fresh():
    value = torch.ones(2, requires_grad=True) * 3
    (leaf,) = _tree.leaves({"a": value}).values()
    assert leaf.is_leaf
    assert leaf.requires_grad
    assert leaf.tolist() == [3, 3]
    plain = torch.ones(2)
    _tree.leaves({"a": plain})
    assert not plain.requires_grad


def test_zeros_like_keeps_shape_and_precision():
    found = _tree.zeros_like({"a": torch.ones(2, 3, dtype=torch.float64)})
    assert torch.equal(found["a"], torch.zeros(2, 3, dtype=torch.float64))


def test_add_counts_a_missing_name_as_zero_and_changes_neither_side():
    left, right = {"a": torch.ones(1), "b": torch.ones(1)}, {"b": torch.ones(1), "c": torch.ones(1)}
    total = _tree.add(left, right)
    assert {name: tensor.item() for name, tensor in total.items()} == {"a": 1, "b": 2, "c": 1}
    assert left.keys() == {"a", "b"}
    assert left["b"].item() == right["b"].item() == 1


def test_scale():
    assert _tree.scale({"a": torch.tensor(3.0)}, 0.5)["a"].item() == 1.5


def test_norm_is_that_of_all_elements_together():
    assert _tree.norm([torch.tensor([3.0]), torch.tensor([[4.0, 0.0]])]).item() == 5.0
    assert _tree.norm([torch.full((2,), 1e25)]).isinf()


def test_all_finite():
    fine = torch.ones(2)
    assert _tree.all_finite([])
    assert _tree.all_finite([fine, torch.zeros(0), torch.tensor(-1e30)])
    for wrong in ("nan", "inf", "-inf"):
        assert not _tree.all_finite([fine, torch.tensor([1.0, float(wrong)])])


def test_restored_tensors_have_their_own_values_again():
    tensors = [torch.ones(2), torch.nn.Parameter(torch.zeros(3))]
    with _tree.restored(tensors):
        _tree.write(tensors, [torch.full((2,), 5.0), torch.full((3,), 6.0)])
        assert tensors[1].tolist() == [6.0] * 3
    assert tensors[0].tolist() == [1.0] * 2
    assert tensors[1].tolist() == [0.0] * 3
