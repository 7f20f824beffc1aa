//! `cnncost check --update`: the totals of networks as a file of claims, which holds every choice that they were made with.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::check::speech::Speech;
use super::input::{Named, NetworkOptions, io_error, quoted};
use super::{Outcome, Output, files};
use crate::claim::statement::literal;
use crate::error::{Diagnostic, ReadError};
use crate::metric::METRICS;
use crate::report::Subject;
use crate::text;
use crate::text::{Text, is_hidden, printable};

mod refresh;

/// What every lock begins with, and nothing else that is written over.
const HEAD: &str = "# Written by `cnncost check --update`;";

/// What a mistake on the command line is told with.
type Misuse = (Text, Option<Text>);

/// What stands on the command line.
pub(super) struct Update<'a> {
    /// What is locked, or the lock that is refreshed.
    pub(super) files: &'a [String],
    /// The lock, if it is named behind `--update`.
    pub(super) lockfile: Option<&'a Path>,
    pub(super) within: Option<&'a str>,
    pub(super) options: &'a NetworkOptions,
    pub(super) output: &'a Output,
}

impl Update<'_> {
    /// Writes what every network comes to, as claims that hold now; or writes a lock anew that is there.
    pub(super) fn run(&self) -> Outcome {
        match self.plan() {
            Err((message, help)) => self.output.misused(message, help),
            Ok((lockfile, true)) => match refresh::refreshed(&lockfile, self.options, self.output) {
                Ok((text, Outcome::Done)) => self.output.write_lock(&lockfile, &text),
                Ok((_, outcome)) => outcome,
                Err(error) => self.output.refuse(&error),
            },
            Ok((lockfile, false)) => self.write(&lockfile),
        }
    }

    /// The lock, and whether it is refreshed.
    fn plan(&self) -> Result<(PathBuf, bool), Misuse> {
        if let Some(within) = self.within
            && literal(within).is_err()
        {
            let message = text!("`{within}` is no percentage", "`{within}` 不是百分比");
            return Err((message, Some(text!("as in --within 1%", "例如 --within 1%"))));
        }
        if self.output.to.is_some() {
            let message = text!(
                "`--update` names the file that is written, `-o` none",
                "写入的文件由 `--update` 指定,不能用 `-o`"
            );
            return Err((message, None));
        }
        let (lockfile, is_itself) = match (self.lockfile, self.files) {
            (Some(lockfile), []) => (lockfile.to_owned(), true),
            (Some(lockfile), [file]) => (lockfile.to_owned(), files::is_same(lockfile, Path::new(file))),
            (Some(lockfile), _) => (lockfile.to_owned(), false),
            (None, [file]) => (PathBuf::from(file), true),
            (None, []) => {
                let message = text!("no network is named, and no lock", "没有指定网络,也没有指定锁文件");
                let help = text!(
                    "as in `check resnet50 --update lock.toml`, or `check lock.toml --update` to refresh it",
                    "例如 `check resnet50 --update lock.toml`,或用 `check lock.toml --update` 刷新"
                );
                return Err((message, Some(help)));
            }
            (None, _) => {
                let message = text!("several files are no lock", "多个文件不是锁文件");
                return Err((message, Some(text!("as in --update lock.toml", "例如 --update lock.toml"))));
            }
        };
        if !is_itself {
            may_be_lock(&lockfile)?;
        } else if is_no_plain_file(&lockfile) || is_lock(&lockfile)? != Some(true) {
            return Err(no_lock(&lockfile));
        } else if self.within.is_some() || self.options.is_set() {
            return Err((
                text!(
                    "a lock that is refreshed keeps the choices that it was made with",
                    "刷新锁文件时保留其原有的选择"
                ),
                Some(text!(
                    "make it anew with `--update FILE`, or edit it",
                    "请用 `--update FILE` 重新生成,或编辑它"
                )),
            ));
        }
        Ok((lockfile, is_itself))
    }

    fn write(&self, lockfile: &Path) -> Outcome {
        let folder = lockfile.parent().unwrap_or(Path::new(""));
        let (mut locked, mut worst) = (vec![], Outcome::Done);
        for file in self.files {
            worst = worst.max(self.read(file, folder, &mut locked));
        }
        if worst != Outcome::Done {
            // A lockfile with only some of the networks would say less than the one that is there.
            return worst;
        }
        self.output.write_file(lockfile, &lock(&locked, self.within, self.options))
    }

    /// The networks of a file, each with what the lock calls it.
    fn read(&self, file: &str, folder: &Path, locked: &mut Vec<(String, Subject)>) -> Outcome {
        let read = self.options.read(file).and_then(|named| {
            let reference = reference(&named, file, folder)?;
            Ok((named, reference))
        });
        let (named, reference) = match read {
            Ok(read) => read,
            Err(error) => return self.output.refuse(&error),
        };
        let (subjects, outcome) = self.options.variants(&named, self.output);
        locked.extend(subjects.into_iter().map(|subject| {
            let variant = subject.variant.as_ref().map_or(String::new(), |variant| format!("@{variant}"));
            (format!("{reference}{variant}"), subject)
        }));
        outcome
    }
}

