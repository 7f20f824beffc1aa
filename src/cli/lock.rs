//! `cnncost check --update`: the totals of networks as a file of claims.

use std::fmt::Write;
use std::path::{Component, Path, PathBuf};

use super::input::NetworkOptions;
use super::{Outcome, Output};
use crate::claim::statement::literal;
use crate::report::Subject;
use crate::text;

/// Writes what every network comes to, as claims that hold now.
pub(super) fn update(
    files: &[String],
    lockfile: &Path,
    within: Option<&str>,
    options: &NetworkOptions,
    output: &Output,
) -> Outcome {
    if let Some(within) = within
        && literal(within).is_err()
    {
        let message = text!("`{within}` is no percentage", "`{within}` 不是百分比");
        return output.misused(message, Some(text!("as in --within 1%", "例如 --within 1%")));
    }
    let (subjects, outcome) = options.subjects(files, output);
    if outcome != Outcome::Done {
        // A lockfile with only some of the networks would say less than the one that is there.
        return outcome;
    }
    let folder = lockfile.parent().unwrap_or(Path::new(""));
    let text = lock(&subjects, folder, within, options);
    let there = Output { to: Some(lockfile.to_owned()), ..output.clone() };
    there.write(&text)
}

fn lock(subjects: &[Subject], folder: &Path, within: Option<&str>, options: &NetworkOptions) -> String {
    let mut text = String::from(
        "# Written by `cnncost check --update`; `cnncost check` holds the networks to it.\n\n[networks]\n",
    );
    let mut claims = String::new();
    for (index, subject) in subjects.iter().enumerate() {
        let alias = quoted(&alias(subjects, index));
        let _ = writeln!(
            text,
            "{alias} = {{ file = {}{} }}",
            quoted(&reference(subject, folder)),
            options.as_toml()
        );
        let total = subject.analysis.total();
        let figures = [
            ("params", total.params.total()),
            ("buffers", total.params.buffers),
            ("macs", total.work.macs.total()),
            ("flops", total.work.ops.flops()),
            ("peak_bytes", subject.peak_bytes()),
        ];
        for (metric, figure) in figures {
            let alias = self::alias(subjects, index);
            let expect = quoted(&format!("'{alias}':{metric} == {figure}"));
            let _ = write!(claims, "\n[[claims]]\nexpect = {expect}\n");
            if let Some(within) = within {
                let _ = writeln!(claims, "within = {}", quoted(within));
            }
        }
    }
    text + &claims
}

/// A network's label, with a number behind it where others have it too.
fn alias(subjects: &[Subject], index: usize) -> String {
    let label = &subjects[index].label;
    match subjects[..index].iter().filter(|other| other.label == *label).count() {
        0 => label.clone(),
        before => format!("{label}-{}", before + 1),
    }
}

/// How a lockfile in `folder` calls the network.
fn reference(subject: &Subject, folder: &Path) -> String {
    let variant = subject.variant.as_ref().map_or(String::new(), |variant| format!("@{variant}"));
    let path = Path::new(&subject.source);
    if !path.exists() {
        // A bundled one: by its file's name, without the ending.
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        return format!("{stem}{variant}");
    }
    let relative = relative(path, folder).unwrap_or_else(|| path.to_owned());
    let relative = relative.to_string_lossy().replace('\\', "/");
    let here = if relative.contains('/') { "" } else { "./" };
    format!("{here}{relative}{variant}")
}

/// `path` as seen from `folder`.
fn relative(path: &Path, folder: &Path) -> Option<PathBuf> {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let (path, folder) = (path.canonicalize().ok()?, here.canonicalize().ok()?);
    let (to, from): (Vec<Component>, Vec<Component>) =
        (path.components().collect(), folder.components().collect());
    let shared = to.iter().zip(&from).take_while(|(a, b)| a == b).count();
    let up = from[shared..].iter().map(|_| Component::ParentDir);
    Some(up.chain(to[shared..].iter().copied()).collect())
}

/// Text as TOML writes it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
