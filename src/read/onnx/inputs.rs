//! The sizes of a network's inputs: those of the file, and what is chosen where it leaves them open.

use std::collections::HashSet;
use std::sync::Arc;

use super::Onnx;
use super::import::Importer;
use super::messages::{Dimension, Graph, Kind, ValueInfo};
use super::mistake::Mistake;
use super::value::{Refusal, Value};
use super::wire::shown;
use crate::text;

/// What is chosen where a file leaves sizes open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Sizes by the names that the file has for them: `("height", 640)`. What has no name there is called after the input and
    /// the dimension, counted from 0: `input.2`.
    pub dims: Vec<(String, u64)>,
    /// Sizes of the only input, without the batch.
    pub input: Option<Vec<u64>>,
}

impl Onnx {
    /// The sizes that the file leaves open as they are in arrays, each for the input of that name or in the order of the file. The
    /// first of an input is the batch, and stays open. Of a size that several have, the first holds.
    pub fn open_sizes(&self, arrays: &[(Option<&str>, Vec<u64>)]) -> Vec<(String, u64)> {
        let inputs = of_network(&self.model.graph);
        let mut sizes = vec![];
        for (index, (name, array)) in arrays.iter().enumerate() {
            let input = match name {
                Some(name) => inputs.iter().find(|input| *input.name == **name),
                None => inputs.get(index),
            };
            let Some((input, listed)) = input.and_then(|input| Some((input, input.dims.as_deref()?))) else {
                continue;
            };
            // One sample may come without a batch, and what has a batch of its own with another one: the last sizes are the same.
            if listed.len().abs_diff(array.len()) > 1 {
                continue;
            }
            let (own, others) = (listed.len(), array.len());
            for (axis, dimension) in listed.iter().enumerate().skip(1) {
                let size = (others + axis).checked_sub(own).and_then(|axis| array.get(axis));
                let name = symbol(input, axis, dimension).map(|name| name.to_string());
                if let (Some(name), Some(&size)) = (name, size)
                    && !sizes.iter().any(|(known, _)| *known == name)
                {
                    sizes.push((name, size));
                }
            }
        }
        sizes
    }
}

/// The inputs of the network; initializers, which old files list among them, are none.
fn of_network(graph: &Graph) -> Vec<&ValueInfo> {
    let given: HashSet<&str> = graph.initializers.iter().map(|tensor| &*tensor.name).collect();
    graph.inputs.iter().filter(|input| !given.contains(&*input.name)).collect()
}

/// What a size that is open is called.
fn symbol(input: &ValueInfo, axis: usize, dimension: &Dimension) -> Option<Arc<str>> {
    match dimension {
        Dimension::Size(_) => None,
        Dimension::Symbol(symbol) => Some(symbol.clone()),
        Dimension::Unknown => Some(format!("{}.{axis}", input.name).into()),
    }
}

/// The most names that are listed.
const MOST_NAMED: usize = 20;

/// The inputs of the network at these sizes.
pub(super) fn inputs<'m>(
    importer: &mut Importer<'m>,
    graph: &'m Graph,
    sizes: &Sizes,
) -> Result<Vec<(&'m str, Value)>, Mistake> {
    let inputs = of_network(graph);
    if let (Some(_), true) = (&sizes.input, inputs.len() != 1) {
        let count = inputs.len();
        return Err(Mistake::nowhere(text!(
            "`--input` gives sizes of the only input, and there are {count}",
            "`--input` 用于唯一的输入,而这里有 {count} 个"
        )));
    }
    let mut names = HashSet::new();
    if let Some(twice) = inputs.iter().find(|input| !names.insert(&*input.name)) {
        let name = shown(&twice.name);
        return Err(Mistake::nowhere(text!("two inputs are called `{name}`", "有两个输入都名为 `{name}`")));
    }
    let mut asked: Vec<Arc<str>> = vec![];
    let mut values = vec![];
    for input in inputs {
        let dims = dims(importer, input, sizes, &mut asked)?;
        let name: Arc<str> = input.name.clone();
        let kind = if input.kind == Kind::UNDEFINED { Kind::FLOAT } else { input.kind };
        let tensor = importer.draft.input(&name, &dims, kind).map_err(|refusal| match refusal {
            Refusal::Wrong(why) | Refusal::Unsupported(why) => {
                Mistake::nowhere(text!("the input `{name}`: {why}", "输入 `{name}`:{why:#}"))
            }
            Refusal::Lost => Mistake::nowhere(text!("the input `{name}` is not known", "输入 `{name}` 未知")),
        })?;
        values.push((&*input.name, Value::Tensor(tensor)));
    }
    if let Some((name, _)) = sizes.dims.iter().find(|(name, _)| !asked.iter().any(|asked| **asked == **name))
    {
        let known = asked.iter().take(MOST_NAMED).map(|name| format!("`{}`", shown(name)));
        let known = known.collect::<Vec<_>>().join(", ");
        let mistake =
            Mistake::nowhere(text!("no input has a size called `{name}`", "没有任何输入的尺寸名为 `{name}`"));
        return Err(if known.is_empty() {
            mistake.help(text!("all sizes of its inputs are numbers", "其输入的尺寸都是数字"))
        } else {
            mistake.help(text!("there are {known}", "可用的有 {known}"))
        });
    }
    Ok(values)
}

