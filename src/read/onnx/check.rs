//! What is held of a file while it is gone through: that it is not more than can be gone through, that weights fit their
//! operators, and that what it says beforehand is so.

use std::collections::HashSet;

use super::array;
use super::draft::{View, elements};
use super::import::{Importer, Scope};
use super::messages::{AttributeValue, Dimension, Node};
use super::mistake::Mistake;
use super::stored::Origin;
use super::value::{Fixed, Refusal, Value};
use super::wire::shown;
use crate::graph::Content;
use crate::shape::{MOST_DIMENSIONS, show};
use crate::text;
use crate::text::Text;

/// The most operators that functions and loops of a file may come to when they are written out.
const MOST_STEPS: u64 = 250_000;

/// So many operators of the network itself are gone through as easily: each of them takes room in the file as well.
const EASILY: usize = 4;

/// So many names, numbers of settings and the like are gone through in the time of an operator.
const EACH: usize = 16;

/// The most values that follow from constants and shapes alone.
const MOST_VALUES: usize = 2_000_000;

/// The most numbers of such values that are held.
const MOST_NUMBERS: u64 = 8_000_000;

/// The most remarks that are kept.
const MOST_REMARKS: usize = 1_000;

/// The most values that are looked at for one that could not be read.
const MOST_LOOKED_AT: usize = 4_096;

impl<'m> Importer<'m> {
    /// Notes that an operator is gone through, which has so many names and numbers. The error is that there have been too many.
    pub(super) fn spend(&mut self, many: usize) -> Result<(), Mistake> {
        self.steps = self.steps.saturating_add((many / EACH) as u64);
        if self.steps > MOST_STEPS * EASILY as u64 {
            return Err(Mistake::nowhere(text!(
                "its functions and loops come to more than {MOST_STEPS} operators",
                "展开其函数与循环后,算子超过 {MOST_STEPS} 个"
            )));
        }
        if self.table.len() > MOST_VALUES || self.table.numbers() > MOST_NUMBERS {
            return Err(Mistake::nowhere(text!(
                "more follows from its constants and sizes than {MOST_NUMBERS} numbers",
                "由其常量和尺寸推出的数超过 {MOST_NUMBERS} 个"
            )));
        }
        Ok(())
    }

    /// The same of an operator of the file, or of a body of it once more.
    pub(super) fn spend_on(&mut self, node: &Node, is_inside: bool) -> Result<(), Mistake> {
        let numbers = |value: &AttributeValue| match value {
            AttributeValue::Ints(ints) => ints.len(),
            AttributeValue::Floats(floats) => floats.len(),
            AttributeValue::Texts(texts) => texts.len(),
            AttributeValue::Float(_)
            | AttributeValue::Int(_)
            | AttributeValue::Text(_)
            | AttributeValue::Tensor(_)
            | AttributeValue::Graph(_)
            | AttributeValue::Reference(_)
            | AttributeValue::Other => 1,
        };
        let settings = node.attributes.iter().map(|attribute| numbers(&attribute.value)).sum::<usize>();
        let names = node.inputs.len() + node.outputs.len() + node.metadata.len();
        // Operators that are not known become one for each of their outputs, which takes each of their inputs.
        let joined = node.inputs.len().saturating_mul(node.outputs.len().saturating_sub(1));
        let all = EACH.saturating_add(names + settings).saturating_add(joined);
        self.spend(if is_inside { all.saturating_mul(EASILY) } else { all })
    }

    /// The same of so many nodes of the draft.
    pub(super) fn spend_on_nodes(&mut self, many: usize, is_inside: bool) -> Result<(), Mistake> {
        self.spend(many.saturating_mul(if is_inside { EACH * EASILY } else { EACH }))
    }

    /// Notes what is probably not meant, or not known.
    pub(super) fn remark(&mut self, remark: Mistake) {
        match self.remarks.len() {
            ..MOST_REMARKS => self.remarks.push(remark),
            MOST_REMARKS => self.remarks.push(Mistake::nowhere(text!(
                "there is more of the kind, which is not listed",
                "还有更多同类问题,不再列出"
            ))),
            _ => {}
        }
    }

