//! Which of two modules is which of two others, where their order does not tell: by words that both sides use, and by what is in
//! the boxes that they stand in.

use std::collections::{BTreeMap, BTreeSet};

use super::modules::{Kind, Module, counts_only, is_named, print, scopes};
use crate::graph::{Graph, NodeId, ScopeId};

/// Words that mean the same in a path.
const SAME: [&[&str]; 5] = [
    &["shortcut", "downsample", "skip", "short", "proj", "projection", "identity"],
    &["double", "dbl"],
    &["pool", "pooled"],
    &["body", "main", "residual"],
    &["auxiliary", "aux"],
];

/// Words that every path has, and which tell nothing.
const EMPTY: [&str; 14] = [
    "conv", "convs", "bn", "norm", "branch", "branches", "block", "blocks", "layer", "layers", "module",
    "modules", "features", "op",
];

/// What is found out about two pairs of modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Likeness {
    /// The first is the first, and the second the second.
    Straight,
    /// The first is the second, and the second the first.
    Crossed,
    /// Nothing tells, or one thing tells against another.
    Open,
}

/// What stands in the boxes of a network, and below the prefixes of a file's names.
pub(super) struct Contents<'a> {
    graph: &'a Graph,
    by_node: BTreeMap<NodeId, u64>,
    by_scope: BTreeMap<ScopeId, u64>,
    by_prefix: BTreeMap<&'a str, u64>,
}

/// A module of the network, as it is told apart from others.
pub(super) struct Ours {
    pub(super) node: NodeId,
    scopes: Vec<ScopeId>,
    /// Words of each box's name, of the node's, and of what is within it.
    words: Vec<BTreeSet<String>>,
}

/// A module of the file.
pub(super) struct Theirs<'a> {
    pub(super) name: &'a str,
    parts: Vec<&'a str>,
}

impl<'a> Contents<'a> {
    pub(super) fn of(graph: &'a Graph, ours: &[(NodeId, Kind)], theirs: &[(&'a str, Kind)]) -> Self {
        let mut contents =
            Self { graph, by_node: BTreeMap::new(), by_scope: BTreeMap::new(), by_prefix: BTreeMap::new() };
        let add = |sum: &mut u64, kind: &Kind| *sum = sum.wrapping_add(print(kind));
        for (node, kind) in ours {
            add(contents.by_node.entry(*node).or_default(), kind);
            for scope in scopes(graph, *node) {
                add(contents.by_scope.entry(scope).or_default(), kind);
            }
        }
        for &(name, ref kind) in theirs {
            let ends = name.match_indices(['.', '/']).map(|(end, _)| end).chain([name.len()]);
            for end in ends {
                add(contents.by_prefix.entry(&name[..end]).or_default(), kind);
            }
        }
        contents
    }

    /// What a module of ours, of which `path` is its node's, is called.
    pub(super) fn ours(&self, module: &Module, node: NodeId) -> Ours {
        let scopes = scopes(self.graph, node);
        let mut words: Vec<_> = scopes.iter().map(|&scope| self.words(scope)).collect();
        let leaf = self.graph.node(node);
        let is_own = !counts_only(&leaf.name, |word| word == leaf.operator_name());
        let inside = module.name.strip_prefix(&*self.graph.path(node)).unwrap_or_default();
        words.push(if is_own { of_name(&leaf.name) } else { BTreeSet::new() });
        words.push(of_name(inside));
        Ours { node, scopes, words }
    }

    fn words(&self, scope: ScopeId) -> BTreeSet<String> {
        let scope = self.graph.scope(scope);
        if is_named(scope) { of_name(&scope.name) } else { BTreeSet::new() }
    }

    /// Which of two modules of ours is which of two of theirs.
    pub(super) fn likeness(&self, ours: [&Ours; 2], theirs: [&Theirs; 2]) -> Likeness {
        let both = [by_words(ours, theirs), self.by_boxes(ours, theirs)];
        let (straight, crossed) = (both.contains(&Likeness::Straight), both.contains(&Likeness::Crossed));
        match (straight, crossed) {
            (true, false) => Likeness::Straight,
            (false, true) => Likeness::Crossed,
            (true, true) | (false, false) => Likeness::Open,
        }
    }

    /// By what is in the outermost boxes that hold one of them only.
    fn by_boxes(&self, ours: [&Ours; 2], theirs: [&Theirs; 2]) -> Likeness {
        let at = shared(&ours[0].scopes, &ours[1].scopes);
        let boxed = |ours: &Ours| match ours.scopes.get(at) {
            Some(scope) => self.by_scope.get(scope).copied(),
            None => self.by_node.get(&ours.node).copied(),
        };
        let at = shared(&theirs[0].parts, &theirs[1].parts) + 1;
        let below = |theirs: &Theirs| {
            let end = theirs.parts.iter().take(at).map(|part| part.len() + 1).sum::<usize>();
            let end = end.saturating_sub(1).min(theirs.name.len());
            self.by_prefix.get(&theirs.name[..end]).copied()
        };
        let ([a, b], [x, y]) = (ours.map(boxed), theirs.map(below));
        let straight = (a == x && a != y) || (b == y && b != x);
        let crossed = (a == y && a != x) || (b == x && b != y);
        verdict(straight, crossed)
    }
}

