//! Commands, with the arguments that only they have, or of which they say something of their own.

use super::{Argument, Said, argument};

/// Each by its name, the program itself first.
pub(super) const COMMANDS: &[Said] = &[
    Said {
        command: "cnncost",
        short: "精确计算卷积网络的开销,并给出算式",
        long: "精确计算卷积网络的开销:形状、参数量、乘加数、FLOPs、内存与时间;每个数都精确,并附算式。不写命令时分析所给的网络。",
        arguments: &[],
    },
    Said {
        command: "analyze",
        short: "显示每一层的开销与合计",
        long: "显示每一层的开销与合计;有多个网络时,每个网络一行。`cnncost 网络` 是其简写。",
        arguments: ANALYZE,
    },
    Said {
        command: "bench", short: "测量网络的用时,并与计数结果对照", long: "", arguments: BENCH
    },
    Said {
        command: "check",
        short: "用计数结果检验关于网络的论断",
        long: "用计数结果检验关于网络的论断:预算、讲义、论文。",
        arguments: CHECK,
    },
    Said {
        command: "compare",
        short: "并列多个网络,并指出差异所在",
        long: "并列多个网络:合计及其比值,以及差异所在。单独一个文件代表它的各个变体;单独一个 `文件@变体` 与该文件的默认设置并列。\
               给出多个批量大小时,单独一个文件就是所指的网络,与其自身并列,`文件@*` 则是它的各个变体。",
        arguments: COMPARE,
    },
    Said {
        command: "draw",
        short: "绘制网络:图片,或终端中的树",
        long: "绘制网络:写为 SVG、PNG 或 PDF,写为 Graphviz 或 Mermaid 的源文件,或显示为终端中的树。",
        arguments: DRAW,
    },
    Said {
        command: "explain",
        short: "给出每个数的算式:一层、一个模块或整个网络",
        long: "",
        arguments: EXPLAIN,
    },
    Said {
        command: "reconcile",
        short: "显示各工具口径下的总数;给出一个数时,追溯其来历",
        long: "显示各工具口径下的总数;给出一个数时,找出得出该数的计数方式。",
        arguments: RECONCILE,
    },
    Said {
        command: "report",
        short: "写出可在浏览器中打开的页面:网络图、各层、算式、图表",
        long: "写出可在浏览器中打开的页面,只有一个文件,不需要联网:每个网络的图与各层并列,另有每个数的算式、图表、\
               各网络之间的差异、文件中的论断,以及计数方法。",
        arguments: REPORT,
    },
    Said {
        command: "run",
        short: "执行网络",
        long: "执行网络:权重为新初始化的或取自文件,输入为随机数或取自文件。",
        arguments: RUN,
    },
    Said {
        command: "new",
        short: "写出带注释的描述文件,作为起点",
        long: "写出带注释的描述文件,作为自己网络的起点:写出即可计数,供您修改。",
        arguments: &[
            argument("name", "网络的名称;文件为 名称.toml")
                .long("网络的名称,一个词,或写在引号中;文件为 名称.toml,在名称之前所写的目录里"),
            argument("template", "从什么开始").words(&[
                ("lenet", "依次排列的层,以及关于它们的论断"),
                ("residual", "带捷径的块,多次使用"),
                ("inception", "并列的分支,以及可对照的变体"),
                ("separable", "拆开的卷积,以及宽度系数"),
            ]),
            argument("force", "文件已存在时覆盖它"),
            argument("to", "写入此文件,而不是 名称.toml"),
        ],
    },
    Said {
        command: "completions",
        short: "输出 shell 用于补全命令、选项和名称的脚本",
        long: "输出 shell 用于补全命令、选项和名称的脚本:网络、算子、列、设备、口径。",
        arguments: &[argument("shell", "哪一种 shell").words(&[
            ("bash", "在 ~/.bashrc 中写 `source <(cnncost completions bash)`"),
            ("zsh", "存为 $fpath 的某个目录中的 `_cnncost`"),
            ("fish", "存为 ~/.config/fish/completions/cnncost.fish"),
            ("powershell", "追加到 $PROFILE 的末尾"),
        ])],
    },
    Said {
        command: "man",
        short: "输出命令的手册页,或写出全部手册页",
        long: "输出本程序或某个命令的手册页,或把全部手册页写入一个目录。",
        arguments: &[
            argument("command", "哪个命令;不给出则为本程序"),
            argument("to", "写入此目录:该手册页,或全部")
                .long("写入此目录(没有时创建它):该命令的手册页;没有给出命令时,全部手册页"),
        ],
    },
    Said {
        command: "fmt",
        short: "把描述文件改写为规范排版",
        long: "把描述文件和论断文件就地改写为规范排版:每个条目一行,保留注释和空行。内容不变,并经过核对。",
        arguments: &[
            argument("files", "描述文件或论断文件;`-` 表示标准输入").long(
                "描述文件或论断文件,未按规范排版的就地改写;`-` 表示标准输入,结果写到标准输出。\
                 有错误的文件保持原样,`check --update` 写出的锁文件也是如此",
            ),
            argument("check", "不写入;有文件需要改写即失败")
                .long("不写入;有文件需要改写即失败,并列出这些文件及各自第一处不同的行"),
            argument("to", "改为写入此文件;所读的文件不变"),
        ],
    },
    Said {
        command: "models",
        short: "列出内置网络",
        long: "",
        arguments: &[argument("name", "改为输出此网络的描述文件")],
    },
    Said {
        command: "ops",
        short: "列出算子及其设置和计数规则",
        long: "",
        arguments: &[argument("name", "显示此算子及其设置")],
    },
    Said {
        command: "schema",
        short: "输出 JSON Schema:描述文件的,或各命令所输出的",
        long: "输出 JSON Schema:描述文件的,供编辑器使用;或 `--format json` 所输出的。",
        arguments: &[argument("schema", "哪一种").words(&[
            ("description", "网络描述文件"),
            ("analysis", "`analyze --format json` 的输出"),
            ("comparison", "`compare --format json` 的输出"),
            ("bench", "`bench --format json` 的输出"),
            ("check", "`check --format json` 的输出"),
            ("reconcile", "`reconcile --format json` 的输出"),
            ("explanation", "`explain --format json` 的输出"),
            ("run", "`run --format json` 的输出"),
            ("models", "`models --format json` 的输出"),
            ("ops", "`ops --format json` 的输出"),
            ("raw", "`analyze --raw --format json` 的输出"),
            ("plan", "`analyze --show-plan --format json` 的输出"),
        ])],
    },
];

