//! A map that a user writes: which name a file has for which part of a network.
//!
//! An entry names a weight, a layer or a box of ours, with `{i}` for a number, and what the file calls it; what stands behind the
//! part that is named stays as it is. Of several entries that fit, the one that names the most decides. As elsewhere a part of a
//! path names what it leads to, if that is one place.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::assign::{Named, prefixes, shape_apart};
use super::modules::{Wanted, dotted, is_alike, wanted};
use crate::error::{Code, Diagnostic, ReadError, Source, Span, meant, nearest};
use crate::graph::Graph;
use crate::text;
use crate::text::Text;

mod spot;

use spot::Spot;

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

/// A piece of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Letters(String),
    /// `{2*i+1}`: a factor, the name, and what is added.
    Number(u64, String, i64),
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
                Err(why) => mistakes.push(Diagnostic::new(Code::WeightMap, why, span)),
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
        let mut spots: Vec<(&Entry, Spot)> = vec![];
        // That others name all of it more closely is no mistake.
        let names_no_path = |entry: &&Entry| wanted.iter().all(|tensor| entry.fit(tensor).is_none());
        for entry in self.entries.iter().filter(names_no_path) {
            match entry.spots(graph, wanted) {
                Ok(found) if found.is_empty() => mistakes.add(entry.names_nothing(wanted)),
                Ok(found) => spots.extend(found.into_iter().map(|spot| (entry, spot))),
                Err(mistake) => mistakes.add(mistake),
            }
        }
        let mut owners: BTreeMap<usize, (&str, bool)> = BTreeMap::new();
        for tensor in wanted {
            match self.fit(tensor, &spots).and_then(|fit| Ok((file.tensor(tensor, fit.as_ref())?, fit))) {
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

    /// The entry that names the most of a tensor.
    fn fit<'e>(
        &'e self,
        tensor: &Wanted,
        spots: &[(&'e Entry, Spot)],
    ) -> Result<Option<Fit<'e>>, Diagnostic> {
        let mut best: Option<Fit> = None;
        let of_spots = spots.iter().filter_map(|(entry, spot)| spot.fit(entry, tensor));
        for fit in self.entries.iter().filter_map(|entry| entry.fit(tensor)).chain(of_spots) {
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
                    return Err(Diagnostic::new(Code::WeightMap, message, span).also(other, label));
                }
            }
        }
        Ok(best)
    }
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
        let index = if let Some(fit) = fit {
            let name = fit.theirs().map_err(|why| mistake(Some(fit), why))?;
            // Of a box or layer with one tensor, the file's may be named as it is.
            let whole = || with_numbers(&fit.entry.theirs, &fit.numbers).and_then(|name| self.find(&name));
            self.find(&name).or_else(whole).ok_or_else(|| mistake(Some(fit), self.lacks(&name, ours)))
        } else {
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
        }?;
        if may_be(&ours.dims, &self.given[index].dims) {
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
        Some(fit) => Diagnostic::new(Code::WeightMap, why, fit.entry.span.clone()).help(help),
        None => Diagnostic::nowhere(Code::WeightMap, why).help(help),
    }
}

fn twice(one: &str, other: &str, theirs: &str) -> Why {
    let help = text!(
        "if they share it, name each with its tensor: `\"{one}\" = \"{theirs}\"`",
        "若它们共用此张量,请逐一写出张量名:`\"{one}\" = \"{theirs}\"`"
    );
    (text!("`{one}` and `{other}` are both `{theirs}`", "`{one}` 与 `{other}` 都对应 `{theirs}`"), Some(help))
}

