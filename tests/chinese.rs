//! Chinese: one word for one thing, wherever it is said, and no sentence half in English.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use cnncost::working::Letter;
use unicode_width::UnicodeWidthStr;

use commands::COMMANDS;

#[path = "common/commands.rs"]
mod commands;

/// What is not said, unless one of these follows, and what is said instead.
const TERMS: [(&str, &[&str], &str); 26] = [
    ("批量", &["大小"], "批量大小"),
    ("批次", &["维"], "批次维"),
    ("批大小", &[], "批量大小"),
    ("先是批,", &[], "批次维"),
    ("缓冲", &["区"], "缓冲区"),
    ("方框", &[], "模块"),
    ("逐通道卷积", &[], "深度卷积"),
    ("全连接", &[], "线性层"),
    ("最少 {", &[], "至少"),
    ("放不下", &[], "无法容纳"),
    ("可以放下", &[], "可容纳"),
    ("屋顶", &["线"], "屋顶线"),
    ("离散", &["程度"], "误差"),
    ("个样本中有", &[], "次测量中有"),
    ("得到它", &[], "得出该数"),
    ("得不到它", &[], "得不出该数"),
    ("前 {count} 名", &[], "得分最高的 {count} 个"),
    ("非数", &[], "NaN"),
    ("学习得到", &[], "可学习"),
    ("固定的数", &[], "常量"),
    ("失误", &[], "可能的错误"),
    ("立体", &[], "三维数据"),
    ("体数据", &[], "三维数据"),
    ("不认识", &[], "未知"),
    ("不做运算", &[], "无运算"),
    ("token", &[], "词元"),
];

/// Words of English help.
const ENGLISH: [&str; 14] = [
    "the",
    "of",
    "and",
    "with",
    "for",
    "Usage:",
    "Commands:",
    "Options:",
    "Arguments:",
    "Output:",
    "OPTIONS",
    "FILE",
    "default:",
    "Print",
];

fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = vec![];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, endings));
        } else if path.extension().is_some_and(|ending| endings.iter().any(|known| ending == *known)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn is_chinese(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

/// The strings of the sources that have Chinese in them, each with its file.
fn strings() -> Vec<(String, String)> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut strings = vec![];
    for file in files(&source, &["rs", "toml"]) {
        let text = fs::read_to_string(&file).unwrap();
        let name = file.strip_prefix(&source).unwrap().display().to_string();
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in lines.filter(|line| line.chars().any(is_chinese)) {
            let parts = line.replace("\\\"", "'");
            let quoted = parts.split('"').skip(1).step_by(2).filter(|part| part.chars().any(is_chinese));
            strings.extend(quoted.map(|part| (name.clone(), part.to_owned())));
        }
    }
    assert!(strings.len() > 900, "only {} strings", strings.len());
    strings
}

#[test]
fn one_word_is_used_for_one_thing() {
    for (file, text) in strings() {
        for (word, unless, instead) in TERMS {
            for (at, found) in text.match_indices(word) {
                let rest = &text[at + found.len()..];
                assert!(unless.iter().any(|more| rest.starts_with(more)), "{file}: {text}\nsay {instead}");
            }
        }
    }
}

/// Commas, colons and parentheses are as wide as beside figures and code; only 、 and 。 are wide.
#[test]
fn punctuation_is_of_one_width() {
    for (file, text) in strings() {
        let wide = text.chars().find(|c| ('\u{ff01}'..='\u{ff5e}').contains(c));
        assert!(wide.is_none(), "{file}: {text}\n{wide:?} is wide");
        let spaced = [", ", ": ", "; "].iter().find(|mark| {
            text.match_indices(**mark).any(|(at, _)| text[..at].chars().next_back().is_some_and(is_chinese))
        });
        // Names of a list are Latin, and their commas have spaces.
        assert!(spaced.is_none(), "{file}: {text}\nno space behind {spaced:?}");
    }
}

/// Of what a person reads on a page there is no word of English but names.
#[test]
fn pages_are_not_half_translated() {
    let out = |arguments: &[&str]| {
        let mut command = Command::cargo_bin("cnncost").unwrap();
        command.env("COLUMNS", "100").env_remove("CLICOLOR_FORCE").args(arguments).args(["--lang", "zh"]);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let table = out(&["analyze", "mobilenet_v2", "--device-spec", "t4", "--depth", "1"]);
    for said in
        ["瓶颈", "内存带宽", "参数量", "缓冲区", "至少", "可容纳", "第 1 层以下的模块已折叠", "批量大小 1"]
    {
        assert!(table.contains(said), "{said}\n{table}");
    }
    for word in ["compute", "memory", "bound", " total", "batch"] {
        assert!(!table.contains(word), "{word}\n{table}");
    }
    let small = out(&["analyze", "vgg16", "--device-spec", "stm32h743", "--dtype", "i8", "--depth", "1"]);
    assert!(small.contains("计算") && small.contains("无法容纳:需要权重"), "{small}");
    let page = out(&["explain", "vit_b_16"]);
    for heading in [": 展平\n", ": 维度重排\n", ": 层归一化\n", ": GELU 激活\n"] {
        assert!(page.contains(heading), "{heading}");
    }
    assert!(page.contains("整个网络合计") && !page.contains("整个网络 合计"));
    assert!(out(&["explain", "lenet5", "c3"]).contains("5×5 卷积,6 → 16 通道"));
    assert!(out(&["run", "lenet5"]).contains("得分最高的 5 个"));
    let nothing = out(&["reconcile", "lenet5", "1234567"]);
    assert!(nothing.contains("均得不出该数"), "{nothing}");
    // Data keep the names that programs know.
    let csv = out(&["analyze", "lenet5", "--device-spec", "t4", "--columns", "bound", "--format", "csv"]);
    assert!(csv.contains("memory") && !csv.chars().any(is_chinese), "{csv}");
}

/// Help is Chinese from the usage to the exit codes: beside names and code there is no word of English.
#[test]
fn help_is_not_half_translated() {
    let commands = std::iter::once("").chain(COMMANDS);
    for (command, option) in commands.flat_map(|command| [(command, "-h"), (command, "--help")]) {
        let mut program = Command::cargo_bin("cnncost").unwrap();
        program.env("COLUMNS", "80").env_remove("CLICOLOR_FORCE").args(["--lang", "zh"]);
        let output = program.args(command.split_whitespace()).arg(option).output().unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && help.contains("\n用法:cnncost"), "{command} {option}: {help}");
        for line in help.lines() {
            assert!(line.width() <= 80 || !line.chars().any(is_chinese), "{line}");
            let words = line.split(|c: char| !c.is_ascii_alphanumeric() && !"-_./@`:".contains(c));
            let word = words.into_iter().find(|word| ENGLISH.contains(word));
            assert_eq!(word, None, "{command} {option}: in {line}");
            // What is left of a sentence in its last line may be a name alone.
            let is_said =
                line.starts_with(' ') && line.split(' ').filter(|word| !word.is_empty()).count() > 2;
            let is_said = is_said && !line.contains("cnncost ");
            let is_list =
                line.contains([',', '、']) || line.trim_start().starts_with("- ") || line.contains('_');
            let is_option = line.trim_start().starts_with(['-', '<', '[', '`']);
            assert!(
                !is_said || is_list || is_option || line.chars().any(is_chinese),
                "{command} {option}: {line}"
            );
        }
    }
}

/// Help keeps to a narrow terminal, and what each option is begins in one column.
#[test]
fn help_is_aligned_in_a_narrow_terminal() {
    for command in ["", "analyze", "check", "explain", "reconcile"] {
        let mut program = Command::cargo_bin("cnncost").unwrap();
        program.env("COLUMNS", "40").env_remove("CLICOLOR_FORCE").args(["--lang", "zh"]);
        let output = program.args(command.split_whitespace()).arg("--help").output().unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        let is_usage = |line: &&str| line.contains("cnncost ");
        let wide: Vec<_> = help.lines().filter(|line| line.width() > 40 && !is_usage(line)).collect();
        assert!(wide.is_empty(), "{command}: {wide:#?}");
        assert!(help.contains("--help\n          显示"), "{command}: {help}");
    }
}

/// What clap refuses is said in Chinese too.
#[test]
fn mistakes_on_the_command_line_are_said_in_chinese() {
    for arguments in [
        &["analyze"][..],
        &["analyze", "lenet5", "--nope"],
        &["analyze", "lenet5", "--batch"],
        &["analyze", "lenet5", "--batch", "x"],
        &["analyze", "lenet5", "--batch", "1", "--batch", "2"],
        &["analyze", "lenet5", "--format", "nope"],
        &["analyze", "lenet5", "--quiet=1"],
        &["analyze", "lenet5", "--memory", "--depth", "1"],
        &["check", "lenet5", "--within", "1%"],
        &["explain", "a", "b", "c"],
        &["schema"],
        &["help", "nope"],
    ] {
        let mut program = Command::cargo_bin("cnncost").unwrap();
        let output =
            program.env_remove("CLICOLOR_FORCE").args(["--lang", "zh"]).args(arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), &*output.stdout), (Some(2), &b""[..]), "{arguments:?}");
        assert!(said.starts_with("错误: ") && said.chars().filter(|c| is_chinese(*c)).count() > 3, "{said}");
    }
}

