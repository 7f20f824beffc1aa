//! Arguments that several commands have.

use super::{Argument, argument};

/// Each by its name, of every command that says nothing of its own about it.
pub(super) static GROUPS: &[Argument] = &[
    // The network.
    argument("file", "网络描述文件、ONNX 文件,或内置网络的名称").long(
        "网络描述文件(`.toml`)、ONNX 文件(`.onnx`)(均可经标准输入以 `-` 给出),或内置网络的名称;其后加 `@变体` 选择一个变体",
    ),
    argument("batch", "一次前向传播的样本数 [默认值:1]"),
    argument("input", "代替文件中的输入尺寸:3x299x299").long("输入尺寸(不含批次维),代替文件中的尺寸:3x299x299"),
    argument("set", "设置描述文件中的参数").long(
        "设置描述文件中的参数。有多个网络时,`网络:名称=值` 只在其中一个里设置:网络可用名称、变体或从 1 起的序号指明",
    ),
    argument("dim", "给出 ONNX 文件中未定的尺寸").long(
        "按文件中的名称给出 ONNX 文件中未定的尺寸:height=640。有多个网络时,`网络:名称=尺寸` 只用于其中一个",
    ),
    argument("dtype", "数值类型 [默认值:f32]"),
    argument("strict", "遇到警告或无法计数的算子即失败"),
    argument("deployed", "按引擎实际执行的方式计数").long(
        "按引擎实际执行的方式计数:批归一化折叠进相邻的加权和,激活与相加在输出产生时一并完成,拼接以及逐数进行的运算原地完成。不给出时各层单独计数",
    ),
    // Execution.
    argument("device_spec", "估算在某设备上的用时,及能否容纳"),
    argument("device", "在哪里计算:cpu、cuda、cuda:1").long("在哪里计算:cpu、cuda,或以 cuda:1 表示第二块 GPU"),
    argument("engine", "使用哪个引擎:native、candle").long(
        "使用哪个引擎:native(本程序的计算核,执行融合后的网络,用于 CPU 上的 f32)或 candle(candle 的计算核,逐个节点执行)[默认值:能用 native 时即用]",
    ),
    argument("isa", "native 引擎的指令集:scalar、neon、avx2、avx512")
        .long("native 引擎使用的指令集:scalar、neon、avx2 或 avx512 [默认值:此机器上最宽的]"),
    // Weights.
    argument("weights", "权重文件(`.safetensors`、`.npz`)")
        .long("权重文件:`.safetensors`(例如 PyTorch 的 `state_dict`)或 `.npz`。不给出时使用新初始化的权重"),
    argument("map", "权重在文件中的名称").long(
        "权重在文件中的名称:一个 TOML 表,由此处的层与模块对应到文件中的名称,例如 `\"layer{i}/0\" = \"stages.{i-1}.0\"`",
    ),
    argument("write_map", "写出这样的表;有未能识别的权重时,写出其开头"),
    argument("save_weights", "把计算所用的权重写为 `.safetensors`"),
    argument("verbose", "列出文件中的各张量对应哪个权重"),
    // What is shown, and where.
    argument("depth", "模块展开的层数:一个数,或 `all`")
        .long("模块展开的层数:一个数,或 `all`;不给出时,展开到表格大小适中为止"),
    argument("format", "输出格式").words(&[
        ("table", "用于终端"),
        ("tree", "同上,并有每个模块的数值"),
        ("markdown", "用于笔记页面或合并请求"),
        ("csv", "纯数值"),
        ("latex", "用于幻灯片或论文"),
        ("beamer", "幻灯片,为完整的文档"),
        ("json", "全部内容,供程序读取"),
        ("junit", "JUnit 的 XML,供持续集成读取"),
        ("github", "GitHub 工作流所显示的注释"),
        ("svg", "图片,用于所画的图表"),
    ]),
    argument("to", "写入此文件,而不是标准输出"),
    argument("color", "是否使用颜色;遵从 NO_COLOR 和 CLICOLOR_FORCE"),
    argument("lang", "语言").long("标题、说明与错误信息的语言"),
    argument("quiet", "不显示警告"),
];
