"""Takes samples of engines in turns, and says what they tell.

What slows the machine down for a while is to slow all engines down: every round has one sample of each, in an order of
its own, and the bootstrap draws whole rounds.
"""

import random
import statistics
import time
from dataclasses import dataclass

import numpy

from engines import Clock, Worker

# Passes before the first sample: so many at the least, and for so many seconds.
WARMUP_PASSES = 3
WARMUP_SECONDS = 0.5
# Rounds that are taken even if the time is up.
FEWEST_ROUNDS = 5
RESAMPLES = 2000
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Effort:
    """When a case has enough rounds, how long a sample is at least, and how long all rest before it; in seconds."""

    rounds: int
    seconds: float
    sample: float
    rest: float
    clock: Clock
    seed: int


@dataclass(frozen=True)
class Ratio:
    """How many times as long one takes as another: by their fastest samples, and by their medians with an interval."""

    fastest: float
    median: float
    low: float
    high: float


def take(workers: list[Worker], index: int, effort: Effort) -> list[list[float]]:
    """The seconds of one pass, by worker and round; at the batch of this index."""
    order = random.Random(effort.seed)
    passes = [_passes(worker, index, effort) for worker in workers]
    samples = [[] for _ in workers]
    end = time.monotonic() + effort.seconds
    for done in range(effort.rounds):
        if done >= FEWEST_ROUNDS and time.monotonic() > end:
            break
        for turn in order.sample(range(len(workers)), len(workers)):
            time.sleep(effort.rest)
            samples[turn].append(_sample(workers[turn], index, passes[turn], effort.clock))
    return samples


def ratio(samples: list[float], reference: list[float], seed: int) -> Ratio:
    """How many times as long as the reference."""
    rounds = numpy.array([samples, reference])
    draws = numpy.random.default_rng(seed).integers(rounds.shape[1], size=(RESAMPLES, rounds.shape[1]))
    medians = numpy.median(rounds[:, draws], axis=2)
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = numpy.percentile(medians[0] / medians[1], [tail, 100 - tail])
    median = statistics.median(samples) / statistics.median(reference)
    return Ratio(min(samples) / min(reference), median, float(low), float(high))


def _passes(worker: Worker, index: int, effort: Effort) -> int:
    """Warms up, and says how many passes make a sample."""
    times = []
    while len(times) < WARMUP_PASSES or sum(times) < WARMUP_SECONDS:
        times.append(worker.passes(index, 1, effort.clock))
    return max(1, round(effort.sample / min(times)))


def _sample(worker: Worker, index: int, passes: int, clock: Clock) -> float:
    """The seconds of one pass. Short ones are preceded by one that brings the network back into the caches."""
    if passes > 1:
        worker.passes(index, 1, clock)
    return worker.passes(index, passes, clock) / passes
