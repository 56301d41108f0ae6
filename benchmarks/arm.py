"""A Python for ARM with the pinned wheels, in a folder of its own.

apt downloads Debian's packages with a state of its own, dpkg unpacks them, and pip adds
the wheels for aarch64. The folder is complete or absent; `make clean` deletes it.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

from counting.base.errors import InputError

FOLDER = Path(".arm")
EMULATOR = "qemu-aarch64"
PACKAGES = ("python3", "libstdc++6")
MIRRORS = {  # of packages for ARM, by this machine's distribution
    "debian": ("http://deb.debian.org/debian", "debian-archive-keyring.gpg"),
    "ubuntu": ("http://ports.ubuntu.com/ubuntu-ports", "ubuntu-archive-keyring.gpg"),
}
# packages that the stages import where the engine trains and judges
WHEELS = (
    "annotated-types", "llvmlite", "num2words", "numba", "numpy", "psutil", "pydantic",
    "pydantic_core", "ruamel.yaml", "safetensors", "tqdm", "typing-inspection",
    "typing_extensions",
)  # fmt: skip
TAGS = ("manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014")
CONFIGURATION = """
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Sandbox::User "";
Debug::NoLocking "1";
Dir::Etc::SourceList "/sources";
Dir::Etc::SourceParts "/dev/null";
Dir::State "/state";
Dir::State::Status "/status";
Dir::Cache "/cache";
RootDir "";
"""


def python(model: str) -> list[str]:
    """Give the command of an emulated Python; the first call downloads it.

    Args:
        model: of a processor, as QEMU names it.
    """
    if not FOLDER.is_dir():
        with tempfile.TemporaryDirectory(dir=".", prefix=".partial-arm-") as made:
            download(Path(made).resolve())
            Path(made).rename(FOLDER)
            Path(made).mkdir()
    root = FOLDER.resolve() / "root"
    return [EMULATOR, "-cpu", model, "-L", str(root), str(root / "usr/bin/python3")]


def environment(model: str) -> dict[str, str]:
    """Name the wheels of an emulated Python, and the processor to compile for."""
    return {"PYTHONPATH": str(FOLDER.resolve() / "wheels"), "NUMBA_CPU_NAME": model}


def download(made: Path) -> None:
    """Fill a folder with the root and the wheels.

    Raises:
        InputError: this is neither Debian nor Ubuntu, or a command fails.
    """
    system = platform.freedesktop_os_release()
    if system["ID"] not in MIRRORS:
        known = ", ".join(MIRRORS)
        raise InputError(f"{system['ID']}: no mirror known, expected one of {known}")
    address, keyring = MIRRORS[system["ID"]]
    for name in ("root", "state/lists/partial", "cache/archives/partial"):
        (made / name).mkdir(parents=True)
    (made / "status").touch()
    (made / "sources").write_text(
        f"deb [signed-by=/usr/share/keyrings/{keyring}] {address} "
        f"{system['VERSION_CODENAME']} main\n"
    )
    (made / "apt.conf").write_text(
        CONFIGURATION.replace('"/', f'"{made}/').replace(f"{made}/dev", "/dev")
    )
    os.environ["APT_CONFIG"] = str(made / "apt.conf")
    run("apt-get", "update", "-qq")
    run("apt-get", "install", "-qq", "--yes", "--download-only",
        "--no-install-recommends", *PACKAGES)  # fmt: skip
    for package in (made / "cache/archives").glob("*.deb"):
        run("dpkg", "-x", str(package), str(made / "root"))
    wheels(made)
    for name in ("cache", "state"):
        shutil.rmtree(made / name)


def wheels(made: Path) -> None:
    """Install the pinned wheels for the Python of the root."""
    minor = (made / "root/usr/bin/python3").readlink().name.removeprefix("python")
    lines = [
        line
        for name in ("requirements.txt", "requirements-results.txt")
        for line in Path(name).read_text().splitlines()
    ]
    pins = [line for line in lines if line.partition("==")[0] in WHEELS]
    platforms = [f"--platform={tag}_aarch64" for tag in TAGS]
    run("python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
        "--only-binary=:all:", "--no-deps", "--no-compile", *platforms,
        f"--python-version={minor}", f"--target={made / 'wheels'}", *pins)  # fmt: skip


def run(*command: str) -> None:
    """Run a command.

    Raises:
        InputError: it fails; with the end of what it says.
    """
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise InputError(f"{' '.join(command[:2])}: {done.stderr.strip()[-300:]}")
