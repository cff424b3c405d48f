#!/usr/bin/env python3
"""Runs workloads here and with other tools, one after the other on the same machine, and prints ratios.

    benches/compare.py [--peers DIR] [--python PATH] [W2 W3 ...]

DIR holds the scripts of the peers (by default ../shared/bench), PATH is a Python that has numpy, numba, jax, torch;
a peer that cannot be started is named and left out. Ratios are our units per second over the peer's, variant by variant:
above 1, we are faster.
"""
import argparse
import json
import pathlib
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
    "W10": ("w10_w11_diffusion_flow.py", ["jax/eight", "jax/moons", "torch/eight"]),
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
    chosen = options.parse_args()
    unknown = [name for name in chosen.workloads if name not in PEERS]
    if unknown:
        options.error(f"unknown workload {', '.join(unknown)}: there are {', '.join(PEERS)}")
    if not chosen.peers.is_dir():
        options.error(f"no scripts of peers in {chosen.peers}: name their folder with --peers")
    print(f"{'workload':10}{'tool':32}{'seconds':>9}{'units/s':>11}{'ratio':>8}   quality")
    for name in chosen.workloads:
        script, peers = PEERS[name]
        ours, complaint = lines(["cargo", "run", "-q", "--profile", "bench", "-p", "benches", "--", name], ROOT)
        if not ours:
            sys.exit("\n".join(complaint))
        speeds = {line["variant"]: line["units_per_s"] for line in ours}
        first = ours[0]["units_per_s"]
        for line in ours:
            show(line, first)
        for peer in peers:
            tool, _, variant = peer.partition("/")
            mode = [f"--task={variant}"] if name == "W4" else switches(variant)
            found, complaint = lines([chosen.python, script, "--peer", tool, "--dtype", "f64", *mode], chosen.peers)
            if found:
                show(found[-1], speeds[variant])
            else:
                print(f"{name:10}{peer:32}  not run: {complaint[-1] if complaint else 'no result'}")


def show(line, ours):
    tool = line["peer"] + (f" ({line['variant']})" if line.get("variant") else "")
    quality = line["quality"]
    if isinstance(quality, dict):
        quality = "; ".join(f"{key} {value}" for key, value in quality.items())
    seconds, speed = line["wall_min_s"], line["units_per_s"]
    print(f"{line['workload']:10}{tool:32}{seconds:9.3f}{speed:11.2e}{ours / speed:8.2f}   {quality}")


if __name__ == "__main__":
    main()
