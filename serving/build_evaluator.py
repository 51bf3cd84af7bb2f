"""Compile `model_server/evaluator.c` next to its source, with the locked compiler."""

import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).parent / "model_server" / "evaluator.c"
FLAGS = (
    *("-O2", "-g0", "-shared", "-fPIC", "-std=c11", "-Wall", "-Wextra", "-Werror"),
    # Exactness: no fused multiply-add.
    "-ffp-contract=off",
    # Speed: gathering single values into vector registers takes this code twice as long.
    *("-fno-slp-vectorize", "-fno-vectorize"),
)

subprocess.run(
    [sys.executable, "-m", "ziglang", "cc", *FLAGS, "-o", SOURCE.with_name("libevaluator.so"), SOURCE, "-lm"],
    check=True,
)
