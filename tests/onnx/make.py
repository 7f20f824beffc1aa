#!/usr/bin/env python3
"""Writes small ONNX files with what comes out of them, which the tests compare the reading and the running of ONNX with.

To run it, in a virtual environment of its own (the tests themselves need no Python):

    python3 -m venv venv
    venv/bin/pip install torch numpy safetensors onnx onnxruntime onnxscript
    venv/bin/python tests/onnx/make.py

It rewrites ops/: for each case NAME.onnx, and in GROUP.safetensors, of the word that its name begins with, its inputs as
NAME/in/INPUT and its outputs as NAME/out/OUTPUT, whole numbers of any width with 64 bits. What both exporters wrote shares them: there
NAME is without the exporter. Outputs are onnxruntime's; where it has no kernel, those of onnx's reference evaluator, and of exported modules PyTorch's are compared.
ops.tsv says which, and what the two differ in at most where both can.

Everything is seeded by its own name, so a new case changes no other case's numbers.
"""

import pathlib
import sys
import warnings
import zlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from safetensors.numpy import save

HERE = pathlib.Path(__file__).resolve().parent
# The whole folder stays small: it is checked out by everyone who builds the crate.
MOST_BYTES = 350_000
# IR version by operator set: what was current when that set came out.
IR = {7: 3, 8: 3, 9: 4, 10: 5, 11: 6, 12: 7, 13: 7, 14: 7, 15: 8, 16: 8, 17: 8, 18: 8, 19: 9, 20: 9, 21: 10, 22: 10, 23: 11, 24: 11}

CASES = {}


def numbers(name, *dims, low=None, high=None, dtype=np.float32):
    """Normally distributed, or evenly between two limits."""
    random = np.random.RandomState(zlib.crc32(name.encode()))
    if dtype in (np.float32, np.float64, np.float16):
        drawn = random.standard_normal(dims) if low is None else random.uniform(low, high, dims)
        return drawn.astype(dtype)
    if dtype == bool:
        return random.randint(0, 2, dims).astype(bool)
    return random.randint(low, high, dims).astype(dtype)


class Weight:
    """What is stored in the file."""

    def __init__(self, array):
        self.array = np.asarray(array)


def ints(*values):
    return Weight(np.array(values, np.int64))


def scalar(value, dtype=np.float32):
    return Weight(np.array(value, dtype))


def info(name, array):
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)


def untyped(name):
    return onnx.ValueInfoProto(name=name)


class Case:
    """A graph in the making."""

    def __init__(self, name, opset=17, functions=(), **domains):
        assert name not in CASES, name
        self.name, self.opset, self.domains, self.functions = name, opset, domains, list(functions)
        self.nodes, self.given, self.weights, self.outputs = [], {}, {}, []
        # What comes out by definition, where nothing can run it.
        self.known = {}
        CASES[name] = self

    def take(self, what):
        """The name by which a node takes something."""
        if what is None or isinstance(what, str):
            return what or ""
        if isinstance(what, Weight):
            return self.weight(f"w{len(self.weights)}", what.array)
        return self.input(f"x{len(self.given)}", what)

    def input(self, name, array):
        self.given[name] = np.asarray(array)
        return name

    def weight(self, name, array):
        self.weights[name] = np.asarray(array)
        return name

    def node(self, op, *takes, outputs=1, domain="", name="", **attributes):
        """Adds a node; the name of its output, or of each."""
        at = len(self.nodes)
        inputs = [self.take(what) for what in takes]
        outputs = [f"y{at}" if outputs == 1 else f"y{at}_{i}" for i in range(outputs)] if isinstance(outputs, int) else outputs
        attributes = {key: value for key, value in attributes.items() if value is not None}
        self.nodes.append(helper.make_node(op, inputs, outputs, name=name, domain=domain, **attributes))
        if domain:
            self.domains.setdefault(domain, 1)
        return outputs[0] if len(outputs) == 1 else outputs

    def gives(self, *outputs):
        self.outputs.extend(outputs)

    def model(self, results=None):
        initializers = [numpy_helper.from_array(array, name) for name, array in self.weights.items()]
        inputs = [info(name, array) for name, array in self.given.items()]
        if IR[self.opset] < 4:
            inputs += [info(name, array) for name, array in self.weights.items()]
        outputs = [info(name, results[name]) if results else untyped(name) for name in self.outputs]
        graph = helper.make_graph(self.nodes, "main", inputs, outputs, initializers)
        opsets = [helper.make_opsetid("", self.opset)] + [helper.make_opsetid(d, v) for d, v in self.domains.items()]
        return helper.make_model(
            graph, opset_imports=opsets, ir_version=IR[self.opset], producer_name="", functions=self.functions
        )


