"""Exports the reference encoder, pooling and normalising included, to ONNX: f32, f32 fused, and dynamic int8.

Usage: python export.py MODEL_DIR OUT_DIR
"""

import sys
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers import optimizer
from transformers import AutoModel


class SentenceEncoder(torch.nn.Module):
    def __init__(self, path: str):
        super().__init__()
        self.bert = AutoModel.from_pretrained(path, attn_implementation="eager")

    def forward(self, input_ids, attention_mask):
        hidden = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        weights = attention_mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * weights).sum(1) / weights.sum(1)
        return torch.nn.functional.normalize(mean, dim=-1)


def main() -> None:
    model, out = sys.argv[1], Path(sys.argv[2])
    encoder = SentenceEncoder(model).eval()
    ids = torch.randint(1000, 2000, (2, 16))
    names = ["input_ids", "attention_mask"]
    axes = {name: {0: "batch", 1: "length"} for name in names} | {"vectors": {0: "batch"}}
    with torch.inference_mode():
        torch.onnx.export(
            encoder, (ids, torch.ones_like(ids)), str(out / "f32.onnx"), input_names=names, output_names=["vectors"],
            dynamic_axes=axes, opset_version=17, dynamo=False,
        )
    fused = optimizer.optimize_model(str(out / "f32.onnx"), model_type="bert", num_heads=12, hidden_size=384, opt_level=0)
    print("fused:", fused.get_fused_operator_statistics())
    fused.save_model_to_file(str(out / "f32-fused.onnx"))
    for name in ["f32", "f32-fused"]:
        # The fused operators are unknown to shape inference, so the type of what they return is told.
        quantize_dynamic(
            out / f"{name}.onnx", out / f"{name.replace('f32', 'int8')}.onnx", per_channel=True,
            weight_type=QuantType.QInt8, extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )


main()
