//! `cnncost man`: the manual pages, made of what help says.

use std::fs;
use std::path::{Path, PathBuf};

use clap::builder::StyledStr;
use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::entry::no_command;
use super::{Cli, Outcome, Voice, chinese, examples, help};
use crate::file::Outputs;
use crate::text;
use crate::text::{Language, Words, words};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The command; without it, the program
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
    /// Write into this folder: the page, or all of them
    ///
    /// Write into this folder, which is made if it is not there: the page of the command, or, without one, every page.
    #[arg(short = 'o', long = "output", value_name = "DIR", help_heading = "Output")]
    to: Option<PathBuf>,
    #[command(flatten)]
    voice: Voice,
}

/// What the program is called.
const PROGRAM: &str = "cnncost";

/// The headings that are not those of help, as clap has them, and as they are said.
const HEADINGS: [(&str, Words); 5] = [
    ("NAME", words("NAME", "名称")),
    ("SYNOPSIS", words("SYNOPSIS", "概要")),
    ("DESCRIPTION", words("DESCRIPTION", "描述")),
    ("OPTIONS", words("OPTIONS", "选项")),
    ("SUBCOMMANDS", words("COMMANDS", "命令")),
];

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let (voice, language) = (&arguments.voice, arguments.voice.language());
    let names: Vec<String> =
        Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
    if let Some(name) = arguments.command.as_ref().filter(|name| !names.contains(name)) {
        let (message, help) = no_command(name);
        return voice.misused(message, Some(help));
    }
    match (&arguments.command, &arguments.to) {
        (None, Some(folder)) => {
            let all = std::iter::once(PROGRAM).chain(names.iter().map(String::as_str));
            put(&all.collect::<Vec<_>>(), folder, voice)
        }
        (Some(name), Some(folder)) => put(&[name], folder, voice),
        (name, None) => voice.print(&page(name.as_deref().unwrap_or(PROGRAM), language)),
    }
}

/// Writes the pages of these into a folder, all or none.
fn put(names: &[&str], folder: &Path, voice: &Voice) -> Outcome {
    let mut outputs = Outputs::default();
    let written = fs::create_dir_all(folder).map_err(|error| (folder.to_owned(), error)).and_then(|()| {
        for name in names {
            let path = folder.join(format!("{}.1", title(name)));
            let text = page(name, voice.language());
            outputs.write(&path, |part| fs::write(part, &text)).map_err(|error| (path.clone(), error))?;
        }
        outputs.put_in_place()
    });
    match written {
        Ok(()) => Outcome::Done,
        Err((path, error)) => {
            let name = path.display();
            voice.misused(text!("cannot write {name}: {error}", "无法写入 {name}:{error}"), None);
            Outcome::Failed
        }
    }
}

/// What the page of the program or of a command is called.
fn title(name: &str) -> String {
    if name == PROGRAM { name.to_owned() } else { format!("{PROGRAM}-{name}") }
}

/// The page of the program or of a command, as `man` reads it.
fn page(name: &str, language: Language) -> String {
    let man = Man::new(command(name, language));
    let mut page = vec![];
    // What is written into memory fails never.
    let _ = man.render_name_section(&mut page);
    let _ = man.render_synopsis_section(&mut page);
    let _ = man.render_description_section(&mut page);
    let _ = man.render_options_section(&mut page);
    if name == PROGRAM {
        let _ = man.render_subcommands_section(&mut page);
    }
    let _ = own_sections(name, language).to_writer(&mut page);
    finished(&String::from_utf8_lossy(&page), name, language)
}

