"""Files that contradict themselves, or leave something open, each small; what is said of them stands in ../onnx_odd.rs."""

import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = pathlib.Path(__file__).resolve().parent / "odd"
FLOAT = TensorProto.FLOAT


def write(name, nodes, inputs, outputs, weights=(), opset=17, values=(), domains=()):
    info = lambda values: [helper.make_tensor_value_info(*value) for value in values]
    graph = helper.make_graph(nodes, "main", info(inputs), info(outputs), list(weights), value_info=info(values))
    opsets = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in domains)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="")
    (HERE / f"{name}.onnx").write_bytes(model.SerializeToString())


def weight(name, *dims):
    return numpy_helper.from_array(np.random.RandomState(len(name)).standard_normal(dims).astype(np.float32), name)


def ints(name, *values):
    return numpy_helper.from_array(np.array(values, np.int64), name)


def outside(tensor, file):
    """The same, kept in another file."""
    (HERE / file).write_bytes(tensor.raw_data)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in ("location", file), ("offset", "0"), ("length", str((HERE / file).stat().st_size)):
        tensor.external_data.add(key=key, value=value)
    return tensor


def node(op, inputs, outputs, name, **settings):
    return helper.make_node(op, inputs.split(), outputs.split(), name=name, **settings)


image = ("x", FLOAT, [1, 3, 8, 8])
conv = node("Conv", "x w", "c", "/net/conv/Conv")
HERE.mkdir(exist_ok=True)
for old in HERE.iterdir():
    old.unlink()

