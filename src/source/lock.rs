//! Locks: the totals of networks as a file of claims, which holds every choice that they were made with. Text in, text out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Component, Path, PathBuf};

use super::notation::{quoted, toml_key, toml_value};
use super::{Address, Choice, Named};
use crate::error::ReadError;
use crate::graph::ScopeId;
use crate::metric::METRICS;
use crate::shape::ElementType;
use crate::subject::Subject;
use crate::text;
use crate::text::is_hidden;

mod refresh;

pub use refresh::refreshed;

/// What every lock begins with, and nothing else.
const HEAD: &str = "# Written by `cnncost check --update`;";

/// Whether a file that begins so is a lock.
pub fn is_lock(text: &[u8]) -> bool {
    text.starts_with(HEAD.as_bytes())
}

/// A lock of these networks, each with what the lock calls its file, that were made with `choice`; a later total may be
/// `within` so much of each, as `check` reads it: `1%`.
pub fn lock(locked: &[(String, Subject)], choice: &Choice, within: Option<&str>) -> String {
    let mut text = format!("{HEAD} `cnncost check` holds the networks to it.\n\n[networks]\n");
    let (mut claims, mut taken) = (String::new(), BTreeSet::new());
    for (reference, subject) in locked {
        let alias = alias(&subject.label, &taken);
        let chosen = chosen(choice);
        let _ = writeln!(text, "{} = {{ file = {}{chosen} }}", quoted(&alias), quoted(reference));
        let mut left_out = vec![];
        for metric in METRICS.iter().filter(|metric| metric.is_locked) {
            if metric.leaves_out(subject, ScopeId::ROOT) {
                // Nothing can be said of it: a claim on it would fail.
                left_out.push(metric.name);
                continue;
            }
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
        if let Some(uncounted) = subject.uncounted(ScopeId::ROOT).filter(|_| !left_out.is_empty()) {
            let _ = writeln!(text, "# without {}: {}", left_out.join(", "), uncounted.english);
        }
        taken.insert(alias);
    }
    text + &claims
}

/// What is chosen, as a file of claims has it: `, batch = 8`. The variant stands behind the file's name.
fn chosen(choice: &Choice) -> String {
    let mut text = String::new();
    if !choice.set.is_empty() {
        // Of what is set twice, the last holds.
        let set: BTreeMap<_, _> = choice.set.iter().map(|(name, value)| (name, value)).collect();
        let set = set.into_iter().map(|(name, value)| format!("{} = {}", toml_key(name), toml_value(value)));
        text.push_str(&format!(", set = {{ {} }}", set.collect::<Vec<_>>().join(", ")));
    }
    if !choice.dims.is_empty() {
        let dims: BTreeMap<_, _> = choice.dims.iter().map(|(name, size)| (name, size)).collect();
        let dims = dims.into_iter().map(|(name, size)| format!("{} = {size}", toml_key(name)));
        text.push_str(&format!(", dim = {{ {} }}", dims.collect::<Vec<_>>().join(", ")));
    }
    if let Some(sizes) = &choice.input {
        text.push_str(&format!(", input = {sizes:?}"));
    }
    if let Some(batch) = choice.batch.filter(|&batch| batch > 1) {
        text.push_str(&format!(", batch = {batch}"));
    }
    if let Some(element) = choice.element.filter(|&element| element != ElementType::default()) {
        text.push_str(&format!(", dtype = {}", quoted(element.name())));
    }
    text
}

/// A network's label as claims can quote it, with a number behind it where others have it too.
fn alias(label: &str, taken: &BTreeSet<String>) -> String {
    let plain: String = label.chars().map(|c| if c == '\'' || is_hidden(c) { '_' } else { c }).collect();
    let numbered = (2u64..).map(|number| format!("{plain}-{number}"));
    std::iter::once(plain.clone()).chain(numbered).find(|alias| !taken.contains(alias)).unwrap_or(plain)
}

/// How a lock in `folder` calls the file of a model, without a variant. The error is that it cannot: it can be read only once,
/// or has a name that is not shown.
pub fn reference(named: &Named, folder: &Path) -> Result<String, ReadError> {
    if named.is_bundled() {
        return Ok(named.stem.clone());
    }
    let path = Path::new(&named.model.source().name);
    if named.address == Address::StandardInput || !path.is_file() {
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
