//! The tables of a description and of the files that it includes, each read once, and the one text that their places are in.

use std::borrow::Cow;
use std::cell::OnceCell;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::{syntax, tokens};
use crate::error::{Code, Diagnostic, Origin, Source, Span};
use crate::read::MOST_BYTES;
use crate::read::include::{File, Includes, Refusal};
use crate::text;

/// The most files of a description, and the most that one of them names.
const MOST_FILES: usize = 64;

/// How deep files may include one another.
const MOST_DEEP: usize = 16;

/// What was read, with the places of every table in the text of `source`.
pub(super) struct Files<'t> {
    pub(super) source: Source,
    /// The description itself; `None` if it is no TOML.
    pub(super) main: Option<Spanned<DeTable<'t>>>,
    /// What it includes.
    pub(super) included: Vec<(File, DeTable<'t>)>,
    pub(super) mistakes: Vec<Diagnostic>,
}

/// Room for the texts of the files that are included, which their tables borrow from.
pub(super) type Texts = [OnceCell<Cow<'static, str>>; MOST_FILES];

/// Room that is empty.
pub(super) fn room() -> Texts {
    std::array::from_fn(|_| OnceCell::new())
}

/// Reads a description, and what it includes, in the order in which that is named.
pub(super) fn load<'t>(
    file: &File,
    text: &'t str,
    includes: &'t dyn Includes,
    texts: &'t Texts,
) -> Files<'t> {
    let text = without_mark(text);
    let mut loader = Loader {
        includes,
        texts,
        source: Source::new(file.name.as_str(), text),
        known: vec![file.clone()],
        included: vec![],
        mistakes: vec![],
        tokens: 0,
        is_full: false,
    };
    let main = loader.table(text, 0);
    if let Some(table) = &main {
        loader.follow(table.get_ref(), &mut vec![(file.clone(), 0..0)]);
    }
    let Loader { source, included, mistakes, .. } = loader;
    Files { source, main, included, mistakes }
}

struct Loader<'t> {
    includes: &'t dyn Includes,
    texts: &'t Texts,
    source: Source,
    /// The files that have been read, the description first.
    known: Vec<File>,
    included: Vec<(File, DeTable<'t>)>,
    mistakes: Vec<Diagnostic>,
    /// Words and marks of all files.
    tokens: usize,
    /// Whether there is more than is read, so that nothing else is.
    is_full: bool,
}

/// The files that led to a place, the description first, and where each of the others is named.
type Way = Vec<(File, Span)>;

impl<'t> Loader<'t> {
    /// The table that a text is which begins at `start`.
    fn table(&mut self, text: &'t str, start: usize) -> Option<Spanned<DeTable<'t>>> {
        let mistakes = match tokens::count(text, self.tokens) {
            Err(mistake) => {
                self.is_full = true;
                vec![mistake]
            }
            Ok(tokens) => {
                self.tokens = tokens;
                let (table, errors) = DeTable::parse_recoverable(text);
                if errors.is_empty() {
                    return Some(table);
                }
                syntax::mistakes(text, table.get_ref(), &errors)
            }
        };
        self.mistakes.extend(mistakes.into_iter().map(|mistake| behind(mistake, start)));
        None
    }

    /// Reads what a table includes, at the end of `way`.
    fn follow(&mut self, table: &DeTable<'_>, way: &mut Way) {
        for (count, (written, span)) in named(table).into_iter().enumerate() {
            if self.is_full {
                return;
            }
            if count == MOST_FILES {
                return self.stop(too_many(span));
            }
            self.add(written, span, way);
        }
    }

    fn stop(&mut self, mistake: Diagnostic) {
        self.mistakes.push(mistake);
        self.is_full = true;
    }

    /// Reads the file that is `written` at `span`, unless that has been done.
    fn add(&mut self, written: &str, span: Span, way: &mut Way) {
        let Some((by, _)) = way.last() else { return };
        let refused = |refusal| refused(written, refusal, span.clone());
        let file = match self.includes.find(written, by) {
            Ok(file) => file,
            Err(refusal) => return self.mistakes.push(refused(refusal)),
        };
        if let Some(from) = way.iter().position(|(known, _)| known.identity == file.identity) {
            return self.mistakes.push(cycle(&way[from..], &file, span));
        }
        if self.known.iter().any(|known| known.identity == file.identity) {
            return;
        }
        let Some(room) = self.texts.get(self.known.len() - 1) else {
            return self.stop(too_many(span));
        };
        if way.len() > MOST_DEEP {
            let message = text!(
                "files include one another more than {MOST_DEEP} deep",
                "文件互相包含超过 {MOST_DEEP} 层"
            );
            return self.stop(Diagnostic::new(Code::TooLarge, message, span));
        }
        self.known.push(file.clone());
        let text = match self.includes.text(&file) {
            Ok(text) => text,
            Err(refusal) => return self.mistakes.push(refused(refusal)),
        };
        let text = without_mark(room.get_or_init(|| text));
        if self.source.text.len() + text.len() >= MOST_BYTES {
            let message = text!(
                "with this file, the description has more than 16 MB",
                "加上此文件,描述的总大小超过 16 MB"
            );
            return self.stop(Diagnostic::new(Code::TooLarge, message, span));
        }
        let start = self.source.include(file.name.as_str(), text);
        let Some(table) = self.table(text, start) else { return };
        let table = shifted(table.into_inner(), start);
        if let Some(mistake) = of_another_kind(&table, &span) {
            return self.mistakes.push(mistake);
        }
        way.push((file.clone(), span));
        self.follow(&table, way);
        way.pop();
        self.included.push((file, table));
    }
}

/// Without the byte order mark that some editors put before a text.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// The files that a table names, each with its place. What is no name is refused where the table is read.
fn named<'t>(table: &'t DeTable<'_>) -> Vec<(&'t str, Span)> {
    let one = |value: &'t Spanned<DeValue<'_>>| Some((value.get_ref().as_str()?, value.span()));
    let Some(value) = table.get("include") else { return vec![] };
    match value.get_ref().as_array() {
        Some(list) => list.iter().filter_map(one).collect(),
        None => one(value).into_iter().collect(),
    }
}

