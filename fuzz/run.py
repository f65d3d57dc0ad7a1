"""Runs the built fuzz targets, each for so many seconds, and keeps what became of each in bench/results/fuzz.json.

    cargo xtask fuzz 60                           # builds them, makes first inputs and runs this
    python3 fuzz/run.py --seconds 60 text chunk   # some of them, which are built

A target stops at its first find: an input that panics, takes more than 20 seconds or more than 2 GiB. It lies in fuzz/artifacts, the
other targets go on, and the script exits 1.
"""

import argparse
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import time

FUZZ = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FUZZ.parent / "bench"))
from about import about  # noqa: E402

RESULTS = FUZZ.parent / "bench/results/fuzz.json"
LIMITS = ["-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1"]


def main():
    targets = sorted(path.stem for path in (FUZZ / "targets").glob("*.rs"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("target", nargs="*", metavar="TARGET", help="these only; the results of the others stay")
    asked = parser.parse_args()
    if unknown := set(asked.target) - set(targets):
        parser.error(f"there is no target {' '.join(sorted(unknown))}; there are {' '.join(targets)}")
    outcomes = []
    for target in asked.target or targets:
        result = ran(target, asked.seconds)
        # Read only now: another run may have written meanwhile.
        found = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
        found[target] = result
        kept = {name: found[name] for name in targets if name in found}
        RESULTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        print(f"{target}: {result['executions']} executions, {result['outcome']}", flush=True)
        outcomes.append(result["outcome"])
    if any(outcome != "nothing found" for outcome in outcomes):
        sys.exit("what was found lies in fuzz/artifacts")


def ran(target, seconds):
    """What libFuzzer says of a target after so many seconds; its own words are in fuzz/artifacts/TARGET.log."""
    folders = [FUZZ / kind / target for kind in ("corpus", "seeds", "artifacts")]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    corpus, seeds, artifacts = folders
    first = sum(1 for folder in (corpus, seeds) for _ in folder.iterdir())
    binary = next((FUZZ / "target").glob(f"*/release/{target}"), None)
    if not binary:
        sys.exit(f"{target} is not built: cargo +nightly fuzz build -O {target}")
    whence = about(None)
    command = [binary, corpus, seeds, f"-artifact_prefix={artifacts}/", f"-max_total_time={seconds}", *LIMITS]
    # Leaks are not looked for: that takes rights which a container may not have.
    environment = os.environ | {"ASAN_OPTIONS": "detect_leaks=0"}
    began, busy = time.monotonic(), cpu_seconds()
    log = FUZZ / f"artifacts/{target}.log"
    with log.open("w", encoding="utf-8") as into:
        done = subprocess.run(command, env=environment, cwd=FUZZ, stdout=into, stderr=subprocess.STDOUT)
    wall, busy = time.monotonic() - began, cpu_seconds() - busy
    said = log.read_text(encoding="utf-8", errors="replace")

    def number(pattern):
        last = re.findall(pattern, said)
        return int(last[-1]) if last else None

    return {
        **whence,
        "seed": number(r"INFO: Seed: (\d+)"),
        "first_inputs": first,
        "executions": number(r"stat::number_of_executed_units: (\d+)"),
        "seconds": round(wall),
        "cpu_seconds": round(busy),
        "new_inputs": number(r"stat::new_units_added: +(\d+)"),
        "slowest_input_s": number(r"stat::slowest_unit_time_sec: +(\d+)"),
        "peak_mb": number(r"stat::peak_rss_mb: +(\d+)"),
        "outcome": outcome(done.returncode, said),
    }


def outcome(status, said):
    """In libFuzzer's words, unless it found nothing."""
    if status == 0:
        return "nothing found"
    why = re.search(r"panicked at [^\n]*(\n[^\n]*)?|ERROR: [^\n]*", said)
    return re.sub(r"/\S*/registry/src/[^/]+/", "", why.group(0).replace("\n", " ")) if why else f"status {status}"


def cpu_seconds():
    """Of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
