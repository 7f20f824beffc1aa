"""The cases of make.py, operator by operator: every operator that exporters write, with its odd attributes, in each of its versions."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from make import Case, Weight, ints, numbers, one, scalar

INF = 2**63 - 1


def tensor(values, dtype=np.int64):
    return numpy_helper.from_array(np.asarray(values, dtype))


def body(name, nodes, inputs, outputs, weights=()):
    """A branch, or what a loop repeats."""
    weights = [numpy_helper.from_array(np.asarray(array), key) for key, array in weights]
    return helper.make_graph(nodes, name, inputs, outputs, weights)


def value(name, kind=TensorProto.FLOAT, dims=None):
    return helper.make_tensor_value_info(name, kind, dims)


# Functions of each number.
for op in ("Abs Asin Asinh Acos Atan Atanh Ceil Cos Cosh Erf Exp Floor HardSwish Identity Neg Relu Round Selu Sigmoid "
           "Sign Sin Sinh Softplus Softsign Tan Tanh").split():
    domain = {"low": -0.9, "high": 0.9} if op in ("Acos", "Asin", "Atanh") else {"low": -4, "high": 4}
    one(f"unary_{op.lower()}", op, numbers(op, 1, 3, 4, **domain))
for op in "Log Sqrt Reciprocal Acosh".split():
    one(f"unary_{op.lower()}", op, numbers(op, 1, 3, 4, low=1.1, high=5))
one("unary_round_half", "Round", np.array([[-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.4]], np.float32))
one("unary_mish", "Mish", numbers("mish", 1, 3, 4, low=-4, high=4), opset=18)
one("unary_swish", "Swish", numbers("swish", 1, 3, 4, low=-4, high=4), opset=24, alpha=1.5)
one("unary_gelu", "Gelu", numbers("gelu", 1, 3, 4, low=-4, high=4), opset=20)
one("unary_gelu_tanh", "Gelu", numbers("gelu", 1, 3, 4, low=-4, high=4), opset=20, approximate="tanh")
for op, settings in {
    "Celu": {"alpha": 1.5}, "Elu": {"alpha": 0.7}, "HardSigmoid": {"alpha": 0.3, "beta": 0.4}, "LeakyRelu": {"alpha": 0.2},
    "Selu": {"alpha": 1.5, "gamma": 1.1}, "Shrink": {"lambd": 0.6, "bias": 0.2}, "ThresholdedRelu": {"alpha": 0.8},
}.items():
    one(f"unary_{op.lower()}_settings", op, numbers(op, 1, 3, 4, low=-3, high=3), **settings)
for op in ("Celu", "Elu", "HardSigmoid", "LeakyRelu", "ThresholdedRelu"):
    one(f"unary_{op.lower()}", op, numbers(op, 1, 3, 4, low=-3, high=3))
one("unary_not", "Not", numbers("not", 1, 3, 4, dtype=bool))
one("unary_isnan", "IsNaN", np.array([[1, np.nan, np.inf, -np.inf]], np.float32))
one("unary_isinf", "IsInf", np.array([[1, np.nan, np.inf, -np.inf]], np.float32), detect_negative=0)
one("unary_double", "Exp", numbers("double", 1, 5, dtype=np.float64))
one("unary_half", "Relu", numbers("half", 1, 5, dtype=np.float16))
one("prelu_channels", "PRelu", numbers("prelu", 1, 3, 2, 2), Weight(numbers("slope", 3, 1, 1)))
one("prelu_one", "PRelu", numbers("prelu", 1, 3, 2, 2), Weight(numbers("slope", 1)))
one("prelu_last", "PRelu", numbers("prelu", 1, 3, 2, 4), Weight(numbers("slope", 4)), opset=9)
one("clip_6", "Clip", numbers("clip", 1, 12), opset=6 + 1, min=-0.5, max=0.7)
one("clip_6_min", "Clip", numbers("clip", 1, 12), opset=10, min=0.1)
one("clip_11", "Clip", numbers("clip", 1, 12), scalar(-0.5), scalar(0.7), opset=11)
one("clip_max_alone", "Clip", numbers("clip", 1, 12), None, scalar(0.2), opset=13)
one("clip_relu6", "Clip", numbers("clip6", 1, 12, low=-3, high=9), scalar(0), scalar(6), opset=13)
one("dropout_7", "Dropout", numbers("dropout", 1, 6), opset=7, ratio=0.4)
one("dropout_13", "Dropout", numbers("dropout", 1, 6), scalar(0.4), opset=13)
one("cast_to_int", "Cast", numbers("cast", 1, 8, low=-5, high=5), to=TensorProto.INT32)
one("cast_to_bool", "Cast", np.array([[0, 0.3, -2, 0]], np.float32), to=TensorProto.BOOL)
one("cast_from_bool", "Cast", numbers("bool", 1, 8, dtype=bool), to=TensorProto.FLOAT)
case = Case("cast_half")
case.gives(case.node("Cast", case.node("Cast", numbers("half", 1, 8), to=TensorProto.FLOAT16), to=TensorProto.FLOAT))
one("cast_like", "CastLike", numbers("cast", 1, 8, low=-5, high=5), Weight(np.zeros(1, np.int64)))

# Pairs, with what is repeated to fit.
for op in "Add Sub Mul Div".split():
    one(f"binary_{op.lower()}", op, numbers("left", 1, 3, 2, 2), numbers("right", 1, 3, 2, 2, low=1, high=2))
    one(f"binary_{op.lower()}_fewer_left", op, numbers("left", 2), numbers("right", 1, 3, 2, 2, low=1, high=2))
    one(f"binary_{op.lower()}_weight", op, numbers("left", 1, 3, 2, 2), Weight(numbers("right", 3, 1, 1, low=1, high=2)))
one("binary_add_both_ways", "Add", numbers("left", 1, 3, 1, 4), numbers("right", 1, 1, 2, 1))
one("binary_add_batch_of_2", "Add", numbers("left", 2, 3, 2), numbers("right", 1, 3, 2))
one("binary_add_more_right", "Add", numbers("left", 1, 4), numbers("right", 1, 3, 4))
one("binary_add_scalar", "Add", numbers("left", 1, 4), scalar(1.5))
one("binary_sub_from_weight", "Sub", scalar(1), numbers("left", 1, 4))
one("binary_div_of_weight", "Div", Weight(numbers("over", 4)), numbers("left", 1, 4, low=1, high=2))
one("binary_div_integers", "Div", np.array([[-7, 7, -8, 9]], np.int64), Weight(np.array([2, -2, 3, 4], np.int64)))
one("binary_pow", "Pow", numbers("pow", 1, 6, low=0.1, high=2), numbers("exponent", 1, 6))
one("binary_pow_2", "Pow", numbers("pow2", 1, 6), scalar(2))
one("binary_pow_half", "Pow", numbers("pow", 1, 6, low=0.1, high=2), scalar(0.5))
one("binary_pow_integers", "Pow", numbers("pow3", 1, 6), Weight(np.array(3, np.int64)))
one("binary_mod", "Mod", np.array([[-7, 7, -8, 9]], np.int64), np.array([[3, -3, 5, 4]], np.int64))
one("binary_fmod", "Mod", numbers("mod", 1, 6, low=-5, high=5), scalar(1.5), fmod=1)
for op in "Equal Greater GreaterOrEqual Less LessOrEqual".split():
    left = numbers("compare", 1, 8, low=0, high=3, dtype=np.int64).astype(np.float32)
    one(f"compare_{op.lower()}", op, left, Weight(np.float32([0, 1, 2, 0, 1, 2, 1, 1])))
one("compare_greater_then_where", "Greater", numbers("compare", 1, 2, 4), numbers("with", 1, 1, 4))
for op in "And Or Xor".split():
    one(f"logic_{op.lower()}", op, numbers(op, 1, 2, 4, dtype=bool), numbers(op + "2", 1, 1, 4, dtype=bool))
for op in "Max Min Mean Sum".split():
    one(f"several_{op.lower()}", op, numbers("first", 1, 2, 3), numbers("second", 1, 1, 3), Weight(numbers("third", 2, 1)))
one("several_max_one", "Max", numbers("first", 1, 2, 3))
one("where_mask", "Where", numbers("mask", 1, 2, 4, dtype=bool), numbers("this", 1, 2, 4), numbers("that", 1, 1, 4))
one("where_masked_fill", "Where", Weight(np.tri(4, dtype=bool)), numbers("scores", 1, 2, 4, 4), scalar(-1e9))
case = Case("where_of_comparison")
x = case.input("x", numbers("x", 1, 3, 4))
case.gives(case.node("Where", case.node("Less", x, scalar(0)), case.node("Mul", x, scalar(0.1)), x))

# Convolutions.
def conv(name, dims, weight, bias=True, opset=17, op="Conv", **settings):
    outputs = weight[0] if op == "Conv" else weight[1] * settings.get("group", 1)
    takes = [numbers(name, *dims), Weight(numbers(name + "w", *weight))]
    return one(name, op, *takes, *([Weight(numbers(name + "b", outputs))] if bias else []), opset=opset, **settings)


conv("conv1d", (1, 3, 8), (2, 3, 3), pads=[1, 1], strides=[2])
conv("conv1d_dilated", (1, 3, 9), (2, 3, 3), dilations=[3], bias=False)
conv("conv2d", (1, 3, 5, 4), (2, 3, 3, 3), pads=[1, 1, 1, 1], kernel_shape=[3, 3], strides=[1, 1], dilations=[1, 1], group=1)
conv("conv2d_defaults", (1, 2, 4, 4), (3, 2, 2, 3))
conv("conv2d_grouped", (1, 4, 4, 4), (6, 2, 3, 3), group=2, pads=[1, 1, 1, 1])
conv("conv2d_depthwise", (1, 3, 4, 4), (6, 1, 3, 3), group=3, pads=[1, 1, 1, 1], strides=[2, 2])
conv("conv2d_asymmetric", (1, 2, 5, 5), (2, 2, 3, 3), pads=[0, 0, 1, 1], strides=[2, 2])
conv("conv2d_all_different", (1, 2, 6, 5), (2, 2, 3, 2), pads=[2, 0, 1, 3], strides=[2, 1], dilations=[1, 2])
conv("conv2d_same_upper", (1, 2, 5, 6), (2, 2, 3, 3), auto_pad="SAME_UPPER", strides=[2, 2])
conv("conv2d_same_lower", (1, 2, 5, 6), (2, 2, 3, 2), auto_pad="SAME_LOWER", strides=[2, 1])
conv("conv2d_valid", (1, 2, 5, 6), (2, 2, 3, 3), auto_pad="VALID", strides=[2, 2], bias=False)
conv("conv2d_batch_of_2", (2, 2, 4, 4), (2, 2, 3, 3))
conv("conv2d_opset_7", (1, 2, 4, 4), (2, 2, 3, 3), opset=7, kernel_shape=[3, 3])
conv("conv3d", (1, 2, 3, 4, 3), (2, 2, 2, 3, 2), pads=[1, 1, 0, 0, 1, 1], strides=[1, 2, 1])
conv("conv3d_grouped", (1, 2, 3, 4, 3), (2, 1, 2, 2, 2), group=2, dilations=[1, 2, 1])
case = Case("conv2d_weight_is_an_input")
case.gives(case.node("Conv", numbers("x", 1, 2, 4, 4), numbers("w", 3, 2, 3, 3)))
case = Case("conv2d_weight_in_a_constant")
w = case.node("Constant", value=tensor(numbers("w", 2, 2, 3, 3), np.float32))
case.gives(case.node("Conv", case.input("x", numbers("x", 1, 2, 4, 4)), w))
case = Case("conv2d_same_weight_twice")
x, w = case.input("x", numbers("x", 1, 2, 4, 4)), case.weight("w", numbers("w", 2, 2, 3, 3))
case.gives(case.node("Conv", case.node("Conv", x, w, pads=[1, 1, 1, 1]), w))
conv("conv_transpose1d", (1, 3, 4), (3, 2, 3), op="ConvTranspose", strides=[2], pads=[1, 1], output_padding=[1])
conv("conv_transpose2d", (1, 2, 3, 3), (2, 2, 4, 4), op="ConvTranspose", strides=[2, 2], pads=[1, 1, 1, 1])
conv("conv_transpose2d_grouped", (1, 4, 3, 2), (4, 2, 3, 3), op="ConvTranspose", group=2, strides=[2, 1])
conv("conv_transpose2d_dilated", (1, 2, 3, 3), (2, 2, 2, 2), op="ConvTranspose", dilations=[2, 2], bias=False)
conv("conv_transpose2d_output_shape", (1, 2, 3, 3), (2, 1, 3, 3), op="ConvTranspose", strides=[3, 2], output_shape=[10, 8])
conv("conv_transpose2d_output_shape_upper", (1, 2, 3, 3), (2, 1, 3, 3), op="ConvTranspose", strides=[2, 2], output_shape=[6, 6], auto_pad="SAME_UPPER")
conv("conv_transpose2d_same_upper", (1, 2, 3, 3), (2, 1, 3, 3), op="ConvTranspose", strides=[2, 2], auto_pad="SAME_UPPER")
conv("conv_transpose2d_same_lower", (1, 2, 3, 3), (2, 1, 3, 3), op="ConvTranspose", strides=[2, 2], auto_pad="SAME_LOWER")
conv("conv_transpose2d_asymmetric", (1, 2, 3, 3), (2, 1, 3, 3), op="ConvTranspose", strides=[2, 2], pads=[0, 1, 1, 0])
conv("conv_transpose2d_output_padding", (1, 2, 3, 3), (2, 1, 3, 3), op="ConvTranspose", strides=[3, 2], output_padding=[2, 1], pads=[1, 1, 1, 1])
conv("conv_transpose3d", (1, 2, 2, 2, 2), (2, 1, 2, 2, 2), op="ConvTranspose", strides=[2, 1, 1])

# Products of matrices.
def gemm(name, a, b, c=None, opset=13, **settings):
    takes = [numbers(name, *a), Weight(numbers(name + "w", *b))]
    return one(name, "Gemm", *takes, *([] if c is None else [Weight(numbers(name + "b", *c))]), opset=opset, **settings)


gemm("gemm", (1, 4), (4, 3), (3,))
gemm("gemm_as_pytorch", (1, 4), (3, 4), (3,), transB=1)
gemm("gemm_scaled", (1, 4), (3, 4), (3,), transB=1, alpha=0.5, beta=2.0)
gemm("gemm_rows", (5, 4), (3, 4), (3,), transB=1)
gemm("gemm_transposed_input", (4, 2), (4, 3), (2, 3), transA=1)
gemm("gemm_without_bias", (2, 4), (3, 4), transB=1, opset=11)
gemm("gemm_bias_of_one", (2, 4), (4, 3), (1,), opset=9)
gemm("gemm_bias_scalar", (2, 4), (4, 3), ())
gemm("gemm_bias_column", (2, 4), (4, 3), (2, 1))
gemm("gemm_bias_row", (2, 4), (4, 3), (1, 3), opset=7)
one("gemm_of_two_inputs", "Gemm", numbers("a", 2, 4), numbers("b", 4, 3), numbers("c", 2, 3), beta=0.5)
one("matmul_weight", "MatMul", numbers("x", 1, 3, 4), Weight(numbers("w", 4, 2)))
one("matmul_weight_left", "MatMul", Weight(numbers("w", 2, 3)), numbers("x", 1, 3, 4))
one("matmul_weight_of_batches", "MatMul", numbers("x", 1, 2, 3, 4), Weight(numbers("w", 2, 4, 2)))
one("matmul_two_inputs", "MatMul", numbers("x", 1, 2, 3, 4), numbers("y", 1, 2, 4, 2))
one("matmul_repeated_left", "MatMul", numbers("x", 1, 1, 3, 4), numbers("y", 1, 2, 4, 2))
one("matmul_repeated_both", "MatMul", numbers("x", 1, 1, 2, 3, 4), numbers("y", 1, 2, 1, 4, 2))
one("matmul_fewer_right", "MatMul", numbers("x", 1, 2, 3, 4), numbers("y", 4, 2))
one("matmul_vector_right", "MatMul", numbers("x", 1, 3, 4), Weight(numbers("w", 4)))
one("matmul_vector_left", "MatMul", Weight(numbers("w", 3)), numbers("x", 1, 3, 4))
one("matmul_vectors", "MatMul", numbers("x", 4), Weight(numbers("w", 4)))
one("matmul_matrices", "MatMul", numbers("x", 3, 4), numbers("y", 4, 2))
case = Case("matmul_bias_first")
case.gives(case.node("Add", Weight(numbers("b", 2)), case.node("MatMul", numbers("x", 1, 3, 4), Weight(numbers("w", 4, 2)))))
case = Case("matmul_bias_second")
case.gives(case.node("Add", case.node("MatMul", numbers("x", 1, 3, 4), Weight(numbers("w", 4, 2))), Weight(numbers("b", 2))))
case = Case("matmul_transposed_weight")
w = case.node("Transpose", Weight(numbers("w", 2, 4)), perm=[1, 0])
case.gives(case.node("MatMul", case.input("x", numbers("x", 1, 3, 4)), w))
for name, equation, takes in [
    ("einsum_matmul", "bij,bjk->bik", [(1, 2, 3), (1, 3, 4)]), ("einsum_no_arrow", "bij,bjk", [(1, 2, 3), (1, 3, 4)]),
    ("einsum_attention", "bhid,bhjd->bhij", [(1, 2, 3, 4), (1, 2, 5, 4)]), ("einsum_transpose", "bij->bji", [(1, 2, 3)]),
    ("einsum_sum", "bij->bi", [(1, 2, 3)]), ("einsum_relative", "byhwc,hkc->byhwk", [(1, 2, 2, 3, 2), (2, 3, 2)]),
    ("einsum_dots", "...ij,...jk->...ik", [(1, 2, 2, 3), (1, 2, 3, 2)]), ("einsum_diagonal", "bii->bi", [(1, 3, 3)]),
    ("einsum_outer", "bi,bj->bij", [(1, 2), (1, 3)]), ("einsum_three", "bi,ij,bj->b", [(1, 2), (2, 3), (1, 3)]),
]:
    one(name, "Einsum", *[numbers(f"{name}{i}", *dims) for i, dims in enumerate(takes)], equation=equation)
one("einsum_weight", "Einsum", numbers("x", 1, 2, 3), Weight(numbers("w", 3, 4)), equation="bci,ir->bcr")

# Norms.
def statistics(name, channels):
    spread = numbers(name + "var", channels, low=0.5, high=2)
    return [Weight(numbers(name + part, channels)) for part in ("scale", "shift", "mean")] + [Weight(spread)]


one("batch_norm_7", "BatchNormalization", numbers("bn", 1, 3, 2, 2), *statistics("bn", 3), opset=7, epsilon=1e-3)
one("batch_norm_9", "BatchNormalization", numbers("bn", 1, 3, 4), *statistics("bn", 3), opset=9)
one("batch_norm_14", "BatchNormalization", numbers("bn", 1, 3, 2, 2), *statistics("bn", 3), opset=14, momentum=0.9)
one("batch_norm_15_rank_2", "BatchNormalization", numbers("bn", 1, 3), *statistics("bn", 3), opset=15)
one("batch_norm_15_rank_5", "BatchNormalization", numbers("bn", 1, 2, 2, 1, 3), *statistics("bn", 2), opset=15)
one("batch_norm_rows", "BatchNormalization", numbers("bn", 6, 3), *statistics("bn", 3), opset=15)
norm = [Weight(numbers("ln scale", 4)), Weight(numbers("ln shift", 4))]
one("layer_norm", "LayerNormalization", numbers("ln", 1, 3, 4), *norm, axis=-1)
one("layer_norm_without_shift", "LayerNormalization", numbers("ln", 1, 3, 4), norm[0], epsilon=1e-2)
one("layer_norm_axis_2", "LayerNormalization", numbers("ln", 1, 2, 3, 4), *[Weight(numbers(f"ln2{i}", 3, 4)) for i in "ab"], axis=-2)
one("layer_norm_all_outputs", "LayerNormalization", numbers("ln", 1, 3, 4), *norm, outputs=["y", "", ""])
one("instance_norm", "InstanceNormalization", numbers("in", 1, 3, 2, 3), *[Weight(numbers(f"in{i}", 3)) for i in "ab"])
one("instance_norm_1d", "InstanceNormalization", numbers("in", 1, 3, 5), *[Weight(numbers(f"in{i}", 3)) for i in "ab"], epsilon=1e-2)
one("instance_norm_3d", "InstanceNormalization", numbers("in", 1, 2, 2, 2, 2), *[Weight(numbers(f"in{i}", 2)) for i in "ab"])
one("group_norm_18", "GroupNormalization", numbers("gn", 1, 4, 2, 2), *[Weight(numbers(f"gn{i}", 2)) for i in "ab"], opset=18, num_groups=2)
one("group_norm_21", "GroupNormalization", numbers("gn", 1, 4, 2, 2), *[Weight(numbers(f"gn{i}", 4)) for i in "ab"], opset=21, num_groups=2)
one("rms_norm_23", "RMSNormalization", numbers("rms", 1, 3, 4), Weight(numbers("rms scale", 4)), opset=23, axis=-1)
one("lrn", "LRN", numbers("lrn", 1, 6, 2, 2), size=3, alpha=0.3, beta=0.6, bias=1.5)
# Of an even number of channels, one more lies behind; onnxruntime refuses it, and the reference evaluator takes another.
case = one("lrn_even", "LRN", x := numbers("lrn", 1, 6, 2, 2), size=4, alpha=0.4)
squares = [np.sum(x[:, max(0, c - 1):c + 3] ** 2, axis=1) for c in range(6)]
case.known = {"y0": x / (1 + 0.4 / 4 * np.stack(squares, axis=1)) ** np.float32(0.75)}
one("lp_normalization", "LpNormalization", numbers("lp", 1, 3, 4), axis=1, p=2)
one("lp_normalization_1", "LpNormalization", numbers("lp", 1, 3, 4), p=1)
one("mean_variance", "MeanVarianceNormalization", numbers("mv", 1, 3, 2, 2), axes=[0, 2, 3])

# Pooling.
for name, op, dims, settings in [
    ("max_pool1d", "MaxPool", (1, 2, 7), dict(kernel_shape=[3], strides=[2])),
    ("max_pool2d", "MaxPool", (1, 2, 5, 5), dict(kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])),
    ("max_pool2d_ceil", "MaxPool", (1, 2, 6, 5), dict(kernel_shape=[3, 2], strides=[2, 2], ceil_mode=1)),
    ("max_pool2d_ceil_padded", "MaxPool", (1, 1, 4, 4), dict(kernel_shape=[2, 2], strides=[2, 2], pads=[1, 1, 1, 1], ceil_mode=1)),
    ("max_pool2d_dilated", "MaxPool", (1, 1, 6, 6), dict(kernel_shape=[2, 2], dilations=[3, 2])),
    ("max_pool2d_same_upper", "MaxPool", (1, 1, 5, 5), dict(kernel_shape=[2, 2], strides=[2, 2], auto_pad="SAME_UPPER")),
    ("max_pool2d_same_lower", "MaxPool", (1, 1, 5, 5), dict(kernel_shape=[2, 2], strides=[2, 2], auto_pad="SAME_LOWER")),
    ("max_pool2d_valid", "MaxPool", (1, 1, 5, 5), dict(kernel_shape=[2, 2], strides=[2, 2], auto_pad="VALID")),
    ("max_pool2d_asymmetric", "MaxPool", (1, 1, 5, 4), dict(kernel_shape=[3, 3], strides=[2, 2], pads=[0, 1, 2, 0])),
    ("max_pool2d_no_strides", "MaxPool", (1, 1, 4, 4), dict(kernel_shape=[3, 2])),
    ("max_pool3d", "MaxPool", (1, 1, 3, 4, 4), dict(kernel_shape=[2, 2, 2], strides=[1, 2, 2])),
    ("avg_pool1d", "AveragePool", (1, 2, 7), dict(kernel_shape=[3], strides=[2], pads=[1, 1])),
    ("avg_pool2d", "AveragePool", (1, 2, 5, 5), dict(kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])),
    ("avg_pool2d_padding_counts", "AveragePool", (1, 2, 5, 5), dict(kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1)),
    ("avg_pool2d_ceil", "AveragePool", (1, 1, 6, 5), dict(kernel_shape=[3, 2], strides=[2, 2], ceil_mode=1)),
    ("avg_pool2d_ceil_counts", "AveragePool", (1, 1, 6, 6), dict(kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 0, 0], ceil_mode=1, count_include_pad=1)),
    ("avg_pool2d_same_upper", "AveragePool", (1, 1, 5, 5), dict(kernel_shape=[2, 2], strides=[2, 2], auto_pad="SAME_UPPER")),
    ("avg_pool2d_same_lower", "AveragePool", (1, 1, 5, 5), dict(kernel_shape=[3, 2], auto_pad="SAME_LOWER")),
    ("avg_pool2d_asymmetric", "AveragePool", (1, 1, 5, 4), dict(kernel_shape=[3, 3], strides=[2, 2], pads=[0, 1, 2, 0])),
    ("avg_pool3d", "AveragePool", (1, 1, 3, 4, 4), dict(kernel_shape=[2, 2, 2])),
    ("lp_pool2d", "LpPool", (1, 2, 4, 4), dict(kernel_shape=[2, 2], strides=[2, 2], p=2)),
    ("lp_pool2d_3", "LpPool", (1, 1, 4, 4), dict(kernel_shape=[2, 3], p=3, pads=[1, 0, 0, 1])),
]:
    one(name, op, numbers(name, *dims), **settings)
one("avg_pool2d_dilated", "AveragePool", numbers("dilated", 1, 1, 6, 6), opset=19, kernel_shape=[2, 2], dilations=[2, 3])
one("max_pool2d_opset_8", "MaxPool", numbers("old", 1, 1, 5, 5), opset=8, kernel_shape=[2, 2], strides=[2, 2], storage_order=1)
case = Case("max_pool2d_indices", 12)
case.gives(*case.node("MaxPool", numbers("indices", 1, 2, 4, 4), outputs=2, kernel_shape=[2, 2], strides=[2, 2]))
for op in "GlobalAveragePool GlobalMaxPool GlobalLpPool".split():
    one(f"{op[6:].lower()}_global", op, numbers(op, 1, 3, 2, 4))
one("averagepool_global_1d", "GlobalAveragePool", numbers("g1", 1, 3, 5))
one("averagepool_global_3d", "GlobalAveragePool", numbers("g3", 1, 2, 2, 2, 3))

# Sizes.
def resize(name, dims, opset=13, scales=None, sizes=None, axes=None, roi=None, **settings):
    roi = None if opset == 10 else (Weight(np.float32([])) if opset < 13 and roi is None else roi)
    given = [roi, Weight(np.float32(scales or [])) if scales or opset == 11 else None]
    given = given if opset > 10 else given[1:]
    given += [ints(*sizes)] if sizes else []
    one(name, "Resize", numbers(name, *dims), *given, opset=opset, axes=axes, **settings)


resize("resize_10_nearest", (1, 2, 2, 3), opset=10, scales=[1, 1, 2, 2], mode="nearest")
resize("resize_10_linear", (1, 1, 3, 3), opset=10, scales=[1, 1, 2, 1.5], mode="linear")
resize("resize_11_nearest_scales", (1, 2, 2, 3), opset=11, scales=[1, 1, 2, 3], mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
resize("resize_11_linear_sizes", (1, 2, 2, 3), opset=11, sizes=[1, 2, 5, 4], mode="linear", coordinate_transformation_mode="half_pixel")
for mode in "half_pixel align_corners asymmetric pytorch_half_pixel".split():
    resize(f"resize_linear_{mode}", (1, 1, 3, 4), sizes=[1, 1, 5, 7], mode="linear", coordinate_transformation_mode=mode)
    resize(f"resize_cubic_{mode}", (1, 1, 4, 4), scales=[1, 1, 1.5, 2], mode="cubic", coordinate_transformation_mode=mode)
for mode in "round_prefer_floor round_prefer_ceil floor ceil".split():
    resize(f"resize_nearest_{mode}", (1, 1, 3, 4), sizes=[1, 1, 5, 7], mode="nearest", nearest_mode=mode, coordinate_transformation_mode="half_pixel")
resize("resize_nearest_asymmetric_floor", (1, 2, 2, 2), sizes=[1, 2, 4, 6], mode="nearest", nearest_mode="floor", coordinate_transformation_mode="asymmetric")
resize("resize_linear_smaller", (1, 1, 6, 6), scales=[1, 1, 0.5, 0.6], mode="linear")
resize("resize_cubic_a", (1, 1, 4, 4), sizes=[1, 1, 6, 7], mode="cubic", cubic_coeff_a=-0.5)
resize("resize_cubic_exclude_outside", (1, 1, 4, 4), sizes=[1, 1, 6, 7], mode="cubic", exclude_outside=1)
resize("resize_18_axes", (1, 2, 3, 3), opset=18, sizes=[5, 6], axes=[2, 3], mode="linear")
resize("resize_18_antialias", (1, 1, 6, 6), opset=18, sizes=[1, 1, 3, 4], mode="linear", antialias=1)
resize("resize_18_antialias_cubic", (1, 1, 8, 8), opset=18, sizes=[1, 1, 4, 5], mode="cubic", antialias=1, cubic_coeff_a=-0.5, exclude_outside=1)
resize("resize_18_not_larger", (1, 1, 4, 3), opset=18, sizes=[7, 7], axes=[2, 3], mode="nearest", keep_aspect_ratio_policy="not_larger")
resize("resize_19_half_pixel_symmetric", (1, 1, 4, 4), opset=19, scales=[1, 1, 1.3, 0.6], mode="linear", coordinate_transformation_mode="half_pixel_symmetric")
resize("resize_1d_linear", (1, 2, 4), sizes=[1, 2, 7], mode="linear")
resize("resize_3d_nearest", (1, 1, 2, 2, 2), scales=[1, 1, 2, 2, 2], mode="nearest", nearest_mode="floor", coordinate_transformation_mode="asymmetric")
resize("resize_3d_linear", (1, 1, 2, 2, 3), sizes=[1, 1, 3, 4, 5], mode="linear")
one("upsample_7", "Upsample", numbers("up", 1, 2, 2, 3), opset=7, scales=[1.0, 1.0, 2.0, 3.0], mode="nearest")
one("upsample_9", "Upsample", numbers("up", 1, 2, 2, 3), Weight(np.float32([1, 1, 2, 2])), opset=9, mode="linear")
case = Case("resize_sizes_from_shape")
x = case.input("x", numbers("x", 1, 2, 3, 4))
sizes = case.node("Concat", case.node("Slice", case.node("Shape", x), ints(0), ints(2), ints(0)), ints(6, 8), axis=0)
case.gives(case.node("Resize", x, None, None, sizes, mode="nearest", nearest_mode="floor", coordinate_transformation_mode="asymmetric"))

# Softmax.
one("softmax_12", "Softmax", numbers("sm", 1, 2, 3, 2), opset=12)
one("softmax_12_axis_2", "Softmax", numbers("sm", 1, 2, 3, 2), opset=12, axis=2)
one("softmax_13", "Softmax", numbers("sm", 1, 2, 3, 2), opset=13)
one("softmax_13_axis_1", "Softmax", numbers("sm", 1, 2, 3, 2), opset=13, axis=1)
one("log_softmax_11", "LogSoftmax", numbers("sm", 1, 2, 3), opset=11)
one("log_softmax_13", "LogSoftmax", numbers("sm", 1, 2, 3), opset=13, axis=1)
one("hardmax_13", "Hardmax", numbers("hm", 1, 2, 4), opset=13)

# Shapes.
one("reshape", "Reshape", numbers("re", 1, 4, 3), ints(0, 2, -1))
one("reshape_allowzero", "Reshape", numbers("re", 1, 4, 3), ints(1, 12, 1), allowzero=1)
one("reshape_merges_batch", "Reshape", numbers("re", 1, 4, 3), ints(4, 3))
one("reshape_adds_one", "Reshape", numbers("re", 4, 3), ints(1, 4, 3))
one("flatten", "Flatten", numbers("fl", 1, 2, 3, 2))
one("flatten_axis_0", "Flatten", numbers("fl", 1, 2, 3), axis=0)
one("flatten_axis_2", "Flatten", numbers("fl", 1, 2, 3, 2), axis=2)
one("flatten_negative", "Flatten", numbers("fl", 1, 2, 3, 2), axis=-1)
one("squeeze_11", "Squeeze", numbers("sq", 1, 3, 1, 2), opset=11, axes=[2])
one("squeeze_13", "Squeeze", numbers("sq", 1, 3, 1, 2), ints(-2))
one("squeeze_all", "Squeeze", numbers("sq", 1, 3, 1, 2))
one("squeeze_batch", "Squeeze", numbers("sq", 1, 3, 2), ints(0))
one("unsqueeze_11", "Unsqueeze", numbers("us", 1, 3), opset=11, axes=[1, 3])
one("unsqueeze_13", "Unsqueeze", numbers("us", 1, 3), ints(-1, 0))
one("transpose", "Transpose", numbers("tr", 1, 2, 3, 4), perm=[0, 2, 3, 1])
one("transpose_default", "Transpose", numbers("tr", 1, 2, 3))
one("transpose_batch", "Transpose", numbers("tr", 1, 2, 3, 4), perm=[2, 0, 3, 1])
one("transpose_batch_of_3", "Transpose", numbers("tr", 3, 2, 4), perm=[1, 0, 2])
one("concat", "Concat", numbers("c1", 1, 2, 3), numbers("c2", 1, 1, 3), numbers("c3", 1, 4, 3), axis=1)
one("concat_negative", "Concat", numbers("c1", 1, 2, 3), numbers("c2", 1, 2, 1), axis=-1)
one("concat_batch", "Concat", numbers("c1", 1, 2, 3), numbers("c2", 2, 2, 3), axis=0)
one("concat_weight", "Concat", Weight(numbers("token", 1, 1, 3)), numbers("c2", 1, 2, 3), axis=1)
one("concat_twice_the_same", "Concat", "x", "x", axis=1).input("x", numbers("c1", 1, 2, 3))
one("expand", "Expand", numbers("ex", 1, 3, 1), ints(1, 3, 4))
one("expand_more_axes", "Expand", numbers("ex", 3, 1), ints(2, 1, 4))
one("expand_batch", "Expand", numbers("ex", 1, 3), ints(4, 1))
one("tile", "Tile", numbers("ti", 1, 2, 3), ints(1, 2, 2))
one("tile_batch", "Tile", numbers("ti", 1, 2, 3), ints(2, 1, 3))
one("depth_to_space_dcr", "DepthToSpace", numbers("ds", 1, 8, 2, 3), blocksize=2)
one("depth_to_space_crd", "DepthToSpace", numbers("ds", 1, 8, 2, 3), blocksize=2, mode="CRD")
one("space_to_depth", "SpaceToDepth", numbers("sd", 1, 2, 4, 2), blocksize=2)
one("slice_1", "Slice", numbers("sl", 1, 4, 5), opset=9, starts=[1, -3], ends=[3, INF], axes=[1, 2])
one("slice_10", "Slice", numbers("sl", 1, 4, 5), ints(1, -3), ints(3, INF), ints(1, 2), opset=10)
one("slice_steps", "Slice", numbers("sl", 1, 4, 7), ints(0, 1), ints(INF, 7), ints(-2, -1), ints(2, 3))
one("slice_backwards", "Slice", numbers("sl", 1, 4, 5), ints(-1), ints(-INF - 1), ints(2), ints(-2))
one("slice_no_axes", "Slice", numbers("sl", 1, 4, 5), ints(0, 1), ints(1, -1))
one("slice_batch", "Slice", numbers("sl", 3, 4, 2), ints(1), ints(2), ints(0))
one("split_2", "Split", numbers("sp", 1, 6, 2), opset=11, outputs=2, axis=1, split=[2, 4])
one("split_11_equal", "Split", numbers("sp", 1, 6, 2), opset=11, outputs=3, axis=-2)
one("split_13", "Split", numbers("sp", 1, 6, 2), ints(1, 2, 3), outputs=3, axis=1)
one("split_18", "Split", numbers("sp", 1, 2, 7), opset=18, outputs=3, axis=2, num_outputs=3)
one("split_batch", "Split", numbers("sp", 3, 2, 2), ints(1, 2), outputs=2)
one("pad_2", "Pad", numbers("pad", 1, 2, 3, 3), opset=10, pads=[0, 0, 1, 2, 0, 0, 0, 1], value=1.5)
one("pad_11", "Pad", numbers("pad", 1, 2, 3, 3), ints(0, 0, 1, 0, 0, 1, 0, 2), scalar(-1.0), opset=11)
for mode, opset in ("reflect", 13), ("edge", 13), ("wrap", 19), ("constant", 13):
    one(f"pad_{mode}", "Pad", numbers("pad", 1, 2, 3, 4), ints(0, 0, 1, 2, 0, 0, 2, 1), opset=opset, mode=mode)
one("pad_18_axes", "Pad", numbers("pad", 1, 2, 3, 4), ints(1, -1, 0, 2), None, ints(2, -1), opset=18)
one("pad_channels", "Pad", numbers("pad", 1, 2, 3), ints(0, 1, 0, 0, 2, 0), None)
one("pad_cut", "Pad", numbers("pad", 1, 2, 4), ints(0, 0, -1, 0, 0, -2))
one("trilu_upper", "Trilu", numbers("tl", 1, 3, 4), opset=14)
one("trilu_lower", "Trilu", numbers("tl", 1, 3, 4), Weight(np.array(-1, np.int64)), opset=14, upper=0)
one("center_crop_pad", "CenterCropPad", numbers("ccp", 1, 2, 5, 3), ints(3, 5), opset=18, axes=[2, 3])
one("reverse_sequence", "ReverseSequence", numbers("rs", 1, 4, 2), ints(3), batch_axis=0, time_axis=1)
case = Case("shape_arithmetic")
x = case.input("x", numbers("x", 1, 6, 4))
sizes = case.node("Shape", x, start=1)
half = case.node("Div", case.node("Gather", sizes, Weight(np.array(0, np.int64))), Weight(np.array(2, np.int64)))
half = case.node("Unsqueeze", half, ints(0))
case.gives(case.node("Reshape", x, case.node("Concat", ints(1), half, ints(-1), axis=0)))
case = Case("roll")
x = case.input("x", numbers("x", 1, 5, 3))
case.gives(case.node("Concat", case.node("Slice", x, ints(-2), ints(INF), ints(1)), case.node("Slice", x, ints(0), ints(-2), ints(1)), axis=1))

# Reductions.
for op in "ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare".split():
    low = 0.2 if op == "ReduceLogSum" else -2
    moved = {"opset": 13} if op == "ReduceSum" else {"opset": 18}
    one(f"{op.lower()}", op, numbers(op, 1, 3, 2, 2, low=low, high=2), ints(2, 3), keepdims=1, **moved)
    one(f"{op.lower()}_attribute", op, numbers(op, 1, 3, 4, low=low, high=2), opset=11, axes=[-1], keepdims=0)
one("reducemean_channels", "ReduceMean", numbers("rm", 1, 3, 2, 2), opset=17, axes=[1])
one("reducemean_all", "ReduceMean", numbers("rm", 1, 3, 2), opset=17, keepdims=0)
one("reducemean_batch", "ReduceMean", numbers("rm", 3, 2, 2), opset=17, axes=[0, 2])
one("reducesum_noop", "ReduceSum", numbers("rm", 1, 3, 2), Weight(np.zeros(0, np.int64)), opset=13, noop_with_empty_axes=1)
one("reducesum_empty_axes", "ReduceSum", numbers("rm", 1, 3, 2), Weight(np.zeros(0, np.int64)), opset=13)
one("argmax", "ArgMax", numbers("am", 1, 3, 4), axis=-1, keepdims=0)
one("argmax_kept", "ArgMax", numbers("am", 1, 3, 4), axis=1)
one("argmax_last", "ArgMax", np.float32([[1, 3, 3, 2]]), axis=1, select_last_index=1)
one("argmin", "ArgMin", numbers("am", 1, 3, 4), axis=2)
one("topk", "TopK", numbers("tk", 1, 3, 6), ints(3), outputs=2)
one("topk_smallest", "TopK", numbers("tk", 1, 6, 2), ints(2), outputs=2, axis=1, largest=0)
case = Case("topk_values")
case.gives(case.node("TopK", numbers("tk", 1, 6), ints(2), outputs=2)[0])
one("cumsum", "CumSum", numbers("cs", 1, 3, 4), Weight(np.array(2, np.int32)))
one("cumsum_exclusive", "CumSum", numbers("cs", 1, 3, 4), Weight(np.array(1, np.int64)), exclusive=1)
one("cumsum_reverse", "CumSum", numbers("cs", 1, 3, 4), Weight(np.array(-1, np.int64)), reverse=1, exclusive=1)

# Looking up.
one("gather_one", "Gather", numbers("ga", 1, 3, 4), Weight(np.array(1, np.int64)), axis=1)
one("gather_last", "Gather", numbers("ga", 1, 3, 4), Weight(np.array(-1, np.int64)), axis=-1)
one("gather_several", "Gather", numbers("ga", 1, 3, 4), ints(2, 0, -1, 2), axis=2)
one("gather_matrix", "Gather", numbers("ga", 1, 3, 4), Weight(np.array([[0, 1], [2, 2]], np.int64)), axis=1)
one("gather_batch", "Gather", numbers("ga", 3, 2, 4), Weight(np.array(1, np.int64)))
one("gather_embedding", "Gather", Weight(numbers("table", 7, 3)), numbers("tokens", 1, 5, low=0, high=7, dtype=np.int64))
one("gather_embedding_int32", "Gather", Weight(numbers("table", 7, 3)), numbers("tokens", 1, 5, low=0, high=7, dtype=np.int32))
one("gather_indices_given", "Gather", numbers("ga", 1, 4, 3), numbers("which", 2, low=0, high=4, dtype=np.int64), axis=1)
case = Case("gather_bias_table")
bias = case.node("Gather", Weight(numbers("table", 5, 2)), Weight(np.array([[0, 1, 2], [3, 4, 0]], np.int64)))
case.gives(case.node("Add", numbers("x", 1, 2, 3, 2), bias))
one("gather_elements", "GatherElements", numbers("ge", 1, 3, 4), numbers("at", 1, 3, 2, low=-4, high=4, dtype=np.int64), axis=2)
one("gather_nd", "GatherND", numbers("gn", 1, 3, 4), Weight(np.array([[0, 1], [0, 2]], np.int64)))
one("gather_nd_batch", "GatherND", numbers("gn", 2, 3, 4), numbers("at", 2, 2, 1, low=0, high=3, dtype=np.int64), batch_dims=1)
one("scatter_nd", "ScatterND", numbers("sn", 1, 4, 2), Weight(np.array([[0, 1], [0, 3]], np.int64)), numbers("new", 2, 2))
one("scatter_nd_add", "ScatterND", numbers("sn", 1, 4, 2), Weight(np.array([[0, 1], [0, 1]], np.int64)), numbers("new", 2, 2), reduction="add")
one("scatter_elements", "ScatterElements", numbers("se", 1, 4, 3), Weight(np.array([[[0, 1, 2], [3, 3, 0]]], np.int64)), numbers("new", 1, 2, 3), axis=1)
one("scatter_elements_add", "ScatterElements", numbers("se", 1, 4), Weight(np.array([[1, 1, -1]], np.int64)), numbers("new", 1, 3), axis=1, reduction="add")
one("scatter_9", "Scatter", numbers("se", 1, 4), Weight(np.array([[1, 3]], np.int64)), numbers("new", 1, 2), opset=9, axis=1)
one("one_hot", "OneHot", numbers("oh", 1, 3, low=0, high=4, dtype=np.int64), Weight(np.array(4, np.int64)), Weight(np.float32([0, 1])))
one("one_hot_axis", "OneHot", numbers("oh", 1, 3, low=0, high=4, dtype=np.int64), Weight(np.array(4, np.int64)), Weight(np.float32([-1, 2])), axis=1)
one("nonzero", "NonZero", np.float32([[1, 0, 2], [0, 0, 3]]))
one("compress", "Compress", numbers("co", 1, 4, 2), Weight(np.array([True, False, True])), axis=1)
case = Case("nonzero_of_a_constant")
mask = case.node("ConstantOfShape", ints(2, 2), value=tensor([1], np.float32))
where = case.node("Transpose", case.node("NonZero", mask), perm=[1, 0])
case.gives(case.node("GatherND", case.input("x", numbers("x", 2, 2, 3)), where))
for opset, mode in (16, "bilinear"), (16, "nearest"), (16, "bicubic"), (20, "linear"):
    for padding, corners in ("zeros", 0), ("border", 1), ("reflection", 0):
        if (opset, mode) in ((16, "bilinear"), (20, "linear")) or padding == "zeros":
            grid = numbers("grid", 1, 2, 3, 2, low=-1.2, high=1.2)
            one(f"grid_sample_{opset}_{mode}_{padding}", "GridSample", numbers("gs", 1, 2, 4, 4), grid, opset=opset, mode=mode, padding_mode=padding, align_corners=corners)
one("grid_sample_3d", "GridSample", numbers("gs", 1, 1, 3, 3, 3), numbers("grid", 1, 2, 2, 2, 3, low=-1, high=1), opset=20)
one("col2im", "Col2Im", numbers("col", 1, 8, 9), ints(4, 4), ints(2, 2), opset=18)
one("col2im_settings", "Col2Im", numbers("col", 1, 4, 12), ints(5, 6), ints(2, 2), opset=18, strides=[2, 2], pads=[1, 1, 0, 1], dilations=[1, 1])
case = Case("range_of_constants")
case.gives(case.node("Mul", numbers("x", 1, 3), case.node("Range", scalar(1), scalar(7), scalar(2))))
case = Case("made_from_shape")
x = case.input("x", numbers("x", 1, 4))
ones = case.node("ConstantOfShape", case.node("Shape", x), value=tensor([1.5], np.float32))
eye = case.node("EyeLike", case.node("ConstantOfShape", ints(4, 4)), dtype=TensorProto.FLOAT)
case.gives(case.node("MatMul", case.node("Add", x, ones), eye))
one("roi_align", "RoiAlign", numbers("roi", 1, 2, 5, 5), Weight(np.float32([[0, 0, 3, 3], [1, 1, 4, 2]])), ints(0, 0), opset=16, output_height=2, output_width=2, sampling_ratio=2, spatial_scale=0.8)
boxes, scores = np.float32([[[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, 2, 1, 3]]]), np.float32([[[0.9, 0.75, 0.6]]])
one("non_max_suppression", "NonMaxSuppression", boxes, scores, ints(3), scalar(0.5), scalar(0.0))

# Attention.
heads = {part: numbers(f"attention {part}", 1, 2, 3, 4) for part in "qkv"}
fewer = {part: numbers(f"attention {part}", 1, 2, 3, 4) for part in "kv"}
flat = {part: numbers(f"attention {part}", 1, 3, 8) for part in "qkv"}
one("attention_23", "Attention", *heads.values(), opset=23)
one("attention_23_scale", "Attention", *heads.values(), opset=23, scale=0.3, softcap=2.0)
one("attention_23_causal", "Attention", *heads.values(), opset=23, is_causal=1)
one("attention_23_mask", "Attention", *heads.values(), numbers("mask", 3, 3), opset=23)
one("attention_23_bool_mask", "Attention", *heads.values(), Weight(np.tri(3, dtype=bool)), opset=23)
one("attention_23_flat", "Attention", *flat.values(), opset=23, q_num_heads=2, kv_num_heads=2)
one("attention_23_grouped", "Attention", numbers("grouped", 1, 4, 3, 4), *fewer.values(), opset=23, is_causal=1)
one("attention_23_other_values", "Attention", heads["q"], numbers("keys", 1, 2, 5, 4), numbers("values", 1, 2, 5, 3), opset=23)
tables = [Weight(numbers(part, 6, 2)) for part in ("cosine", "sine")]
one("rotary_23", "RotaryEmbedding", numbers("rotary", 1, 2, 3, 4), *tables, ints(0, 1, 2).array.reshape(1, 3), opset=23)
one("rotary_23_interleaved", "RotaryEmbedding", numbers("rotary", 1, 2, 3, 4), *tables, Weight(np.arange(3).reshape(1, 3)), opset=23, interleaved=1)
one("rotary_23_flat", "RotaryEmbedding", numbers("rotary", 1, 3, 8), *[Weight(numbers(part, 1, 3, 2)) for part in ("cosine", "sine")], opset=23, num_heads=2)
one("rotary_23_partial", "RotaryEmbedding", numbers("rotary", 1, 2, 3, 6), *[Weight(numbers(part, 1, 3, 2)) for part in ("cosine", "sine")], opset=23, rotary_embedding_dim=4)

# onnxruntime's own.
MS = "com.microsoft"
one("ms_gelu", "Gelu", numbers("ms", 1, 6), domain=MS)
one("ms_fast_gelu", "FastGelu", numbers("ms", 1, 6), Weight(numbers("bias", 6)), domain=MS)
one("ms_bias_gelu", "BiasGelu", numbers("ms", 1, 6), Weight(numbers("bias", 6)), domain=MS)
one("ms_quick_gelu", "QuickGelu", numbers("ms", 1, 6), domain=MS, alpha=1.702)
fused = [numbers("fused", 1, 2, 4, 4), Weight(numbers("fused w", 2, 2, 3, 3)), Weight(numbers("fused b", 2))]
one("ms_fused_conv_relu", "FusedConv", *fused, domain=MS, activation="Relu", pads=[1, 1, 1, 1])
one("ms_fused_conv_clip", "FusedConv", *fused, domain=MS, activation="Clip", activation_params=[-0.5, 1.5])
one("ms_fused_conv_leaky", "FusedConv", *fused, domain=MS, activation="LeakyRelu", activation_params=[0.2])
one("ms_fused_conv_sum", "FusedConv", *fused, numbers("fused z", 1, 2, 2, 2), domain=MS, activation="Relu")
one("ms_fused_matmul", "FusedMatMul", numbers("fm a", 1, 2, 3, 4), numbers("fm b", 1, 2, 5, 4), domain=MS, transB=1, alpha=0.5)
one("ms_fused_matmul_weight", "FusedMatMul", numbers("fm a", 1, 3, 4), Weight(numbers("fm w", 4, 2)), domain=MS, alpha=2.0)
one("ms_fused_gemm", "FusedGemm", numbers("fg", 1, 4), Weight(numbers("fg w", 3, 4)), Weight(numbers("fg b", 3)), domain=MS, transB=1, activation="Relu")
one("ms_skip_layer_norm", "SkipLayerNormalization", numbers("s1", 1, 3, 4), numbers("s2", 1, 3, 4), *norm, Weight(numbers("s b", 4)), domain=MS, epsilon=1e-5)
case = Case("ms_skip_layer_norm_sum")
out = case.node("SkipLayerNormalization", numbers("s1", 1, 3, 4), numbers("s2", 1, 3, 4), *norm, outputs=["y", "", "", "sum"], domain=MS)
case.gives("y", "sum")
one("ms_multi_head_attention", "MultiHeadAttention", *flat.values(), domain=MS, num_heads=2)
one("ms_multi_head_attention_bias", "MultiHeadAttention", *flat.values(), Weight(numbers("mha b", 24)), domain=MS, num_heads=2, scale=0.4)
one("ms_attention", "Attention", numbers("at", 1, 3, 4), Weight(numbers("at w", 4, 12)), Weight(numbers("at b", 12)), domain=MS, num_heads=2)
one("ms_rotary", "RotaryEmbedding", numbers("rotary", 1, 3, 8), ints(0).array.reshape(1), *tables, domain=MS)

# Small whole numbers.
byte = lambda name, *dims: Weight(numbers(name, *dims, low=0, high=255, dtype=np.uint8))
signed = lambda name, *dims: Weight(numbers(name, *dims, low=-127, high=127, dtype=np.int8))
u8, i8, i32 = (lambda v, t=t: Weight(np.array(v, t)) for t in (np.uint8, np.int8, np.int32))
one("quantize", "QuantizeLinear", numbers("q", 1, 3, 4), scalar(0.02), u8(128))
one("quantize_channels", "QuantizeLinear", numbers("q", 1, 3, 4), Weight(np.float32([0.02, 0.03, 0.01])), i8([0, 5, -3]), axis=1)
one("dequantize", "DequantizeLinear", numbers("dq", 1, 3, 4, low=0, high=255, dtype=np.uint8), scalar(0.02), u8(128))
case = Case("quantize_there_and_back")
x = case.node("QuantizeLinear", numbers("q", 1, 3, 4), scalar(0.02), u8(128))
case.gives(case.node("DequantizeLinear", x, "w0", "w1"))
case = Case("qdq_conv")
x = case.input("x", numbers("x", 1, 2, 4, 4))
q = case.node("DequantizeLinear", case.node("QuantizeLinear", x, scalar(0.02), u8(120)), scalar(0.02), u8(120))
w = case.node("DequantizeLinear", signed("w", 3, 2, 3, 3), Weight(np.float32([0.01, 0.02, 0.03])), i8([0, 0, 0]), axis=0)
b = case.node("DequantizeLinear", i32([100, -50, 20]), Weight(np.float32([0.0002, 0.0004, 0.0006])), i32([0, 0, 0]), axis=0)
c = case.node("Conv", q, w, b)
case.gives(case.node("DequantizeLinear", case.node("QuantizeLinear", c, scalar(0.1), u8(100)), scalar(0.1), u8(100)))
case = Case("qdq_matmul")
x = case.input("x", numbers("x", 1, 3, 4))
q = case.node("DequantizeLinear", case.node("QuantizeLinear", x, scalar(0.02), u8(120)), scalar(0.02), u8(120))
case.gives(case.node("MatMul", q, case.node("DequantizeLinear", signed("w", 4, 2), scalar(0.01), i8(0))))


def between(name, dims, scale=0.02, zero=120):
    """A float made small whole numbers, and back again after what stands between."""
    case = Case(name)
    x = case.node("QuantizeLinear", case.input("x", numbers(name, *dims)), scalar(scale), u8(zero))
    return case, x, scalar(scale), u8(zero)


def back(case, made, scale, zero):
    case.gives(case.node("DequantizeLinear", made, scalar(scale), u8(zero)))


case, x, s, z = between("qlinear_conv", (1, 2, 4, 4))
back(case, case.node("QLinearConv", x, s, z, signed("w", 3, 2, 3, 3), Weight(np.float32([0.01, 0.02, 0.03])), i8([0, 0, 0]), scalar(0.1), u8(100), i32([100, -50, 20]), pads=[1, 1, 1, 1]), 0.1, 100)
case, x, s, z = between("qlinear_matmul", (1, 3, 4))
back(case, case.node("QLinearMatMul", x, s, z, signed("w", 4, 2), scalar(0.01), i8(0), scalar(0.1), u8(100)), 0.1, 100)
case = Case("conv_integer")
x = case.node("DynamicQuantizeLinear", case.input("x", numbers("ci", 1, 2, 4, 4)), outputs=3)
c = case.node("Cast", case.node("ConvInteger", x[0], signed("w", 2, 2, 3, 3), x[2], i8(0)), to=TensorProto.FLOAT)
case.gives(case.node("Mul", c, case.node("Mul", x[1], scalar(0.01))))
case = Case("matmul_integer")
x = case.node("DynamicQuantizeLinear", case.input("x", numbers("mi", 1, 3, 4)), outputs=3)
c = case.node("Cast", case.node("MatMulInteger", x[0], signed("w", 4, 2), x[2], i8(0)), to=TensorProto.FLOAT)
case.gives(case.node("Mul", c, case.node("Mul", x[1], scalar(0.01))))
one("dynamic_quantize", "DynamicQuantizeLinear", numbers("dyn", 1, 6), outputs=3)
case, x, s, z = between("ms_qlinear_add", (1, 3, 4))
back(case, case.node("QLinearAdd", x, s, z, byte("other", 1, 3, 4), scalar(0.03), u8(100), scalar(0.05), u8(110), domain=MS), 0.05, 110)
case, x, s, z = between("ms_qlinear_mul", (1, 3, 4))
back(case, case.node("QLinearMul", x, s, z, byte("other", 1, 3, 4), scalar(0.03), u8(100), scalar(0.05), u8(110), domain=MS), 0.05, 110)
case, x, s, z = between("ms_qgemm", (1, 4))
back(case, case.node("QGemm", x, s, z, signed("w", 3, 4), scalar(0.01), i8(0), i32([100, -50, 20]), scalar(0.05), u8(110), domain=MS, transB=1, alpha=1.0), 0.05, 110)
case, x, s, z = between("ms_qlinear_softmax", (1, 3, 4))
back(case, case.node("QLinearSoftmax", x, s, z, scalar(1 / 256), u8(0), domain=MS, axis=-1, opset=13), 1 / 256, 0)
case, x, s, z = between("ms_qlinear_global_average_pool", (1, 3, 4, 4))
back(case, case.node("QLinearGlobalAveragePool", x, s, z, scalar(0.01), u8(128), domain=MS, channels_last=0), 0.01, 128)
case, x, s, z = between("ms_qlinear_concat", (1, 3, 4))
back(case, case.node("QLinearConcat", scalar(0.03), u8(110), x, s, z, byte("other", 1, 2, 4), scalar(0.02), u8(100), domain=MS, axis=1), 0.03, 110)
case, x, s, z = between("ms_qlinear_sigmoid", (1, 3, 4))
back(case, case.node("QLinearSigmoid", x, s, z, scalar(1 / 256), u8(0), domain=MS), 1 / 256, 0)

# Recurrent layers.
def recurrent(name, op, gates, hidden=3, steps=4, directions=1, bias=True, state=False, lengths=False, layout=0, outputs=("y0", "y1"), opset=14, batch=1, **settings):
    taken = numbers(name, *((batch, steps, 2) if layout else (steps, batch, 2)))
    w = [Weight(numbers(f"{name}{part}", directions, gates * hidden, of)) for part, of in (("w", 2), ("r", hidden))]
    b = Weight(numbers(name + "b", directions, 2 * gates * hidden)) if bias else None
    initial = lambda part: Weight(numbers(name + part, *((batch, directions, hidden) if layout else (directions, batch, hidden)))) if state else None
    states = [initial("h")] + ([initial("c")] if op == "LSTM" else [])
    case = one(name, op, taken, *w, b, Weight(np.array([steps - 1] * batch, np.int32)) if lengths else None, *states, opset=opset,
               outputs=list(outputs), hidden_size=hidden, layout=layout or None, **settings)
    # Optional inputs at the end are left out altogether.
    node = case.nodes[0]
    while not node.input[-1]:
        del node.input[-1]


both = {"direction": "bidirectional", "directions": 2}
recurrent("rnn", "RNN", 1)
recurrent("rnn_relu_reverse", "RNN", 1, direction="reverse", activations=["Relu"])
recurrent("rnn_both_ways", "RNN", 1, **both, state=True)
recurrent("lstm", "LSTM", 4, outputs=("y0", "y1", "y2"))
recurrent("lstm_no_bias", "LSTM", 4, bias=False, outputs=("y0",))
recurrent("lstm_state", "LSTM", 4, state=True, outputs=("", "y1", "y2"))
recurrent("lstm_both_ways", "LSTM", 4, **both, state=True)
recurrent("lstm_reverse", "LSTM", 4, direction="reverse", opset=7)
recurrent("lstm_batch_of_2", "LSTM", 4, batch=2)
recurrent("lstm_lengths", "LSTM", 4, lengths=True)
recurrent("gru_before", "GRU", 3, linear_before_reset=1)
recurrent("gru_after", "GRU", 3, linear_before_reset=0)
recurrent("gru_both_ways", "GRU", 3, **both, linear_before_reset=1, state=True)
recurrent("gru_reverse_no_bias", "GRU", 3, direction="reverse", bias=False)
# onnxruntime has no kernel for batches in front.
recurrent("lstm_layout_1", "LSTM", 4, layout=1, batch=1)
recurrent("gru_layout_1", "GRU", 3, layout=1, linear_before_reset=1)

# Branches, loops, functions.
double = body("twice", [helper.make_node("Add", ["x", "x"], ["t"])], [], [value("t")])
negate = body("negated", [helper.make_node("Neg", ["x"], ["e"])], [], [value("e")])
for name, condition in ("if_true", True), ("if_false", False):
    case = Case(name)
    case.input("x", numbers("x", 1, 4))
    case.gives(case.node("If", Weight(np.array(condition)), then_branch=double, else_branch=negate))
case = Case("if_on_shape")
x = case.input("x", numbers("x", 1, 4))
long = case.node("Greater", case.node("Squeeze", case.node("Shape", x, start=1)), Weight(np.array(3, np.int64)))
case.gives(case.node("If", long, then_branch=double, else_branch=negate))
case = Case("if_on_data")
x = case.input("x", numbers("x", 1, 4))
case.gives(case.node("If", case.node("Greater", case.node("ReduceSum", x, keepdims=0), scalar(0)), then_branch=double, else_branch=negate))
case = Case("if_unknown_branch", acme=1)
x = numbers("x", 1, 4)
case.input("x", x)
unknown = body("never", [helper.make_node("Whizz", ["x"], ["e"], domain="acme")], [], [value("e")])
case.gives(case.node("If", Weight(np.array(True)), then_branch=double, else_branch=unknown))
case.known = {case.outputs[0]: x + x}
step = body(
    "step",
    [helper.make_node("Identity", ["on"], ["still"]), helper.make_node("MatMul", ["v", "w"], ["m"]), helper.make_node("Tanh", ["m"], ["next"])],
    [value("i", TensorProto.INT64, []), value("on", TensorProto.BOOL, []), value("v", dims=[1, 3])],
    [value("still", TensorProto.BOOL, []), value("next", dims=[1, 3])],
)
case = Case("loop_of_3")
case.weight("w", numbers("w", 3, 3))
case.gives(case.node("Loop", Weight(np.array(3, np.int64)), Weight(np.array(True)), case.input("x", numbers("x", 1, 3)), body=step))
scans = body(
    "step",
    [helper.make_node("Identity", ["on"], ["still"]), helper.make_node("Add", ["v", "x"], ["next"]), helper.make_node("Mul", ["next", "next"], ["row"])],
    [value("i", TensorProto.INT64, []), value("on", TensorProto.BOOL, []), value("v", dims=[1, 3])],
    [value("still", TensorProto.BOOL, []), value("next", dims=[1, 3]), value("row", dims=[1, 3])],
)
case = Case("loop_gathering")
x = case.input("x", numbers("x", 1, 3))
case.gives(*case.node("Loop", Weight(np.array(4, np.int64)), None, x, outputs=2, body=scans))
cell = body(
    "cell",
    [helper.make_node("MatMul", ["h", "r"], ["p"]), helper.make_node("Add", ["p", "x_t"], ["s"]), helper.make_node("Tanh", ["s"], ["h_out"]), helper.make_node("Identity", ["h_out"], ["y_t"])],
    [value("h", dims=[1, 3]), value("x_t", dims=[1, 3])],
    [value("h_out", dims=[1, 3]), value("y_t", dims=[1, 3])],
)
case = Case("scan_of_5")
case.weight("r", numbers("r", 3, 3))
case.gives(*case.node("Scan", Weight(np.zeros((1, 3), np.float32)), numbers("steps", 5, 1, 3), outputs=2, body=cell, num_scan_inputs=1))
case = Case("scan_backwards")
case.weight("r", numbers("r", 3, 3))
case.gives(*case.node("Scan", Weight(np.zeros((1, 3), np.float32)), numbers("steps", 5, 1, 3), outputs=2, body=cell, num_scan_inputs=1, scan_input_directions=[1], scan_output_directions=[1]))
case = Case("sequence")
x = case.input("x", numbers("x", 1, 4, 2))
parts = case.node("SequenceEmpty", dtype=TensorProto.FLOAT)
for start in 0, 2:
    parts = case.node("SequenceInsert", parts, case.node("Slice", x, ints(start), ints(start + 2), ints(1)))
case.gives(case.node("Add", case.node("SequenceAt", parts, Weight(np.array(0, np.int64))), case.node("SequenceAt", parts, Weight(np.array(-1, np.int64)))))
case = Case("sequence_split")
parts = case.node("SplitToSequence", case.input("x", numbers("x", 1, 4, 2)), ints(1, 3), axis=1)
case.gives(case.node("ConcatFromSequence", parts, axis=1))


def function(name, inputs, outputs, nodes, opsets=(("", 17),), **more):
    return helper.make_function("acme", name, inputs, outputs, nodes, [helper.make_opsetid(*opset) for opset in opsets], **more)


def referring(node, **references):
    """The node, with settings that are those of whoever uses the function."""
    for key, (whose, kind) in references.items():
        node.attribute.append(onnx.AttributeProto(name=key, ref_attr_name=whose, type=kind))
    return node


INTS = onnx.AttributeProto.INTS
conv_relu = function(
    "ConvRelu", ["x", "w"], ["y"],
    [referring(helper.make_node("Conv", ["x", "w"], ["c"]), pads=("around", INTS)), helper.make_node("Relu", ["c"], ["y"])],
    attributes=["around"],
)
twice = function(
    "Twice", ["x", "w"], ["y"],
    [helper.make_node("ConvRelu", ["x", "w"], ["a"], domain="acme", around=[1, 1, 1, 1]), helper.make_node("ConvRelu", ["a", "w"], ["y"], domain="acme", around=[0, 0, 0, 0])],
    (("", 17), ("acme", 1)),
)
leaky = function(
    "Leaky", ["x"], ["y"], [referring(helper.make_node("LeakyRelu", ["x"], ["y"]), alpha=("slope", onnx.AttributeProto.FLOAT))],
    attribute_protos=[helper.make_attribute("slope", 0.3)],
)
case = Case("function", functions=[conv_relu, twice, leaky], acme=1)
x = case.node("Twice", numbers("x", 1, 2, 4, 4), Weight(numbers("w", 2, 2, 3, 3)), domain="acme")
case.gives(case.node("Leaky", case.node("Leaky", case.node("Neg", x), domain="acme"), domain="acme", slope=0.1))
same_name = function("MatMul", ["a", "b"], ["y"], [helper.make_node("Mul", ["a", "b"], ["y"])])
case = Case("function_named_as_an_operator", functions=[same_name], acme=1)
case.gives(case.node("MatMul", numbers("a", 1, 3), numbers("b", 1, 3), domain="acme"))
older = function("Older", ["x"], ["y"], [helper.make_node("Squeeze", ["x"], ["y"], axes=[2])], (("", 11),))
case = Case("function_of_another_opset", 11, functions=[older], acme=1)
case.gives(case.node("Older", numbers("x", 1, 3, 1), domain="acme"))
