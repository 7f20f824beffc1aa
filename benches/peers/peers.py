"""Times cnncost beside onnxruntime and PyTorch on the same networks, or checks that they compute the same.

benches/README.md says how to run it.
"""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Container, Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import check
import report
from engines import PEERS, Clock, Cnncost, Engine, Failed, Peer, Worker
from networks import NETWORKS, Network, named
from sampling import Effort, take
from worker import Waiting

PACKAGES = ["numpy", "onnx", "onnxruntime", "torch", "torchvision"]


def main() -> int:
    """Does what the arguments say; 1 if an engine fails or computes something else."""
    options = _parser().parse_args()
    networks = [named(name) for name in options.networks]
    try:
        if options.check:
            return _check(networks, options)
        _time(networks, options)
    except Failed as failed:
        print(failed, file=sys.stderr)
        return 1
    return 0


def _time(networks: list[Network], options: argparse.Namespace) -> None:
    cases = []
    for network in networks:
        with tempfile.TemporaryDirectory() as folder:
            _prepare(network, Path(folder), options.batches)
            for threads in options.threads:
                for case in _cases(network, Path(folder), threads, options):
                    print(report.summary(case), file=sys.stderr, flush=True)
                    cases.append(case)
                    _write(cases, options)
    print(report.markdown(cases, options.seed), end="")


def _cases(network: Network, folder: Path, threads: int, options: argparse.Namespace) -> Iterator[report.Case]:
    """Each batch on so many threads, as soon as it is measured."""
    rest = options.rest if threads > 1 else 0.0
    effort = Effort(options.rounds, options.seconds, options.sample, rest, options.clock, options.seed)
    workers = []
    try:
        for engine in _engines(options):
            workers.append(Worker(engine, network.name, folder, threads, options.batches))
        for worker in workers:
            worker.wait_until_ready()
        for index, batch in enumerate(options.batches):
            samples = take(workers, index, effort)
            titles = [worker.engine.title for worker in workers]
            yield report.Case(network, batch, threads, dict(zip(titles, samples, strict=True)))
    finally:
        for worker in workers:
            worker.end()


def _check(networks: list[Network], options: argparse.Namespace) -> int:
    """Compares outputs, and says so in a line for each network and batch."""
    worst = 0.0
    for network in networks:
        with tempfile.TemporaryDirectory() as folder:
            _prepare(network, Path(folder), options.batches)
            for batch in options.batches:
                found = check.differences(network, Path(folder), batch, _programs(options))
                worst = max(worst, *found.values())
                told = "; ".join(f"{title} {difference:.1e}" for title, difference in found.items())
                print(f"{network.name}, batch {batch}: {told}", flush=True)
    print(f"largest difference {worst:.1e} of the largest output; {check.TOLERANCE:.0e} is allowed")
    return int(not worst <= check.TOLERANCE)


def _prepare(network: Network, folder: Path, batches: list[int]) -> None:
    program = [sys.executable, str(Path(__file__).with_name("prepare.py"))]
    arguments = [network.name, str(folder), *map(str, batches)]
    done = subprocess.run([*program, *arguments], capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"{network.name} cannot be exported: {done.stderr}")


def _programs(options: argparse.Namespace) -> list[Cnncost]:
    engines = options.engine or [None]
    return [Cnncost(options.program, engine, options.argument) for engine in engines]


def _engines(options: argparse.Namespace) -> list[Engine]:
    """Who takes part; the first is what the others are held against."""
    return [*_programs(options), *(Peer(name, options.waiting) for name in options.peers)]


def _write(cases: list[report.Case], options: argparse.Namespace) -> None:
    if options.json:
        document = _circumstances(options) | {"cases": report.as_json(cases, options.seed)}
        options.json.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def _circumstances(options: argparse.Namespace) -> dict:
    """When, where and with what."""
    program = subprocess.run([str(options.program), "--version"], capture_output=True, text=True)
    versions = {package: version(package) for package in PACKAGES} | {"cnncost": program.stdout.strip()}
    return {
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": _processor(),
        "python": platform.python_version(),
        "versions": versions,
        "options": {name: _plain(value) for name, value in vars(options).items()},
    }


def _plain(value: object) -> object:
    """An option as JSON has it."""
    match value:
        case Waiting() | Clock():
            return value.value
        case Path():
            return str(value)
        case _:
            return value


def _processor() -> str:
    """As Linux calls it, or as Python does elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(": ", 1)[1] for line in lines if line.startswith("model name")), platform.machine())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [network.name for network in NETWORKS]
    add = parser.add_argument
    add("--check", action="store_true", help="compare outputs instead of times")
    add("--program", type=Path, default=Path("target/release/cnncost"), help="the program cnncost")
    add("--engine", type=_words, help="engines of cnncost, the first of which the others are held against")
    add("--argument", action="append", default=[], help="another argument of cnncost, as in --argument=--fuse")
    add("--peers", type=_among(PEERS), default=[*PEERS], help=f"of {', '.join(PEERS)}")
    add("--waiting", type=Waiting, default=Waiting.AWAKE, help="of threads of onnxruntime and OpenMP: awake or asleep")
    add("--networks", type=_among(names), default=names, help=f"of {', '.join(names)}")
    add("--batches", type=_numbers, default=[1, 8], help="inputs of one pass")
    add("--threads", type=_numbers, default=[1, 2], help="numbers of threads")
    add("--rounds", type=int, default=40, help="samples of each engine at the most")
    add("--seconds", type=float, default=30.0, help="after which a case begins no further round")
    add("--sample", type=float, default=0.1, help="seconds that a sample takes at the least")
    add("--rest", type=float, default=0.1, help="seconds before a sample, for other engines' threads to fall asleep")
    add("--clock", type=Clock, default=Clock.WALL, help="of passes: wall, or processor, of all threads together")
    add("--seed", type=int, default=0, help="of turns and the bootstrap")
    add("--json", type=Path, metavar="FILE", help="every sample, as JSON")
    return parser


def _words(text: str) -> list[str]:
    return text.split(",")


def _numbers(text: str) -> list[int]:
    return [int(word) for word in _words(text)]


def _among(known: Container[str]) -> Callable[[str], list[str]]:
    """A list of words that are all known; empty if the text is."""

    def read(text: str) -> list[str]:
        words = _words(text) if text else []
        unknown = [word for word in words if word not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not known here")
        return words

    return read


if __name__ == "__main__":
    sys.exit(main())
