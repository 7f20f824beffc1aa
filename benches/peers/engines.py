"""Who takes part, and the process that each of them works in.

All speak the language of `cnncost bench --serve`, one line of JSON each way. A process lives as long as its network is
timed, has its number of threads from the start, and sleeps while others are timed.
"""

import ctypes
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from worker import Waiting

WORKER = Path(__file__).with_name("worker.py")
PEERS = {
    "onnxruntime": "onnxruntime",
    "torch": "PyTorch",
    "torch-channels-last": "PyTorch, channels last",
}
# What says in one of the engines how many threads there are: rayon, candle, OpenMP and MKL.
VARIABLES = ["RAYON_NUM_THREADS", "CANDLE_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"]


class Failed(Exception):
    """What an engine says, or that it says nothing."""


@dataclass(frozen=True)
class Cnncost:
    """The program with one of its engines, or with the one that it takes by itself."""

    program: Path
    engine: str | None
    arguments: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """As it stands in the table."""
        return f"cnncost, {self.engine}" if self.engine else "cnncost"

    def choice(self) -> list[str]:
        """The arguments that choose the engine."""
        return (["--engine", self.engine] if self.engine else []) + self.arguments

    def variables(self) -> dict[str, str]:
        """What the environment says besides the number of threads."""
        return {}

    def command(self, network: str, folder: Path, threads: int, batches: list[int]) -> list[str]:
        """The program as a worker: it makes weights and input of the same shapes itself."""
        batch = ",".join(map(str, batches))
        return [str(self.program), "bench", "--serve", network, "--batch", batch, *self.choice()]


@dataclass(frozen=True)
class Peer:
    """An engine in Python."""

    name: str
    waiting: Waiting

    @property
    def title(self) -> str:
        """As it stands in the table."""
        return PEERS[self.name]

    def variables(self) -> dict[str, str]:
        """What the environment says besides the number of threads."""
        return {"OMP_WAIT_POLICY": "PASSIVE"} if self.waiting is Waiting.ASLEEP else {}

    def command(self, network: str, folder: Path, threads: int, batches: list[int]) -> list[str]:
        """Python with a worker."""
        place = [self.name, self.waiting.value, network, str(folder), str(threads)]
        return [sys.executable, str(WORKER), *place, *map(str, batches)]


Engine = Cnncost | Peer


class Clock(Enum):
    """Which time is taken: that on the wall, or that of all processors together."""

    WALL = "wall"
    PROCESSOR = "processor"


class Worker:
    """A process that executes one network at several batches."""

    def __init__(self, engine: Engine, network: str, folder: Path, threads: int, batches: list[int]):
        environment = os.environ | dict.fromkeys(VARIABLES, str(threads)) | engine.variables()
        command = engine.command(network, folder, threads, batches)
        pipe = subprocess.PIPE
        self.engine = engine
        try:
            self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment)
        except OSError as error:
            raise Failed(f"{command[0]} cannot be started: {error}") from error

    def wait_until_ready(self) -> None:
        """Waits until it has read its network."""
        if self._answer() != "Ready":
            raise Failed(f"{self.engine.title} is not ready")

    def passes(self, index: int, passes: int, clock: Clock) -> float:
        """The seconds that so many passes take together, at the batch of this index."""
        before = self._processor_seconds() if clock is Clock.PROCESSOR else 0.0
        request = {"Passes": {"network": index, "passes": passes}}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        seconds = self._answer()["Seconds"]
        return self._processor_seconds() - before if clock is Clock.PROCESSOR else seconds

    def end(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.wait()

    def _processor_seconds(self) -> float:
        """How long the threads of the process have computed so far, by the clock that POSIX has for every process."""
        clock = ctypes.c_int()
        if ctypes.CDLL(None).clock_getcpuclockid(self._process.pid, ctypes.byref(clock)):
            raise Failed(f"{self.engine.title} has no clock of processors")
        return time.clock_gettime(clock.value)

    def _answer(self) -> dict | str:
        line = self._process.stdout.readline()
        if not line:
            raise Failed(f"{self.engine.title} ended without an answer")
        answer = json.loads(line)
        if isinstance(answer, dict) and "Failed" in answer:
            raise Failed(f"{self.engine.title}: {answer['Failed'][0]}")
        return answer
