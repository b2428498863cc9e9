"""What SECURITY.md says is true."""

import re
from pathlib import Path

import numpy as np
import pytest
import skops.io
from skops.io.exceptions import UntrustedTypesFoundException

import skaae

TEXT = (Path(__file__).parents[1] / "SECURITY.md").read_text()
CLASSES = [kind for kind in (getattr(skaae, name) for name in skaae.__all__) if isinstance(kind, type)]


def test_the_listed_types_are_those_of_all_estimators():
    listed = re.findall(r"^- `(skaae\.[\w.]+)`$", TEXT, re.MULTILINE)
    assert sorted(listed) == sorted(f"{kind.__module__}.{kind.__name__}" for kind in CLASSES)
    assert len(listed) == 9


def test_skops_loads_nothing_of_ours_that_is_not_trusted():
    kept = skops.io.dumps(skaae.TableEncoder().fit(np.eye(3)))
    with pytest.raises(UntrustedTypesFoundException, match="TableEncoder"):
        skops.io.loads(kept)
