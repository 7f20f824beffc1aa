//! Which tensor of a file is which weight of a network.
//!
//! Ours are called by their paths: `layer1/0/conv1.weight`, with dots for slashes if wanted. Where a file has other names, its
//! modules are matched with ours by what they hold: of those that hold tensors of the same names and shapes, the first that
//! is used is the first in the file, and so on. Either every tensor is used, once, or nothing is loaded.

use std::collections::{BTreeMap, BTreeSet};

use super::order::Position;
use crate::error::nearest;
use crate::shape::show;
use crate::text;
use crate::text::Text;

/// A tensor's name and its sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// A module's name, a dot, and what the module calls it.
    pub name: String,
    /// As the file has them, or as PyTorch would.
    pub dims: Vec<u64>,
}

/// How the tensors of a file were found to be a network's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// For each tensor that the network needs, the index of the file's.
    pub given: Vec<usize>,
    /// Whether the names were the network's; otherwise shapes and order have decided.
    pub by_name: bool,
}

/// Most findings that are shown of one file.
const SHOWN: usize = 8;

/// For each tensor that is wanted, in the order of use, which one of the file it is; or why none can be told.
pub fn assign(wanted: &[Named], given: &[Named]) -> Result<Assignment, Vec<Text>> {
    let places: BTreeMap<String, usize> =
        given.iter().enumerate().map(|(index, tensor)| (dotted(&tensor.name), index)).collect();
    let named: Vec<_> = wanted.iter().map(|tensor| places.get(&dotted(&tensor.name)).copied()).collect();
    let found = named.iter().flatten().count();
    if found == wanted.len() && found == given.len() && found == places.len() {
        let wrong = shapes_apart(wanted, given, &named);
        let given = named.into_iter().flatten().collect();
        return if wrong.is_empty() { Ok(Assignment { given, by_name: true }) } else { Err(cut(wrong)) };
    }
    let by_shape = by_shape(wanted, given).and_then(|found| {
        let contradicts = |(index, name): (&usize, &Option<usize>)| name.filter(|name| name != index);
        match found.iter().zip(&named).find_map(contradicts).map(|index| &given[index].name) {
            None => Ok(Assignment { given: found, by_name: false }),
            Some(name) => Err(vec![text!(
                "by its name `{name}` is another tensor than by its shape and its place in order",
                "`{name}` 按名称对应的张量,与按形状和次序对应的不同"
            )]),
        }
    });
    by_shape.map_err(|unfit| {
        // A file whose names are mostly ours was meant to have them all.
        if found * 2 <= wanted.len() {
            return cut(unfit);
        }
        let mut wrong = shapes_apart(wanted, given, &named);
        wrong.extend(names_apart(wanted, given, &named));
        cut(wrong)
    })
}

fn dotted(name: &str) -> String {
    name.replace('/', ".")
}

fn cut(mut findings: Vec<Text>) -> Vec<Text> {
    if let Some(more) = findings.len().checked_sub(SHOWN).filter(|&more| more > 0) {
        findings.truncate(SHOWN);
        findings.push(text!("… and {more} more of that kind", "…… 还有 {more} 处类似问题"));
    }
    findings
}

fn shapes_apart(wanted: &[Named], given: &[Named], named: &[Option<usize>]) -> Vec<Text> {
    let pairs = wanted.iter().zip(named).filter_map(|(tensor, &index)| Some((tensor, &given[index?])));
    let apart = pairs.filter(|(wanted, given)| squeezed(&wanted.dims) != squeezed(&given.dims));
    apart
        .map(|(wanted, given)| {
            let (name, needs, has) = (&given.name, show(&wanted.dims), show(&given.dims));
            text!(
                "`{name}` is {has} in the file, and {needs} in the network",
                "`{name}` 在文件中是 {has},在网络中是 {needs}"
            )
        })
        .collect()
}

/// What has no counterpart of its name, on either side.
fn names_apart(wanted: &[Named], given: &[Named], named: &[Option<usize>]) -> Vec<Text> {
    let used: BTreeSet<usize> = named.iter().flatten().copied().collect();
    let missing: Vec<&Named> =
        wanted.iter().zip(named).filter(|(_, index)| index.is_none()).map(|(tensor, _)| tensor).collect();
    let surplus: Vec<&Named> = given
        .iter()
        .enumerate()
        .filter(|(index, _)| !used.contains(index))
        .map(|(_, tensor)| tensor)
        .collect();
    let near = |tensor: &Named, others: &[&Named]| {
        let near = nearest(&tensor.name, others.iter().map(|other| other.name.as_str()))?;
        others.iter().find(|other| other.name == near).map(|other| format!("`{near}` {}", show(&other.dims)))
    };
    let of_missing = missing.iter().map(|tensor| {
        let (name, dims) = (&tensor.name, show(&tensor.dims));
        match near(tensor, &surplus) {
            Some(near) => text!(
                "the file lacks `{name}` {dims}; nearest is {near}",
                "文件缺少 `{name}` {dims};最接近的是 {near}"
            ),
            None => text!("the file lacks `{name}` {dims}", "文件缺少 `{name}` {dims}"),
        }
    });
    let of_surplus = surplus.iter().map(|tensor| {
        let (name, dims) = (&tensor.name, show(&tensor.dims));
        text!("the network has no `{name}` {dims}", "网络中没有 `{name}` {dims}")
    });
    of_missing.chain(of_surplus).collect()
}

