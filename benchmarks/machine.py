"""What a measurement was made on."""

from __future__ import annotations

import platform
from pathlib import Path


def processor() -> str:
    """Name the processor as the system does."""
    found = Path("/proc/cpuinfo")
    text = found.read_text(encoding="utf-8") if found.is_file() else ""
    names = [
        line.partition(":")[2] for line in text.splitlines() if "model name" in line
    ]
    return names[0].strip() if names else platform.processor()
