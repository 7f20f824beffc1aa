"""onnxruntime or PyTorch in a process of its own: `worker.py ENGINE WAITING NETWORK FOLDER THREADS BATCH…`.

It speaks as `cnncost bench --serve` does: it says "Ready", and then answers each line of standard input, a request for
so many passes of the network at one of its batches, with the seconds that they took. In between it sleeps.
"""

import json
import sys
import time
from collections.abc import Callable
from enum import Enum
from pathlib import Path

import numpy

from files import input_path, onnx_path, weights_path

# One forward pass; its output stays in the worker.
Pass = Callable[[], object]


class Waiting(Enum):
    """What threads do until there is work, within a pass and for a while after it."""

    AWAKE = "awake"
    ASLEEP = "asleep"


def onnxruntime_passes(folder: Path, threads: int, batches: list[int], waiting: Waiting) -> list[Pass]:
    """A session for each batch. Input and output are bound, so that nothing of Python's is timed but one call."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.add_session_config_entry("session.intra_op.allow_spinning", str(int(waiting is Waiting.AWAKE)))

    def of(batch: int) -> Pass:
        path = onnx_path(folder, batch)
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        binding = session.io_binding()
        images = onnxruntime.OrtValue.ortvalue_from_numpy(numpy.load(input_path(folder, batch)))
        binding.bind_ortvalue_input("images", images)
        output = session.get_outputs()[0]
        scores = onnxruntime.OrtValue.ortvalue_from_shape_and_type(output.shape, numpy.float32)
        binding.bind_ortvalue_output(output.name, scores)
        return lambda: session.run_with_iobinding(binding)

    return [of(batch) for batch in batches]


def torch_passes(name: str, folder: Path, threads: int, batches: list[int], channels_last: bool) -> list[Pass]:
    """The network in PyTorch as it is, on images in one of its two layouts."""
    import torch
    from safetensors.torch import load_file

    from networks import named

    torch.set_num_threads(threads)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    module = named(name).make().eval()
    module.load_state_dict(load_file(weights_path(folder)))
    module = module.to(memory_format=layout)

    def of(batch: int) -> Pass:
        images = torch.from_numpy(numpy.load(input_path(folder, batch))).to(memory_format=layout)
        return lambda: module(images)

    return [of(batch) for batch in batches]


def serve(passes: list[Pass]) -> None:
    """Answers requests until there are no more."""
    print(json.dumps("Ready"), flush=True)
    for line in sys.stdin:
        request = json.loads(line)["Passes"]
        forward = passes[request["network"]]
        start = time.perf_counter()
        for _ in range(request["passes"]):
            forward()
        print(json.dumps({"Seconds": time.perf_counter() - start}), flush=True)


def main(engine: str, waiting: str, name: str, folder: str, threads: str, *batches: str) -> None:
    """Starts an engine and serves."""
    place, count, sizes = Path(folder), int(threads), [int(batch) for batch in batches]
    if engine == "onnxruntime":
        serve(onnxruntime_passes(place, count, sizes, Waiting(waiting)))
    else:
        serve(torch_passes(name, place, count, sizes, channels_last=engine == "torch-channels-last"))


if __name__ == "__main__":
    main(*sys.argv[1:])
