//! Which tensor of a file is which weight of a network.
//!
//! Ours are called by their paths: `layer1/0/conv1.weight`, with dots for slashes if wanted, and with or without boxes that have
//! no name of their own. An equal name decides. The other modules are matched by what they hold, those that hold tensors of the
//! same names and shapes by order, as far as data flows from one to the next and the file's names tell which is the earlier;
//! where it does not, by words and boxes that both have in common (`likeness`). Either every tensor is used,
//! once, and nothing else could be meant, or nothing is loaded.

use std::collections::{BTreeMap, BTreeSet};

use super::alike::{Alike, Settled};
use super::flow::Flow;
use super::likeness::Contents;
pub use super::modules::Named;
use super::modules::{Kind, Module, Wanted, dotted, is_alike, modules, split, wanted};
use crate::error::nearest;
use crate::graph::Graph;
use crate::shape::{in_words, show};
use crate::text;
use crate::text::Text;

/// How the tensors of a file were found to be a network's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// For each tensor that the network needs, the index of the file's.
    pub given: Vec<usize>,
    /// Whether the names were the network's; otherwise shapes and order have decided.
    pub by_name: bool,
}

/// Why the tensors of a file are not taken for a network's, and how far they can be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// What does not fit, each by itself.
    pub findings: Vec<Text>,
    /// For each tensor that the network needs, the index of the file's, if that is certain.
    pub known: Vec<Option<usize>>,
    /// For each that is not, which ones it may be.
    pub candidates: Vec<Vec<usize>>,
}

/// Most findings that are shown of one file.
const SHOWN: usize = 8;

/// For each tensor that a graph needs, in the order of use, which one of the file it is; or why that cannot be told.
///
/// `in_order` says that the file has an order of its own, in which `given` is.
pub fn assign(graph: &Graph, given: &[Named], in_order: bool) -> Result<Assignment, Refusal> {
    let wanted = wanted(graph);
    let mut named = by_name(&wanted, given);
    let found = named.iter().flatten().count();
    if found < wanted.len() {
        // `conv2d_1` is the first here, and the second in Keras.
        let of_chosen = |(wanted, named): (&Wanted, Option<usize>)| named.filter(|_| wanted.is_named);
        named = wanted.iter().zip(named).map(of_chosen).collect();
    }
    let mut wrong = shapes_apart(&wanted, given, &named);
    // Of a module that has its name every tensor has.
    if wrong.is_empty() && is_in_parts(&wanted, &named) {
        wrong = names_apart(&wanted, given, &named);
    }
    if !wrong.is_empty() {
        return Err(Refusal::of(wrong, named));
    }
    if found == wanted.len() && found == given.len() {
        return Ok(Assignment { given: named.into_iter().flatten().collect(), by_name: true });
    }
    let mut search = Search::new(graph, &wanted, given, named);
    let mut wrong = search.by_kind(in_order);
    // A file whose names are mostly ours was meant to have them all.
    if !wrong.is_empty() && found * 2 > wanted.len() {
        wrong = names_apart(&wanted, given, &by_name(&wanted, given));
    }
    let Search { found, candidates, .. } = search;
    match found.iter().copied().collect::<Option<Vec<usize>>>().filter(|_| wrong.is_empty()) {
        Some(given) => Ok(Assignment { given, by_name: false }),
        None => Err(Refusal { findings: cut(wrong), known: found, candidates }),
    }
}

impl Refusal {
    fn of(findings: Vec<Text>, known: Vec<Option<usize>>) -> Self {
        let candidates = vec![vec![]; known.len()];
        Self { findings: cut(findings), known, candidates }
    }
}

