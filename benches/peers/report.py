"""What was measured, as Markdown and as JSON."""

import statistics
from dataclasses import asdict, dataclass

from networks import Network
from sampling import Ratio, ratio


@dataclass(frozen=True)
class Case:
    """The samples of a network at a batch on so many threads: seconds of one pass, by the engine's title."""

    network: Network
    batch: int
    threads: int
    samples: dict[str, list[float]]

    def ratios(self, seed: int) -> dict[str, Ratio]:
        """How many times as long as the first engine each of the others takes."""
        (_, reference), *others = self.samples.items()
        return {title: ratio(samples, reference, seed) for title, samples in others}


def markdown(cases: list[Case], seed: int) -> str:
    """Two tables: the times, and how many times as long as the first engine the others take."""
    reference, *others = cases[0].samples
    times = [_head([*cases[0].samples])] + [_row(case, _times(case)) for case in cases]
    ratios = [case.ratios(seed) for case in cases]
    compared = [_head([f"{title} ÷ {reference}" for title in others])]
    compared += [
        _row(case, [_ratio(ratios_[title]) for title in others]) for case, ratios_ in zip(cases, ratios, strict=True)
    ]
    compared.append(_means(ratios, others))
    parts = ["Milliseconds of one pass: median (fastest).", "\n".join(times)]
    if others:
        parts += ["Ratio of medians (95 % interval); of the fastest.", "\n".join(compared)]
    return "\n\n".join(parts) + "\n"


def summary(case: Case) -> str:
    """A case in one line."""
    times = [f"{title} {time}" for title, time in zip(case.samples, _times(case), strict=True)]
    rounds = len(next(iter(case.samples.values())))
    return f"{case.network.name}, batch {case.batch}, {case.threads} threads, {rounds} rounds: " + "; ".join(times)


def as_json(cases: list[Case], seed: int) -> list[dict]:
    """Every sample of every case, in seconds, and what they tell."""
    return [_case_as_json(case, seed) for case in cases]


def _case_as_json(case: Case, seed: int) -> dict:
    engines = {
        title: {"median": statistics.median(samples), "fastest": min(samples), "samples": samples}
        for title, samples in case.samples.items()
    }
    ratios = {title: asdict(ratio_) for title, ratio_ in case.ratios(seed).items()}
    place = {"network": case.network.name, "batch": case.batch, "threads": case.threads}
    return place | {"engines": engines, "ratios": ratios}


def _head(columns: list[str]) -> str:
    titles = ["network", "batch", "threads", *columns]
    return f"| {' | '.join(titles)} |\n|---|{'---:|' * (len(titles) - 1)}"


def _row(case: Case, cells: list[str]) -> str:
    return f"| {' | '.join([case.network.title, str(case.batch), str(case.threads), *cells])} |"


def _times(case: Case) -> list[str]:
    return [
        f"{_milliseconds(statistics.median(samples))} ({_milliseconds(min(samples))})"
        for samples in case.samples.values()
    ]


def _milliseconds(seconds: float) -> str:
    """Three digits at the least."""
    milliseconds = seconds * 1e3
    digits = 3 if milliseconds < 1 else 2 if milliseconds < 10 else 1 if milliseconds < 100 else 0
    return f"{milliseconds:.{digits}f}"


def _ratio(ratio_: Ratio) -> str:
    return f"{ratio_.median:.2f} ({ratio_.low:.2f}–{ratio_.high:.2f}); {ratio_.fastest:.2f}"


def _means(ratios: list[dict[str, Ratio]], others: list[str]) -> str:
    """Geometric means over all cases."""
    mean = statistics.geometric_mean
    cells = [
        f"{mean(case[title].median for case in ratios):.2f}; {mean(case[title].fastest for case in ratios):.2f}"
        for title in others
    ]
    return f"| geometric mean | | | {' | '.join(cells)} |"
