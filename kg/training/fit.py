"""Fitting the tagger: batches, the loss over sets of allowed tags, and the loop."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from kg.files import atomic_writer
from kg.training.data import NO_ROLE, Example
from kg.training.network import Tagger

_CHECKPOINT_STEPS = 100


@dataclass(frozen=True)
class Schedule:
    """How a fit goes: passes over the data, peak learning rate, pieces a batch, share of steps that warm up."""

    epochs: int
    rate: float
    pieces: int = 4000
    warmup: float = 0.1
    hint_dropout: float = 0.1
    role_weight: float = 0.3
    soft_weight: float = 0.0


@dataclass
class Batch:
    """Examples padded to one length; `at` says row and piece of every word's first piece."""

    ids: Tensor
    shapes: Tensor
    hints: Tensor
    mask: Tensor
    at: tuple[Tensor, Tensor]
    allowed: Tensor
    roles: Tensor
    soft: Tensor | None
    soft_roles: Tensor | None


def batches(examples: Sequence[Example], pieces: int, rng: random.Random | None) -> Iterator[list[Example]]:
    """Groups of examples of similar length with at most `pieces` padded pieces; shuffled when `rng` is given."""
    noise = (lambda: rng.random() * 24) if rng else (lambda: 0.0)
    order = sorted(examples, key=lambda e: len(e.ids) + noise())
    groups: list[list[Example]] = []
    current: list[Example] = []
    for example in order:
        if current and len(example.ids) * (len(current) + 1) > pieces:
            groups.append(current)
            current = []
        current.append(example)
    if current:
        groups.append(current)
    if rng:
        rng.shuffle(groups)
    yield from groups


def collate(examples: Sequence[Example]) -> Batch:
    """Pad examples to the longest of them."""
    longest = max(len(e.ids) for e in examples)
    arrays = {
        name: torch.zeros(len(examples), longest, dtype=torch.long) for name in ("ids", "shapes", "hints", "mask")
    }
    rows, columns = [], []
    for row, e in enumerate(examples):
        for name in ("ids", "shapes", "hints"):
            arrays[name][row, : len(e.ids)] = torch.from_numpy(getattr(e, name))
        arrays["mask"][row, : len(e.ids)] = 1
        rows.append(np.full(len(e.first), row))
        columns.append(e.first)
    soft = soft_roles = None
    if examples[0].soft is not None and examples[0].soft_roles is not None:
        soft = torch.from_numpy(np.concatenate([e.soft for e in examples if e.soft is not None])).float()
        soft_roles = torch.from_numpy(
            np.concatenate([e.soft_roles for e in examples if e.soft_roles is not None])
        ).float()
    return Batch(
        **arrays,
        at=(torch.from_numpy(np.concatenate(rows)), torch.from_numpy(np.concatenate(columns))),
        allowed=torch.from_numpy(np.concatenate([e.allowed for e in examples])),
        roles=torch.from_numpy(np.concatenate([e.roles for e in examples])),
        soft=soft,
        soft_roles=soft_roles,
    )


def loss_of(model: Tagger, batch: Batch, schedule: Schedule) -> Tensor:
    """Mean over words of -log P(allowed tags), plus the roles' cross-entropy, plus the teacher's where there is one."""
    tags, roles = model(batch.ids, batch.shapes, batch.hints, batch.mask)
    log_tags = F.log_softmax(tags[batch.at].float(), dim=-1)
    log_roles = F.log_softmax(roles[batch.at].float(), dim=-1)
    hard = -torch.logsumexp(log_tags.masked_fill(~batch.allowed, -1e4), dim=-1).mean()
    known = batch.roles != NO_ROLE
    if known.any():
        hard = hard + schedule.role_weight * F.nll_loss(log_roles[known], batch.roles[known])
    if batch.soft is None or batch.soft_roles is None:
        return hard
    entity = 1 - batch.soft[:, 0]
    soft = -(batch.soft * log_tags).sum(-1).mean()
    soft = soft - schedule.role_weight * (entity * (batch.soft_roles * log_roles).sum(-1)).sum() / entity.sum().clamp(
        min=1
    )
    return schedule.soft_weight * soft + (1 - schedule.soft_weight) * hard


