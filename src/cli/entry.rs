//! What the command line begins with: a command, a network, which is analyzed, or nothing.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::rc::Rc;

use clap::{CommandFactory, Subcommand, ValueEnum};

use super::{Cli, Color, Command, Lang, Voice, say};
use crate::error::{Code, Diagnostic, meant, nearest};
use crate::read::bundled::{self, BLOCKS, BUNDLED, CLAIMS};
use crate::source::Address;
use crate::text;
use crate::text::{Language, Text};

/// What is said where nothing is asked.
fn start() -> Text {
    text!(
        "cnncost counts what convolutional networks cost, exactly, and shows the working of each number.

  cnncost lenet5             what each layer costs; a file of your own goes the same way
  cnncost explain lenet5 c3  the working of every number of a layer
  cnncost models             the networks that come with it

`cnncost --help` shows what else there is; `--lang zh` speaks Chinese (中文).",
        "cnncost 精确计算卷积网络的开销,并给出每个数的算式。

  cnncost lenet5 --lang zh             每一层的开销;自己的文件用法相同
  cnncost explain lenet5 c3 --lang zh  一层中每个数的算式
  cnncost models --lang zh             内置网络

`cnncost --help` 列出其余用法。"
    )
}

/// The command for networks that are named without one.
const USUAL: &str = "analyze";

/// The command that clap adds to those there are.
const HELP: &str = "help";

/// The arguments with a command at the front, how to speak behind it; `None` if there is none to be found, which has been said.
pub(super) fn with_command(arguments: Vec<OsString>) -> Option<Vec<OsString>> {
    if arguments.len() < 2 {
        say(&start().english);
        return None;
    }
    if is_language_alone(&arguments) {
        say(start().get(language(&arguments)));
        return None;
    }
    let mut arguments = with_voice_behind(arguments);
    let first = arguments[1].to_string_lossy().into_owned();
    if is_command(&first) || HELPS.contains(&&*first) {
        return Some(arguments);
    }
    let is_option = first.starts_with('-') && first != "-";
    if let (true, Some(command)) = (is_option, arguments[1..].iter().find_map(|word| as_command(word))) {
        let message = text!("`{first}` stands before the command", "`{first}` 写在了命令之前");
        voice(&arguments).misused(message, Some(comes_first(&command)));
        return None;
    }
    if is_option || is_network(&first) {
        arguments.insert(1, USUAL.into());
        return Some(arguments);
    }
    let message =
        text!("there is no command, network or file `{first}`", "没有名为 `{first}` 的命令、网络或文件");
    voice(&arguments).misused(message, Some(help(&first)));
    None
}

/// Options that are answered without a command.
const HELPS: [&str; 4] = ["-h", "--help", "-V", "--version"];

/// Whether help is what is probably asked for.
pub(super) fn asks_for_help(arguments: &[OsString]) -> bool {
    let is_option = |word: &OsString| word == "-h" || word == "--help";
    arguments.get(1).is_some_and(|first| first == HELP) || arguments.iter().any(is_option)
}

/// The arguments with how to speak, where it stands before the command, behind that; without it, where nothing takes it.
fn with_voice_behind(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let words = voice_words(&arguments[1..]);
    let first =
        arguments.get(1 + words).map(|first| first.to_string_lossy().into_owned()).unwrap_or_default();
    if first == HELP {
        let mut kept: Vec<OsString> = arguments.drain(..1).collect();
        while !arguments.is_empty() {
            arguments.drain(..voice_words(&arguments));
            kept.extend(arguments.drain(..arguments.len().min(1)));
        }
        return kept;
    }
    if HELPS.contains(&&*first) {
        arguments.drain(1..=words);
    } else if is_command(&first) {
        arguments[1..=1 + words].rotate_right(1);
    }
    arguments
}

/// How many words at the front say how to speak.
fn voice_words(arguments: &[OsString]) -> usize {
    let mut count = 0;
    while let Some(word) = arguments.get(count).and_then(|word| word.to_str()) {
        count += match word.split_once('=') {
            None if ["--lang", "--color"].contains(&word) && count + 1 < arguments.len() => 2,
            None if ["-q", "--quiet"].contains(&word) => 1,
            Some(("--lang" | "--color", _)) => 1,
            _ => break,
        };
    }
    count
}

/// Whether `word`, which may be anything, is meant as a network: a path, or a name that is known.
fn is_network(word: &str) -> bool {
    let is_path = word.contains(['/', '\\', '.']);
    is_path
        || match Address::of(word).0 {
            Address::StandardInput | Address::File(_) => true,
            Address::Bundled(name) => bundled::find(&name).is_some(),
        }
}

