//! The module that a node belongs to: exporters say it in the node's name, in a note of theirs or in the names of its weights.

use std::collections::HashSet;
use std::sync::Arc;

use super::messages::Node;
use crate::text::printable;

mod neighbors;
mod tree;

pub(super) use neighbors::modules;
pub(super) use tree::{Place, tree};

/// The names of the modules around something, the outermost first; the network itself has none. No name is empty or has a slash.
pub(super) type Path = Vec<Arc<str>>;

/// What is further inside stands in the last of so many; the modules of no reference file are more than 9 deep.
const MOST_LEVELS: usize = 16;

/// More characters of a name are not read.
const MOST_CHARACTERS: usize = 100;

/// The note that `torch.onnx.export(dynamo=True)` leaves: full paths from the network inwards, then the call itself, as Python
/// writes a list: `['', 'layer1', 'layer1.0', 'layer1.0.conv1', 'conv2d_1']`.
const SCOPES: &str = "pkg.torch.onnx.name_scopes";

/// The scope that the same exporter gives to what it has put in itself.
const NO_SCOPE: &str = "_empty_nn_module_stack_from_metadata_hook";

/// The modules that the nodes which are `wanted` tell by themselves and by whose `weight` each takes, if it takes one with a name.
fn told<'a>(
    nodes: &'a [Node],
    weight: impl Fn(&'a Node) -> Option<&'a str>,
    wanted: impl Fn(usize) -> bool,
) -> Vec<Option<Path>> {
    let is_any_noted = nodes.iter().any(is_noted);
    let mut names = HashSet::new();
    // Most names recur, and are kept once.
    let mut kept = |name: Arc<str>| {
        names.get(&name).cloned().unwrap_or_else(|| {
            names.insert(name.clone());
            name
        })
    };
    nodes
        .iter()
        .enumerate()
        .map(|(index, node)| {
            // Beside names of modules others say nothing: `gemm_input_reshape` between `/fc1/Relu` and `/fc2/Gemm`.
            let own = || module(node, weight(node)).or_else(|| own_name(node).filter(|_| !is_any_noted));
            wanted(index).then(own).flatten()
        })
        .map(|path| Some(path?.into_iter().map(&mut kept).collect()))
        .collect()
}

/// The module of a node by what its writer noted or named after modules, and by its weight.
///
/// What is noted is the module that *calls* the operator, as the exporter knows it: TorchScript leaves out the modules around
/// one that is called from outside of them, and tells later calls from the first by a number, `relu_1`. The weight knows better
/// in two cases: a convolution which a batch norm was folded into is called by that one in files of
/// `torch.onnx.export(dynamo=True)`; and a module that calls no other but works with its weights itself, as
/// `MultiheadAttention` does with those of `out_proj`, appears only in their names.
fn module(node: &Node, weight: Option<&str>) -> Option<Path> {
    let owner = weight.and_then(owner);
    let Some(said) = said(node) else { return owner.map(|owner| owner.path) };
    match owner {
        Some(owner) if owner.is_main && (said.is_folded || owner.path.starts_with(&said.path)) => {
            Some(owner.path)
        }
        _ => Some(said.path),
    }
}

/// Where a tensor of this name belongs, its own name last: `blocks.0.attn.bias_table`; nothing for one that an exporter named.
pub(super) fn tensor(name: &str) -> Option<Path> {
    let path = dotted(name);
    (!is_made_up(name) && !path.is_empty()).then_some(path)
}

/// Whether a node is named after modules, or they are noted.
fn is_noted(node: &Node) -> bool {
    node.name.contains('/') || node.metadata.iter().any(|(key, _)| &**key == SCOPES)
}

/// What a function, a branch or a loop is called where what is in it stands.
pub(super) fn called(node: &Node) -> Arc<str> {
    let names = node.name.rsplit('/').chain([&*node.operator]);
    names.map(clean).find(|name| !name.is_empty()).map_or_else(|| "unnamed".into(), Into::into)
}

/// What a node says of its module.
struct Said {
    path: Path,
    /// Whether it does the work of a batch norm as well and stands in that one.
    is_folded: bool,
}

