//! A map that a user writes: which name a file has for which part of a network.
//!
//! An entry names a weight, a layer or a box of ours, with `{i}` for a number, and what the file calls it; what stands behind the
//! part that is named stays as it is. Where it begins no name of ours, parts of a path are enough. Of several entries that fit, the one that names the most decides.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

mod pattern;

use pattern::{How, Piece, pieces};

use super::assign::{Named, prefixes, shape_apart};
use super::modules::{Wanted, dotted, plain, wanted};
use crate::error::{Diagnostic, ReadError, Source, Span, meant, nearest};
use crate::graph::Graph;
use crate::text;
use crate::text::Text;

/// A map.
#[derive(Clone, Debug)]
pub struct Map {
    source: Arc<Source>,
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    ours: Vec<Piece>,
    theirs: Vec<Piece>,
    written: (String, String),
    span: Span,
}

/// Which tensor of a file is which by a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// For each tensor that the network needs, in the order of use, the index of the file's.
    pub given: Vec<usize>,
    /// Those that nothing uses.
    pub unused: Vec<usize>,
}

/// An entry that fits a tensor.
struct Fit<'e> {
    entry: &'e Entry,
    numbers: BTreeMap<String, u64>,
    rest: String,
}

/// Most mistakes that are shown of one map.
const SHOWN: usize = 8;

/// Most of those that lie at no entry.
const SHOWN_PLACELESS: usize = 3;

impl Map {
    /// A map of these entries of a file: what is ours, what is the file's, and where that stands.
    pub fn new(source: Arc<Source>, entries: Vec<(String, String, Span)>) -> Result<Self, ReadError> {
        let (mut read, mut mistakes) = (vec![], vec![]);
        for (ours, theirs, span) in entries {
            match Entry::new(ours, theirs, span.clone()) {
                Ok(entry) => read.push(entry),
                Err(why) => mistakes.push(Diagnostic::new(why, span)),
            }
        }
        if mistakes.is_empty() {
            return Ok(Self { source, entries: read });
        }
        Err(ReadError::Invalid { source_file: source, mistakes })
    }

    /// Which tensor of the file is which. What has no entry goes by its own name; what the file lacks, entries that name
    /// nothing, and tensors that would be used twice are the error.
    pub fn apply(&self, graph: &Graph, given: &[Named]) -> Result<Mapped, ReadError> {
        let wanted = &wanted(graph);
        let file = File::of(given);
        let (mut found, mut mistakes) = (vec![], Mistakes::default());
        // That others name all of it more closely is no mistake.
        let entries: Vec<_> = self.entries.iter().map(|entry| (entry, entry.how(wanted))).collect();
        for (entry, how) in &entries {
            if wanted.iter().all(|tensor| entry.fit(tensor, *how).is_none()) {
                mistakes.add(entry.names_nothing(wanted));
            }
        }
        let mut owners: BTreeMap<usize, (&str, bool)> = BTreeMap::new();
        for tensor in wanted {
            match fitting(&entries, tensor).and_then(|fit| Ok((file.tensor(tensor, fit.as_ref())?, fit))) {
                Ok((index, fit)) => {
                    let is_whole = fit.as_ref().is_some_and(Fit::is_whole);
                    let before = owners.insert(index, (&tensor.named.name, is_whole));
                    if let Some((other, _)) = before.filter(|(_, was_whole)| !(is_whole && *was_whole)) {
                        let why = twice(other, &tensor.named.name, &given[index].name);
                        mistakes.add(mistake(fit.as_ref(), why));
                    }
                    found.push(index);
                }
                Err(mistake) => mistakes.add(mistake),
            }
        }
        let mistakes = mistakes.done();
        if !mistakes.is_empty() {
            return Err(ReadError::Invalid { source_file: self.source.clone(), mistakes });
        }
        let unused = (0..given.len()).filter(|index| !owners.contains_key(index)).collect();
        Ok(Mapped { given: found, unused })
    }
}

