"""Machine code kept on disk: never another's, never stale, never missed for long."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# multiplies two matrices, and prints a digest and how much was found on disk
WORK = """
import hashlib

import numpy as np
from counting.engine.matmul import matmul_add
C = np.zeros((9, 40), np.float32)
matmul_add(C, np.ones((9, 5), np.float32), np.ones((5, 40), np.float32))
print(hashlib.md5(C.tobytes()).hexdigest(), sum(matmul_add.stats.cache_hits.values()))
"""

# a module outside the engine that compiles, and sees what a third one says
ONE = """
from counting.engine.compiler import jit
from other import NONE

@jit
def f(x):
    return x + NONE
"""


def start(folder: Path, root: Path = ROOT) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WORK],
        cwd=root,
        env={**os.environ, "COUNTING_COMPILED": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    )


def run(folder: Path, root: Path = ROOT) -> tuple[str, int]:
    """Give the digest, and how much machine code was found on disk."""
    out, _ = start(folder, root).communicate()
    digest, hits = out.split()
    return digest, int(hits)


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("compiled")
    digest, hits = run(folder)
    assert hits == 0
    return folder, digest


def test_a_second_process_finds_it(warm: tuple[Path, str]) -> None:
    folder, digest = warm
    assert run(folder) == (digest, 1)
    assert not list(folder.glob(".partial-*"))


def test_a_damaged_file_is_compiled_again(
    warm: tuple[Path, str], tmp_path: Path
) -> None:
    folder, digest = warm
    shutil.copytree(folder, tmp_path / "copy")
    (path,) = (tmp_path / "copy").glob("matmul_add-*")
    content = path.read_bytes()
    one_bit = content[:-9] + bytes([content[-9] ^ 1]) + content[-8:]
    for damaged in (content[: len(content) // 2], one_bit):
        path.write_bytes(damaged)
        assert run(tmp_path / "copy") == (digest, 0)
    assert run(tmp_path / "copy") == (digest, 1)


def test_a_folder_that_cannot_be_written_costs_only_time(
    warm: tuple[Path, str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    assert run(tmp_path / "file" / "inner") == (warm[1], 0)


def test_an_edited_helper_is_not_answered_with_stale_code(
    warm: tuple[Path, str], tmp_path: Path
) -> None:
    folder, digest = warm
    shutil.copytree(ROOT / "counting", tmp_path / "counting")
    assert run(folder, tmp_path) == (digest, 1)
    with (tmp_path / "counting/engine/math.py").open("a") as file:
        file.write("# edited\n")
    assert run(folder, tmp_path) == (digest, 0)


def test_code_is_known_by_all_that_it_can_see_wherever_that_is(tmp_path: Path) -> None:
    def given() -> str:
        (tmp_path / "one.py").write_text(ONE)
        work = "import one; print(one.f(1), sum(one.f.stats.cache_hits.values()))"
        return subprocess.run(
            [sys.executable, "-c", work],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": ".", "COUNTING_COMPILED": "kept"},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout.strip()

    shutil.copytree(ROOT / "counting", tmp_path / "counting")
    (tmp_path / "other.py").write_text("NONE = -1\n")
    assert given() == "0 0"
    assert given() == "0 1"
    (tmp_path / "other.py").write_text("NONE = -2\n")
    assert given() == "-1 0"


def test_without_machine_code_the_engine_says_so() -> None:
    work = (
        "from counting.engine.forward import Inference\n"
        "from counting.engine.weights import Weights\n"
        "from counting.networks import initial\n"
        "from tests.variants import model\n"
        "import numpy as np\n"
        "one = model('gru')\n"
        "Inference(Weights.of(one, initial.weights(one, 5, 0)))(np.zeros((3, 2), int))"
    )
    done = subprocess.run(
        [sys.executable, "-c", work],
        cwd=ROOT,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
    )
    assert "InputError: NUMBA_DISABLE_JIT is set, expected" in done.stderr


def test_who_imports_the_library_keeps_threads_and_vectors() -> None:
    work = (
        "import os\n"
        "import torch\n"
        "before = dict(os.environ), torch.get_num_threads()\n"
        "import counting.export.standalone, counting.evaluation.definition\n"
        "import counting.training.autograd, counting.training.loop\n"
        "after = dict(os.environ), torch.get_num_threads()\n"
        "assert after == before, after"
    )
    environment = {**os.environ, "OMP_NUM_THREADS": "2", "ATEN_CPU_CAPABILITY": "avx2"}
    subprocess.run([sys.executable, "-c", work], cwd=ROOT, env=environment, check=True)


def test_two_cold_starts_at_once_and_a_killed_one_leave_nothing_wrong(
    warm: tuple[Path, str], tmp_path: Path
) -> None:
    killed = start(tmp_path)
    while not any(tmp_path.iterdir()) and killed.poll() is None:
        time.sleep(0.001)
    killed.kill()
    killed.communicate()
    both = [start(tmp_path) for _ in range(2)]
    answers = [process.communicate()[0].split()[0] for process in both]
    assert answers == [warm[1]] * 2
    assert run(tmp_path) == (warm[1], 1)