fn said(node: &Node) -> Option<Said> {
    if let Some((_, scopes)) = node.metadata.iter().find(|(key, _)| &**key == SCOPES) {
        let (module, call) = last_two(scopes)?;
        let is_convolution = matches!(&*node.operator, "Conv" | "ConvTranspose");
        let is_folded = is_convolution && call.contains("batch_norm");
        return (module != NO_SCOPE).then(|| Said { path: dotted(&module), is_folded });
    }
    // Of a node that stands for several, the first.
    let name = node.name.split(';').next()?;
    name.contains('/').then(|| Said { path: slashed(name), is_folded: false })
}

/// `/layer1/layer1.0/conv1/Conv_1` without the operator. In TorchScript's names a module in a list or a `Sequential` repeats
/// the name of that: `layer1/layer1.0`.
fn slashed(name: &str) -> Path {
    let mut parts: Vec<_> =
        name.split('/').filter(|part| !part.is_empty() && *part != "StatefulPartitionedCall").collect();
    // onnxruntime names what it fused after one of the nodes: `/fc/MatMul/MatMulAddFusion`.
    while parts.pop_if(|part| part.ends_with("Fusion")).is_some() {}
    parts.pop();
    let outer = std::iter::once("").chain(parts.iter().copied());
    let own = parts.iter().zip(outer).map(|(part, outer)| {
        part.strip_prefix(outer)
            .and_then(|rest| rest.strip_prefix('.'))
            .filter(|_| !outer.is_empty())
            .unwrap_or(part)
    });
    cleaned(own.flat_map(|part| part.split('.')))
}

fn dotted(name: &str) -> Path {
    cleaned(name.split('.'))
}

fn cleaned<'a>(parts: impl Iterator<Item = &'a str>) -> Path {
    parts.map(clean).filter(|part| !part.is_empty()).take(MOST_LEVELS).map(Into::into).collect()
}

fn clean(part: &str) -> String {
    printable(&part.trim().chars().take(MOST_CHARACTERS).collect::<String>().replace('/', "_"))
}

/// A node as its name calls it, if that says more than the operator and a number: not `Conv_12`, `Conv__3`, `p2o.Conv.0`, `node_view_1`, `n0`.
fn own_name(node: &Node) -> Option<Path> {
    let name = &*node.name;
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '_' | '.' | ':'));
    let is_operator = stem
        .strip_suffix(&*node.operator)
        .is_some_and(|before| before.chars().next_back().is_none_or(|c| !c.is_alphanumeric()));
    let is_vague = matches!(stem, "" | "n" | "node" | "op") || name.starts_with("node_") || is_operator;
    (!is_vague).then(|| dotted(name))
}

/// Whose weight something is.
struct Owner {
    path: Path,
    /// Whether it is what the owner mainly works with, rather than its bias or something of its own.
    is_main: bool,
}

/// The module whose weight has this name: `layer1.0.conv1.weight`, and `conv1_weight` and `conv1_w_0` of other frameworks.
fn owner(weight: &str) -> Option<Owner> {
    if is_made_up(weight) {
        return None;
    }
    // Quantized, as onnxruntime writes them.
    let name = weight.strip_suffix("_quantized").unwrap_or(weight);
    let (path, is_main) = if let Some((module, own)) = name.rsplit_once('.') {
        (dotted(module), own == "weight")
    } else {
        let module = ["_weight", "_w_0", "_w"].iter().find_map(|suffix| name.strip_suffix(suffix))?;
        (cleaned(module.split('/')), true)
    };
    (!path.is_empty()).then_some(Owner { path, is_main })
}

/// Whether an exporter named the tensor itself: `onnx::Conv_224`, `val_12`, `193`, `/attn/Constant_output_0`.
fn is_made_up(name: &str) -> bool {
    name.contains("::")
        || name.starts_with('/')
        || name.strip_prefix("val_").unwrap_or(name).bytes().all(|byte| byte.is_ascii_digit())
}

/// The last two texts of a list as Python writes it.
fn last_two(text: &str) -> Option<(String, String)> {
    let mut characters = text.trim().strip_prefix('[')?.strip_suffix(']')?.chars();
    let mut found = (None, None);
    while let Some(quote) = characters.find(|c| matches!(c, '\'' | '"')) {
        let mut item = String::new();
        loop {
            match characters.next()? {
                '\\' => item.push(characters.next()?),
                c if c == quote => break,
                c => item.push(c),
            }
        }
        found = (found.1, Some(item));
    }
    found.0.zip(found.1)
}

#[cfg(test)]
mod tests;
