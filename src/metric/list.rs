//! The figures. To add one, add it here.

use super::field::{positions, sees_all, stride};
use super::groups::{ESTIMATED, MACS_BY, OPS};
use super::of::{bound, estimated, intensity, largest, shape, size};
use super::{Json, Measure, Metric, Of, Sizes, Sums, Unit, Wording, last, metric, off_padding, sum, time};
use crate::analyze::roofline::Estimate;
use crate::text::words;

/// Every figure, in the order in which columns, JSON and lists of them stand; those of a device last.
pub static METRICS: [Metric; 43] = [
    sum(
        "params",
        words("params", "参数量"),
        words("parameters, trained or not", "参数,无论是否参与训练"),
        Unit::Params,
        |_, c| c.params.total(),
    )
    .once()
    .usual()
    .locked()
    .explained()
    .compared(Wording::Number),
    sum(
        "trainable",
        words("trainable", "可训练参数"),
        words("parameters that are trained", "参与训练的参数"),
        Unit::Params,
        |_, c| c.params.trainable,
    )
    .once()
    .usual(),
    sum(
        "frozen",
        words("frozen", "冻结参数"),
        words("parameters that are not trained", "不参与训练的参数"),
        Unit::Params,
        |_, c| c.params.frozen,
    )
    .once()
    .usual(),
    sum(
        "buffers",
        words("buffers", "缓冲区"),
        words(
            "numbers stored beside the parameters, as running means and variances",
            "与参数一同保存的数,例如滑动均值与方差",
        ),
        Unit::Count,
        |_, c| c.params.buffers,
    )
    .once()
    .usual()
    .locked()
    .explained(),
    sum(
        "macs",
        words("MACs", "乘加数"),
        words("multiply–accumulates, those on padding included", "乘加数,含填充处的"),
        Unit::Macs,
        |_, c| c.work.macs.total(),
    )
    .usual()
    .locked()
    .explained()
    .compared(Wording::Number),
    sum(
        "conv_macs",
        words("conv MACs", "卷积乘加数"),
        words("MACs of convolutions", "卷积的乘加数"),
        Unit::Macs,
        |_, c| c.work.macs.convolution,
    )
    .json(Json::In(&MACS_BY, "convolution")),
    sum(
        "linear_macs",
        words("linear MACs", "线性层乘加数"),
        words("MACs of linear layers", "线性层的乘加数"),
        Unit::Macs,
        |_, c| c.work.macs.linear,
    )
    .json(Json::In(&MACS_BY, "linear")),
    sum(
        "attention_macs",
        words("attention MACs", "注意力乘加数"),
        words("MACs of products of two activations", "两个激活值相乘的乘加数"),
        Unit::Macs,
        |_, c| c.work.macs.attention,
    )
    .json(Json::In(&MACS_BY, "attention")),
    sum(
        "macs_padding_exact",
        words("off padding", "不计填充"),
        words("MACs without those on padding", "不计填充处的乘加数"),
        Unit::Macs,
        |_, c| c.padding_exact.macs.total(),
    )
    .formerly(&["exact"])
    .usual()
    .explained(),
    sum(
        "flops",
        words("FLOPs", "FLOPs"),
        words("operations of all kinds, 2 for each MAC", "各种运算的次数,每次乘加计 2"),
        Unit::Flops,
        |_, c| c.work.ops.flops(),
    )
    .usual()
    .locked()
    .explained()
    .compared(Wording::Number),
    sum("mul", words("mul", "乘"), words("multiplications", "乘法"), Unit::Count, |_, c| c.work.ops.mul)
        .usual()
        .json(Json::In(&OPS, "mul")),
    sum(
        "add",
        words("add", "加"),
        words("additions and subtractions", "加法与减法"),
        Unit::Count,
        |_, c| c.work.ops.add,
    )
    .usual()
    .json(Json::In(&OPS, "add")),
    sum("div", words("div", "除"), words("divisions", "除法"), Unit::Count, |_, c| c.work.ops.div)
        .usual()
        .json(Json::In(&OPS, "div")),
    sum("cmp", words("cmp", "比较"), words("comparisons", "比较"), Unit::Count, |_, c| c.work.ops.cmp)
        .usual()
        .json(Json::In(&OPS, "cmp")),
    sum(
        "exp",
        words("exp", "超越函数"),
        words("transcendental functions and roots", "超越函数与开方"),
        Unit::Count,
        |_, c| c.work.ops.exp,
    )
    .usual()
    .json(Json::In(&OPS, "exp")),
    off_padding(
        "mul_padding_exact",
        words("mul off padding", "乘(不计填充)"),
        words("multiplications without those on padding", "不计填充处的乘法"),
        |_, c| c.padding_exact.ops.mul,
        "mul",
    ),
    off_padding(
        "add_padding_exact",
        words("add off padding", "加(不计填充)"),
        words("additions and subtractions without those on padding", "不计填充处的加法与减法"),
        |_, c| c.padding_exact.ops.add,
        "add",
    ),
    off_padding(
        "div_padding_exact",
        words("div off padding", "除(不计填充)"),
        words("divisions without those on padding", "不计填充处的除法"),
        |_, c| c.padding_exact.ops.div,
        "div",
    ),
    off_padding(
        "cmp_padding_exact",
        words("cmp off padding", "比较(不计填充)"),
        words("comparisons without those on padding", "不计填充处的比较"),
        |_, c| c.padding_exact.ops.cmp,
        "cmp",
    ),
    off_padding(
        "exp_padding_exact",
        words("exp off padding", "超越函数(不计填充)"),
        words("transcendental functions and roots without those on padding", "不计填充处的超越函数与开方"),
        |_, c| c.padding_exact.ops.exp,
        "exp",
    ),
    sum(
        "weight_bytes",
        words("bytes of weights", "权重字节"),
        words("bytes of parameters and buffers", "参数与缓冲区的字节"),
        Unit::Bytes,
        |s, c| s.bytes(c.params.stored()),
    )
    .once()
    .compared(Wording::Amount),
    sum(
        "read_bytes",
        words("bytes read", "读字节"),
        words(
            "bytes of inputs and weights that are touched, each read once",
            "所涉及的输入与权重的字节,各读一次",
        ),
        Unit::Bytes,
        |s, c| s.bytes(c.traffic.read),
    )
    .formerly(&["read"])
    .usual(),
    sum(
        "written_bytes",
        words("bytes written", "写字节"),
        words("bytes of outputs, each written once", "输出的字节,各写一次"),
        Unit::Bytes,
        |s, c| s.bytes(c.traffic.written),
    )
    .formerly(&["written"])
    .usual(),
    sum(
        "traffic_bytes",
        words("bytes read + written", "读写字节"),
        words("bytes that are read or written", "读与写的字节"),
        Unit::Bytes,
        |s, c| s.bytes(c.traffic.total()),
    )
    .compared(Wording::Amount),
    metric(
        "intensity",
        words("FLOPs/byte", "FLOPs/字节"),
        words("FLOPs for each byte that is read or written", "每读写一字节的 FLOPs"),
        Unit::Ratio,
        Sums::Anew,
        Of::Place(intensity),
    )
    .once()
    .usual()
    .compared(Wording::Height),
    metric(
        "live_bytes",
        words("bytes alive", "存活字节"),
        words(
            "bytes of the tensors that are alive while it is executed, and of what it holds inside",
            "执行时存活的张量及其内部所持数据的字节",
        ),
        Unit::Bytes,
        Sums::Largest,
        Of::Place(|s, p| Ok(largest(s, p, |id| s.bytes(s.analysis.memory.live(id))))),
    )
    .formerly(&["live"])
    .usual()
    .json(Json::Apart),
    metric(
        "inside_bytes",
        words("bytes inside", "内部字节"),
        words(
            "bytes that an operator holds inside, as attention its scores",
            "算子内部所持的字节,例如注意力的得分",
        ),
        Unit::Bytes,
        Sums::Largest,
        Of::Place(|s, p| Ok(largest(s, p, |id| s.bytes(s.analysis.memory.inside(id))))),
    )
    .json(Json::Apart),
    metric(
        "peak_bytes",
        words("peak bytes", "峰值字节"),
        words(
            "the most bytes alive at once: tensors, and what an operator holds inside",
            "同时存活的最多字节:张量及算子内部所持数据",
        ),
        Unit::Bytes,
        Sums::Whole,
        Of::Place(|s, _| Ok(Measure::Count(s.peak_bytes()))),
    )
    .locked()
    .compared(Wording::Amount),
    metric(
        "weight_and_peak_bytes",
        words("weights + peak", "权重 + 峰值"),
        words(
            "bytes of weights and of the peak together: what a device has to hold",
            "权重与峰值合计的字节:设备须容纳的量",
        ),
        Unit::Bytes,
        Sums::Whole,
        Of::Place(|s, _| Ok(Measure::Count(s.weight_bytes() + s.peak_bytes()))),
    )
    .compared(Wording::Amount),
    last(
        "shape",
        words("shape", "形状"),
        words("sizes of what comes out", "输出的各维大小"),
        Unit::Shape,
        |s, p| Ok(Measure::Sizes(Sizes::of_shape(shape(s, p)))),
    ),
    last(
        "channels",
        words("channels", "通道数"),
        words("the first size of what comes out", "输出的第一维"),
        Unit::Count,
        |s, p| size(s, p, "channels", crate::shape::Shape::channels),
    ),
    last(
        "height",
        words("height", "高"),
        words("the last size but one of an image that comes out", "输出图像的倒数第二维"),
        Unit::Count,
        |s, p| size(s, p, "height", |shape| Some(shape.image()?[1])),
    ),
    last(
        "width",
        words("width", "宽"),
        words("the last size of an image that comes out", "输出图像的最后一维"),
        Unit::Count,
        |s, p| size(s, p, "width", |shape| Some(shape.image()?[2])),
    ),
    last(
        "elements",
        words("elements", "元素数"),
        words("numbers of a sample that come out", "每个样本输出的元素数"),
        Unit::Count,
        |s, p| Ok(Measure::Count(shape(s, p).elements())),
    ),
    last(
        "receptive_field",
        words("receptive field", "感受野"),
        words(
            "positions of the input that an element sees through windows",
            "一个元素经由各窗口所见的输入位置",
        ),
        Unit::Positions,
        positions,
    )
    .formerly(&["field"])
    .usual()
    .compared(Wording::Height),
    last(
        "field_stride",
        words("field stride", "感受野步幅"),
        words("positions of the input from one element to the next", "相邻元素所见范围相距的输入位置"),
        Unit::Positions,
        stride,
    ),
    last(
        "sees_all",
        words("sees all", "可见全部"),
        words("1 where an element sees the whole input, 0 where not", "元素可见整个输入为 1,否则为 0"),
        Unit::Count,
        sees_all,
    ),
    time(
        "time",
        words("estimated", "估计时间"),
        words("seconds that it takes there at best", "在该设备上至少需要的秒数"),
        |s, p, on| estimated(s, p, on, Estimate::seconds),
    )
    .usual()
    .compared(Wording::Amount)
    .json(Json::In(&ESTIMATED, "seconds")),
    time(
        "compute_time",
        words("bound by compute", "受计算限制"),
        words("seconds of nodes bound by their arithmetic", "受计算限制的节点的秒数"),
        |s, p, on| estimated(s, p, on, |estimate| estimate.compute_seconds),
    )
    .json(Json::In(&ESTIMATED, "compute_bound_seconds")),
    time(
        "memory_time",
        words("bound by memory", "受内存带宽限制"),
        words("seconds of nodes bound by their traffic", "受内存带宽限制的节点的秒数"),
        |s, p, on| estimated(s, p, on, |estimate| estimate.memory_seconds),
    )
    .json(Json::In(&ESTIMATED, "memory_bound_seconds")),
    metric(
        "bound",
        words("bound", "瓶颈"),
        words(
            "`compute` or `memory`, whichever bounds the larger part of the time",
            "`compute` 或 `memory`:限制大部分时间的一方",
        ),
        Unit::Word,
        Sums::Anew,
        Of::Device(bound),
    )
    .once()
    .usual()
    .json(Json::In(&ESTIMATED, "bound")),
    metric(
        "memory",
        words("memory there", "设备内存"),
        words(
            "bytes of that device's memory, weights apart where these have their own",
            "占用该设备的内存字节;权重另有存储时不计权重",
        ),
        Unit::Bytes,
        Sums::Whole,
        Of::Device(|s, _, on| Ok(Measure::Count(on.device.memory_for(s.weight_bytes(), s.peak_bytes())))),
    )
    .once()
    .json(Json::Apart),
    metric(
        "fits",
        words("fits", "能否容纳"),
        words("whether that device holds it", "该设备能否容纳"),
        Unit::Truth,
        Sums::Whole,
        Of::Device(|s, _, on| Ok(Measure::Truth(s.fit(on.device).holds()))),
    )
    .once()
    .compared(Wording::Height)
    .json(Json::Apart),
];