fn dims(
    importer: &mut Importer<'_>,
    input: &ValueInfo,
    sizes: &Sizes,
    asked: &mut Vec<Arc<str>>,
) -> Result<Vec<u64>, Mistake> {
    let name = &input.name;
    let Some(listed) = &input.dims else {
        let mistake = Mistake::nowhere(text!(
            "the file does not say how many dimensions its input `{name}` has",
            "文件没有说明输入 `{name}` 有几维"
        ));
        return sizes.input.as_ref().map(|sizes| [&[1], &sizes[..]].concat()).ok_or(mistake);
    };
    let wanted = wanted(input, listed, sizes)?;
    let mut dims = vec![];
    for (axis, dimension) in listed.iter().enumerate() {
        if let Dimension::Size(size) = dimension {
            let size = u64::try_from(*size).ok().filter(|&size| size > 0).ok_or_else(|| {
                Mistake::nowhere(text!(
                    "the input `{name}` has a size of {size}",
                    "输入 `{name}` 有一个尺寸为 {size}"
                ))
            })?;
            dims.push(size);
        }
        let Some(symbol) = symbol(input, axis, dimension) else { continue };
        asked.push(symbol.clone());
        let chosen = sizes.dims.iter().rev().find(|(name, _)| **name == *symbol).map(|&(_, size)| size);
        let by_input = wanted.as_ref().and_then(|wanted| wanted.get(axis).copied().flatten());
        let known = importer.symbols.get(&symbol).copied();
        let size = match chosen.or(by_input).or(known) {
            Some(0) => {
                return Err(Mistake::nowhere(text!("`{symbol}` is 0", "`{symbol}` 为 0")));
            }
            Some(size) => size,
            // The batch, which is what the counts are for.
            None if axis == 0 => 1,
            None => {
                return Err(Mistake::nowhere(text!(
                    "the file leaves the size `{symbol}` of its input `{name}` open",
                    "文件没有固定输入 `{name}` 的尺寸 `{symbol}`"
                ))
                .help(text!(
                    "`--dim {symbol}=224` sets it, or `--input` all sizes of the input without the batch",
                    "可用 `--dim {symbol}=224` 设定,或用 `--input` 给出不含批次维的全部尺寸"
                )));
            }
        };
        importer.symbols.insert(symbol, size);
        dims.push(size);
    }
    Ok(dims)
}

/// The sizes that `--input` wants, by dimension of the file: all but a first one that is the batch.
fn wanted(
    input: &ValueInfo,
    listed: &[Dimension],
    sizes: &Sizes,
) -> Result<Option<Vec<Option<u64>>>, Mistake> {
    let Some(sizes) = &sizes.input else { return Ok(None) };
    let has_batch = listed.len() == sizes.len() + 1
        && listed.first().is_some_and(|first| !matches!(first, Dimension::Size(2..)));
    let behind = if has_batch { &listed[1..] } else { listed };
    let fits = behind.len() == sizes.len()
        && behind.iter().zip(sizes).all(|(listed, &size)| match listed {
            Dimension::Size(listed) => u64::try_from(*listed) == Ok(size),
            Dimension::Symbol(_) | Dimension::Unknown => true,
        });
    if !fits {
        let shown = |dimension: &Dimension| match dimension {
            Dimension::Size(size) => size.to_string(),
            Dimension::Symbol(symbol) => symbol.to_string(),
            Dimension::Unknown => "?".to_owned(),
        };
        let takes = match listed {
            [Dimension::Size(1) | Dimension::Symbol(_) | Dimension::Unknown, behind @ ..] => behind,
            all => all,
        };
        let takes = takes.iter().map(shown).collect::<Vec<_>>().join("×");
        let (name, asked) = (&input.name, sizes.iter().map(u64::to_string).collect::<Vec<_>>().join("×"));
        return Err(Mistake::nowhere(text!(
            "`--input` gives {asked}, and the file takes {takes} as `{name}`",
            "`--input` 给出 {asked},而文件的输入 `{name}` 为 {takes}"
        )));
    }
    let first = if has_batch { vec![None] } else { vec![] };
    Ok(Some(first.into_iter().chain(sizes.iter().map(|&size| Some(size))).collect()))
}