/// A command with what is said of it at length, as a page wants it.
fn command(name: &str, language: Language) -> Command {
    let program = match language {
        Language::English => Cli::command(),
        Language::Chinese => chinese::said(Cli::command()),
    };
    let program = program.disable_help_subcommand(true);
    let long = |command: &Command| {
        let short = command.get_about().map(StyledStr::to_string).unwrap_or_default();
        let long = command.get_long_about().map(|long| help::in_full(&short, &long.to_string()));
        long.unwrap_or(short)
    };
    let found = program.find_subcommand(name).cloned();
    let (command, usage) = match found {
        Some(command) => {
            let usage = help::usage(&command, language);
            (command.display_name(title(name)).bin_name(format!("{PROGRAM} {name}")), usage)
        }
        None => (program, help::usages().get(language).to_owned()),
    };
    let (long, command_name) = (long(&command), name.to_owned());
    let command = command.mut_args(|arg| {
        let (_, long) = help::said(&arg, &command_name, language);
        // A line of its own begins with a space.
        let long = long.replace("\n- ", "\n - ");
        let takes_values = arg.get_action().takes_values();
        let arg = arg.long_help(long);
        if takes_values { arg.hide_possible_values(true).hide_default_value(true) } else { arg }
    });
    let command = command.long_about(long).override_usage(usage).disable_help_flag(true);
    if language == Language::Chinese { command.disable_version_flag(true) } else { command }
}

/// What clap has no section for.
fn own_sections(name: &str, language: Language) -> Roff {
    let mut roff = Roff::new();
    let begin = |roff: &mut Roff, heading: Words| {
        roff.control("SH", [heading.get(language)]);
    };
    begin(&mut roff, words("EXAMPLES", "示例"));
    for (line, about) in examples::lines(name, language) {
        roff.control("PP", []);
        roff.text([roman(format!("{about}:"))]);
        roff.control("PP", []);
        roff.control("RS", ["4"]);
        roff.control("nf", []);
        roff.text([roman(line)]);
        roff.control("fi", []);
        roff.control("RE", []);
    }
    begin(&mut roff, words("EXIT STATUS", "退出码"));
    let codes = help::exit_codes();
    for line in codes.get(language).lines().filter_map(|line| line.strip_prefix("  ")) {
        let (code, about) = line.split_once("  ").unwrap_or((line, ""));
        roff.control("TP", []);
        roff.text([roman(code)]);
        roff.text([roman(about)]);
    }
    begin(&mut roff, words("SEE ALSO", "另见"));
    let program = Cli::command();
    let others = program.get_subcommands().map(|command| title(command.get_name()));
    let others = std::iter::once(PROGRAM.to_owned()).chain(others).filter(|other| *other != title(name));
    let others: Vec<_> = others.map(|other| format!("{other}(1)")).collect();
    roff.text([roman(others.join(", "))]);
    roff
}

/// The page with its title, its headings in the language, and a place to end a line behind every letter that is set without spaces.
fn finished(page: &str, name: &str, language: Language) -> String {
    let line = |line: &str| {
        let heading = line.strip_prefix(".SH ").map(|heading| heading.trim_matches('"'));
        match heading.and_then(|heading| HEADINGS.iter().find(|(known, _)| *known == heading)) {
            Some((_, words)) => format!(".SH \"{}\"\n", words.get(language)),
            None if line.starts_with('.') => format!("{line}\n"),
            None => format!("{}\n", breakable(line)),
        }
    };
    let lines: String = page.lines().map(line).collect();
    // What the encoding is, for those that ask; and words that are not taken apart, nor spread: they stand for themselves.
    let coding = if language == Language::Chinese { "'\\\" -*- coding: UTF-8 -*-\n" } else { "" };
    let (title, version) = (title(name).to_uppercase(), env!("CARGO_PKG_VERSION"));
    let manual = text!("Commands of cnncost", "cnncost 的命令");
    let manual = manual.get(language);
    format!("{coding}.TH \"{title}\" \"1\" \"\" \"{PROGRAM} {version}\" \"{manual}\"\n.nh\n.ad l\n{lines}")
}

/// A line that may end behind every Chinese letter, unless a mark follows.
fn breakable(line: &str) -> String {
    let is_chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c) || "、。".contains(c);
    let mut broken = String::new();
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        broken.push(letter);
        if is_chinese(letter) && letters.peek().is_some_and(|next| !" ,.:;)、。".contains(*next)) {
            broken.push_str("\\:");
        }
    }
    broken
}