/// The entry that names the most of a tensor.
fn fitting<'e>(entries: &[(&'e Entry, How)], tensor: &Wanted) -> Result<Option<Fit<'e>>, Diagnostic> {
    let mut best: Option<Fit> = None;
    for fit in entries.iter().filter_map(|(entry, how)| entry.fit(tensor, *how)) {
        let is_better =
            |best: &Fit| (best.rest.len(), best.numbers.len()).cmp(&(fit.rest.len(), fit.numbers.len()));
        match best.as_ref().map(is_better) {
            None | Some(std::cmp::Ordering::Greater) => best = Some(fit),
            Some(std::cmp::Ordering::Less) => {}
            Some(std::cmp::Ordering::Equal) => {
                let (name, span) = (&tensor.named.name, fit.entry.span.clone());
                let message = text!("two entries name `{name}`", "有两项都指到 `{name}`");
                let label = text!("the other", "另一项");
                let other = best.map_or_else(|| span.clone(), |best| best.entry.span.clone());
                return Err(Diagnostic::new(message, span).also(other, label));
            }
        }
    }
    Ok(best)
}

/// The tensors of a file by their names.
struct File<'g> {
    given: &'g [Named],
    /// As they are, without the first part that all have in common, and so on.
    places: Vec<BTreeMap<String, usize>>,
}

impl<'g> File<'g> {
    fn of(given: &'g [Named]) -> Self {
        let named = |from: usize| {
            let named = |(index, tensor): (usize, &Named)| (dotted(&tensor.name[from..]), index);
            given.iter().enumerate().map(named).collect()
        };
        Self { given, places: prefixes(given).into_iter().map(named).collect() }
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.places.iter().find_map(|places| places.get(&dotted(name))).copied()
    }

    /// Which tensor is ours, by the entry that fits it, or else by its own name.
    fn tensor(&self, wanted: &Wanted, fit: Option<&Fit>) -> Result<usize, Diagnostic> {
        let ours = &wanted.named;
        let index = match fit {
            Some(fit) => {
                let name = fit.theirs().map_err(|why| mistake(Some(fit), why))?;
                self.find(&name).ok_or_else(|| mistake(Some(fit), self.lacks(&name, ours)))
            }
            None => {
                let named = [Some(&ours.name), wanted.short.as_ref()];
                let found = named.into_iter().flatten().find_map(|name| self.find(name));
                found.ok_or_else(|| {
                    let name = &ours.name;
                    let help = text!("add an entry for it to the map", "请在映射中为它加一项");
                    let why = text!(
                        "neither the map nor the file has anything for `{name}`",
                        "映射与文件中都没有 `{name}`"
                    );
                    mistake(None, (why, Some(help)))
                })
            }
        }?;
        if is_alike(&ours.dims, &self.given[index].dims) {
            return Ok(index);
        }
        Err(mistake(fit, (shape_apart(ours, &self.given[index]), None)))
    }

    fn lacks(&self, name: &str, ours: &Named) -> Why {
        let near = nearest(name, self.given.iter().map(|tensor| tensor.name.as_str())).map(meant);
        let ours = &ours.name;
        (text!("the file has no `{name}` for `{ours}`", "文件中没有用于 `{ours}` 的 `{name}`"), near)
    }
}

/// Why no tensor is found, and what to do.
type Why = (Text, Option<Text>);

fn mistake(fit: Option<&Fit>, (why, help): Why) -> Diagnostic {
    match fit {
        Some(fit) => Diagnostic::new(why, fit.entry.span.clone()).help(help),
        None => Diagnostic::nowhere(why).help(help),
    }
}

fn twice(one: &str, other: &str, theirs: &str) -> Why {
    let help = text!(
        "if they share it, name each with its tensor: `\"{one}\" = \"{theirs}\"`",
        "若它们共用此张量,请逐一写出张量名:`\"{one}\" = \"{theirs}\"`"
    );
    (text!("`{one}` and `{other}` are both `{theirs}`", "`{one}` 与 `{other}` 都对应 `{theirs}`"), Some(help))
}

/// Whether a tensor of the file may be ours: of other dimensions only if the sizes that count are the same.
fn is_alike(ours: &[u64], theirs: &[u64]) -> bool {
    let squeezed = |dims: &[u64]| dims.iter().copied().filter(|&size| size != 1).collect::<Vec<_>>();
    plain(ours) == plain(theirs) || ours.len() != theirs.len() && squeezed(ours) == squeezed(theirs)
}