/// Of the files that several commands take.
const FILES: &str = "网络描述文件(`.toml`)、ONNX 文件(`.onnx`)(均可经标准输入以 `-` 给出),或内置网络的名称;其后加 `@变体` 选择一个变体,`@*` 选择全部变体";

const ANALYZE: &[Argument] = &[
    argument("files", "网络描述文件、ONNX 文件,或内置网络的名称").long(FILES),
    argument("columns", "显示的列,例如 `layer,output,macs,share`"),
    argument("sort", "按这些列排序,例如 `op,macs`").long(
        "按这些列给各层排序,例如 `op,macs`:前一列相同的,再按后一列。数值从大到小,尺寸按其乘积,文字按字母顺序。\
         有多个网络时,给各网络的行排序",
    ),
    argument("memory", "按执行顺序显示存活的张量").long("按执行顺序显示存活的张量以及峰值时的张量,代替各层的开销"),
    argument("show_plan", "逐步显示引擎一次执行的内容")
        .long("逐步显示引擎一次执行的内容,代替各层的开销:融合了什么、每个张量位于何处、此时存活多少字节"),
    argument("chart", "按某指标画出各层,或画 `roofline`(屋顶线)"),
    argument("bench", "用于 `--chart roofline`:按此测量结果画各层")
        .long("用于 `--chart roofline`:按此文件中的测量结果画各层,该文件由 `bench --profile --format json` 写出"),
    argument("raw", "显示 ONNX 文件的算子及各自的结果")
        .long("按原样显示 ONNX 文件的算子及各自的结果:成为一层、一层的一部分,或因输出事先可知而不成为任何层"),
    argument("like", "按某工具的口径计数:fvcore、torch、thop……"),
    argument("watch", "文件变化时重新显示").long(
        "文件或它所包含的文件变化时重新显示,并给出合计的变化:用于编辑器旁边的终端。有错误时,在表格的位置显示错误。\
         按 `q` 或 Ctrl-C 结束。经由管道时,每次的结果依次输出",
    ),
];

