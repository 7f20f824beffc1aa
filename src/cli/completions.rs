//! `cnncost completions`: what a shell completes commands with.
//!
//! What clap writes for each shell knows commands, options and the words that these take. What it has no way to say is added for
//! each: that the name of a network may stand where a file does, and that columns stand one behind the other with commas.

use std::collections::BTreeSet;

use clap::builder::PossibleValuesParser;
use clap::{Args, Command, CommandFactory, ValueEnum, ValueHint};
use clap_complete::Shell as Written;

use super::{Cli, Outcome, Output, chinese};
use crate::op::OPERATORS;
use crate::read::bundled::{self, BLOCKS, BUNDLED, CLAIMS};
use crate::read::{conventions, devices};
use crate::report::columns::COLUMNS;
use crate::text::Language;

mod additions;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Which shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
    #[command(flatten)]
    output: Output,
}

/// A shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shell {
    /// `source <(cnncost completions bash)` in ~/.bashrc
    Bash,
    /// A file `_cnncost` in a folder of $fpath
    Zsh,
    /// ~/.config/fish/completions/cnncost.fish
    Fish,
    /// Behind what stands in $PROFILE
    Powershell,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    arguments.output.write(&arguments.shell.script(arguments.output.language()))
}

impl Shell {
    /// What the shell reads, with what is said of options in `language`.
    fn script(self, language: Language) -> String {
        let mut program = program(self, language);
        let mut script = vec![];
        clap_complete::generate(self.written(), &mut program, "cnncost", &mut script);
        let script = String::from_utf8_lossy(&script).into_owned();
        match self {
            Self::Bash => additions::bash(&script),
            Self::Zsh => additions::zsh(&script),
            Self::Fish => additions::fish(script),
            Self::Powershell => additions::powershell(&script),
        }
    }

    fn written(self) -> Written {
        match self {
            Self::Bash => Written::Bash,
            Self::Zsh => Written::Zsh,
            Self::Fish => Written::Fish,
            Self::Powershell => Written::PowerShell,
        }
    }
}

/// What stands where a network, columns or a command are wanted, until the shell's own way to say it takes its place.
const NETWORK: ValueHint = ValueHint::CommandString;
const NAMES: ValueHint = ValueHint::Username;
const COMMAND: ValueHint = ValueHint::CommandName;

/// The program with the words that its arguments take.
fn program(shell: Shell, language: Language) -> Command {
    let program = match language {
        Language::English => Cli::command(),
        Language::Chinese => chinese::said(Cli::command()),
    };
    commands().iter().fold(program, |program, name| {
        program.mut_subcommand(name, |command| {
            command.mut_args(|arg| {
                if let Some(words) = words(name, arg.get_id().as_str()) {
                    return arg.value_parser(PossibleValuesParser::new(words));
                }
                match arg.get_id().as_str() {
                    "file" | "files" if shell == Shell::Zsh && takes_networks(name) => {
                        arg.value_hint(NETWORK)
                    }
                    "columns" | "sort" if shell == Shell::Zsh => arg.value_hint(NAMES),
                    "command" if shell == Shell::Zsh => arg.value_hint(COMMAND),
                    "dump" => arg.value_hint(ValueHint::DirPath),
                    _ => arg,
                }
            })
        })
    })
}

/// The words that an argument takes, where it takes no others.
fn words(command: &str, argument: &str) -> Option<Vec<&'static str>> {
    match (command, argument) {
        ("ops", "name") => Some(OPERATORS.iter().map(|operator| operator.name).collect()),
        ("models", "name") => {
            Some(BUNDLED.iter().chain(CLAIMS).chain(BLOCKS).map(|file| file.name).collect())
        }
        #[cfg(feature = "run")]
        ("bench", "sort") => Some(crate::report::bench::column_names()),
        (_, "like") => Some(conventions::names().collect()),
        (_, "device_spec") => Some(devices::names()),
        _ => None,
    }
}

/// Every command.
fn commands() -> Vec<String> {
    Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

/// Whether a command takes networks.
fn takes_networks(command: &str) -> bool {
    ["analyze", "bench", "check", "compare", "explain", "reconcile", "report", "run"].contains(&command)
}

/// The commands that take networks, and the names that they take beside files.
fn commands_of_networks() -> Vec<(String, Vec<String>)> {
    let names = commands().into_iter().filter(|name| takes_networks(name));
    names.map(|name| (name.clone(), networks(&name))).collect()
}

/// The networks that come with it, and their variants that have names of their own; where these may be given, files of claims before them.
fn networks(command: &str) -> Vec<String> {
    let claims =
        CLAIMS.iter().filter(|_| ["check", "report"].contains(&command)).map(|file| file.name.to_owned());
    let names =
        BUNDLED.iter().flat_map(|file| std::iter::once(file.name.to_owned()).chain(bundled::variants(file)));
    let mut known = BTreeSet::new();
    claims.chain(names).filter(|name| known.insert(name.clone())).collect()
}

/// The columns of tables.
fn columns() -> Vec<&'static str> {
    COLUMNS.iter().map(|column| column.key).collect()
}

#[cfg(test)]
mod tests;
