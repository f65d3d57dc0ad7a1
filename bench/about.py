"""Where a result comes from: the first entries of every file under results/."""

import os
import pathlib
import platform
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[1]


def about(seed):
    """Commit, machine, seed and load as they are now; `seed` is whatever draws rows, questions or resamples; None where nothing is drawn."""
    return {
        "commit": commit(),
        "machine": machine(),
        "python": platform.python_version(),
        "seed": seed,
        "load_before": load(),
    }


def commit():
    """The commit, `-dirty` where something beside results differs from it."""
    head, differs = (
        subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True).stdout.strip()
        for words in (["rev-parse", "--short", "HEAD"], ["status", "--porcelain", "--", ".", ":!bench/results"])
    )
    return head + ("-dirty" if differs else "")


def machine():
    """The processor and its cores."""
    lines = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if os.path.exists("/proc/cpuinfo") else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores"


def load():
    """How many processes wanted a core on average over the last minute, five and fifteen."""
    return [round(one, 1) for one in os.getloadavg()]
