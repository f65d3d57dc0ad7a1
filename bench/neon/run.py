"""The kernels of 64-bit ARM, compiled and run on a machine that has no such processor: which tests pass under QEMU.

    sudo python3 bench/neon/run.py --into DIR          # makes a Debian first; 3 GB

Makes a Debian of the newest suite with `debootstrap`, with its Rust, Rust's library for ARM, a linker for it and QEMU, lends it the
checkout, read only, and says `cargo xtask cross`. Where `rustup target add aarch64-unknown-linux-gnu` works, that command alone
does the same. It says that the numbers are right and nothing about speed: an emulator has none.
Writes bench/results/neon.json.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from about import ROOT, about, load  # noqa: E402

RESULTS = ROOT / "bench/results/neon.json"
MODEL = "target/test-assets/all-MiniLM-L6-v2"
PACKAGES = "rustc cargo rust-clippy libstd-rust-dev:arm64 gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user"
TRIPLE = "aarch64-unknown-linux-gnu"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", type=pathlib.Path, required=True)
    parser.add_argument("--mirror", nargs="*", default=[], help="of Debian; by default the one debootstrap knows")
    parser.add_argument("--suite", default="sid")
    asked = parser.parse_args()
    if os.geteuid() != 0:
        raise SystemExit("only root can make a Debian in a folder and go into it: run this with sudo")
    into = asked.into.resolve()
    if not (into / "usr/bin/qemu-aarch64").exists():
        make(into, asked.suite, asked.mirror)
    whence = about(None)
    status, said = inside(into, "cargo xtask cross")
    (into / "root/cross.log").write_text(said, encoding="utf-8")
    found = {
        **whence,
        "debian": (into / "etc/debian_version").read_text(encoding="utf-8").strip(),
        **{tool: inside(into, f"{tool} --version")[1].splitlines()[0] for tool in ("rustc", "qemu-aarch64", "aarch64-linux-gnu-gcc")},
        "command": "cargo xtask cross",
        "status": status,
        "tests": tests(said),
        "skipped": sorted(set(re.findall(r"skipped: [^\n]*", said))),
        "load_after": load(),
    }
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))
    if status:
        raise SystemExit(f"`cargo xtask cross` failed: {into}/root/cross.log")


def make(into, suite, mirror):
    subprocess.run(["debootstrap", "--variant=minbase", "--include=ca-certificates", suite, into, *mirror], check=True)
    # A mirror that stands still is as good as one that moves.
    (into / "etc/apt/apt.conf.d/99still").write_text('Acquire::Check-Valid-Until "false";\n', encoding="utf-8")
    install = f"DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends {PACKAGES}"
    status, said = inside(into, f"dpkg --add-architecture arm64 && apt-get update && {install}")
    if status:
        raise SystemExit(said)


def inside(into, command):
    """The status of a command in there and all that it says."""
    # Whom this machine trusts may be more than Debian does.
    for file in ("etc/resolv.conf", "etc/ssl/certs/ca-certificates.crt"):
        shutil.copy(f"/{file}", into / file)
    downloads = pathlib.Path(os.environ.get("CARGO_HOME", pathlib.Path.home() / ".cargo")) / "registry"
    variables = f"PATH=/usr/bin:/bin:/usr/sbin:/sbin LANG=C.UTF-8 HOME=/root CARGO_HOME=/cargo CARGO_TARGET_DIR=/tgt CARGO_INCREMENTAL=0 " \
                f"ENGRAFT_TEST_MODEL=/src/{MODEL}"
    words = [
        "set -e",
        f"mkdir -p {into}/src {into}/cargo/registry",
        f"mount -t proc proc {into}/proc; mount --bind -o ro {ROOT} {into}/src",
        f"[ ! -d {downloads} ] || mount --bind {downloads} {into}/cargo/registry",
        f"exec chroot {into} env -i {variables} sh -c 'cd /src; {command}'",
    ]
    done = subprocess.run(["unshare", "--mount", "--fork", "sh", "-c", "\n".join(words)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace")
    return done.returncode, done.stdout


def tests(said):
    """What passed, failed and was left out in each test binary that ran under the emulator."""
    found = {}
    for part in re.split(rf"Running (?=.*/{TRIPLE}/)", said)[1:]:
        binary = re.search(r"deps/(\w+)-", part).group(1)
        counts = re.search(r"test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored", part)
        found[binary] = {
            **(dict(zip(("passed", "failed", "ignored"), map(int, counts.groups()))) if counts else {"failed": None}),
            "names": sorted(re.findall(r"^test (\S+) \.\.\. ok", part, re.M)),
        }
    return found


if __name__ == "__main__":
    main()
