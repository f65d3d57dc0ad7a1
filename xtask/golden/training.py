"""Writes crates/nn/tests/golden/training/: a made-up BERT of a few thousand weights and what PyTorch makes of it.

Run with `cargo xtask golden training`.

Three stories, each fifty steps of AdamW with dropout off, on batches that are stored beside the losses: multiple negatives
ranking (mean pooling), binary cross-entropy on pairs of texts (two token types, first token), and the first again with LoRA
adapters of PEFT on all linear layers. The gradients of the first step are stored as norms, and the adapters as they end.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench/encode"))
import environment

environment.enter("peft==0.21.2")

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import BertConfig, BertModel

OUT = Path(__file__).parents[2] / "crates/nn/tests/golden/training"
PACKAGES = ["torch", "transformers", "peft"]
STEPS = 50


def model() -> BertModel:
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=50, hidden_size=24, num_hidden_layers=2, num_attention_heads=4, intermediate_size=33,
        max_position_embeddings=40, type_vocab_size=2, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        initializer_range=0.2, attn_implementation="eager",
    )
    made = BertModel(config, add_pooling_layer=False)
    with torch.no_grad():
        for name, tensor in made.named_parameters():
            if name.endswith("bias"):
                tensor.normal_(0, 0.1)
            if "LayerNorm.weight" in name:
                tensor.normal_(1, 0.1)
    return made


def texts(generator: torch.Generator, count: int) -> list[list[int]]:
    lengths = torch.randint(3, 14, (count,), generator=generator).tolist()
    return [torch.randint(1, 50, (length,), generator=generator).tolist() for length in lengths]


def run(bert, batch, seconds=None):
    longest = max(map(len, batch))
    ids = torch.tensor([text + [0] * (longest - len(text)) for text in batch])
    mask = torch.tensor([[1] * len(text) + [0] * (longest - len(text)) for text in batch])
    types = torch.zeros_like(ids)
    for row, second in enumerate(seconds or []):
        types[row, second:] = 1
    return bert(input_ids=ids, attention_mask=mask, token_type_ids=types).last_hidden_state, mask


def mean(states, mask):
    mask = mask.unsqueeze(-1).float()
    return (states * mask).sum(1) / mask.sum(1)


def optimiser(parameters, rate):
    plain = lambda name: name.endswith("bias") or "LayerNorm" in name or "embeddings" in name
    groups = [
        {"params": [p for n, p in parameters if not plain(n)], "weight_decay": 0.01},
        {"params": [p for n, p in parameters if plain(n)], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=rate)


def norms(named):
    return {name: p.grad.norm().item() for name, p in named if p.grad is not None}


def contrast(bert, named, rate):
    generator = torch.Generator().manual_seed(1)
    steps = optimiser(named, rate)
    batches, losses, first = [], [], None
    for step in range(STEPS):
        if step < 5:
            batches.append((texts(generator, 4), texts(generator, 6)))
        queries, documents = batches[step % 5]
        q = torch.nn.functional.normalize(mean(*run(bert, queries)))
        d = torch.nn.functional.normalize(mean(*run(bert, documents)))
        loss = torch.nn.functional.cross_entropy(20 * q @ d.T, torch.arange(len(queries)))
        steps.zero_grad()
        loss.backward()
        if first is None:
            first = norms(named)
        torch.nn.utils.clip_grad_norm_([p for _, p in named], 1.0)
        steps.step()
        losses.append(loss.item())
    return {"batches": batches, "losses": losses, "norms": first, "rate": rate}


def pairs(bert):
    generator = torch.Generator().manual_seed(2)
    torch.manual_seed(3)
    head = torch.nn.Linear(24, 1)
    named = [(n, p) for n, p in bert.named_parameters()] + [(f"head.{n}", p) for n, p in head.named_parameters()]
    start = {"weight": head.weight.flatten().tolist(), "bias": head.bias.tolist()}
    steps = optimiser(named, 2e-3)
    batches, losses, first = [], [], None
    for step in range(STEPS):
        if step < 5:
            rows = texts(generator, 6)
            seconds = [torch.randint(1, len(row), (1,), generator=generator).item() for row in rows]
            labels = torch.randint(0, 2, (6,), generator=generator).tolist()
            batches.append((rows, seconds, labels))
        rows, seconds, labels = batches[step % 5]
        states, _ = run(bert, rows, seconds)
        logits = head(states[:, 0]).squeeze(-1)
        weight = torch.tensor(3.0)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            logits, torch.tensor(labels, dtype=torch.float), pos_weight=weight)
        steps.zero_grad()
        loss.backward()
        if first is None:
            first = norms(named)
        steps.step()
        losses.append(loss.item())
    return {"batches": batches, "losses": losses, "norms": first, "head": start}


def adamw():
    weight = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
    steps = torch.optim.AdamW([weight], lr=0.1, weight_decay=0.01)
    for grad in [[0.5, -1.0], [0.1, 0.2], [-0.3, 0.0]]:
        weight.grad = torch.tensor(grad)
        steps.step()
    return weight.tolist()


def lora():
    bert = get_peft_model(model(), LoraConfig(r=4, lora_alpha=8, lora_dropout=0.0, target_modules="all-linear"))
    torch.manual_seed(11)
    start = {}
    for name, tensor in bert.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(tensor, 0, 0.05)
        if "lora_" in name:
            start[name.replace(".default", "").replace("base_model.model.", "")] = tensor.flatten().tolist()
    named = [(n, p) for n, p in bert.named_parameters() if p.requires_grad]
    story = contrast(bert, named, 1e-2)
    clean = lambda name: name.replace(".default", "").replace("base_model.model.", "")
    story["norms"] = {clean(name): norm for name, norm in story["norms"].items()}
    story["start"] = start
    del story["batches"]
    return story


def main() -> None:
    torch.set_num_threads(1)
    OUT.mkdir(parents=True, exist_ok=True)
    bert = model()
    bert.config.save_pretrained(OUT)
    save_file({name: tensor.contiguous() for name, tensor in bert.state_dict().items()}, OUT / "model.safetensors",
              metadata={"format": "pt"})
    golden = {
        "versions": {name: version(name) for name in PACKAGES},
        "adamw": adamw(),
        "contrast": contrast(bert, list(bert.named_parameters()), 2e-3),
        "pairs": pairs(model()),
        "lora": lora(),
    }
    (OUT / "golden.json").write_text(json.dumps(golden) + "\n")


main()
