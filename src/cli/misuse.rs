//! Mistakes on the command line as they are shown: in other languages than English, in which alone clap has words, and with
//! nothing in them that steers a terminal.

use std::error::Error;
use std::ffi::OsString;

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{Cli, help};
use crate::error::{Code, Diagnostic, Source};
use crate::text;
use crate::text::{Language, Text, printable};

/// What is wrong with the arguments, where they hold what is hidden: what is wrong with them when all of that is written out,
/// since clap repeats them as they are.
pub(super) fn harmless(error: clap::Error, arguments: &[OsString], language: Language) -> clap::Error {
    let shown = |argument: &OsString| OsString::from(printable(&argument.to_string_lossy()));
    let shown: Vec<_> = arguments.iter().map(shown).collect();
    if shown == arguments {
        return error;
    }
    let again = help::written(Cli::command(), &shown, language).try_get_matches_from(&shown).err();
    again.unwrap_or_else(|| clap::Error::raw(error.kind(), printable(&error.render().to_string()) + "\n"))
}

/// What is wrong with the arguments, in a language other than English; `None` where clap's own words will do.
pub(super) fn in_words(error: &clap::Error, language: Language, width: usize) -> Option<String> {
    if language == Language::English {
        return None;
    }
    let (message, help) = said(error)?;
    let help = help.unwrap_or_else(|| text!("`--help` says what there is", "`--help` 说明用法"));
    let nowhere = Source::new("", "");
    let said = Diagnostic::nowhere(Code::Usage, message).help(help);
    Some(said.render(&nowhere, language, false, width))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the rest is clap's own")]
fn said(error: &clap::Error) -> Option<(Text, Option<Text>)> {
    let (argument, value) =
        (context(error, ContextKind::InvalidArg), context(error, ContextKind::InvalidValue));
    let (name, value) = (argument.unwrap_or_default(), value.unwrap_or_default());
    let meant =
        |kind| context(error, kind).map(|known| text!("did you mean `{known}`?", "是否指 `{known}`?"));
    Some(match error.kind() {
        ErrorKind::ValueValidation => {
            let why = error.source().map(|why| text!("{why}", "{why:#}"));
            (text!("`{name}` cannot be `{value}`", "`{name}` 不能是 `{value}`"), why)
        }
        ErrorKind::InvalidValue if value.is_empty() => {
            (text!("`{name}` wants a value", "`{name}` 需要一个值"), None)
        }
        ErrorKind::InvalidValue => {
            let known = context(error, ContextKind::ValidValue);
            let help = known.map(|known| text!("it is one of {known}", "可选 {known}"));
            (text!("`{name}` cannot be `{value}`", "`{name}` 不能是 `{value}`"), help)
        }
        ErrorKind::UnknownArgument if !name.starts_with('-') => {
            (text!("`{name}` is one too many", "多余的 `{name}`"), None)
        }
        ErrorKind::UnknownArgument => {
            let help = meant(ContextKind::SuggestedArg);
            (text!("there is no option `{name}`", "没有选项 `{name}`"), help)
        }
        ErrorKind::InvalidSubcommand => {
            let name = context(error, ContextKind::InvalidSubcommand).unwrap_or_default();
            let help = meant(ContextKind::SuggestedSubcommand);
            (text!("there is no command `{name}`", "没有命令 `{name}`"), help)
        }
        ErrorKind::MissingRequiredArgument => (text!("`{name}` is missing", "缺少 `{name}`"), None),
        ErrorKind::ArgumentConflict => {
            let other = context(error, ContextKind::PriorArg).unwrap_or_default();
            let message = if name == other {
                text!("`{name}` stands there more than once", "`{name}` 只能给出一次")
            } else {
                text!("`{name}` and `{other}` cannot stand together", "`{name}` 与 `{other}` 不能同时使用")
            };
            (message, None)
        }
        ErrorKind::TooManyValues => (text!("`{name}` takes no `{value}`", "`{name}` 不接受 `{value}`"), None),
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues | ErrorKind::NoEquals => {
            (text!("`{name}` wants a value", "`{name}` 需要一个值"), None)
        }
        ErrorKind::InvalidUtf8 => (text!("an argument is no text", "有一个参数不是文本"), None),
        _ => return None,
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the rest is no text")]
fn context(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(list) if !list.is_empty() => Some(list.join("、")),
        _ => None,
    }
}