/// A module: what it is called, and its tensors by their names in it, as indices.
struct Module<'a> {
    name: &'a str,
    tensors: BTreeMap<&'a str, usize>,
}

/// What two modules have in common that may be one another: the names of their tensors and the sizes above 1.
type Kind = Vec<(String, Vec<u64>)>;

fn by_shape(wanted: &[Named], given: &[Named]) -> Result<Vec<usize>, Vec<Text>> {
    let (ours, theirs) = (by_kind(wanted), by_kind(given));
    let kinds: BTreeSet<&Kind> = ours.keys().chain(theirs.keys()).collect();
    let (mut found, mut wrong) = (vec![0; wanted.len()], vec![]);
    for kind in kinds {
        let (ours, theirs) = (ours.get(kind).map_or(&[][..], |m| m), theirs.get(kind).map_or(&[][..], |m| m));
        if ours.len() != theirs.len() {
            wrong.push(count_apart(kind, ours, theirs));
            continue;
        }
        let mut sorted: Vec<(Position, &Module)> =
            theirs.iter().map(|module| (Position::of(module.name), module)).collect();
        sorted.sort_by(|one, other| (&one.0, one.1.name).cmp(&(&other.0, other.1.name)));
        for pair in sorted.windows(2).filter(|pair| !pair[0].0.is_apart(&pair[1].0)) {
            let (one, other) = (pair[0].1.name, pair[1].1.name);
            let place = sorted.iter().position(|(_, module)| module.name == one).unwrap_or(0);
            let (first, second) = (ours[place].name, ours[place + 1].name);
            wrong.push(text!(
                "`{one}` and `{other}` hold the same shapes, and their names do not tell which of them is `{first}` and \
                 which `{second}`",
                "`{one}` 与 `{other}` 的形状相同,而名称不能说明哪个是 `{first}`,哪个是 `{second}`"
            ));
        }
        for (ours, (_, theirs)) in ours.iter().zip(&sorted) {
            for (&wanted, &given) in ours.tensors.values().zip(theirs.tensors.values()) {
                found[wanted] = given;
            }
        }
    }
    if wrong.is_empty() { Ok(found) } else { Err(wrong) }
}

/// The modules of each kind, in the order of the list.
fn by_kind(tensors: &[Named]) -> BTreeMap<Kind, Vec<Module<'_>>> {
    let mut modules: Vec<Module> = vec![];
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, tensor) in tensors.iter().enumerate() {
        let (module, name) = tensor.name.rsplit_once('.').unwrap_or(("", &tensor.name));
        let place = *places.entry(module).or_insert_with(|| {
            modules.push(Module { name: module, tensors: BTreeMap::new() });
            modules.len() - 1
        });
        modules[place].tensors.insert(name, index);
    }
    let mut kinds: BTreeMap<Kind, Vec<Module>> = BTreeMap::new();
    for module in modules {
        // What a module calls its only tensor says nothing: `class_token`, `relative_position_bias_table`.
        let is_only = module.tensors.len() == 1;
        let tensor = |(&name, &index): (&&str, &usize)| {
            (if is_only { String::new() } else { name.to_owned() }, squeezed(&tensors[index].dims))
        };
        kinds.entry(module.tensors.iter().map(tensor).collect()).or_default().push(module);
    }
    kinds
}

/// A 1×1 convolution is a linear layer, and a scale of each channel may have sizes of 1 behind it.
fn squeezed(dims: &[u64]) -> Vec<u64> {
    dims.iter().copied().filter(|&size| size != 1).collect()
}

fn count_apart(kind: &Kind, ours: &[Module], theirs: &[Module]) -> Text {
    let shown = kind
        .iter()
        .map(|(name, dims)| format!("{name} {}", if dims.is_empty() { "1".to_owned() } else { show(dims) }));
    let shown = shown.collect::<Vec<_>>().join(" + ");
    let shown = shown.trim();
    let list = |modules: &[Module]| {
        let names: Vec<_> = modules.iter().take(4).map(|module| format!("`{}`", module.name)).collect();
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
