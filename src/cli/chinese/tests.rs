use std::collections::BTreeSet;

use clap::CommandFactory;

use super::super::Cli;
use super::*;

fn program() -> Command {
    Cli::command()
}

fn commands() -> Vec<Command> {
    let program = program();
    let all: Vec<Command> = program.get_subcommands().cloned().collect();
    [vec![program], all].concat()
}

fn is_missing(english: Option<String>, chinese: &str) -> bool {
    english.is_some_and(|english| english.contains("\n\n")) && chinese.is_empty()
}

/// Of every command, argument and word of which something is said in English, the same is said in Chinese.
#[test]
fn all_that_is_said_is_said_in_chinese() {
    let mut missing = vec![];
    for command in commands() {
        let name = command.get_name();
        let Some(said) = COMMANDS.iter().find(|said| said.command == name) else {
            missing.push(name.to_owned());
            continue;
        };
        if is_missing(command.get_long_about().map(ToString::to_string), said.long) {
            missing.push(format!("{name}, at length"));
        }
        for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
            let id = arg.get_id().as_str();
            let Some(said) = find(name, id) else {
                missing.push(format!("{name} {id}"));
                continue;
            };
            let is_listed = of_lists(name, id).is_some();
            if !is_listed && is_missing(arg.get_long_help().map(ToString::to_string), said.long) {
                missing.push(format!("{name} {id}, at length"));
            }
            let heading = arg.get_help_heading().filter(|heading| translated(heading, HEADINGS).is_none());
            missing.extend(heading.map(|heading| format!("heading {heading}")));
            let values = arg.get_value_names().unwrap_or_default().iter();
            let takes = arg.get_action().takes_values();
            let values = values.filter(|value| takes && translated(value, VALUES).is_none());
            missing.extend(values.map(|value| format!("value {value}")));
            let words = arg.get_possible_values().into_iter().filter(|word| word.get_help().is_some());
            let words = words.filter(|value| word(name, id, value.get_name()).is_none());
            missing.extend(words.map(|word| format!("{name} {id} {}", word.get_name())));
        }
    }
    assert!(missing.is_empty(), "not in Chinese: {missing:#?}");
}

/// Nothing is said of what is no longer there.
#[test]
fn nothing_is_said_of_what_is_not_there() {
    let commands = commands();
    let mut stale = vec![];
    let known: BTreeSet<String> =
        commands.iter().flat_map(Command::get_arguments).map(|arg| arg.get_id().to_string()).collect();
    let used: BTreeSet<&str> = commands
        .iter()
        .flat_map(|command| command.get_arguments().map(move |arg| (command.get_name(), arg)))
        .filter_map(|(command, arg)| find(command, arg.get_id().as_str()))
        .filter_map(|said| GROUPS.iter().find(|group| std::ptr::eq(*group, said)))
        .map(|said| said.id)
        .collect();
    stale.extend(GROUPS.iter().filter(|said| !used.contains(said.id)).map(|said| said.id.to_owned()));
    assert!(used.iter().all(|id| known.contains(*id)));
    for said in COMMANDS {
        let Some(command) = commands.iter().find(|command| command.get_name() == said.command) else {
            stale.push(said.command.to_owned());
            continue;
        };
        for argument in said.arguments {
            let name = format!("{} {}", said.command, argument.id);
            let Some(arg) = command.get_arguments().find(|arg| arg.get_id() == argument.id) else {
                stale.push(name);
                continue;
            };
            let words = arg.get_possible_values();
            let gone =
                argument.words.iter().filter(|(word, _)| words.iter().all(|known| known.get_name() != *word));
            stale.extend(gone.map(|(word, _)| format!("{name} {word}")));
        }
    }
    assert!(stale.is_empty(), "no longer there: {stale:?}");
}