fn refused(written: &str, refusal: Refusal, span: Span) -> Diagnostic {
    let Refusal { code, why, help } = refusal;
    let message = text!("`{written}` cannot be included: {why}", "无法包含 `{written}`:{why:#}");
    Diagnostic::new(code, message, span).help(help)
}

/// What is said of a file that is included `by` a place, and is a network or a file of claims, whatever else is in it.
fn of_another_kind(table: &DeTable<'_>, by: &Span) -> Option<Diagnostic> {
    let key = |keys: &[&str]| keys.iter().find_map(|key| table.get_key_value(*key));
    let (message, (key, _)) = if let Some(entry) = key(&["networks"]) {
        (text!("this is a file of claims, and only blocks are included", "这是论断文件,只能包含块"), entry)
    } else {
        let entry = key(&["layers", "input", "inputs"])?;
        (text!("this is a network, and only blocks are included", "这是网络,只能包含块"), entry)
    };
    let help = text!(
        "put the blocks into a file of their own, `[blocks.NAME]`, that both include",
        "请把块 `[blocks.NAME]` 放进单独的文件,由两者包含"
    );
    let mistake = Diagnostic::new(Code::WrongFile, message, key.span()).help(help);
    Some(mistake.also(by.clone(), text!("included here", "在此包含")))
}

fn too_many(span: Span) -> Diagnostic {
    let message = text!(
        "a description includes at most {MOST_FILES} files, and this is one more",
        "一个描述最多包含 {MOST_FILES} 个文件,这里超出了"
    );
    Diagnostic::new(Code::TooLarge, message, span)
}

/// The mistake of a file on the way that is included at `span` once more.
fn cycle(way: &[(File, Span)], file: &File, span: Span) -> Diagnostic {
    let names = way.iter().map(|(file, _)| file).chain([file]);
    let names = names.map(|file| format!("`{}`", file.name)).collect::<Vec<_>>().join(" → ");
    let message = text!("a file includes itself: {names}", "文件包含了自己:{names}");
    let others = way.iter().skip(1).map(|(_, span)| span.clone());
    let mistake = Diagnostic::new(Code::Cycle, message, span);
    others.fold(mistake, |mistake, span| mistake.also(span, text!("by way of this", "经由此处")))
}

/// The same mistake in a text that begins at `start`.
fn behind(mut mistake: Diagnostic, start: usize) -> Diagnostic {
    for (place, _) in &mut mistake.places {
        if let Origin::Text(span) = place {
            *span = moved(span, start);
        }
    }
    mistake
}

/// The same table in a text that begins at `start`.
fn shifted(table: DeTable<'_>, start: usize) -> DeTable<'_> {
    let key = |key: Spanned<_>| Spanned::new(moved(&key.span(), start), key.into_inner());
    table.into_iter().map(|(name, value)| (key(name), shifted_value(value, start))).collect()
}

fn shifted_value(value: Spanned<DeValue<'_>>, start: usize) -> Spanned<DeValue<'_>> {
    let span = moved(&value.span(), start);
    let value = match value.into_inner() {
        DeValue::Table(table) => DeValue::Table(shifted(table, start)),
        DeValue::Array(list) => {
            let mut moved = DeArray::new();
            list.into_iter().for_each(|value| moved.push(shifted_value(value, start)));
            DeValue::Array(moved)
        }
        other @ (DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)) => other,
    };
    Spanned::new(span, value)
}

fn moved(span: &Span, start: usize) -> Span {
    span.start + start..span.end + start
}
