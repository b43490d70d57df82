"""A student from its teacher: fewer layers, and in each only the heads and hidden units that matter.

What matters is measured on data: the absolute value of activation times gradient, summed over all places (Molchanov
et al. 2017; Michel et al. 2019 for attention heads).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from kg.training.fit import Batch, Schedule, loss_of
from kg.training.network import Architecture, Layer, Tagger


def prune(
    teacher: Tagger, batches: Iterable[Batch], *, layers: Sequence[int], heads: int, hidden: int, schedule: Schedule
) -> Tagger:
    """The smaller tagger that keeps what matters most of `teacher`.

    Parameters
    ----------
    teacher : Tagger
    batches : iterable of Batch
        Labelled data to measure importance on.
    layers : sequence of int
        Which of the teacher's layers the student has, in order.
    heads, hidden : int
        How many attention heads and hidden units each layer keeps.
    schedule : Schedule
        For the weights of the loss.
    """
    importance = _importance(teacher, batches, schedule)
    size = replace(teacher.encoder.size, layers=len(layers), heads=heads, hidden=hidden)
    student = Tagger(size)
    with torch.no_grad():
        for name in ("piece", "position", "shape", "hint", "norm"):
            getattr(student.encoder, name).load_state_dict(getattr(teacher.encoder, name).state_dict())
        student.tags.load_state_dict(teacher.tags.state_dict())
        student.roles.load_state_dict(teacher.roles.state_dict())
        for number, target in zip(layers, student.encoder.layers, strict=True):
            by_unit, by_hidden = importance[number]
            source = teacher.encoder.layers[number]
            _copy_layer(source, target, _best_heads(by_unit, teacher.encoder.size, heads), _best(by_hidden, hidden))
    return student


def _importance(teacher: Tagger, batches: Iterable[Batch], schedule: Schedule) -> list[tuple[Tensor, Tensor]]:
    """For each layer the importance of every attention unit and every hidden unit."""
    sums = [[torch.zeros(1), torch.zeros(1)] for _ in teacher.encoder.layers]
    kept: dict[tuple[int, int], Tensor] = {}

    def remember(number: int, part: int) -> object:
        def hook(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            inputs[0].retain_grad()
            kept[number, part] = inputs[0]

        return hook

    handles = []
    for number, layer in enumerate(teacher.encoder.layers):
        for part, module in enumerate((layer.out, layer.down)):
            handles.append(module.register_forward_pre_hook(remember(number, part)))  # type: ignore[arg-type]
    for batch in batches:
        loss_of(teacher, batch, schedule).backward()  # type: ignore[no-untyped-call]
        for (number, part), activation in kept.items():
            if activation.grad is not None:
                said = (activation.detach() * activation.grad).sum(dim=1).abs().sum(dim=0)
                sums[number][part] = sums[number][part] + said
        teacher.zero_grad()
    for handle in handles:
        handle.remove()
    return [(units, hidden) for units, hidden in sums]


def _best(importance: Tensor, count: int) -> Tensor:
    return torch.sort(importance.topk(count).indices).values


def _best_heads(importance: Tensor, size: Architecture, count: int) -> Tensor:
    """The units of the `count` most important heads, in order."""
    by_head = importance.view(size.heads, size.head_width).sum(dim=1)
    units = torch.arange(size.attention_width).view(size.heads, size.head_width)
    return units[_best(by_head, count)].flatten()


def _copy_layer(source: Layer, target: Layer, units: Tensor, hidden: Tensor) -> None:
    width = source.out.in_features
    rows = torch.cat([units + part * width for part in range(3)])
    target.qkv.weight.copy_(source.qkv.weight[rows])
    target.qkv.bias.copy_(source.qkv.bias[rows])
    target.out.weight.copy_(source.out.weight[:, units])
    target.out.bias.copy_(source.out.bias)
    target.up.weight.copy_(source.up.weight[hidden])
    target.up.bias.copy_(source.up.bias[hidden])
    target.down.weight.copy_(source.down.weight[:, hidden])
    target.down.bias.copy_(source.down.bias)
    target.norm_attention.load_state_dict(source.norm_attention.state_dict())
    target.norm_hidden.load_state_dict(source.norm_hidden.state_dict())