write("batch_fixed_inside", [node("Reshape", "x s", "y", "/net/Reshape_3")], [("x", FLOAT, ["N", 4, 2, 2])], [("y", FLOAT, ["N", 16])], [ints("s", 1, 16)])
write("size_left_open", [conv], [("x", FLOAT, [1, 3, "height", 8])], [("c", FLOAT, None)], [weight("w", 4, 3, 3, 3)])
write("size_without_name", [conv], [("x", FLOAT, [1, 3, None, 8])], [("c", FLOAT, None)], [weight("w", 4, 3, 3, 3)])
write("channels_differ", [conv], [image], [("c", FLOAT, None)], [weight("w", 4, 5, 3, 3)])
write("kernel_larger_than_image", [conv], [image], [("c", FLOAT, None)], [weight("w", 4, 3, 9, 9)])
write("weight_of_another_kernel", [node("Conv", "x w", "c", "/net/conv/Conv", kernel_shape=[5, 5])], [image], [("c", FLOAT, None)], [weight("w", 4, 3, 3, 3)])
write("nothing_makes_it", [node("Add", "x z", "y", "/net/Add")], [image], [("y", FLOAT, None)])
write("order_reversed", [node("Relu", "a", "y", "/net/second"), node("Relu", "x", "a", "/net/first")], [image], [("y", FLOAT, None)])
write("output_made_twice", [node("Relu", "x", "y", "/net/first"), node("Neg", "x", "y", "/net/second")], [image], [("y", FLOAT, None)])
write("output_never_made", [node("Relu", "x", "a", "/net/first")], [image], [("y", FLOAT, None)])
write("sizes_do_not_fit", [node("MatMul", "x w", "y", "/net/fc/MatMul")], [("x", FLOAT, [1, 7, 4])], [("y", FLOAT, None)], [weight("w", 5, 2)])
write("axis_out_of_range", [node("Softmax", "x", "y", "/net/Softmax", axis=4)], [image], [("y", FLOAT, None)])
write("group_does_not_divide", [node("Conv", "x w", "c", "/net/conv/Conv", group=2)], [image], [("c", FLOAT, None)], [weight("w", 4, 3, 3, 3)])
write("no_inputs_taken", [node("Relu", "", "y", "/net/Relu")], [image], [("y", FLOAT, None)])
write("shape_elsewhere", [node("Reshape", "x s", "y", "/net/Reshape")], [image], [("y", FLOAT, None)], [outside(ints("s", 1, -1), "there.bin")])
write("shape_elsewhere_and_gone", [node("Reshape", "x s", "y", "/net/Reshape")], [image], [("y", FLOAT, None)], [outside(ints("s", 1, -1), "gone.bin")])
(HERE / "gone.bin").unlink()
write("weight_elsewhere_and_gone", [conv], [image], [("c", FLOAT, None)], [outside(weight("w", 4, 3, 3, 3), "gone.bin")])
(HERE / "gone.bin").unlink()
write("channels_last", [node("Transpose", "x", "t", "/net/Transpose", perm=[0, 3, 1, 2]), node("Conv", "t w", "c", "/net/conv/Conv")], [("x", FLOAT, [1, 8, 8, 3])], [("c", FLOAT, None)], [weight("w", 4, 3, 3, 3)])
write("hints_are_wrong", [conv, node("Relu", "c", "y", "/net/Relu")], [image], [("y", FLOAT, [1, 4, 5, 5])], [weight("w", 4, 3, 3, 3)], values=[("c", FLOAT, [1, 9, 9, 9])])
write("operator_unknown", [conv, helper.make_node("Whizz", ["c"], ["d"], name="/net/whizz", domain="acme"), node("Relu", "d", "y", "/net/Relu")], [image], [("y", FLOAT, [1, 4, 6, 6])], [weight("w", 4, 3, 3, 3)], values=[("d", FLOAT, [1, 4, 6, 6])], domains=["acme"])
write("operator_from_the_future", [node("Teleport", "x", "y", "/net/teleport")], [image], [("y", FLOAT, [1, 3, 8, 8])], opset=99)
write("sizes_from_data", [node("NonZero", "x", "n", "/net/NonZero"), node("Transpose", "n", "t", "/net/Transpose"), node("Cast", "t", "f", "/net/Cast", to=FLOAT), node("MatMul", "f w", "y", "/net/MatMul")], [("x", FLOAT, [1, 6])], [("y", FLOAT, None)], [weight("w", 2, 3)])
write("input_twice", [node("Relu", "x", "y", "/net/Relu")], [image, image], [("y", FLOAT, None)])
write("weight_twice", [conv], [image], [("c", FLOAT, None)], [weight("w", 4, 3, 3, 3), weight("w", 4, 3, 3, 3)])
write("weight_and_output", [conv, node("Relu", "x", "w", "/net/Relu")], [image], [("c", FLOAT, None)], [weight("w", 4, 3, 3, 3)])
write("too_many_inputs", [node("Relu", "x x", "y", "/net/Relu")], [image], [("y", FLOAT, None)])
write("too_few_inputs", [node("Conv", "x", "c", "/net/conv/Conv")], [image], [("c", FLOAT, None)])
write("rows_and_columns", [node("Transpose", "x", "t", "/net/Transpose"), node("MatMul", "x t", "y", "/net/MatMul")], [("x", FLOAT, [1, 2, 4, 5])], [("y", FLOAT, None)])
write("norm_of_others", [node("BatchNormalization", "x s b m v", "y", "/net/bn/BatchNormalization")], [image], [("y", FLOAT, None)], [weight(name, 5) for name in "sbmv"])
write("gemm_of_others", [node("Flatten", "x", "f", "/net/Flatten"), node("Gemm", "f w b", "y", "/net/fc/Gemm", transB=1)], [image], [("y", FLOAT, None)], [weight("w", 10, 191), weight("b", 10)])
write("batch_fixed_and_rest", [node("Reshape", "x s", "y", "/net/Reshape_3")], [("x", FLOAT, ["N", 16, 4, 4])], [("y", FLOAT, None)], [ints("s", 3, 256)])
write("version_old", [conv], [image], [("c", FLOAT, None)], [weight("w", 4, 3, 3, 3)], opset=6)
write("version_new", [conv], [image], [("c", FLOAT, None)], [weight("w", 4, 3, 3, 3)], opset=1000)
write("shape_cast_and_gone", [node("Cast", "s", "c", "/net/Cast", to=TensorProto.INT64), node("Reshape", "x c", "y", "/net/Reshape")], [image], [("y", FLOAT, None)], [outside(numpy_helper.from_array(np.array([1, -1], np.int32), "s"), "gone.bin")])
(HERE / "gone.bin").unlink()
print(sum(path.stat().st_size for path in HERE.iterdir()), "bytes", len(list(HERE.iterdir())), "files")