def one(name, op, *takes, opset=17, outputs=1, domain="", **attributes):
    """A graph of a single node."""
    case = Case(name, opset)
    made = case.node(op, *takes, outputs=outputs, domain=domain, **attributes)
    case.gives(*[output for output in ([made] if isinstance(made, str) else made) if output])
    return case


def with_onnxruntime(model, given):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, given)))


def with_reference(model, given):
    session = ReferenceEvaluator(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dict(zip(session.output_names, session.run(None, given)))


def results(model, given):
    """The outputs, whose they are, and how far onnxruntime and the reference evaluator are apart."""
    try:
        found, source = with_onnxruntime(model, given), "onnxruntime"
    except Exception as error:  # whatever it is, it is said in the table
        print(f"onnxruntime: {str(error).strip().splitlines()[0][:150]}", file=sys.stderr)
        return with_reference(model, given), "onnx reference evaluator", ""
    try:
        other = with_reference(model, given)
        pairs = [(np.asarray(found[key], np.float64), np.asarray(other[key], np.float64)) for key in found]
        assert all(a.shape == b.shape for a, b in pairs), [(a.shape, b.shape) for a, b in pairs]
        apart = max(np.max(np.abs(a - b), initial=0) / max(np.max(np.abs(a), initial=0), 1e-9) for a, b in pairs)
        return found, source, f"{apart:.1e}"
    except Exception:  # an operator, a version or a setting that the evaluator lacks
        return found, source, ""


def kept(array):
    """An array as it is stored: whole numbers of any width with 64 bits, floats of 16 with 32."""
    array = np.asarray(array)
    if array.dtype == np.float16:
        return array.astype(np.float32)
    return array.astype(np.int64) if array.dtype.kind in "iub" else array


def write(name, model, given, found, tensors):
    (HERE / "ops" / f"{name}.onnx").write_bytes(model.SerializeToString())
    group = tensors.setdefault(name.split("_")[0], {})
    name = name.removesuffix("_ts").removesuffix("_dynamo")
    group.update({f"{name}/in/{key}": kept(value) for key, value in given.items()})
    group.update({f"{name}/out/{key}": kept(value) for key, value in found.items()})


def main():
    import cases  # noqa: F401  what fills CASES
    import exported

    folder = HERE / "ops"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    rows, tensors = [], {}
    for name, case in CASES.items():
        given = case.given
        try:
            found, source, apart = (case.known, "by definition", "") if case.known else results(case.model(), given)
            found = {key: np.asarray(value) for key, value in found.items()}
            model = case.model(found)
        except Exception as error:
            print(f"{name}: left out: {str(error)[:300]}", file=sys.stderr)
            continue
        try:
            onnx.checker.check_model(model)
        except Exception as error:
            print(f"{name}: {str(error)[:200]}", file=sys.stderr)
        write(name, model, given, found, tensors)
        rows.append((name, source, apart))
    for name, model, given, theirs in exported.all():
        found, source, apart = results(model, given)
        assert all(np.allclose(found[key], value, atol=1e-5) for key, value in zip(found, theirs)), name
        found = dict(zip(found, theirs))
        write(name, model, given, found, tensors)
        rows.append((name, f"{source}, PyTorch the same", apart))
    for group, arrays in tensors.items():
        arrays = {key: np.ascontiguousarray(array).reshape(array.shape) for key, array in arrays.items()}
        (folder / f"{group}.safetensors").write_bytes(save(arrays))
    (HERE / "ops.tsv").write_text("".join("\t".join(row) + "\n" for row in [("case", "outputs of", "apart"), *rows]))
    sizes = sum(path.stat().st_size for path in folder.iterdir())
    print(f"{len(rows)} cases, {sizes} bytes")
    assert sizes < MOST_BYTES, sizes


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    sys.modules["make"] = sys.modules["__main__"]
    main()
