//! What each shell is told beside what clap writes: functions of its own, in its own language.

use clap::CommandFactory;
use clap::builder::PossibleValue;

use super::super::Cli;
use super::{columns, commands, commands_of_networks, networks, words};

/// A function around the one that clap writes, since that knows no files beside names and no lists.
pub(super) fn bash(script: &str) -> String {
    let arm = |(name, networks): (String, Vec<String>)| {
        format!("        {name}) names=\"{}\" ;;\n", networks.join(" "))
    };
    let arms: String = commands_of_networks().into_iter().map(arm).collect();
    let commands = commands().join(" ");
    let script = script.replace("complete -F _cnncost ", "complete -F _cnncost_with_names ");
    let (columns, first) = (columns().join(" "), networks("analyze").join(" "));
    let function = format!(
        r#"_cnncost_with_names() {{
    local cur="$2" names="" last
    _cnncost "$@"
    case "${{COMP_WORDS[1]}} $3" in
        "bench "--*) return 0 ;;
        *\ --columns|*\ --sort)
            last="${{cur##*,}}"
            COMPREPLY=( $(compgen -P "${{cur%"$last"}}" -W "{columns}" -- "$last") )
            [[ "${{BASH_VERSINFO[0]}}" -ge 4 ]] && compopt -o nospace
            return 0
            ;;
        *\ -*) return 0 ;;
    esac
    [[ "$cur" == -* ]] && return 0
    case "${{COMP_WORDS[1]}}" in
{arms}        man) COMPREPLY=( $(compgen -W "{commands}" -- "$cur") ) ;;
    esac
    # A network alone is analyzed.
    [[ "$COMP_CWORD" -eq 1 ]] && names="{first}"
    if [[ -n "$names" ]]; then
        COMPREPLY+=( $(compgen -W "$names" -- "$cur") )
        local IFS=$'\n'
        COMPREPLY+=( $(compgen -f -- "$cur") )
        [[ "${{BASH_VERSINFO[0]}}" -ge 4 ]] && compopt -o filenames
    fi
    return 0
}}

"#
    );
    // Before it is named.
    match script.rfind("\nif [[ \"${BASH_VERSINFO[0]}\" -eq 4") {
        Some(at) => format!("{}\n{function}{}", &script[..at], &script[at + 1..]),
        None => function + &script,
    }
}

/// Functions in the place of what stands for networks and columns.
pub(super) fn zsh(script: &str) -> String {
    let names = networks("check").join(" ");
    let first = networks("analyze").join(" ");
    let columns = columns().join(" ");
    let functions = format!(
        r"(( $+functions[_cnncost_networks] )) ||
_cnncost_networks() {{
    local -a names
    names=({names})
    _alternative 'networks:network:compadd -a names' 'files:file:_files'
}}
(( $+functions[_cnncost_columns] )) ||
_cnncost_columns() {{
    _values -s , 'column' {columns}
}}
(( $+functions[_cnncost_first] )) ||
_cnncost_first() {{
    local -a names
    names=({first})
    _alternative 'commands:command:_cnncost_commands' 'networks:network:compadd -a names' 'files:file:_files'
}}

"
    );
    let script = script
        .replace(":_cmdstring", ":_cnncost_networks")
        .replace(":_users", ":_cnncost_columns")
        .replace(":_command_names -e", ":_cnncost_commands")
        .replace("\":: :_cnncost_commands\"", "\":: :_cnncost_first\"");
    match script.rfind("\nif [ \"$funcstack[1]\"") {
        Some(at) => format!("{}\n{functions}{}", &script[..at], &script[at + 1..]),
        None => script + &functions,
    }
}

/// Lines for the arguments of commands, of which clap writes none.
pub(super) fn fish(mut script: String) -> String {
    let first = networks("analyze").join(" ");
    script.push_str(&format!("complete -c cnncost -n \"__fish_cnncost_needs_command\" -a \"{first}\"\n"));
    for (name, words) in arguments() {
        let words = words.join(" ");
        script.push_str(&format!(
            "complete -c cnncost -n \"__fish_cnncost_using_subcommand {name}\" -a \"{words}\"\n"
        ));
    }
    let columns = columns().join(" ");
    script.push_str(&format!(
        "function __fish_cnncost_columns\n    \
             set -l before (commandline -ct | string replace -r '^--\\w+=' '' | string replace -r '[^,]*$' '')\n    \
             printf '%s\\n' $before(string split ' ' '{columns}')\n\
         end\n"
    ));
    for option in ["columns", "sort"] {
        script.push_str(&format!(
            "complete -c cnncost -n \"__fish_cnncost_using_subcommand analyze\" -l {option} -x -a \
             \"(__fish_cnncost_columns)\"\n"
        ));
    }
    script
}

/// Results for the arguments of commands, likewise.
pub(super) fn powershell(script: &str) -> String {
    let result = |word: &String| {
        format!(
            "            [CompletionResult]::new('{word}', '{word}', [CompletionResultType]::ParameterValue, '{word}')\n"
        )
    };
    let all = arguments().into_iter().map(|(name, words)| (format!("'cnncost;{name}' {{"), words));
    let all = all.chain([("'cnncost' {".to_owned(), networks("analyze"))]);
    all.fold(script.to_owned(), |script, (start, words)| {
        let results: String = words.iter().map(result).collect();
        script.replacen(&format!("{start}\n"), &format!("{start}\n{results}"), 1)
    })
}

/// The words that the arguments of each command take.
fn arguments() -> Vec<(String, Vec<String>)> {
    let program = Cli::command();
    let of_command = |name: &String| {
        let command = program.find_subcommand(name)?;
        let mut found = command.get_positionals().filter_map(|arg| {
            let owned = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect::<Vec<_>>();
            let listed = arg.get_possible_values();
            let listed = listed.iter().map(PossibleValue::get_name).collect::<Vec<_>>();
            match (words(name, arg.get_id().as_str()), &**name) {
                (Some(words), _) => Some(owned(words)),
                (None, "man") => Some(commands()),
                (None, _) => Some(owned(listed)).filter(|listed| !listed.is_empty()),
            }
        });
        Some((name.clone(), found.next()?))
    };
    commands_of_networks().into_iter().chain(commands().iter().filter_map(of_command)).collect()
}
