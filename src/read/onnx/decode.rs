//! The messages of `onnx.proto`, read from their bytes: numbers of fields are those of
//! <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>.

use std::io::{Read, Seek};
use std::sync::Arc;

use super::messages::{Data, Dimension, Function, Graph, Kind, Model, Node, Tensor, ValueInfo};
use super::wire::{Field, Mistake, Outcome, Wire, mistake};
use crate::text;

mod attribute;
mod tensor;
#[cfg(test)]
mod tests;

use attribute::attribute;
use tensor::{dims, tensor};

/// How deep bodies of branches and loops may lie in one another.
const DEEPEST: u32 = 64;

/// What is kept of what else a writer noted of a node: the modules that it is in, as two versions of PyTorch call that.
const METADATA: [&str; 2] = ["pkg.torch.onnx.name_scopes", "namespace"];

/// Reads what an ONNX file says, without its weights: they are passed over, and [`Tensor::data`] tells where they lie.
///
/// Whatever the file, this takes less than 200 MB of memory, and time that goes with what there is beside weights.
pub fn read(mut source: impl Read + Seek) -> Result<Model, Mistake> {
    model(&mut Wire::new(&mut source)?)
}

fn model(wire: &mut Wire<'_>) -> Outcome<Model> {
    let (mut model, mut graph_at) = (Model::default(), None);
    let [mut producer, mut version] = [Arc::<str>::default(), Arc::default()];
    let end = wire.length();
    wire.each(end, |wire, field| {
        match field.number {
            1 => model.ir_version = field.int()?,
            2 => producer = wire.name(field.end()?)?,
            3 => version = wire.name(field.end()?)?,
            7 => {
                if graph_at.replace(field.at).is_some() {
                    return Err(mistake(field.at, text!("this is a second graph", "这是第二个图")));
                }
                model.graph = graph(wire, field.end()?, 0)?;
            }
            8 => push(wire, field, &mut model.opsets, opset)?,
            25 => push(wire, field, &mut model.functions, function)?,
            _ => {}
        }
        Ok(())
    })?;
    if graph_at.is_none() {
        let why = text!("the file has no graph: is it an ONNX model?", "文件中没有图:它是 ONNX 模型吗?");
        return Err(mistake(end, why));
    }
    let producer = format!("{producer} {version}").trim().to_owned();
    Ok(Model { producer, ..model })
}

fn graph(wire: &mut Wire<'_>, end: u64, depth: u32) -> Outcome<Graph> {
    if depth > DEEPEST {
        let why = text!(
            "bodies of branches and loops lie more than {DEEPEST} deep in one another",
            "分支和循环的嵌套超过 {DEEPEST} 层"
        );
        return Err(mistake(wire.at(), why));
    }
    let mut graph = Graph::default();
    wire.each(end, |wire, field| match field.number {
        1 => push(wire, field, &mut graph.nodes, |wire, end| node(wire, end, depth)),
        2 => {
            graph.name = wire.name(field.end()?)?.to_string();
            Ok(())
        }
        5 => push(wire, field, &mut graph.initializers, |wire, end| shared(wire, end, tensor)),
        11 => push(wire, field, &mut graph.inputs, value_info),
        12 => push(wire, field, &mut graph.outputs, value_info),
        13 => push(wire, field, &mut graph.value_info, value_info),
        15 => push(wire, field, &mut graph.initializers, |wire, end| shared(wire, end, sparse)),
        _ => Ok(()),
    })?;
    Ok(graph)
}

