//! What `-h` and `--help` say beside what each option is: the usage, with what must be there first, and examples.
//!
//! `-h` fits a screen: of each usual option it says the first paragraph of what is written at it. `--help` says the others of
//! every option, or the first where that is all.

use std::ffi::OsString;

use clap::builder::{PossibleValue, StyledStr};
use clap::{Arg, ArgAction, Command};
use unicode_width::UnicodeWidthStr;

use super::{chinese, terminal_width};
use crate::report::wrap::hanging;
use crate::text;
use crate::text::{Language, Text};

/// Examples of a command: the line, and what it shows, in English and in Chinese.
struct Examples {
    command: &'static str,
    lines: &'static [(&'static str, &'static str, &'static str)],
}

/// Every command, in the order of the list.
const EXAMPLES: &[Examples] = &[
    Examples {
        command: "cnncost",
        lines: &[
            ("cnncost lenet5", "what each layer of a bundled network costs", "内置网络每一层的开销"),
            (
                "cnncost models lenet5 -o net.toml",
                "its description, as a start for your own",
                "它的描述文件,可作为自己网络的起点",
            ),
            ("cnncost net.toml", "what a network of your own costs", "自己网络的开销"),
            ("cnncost explain net.toml c3", "the working of every number of a layer", "一层中每个数的算式"),
            ("cnncost compare alexnet resnet18", "which is cheaper, and where", "哪个开销更小,差别在哪里"),
        ],
    },
    Examples {
        command: "analyze",
        lines: &[
            ("cnncost analyze resnet50", "the table of a bundled network", "内置网络的表格"),
            ("cnncost analyze resnet50 --depth all --sort macs", "its most expensive layers", "开销最大的层"),
            ("cnncost analyze vgg16 vgg16_bn resnet@*", "a line for each network", "每个网络一行"),
            ("cnncost analyze bottleneck --set reduce=32 --batch 8", "with a parameter set", "设置一个参数"),
            (
                "cnncost analyze alexnet --columns layer,macs,read_bytes,receptive_field",
                "columns of your choice",
                "自选的列",
            ),
            (
                "cnncost analyze mobilenet_v2 --device-spec stm32h743 --dtype i8",
                "whether it fits",
                "能否容纳",
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
        command: "run",
        lines: &[
            ("cnncost run lenet5", "fresh weights, a random input", "新初始化的权重,随机输入"),
            ("cnncost run lenet5 --batch 4 --output scores.npy", "the output as an array", "把输出写为数组"),
            ("cnncost run bottleneck --input 192x14x14 --seed 1", "at another size", "换一个输入尺寸"),
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
            ("cnncost models resnet -o resnet.toml", "a description, to change", "一份描述文件,可供修改"),
        ],
    },
    Examples {
        command: "ops",
        lines: &[
            ("cnncost ops", "the list", "列表"),
            ("cnncost ops conv2d", "settings, and how it is counted", "设置与计数规则"),
        ],
    },
    Examples {
        command: "schema",
        lines: &[
            ("cnncost schema description -o schema.json", "for an editor", "供编辑器使用"),
            ("cnncost schema analysis", "of what programs read", "供程序读取的输出"),
        ],
    },
];

/// Exit codes, at the end of the program's own help.
fn exit_codes() -> Text {
    text!(
        "Exit codes:
  0  done
  1  a claim or a budget failed, no way of counting gives a figure, `--strict` found something, or the work failed
  2  an input cannot be read, or the command is wrong or missing",
        "退出码:
  0  完成
  1  论断或预算不成立,没有计数方式得出所给的数,`--strict` 有所发现,或执行失败
  2  输入无法读取,或命令有误、缺失"
    )
}

/// The place of an option behind all others.
const LAST: usize = 1000;

/// Columns that help takes at the most.
const WIDEST: usize = 100;

/// The column in which `--help` says what an option is, below it.
const BELOW: usize = 10;

/// The column in which the list of commands says what one is for.
const BEHIND: usize = 13;

/// Columns that what is said beside a word takes at the least.
const LEAST: usize = 20;

/// Gives the program's help, and that of the commands whose name is among `arguments`, its usage and examples, in `language`.
pub(super) fn written(program: Command, arguments: &[OsString], language: Language) -> Command {
    let program = program.max_term_width(WIDEST);
    let program = match language {
        Language::English => program,
        Language::Chinese => chinese::said(program),
    };
    let names: Vec<String> = program.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    let program = names.iter().fold(program, |program, name| {
        let is_named = arguments.iter().any(|word| *word == **name);
        let written = if is_named { of_command } else { with_full_about };
        program.mut_subcommand(name, |command| written(command, language))
    });
    let codes = folded(exit_codes().get(language), 0, language);
    let long = format!("{}\n\n{codes}", examples("cnncost", language));
    let usage = text!(
        "cnncost <FILE>... [OPTIONS]\n       cnncost <COMMAND> [OPTIONS]",
        "cnncost <文件>... [选项]\n     cnncost <命令> [选项]"
    );
    let heading = (language == Language::Chinese).then_some("选项");
    let program = with_full_about(with_help(program, heading, language), language);
    let program = program.override_usage(usage.get(language).to_owned()).after_long_help(long);
    match language {
        Language::English => program,
        Language::Chinese => chinese::completed(program),
    }
}

fn of_command(command: Command, language: Language) -> Command {
    let name = command.get_name().to_owned();
    let takes: Vec<String> = command.get_positionals().map(Arg::to_string).collect();
    let options = text!("[OPTIONS]", "[选项]");
    let usage = format!("cnncost {name} {} {}", takes.join(" "), options.get(language));
    // As they are written, so that what must be there stands first.
    let mut place = 0;
    let command = command.mut_args(|arg| {
        place += 1;
        brief(arg, &name, language).display_order(place)
    });
    let command = with_full_about(command, language);
    let command = command.override_usage(usage).after_long_help(examples(&name, language));
    match language {
        Language::English => with_help(command, Some("Output"), language),
        Language::Chinese => {
            aligned(with_help(command, Some("输出"), language)).help_template(chinese::TEMPLATE)
        }
    }
}

/// What `-h` says of each argument, so far to the right that it begins in one column below each heading: what stands for a
/// value may have letters that are two columns wide, and clap takes each for one.
fn aligned(command: Command) -> Command {
    let wide = |arg: &Arg| -> usize {
        let names = arg.get_value_names().unwrap_or_default().iter();
        names.map(|name| name.width() - name.chars().count()).sum()
    };
    let headings = command.get_arguments().filter(|arg| !arg.is_hide_short_help_set());
    let headings: Vec<_> =
        headings.map(|arg| (arg.get_help_heading().map(str::to_owned), wide(arg))).collect();
    command.mut_args(|arg| {
        let beside = headings.iter().filter(|(heading, _)| heading.as_deref() == arg.get_help_heading());
        let widest = beside.map(|&(_, wide)| wide).max().unwrap_or_default();
        let room = widest.saturating_sub(wide(&arg));
        let help = arg.get_help().map(|help| format!("{:room$}{help}", ""));
        help.into_iter().fold(arg, Arg::help)
    })
}

/// Puts the words that an option takes behind what `-h` says of it; `--help` has a line for each, and the default.
fn brief(arg: Arg, command: &str, language: Language) -> Arg {
    let help = arg.get_help().map(StyledStr::to_string).unwrap_or_default();
    let mut long = arg.get_long_help().map_or_else(|| help.clone(), |long| in_full(&help, &long.to_string()));
    let mut short = help;
    if !arg.get_action().takes_values() {
        return arg.help(short).long_help(folded(&long, BELOW, language));
    }
    let words: Vec<_> = arg.get_possible_values().into_iter().filter(|word| !word.is_hide_set()).collect();
    let names = words.iter().map(PossibleValue::get_name).collect::<Vec<_>>().join(", ");
    if !words.is_empty() {
        short.push_str(text!(": {names}", ":{names}").get(language));
        long.push('\n');
    }
    for word in &words {
        let about = about_word(word, command, arg.get_id().as_str());
        long.push_str(&format!("\n- {}{}", word.get_name(), about.get(language)));
    }
    let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    let defaults = defaults.join(",");
    if !defaults.is_empty() {
        long.push_str(text!("\n\n[default: {defaults}]", "\n\n[默认值:{defaults}]").get(language));
    }
    let arg = arg.help(short).long_help(folded(&long, BELOW, language));
    arg.hide_possible_values(true).hide_default_value(true)
}

/// What is said of a word behind it, if anything.
fn about_word(word: &PossibleValue, command: &str, argument: &str) -> Text {
    let english = word.get_help().map(|about| format!(": {about}"));
    let chinese = chinese::word(command, argument, word.get_name()).map(|about| format!(":{about}"));
    Text { english: english.unwrap_or_default(), chinese: chinese.unwrap_or_default() }
}

fn with_full_about(command: Command, language: Language) -> Command {
    let short = command.get_about().map(StyledStr::to_string).unwrap_or_default();
    let long = command.get_long_about().map(|long| in_full(&short, &long.to_string()));
    let long = folded(long.as_ref().unwrap_or(&short), 0, language);
    command.about(folded(&short, BEHIND, language)).long_about(long)
}

/// What is said at length, without the first paragraph where that is what is said in short.
fn in_full(short: &str, long: &str) -> String {
    let rest = long.strip_prefix(short).and_then(|rest| rest.strip_prefix("\n\n"));
    rest.unwrap_or(long).to_owned()
}

/// In lines that fit the terminal behind `indent` columns: all in Chinese, as clap ends lines at spaces alone, and in any
/// language what is said of a word beside it, which clap would not keep in its column.
fn folded(text: &str, indent: usize, language: Language) -> String {
    let width = terminal_width().min(WIDEST).saturating_sub(indent);
    let fold = |line: &str| {
        let rest = line.trim_start();
        let own = line.len() - rest.len();
        let line = match rest.split_once("  ") {
            Some((word, about)) => beside(word, about, own, width),
            None if language == Language::English => rest.to_owned(),
            None => hanging(rest, own, width),
        };
        format!("{:own$}{line}", "")
    };
    text.split('\n').map(fold).collect::<Vec<_>>().join("\n")
}

/// A word that stands behind `own` columns, with what is said of it beside it, or below it where little room is left.
fn beside(word: &str, about: &str, own: usize, width: usize) -> String {
    let (about, gap) = (about.trim_start(), 2 + about.len() - about.trim_start().len());
    let column = own + word.width() + gap;
    if column + LEAST > width {
        return format!("{word}\n{:1$}{2}", "", own + 2, hanging(about, own + 2, width));
    }
    format!("{word}{:gap$}{}", "", hanging(about, column, width))
}

/// The option that shows the help, among those of the output.
fn with_help(command: Command, heading: Option<&'static str>, language: Language) -> Command {
    let about = text!("Print this; `--help` says more, with examples", "显示此帮助;`--help` 更详细,并有示例");
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help);
    let help =
        help.help(about.get(language).to_owned()).long_help(folded(about.get(language), BELOW, language));
    let help = help.help_heading(heading).display_order(LAST);
    command.disable_help_flag(true).arg(help)
}

fn examples(command: &str, language: Language) -> String {
    let found = EXAMPLES.iter().find(|examples| examples.command == command);
    let lines = found.map_or(&[][..], |found| found.lines).iter();
    let shown = lines.map(|(line, english, chinese)| {
        let about = if language == Language::English { english } else { chinese };
        format!("\n  # {about}\n  {line}")
    });
    let heading = text!("Examples:", "示例:");
    std::iter::once(heading.get(language).to_owned()).chain(shown).collect()
}