impl<'a> Theirs<'a> {
    pub(super) fn of(name: &'a str) -> Self {
        Self { name, parts: name.split(['.', '/']).collect() }
    }
}

/// By words that only one of ours and only one of theirs has.
fn by_words(ours: [&Ours; 2], theirs: [&Theirs; 2]) -> Likeness {
    let at = shared(&ours[0].scopes, &ours[1].scopes);
    let ours = ours.map(|ours| ours.words.iter().skip(at).flatten().cloned().collect::<BTreeSet<_>>());
    let at = shared(&theirs[0].parts, &theirs[1].parts);
    let theirs = theirs
        .map(|theirs| theirs.parts.iter().skip(at).flat_map(|part| of_name(part)).collect::<BTreeSet<_>>());
    let only = |of: &[BTreeSet<String>; 2]| {
        [
            of[0].difference(&of[1]).cloned().collect::<BTreeSet<_>>(),
            of[1].difference(&of[0]).cloned().collect(),
        ]
    };
    let ([a, b], [x, y]) = (only(&ours), only(&theirs));
    let meet = |one: &BTreeSet<String>, other: &BTreeSet<String>| !one.is_disjoint(other);
    verdict(meet(&a, &x) || meet(&b, &y), meet(&a, &y) || meet(&b, &x))
}

fn verdict(straight: bool, crossed: bool) -> Likeness {
    match (straight, crossed) {
        (true, false) => Likeness::Straight,
        (false, true) => Likeness::Crossed,
        (true, true) | (false, false) => Likeness::Open,
    }
}

/// How many parts two lists begin with alike.
fn shared<T: PartialEq>(one: &[T], other: &[T]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}

/// The words of a part of a name: `branch3x3dbl_2a` has `branch`, `3x3` and `double`, and `conv3` is one. Numbers alone, which
/// begin at 0 here and at 1 there, are none.
fn of_name(name: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for part in name.split(|letter: char| !letter.is_alphanumeric()).filter(|part| !part.is_empty()) {
        for word in words_of(part) {
            let has_letters = word.bytes().any(|byte| !byte.is_ascii_digit());
            let begins_with_one = !word.starts_with(|first: char| first.is_ascii_digit());
            if has_letters && (begins_with_one || is_size(&word)) {
                let same = SAME.iter().find(|same| same.contains(&&*word)).map_or(&*word, |same| same[0]);
                if !EMPTY.contains(&same) {
                    words.insert(same.to_owned());
                }
            }
        }
    }
    words
}

/// Runs of letters with the number behind them, and sizes: `7x7x3` of `branch7x7x3`.
fn words_of(part: &str) -> Vec<String> {
    let lower = part.to_lowercase();
    let runs: Vec<&str> = lower
        .as_bytes()
        .chunk_by(|one, next| one.is_ascii_digit() == next.is_ascii_digit())
        .map(|run| std::str::from_utf8(run).unwrap_or_default())
        .collect();
    let is_number = |at: usize| runs.get(at).is_some_and(|run| run.starts_with(|c: char| c.is_ascii_digit()));
    let (mut words, mut at) = (vec![], 0);
    while at < runs.len() {
        if is_number(at) {
            let mut end = at + 1;
            while runs.get(end) == Some(&"x") && is_number(end + 1) {
                end += 2;
            }
            words.push(runs[at..end].concat());
            // The letter of `2a` counts, too.
            let counts = end == at + 1 && runs.get(end).is_some_and(|run| run.len() == 1);
            at = end + usize::from(counts);
        } else {
            // A number that begins a size belongs to that, and not to the word before it.
            let is_counted = is_number(at + 1) && runs.get(at + 2) != Some(&"x");
            words.push(runs[at..=at + usize::from(is_counted)].concat());
            at += 1 + usize::from(is_counted);
        }
    }
    words
}

fn is_size(word: &str) -> bool {
    word.contains('x') && word.split('x').all(|size| size.parse::<u64>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::of_name;

    #[test]
    fn words_are_told_from_numbers() {
        let words = |name: &str| of_name(name).into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(words("branch3x3dbl_2a"), "3x3 double");
        assert_eq!(words("branch7x7x3_1"), "7x7x3");
        assert_eq!(words("conv3"), "conv3");
        assert_eq!(words("downsample"), "shortcut");
        assert_eq!(words("2a"), "");
        assert_eq!(words("expand1x1"), "1x1 expand");
        assert_eq!(words("EncoderLayer_10"), "encoderlayer");
        assert_eq!(words("分支1"), "分支1");
    }
}
