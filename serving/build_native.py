"""Compile each `model_server/native/*.c` to a library next to its source, with the locked compiler."""

import subprocess
import sys
from pathlib import Path

SOURCES = sorted((Path(__file__).parent / "model_server" / "native").glob("*.c"))
FLAGS = (
    # For every processor: an image is built on one machine and runs on others. What is faster with other
    # instructions is there for these too, and chosen where it runs.
    "-mcpu=baseline",
    *("-O2", "-g0", "-shared", "-fPIC", "-std=c11", "-Wall", "-Wextra", "-Werror"),
    # Exactness: no fused multiply-add.
    "-ffp-contract=off",
    # Speed: gathering single values into vector registers takes this code twice as long.
    *("-fno-slp-vectorize", "-fno-vectorize"),
)

for source in SOURCES:
    library = source.with_name(f"lib{source.stem}.so")
    subprocess.run([sys.executable, "-m", "ziglang", "cc", *FLAGS, "-o", library, source, "-lm"], check=True)