/// For each tensor that is wanted the one of its name, whatever all of the file's names begin with: `module.`, `model.`.
fn by_name(wanted: &[Wanted], given: &[Named]) -> Vec<Option<usize>> {
    let mut best = (0, vec![None; wanted.len()]);
    for from in prefixes(given) {
        let places: BTreeMap<String, usize> =
            given.iter().enumerate().map(|(index, tensor)| (dotted(&tensor.name[from..]), index)).collect();
        let find = |name: &str| places.get(&dotted(name)).copied();
        let named: Vec<_> = wanted
            .iter()
            .map(|wanted| find(&wanted.named.name).or_else(|| find(wanted.short.as_deref()?)))
            .collect();
        let distinct: BTreeSet<usize> = named.iter().flatten().copied().collect();
        if distinct.len() > best.0 && distinct.len() == named.iter().flatten().count() {
            best = (distinct.len(), named);
        }
    }
    best.1
}

/// Where names begin that have lost what all of them begin with: nothing of it, one part, and so on.
pub(super) fn prefixes(given: &[Named]) -> Vec<usize> {
    let Some(first) = given.first() else { return vec![0] };
    let (module, _) = split(&first.name);
    let ends = module.match_indices(['.', '/']).map(|(end, _)| end + 1).chain([module.len() + 1]);
    let is_shared = |&end: &usize| {
        first.name.get(..end).is_some_and(|prefix| given.iter().all(|tensor| tensor.name.starts_with(prefix)))
            && given.iter().all(|tensor| tensor.name.len() > end)
    };
    std::iter::once(0).chain(ends.take_while(is_shared)).collect()
}

fn cut(mut findings: Vec<Text>) -> Vec<Text> {
    if let Some(more) = findings.len().checked_sub(SHOWN).filter(|&more| more > 0) {
        findings.truncate(SHOWN);
        findings.push(text!("… and {more} more of that kind", "…… 还有 {more} 处类似问题"));
    }
    findings
}

fn shapes_apart(wanted: &[Wanted], given: &[Named], named: &[Option<usize>]) -> Vec<Text> {
    let pairs = wanted.iter().zip(named).filter_map(|(tensor, &index)| Some((&tensor.named, &given[index?])));
    let apart = pairs.filter(|(wanted, given)| !is_alike(&wanted.dims, &given.dims));
    apart.map(|(wanted, given)| shape_apart(wanted, given)).collect()
}

pub(super) fn shape_apart(wanted: &Named, given: &Named) -> Text {
    let (ours, theirs, needs, has) =
        (&wanted.name, &given.name, in_words(&wanted.dims), in_words(&given.dims));
    if dotted(ours) == dotted(theirs) {
        return text!(
            "`{theirs}` is {has} in the file, and {needs} in the network",
            "`{theirs}` 在文件中是 {has:#},在网络中是 {needs:#}"
        );
    }
    text!(
        "`{theirs}` is {has} in the file, and `{ours}` is {needs} in the network",
        "`{theirs}` 在文件中是 {has:#},而 `{ours}` 在网络中是 {needs:#}"
    )
}

/// Whether a module has some tensors of equal names, and some that have none.
fn is_in_parts(wanted: &[Wanted], named: &[Option<usize>]) -> bool {
    let is_named = |module: &Module| module.tensors.values().filter(|&&index| named[index].is_some()).count();
    let modules = modules(wanted.iter().map(|wanted| &*wanted.named.name).enumerate());
    modules
        .iter()
        .any(|module| !matches!(is_named(module), count if count == 0 || count == module.tensors.len()))
}

/// What has no counterpart of its name, on either side.
fn names_apart(wanted: &[Wanted], given: &[Named], named: &[Option<usize>]) -> Vec<Text> {
    let used: BTreeSet<usize> = named.iter().flatten().copied().collect();
    let missing =
        wanted.iter().zip(named).filter(|(_, index)| index.is_none()).map(|(tensor, _)| &tensor.named);
    let surplus: Vec<&Named> = (given.iter().enumerate())
        .filter(|(index, _)| !used.contains(index))
        .map(|(_, tensor)| tensor)
        .collect();
    let of_missing = missing.map(|tensor| lacks(tensor, &surplus));
    let of_surplus = surplus.iter().map(|tensor| {
        let (name, dims) = (&tensor.name, show(&tensor.dims));
        text!("the network has no `{name}` {dims}", "网络中没有 `{name}` {dims}")
    });
    of_missing.chain(of_surplus).collect()
}

