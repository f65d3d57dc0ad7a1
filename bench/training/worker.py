"""PyTorch's side of bench/training: the same steps, what they cost, and the losses."""

import json
import resource
import sys
import time

import torch
from transformers import AutoModel

torch.set_num_threads(1)
model = AutoModel.from_pretrained(sys.argv[1])
model.eval()  # dropout off; gradients flow all the same
plain = lambda name: name.endswith("bias") or "LayerNorm" in name or "embeddings" in name
named = [(n, p) for n, p in model.named_parameters() if not n.startswith("pooler")]
groups = [{"params": [p for n, p in named if not plain(n)], "weight_decay": 0.01},
          {"params": [p for n, p in named if plain(n)], "weight_decay": 0.0}]
optimiser = torch.optim.AdamW(groups, lr=2e-5)


def embed(texts):
    longest = max(map(len, texts))
    ids = torch.tensor([text + [0] * (longest - len(text)) for text in texts])
    mask = torch.tensor([[1] * len(text) + [0] * (longest - len(text)) for text in texts])
    states = model(input_ids=ids, attention_mask=mask).last_hidden_state
    mask = mask.unsqueeze(-1).float()
    return torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1))


losses, seconds = [], []
for queries, documents in json.load(open(sys.argv[2])):
    began = time.process_time()
    loss = torch.nn.functional.cross_entropy(20 * embed(queries) @ embed(documents).T, torch.arange(len(queries)))
    optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_([p for _, p in named], 1.0)
    optimiser.step()
    seconds.append(time.process_time() - began)
    losses.append(loss.item())
print(json.dumps({"losses": losses, "cpu_seconds": seconds,
                  "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