fn shared(
    wire: &mut Wire<'_>,
    end: u64,
    read: impl FnOnce(&mut Wire<'_>, u64) -> Outcome<Tensor>,
) -> Outcome<Arc<Tensor>> {
    let tensor = read(wire, end)?;
    wire.shared(tensor)
}

fn function(wire: &mut Wire<'_>, end: u64) -> Outcome<Function> {
    let mut function = Function::default();
    wire.each(end, |wire, field| {
        match field.number {
            1 => function.name = wire.name(field.end()?)?,
            4 => push(wire, field, &mut function.inputs, Wire::name)?,
            5 => push(wire, field, &mut function.outputs, Wire::name)?,
            6 => push(wire, field, &mut function.attributes, Wire::name)?,
            7 => push(wire, field, &mut function.nodes, |wire, end| node(wire, end, 0))?,
            9 => push(wire, field, &mut function.opsets, opset)?,
            10 => function.domain = domain(wire, field.end()?)?,
            11 => push(wire, field, &mut function.defaults, |wire, end| attribute(wire, end, 0))?,
            13 => function.overload = wire.name(field.end()?)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(function)
}

fn node(wire: &mut Wire<'_>, end: u64, depth: u32) -> Outcome<Node> {
    let mut node = Node::default();
    wire.each(end, |wire, field| {
        match field.number {
            1 => push(wire, field, &mut node.inputs, Wire::name)?,
            2 => push(wire, field, &mut node.outputs, Wire::name)?,
            3 => node.name = wire.name(field.end()?)?,
            4 => node.operator = wire.name(field.end()?)?,
            5 => push(wire, field, &mut node.attributes, |wire, end| attribute(wire, end, depth))?,
            7 => node.domain = domain(wire, field.end()?)?,
            8 => node.overload = wire.name(field.end()?)?,
            9 => {
                if let Some(entry) = entry(wire, field.end()?, |key| METADATA.contains(&key))? {
                    wire.push(&mut node.metadata, entry)?;
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(node)
}

fn value_info(wire: &mut Wire<'_>, end: u64) -> Outcome<ValueInfo> {
    let mut info = ValueInfo::default();
    wire.each(end, |wire, field| match field.number {
        1 => {
            info.name = wire.name(field.end()?)?;
            Ok(())
        }
        // Of the types only that of a tensor tells sizes.
        2 => wire.each(field.end()?, |wire, field| match field.number {
            1 => wire.each(field.end()?, |wire, field| {
                match field.number {
                    1 => info.kind = Kind(field.int32()?),
                    2 => info.dims = Some(shape(wire, field.end()?)?),
                    _ => {}
                }
                Ok(())
            }),
            _ => Ok(()),
        }),
        _ => Ok(()),
    })?;
    Ok(info)
}

fn shape(wire: &mut Wire<'_>, end: u64) -> Outcome<Vec<Dimension>> {
    let mut dims = vec![];
    wire.each(end, |wire, field| match field.number {
        1 => push(wire, field, &mut dims, dimension),
        _ => Ok(()),
    })?;
    Ok(dims)
}

fn dimension(wire: &mut Wire<'_>, end: u64) -> Outcome<Dimension> {
    let mut dimension = Dimension::Unknown;
    wire.each(end, |wire, field| {
        match field.number {
            1 => dimension = Dimension::Size(field.int()?),
            2 => {
                let name = wire.name(field.end()?)?;
                dimension = if name.is_empty() { Dimension::Unknown } else { Dimension::Symbol(name) };
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(dimension)
}

/// A tensor that is given by what is not 0 in it: its values have its name and type.
fn sparse(wire: &mut Wire<'_>, end: u64) -> Outcome<Tensor> {
    let (mut values, mut sizes) = (Tensor::default(), vec![]);
    wire.each(end, |wire, field| match field.number {
        1 => {
            values = tensor(wire, field.end()?)?;
            Ok(())
        }
        3 => dims(wire, field, &mut sizes),
        _ => Ok(()),
    })?;
    Ok(Tensor { dims: sizes, data: Data::Sparse, ..values })
}

fn opset(wire: &mut Wire<'_>, end: u64) -> Outcome<(Arc<str>, i64)> {
    let mut opset = (Arc::default(), 0);
    wire.each(end, |wire, field| {
        match field.number {
            1 => opset.0 = domain(wire, field.end()?)?,
            2 => opset.1 = field.int()?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(opset)
}

/// Whose an operator is. The standard's domain has two names.
fn domain(wire: &mut Wire<'_>, end: u64) -> Outcome<Arc<str>> {
    let domain = wire.name(end)?;
    Ok(if &*domain == "ai.onnx" { Arc::default() } else { domain })
}

/// A key and what stands for it, if it is one of those that are wanted; otherwise that stays unread.
fn entry(
    wire: &mut Wire<'_>,
    end: u64,
    is_wanted: impl Fn(&str) -> bool,
) -> Outcome<Option<(Arc<str>, Arc<str>)>> {
    let (mut key, mut value) = (Arc::default(), None);
    wire.each(end, |wire, field| {
        match field.number {
            1 => {
                let length = field.end()?.saturating_sub(wire.at());
                // Nothing that is wanted has so long a key, which need not be a name either.
                key = if length > 64 { Arc::default() } else { wire.name(field.end()?)? };
            }
            2 => value = Some((wire.at(), field.end()?)),
            _ => {}
        }
        Ok(())
    })?;
    if !is_wanted(&key) {
        return Ok(None);
    }
    let value = match value {
        Some((at, end)) => {
            wire.go(at)?;
            wire.name(end)?
        }
        None => Arc::default(),
    };
    wire.go(end)?;
    Ok(Some((key, value)))
}

/// Keeps what a field holds beside what others of its number held.
fn push<'a, T>(
    wire: &mut Wire<'a>,
    field: Field,
    items: &mut Vec<T>,
    read: impl FnOnce(&mut Wire<'a>, u64) -> Outcome<T>,
) -> Outcome {
    let item = read(wire, field.end()?)?;
    wire.push(items, item)
}
