import resource
import subprocess
import sys

import pytest

from counting.base.errors import InputError
from counting.running import memory
from tests.variants import COPY, model, recipe

PEAK = """
import sys
from pathlib import Path
import numpy as np
from counting.training.loop import train
from tests.variants import COPY, model, recipe
V = int(sys.argv[1])
config = model("gru", sys.argv[2], hidden_size=64, batch_size=64)
train(config, recipe(steps=2, bptt=40), np.arange(4000) % V, V, seed=0)
# not ru_maxrss, which begins with that of the process that started this one
print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""


def peak(V: int, head: str) -> int:
    command = [sys.executable, "-c", PEAK, str(V), head]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(run.stdout) * 1024


@pytest.mark.parametrize("head", ["linear", "copy"])
def test_what_a_large_vocabulary_adds_is_foretold_within_a_half(head: str) -> None:
    config, asked = model("gru", head, hidden_size=64, batch_size=64), recipe(bptt=40)
    few, many = (memory.needed(config, asked, V) for V in (100, 3000))
    measured = peak(3000, head) - peak(100, head)
    assert 0.67 < (many - few) / measured < 1.5


def test_a_variant_that_does_not_fit_is_refused_with_what_to_lower() -> None:
    config = model("gru", "copy", copy_head=COPY, batch_size=64)
    with pytest.raises(InputError, match=r"wide needs about .* lower batch_size"):
        memory.check("wide", config, recipe(), V=1_000_000)
    memory.check("narrow", config, recipe(), V=30)


def test_a_limit_on_the_address_space_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = (memory.LIBRARIES + 5, resource.RLIM_INFINITY)
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    assert memory.available() == 5
