"""The virtual environment that bench/encode and xtask/golden run in."""

import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
MODEL = Path(os.environ.get("ENGRAFT_TEST_MODEL", TARGET / "test-assets/all-MiniLM-L6-v2"))
DATA = Path(os.environ.get("ENGRAFT_TEST_DATA", REPOSITORY / "../shared/data"))


def enter(*more: str) -> None:
    """Goes on inside the environment, making it first where it is missing or out of date.

    `ENGRAFT_BENCH_VENV` names another place for it than `target/bench/venv`. `more` packages make an environment of their own.
    """
    name = "-".join(["venv", *(package.partition("==")[0] for package in more)])
    folder = Path(os.environ.get("ENGRAFT_BENCH_VENV", TARGET / "bench" / name)).absolute()
    if Path(sys.prefix) == folder:
        return
    python = folder / "bin/python"
    wanted = (HERE / "requirements.txt").read_text()
    stamp = folder / "requirements.txt"
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"installing the packages of {HERE.name}/requirements.txt", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", "-r", HERE / "requirements.txt"], check=True)
        if more:
            subprocess.run([python, "-m", "pip", "install", "-q", *more], check=True)
        stamp.write_text(wanted)
    os.execv(python, [str(python), *sys.argv])
