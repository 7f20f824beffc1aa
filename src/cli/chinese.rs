//! The Chinese of what clap shows. What commands, options and the words of options say in English stands at each of them, where
//! clap reads it; here the same is said in Chinese, by name. A test walks the commands and holds the two against each other.

use clap::builder::Str;
use clap::{Arg, ArgAction, Command};

use super::{analyze, chart, check, convention, device, draw};
use crate::text::Text;

mod commands;
mod groups;

use commands::COMMANDS;
use groups::GROUPS;

/// What is said of a command.
struct Said {
    command: &'static str,
    short: &'static str,
    /// What `--help` says in its place; empty where that is all.
    long: &'static str,
    /// Its own arguments; others are those of [`GROUPS`].
    arguments: &'static [Argument],
}

/// What is said of an argument.
struct Argument {
    id: &'static str,
    short: &'static str,
    /// What `--help` says in its place; empty where that is all, or where it is made of lists.
    long: &'static str,
    /// Of the words that it takes those of which something is said.
    words: &'static [(&'static str, &'static str)],
}

const fn argument(id: &'static str, short: &'static str) -> Argument {
    Argument { id, short, long: "", words: &[] }
}

impl Argument {
    const fn long(self, long: &'static str) -> Self {
        Self { long, ..self }
    }

    const fn words(self, words: &'static [(&'static str, &'static str)]) -> Self {
        Self { words, ..self }
    }
}

/// Headings of arguments.
const HEADINGS: &[(&str, &str)] = &[
    ("Network", "网络"),
    ("What is shown", "显示内容"),
    ("Claims", "论断"),
    ("Execution", "执行"),
    ("Weights", "权重"),
    ("Output", "输出"),
];

/// What stands for values.
const VALUES: &[(&str, &str)] = &[
    ("CHART", "图表"),
    ("COLOR", "颜色"),
    ("COLUMNS", "列"),
    ("COMMAND", "命令"),
    ("DEVICE", "设备"),
    ("DIR", "目录"),
    ("DIRECTION", "方向"),
    ("DTYPE", "类型"),
    ("ENGINE", "引擎"),
    ("ISA", "指令集"),
    ("FIGURE", "数值"),
    ("FILE", "文件"),
    ("FILE|SIZES", "文件|尺寸"),
    ("FORMAT", "格式"),
    ("LANGUAGE", "语言"),
    ("LOCKFILE", "锁文件"),
    ("METRIC", "指标"),
    ("N", "数"),
    ("N,…", "数,…"),
    ("NAME", "名称"),
    ("NAME=SIZE", "名称=尺寸"),
    ("NAME=VALUE", "名称=值"),
    ("NAMES", "名称,…"),
    ("OPERATOR", "算子"),
    ("PATH", "路径"),
    ("PERCENT", "百分比"),
    ("SCHEMA", "对象"),
    ("SECONDS", "秒"),
    ("SEED", "种子"),
    ("SHELL", "shell"),
    ("SIZES", "尺寸"),
    ("TEMPLATE", "模板"),
    ("WHEN", "时机"),
];

/// The program with what is said of it in Chinese, before clap adds what it adds by itself.
pub(super) fn said(program: Command) -> Command {
    COMMANDS.iter().fold(program, |program, said| match said.command {
        "cnncost" => of_command(program, said),
        name => program.mut_subcommand(name, |command| of_command(command, said)),
    })
}

/// How help is laid out: clap has its own heading of the usage.
pub(super) const TEMPLATE: &str =
    "{about-with-newline}\n\u{1b}[1m\u{1b}[4m用法:\u{1b}[0m{usage}\n\n{all-args}{after-help}";

/// The same of what clap adds by itself, and of the headings that are its own.
pub(super) fn completed(program: Command) -> Command {
    let version = Arg::new("version").short('V').long("version").action(ArgAction::Version);
    let version = version.help("显示版本").help_heading("选项");
    let mut program = program.disable_version_flag(true).arg(version).help_template(TEMPLATE);
    // The command for help is there only then.
    program.build();
    let of_help = |help: Command| {
        let help = help.about("显示此帮助,或某个命令的帮助").override_usage("cnncost help [命令]");
        help.help_template(TEMPLATE).subcommand_help_heading("命令")
    };
    program.mut_subcommand("help", of_help).subcommand_help_heading("命令")
}

/// What is said of a word that an argument takes.
pub(super) fn word(command: &str, argument: &str, word: &str) -> Option<&'static str> {
    all(command, argument).find_map(|said| translated(word, said.words))
}

fn of_command(command: Command, said: &Said) -> Command {
    let command = command.about(said.short).mut_args(|arg| of_argument(said.command, arg));
    if said.long.is_empty() {
        command
    } else {
        command.long_about(format!("{}\n\n{}", said.short, said.long))
    }
}

fn of_argument(command: &str, arg: Arg) -> Arg {
    let Some(said) = find(command, arg.get_id().as_str()) else { return arg };
    let heading = match arg.get_help_heading() {
        Some(heading) => translated(heading, HEADINGS),
        None if arg.is_positional() => Some("参数"),
        None => Some("选项"),
    };
    let names = arg.get_value_names().unwrap_or_default().iter();
    let names: Vec<Str> =
        names.map(|name| translated(name, VALUES).map_or_else(|| name.clone(), Str::from)).collect();
    let arg = arg.help(said.short).help_heading(heading);
    let arg = match of_lists(command, said.id) {
        Some(text) => arg.long_help(text.chinese),
        None if said.long.is_empty() => arg,
        None => arg.long_help(format!("{}\n\n{}", said.short, said.long)),
    };
    if arg.get_action().takes_values() { arg.value_names(names) } else { arg }
}

/// What `--help` says where it lists what there is; it stands where the lists are.
fn of_lists(command: &str, argument: &str) -> Option<Text> {
    match (command, argument) {
        ("analyze", "columns") => Some(analyze::columns_help()),
        ("draw", "heat") => Some(draw::heat_help()),
        (_, "device_spec") => Some(device::help()),
        ("analyze", "chart") => Some(chart::help()),
        ("analyze", "like") => Some(convention::help()),
        ("check", "files") => Some(check::claims_help()),
        _ => None,
    }
}

fn find(command: &str, argument: &str) -> Option<&'static Argument> {
    all(command, argument).next()
}

/// What is said of an argument, that of the command itself first.
fn all(command: &str, argument: &str) -> impl Iterator<Item = &'static Argument> {
    let own = COMMANDS.iter().find(|said| said.command == command).map_or(&[][..], |said| said.arguments);
    own.iter().chain(GROUPS).filter(move |said| said.id == argument)
}

fn translated(english: &str, table: &[(&str, &'static str)]) -> Option<&'static str> {
    table.iter().find(|(known, _)| *known == english).map(|&(_, chinese)| chinese)
}

#[cfg(test)]
mod tests;
