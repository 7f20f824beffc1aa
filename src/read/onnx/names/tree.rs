//! Boxes and layers of the modules that nodes stand in.

use std::collections::HashMap;
use std::sync::Arc;

use super::Path;

/// Where a node stands and what it is called there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::read::onnx) struct Place {
    /// The boxes around it, the outermost first.
    pub(in crate::read::onnx) boxes: Path,
    /// Its own name; others in the box may have it, too.
    pub(in crate::read::onnx) name: Arc<str>,
}

#[derive(Default)]
struct Module<'a> {
    /// Whether modules stand in it, or several operators.
    is_box: bool,
    /// The first operator in it.
    operator: Option<&'a str>,
    /// How many of each operator have a name so far.
    numbers: HashMap<&'a str, u32>,
}

/// Where nodes stand, by the module and the operator of each: `conv2d`.
///
/// A module that is one operator is a layer and gives it its name; called several times, it is as many layers of one name.
/// Any other is a box, and what stands in it is called after its operator, with a number: `add_1`. The network is always one.
pub(in crate::read::onnx) fn tree(nodes: &[(Path, &str)]) -> Vec<Place> {
    let (mut modules, module_of) = sorted(nodes);
    nodes
        .iter()
        .zip(module_of)
        .map(|((path, operator), index)| match (modules.get_mut(index), path.split_last()) {
            (Some(module), Some((name, around))) if !module.is_box => {
                Place { boxes: around.to_vec(), name: name.clone() }
            }
            (module, _) => {
                let number = module.map_or(1, |module| {
                    let number = module.numbers.entry(operator).or_default();
                    *number = number.saturating_add(1);
                    *number
                });
                Place { boxes: path.clone(), name: format!("{operator}_{number}").into() }
            }
        })
        .collect()
}

/// The modules that the nodes stand in, and by node which.
fn sorted<'a>(nodes: &'a [(Path, &str)]) -> (Vec<Module<'a>>, Vec<usize>) {
    let mut modules = vec![Module { is_box: true, ..Module::default() }];
    let mut known: HashMap<(usize, &str), usize> = HashMap::new();
    let module_of = nodes
        .iter()
        .map(|(path, operator)| {
            let mut at = 0;
            for name in path {
                if let Some(around) = modules.get_mut(at) {
                    around.is_box = true;
                }
                at = *known.entry((at, name)).or_insert_with(|| {
                    modules.push(Module::default());
                    modules.len() - 1
                });
            }
            if let Some(module) = modules.get_mut(at) {
                module.is_box |= *module.operator.get_or_insert(operator) != *operator;
            }
            at
        })
        .collect();
    (modules, module_of)
}
