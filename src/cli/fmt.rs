//! `cnncost fmt`: descriptions and files of claims in the canonical layout, in their place.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Outcome, Output, Voice, files};
use crate::error::ReadError;
use crate::file::Outputs;
use crate::layout;
use crate::read::bundled;
use crate::source;
use crate::text;
use crate::text::{Language, Text, printable};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Descriptions or files of claims; `-` is standard input
    ///
    /// Descriptions or files of claims, each of which is written anew unless it is laid out already; `-` is standard input,
    /// which goes to standard output. A file with a mistake stays as it is, and so does a lock of `check --update`.
    #[arg(required = true, value_name = "FILE", help_heading = "Network", display_order = 0)]
    files: Vec<String>,
    /// Write nothing; fail if a file would change
    ///
    /// Write nothing; fail if a file would change, and show which and the first line of each that would.
    #[arg(long, conflicts_with = "to", help_heading = "Output")]
    check: bool,
    /// Write to this file instead; the one that is read stays
    #[arg(short = 'o', long = "output", value_name = "FILE", help_heading = "Output")]
    to: Option<PathBuf>,
    #[command(flatten)]
    voice: Voice,
}

/// A command that is under way.
struct Formatter {
    is_check: bool,
    output: Output,
}

/// What stands for standard input.
const STANDARD_INPUT: &str = "-";

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let output = Output { to: arguments.to.clone(), voice: arguments.voice.clone() };
    let (formatter, files) = (Formatter { is_check: arguments.check, output }, distinct(&arguments.files));
    let output = &formatter.output;
    if let (Some(_), [_, _, ..]) = (&output.to, &*files) {
        let message =
            text!("`-o` takes one file, and several are given", "`-o` 只能用于一个文件,这里给出了多个");
        return output.misused(
            message,
            Some(text!("without it, each is written in its place", "不给出时,各文件就地改写")),
        );
    }
    let (mut worst, mut outputs, mut changes) = (Outcome::Done, Outputs::default(), String::new());
    for file in files {
        let (text, laid_out) = match formatter.read(file) {
            Ok(texts) => texts,
            Err(refused) => {
                worst = worst.max(refused);
                continue;
            }
        };
        if formatter.is_check {
            changes.push_str(&difference(file, &text, &laid_out, output.language()));
        } else if output.to.is_some() || file == STANDARD_INPUT {
            worst = worst.max(formatter.pass_on(&laid_out));
        } else if laid_out != text {
            let path = Path::new(file);
            if let Err(error) = outputs.write(path, |part| fs::write(part, &laid_out)) {
                worst = worst.max(formatter.failed(path, &error));
            }
        }
    }
    if let Err((path, error)) = outputs.put_in_place() {
        worst = worst.max(formatter.failed(&path, &error));
    }
    if changes.is_empty() { worst } else { worst.max(Outcome::Failed).max(output.write(&changes)) }
}

/// The files, each once: what is written twice would be read before it is there.
fn distinct(files: &[String]) -> Vec<&str> {
    let mut known = BTreeSet::new();
    let is_new = |file: &&str| known.insert(fs::canonicalize(file).unwrap_or_else(|_| PathBuf::from(file)));
    files.iter().map(String::as_str).filter(is_new).collect()
}

impl Formatter {
    /// The text of a file, and what it is laid out.
    fn read(&self, file: &str) -> Result<(String, String), Outcome> {
        let path = Path::new(file);
        let is_written = !self.is_check && self.output.to.is_none() && file != STANDARD_INPUT;
        if let Some(help) = without_place(path, file, is_written) {
            let name = printable(file);
            let message = text!("`{name}` is no file that could be written", "`{name}` 不是可以改写的文件");
            return Err(self.output.misused(message, Some(help)));
        }
        if !is_written && file != STANDARD_INPUT {
            files::are_read([path]);
        }
        let name = if file == STANDARD_INPUT { "standard input" } else { file };
        let read = || -> Result<_, ReadError> {
            let text = source::text(file)?;
            let laid_out = match source::folder(file) {
                Some((folder, file)) => layout::format_with(&file, &text, &folder)?,
                None => layout::format(name, &text)?,
            };
            Ok((text, laid_out))
        };
        read().map_err(|error| self.output.refuse(&error))
    }

    /// Writes the text to standard output or to the file of `-o`: as it is, but to a terminal without what steers it.
    fn pass_on(&self, text: &str) -> Outcome {
        if self.output.to.is_none() && io::stdout().is_terminal() {
            return self.output.print(text);
        }
        self.output.stream(|to| to.write_all(text.as_bytes()))
    }

    fn failed(&self, path: &Path, error: &io::Error) -> Outcome {
        let name = path.display();
        self.output.misused(text!("cannot write {name}: {error}", "无法写入 {name}:{error}"), None);
        Outcome::Failed
    }
}

/// What to do instead, if there is nothing at `path` that could be written anew: a bundled network; or a pipe, if it is to be
/// written.
fn without_place(path: &Path, name: &str, is_written: bool) -> Option<Text> {
    if name != STANDARD_INPUT && !path.exists() && bundled::find(name).is_some() {
        return Some(text!(
            "it is bundled: `cnncost models {name} -o {name}.toml` makes a file of it",
            "这是内置网络:用 `cnncost models {name} -o {name}.toml` 存为文件"
        ));
    }
    let is_pipe = path.exists() && !path.is_dir() && !path.is_file();
    (is_written && is_pipe).then(|| {
        text!("`-` reads standard input and writes to standard output", "`-` 读取标准输入,写到标准输出")
    })
}

/// Where a file would change first, and how; nothing if it would not.
fn difference(file: &str, text: &str, laid_out: &str, language: Language) -> String {
    let lines = text.split('\n').map(Some).chain([None]).zip(laid_out.split('\n').map(Some).chain([None]));
    let Some((index, (old, new))) = lines.enumerate().find(|(_, (old, new))| old != new) else {
        return String::new();
    };
    let line =
        |sign: &str, line: Option<&str>| line.map(|line| format!("{sign} {line}\n")).unwrap_or_default();
    let end = text!("(no line ends here)\n", "(此处缺少换行)\n");
    let (number, changes) = match (old, new) {
        (None, Some("")) => (index, end.get(language).to_owned()),
        _ => (index + 1, line("-", old) + &line("+", new)),
    };
    // A line that begins with two colons is a command to some workflows.
    let here = if file.starts_with("::") { "./" } else { "" };
    format!("{here}{}:{number}\n{changes}", printable(file))
}