    /// Whether the nodes since `before` have weights of as many numbers as their operators take.
    pub(super) fn weights_fit(&self, before: usize) -> Result<(), Refusal> {
        for node in self.draft.nodes.get(before..).unwrap_or_default() {
            let Content::Operator(op) = &node.content else { continue };
            if node.weights.is_empty() {
                continue;
            }
            let shapes: Vec<_> =
                node.inputs.iter().map(|&input| self.draft.node(input).shape.clone()).collect();
            for (weight, stored) in op.weights(&shapes).iter().zip(&node.weights) {
                let given = self.table.array(stored.value);
                let wanted = weight.dims().iter().fold(1u128, |all, &size| all.saturating_mul(size.into()));
                if !matches!(stored.view, View::Gates { .. }) && elements(given) != wanted {
                    let (given, wanted, name) = (show(&given.dims), show(&weight.dims()), op.name());
                    let of = shapes.iter().map(|shape| show(shape.dims())).collect::<Vec<_>>().join(", ");
                    return Err(Refusal::Wrong(text!(
                        "a weight of {given} does not fit: `{name}` of {of} takes {wanted}",
                        "权重 {given} 不符:`{name}` 作用于 {of} 时需要 {wanted}"
                    )));
                }
            }
        }
        Ok(())
    }

    /// Says where the sizes that a file says a tensor has are others than it comes to.
    pub(super) fn compare(
        &mut self,
        node: &Node,
        index: u32,
        name: &str,
        value: &Value,
        scope: &Scope<'_, 'm>,
    ) {
        let Some(listed) = scope.hint(name).and_then(|info| info.dims.as_ref()) else { return };
        let dims = match value {
            Value::Tensor(tensor) => &*tensor.dims,
            Value::Fixed(fixed) => self.dims_of(*fixed),
            Value::Sequence(_) | Value::Lost(_) => return,
        };
        let agrees = |(said, &size): (&Dimension, &u64)| match said {
            Dimension::Size(said) => {
                u64::try_from(*said).is_ok_and(|said| said == size || said == 0) || *said < 0
            }
            Dimension::Symbol(_) | Dimension::Unknown => true,
        };
        if listed.len() == dims.len() && listed.iter().zip(dims).all(agrees) {
            return;
        }
        let said = |dimension: &Dimension| match dimension {
            Dimension::Size(size) => size.to_string(),
            Dimension::Symbol(symbol) => shown(symbol),
            Dimension::Unknown => "?".to_owned(),
        };
        let (name, found) = (shown(name), show(dims));
        let said = if listed.is_empty() {
            show(&[])
        } else {
            listed.iter().take(MOST_DIMENSIONS).map(said).collect::<Vec<_>>().join("×")
        };
        let why = text!(
            "the file says that `{name}` is {said}, and it comes to {found}",
            "文件称 `{name}` 为 {said},实际为 {found}"
        );
        self.remark(Mistake::at(index, node, &why));
    }

    /// The refusal of an operator of the standard; that it asks for numbers that could not be read, if they could not.
    pub(super) fn for_unread(&self, node: &Node, inputs: &[Option<Value>], refusal: Refusal) -> Refusal {
        let unread = || self.unread_behind(inputs).map(Refusal::Wrong);
        if matches!(refusal, Refusal::Unsupported(_)) && node.domain.is_empty() {
            return unread().unwrap_or(refusal);
        }
        refusal
    }

    /// Why numbers that these values follow from could not be read.
    fn unread_behind(&self, inputs: &[Option<Value>]) -> Option<Text> {
        if self.unread.is_empty() {
            return None;
        }
        let fixed = |value: &Value| if let Value::Fixed(fixed) = value { Some(*fixed) } else { None };
        let mut open: Vec<Fixed> = inputs.iter().flatten().filter_map(fixed).collect();
        let mut seen = HashSet::new();
        while let Some(value) = open.pop() {
            if let Some(why) = self.unread.get(&value) {
                return Some(why.clone());
            }
            if seen.len() < MOST_LOOKED_AT
                && seen.insert(value)
                && let Origin::Made { inputs, .. } = &self.table.get(value).source
            {
                open.extend(inputs.iter().flatten());
            }
        }
        None
    }
}

/// That a name is not there yet.
pub(super) fn unmade(name: &str) -> Text {
    let name = shown(name);
    text!("nothing before it makes `{name}`", "之前没有任何节点产生 `{name}`")
}

/// That a name is there already.
pub(super) fn made_twice(name: &str) -> Text {
    let name = shown(name);
    text!("`{name}` is there twice", "`{name}` 出现了两次")
}

/// Whether there can be an array of these sizes.
pub(super) fn can_be(dims: &[u64], name: &str) -> Result<(), Text> {
    if dims.len() <= MOST_DIMENSIONS && array::elements(dims).is_some() {
        return Ok(());
    }
    let (name, rank) = (shown(name), dims.len());
    Err(text!(
        "`{name}` has {rank} dimensions, more than {MOST_DIMENSIONS}, or more than 2^64 elements",
        "`{name}` 有 {rank} 维,超过 {MOST_DIMENSIONS} 维,或元素超过 2^64 个"
    ))
}
