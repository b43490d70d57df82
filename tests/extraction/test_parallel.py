"""Several processes read what one reads, in the same order, though some of them be killed."""

import multiprocessing
from threading import Event, Thread
from types import SimpleNamespace

import pytest

from kg.errors import InputError, KgError
from kg.extraction import extract
from kg.extraction.parallel import _Batch, _Crew, extract_parallel
from kg.records import Paper

PAPERS = [
    Paper(f"p{i}", f"MossNet-{i}", f"We propose MossNet-{i}, a graph neural network that reaches {i}.5% accuracy.")
    for i in range(600)
]


def test_a_worker_that_is_killed_is_replaced_and_its_papers_are_read_again():
    taken = []
    found = extract_parallel((taken.append(p) or p for p in PAPERS), jobs=2)
    first = next(found)
    assert len(taken) < len(PAPERS)
    victim = multiprocessing.active_children()[0]
    victim.kill()
    assert [first, *found] == list(extract(PAPERS))
    assert multiprocessing.active_children() == []


def test_papers_that_end_their_process_again_and_again_are_named():
    over = Event()

    def kill() -> None:
        while not over.wait(0.02):
            for process in multiprocessing.active_children():
                process.kill()

    killer = Thread(target=kill)
    killer.start()
    try:
        with pytest.raises(KgError, match="twice, at paper p0"):
            list(extract_parallel(PAPERS[:20], jobs=2))
    finally:
        over.set()
        killer.join()


def test_an_error_in_a_worker_is_raised_here(tmp_path):
    table = tmp_path / "mine.tsv"
    table.write_text("MOSS\tBarkBench\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"mine\.tsv"):
        list(extract_parallel(PAPERS[:2], [table], jobs=2))
    assert multiprocessing.active_children() == []


class Dying(_Crew):
    """A crew without processes: batch 0 is read last of what is handed out, and its process dies the first time."""

    def _hand_out(self, batch):
        batch.tries += 1
        self._busy[batch.number] = SimpleNamespace(batch=batch)

    def _answer(self, worker):
        return None if worker.batch.number == 0 and worker.batch.tries == 1 else [worker.batch.number]


def test_a_slow_batch_whose_process_dies_is_read_again_though_many_wait_for_it(monkeypatch):
    crew = Dying((), 2)
    monkeypatch.setattr("kg.extraction.parallel.wait", lambda busy: [max(busy)])
    assert list(crew.read(_Batch(number, ()) for number in range(100))) == list(range(100))