const BENCH: &[Argument] = &[
    argument("files", "网络;其余的与第一个对照").long(
        "网络描述文件(`.toml`)、ONNX 文件(`.onnx`)(均可经标准输入以 `-` 给出),或内置网络的名称;其后加 `@变体` 选择一个变体,`@*` 选择全部变体。\
         多个网络轮流测量,各与第一个对照",
    ),
    argument("batch", "一次前向传播的样本数;可有多个,如 `1,8,32`"),
    argument("threads", "线程数;可有多个,如 `1,2,4`")
        .long("线程数;可有多个,如 `1,2,4`。不给出时每个核心一个"),
    argument("profile", "同时测量每一层"),
    argument("chart", "画出各层在机器屋顶线下的位置")
        .long("改为画出各层的实测结果与机器的屋顶线;文件名以 .svg、.png 或 .pdf 结尾时写为图片"),
    argument("depth", "模块展开的层数:一个数,或 `all`"),
    argument("sort", "按这些列给测量的各层排序"),
    argument("compare", "与先前以 JSON 保存的测量结果对照")
        .long("与先前由 `--format json` 写出的测量结果对照;加 `--strict` 时,变慢即失败"),
    argument("precision", "中位数达到此精度即停止"),
    argument("min_time", "每个网络至少测量这么久"),
    argument("max_time", "超过此时间后,不再开始新的测量"),
    argument("warmup", "首次测量之前的预热次数;`steady` 表示直到不再变快"),
    argument("seed", "权重、输入、测量次序与自助法的随机种子"),
    argument("format", "输出格式")
        .long("输出格式;CSV 为每个网络一行,只有一个网络并加 `--profile` 时为每层一行"),
];

const CHECK: &[Argument] = &[
    argument("files", "网络描述文件、论断文件,或内置的名称"),
    argument("update", "把合计写入论断文件")
        .long("把这些网络的合计写入论断文件,供以后的 `check` 检验;不给出文件时,更新所检验的锁文件"),
    argument("within", "配合 --update:以后的合计可以偏离多少"),
];

const COMPARE: &[Argument] = &[
    argument("files", "多个网络;单独一个则为其各变体").long(
        "网络描述文件(`.toml`)、ONNX 文件(`.onnx`)(均可经标准输入以 `-` 给出),或内置网络的名称,其余的与第一个对照。单独一个时,为其各个变体;\
         单独一个变体时,与默认设置并列;有多个批量大小时,就是所指的网络,加 `@*` 则为其各个变体",
    ),
    argument("batch", "一次前向传播的样本数;可有多个,如 `1,2,4`")
        .long("一次前向传播的样本数;有多个时(如 `1,2,4`),各批量大小并列"),
    argument("chart", "画出乘加数、参数量、读写字节与峰值")
        .long("改为画出各网络的乘加数、参数量、读写字节与峰值,并与第一个对照;文件名以 .svg、.png 或 .pdf 结尾时写为图片"),
    argument("format", "输出格式")
        .long("输出格式;CSV 为每个有差异的层一行,有多个批量大小时,为每个网络在每个批量大小下一行"),
];