fn lacks(tensor: &Named, others: &[&Named]) -> Text {
    let near = nearest(&tensor.name, others.iter().map(|other| other.name.as_str()));
    let near = near.and_then(|near| others.iter().find(|other| other.name == near));
    let (name, dims) = (&tensor.name, show(&tensor.dims));
    match near {
        Some(Named { name: near, dims: other }) => {
            let other = show(other);
            text!(
                "the file lacks `{name}` {dims}; nearest is `{near}` {other}",
                "文件缺少 `{name}` {dims};最接近的是 `{near}` {other}"
            )
        }
        None => text!("the file lacks `{name}` {dims}", "文件缺少 `{name}` {dims}"),
    }
}

/// Which tensor is which, while it is found out.
struct Search<'a> {
    wanted: &'a [Wanted],
    given: &'a [Named],
    /// Where the names of the file begin that matter.
    from: usize,
    flow: Flow<'a>,
    contents: Contents<'a>,
    found: Vec<Option<usize>>,
    candidates: Vec<Vec<usize>>,
}

impl<'a> Search<'a> {
    fn new(graph: &'a Graph, wanted: &'a [Wanted], given: &'a [Named], found: Vec<Option<usize>>) -> Self {
        let from = prefixes(given).pop().unwrap_or(0);
        let ours = modules(wanted.iter().map(|wanted| &*wanted.named.name).enumerate());
        let theirs = modules(given.iter().map(|tensor| &tensor.name[from..]).enumerate());
        let of_ours = |module: &Module| {
            let node = module.tensors.values().next().map(|&index| wanted[index].node)?;
            Some((node, module.kind(|index| &wanted[index].named.dims)))
        };
        let ours: Vec<_> = ours.iter().filter_map(of_ours).collect();
        let theirs: Vec<_> =
            theirs.iter().map(|module| (module.name, module.kind(|index| &given[index].dims))).collect();
        let contents = Contents::of(graph, &ours, &theirs);
        let candidates = vec![vec![]; wanted.len()];
        Self { wanted, given, from, flow: Flow::of(graph), contents, found, candidates }
    }

    /// Finds what has no equal name, by what modules hold; what does not fit.
    fn by_kind(&mut self, in_order: bool) -> Vec<Text> {
        let (wanted, given, from) = (self.wanted, self.given, self.from);
        let used: BTreeSet<usize> = self.found.iter().flatten().copied().collect();
        let ours = wanted.iter().enumerate().filter(|(index, _)| self.found[*index].is_none());
        let ours = modules(ours.map(|(index, wanted)| (index, &*wanted.named.name)));
        let theirs = given.iter().enumerate().filter(|(index, _)| !used.contains(index));
        let theirs = modules(theirs.map(|(index, tensor)| (index, &tensor.name[from..])));
        let mut ours = grouped(ours, |index| &wanted[index].named.dims);
        let mut theirs = grouped(theirs, |index| &given[index].dims);
        let kinds: BTreeSet<Kind> = ours.keys().chain(theirs.keys()).cloned().collect();
        let (mut wrong, mut settled) = (vec![], vec![]);
        for kind in kinds {
            let (ours, theirs) = (ours.remove(&kind), theirs.remove(&kind));
            let (ours, theirs) = (ours.unwrap_or_default(), theirs.unwrap_or_default());
            if ours.len() != theirs.len() {
                self.suggest(&ours, &theirs);
                wrong.push(count_apart(&kind, &ours, &theirs));
                continue;
            }
            settled.push(self.alike(ours, theirs, in_order).settle(&self.flow, &self.contents));
        }
        for mut settled in super::alike::against_the_flow(settled, &self.flow) {
            wrong.append(&mut settled.open);
            self.take(&settled);
        }
        wrong.extend(self.turned());
        wrong
    }