/// What an operator is, its settings, and the bundled networks.
#[test]
fn lists_are_not_half_translated() {
    let out = |arguments: &[&str]| {
        let mut command = Command::cargo_bin("cnncost").unwrap();
        command.env("COLUMNS", "100").env_remove("CLICOLOR_FORCE").args(["--lang", "zh"]).args(arguments);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let conv = out(&["ops", "conv2d"]);
    assert!(conv.starts_with("conv2d: 卷积:窗口沿每个空间轴滑动"), "{conv}");
    assert!(
        conv.contains("out_channels  必填    输出通道数") && conv.contains("示例,输入 192×28×28"),
        "{conv}"
    );
    let models = out(&["models"]);
    assert!(models.contains("lenet5           1998  LeNet-5,按如今的理解"), "{models}");
    assert!(models.contains("\n 目标检测\n\n retinanet"), "{models}");
    assert!(!models.contains("lecture's") && !models.contains("Table"), "{models}");
}

/// Of a formula no factor is called in English, but for functions and letters.
#[test]
fn formulas_are_chinese() {
    const NAMES: [&str; 15] = [
        "n", "e", "x", "eps", "alpha", "erf", "tanh", "sigmoid", "softmax", "relu", "FLOPs", "m", "a", "b",
        "op",
    ];
    for arguments in [
        &["vit_b_16"][..],
        &["swin_t", "--depth", "2"],
        &["mobilenet_v3_large"],
        &["googlenet"],
        &["unet", "--batch", "2"],
        &["lenet5_1998"],
        &["alexnet"],
        &["convnext_tiny", "--depth", "2"],
        &["densenet121", "--depth", "1"],
    ] {
        let mut command = Command::cargo_bin("cnncost").unwrap();
        command.env("COLUMNS", "400").env_remove("CLICOLOR_FORCE").arg("explain").args(arguments);
        let page = String::from_utf8(command.args(["--lang", "zh"]).output().unwrap().stdout).unwrap();
        // Settings are called as in a description, weights as in a file of them.
        let is_said = |label: &str| label.contains(is_chinese) || label.trim() == "FLOPs";
        let equations = page.lines().filter_map(|line| line.split_once(" = "));
        let equations: Vec<_> = equations.filter(|(label, _)| is_said(label)).collect();
        assert!(equations.len() > 5, "{arguments:?}: {page}");
        for (label, equation) in equations {
            let words = equation.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let is_letter = |word: &str| Letter::ALL.iter().any(|letter| letter.written() == word);
            let mut words = words.filter(|word| word.contains(|c: char| c.is_ascii_alphabetic()));
            let word = words.find(|word| !NAMES.contains(word) && !is_letter(word));
            assert!(word.is_none(), "{arguments:?}: {label} = {equation}");
        }
    }
}
