"""One engine, serving encode requests line by line: the Python counterpart of crates/nn/examples/passes.rs.

Usage: python worker.py ENGINE MODEL THREADS, where ENGINE is torch-f32, torch-bf16 or onnx, and MODEL is the model
folder or, for onnx, the exported file. Ids come in as they are; padding, pooling and normalising are part of the cost.
"""

import json
import os
import sys
import time
from pathlib import Path

ENGINE, MODEL, THREADS = sys.argv[1], sys.argv[2], int(sys.argv[3])
for name in ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"]:
    os.environ[name] = str(THREADS)

import numpy as np


def padded(batch: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    width = max(map(len, batch))
    ids = np.zeros((len(batch), width), dtype=np.int64)
    mask = np.zeros((len(batch), width), dtype=np.int64)
    for row, sequence in enumerate(batch):
        ids[row, : len(sequence)] = sequence
        mask[row, : len(sequence)] = 1
    return ids, mask


def torch_engine(dtype: str):
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(THREADS)
    model = SentenceTransformer(MODEL, device="cpu").eval()
    if dtype == "bf16":
        model = model.to(torch.bfloat16)

    def encode(batch):
        ids, mask = padded(batch)
        with torch.inference_mode():
            out = model({"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)})
        return out["sentence_embedding"].float().numpy()

    return encode


def onnx_engine():
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.inter_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = ort.InferenceSession(MODEL, options, providers=["CPUExecutionProvider"])

    def encode(batch):
        ids, mask = padded(batch)
        return session.run(["vectors"], {"input_ids": ids, "attention_mask": mask})[0]

    return encode


def main() -> None:
    encode = {"torch-f32": lambda: torch_engine("f32"), "torch-bf16": lambda: torch_engine("bf16"), "onnx": onnx_engine}[ENGINE]()
    files: dict[str, list[list[int]]] = {}
    for line in sys.stdin:
        request = json.loads(line)
        path = request["ids"]
        if path not in files:
            files[path] = [json.loads(ids) for ids in Path(path).read_text().splitlines()]
        sequences = files[path]
        # As sentence-transformers does: the longest first, so that batches need little padding.
        order = sorted(range(len(sequences)), key=lambda n: -len(sequences[n]))
        vectors = np.zeros((len(sequences), 384), dtype="<f4")
        calls = []
        wall, cpu = time.perf_counter(), time.process_time()
        for start in range(0, len(order), request["batch"]):
            chosen = order[start : start + request["batch"]]
            call = time.perf_counter()
            vectors[chosen] = encode([sequences[n] for n in chosen])
            calls.append((time.perf_counter() - call) * 1e3)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        if request.get("vectors"):
            vectors.tofile(request["vectors"])
        tokens = sum(map(len, sequences))
        print(json.dumps({"tokens": tokens, "cpu_s": cpu, "wall_s": wall, "call_ms": calls}), flush=True)


main()