const DRAW: &[Argument] = &[
    argument("files", "网络描述文件、ONNX 文件,或内置网络的名称").long(FILES),
    argument("depth", "模块展开的层数:一个数,或 `all`").long(
        "模块展开的层数:一个数(0 表示整个网络为一个模块),或 `all`;不给出时,展开到图的大小适中为止。未展开的模块标出其输出与其中的数量",
    ),
    argument("heat", "按一个数值着色:macs、params、memory……"),
    argument("bench", "按此文件中测得的用时着色")
        .long("按此文件中测得的各层用时着色,该文件由 `bench --profile --format json` 写出"),
    argument("unroll", "逐个绘制重复的部分,而不是只画一次并标出次数")
        .long("绘制重复部分的每一份。不给出时,前后相同的模块只画一次,并标出次数"),
    argument("direction", "网络的走向").words(&[("down", "从上到下"), ("right", "从左到右")]),
    argument("fold", "把长图折成几列").long(
        "把长图折成几列(走向为向右时为几行):`auto` 使其大致与幻灯片同宽,或一个数;1 表示不折",
    ),
    argument("format", "输出格式")
        .long("输出格式;不给出时取自文件的扩展名,没有文件时为树")
        .words(&[
            ("svg", "用于网页、幻灯片、浏览器"),
            ("png", "像素图"),
            ("pdf", "一页"),
            ("dot", "Graphviz 的源文件"),
            ("mermaid", "Mermaid 的源文件,GitHub 会绘制它"),
            ("tree", "用于终端"),
        ]),
    argument("scale", "PNG 中每个图片像素对应的像素数 [默认值:2]"),
    argument("to", "写入此文件,而不是标准输出;以 / 结尾则为目录")
        .long("写入此文件,而不是标准输出;以 / 结尾则为目录,每个网络写一个文件"),
];

const EXPLAIN: &[Argument] = &[
    argument("path", "要解释的层或模块;不给出则为整个网络").long(
        "要解释的层或模块,路径写到足以找到它为止:`layer1/0/conv1`、`layer1.0.conv1`;不给出则为整个网络",
    ),
    argument("depth", "模块展开的层数:一个数,或 `all`")
        .long("模块展开的层数:一个数(0 表示只有合计),或 `all`;不给出时全部展开。未展开的模块,其各项为所含部分之和"),
    argument("field", "逐层推导感受野").long("逐层推导感受野,直到网络、模块或该层的每个输出"),
    argument("peak", "内存峰值时存活的张量及其合计")
        .long("内存峰值时存活的各张量及其字节,以及合计:整个网络的,或执行该模块、该层时的"),
    argument("format", "输出格式").long(
        "输出格式:Markdown 的公式按 GitHub 的写法;LaTeX 是文档的片段,使用 amsmath;beamer 是完整的文档,每层、每个模块一张幻灯片",
    ),
];

const RECONCILE: &[Argument] = &[argument("figure", "要追溯的数:\"4.11 G\"、\"569M\"、3.87e9")
    .long("要追溯的数,照出处的写法,可为一个或多个词:\"4.11 G\"、3.8 billion、569M、3.87e9、4111514624")];

const REPORT: &[Argument] = &[
    argument("files", "描述文件、ONNX 文件、论断文件,或内置的名称").long(
        "网络描述文件(`.toml`)、ONNX 文件(`.onnx`)(均可经标准输入以 `-` 给出),或内置网络的名称;其后加 `@变体` 选择一个变体,`@*` 选择全部变体。\
         论断文件或内置的论断(例如 lecture11)代表其中所指的网络",
    ),
    argument("bench", "显示测量的各层")
        .long("按测量结果显示各层在该机器屋顶线下的位置:由 `bench --profile --format json` 写出的文件"),
];

const RUN: &[Argument] = &[
    argument("file", "网络描述文件、ONNX 文件,或内置网络的名称").long(
        "网络描述文件(`.toml`)、ONNX 文件(`.onnx`)(均可经标准输入以 `-` 给出),或内置网络的名称;其后加 `@变体` 选择一个变体",
    ),
    argument("batch", "一次前向传播的样本数 [默认值:取自数组]"),
    argument("input", "数组(`.npy`),或随机输入的尺寸").long(
        "NumPy 数组(`.npy`),批次维在最前;或以 3x299x299 的写法给出随机数的尺寸。有多个输入时,依次给出或写作 名称=文件。\
         不给出时为随机数",
    ),
    argument("seed", "随机种子:用于新初始化的权重和输入"),
    argument("output", "把输出写为数组(`.npy`)")
        .long("把输出写为 NumPy 数组(`.npy`);有多个输出时,依次给出或写作 名称=文件"),
    argument("dump", "把每个节点的输出写入此目录"),
    argument("show_plan", "显示各层由哪些计算核计算,而不执行"),
];