/// Whether nothing is asked but the language.
fn is_language_alone(arguments: &[OsString]) -> bool {
    let options: Vec<_> = arguments[1..].iter().map(|argument| argument.to_string_lossy()).collect();
    let lang = match options.iter().map(AsRef::as_ref).collect::<Vec<&str>>()[..] {
        ["--lang", lang] => Some(lang),
        [joined] => joined.strip_prefix("--lang="),
        _ => None,
    };
    lang.is_some_and(|lang| Lang::from_str(lang, false).is_ok())
}

/// Says that a file is called like the command that was taken for it, where the command has nothing else to do.
pub(super) fn hint_at_file(arguments: &[OsString]) {
    let [_, name, options @ ..] = arguments else { return };
    let name = name.to_string_lossy();
    let is_option = |argument: &OsString| argument.to_string_lossy().starts_with('-');
    if options.iter().all(is_option) && is_command(&name) && Path::new(&*name).is_file() {
        let message =
            text!("`{name}` is the command, not the file of that name", "`{name}` 是命令,不是同名文件");
        let help = text!("`cnncost ./{name}` analyzes the file", "`cnncost ./{name}` 分析该文件");
        voice(arguments).show(&Diagnostic::nowhere(Code::Usage, message).help(help).warning());
    }
}

/// That commands come first, as a help.
pub(super) fn comes_first(command: &str) -> Text {
    text!("a command comes first: `cnncost {command} …`", "命令应在最前:`cnncost {command} …`")
}

fn as_command(word: &OsStr) -> Option<String> {
    word.to_str().filter(|word| is_command(word)).map(str::to_owned)
}

/// Whether `word` is a command.
pub(super) fn is_command(word: &str) -> bool {
    Command::has_subcommand(word) || word == HELP
}

fn commands() -> Vec<String> {
    let program = Cli::command();
    let names = program.get_subcommands().map(|command| command.get_name().to_owned());
    names.chain([HELP.to_owned()]).collect()
}

/// What was probably meant by a word that is nothing.
fn help(word: &str) -> Text {
    if CLAIMS.iter().any(|claims| claims.name == word) {
        return text!(
            "`{word}` is a file of claims: `cnncost check {word}`",
            "`{word}` 是论断文件:`cnncost check {word}`"
        );
    }
    if BLOCKS.iter().any(|blocks| blocks.name == word) {
        return text!(
            "`{word}` holds blocks for descriptions to include: `cnncost models {word}` prints them",
            "`{word}` 是供描述文件包含的块:`cnncost models {word}` 会输出它们"
        );
    }
    let commands = commands();
    let networks =
        BUNDLED.iter().flat_map(|file| bundled::variants(file).into_iter().chain([file.name.to_owned()]));
    let known: Vec<String> = networks.chain(commands.iter().cloned()).collect();
    match nearest(word, known.iter().map(String::as_str)) {
        Some(near) if is_command(near) => meant(&format!("cnncost {near}")),
        Some(near) => meant(near),
        None => text!(
            "`cnncost --help` lists the commands, `cnncost models` the networks",
            "`cnncost --help` 列出命令,`cnncost models` 列出网络"
        ),
    }
}

/// That there is no such command, and what was probably meant.
pub(super) fn no_command(name: &str) -> (Text, Text) {
    let known = commands();
    let help = nearest(name, known.iter().map(String::as_str)).map(meant);
    (
        text!("there is no command `{name}`", "没有命令 `{name}`"),
        help.unwrap_or_else(|| text!("`cnncost --help` lists the commands", "`cnncost --help` 列出命令")),
    )
}

/// How to speak where the options have not been read yet.
fn voice(arguments: &[OsString]) -> Voice {
    Voice { color: Color::Auto, lang: lang(arguments), quiet: false, warned: Rc::default(), page: None }
}

/// The language that is asked for, where the options have not been read yet.
pub(super) fn language(arguments: &[OsString]) -> Language {
    voice(arguments).language()
}

fn lang(arguments: &[OsString]) -> Lang {
    let after = arguments
        .windows(2)
        .find(|pair| pair[0] == OsStr::new("--lang"))
        .map(|pair| pair[1].to_string_lossy());
    let joined =
        || arguments.iter().find_map(|argument| Some(argument.to_str()?.strip_prefix("--lang=")?.into()));
    after.or_else(joined).and_then(|lang| Lang::from_str(&lang, false).ok()).unwrap_or(Lang::En)
}