    /// Takes back those of another layout than ours, in which the same numbers stand elsewhere.
    fn turned(&mut self) -> Vec<Text> {
        let mut wrong = vec![];
        for (wanted, found) in self.wanted.iter().zip(&mut self.found) {
            let Some(given) = found.map(|index| &self.given[index]) else { continue };
            if !is_alike(&wanted.named.dims, &given.dims) {
                wrong.push(shape_apart(&wanted.named, given));
            } else if given.dims.len() > 1 && split(&given.name).1.trim_end_matches(":0") == "kernel" {
                let (name, dims) = (&given.name, show(&given.dims));
                wrong.push(text!(
                    "`{name}` {dims} is called as in Keras and Flax, which have outputs last, and here they are first",
                    "`{name}` {dims} 的名称来自 Keras 或 Flax:它们把输出维放在最后,这里则放在最前"
                ));
            } else {
                continue;
            }
            *found = None;
        }
        wrong
    }

    fn alike<'m>(&self, ours: Vec<Module<'m>>, theirs: Vec<Module<'m>>, in_order: bool) -> Alike<'m> {
        let node = |module: &Module| module.tensors.values().next().map(|&index| self.wanted[index].node);
        let ours = ours.into_iter().filter_map(|module| Some((node(&module)?, module))).collect();
        let sorted = self.given.is_sorted_by(|one, other| one.name <= other.name);
        // An order that is the alphabet's says nothing.
        Alike { ours, theirs, in_order: in_order && !sorted }
    }

    fn take(&mut self, settled: &Settled) {
        for (place, (_, ours)) in settled.ours.iter().enumerate() {
            let candidates = &settled.candidates[place];
            for (at, &wanted) in ours.tensors.values().enumerate() {
                let index = |theirs: usize| settled.theirs[theirs].tensors.values().nth(at).copied();
                if candidates.is_empty() {
                    self.found[wanted] = index(place);
                } else {
                    self.candidates[wanted] = candidates.iter().filter_map(|&theirs| index(theirs)).collect();
                    self.candidates[wanted].sort_unstable();
                }
            }
        }
    }

    /// Each of these may be each of those.
    fn suggest(&mut self, ours: &[Module], theirs: &[Module]) {
        for module in ours {
            for (at, &wanted) in module.tensors.values().enumerate() {
                let tensor = |theirs: &Module| theirs.tensors.values().nth(at).copied();
                self.candidates[wanted] = theirs.iter().filter_map(tensor).collect();
            }
        }
    }
}

/// The modules of each kind, in the order of the list.
fn grouped<'a, 'd>(
    modules: Vec<Module<'a>>,
    dims: impl Fn(usize) -> &'d [u64],
) -> BTreeMap<Kind, Vec<Module<'a>>> {
    let mut kinds: BTreeMap<Kind, Vec<Module>> = BTreeMap::new();
    for module in modules {
        kinds.entry(module.kind(&dims)).or_default().push(module);
    }
    kinds
}

fn count_apart(kind: &Kind, ours: &[Module], theirs: &[Module]) -> Text {
    let shown = kind
        .iter()
        .map(|(name, dims)| format!("{name} {}", if dims.is_empty() { "1".to_owned() } else { show(dims) }));
    let shown = shown.collect::<Vec<_>>().join(" + ");
    let shown = shown.trim();
    let list = |modules: &[Module]| {
        // What stands in no module is called by its own name.
        let tensors = |module: &Module| module.tensors.keys().copied().collect::<Vec<_>>().join("`, `");
        let name =
            |module: &Module| if module.name.is_empty() { tensors(module) } else { module.name.to_owned() };
        let names: Vec<_> = modules.iter().take(4).map(|module| format!("`{}`", name(module))).collect();
        match (modules.len(), names.join(", ")) {
            (0, _) => "0".to_owned(),
            (count @ 1..=4, names) => format!("{count} ({names})"),
            (count, names) => format!("{count} ({names}, …)"),
        }
    };
    let (ours, theirs) = (list(ours), list(theirs));
    text!(
        "of modules with {shown}, the network has {ours}, and the file {theirs}",
        "含 {shown} 的模块:网络有 {ours},文件有 {theirs}"
    )
}
