import subprocess
import sys

import pytest


@pytest.mark.parametrize("statement", ["import gtn_nas", "import gtn_nas.search, gtn_nas.strategies"])
def test_nothing_but_the_adapter_imports_nni(statement: str):
    code = f"import sys; {statement}; gtn_nas.GTNEvaluation; print('nni' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_importing_the_adapter_warns_of_nothing_and_needs_no_lightning():
    code = "import gtn_nas.nni, sys; assert 'pytorch_lightning' not in sys.modules; print('ok')"
    found = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (found.stdout.strip(), found.stderr) == ("ok", "")
