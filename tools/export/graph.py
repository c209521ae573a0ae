"""The model as one ONNX graph with two outputs, and its tokenizer."""

from pathlib import Path
from typing import Any

OPSET = 17
POOLINGS = ("mean", "cls")
# What ONNX Runtime's optimiser knows how to put together: 63 steps a pass instead of 355, half a millisecond each time.
FUSED = ("bert", "roberta", "xlm-roberta", "camembert")


def open_model(weights: Path) -> tuple[Any, str]:
    """The model and its pooling. Raises ValueError for one that a graph of ours would not be equal to."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(weights), device="cpu")
    kinds = [type(module).__name__ for module in model]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        raise ValueError(f"{weights} is made of {', '.join(kinds)}: Transformer, Pooling, Normalize is what is taken")
    told = model[1].get_config_dict()
    pooling = told.get("pooling_mode")
    if pooling not in POOLINGS or not told.get("include_prompt", True):
        raise ValueError(f"{weights} pools by {pooling}: mean or cls over all tokens is what is taken")
    model[0].model.set_attn_implementation("eager")  # the form in which attention can be recognised in the graph
    return model, pooling


def write_graph(model: Any, pooling: str, path: Path) -> None:
    """One forward pass with two outputs: the pooled sentence and every token, both unit length."""
    import inspect

    import torch

    encoder = model[0].model.eval()
    typed = "token_type_ids" in inspect.signature(encoder.forward).parameters

    class SentenceAndTokens(torch.nn.Module):
        def __init__(self, encoder: torch.nn.Module) -> None:
            super().__init__()
            self.encoder = encoder

        def forward(self, input_ids, attention_mask, token_type_ids=None):  # type: ignore[no-untyped-def]
            types = {"token_type_ids": token_type_ids} if typed else {}
            tokens = self.encoder(input_ids=input_ids, attention_mask=attention_mask, **types).last_hidden_state
            mask = attention_mask.unsqueeze(-1).to(tokens.dtype)
            mean = (tokens * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
            unit = torch.nn.functional.normalize
            return unit(mean if pooling == "mean" else tokens[:, 0], dim=-1), unit(tokens, dim=-1)

    example = torch.ones(2, 8, dtype=torch.int64)
    inputs = ["input_ids", "attention_mask", "token_type_ids"][: 3 if typed else 2]
    batch_of_tokens = {0: "batch", 1: "length"}
    torch.onnx.export(
        SentenceAndTokens(encoder),
        (example, example, torch.zeros_like(example))[: len(inputs)],
        str(path),
        input_names=inputs,
        output_names=["sentence", "tokens"],
        dynamic_axes=dict.fromkeys([*inputs, "tokens"], batch_of_tokens) | {"sentence": {0: "batch"}},
        opset_version=OPSET,
        # The tracing exporter keeps BERT's attention in the shape ONNX Runtime knows how to fuse.
        dynamo=False,
    )


def fuse(graph: Path, config: Any) -> None:
    """Attention, layer norms and the embedding become one step each, in place; `config` is the transformer's."""
    if config.model_type not in FUSED:
        return
    from onnxruntime.transformers import optimizer

    heads, size = config.num_attention_heads, config.hidden_size
    optimizer.optimize_model(str(graph), "bert", heads, size, opt_level=0).save_model_to_file(str(graph))


def optimise(graph: Path, path: Path) -> None:
    """Save ONNX Runtime's own optimised form, so that start-up neither parses nor rewrites the graph."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # "Extended" and not "all": the layout rewrites of "all" would tie the file to this machine's CPU.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(path)
    options.add_session_config_entry("session.save_model_format", "ORT")
    onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])


def write_tokenizer(weights: Path, folder: Path) -> Any:
    """The tokenizer that was written: it neither pads nor cuts."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(weights / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(folder / "tokenizer.json"))
    return tokenizer