/// Whether a tensor of the file may be ours, as somebody says: of other dimensions if the sizes that count are the same.
fn may_be(ours: &[u64], theirs: &[u64]) -> bool {
    let squeezed = |dims: &[u64]| dims.iter().copied().filter(|&size| size != 1).collect::<Vec<_>>();
    let are_more = ours.len() != theirs.len();
    is_alike(ours, theirs) || are_more && squeezed(ours) == squeezed(theirs)
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
    fn fit(&self, tensor: &Wanted) -> Option<Fit<'_>> {
        tensor.dotted.iter().find_map(|name| self.fit_name(name))
    }

    fn fit_name(&self, name: &str) -> Option<Fit<'_>> {
        let mut numbers = BTreeMap::new();
        let rest = behind(&self.ours, name, &mut numbers)?;
        let is_end = rest.is_empty() || rest.starts_with('.');
        is_end.then(|| Fit { entry: self, numbers, rest: rest.to_owned() })
    }

    fn names_nothing(&self, wanted: &[Wanted]) -> Diagnostic {
        let ours = &self.written.0;
        let message = text!("`{ours}` names nothing of the network", "网络中没有 `{ours}`");
        let layers: BTreeSet<&str> =
            wanted.iter().filter_map(|tensor| Some(tensor.named.name.rsplit_once('.')?.0)).collect();
        let near = nearest(ours, layers.into_iter().chain(wanted.iter().map(|tensor| &*tensor.named.name)));
        let paths = text!("`run --verbose` prints the names", "`run --verbose` 会列出名称");
        Diagnostic::new(Code::WeightMap, message, self.span.clone()).help(near.map_or(paths, meant))
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
        let name = with_numbers(&self.entry.theirs, &self.numbers).ok_or_else(|| {
            (text!("a number in `{theirs}` would be below 0", "`{theirs}` 中的编号会小于 0"), None)
        })?;
        // The tensor's name within the file's module, which may be at the file's root.
        let rest = if name.is_empty() { self.rest.trim_start_matches('.') } else { &self.rest };
        Ok(name + rest)
    }
}

/// What stands in a name behind these pieces, if it begins with them and with the numbers that are known.
fn behind<'n>(pieces: &[Piece], name: &'n str, numbers: &mut BTreeMap<String, u64>) -> Option<&'n str> {
    pieces.iter().try_fold(name, |rest, piece| match piece {
        Piece::Letters(letters) => rest.strip_prefix(&**letters),
        Piece::Number(_, name, _) => {
            let (digits, rest) = rest.split_at(rest.bytes().take_while(u8::is_ascii_digit).count());
            let number: u64 = digits.parse().ok()?;
            (*numbers.entry(name.clone()).or_insert(number) == number).then_some(rest)
        }
    })
}

/// A name with these numbers in it; `None` if one of them cannot be computed.
fn with_numbers(pieces: &[Piece], numbers: &BTreeMap<String, u64>) -> Option<String> {
    let shown = pieces.iter().map(|piece| match piece {
        Piece::Letters(letters) => Some(letters.clone()),
        Piece::Number(factor, of, offset) => {
            let number = numbers.get(of)?.checked_mul(*factor)?.checked_add_signed(*offset)?;
            Some(number.to_string())
        }
    });
    shown.collect()
}

/// A name with numbers: `layer{i}/0`, `features.{2*i+1}`.
fn pieces(written: &str) -> Result<Vec<Piece>, Text> {
    let (mut pieces, mut rest) = (vec![], written);
    while let Some((letters, after)) = rest.split_once('{') {
        let (inside, after) = after
            .split_once('}')
            .ok_or_else(|| text!("a `{{` is not closed in `{written}`", "`{written}` 中的 `{{` 没有闭合"))?;
        if !letters.is_empty() {
            pieces.push(Piece::Letters(letters.to_owned()));
        }
        pieces.push(number(inside).ok_or_else(|| {
            text!(
                "`{{{inside}}}` is no number: write `{{i}}`, `{{i+1}}` or `{{2*i+1}}`",
                "`{{{inside}}}` 不是编号:请写成 `{{i}}`、`{{i+1}}` 或 `{{2*i+1}}`"
            )
        })?);
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Letters(rest.to_owned()));
    }
    Ok(pieces)
}

/// What stands between braces.
fn number(inside: &str) -> Option<Piece> {
    let inside: String = inside.chars().filter(|letter| !letter.is_whitespace()).collect();
    let digits = inside.bytes().take_while(u8::is_ascii_digit).count();
    let factor = if digits == 0 { 1 } else { inside[..digits].parse().ok()? };
    let rest = &inside[digits..];
    let rest = if digits > 0 { rest.strip_prefix('*').unwrap_or(rest) } else { rest };
    let length = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (name, offset) = rest.split_at(length);
    let offset =
        if offset.is_empty() { 0 } else { offset.parse().ok().filter(|_| offset.starts_with(['+', '-']))? };
    (length > 0).then(|| Piece::Number(factor, name.to_owned(), offset))
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
        let is_new = if let Some((place, _)) = mistake.places.first() {
            self.places.insert(place.position())
        } else {
            self.placeless += 1;
            self.placeless <= SHOWN_PLACELESS
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
