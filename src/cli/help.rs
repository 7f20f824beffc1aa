//! What `-h` and `--help` say beside what each option is: the usage, with what must be there first, and examples.
//!
//! `-h` fits a screen: of each usual option it says the first paragraph of what is written at it. `--help` says the others of
//! every option, or the first where that is all.

use std::ffi::OsString;

use clap::builder::{PossibleValue, StyledStr};
use clap::{Arg, ArgAction, Command};
use unicode_width::UnicodeWidthStr;

use super::examples::examples;
use super::{chinese, terminal_width};
use crate::report::wrap::hanging;
use crate::text;
use crate::text::{Language, Text};

/// Exit codes, at the end of the program's own help.
pub(super) fn exit_codes() -> Text {
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

/// What is set up once, and has no place among the commands of every day.
fn once() -> Text {
    text!(
        "For your shell:
  cnncost completions  names, commands and options, completed by bash, zsh, fish or PowerShell
  cnncost man          manual pages",
        "用于您的 shell:
  cnncost completions  在 bash、zsh、fish 或 PowerShell 中补全名称、命令和选项
  cnncost man          手册页"
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
    let [codes, once] = [exit_codes(), once()].map(|text| folded(text.get(language), 0, language));
    let long = format!("{}\n\n{codes}\n\n{once}", examples("cnncost", language));
    let usage = usages();
    let heading = (language == Language::Chinese).then_some("选项");
    let program = with_full_about(with_help(program, heading, language), language);
    let program = program.override_usage(usage.get(language).to_owned()).after_long_help(long);
    match language {
        Language::English => program,
        Language::Chinese => chinese::completed(program),
    }
}

/// How the program is called.
pub(super) fn usages() -> Text {
    text!(
        "cnncost <FILE>... [OPTIONS]\n       cnncost <COMMAND> [OPTIONS]",
        "cnncost <文件>... [选项]\n     cnncost <命令> [选项]"
    )
}

/// How a command is called, with what must be there first.
pub(super) fn usage(command: &Command, language: Language) -> String {
    let takes: Vec<String> = command.get_positionals().map(Arg::to_string).collect();
    let options = text!("[OPTIONS]", "[选项]");
    format!("cnncost {} {} {}", command.get_name(), takes.join(" "), options.get(language))
}

fn of_command(command: Command, language: Language) -> Command {
    let name = command.get_name().to_owned();
    let usage = usage(&command, language);
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
    let (short, long) = said(&arg, command, language);
    let takes_values = arg.get_action().takes_values();
    let arg = arg.help(short).long_help(folded(&long, BELOW, language));
    if takes_values { arg.hide_possible_values(true).hide_default_value(true) } else { arg }
}

/// What is said of an argument in short, and at length.
pub(super) fn said(arg: &Arg, command: &str, language: Language) -> (String, String) {
    let mut short = arg.get_help().map(StyledStr::to_string).unwrap_or_default();
    let long = arg.get_long_help().map(|long| in_full(&short, &long.to_string()));
    let mut long = long.unwrap_or_else(|| short.clone());
    if !arg.get_action().takes_values() {
        return (short, long);
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
    (short, long)
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
pub(super) fn in_full(short: &str, long: &str) -> String {
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
