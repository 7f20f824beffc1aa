//! The examples at the end of each command's help and manual page: one list, of which every line runs.

use crate::text;
use crate::text::Language;

/// An example: the line, and what it shows, in English and in Chinese.
type Example = (&'static str, &'static str, &'static str);

/// Examples of a command.
struct Examples {
    command: &'static str,
    lines: &'static [Example],
}

/// Every command, in the order of the list.
const EXAMPLES: &[Examples] = &[
    Examples {
        command: "cnncost",
        lines: &[
            ("cnncost lenet5", "what each layer of a bundled network costs", "内置网络每一层的开销"),
            ("cnncost new net", "a commented start for your own", "带注释的描述文件,作为自己网络的起点"),
            ("cnncost net.toml net.onnx", "what networks of your own cost", "自己网络的开销"),
            (
                "cnncost net.onnx --batch 8",
                "what an exported network costs, at a batch of 8",
                "导出的网络在批量大小为 8 时的开销",
            ),
            ("cnncost explain net.toml c3", "the working of every number of a layer", "一层中每个数的算式"),
            ("cnncost compare alexnet resnet18", "which is cheaper, and where", "哪个开销更小,差别在哪里"),
        ],
    },
    Examples {
        command: "analyze",
        lines: &[
            ("cnncost analyze resnet50", "the table of a bundled network", "内置网络的表格"),
            ("cnncost analyze resnet50 --depth all --sort macs", "its most expensive layers", "开销最大的层"),
            (
                "cnncost analyze googlenet --chart macs -o costs.svg",
                "a chart of where its multiplications are",
                "乘法分布在哪里的图表",
            ),
            (
                "cnncost analyze --watch net.toml",
                "the table whenever you save the file",
                "每次保存文件后刷新的表格",
            ),
            (
                "cnncost analyze mobilenet_v2 --deployed --device-spec stm32h743 --dtype i8",
                "whether it fits, as an engine executes it",
                "由引擎执行时能否容纳",
            ),
            (
                "cnncost analyze resnet18 --format csv -o costs.csv",
                "figures for a spreadsheet",
                "供电子表格使用的数值",
            ),
        ],
    },
    Examples {
        command: "bench",
        lines: &[
            ("cnncost bench lenet5 --max-time 0.2", "how long a pass takes", "一次前向传播的用时"),
            ("cnncost bench lenet5 --profile --max-time 0.2", "and how long each layer", "以及每一层的用时"),
            (
                "cnncost bench lenet5 --format json --max-time 0.2 -o before.json",
                "kept for later",
                "保存结果,供以后对照",
            ),
            (
                "cnncost bench lenet5 --compare before.json --max-time 0.2",
                "against what was kept",
                "与保存的结果对照",
            ),
        ],
    },
    Examples {
        command: "check",
        lines: &[
            ("cnncost check lecture10", "whether a lecture's figures hold", "一份讲义中的数是否成立"),
            ("cnncost check bottleneck --format json", "the claims of a description", "描述文件中的论断"),
            (
                "cnncost check resnet50 --update lock.toml --within 1%",
                "what it comes to, as claims",
                "把合计写成论断",
            ),
            ("cnncost check lock.toml --format github", "hold it to them", "以后按这些论断检验"),
        ],
    },
    Examples {
        command: "compare",
        lines: &[
            ("cnncost compare resnet50 resnet101", "the second against the first", "第二个与第一个对照"),
            ("cnncost compare bottleneck", "the variants of one file", "一个文件的各个变体"),
            (
                "cnncost compare bottleneck --set bottleneck:reduce=8",
                "with a parameter set in one",
                "只在其中一个里设置参数",
            ),
            (
                "cnncost compare resnet18 --batch 1,8,64",
                "one network at several batches",
                "一个网络在多个批量大小下",
            ),
            (
                "cnncost compare bottleneck@* --batch 1,8",
                "its variants at several batches",
                "它的各个变体在多个批量大小下",
            ),
            ("cnncost compare alexnet vgg16 --format markdown", "for a pull request", "用于合并请求"),
        ],
    },
    Examples {
        command: "draw",
        lines: &[
            ("cnncost draw resnet18", "a tree in the terminal", "终端中的树"),
            ("cnncost draw googlenet -o googlenet.svg", "a picture", "一张图片"),
            (
                "cnncost draw resnet50 --heat macs --depth 2 -o resnet50.png",
                "where its multiplications are",
                "乘法集中在哪里",
            ),
            (
                "cnncost draw mobilenet_v2 --heat time --device-spec t4",
                "where a device spends its time",
                "设备的时间花在哪里",
            ),
            ("cnncost draw inception --format mermaid", "for a page of notes", "用于笔记页面"),
            ("cnncost draw vgg@* -o pictures/", "a picture of each variant", "每个变体一张图"),
        ],
    },
    Examples {
        command: "explain",
        lines: &[
            ("cnncost explain lenet5", "the whole network", "整个网络"),
            ("cnncost explain lenet5 c3", "one layer", "一层"),
            ("cnncost explain inception inception/5x5 --lang zh", "a box, in Chinese", "一个模块,用中文"),
            ("cnncost explain bottleneck --format latex", "for a slide", "用于幻灯片"),
        ],
    },
    Examples {
        command: "reconcile",
        lines: &[
            ("cnncost reconcile resnet50", "its total as each tool counts", "各工具口径下的总数"),
            (
                "cnncost reconcile resnet50 \"4.12 G\"",
                "which way of counting gives a figure",
                "哪种计数方式得出这个数",
            ),
            ("cnncost reconcile lenet5_1998 340908", "the same of an exact one", "同上,用于精确的数"),
        ],
    },
    Examples {
        command: "report",
        lines: &[
            ("cnncost report googlenet -o googlenet.html", "a network", "一个网络"),
            ("cnncost report bottleneck@* -o variants.html", "variants side by side", "并列它的各个变体"),
            (
                "cnncost report lecture11 -o lecture.html",
                "a lecture's networks and claims",
                "一讲中的网络与论断",
            ),
            (
                "cnncost report resnet50 --device-spec t4 --lang zh -o resnet50.html",
                "under the roof of a device, in Chinese",
                "中文页面,并估算某设备上的用时",
            ),
        ],
    },
    Examples {
        command: "run",
        lines: &[
            ("cnncost run lenet5", "fresh weights, a random input", "新初始化的权重,随机输入"),
            ("cnncost run lenet5 --batch 4 --output scores.npy", "the output as an array", "把输出写为数组"),
            ("cnncost run bottleneck --input 192x14x14 --seed 1", "at another size", "换一个输入尺寸"),
        ],
    },
    Examples {
        command: "new",
        lines: &[
            ("cnncost new net", "net.toml, with comments and claims", "net.toml,带有注释和论断"),
            (
                "cnncost new blocks --template residual",
                "with blocks that are used several times",
                "带有多次使用的块",
            ),
            ("cnncost new net --template inception -o mixed.toml", "into another file", "写入另一个文件"),
        ],
    },
    Examples {
        command: "fmt",
        lines: &[
            ("cnncost fmt net.toml", "a description, in its place", "就地改写一份描述文件"),
            (
                "cnncost fmt --check *.toml",
                "whether all are laid out, for CI",
                "检查是否均已规范排版,供持续集成使用",
            ),
            ("cnncost fmt - < net.toml", "for an editor", "供编辑器使用"),
        ],
    },
    Examples {
        command: "models",
        lines: &[
            ("cnncost models", "the list", "列表"),
            ("cnncost models lenet5", "a description", "一份描述文件"),
            (
                "cnncost models resnet -o resnet.toml",
                "the same in a file, to change",
                "同上,存为文件,可供修改",
            ),
        ],
    },
    Examples {
        command: "ops",
        lines: &[
            ("cnncost ops", "the list", "列表"),
            ("cnncost ops conv2d", "settings, and how it is counted", "设置与计数规则"),
            ("cnncost ops --format csv -o ops.csv", "the list, for a spreadsheet", "供电子表格使用的列表"),
        ],
    },
    Examples {
        command: "schema",
        lines: &[
            ("cnncost schema description -o schema.json", "for an editor", "供编辑器使用"),
            ("cnncost schema analysis", "of what programs read", "供程序读取的输出"),
            ("cnncost schema check -o check.json", "the same, in a file", "同上,存为文件"),
        ],
    },
    Examples {
        command: "completions",
        lines: &[
            (
                "cnncost completions bash",
                "for ~/.bashrc: source <(cnncost completions bash)",
                "用于 ~/.bashrc:source <(cnncost completions bash)",
            ),
            (
                "cnncost completions zsh -o _cnncost",
                "a file for a folder of $fpath",
                "放入 $fpath 的目录中的文件",
            ),
            (
                "cnncost completions fish -o cnncost.fish",
                "for ~/.config/fish/completions",
                "用于 ~/.config/fish/completions",
            ),
        ],
    },
    Examples {
        command: "man",
        lines: &[
            (
                "cnncost man analyze",
                "the page of a command, in the language of manuals",
                "一个命令的手册页,以手册的格式",
            ),
            (
                "cnncost man analyze -o .",
                "the same in a file, to read with `man -l`",
                "同上,存为文件,用 `man -l` 阅读",
            ),
            (
                "cnncost man -o man1",
                "every page, as in ~/.local/share/man/man1",
                "全部手册页,例如用于 ~/.local/share/man/man1",
            ),
        ],
    },
];

/// The examples of a command, or of the program, which is called `cnncost`, below their heading.
pub(super) fn examples(command: &str, language: Language) -> String {
    let shown = lines(command, language).into_iter().map(|(line, about)| format!("\n  # {about}\n  {line}"));
    let heading = text!("Examples:", "示例:");
    std::iter::once(heading.get(language).to_owned()).chain(shown).collect()
}

/// Each of them: the line, and what it shows.
pub(super) fn lines(command: &str, language: Language) -> Vec<(&'static str, &'static str)> {
    let found = EXAMPLES.iter().find(|examples| examples.command == command);
    let about = |&(line, english, chinese): &Example| match language {
        Language::English => (line, english),
        Language::Chinese => (line, chinese),
    };
    found.map_or(&[][..], |found| found.lines).iter().map(about).collect()
}