def fit(
    model: Tagger,
    examples: Sequence[Example],
    schedule: Schedule,
    seed: int,
    checkpoint: Path | None = None,
    progress: Callable[[int, int, float], None] | None = None,
) -> None:
    """Fit `model` in place with AdamW and a linear warm-up and decay (Loshchilov and Hutter 2019).

    Parameters
    ----------
    model : Tagger
    examples : sequence of Example
    schedule : Schedule
    seed : int
        Of batches, dropout and hidden hints: the same seed gives the same model, interrupted or not.
    checkpoint : Path, optional
        Where the state is kept every `_CHECKPOINT_STEPS` steps; a fit that finds it goes on from there.
    progress : callable, optional
        Is given step, number of steps and loss after every step.
    """
    rng = random.Random(seed)
    groups = [group for _ in range(schedule.epochs) for group in batches(examples, schedule.pieces, rng)]
    optimizer = _optimizer(model, schedule)
    done = _resume(model, optimizer, checkpoint)
    model.train()
    for step in range(done, len(groups)):
        torch.manual_seed(seed * 1_000_003 + step)
        _set_rate(optimizer, schedule, step, len(groups))
        batch = collate(groups[step])
        _drop_hints(batch, schedule.hint_dropout)
        loss = loss_of(model, batch, schedule)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if progress:
            progress(step + 1, len(groups), float(loss.detach()))
        if checkpoint and (step + 1) % _CHECKPOINT_STEPS == 0:
            _save(model, optimizer, step + 1, checkpoint)
    model.eval()


def _optimizer(model: Tagger, schedule: Schedule) -> torch.optim.AdamW:
    """AdamW; the heads, which start from nothing, learn five times as fast as the encoder."""
    heads = [p for name, p in model.named_parameters() if not name.startswith("encoder")]
    body = [p for name, p in model.named_parameters() if name.startswith("encoder")]
    groups = [{"params": body, "scale": 1.0}, {"params": heads, "scale": 5.0}]
    return torch.optim.AdamW(groups, lr=schedule.rate, weight_decay=0.01)


def _set_rate(optimizer: torch.optim.AdamW, schedule: Schedule, step: int, steps: int) -> None:
    warm = max(1, int(steps * schedule.warmup))
    rate = schedule.rate * min((step + 1) / warm, (steps - step) / max(1, steps - warm))
    for parameters in optimizer.param_groups:
        parameters["lr"] = rate * parameters["scale"]


def _save(model: Tagger, optimizer: torch.optim.AdamW, step: int, path: Path) -> None:
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step}
    with atomic_writer(path, "wb") as file:
        torch.save(state, file)


def _resume(model: Tagger, optimizer: torch.optim.AdamW, path: Path | None) -> int:
    if path is None or not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["step"])


def _drop_hints(batch: Batch, share: float) -> None:
    """Hide the gazetteer from some texts, so that the model also learns to see what no table holds."""
    hidden = torch.rand(batch.hints.shape[0]) < share
    batch.hints[hidden] = 0


def predict(
    models: Sequence[Tagger], examples: Sequence[Example], pieces: int = 6000
) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """Mean probabilities of several models.

    Returns
    -------
    dict
        For the index of each example its tag and role probabilities, shapes (words, tags) and (words, roles).
    """
    index = {id(e): i for i, e in enumerate(examples)}
    found: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    for group in batches(examples, pieces, None):
        batch = collate(group)
        with torch.no_grad():
            outputs = [model(batch.ids, batch.shapes, batch.hints, batch.mask) for model in models]
        tags = sum(F.softmax(t[batch.at].float(), -1) for t, _ in outputs) / len(models)
        roles = sum(F.softmax(r[batch.at].float(), -1) for _, r in outputs) / len(models)
        start = 0
        for e in group:
            end = start + len(e.first)
            found[index[id(e)]] = (tags[start:end].numpy(), roles[start:end].numpy())  # type: ignore[union-attr,index]
            start = end
    return found