/// Whether a file is a lock, if there is anything in it.
fn is_lock(path: &Path) -> Result<Option<bool>, Misuse> {
    let text = fs::read(path).map_err(|error| {
        let (name, why) = (printable(&path.display().to_string()), io_error(&error));
        (text!("cannot read `{name}`: {why}", "无法读取 `{name}`:{why:#}"), None)
    })?;
    Ok((!text.is_empty()).then(|| text.starts_with(HEAD.as_bytes())))
}

/// Whether a lock may be written there: where nothing is, or a lock.
fn may_be_lock(path: &Path) -> Result<(), Misuse> {
    if !path.is_file() || is_lock(path)? != Some(false) { Ok(()) } else { Err(no_lock(path)) }
}

/// Whether it is something that is never read here: a pipe might wait for ever.
fn is_no_plain_file(path: &Path) -> bool {
    path.exists() && !path.is_file()
}

fn no_lock(path: &Path) -> Misuse {
    let name = printable(&path.display().to_string());
    (
        text!(
            "`{name}` is no lock that `check --update` wrote: it is not written over",
            "`{name}` 不是 `check --update` 写出的锁文件:不会覆盖它"
        ),
        Some(text!("give another file behind `--update`", "请在 `--update` 后给出另一个文件")),
    )
}

fn lock(locked: &[(String, Subject)], within: Option<&str>, options: &NetworkOptions) -> String {
    let mut text = format!("{HEAD} `cnncost check` holds the networks to it.\n\n[networks]\n");
    let (mut claims, mut taken) = (String::new(), BTreeSet::new());
    for (reference, subject) in locked {
        let alias = alias(&subject.label, &taken);
        let _ =
            writeln!(text, "{} = {{ file = {}{} }}", quoted(&alias), quoted(reference), options.as_toml());
        for metric in METRICS.iter().filter(|metric| metric.is_locked) {
            let Some(figure) = metric.total(subject).ok().and_then(|measure| measure.count()) else {
                continue;
            };
            let metric = metric.name;
            let expect = quoted(&format!("'{alias}':{metric} == {figure}"));
            let _ = write!(claims, "\n[[claims]]\nexpect = {expect}\n");
            if let Some(within) = within {
                let _ = writeln!(claims, "within = {}", quoted(within.trim()));
            }
        }
        taken.insert(alias);
    }
    text + &claims
}

/// A network's label as claims can quote it, with a number behind it where others have it too.
fn alias(label: &str, taken: &BTreeSet<String>) -> String {
    let plain: String = label.chars().map(|c| if c == '\'' || is_hidden(c) { '_' } else { c }).collect();
    let numbered = (2u64..).map(|number| format!("{plain}-{number}"));
    std::iter::once(plain.clone()).chain(numbered).find(|alias| !taken.contains(alias)).unwrap_or(plain)
}

/// How a lockfile in `folder` calls what `file` names, without a variant.
fn reference(named: &Named, file: &str, folder: &Path) -> Result<String, ReadError> {
    if named.bundled {
        return Ok(named.stem.clone());
    }
    let path = Path::new(&named.description.source.name);
    if file == "-" || !path.is_file() {
        let why = text!(
            "a lock names a file, and this can be read only once",
            "锁文件需要引用文件,而此输入只能读取一次"
        );
        return Err(named.refused(why, Some(text!("save it in a file", "请把它存为文件"))));
    }
    let relative = relative(path, folder).unwrap_or_else(|| path.to_owned());
    let relative = relative.to_str().filter(|name| !name.chars().any(is_hidden)).ok_or_else(|| {
        let why = text!(
            "a lock cannot name it: characters of its path are not shown",
            "锁文件无法引用它:其路径含有不可显示的字符"
        );
        named.refused(why, Some(text!("give it another name", "请改名")))
    })?;
    let relative = if cfg!(windows) { relative.replace('\\', "/") } else { relative.to_owned() };
    let here = if relative.contains('/') { "" } else { "./" };
    Ok(format!("{here}{relative}"))
}

/// `path` as seen from `folder`.
fn relative(path: &Path, folder: &Path) -> Option<PathBuf> {
    let whole = |folder: &Path| {
        if folder.as_os_str().is_empty() { Path::new(".") } else { folder }.canonicalize().ok()
    };
    // The name itself may be that of a link, which stays one.
    let (path, folder) = (whole(path.parent()?)?.join(path.file_name()?), whole(folder)?);
    let (to, from): (Vec<Component>, Vec<Component>) =
        (path.components().collect(), folder.components().collect());
    let shared = to.iter().zip(&from).take_while(|(a, b)| a == b).count();
    let up = from[shared..].iter().map(|_| Component::ParentDir);
    Some(up.chain(to[shared..].iter().copied()).collect())
}

/// The lock as it is read: a file of claims.
fn read(lockfile: &Path, options: &NetworkOptions) -> Result<Speech, ReadError> {
    let name = lockfile.to_string_lossy();
    let speech = Speech::read(&name, options)?;
    match &speech {
        Speech::Claims(..) => Ok(speech),
        Speech::Description(_) => {
            let why = text!("it names no networks", "其中没有引用网络");
            Err(speech.invalid(vec![Diagnostic::nowhere(why)]))
        }
    }
}
