//! `cnncost check --update`: the totals of networks as a file of claims, which holds every choice that they were made with.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::input::{NetworkOptions, open, open_claims};
use super::{Outcome, Output, files};
use crate::claim::statement::literal;
use crate::report::Subject;
use crate::source::{Choice, lock, why};
use crate::text;
use crate::text::{Text, printable};

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
            Ok((lockfile, true)) => self.refresh(&lockfile),
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
        } else if self.within.is_some() || self.options.choice() != Choice::default() {
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

    fn refresh(&self, lockfile: &Path) -> Outcome {
        let mut findings = vec![];
        let claims = open_claims(&lockfile.to_string_lossy());
        let text = claims.and_then(|claims| lock::refreshed(&claims, &mut findings));
        let judged = findings.iter().map(|found| self.options.judge(found, self.output));
        match (judged.max().unwrap_or(Outcome::Done), text) {
            (_, Err(error)) => self.output.refuse(&error),
            (Outcome::Done, Ok(text)) => self.output.write_lock(lockfile, &text),
            (outcome @ (Outcome::Failed | Outcome::Unusable), Ok(_)) => outcome,
        }
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
        self.output.write_file(lockfile, &lock::lock(&locked, &self.options.choice(), self.within))
    }

    /// The networks of a file, each with what the lock calls it.
    fn read(&self, file: &str, folder: &Path, locked: &mut Vec<(String, Subject)>) -> Outcome {
        let read = open(file).and_then(|named| {
            let reference = lock::reference(&named, folder)?;
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
    // Its first line tells, however much follows.
    let mut text = vec![];
    let read = File::open(path).and_then(|file| file.take(1 << 10).read_to_end(&mut text));
    read.map_err(|error| {
        let (name, why) = (printable(&path.display().to_string()), why(&error));
        (text!("cannot read `{name}`: {why}", "无法读取 `{name}`:{why:#}"), None)
    })?;
    Ok((!text.is_empty()).then(|| lock::is_lock(&text)))
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
