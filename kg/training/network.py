"""The encoder: a small BERT (Devlin et al. 2019) that also sees how words are written and what the gazetteer says.

Its input is word pieces, the shape of the word each belongs to (the vocabulary is lower-case) and a gazetteer
feature. Two heads read it: BIO tags of entities, and the role an entity plays in its paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kg.extraction.wordpiece import SHAPES


@dataclass(frozen=True)
class Architecture:
    """Sizes of an encoder. A student has fewer `layers`, `heads` and `hidden` units than its teacher."""

    pieces: int
    layers: int = 6
    width: int = 384
    heads: int = 12
    head_width: int = 32
    hidden: int = 1536
    positions: int = 512
    shapes: int = len(SHAPES) + 1
    hints: int = 10
    tags: int = 9
    roles: int = 5

    @property
    def attention_width(self) -> int:
        """Width of the queries, keys and values of all heads together."""
        return self.heads * self.head_width

    def as_dict(self) -> dict[str, int]:
        """The sizes as plain numbers, for a checkpoint's header."""
        return asdict(self)


class Layer(nn.Module):
    """One transformer layer, normalised after each of its two halves as in BERT."""

    def __init__(self, size: Architecture):
        super().__init__()
        self.heads = size.heads
        self.qkv = nn.Linear(size.width, 3 * size.attention_width)
        self.out = nn.Linear(size.attention_width, size.width)
        self.norm_attention = nn.LayerNorm(size.width, eps=1e-12)
        self.up = nn.Linear(size.width, size.hidden)
        self.down = nn.Linear(size.hidden, size.width)
        self.norm_hidden = nn.LayerNorm(size.width, eps=1e-12)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """Map (batch, pieces, width) to the same shape; `bias` is added to the attention scores."""
        batch, length, _ = x.shape
        q, k, v = self.qkv(x).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        x = self.norm_attention(x + self.out(mixed.transpose(1, 2).reshape(batch, length, -1)))
        return self.norm_hidden(x + self.down(F.gelu(self.up(x))))


class Encoder(nn.Module):
    """Word pieces, shapes and gazetteer hints to one vector a piece."""

    def __init__(self, size: Architecture):
        super().__init__()
        self.size = size
        self.piece = nn.Embedding(size.pieces, size.width)
        self.position = nn.Embedding(size.positions, size.width)
        self.shape = nn.Embedding(size.shapes, size.width)
        self.hint = nn.Embedding(size.hints, size.width)
        self.norm = nn.LayerNorm(size.width, eps=1e-12)
        self.layers = nn.ModuleList(Layer(size) for _ in range(size.layers))
        nn.init.zeros_(self.shape.weight)
        nn.init.zeros_(self.hint.weight)

    def forward(self, ids: Tensor, shapes: Tensor, hints: Tensor, mask: Tensor) -> Tensor:
        """All inputs (batch, pieces), integers; `mask` is 1 at real pieces. Returns (batch, pieces, width)."""
        where = torch.arange(ids.shape[1], device=ids.device)
        x = self.piece(ids) + self.position(where) + self.shape(shapes) + self.hint(hints)
        x = self.norm(x)
        bias = (1.0 - mask[:, None, None, :].to(x.dtype)) * -1e4
        for layer in self.layers:
            x = layer(x, bias.to(x.dtype))
        return x


class Tagger(nn.Module):
    """The encoder with its heads: BIO tags and roles, both as scores a piece."""

    def __init__(self, size: Architecture, dropout: float = 0.1):
        super().__init__()
        self.encoder = Encoder(size)
        self.dropout = nn.Dropout(dropout)
        self.tags = nn.Linear(size.width, size.tags)
        self.roles = nn.Linear(size.width, size.roles)

    def forward(self, ids: Tensor, shapes: Tensor, hints: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Scores of shape (batch, pieces, tags) and (batch, pieces, roles)."""
        x = self.dropout(self.encoder(ids, shapes, hints, mask))
        return self.tags(x), self.roles(x)


def load_bert(encoder: Encoder, weights: Path, origins: Sequence[Sequence[int]]) -> None:
    """Fill `encoder` from a BERT checkpoint in safetensors format.

    Parameters
    ----------
    weights : Path
        ``model.safetensors`` of a BERT with the same width; its first ``encoder.size.layers`` layers are taken.
    origins : sequence of sequence of int
        For every piece of our vocabulary the rows of the checkpoint's embedding table whose mean it starts from.
    """
    from safetensors.torch import load_file

    source = load_file(weights)
    with torch.no_grad():
        table = source["embeddings.word_embeddings.weight"]
        encoder.piece.weight.copy_(torch.stack([table[list(rows)].mean(dim=0) for rows in origins]))
        token_type = source["embeddings.token_type_embeddings.weight"][0]
        encoder.position.weight.copy_(source["embeddings.position_embeddings.weight"] + token_type)
        _copy(encoder.norm, source, "embeddings.LayerNorm")
        for i, layer in enumerate(encoder.layers):
            base = f"encoder.layer.{i}"
            parts = [f"{base}.attention.self.{name}" for name in ("query", "key", "value")]
            layer.qkv.weight.copy_(torch.cat([source[f"{p}.weight"] for p in parts]))
            layer.qkv.bias.copy_(torch.cat([source[f"{p}.bias"] for p in parts]))
            _copy(layer.out, source, f"{base}.attention.output.dense")
            _copy(layer.norm_attention, source, f"{base}.attention.output.LayerNorm")
            _copy(layer.up, source, f"{base}.intermediate.dense")
            _copy(layer.down, source, f"{base}.output.dense")
            _copy(layer.norm_hidden, source, f"{base}.output.LayerNorm")


def _copy(module: nn.Module, source: dict[str, Tensor], name: str) -> None:
    module.weight.copy_(source[f"{name}.weight"])
    module.bias.copy_(source[f"{name}.bias"])
