import torch

from unweave.training import halves
from unweave.training.machine import Machine
from unweave.training.optimisers import Muon, orthogonalised


def weight():
    return torch.nn.Parameter(torch.randn(8, 6, generator=torch.Generator().manual_seed(0)))


def test_the_quicker_of_both_is_taken(monkeypatch):
    for quick in (torch.bfloat16, torch.float32):
        halves.bfloat16_is_quicker.cache_clear()
        monkeypatch.setattr(halves, "_seconds", lambda dtype, quick=quick: 1.0 if dtype == quick else 2.0)
        assert halves.bfloat16_is_quicker(torch.device("cpu")) == (quick == torch.bfloat16)
        assert Muon([weight()]).compute == quick
    halves.bfloat16_is_quicker.cache_clear()


def test_the_trial_measures_something():
    assert 0 < halves._seconds(torch.float32) < 60


def test_a_run_that_goes_on_computes_as_it_began(monkeypatch):
    first = Muon([weight()], compute=torch.float32)
    again = Muon([weight()], compute=torch.bfloat16)
    again.load_state_dict(first.state_dict())
    assert again.compute == torch.float32
    old = first.state_dict()
    for group in old["param_groups"]:
        del group["half"]
    again.load_state_dict(old)
    assert again.compute == torch.bfloat16  # checkpoints of before are of runs in bfloat16


def test_matrices_come_out_orthogonal_in_both():
    matrix = torch.randn(3, 8, 6, generator=torch.Generator().manual_seed(0))
    for compute, near in ((torch.float32, 0.35), (torch.bfloat16, 0.4)):
        values = torch.linalg.svdvals(orthogonalised(matrix, compute))
        assert ((values - 1).abs() < near).all()


def test_auto_is_one_of_the_precisions(monkeypatch):
    for quick, wanted in ((True, "bf16-mixed"), (False, None)):
        monkeypatch.setattr("unweave.training.machine.bfloat16_is_quicker", lambda _, quick=quick: quick)
        precision = getattr(Machine("cpu", "auto").fabric.strategy.precision, "precision", None)
        assert precision == (wanted or "32-true")
