#!/usr/bin/env python3
"""Runs workloads here and with other tools, one after the other on the same machine, and prints ratios.

    benches/compare.py [--peers DIR] [--python PATH] [W2 W3 ...]

DIR holds the scripts of the peers (by default ../shared/bench), PATH is a Python that has numpy, numba, jax, torch;
a peer that cannot be started is named and left out. Ratios are our units per second over the peer's, variant by variant:
above 1, we are faster. The second ratio compares processor time, which other work on the machine changes less; it flatters
a tool that leaves a core idle. `--keep FILE` writes the table to a file as well, with the machine and the date.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEERS = {
    "W2": ("w02_em_ou.py", ["numba", "numpy", "jax", "torch"]),
    "W3": ("w03_em_gbm_strong.py", ["numba", "numpy", "jax", "torch"]),
    "W4": (
        "w04_langevin.py",
        ["numba/mix8-ula", "jax/mix8-ula", "numpy/gauss-ula", "jax/gauss-ula", "numpy/gauss-mala", "jax/gauss-mala"],
    ),
    "W5": ("w05_node_grad.py", ["torch/backprop", "diffrax/backprop", "diffrax/adjoint", "jax/adjoint"]),
    "W6": ("w06_nsde_grad.py", ["jax/d10-heun-backprop", "diffrax/d10-heun-adjoint", "torchsde/d10-reversible_heun-backprop",
                                "torchsde/d10-reversible_heun-adjoint", "jax/d1-heun-backprop"]),
    "W7": ("w07_control.py", ["jax/T5", "jax/T8", "torch-batched/T5"]),
    "W8": ("w08_realnvp.py", ["jax", "torch"]),
    "W9": ("w09_cnf.py", ["jax", "diffrax", "torch"]),
    "W10": ("w10_w11_diffusion_flow.py", ["jax/eight", "jax/moons", "torch/eight"]),
    "W11": ("w10_w11_diffusion_flow.py", ["jax/eight", "jax/moons", "torch/eight"]),
}


def lines(command, folder):
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    found = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    return found, run.stderr.strip().splitlines()


def switches(variant):
    """What tells a peer's script the variant: `backprop` is a mode, `d10-heun-backprop` a dimension, a method and a mode,
    `T5` a time, `eight` a law of data."""
    if variant.startswith("T"):
        return [f"--T={variant[1:]}"]
    if variant in ("eight", "moons"):
        return [f"--data={variant}"]
    *before, mode = variant.split("-")
    dimension = [f"--dim={before[0][1:]}", f"--method={before[1]}"] if before else []
    return dimension + ([f"--mode={mode}"] if mode else [])


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--peers", type=pathlib.Path, default=ROOT.parent / "shared" / "bench")
    options.add_argument("--python", default=sys.executable)
    options.add_argument("workloads", nargs="*", default=list(PEERS))
    options.add_argument("--repeats", type=int, default=3, help="how often a peer runs its job")
    options.add_argument("--keep", type=pathlib.Path)
    chosen = options.parse_args()
    unknown = [name for name in chosen.workloads if name not in PEERS]
    if unknown:
        options.error(f"unknown workload {', '.join(unknown)}: there are {', '.join(PEERS)}")
    if not chosen.peers.is_dir():
        options.error(f"no scripts of peers in {chosen.peers}: name their folder with --peers")
    table = []

    def say(row):
        table.append(row.rstrip())
        print(table[-1], flush=True)

    say(f"{datetime.date.today()}, {processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start")
    say(f"{'workload':9}{'tool':40}{'wall s':>9}{'cpu s':>9}{'units/s':>10}{'ratio':>7}{'by cpu':>7}  quality")
    for name in chosen.workloads:
        script, peers = PEERS[name]
        ours, complaint = lines(["cargo", "run", "-q", "--profile", "bench", "-p", "benches", "--", name], ROOT)
        if not ours:
            sys.exit("\n".join(complaint))
        variants = {line["variant"]: line for line in ours}
        for line in ours:
            say(row(line, None))
        for peer in peers:
            tool, _, variant = peer.partition("/")
            mode = [f"--task={variant}"] if name == "W4" else ["--task=flow"] if name == "W11" else []
            mode += switches(variant) if name != "W4" else []
            command = [chosen.python, script, "--peer", tool, "--dtype", "f64", "--repeats", str(chosen.repeats), *mode]
            found, complaint = lines(command, chosen.peers)
            for line in found[-1:]:
                say(row(line, variants[variant]))
                for sampler, inner in samplers(line):
                    say(row(inner, variants.get(f"{variant} {sampler}")))
            if not found:
                say(f"{name:9}{peer:40}  not run: {complaint[-1] if complaint else 'no result'}")
    if chosen.keep:
        chosen.keep.write_text("\n".join(table) + "\n")


def processor():
    """The processor as Linux names it."""
    try:
        fields = dict(line.split(":", 1) for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if ":" in line)
        known = {key.strip(): value.strip() for key, value in fields.items()}
        return f"{known['model name']} (family {known['cpu family']}, model {known['model']})"
    except (OSError, KeyError):
        return platform.processor() or platform.machine()


def samplers(line):
    """What a peer tells about sampling stands inside its quality: a line for each sampler, whose steps its name ends in."""
    if not isinstance(line["quality"], dict):
        return
    for sampler, told in line["quality"].items():
        if isinstance(told, dict) and "wall_min_s" in told:
            steps = float("".join(c if c.isdigit() else " " for c in sampler).split()[-1])
            speed = steps / told["wall_min_s"]
            quality = {key: value for key, value in told.items() if not key.startswith("wall")}
            yield sampler, {**line, "variant": f"{line['variant']} {sampler}", "wall_min_s": told["wall_min_s"],
                            "cpu_min_s": None, "units": steps, "units_per_s": speed, "quality": quality}


def row(line, ours):
    """A line of the table; `ours` is the line that it is compared with, if it is a peer's."""
    tool = line["peer"] + (f" ({line['variant']})" if line.get("variant") else "")
    quality = line["quality"]
    if isinstance(quality, dict):
        quality = "; ".join(f"{key} {value}" for key, value in quality.items() if not isinstance(value, dict))
    ratios = ["", ""]
    if ours:
        ratios[0] = f"{ours['units_per_s'] / line['units_per_s']:.2f}"
        if line.get("cpu_min_s") and ours.get("cpu_min_s"):
            ratios[1] = f"{line['cpu_min_s'] / line['units'] * ours['units'] / ours['cpu_min_s']:.2f}"
    cpu = f"{line['cpu_min_s']:.3f}" if line.get("cpu_min_s") else ""
    return (f"{line['workload']:9}{tool:40}{line['wall_min_s']:9.3f}{cpu:>9}{line['units_per_s']:10.2e}"
            f"{ratios[0]:>7}{ratios[1]:>7}  {quality}")


if __name__ == "__main__":
    main()
