//! The modules of a network and those of a file: what each is called, and what it holds.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::graph::{Graph, NodeId, Scope, ScopeId, ScopeKind};
use crate::op::Entry;

/// A tensor's name and its sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// A module's name, a dot, and what the module calls it.
    pub name: String,
    /// As the file has them, or as PyTorch would.
    pub dims: Vec<u64>,
}

/// A tensor that a network needs.
pub(super) struct Wanted {
    /// By the whole path of its node.
    pub(super) named: Named,
    /// The same without boxes that have no name of their own, where no other tensor is called so.
    pub(super) short: Option<String>,
    pub(super) node: NodeId,
    /// Whether somebody has chosen the name of its node.
    pub(super) is_named: bool,
    /// Both with dots for slashes, the shorter first.
    pub(super) dotted: Vec<String>,
}

/// A module: what it is called, and its tensors by their names in it, as indices.
pub(super) struct Module<'a> {
    pub(super) name: &'a str,
    pub(super) tensors: BTreeMap<&'a str, usize>,
}

/// What two modules have in common that may be one another: the names of their tensors and their sizes.
pub(super) type Kind = Vec<(String, Vec<u64>)>;

/// The tensors that a graph needs, in the order of use.
pub(super) fn wanted(graph: &Graph) -> Vec<Wanted> {
    let mut all = vec![];
    for (id, node) in graph.nodes() {
        let weights = graph.own_weights(id);
        if weights.is_empty() {
            continue;
        }
        let path = graph.path(id);
        let own =
            scopes(graph, id).into_iter().map(|scope| graph.scope(scope)).filter(|scope| is_named(scope));
        let short: Vec<&str> = own.map(|scope| &*scope.name).chain([&*node.name]).collect();
        let short = short.join("/");
        for weight in weights {
            let named = Named { name: format!("{path}.{}", weight.name), dims: weight.dims() };
            let short = Some(format!("{short}.{}", weight.name));
            let is_named = !counts_only(&node.name, |word| word == node.operator_name());
            all.push(Wanted { named, short, node: id, is_named, dotted: vec![] });
        }
    }
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for wanted in &all {
        let names: BTreeSet<String> =
            wanted.short.iter().chain([&wanted.named.name]).map(|name| dotted(name)).collect();
        for name in names {
            *counts.entry(name).or_default() += 1;
        }
    }
    for wanted in &mut all {
        wanted.short = wanted.short.take().filter(|short| counts.get(&dotted(short)) == Some(&1));
        wanted.dotted = wanted.short.iter().chain([&wanted.named.name]).map(|name| dotted(name)).collect();
    }
    all
}

/// The boxes around a node, the outermost first, without the network.
pub(super) fn scopes(graph: &Graph, id: NodeId) -> Vec<ScopeId> {
    let mut scopes = vec![];
    let mut scope = graph.node(id).scope;
    while scope != ScopeId::ROOT {
        scopes.push(scope);
        scope = graph.scope(scope).parent;
    }
    scopes.reverse();
    scopes
}

/// Whether somebody has chosen the name of a box; `conv_bn_1` only counts.
pub(super) fn is_named(scope: &Scope) -> bool {
    let is_kind = |word: &str| match &scope.kind {
        ScopeKind::Block(block) => word == &**block,
        ScopeKind::Branches => ["add", "mul", "concat", "branches"].contains(&word),
        ScopeKind::Group => word == "layers",
        ScopeKind::Side => word == "side",
        ScopeKind::Repeat | ScopeKind::For => {
            word == "layers" || word == "side" || Entry::find(word).is_some()
        }
        ScopeKind::Network | ScopeKind::Branch => false,
    };
    !counts_only(&scope.name, is_kind)
}

/// Whether a name is that of a kind with a number.
pub(super) fn counts_only(name: &str, is_kind: impl Fn(&str) -> bool) -> bool {
    let Some((word, number)) = name.rsplit_once('_') else { return false };
    is_kind(word) && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// The modules that tensors with these names and sizes make, in the order in which they come.
pub(super) fn modules<'a>(names: impl Iterator<Item = (usize, &'a str)>) -> Vec<Module<'a>> {
    let mut modules: Vec<Module> = vec![];
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, name) in names {
        let (module, tensor) = split(name);
        let place = *places.entry(module).or_insert_with(|| {
            modules.push(Module { name: module, tensors: BTreeMap::new() });
            modules.len() - 1
        });
        modules[place].tensors.insert(tensor, index);
    }
    modules
}

/// A tensor's module, and its name in it.
pub(super) fn split(name: &str) -> (&str, &str) {
    name.rsplit_once(['.', '/']).unwrap_or(("", name))
}

impl Module<'_> {
    /// Its kind, given each tensor's sizes.
    pub(super) fn kind<'d>(&self, dims: impl Fn(usize) -> &'d [u64]) -> Kind {
        // What a module calls its only tensor says nothing: `class_token`, `relative_position_bias_table`.
        let is_only = self.tensors.len() == 1;
        let tensor = |(&name, &index): (&&str, &usize)| {
            (if is_only { String::new() } else { name.to_owned() }, plain(dims(index)))
        };
        self.tensors.iter().map(tensor).collect()
    }
}

/// A number that stands for a kind; those of several modules add up to one that stands for all of them together.
pub(super) fn print(kind: &Kind) -> u64 {
    let mut hasher = DefaultHasher::new();
    kind.hash(&mut hasher);
    hasher.finish()
}

pub(super) fn dotted(name: &str) -> String {
    name.replace('/', ".")
}

/// Sizes without ones at either end: a 1×1 convolution is a linear layer, and a scale of each channel may have sizes of 1 around
/// it. Ones in between stay: a row of a convolution is no column.
pub(super) fn plain(dims: &[u64]) -> Vec<u64> {
    let start = dims.iter().take_while(|&&size| size == 1).count();
    let end = dims.iter().rev().take_while(|&&size| size == 1).count();
    dims.get(start..dims.len() - end).unwrap_or_default().to_vec()
}

/// Whether a tensor of the file may be ours by its sizes: in as many dimensions only if they are the same, since one that has
/// its outputs last may have the same numbers. Of a vector they stand where they may.
pub(super) fn is_alike(ours: &[u64], theirs: &[u64]) -> bool {
    let sizes = plain(ours);
    ours == theirs || (ours.len() != theirs.len() || sizes.len() < 2) && sizes == plain(theirs)
}