impl Entry {
    fn new(ours: String, theirs: String, span: Span) -> Result<Self, Text> {
        let (left, right) = (pieces(&dotted(&ours))?, pieces(&theirs)?);
        let names = |pieces: &[Piece]| {
            pieces
                .iter()
                .filter_map(|piece| match piece {
                    Piece::Letters(_) => None,
                    Piece::Number(factor, name, offset) => Some((*factor, name.clone(), *offset)),
                })
                .collect::<Vec<_>>()
        };
        let known = names(&left);
        if known.iter().any(|&(factor, _, offset)| (factor, offset) != (1, 0)) {
            return Err(text!(
                "on our side a number is a name only, as in `{{i}}`; compute on the other",
                "我们这一侧的编号只能是名称,如 `{{i}}`;计算写在另一侧"
            ));
        }
        if let Some((_, name, _)) =
            names(&right).iter().find(|(_, name, _)| known.iter().all(|known| known.1 != *name))
        {
            return Err(text!("there is no `{{{name}}}` in `{ours}`", "`{ours}` 中没有 `{{{name}}}`"));
        }
        Ok(Self { ours: left, theirs: right, written: (ours, theirs), span })
    }

    /// How it fits a tensor, if it does, under either of its names.
    fn fit(&self, tensor: &Wanted, how: How) -> Option<Fit<'_>> {
        let (numbers, rest) = tensor.dotted.iter().find_map(|name| pattern::fit(&self.ours, name, how))?;
        Some(Fit { entry: self, numbers, rest: rest.to_owned() })
    }

    /// How it is to be read: where it begins no name, its parts are enough.
    fn how(&self, wanted: &[Wanted]) -> How {
        let begins = wanted.iter().any(|tensor| self.fit(tensor, How::Beginning).is_some());
        if begins { How::Beginning } else { How::Parts }
    }

    fn names_nothing(&self, wanted: &[Wanted]) -> Diagnostic {
        let ours = &self.written.0;
        let message = text!("`{ours}` names nothing of the network", "网络中没有 `{ours}`");
        let layers: BTreeSet<&str> =
            wanted.iter().filter_map(|tensor| Some(tensor.named.name.rsplit_once('.')?.0)).collect();
        let near = nearest(ours, layers.into_iter().chain(wanted.iter().map(|tensor| &*tensor.named.name)));
        let paths = text!("`run --verbose` prints the names", "`run --verbose` 会列出名称");
        Diagnostic::new(message, self.span.clone()).help(near.map_or(paths, meant))
    }
}

impl Fit<'_> {
    /// Whether a tensor is named by itself.
    fn is_whole(&self) -> bool {
        self.rest.is_empty() && self.numbers.is_empty()
    }

    /// What the file calls the tensor.
    fn theirs(&self) -> Result<String, Why> {
        let (ours, theirs) = &self.entry.written;
        if theirs.is_empty() {
            return Err((
                text!("`{ours}` has no name of the file's yet", "`{ours}` 还没有填写文件中的名称"),
                None,
            ));
        }
        let mut name = String::new();
        for piece in &self.entry.theirs {
            match piece {
                Piece::Letters(letters) => name.push_str(letters),
                Piece::Number(factor, of, offset) => {
                    let number = self.numbers.get(of).and_then(|number| number.checked_mul(*factor));
                    let number =
                        number.and_then(|number| number.checked_add_signed(*offset)).ok_or_else(|| {
                            (
                                text!(
                                    "a number in `{theirs}` would be below 0",
                                    "`{theirs}` 中的编号会小于 0"
                                ),
                                None,
                            )
                        })?;
                    name.push_str(&number.to_string());
                }
            }
        }
        // The tensor's name within the file's module, which may be at the file's root.
        let rest = if name.is_empty() { self.rest.trim_start_matches('.') } else { &self.rest };
        Ok(name + rest)
    }
}

/// Mistakes, each place's first only, and few that have no place.
#[derive(Default)]
struct Mistakes {
    found: Vec<Diagnostic>,
    places: BTreeSet<usize>,
    placeless: usize,
    more: usize,
}

impl Mistakes {
    fn add(&mut self, mistake: Diagnostic) {
        let is_new = match mistake.places.first() {
            Some((span, _)) => self.places.insert(span.start),
            None => {
                self.placeless += 1;
                self.placeless <= SHOWN_PLACELESS
            }
        };
        if is_new && self.found.len() < SHOWN {
            self.found.push(mistake);
        } else {
            self.more += 1;
        }
    }

    fn done(mut self) -> Vec<Diagnostic> {
        if let (Some(last), more @ 1..) = (self.found.last_mut(), self.more) {
            last.notes.push(text!("{more} more tensors are not found", "另有 {more} 个张量未找到"));
        }
        self.found
    }
}
