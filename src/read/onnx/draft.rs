//! The network as it is drafted from a file: what is recognized later is one node for each operator now.

use std::sync::Arc;

use super::array::Array;
use super::messages::Kind;
use super::value::{DraftId, Fixed, Mapped, Refusal, Tensor, sample};
use crate::graph::Content;
use crate::op::reshape::Reshape;
use crate::op::{Arity, Op};
use crate::shape::{ElementType, Shape, show};
use crate::text;

/// The nodes, each after those that it takes.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) nodes: Vec<DraftNode>,
    /// Where what is emitted comes from.
    pub(super) place: SourceId,
}

/// The operator of the file, among those that were gone through, that something comes from.
pub(super) type SourceId = u32;

/// A node.
#[derive(Clone, Debug)]
pub(super) struct DraftNode {
    /// What it is.
    pub(super) content: Content,
    /// What it takes.
    pub(super) inputs: Vec<DraftId>,
    /// Its sizes, of one sample.
    pub(super) shape: Shape,
    /// Its weights, in the order of its operator's.
    pub(super) weights: Vec<Stored>,
    /// The type of its elements, if these are not the network's numbers.
    pub(super) element: Option<ElementType>,
    /// Where it comes from.
    pub(super) place: SourceId,
    /// Its own name, if it has one beside its place: an input's.
    pub(super) name: Option<Arc<str>>,
}

/// A weight of a node: numbers of the file, as the operator wants them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stored {
    /// The numbers.
    pub(super) value: Fixed,
    /// What is done to them.
    pub(super) view: View,
    /// Whether they are parameters of the network, as far as the operator goes.
    pub(super) learned: bool,
}

/// How an operator's weight lies in the file's.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub(super) enum View {
    /// As it is, whatever sizes of 1 it has.
    Whole,
    /// With its two dimensions exchanged.
    Transposed,
    /// Times a number.
    Times(f32, Box<View>),
    /// These blocks of rows of what is left when the first dimension is taken at an index: the gates of a recurrent layer, in
    /// PyTorch's order.
    Gates {
        /// Which direction.
        direction: u64,
        /// The blocks, in the order in which they are wanted.
        blocks: Vec<u64>,
        /// How many rows there are in each.
        rows: u64,
    },
}

impl Stored {
    /// Numbers as they are.
    pub(super) fn whole(value: Fixed) -> Self {
        Self { value, view: View::Whole, learned: true }
    }

    /// Numbers with their two dimensions exchanged.
    pub(super) fn transposed(value: Fixed) -> Self {
        Self { view: View::Transposed, ..Self::whole(value) }
    }

    /// The same, not as a parameter.
    pub(super) fn unlearned(self) -> Self {
        Self { learned: false, ..self }
    }
}

impl Draft {
    pub(super) fn node(&self, id: DraftId) -> &DraftNode {
        &self.nodes[id.index()]
    }

    /// Gives the node of a tensor a name.
    pub(super) fn name(&mut self, tensor: &Tensor, name: Option<Arc<str>>) {
        self.nodes[tensor.id.index()].name = name;
    }

    fn push(&mut self, node: DraftNode) -> DraftId {
        let id = DraftId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(node);
        id
    }

    /// An input of the network.
    pub(super) fn input(&mut self, name: &Arc<str>, dims: &[u64], kind: Kind) -> Mapped<Tensor> {
        let shape = shape(dims)?;
        let name = Some(name.clone());
        let node = DraftNode { name, ..self.plain(Content::Input, vec![], shape, kind) };
        Ok(Tensor { id: self.push(node), dims: dims.into(), kind })
    }

    /// Something that is not known, with the sizes that the file says it has, if it says so.
    pub(super) fn unknown(
        &mut self,
        operator: &str,
        inputs: &[&Tensor],
        dims: Option<&[u64]>,
        kind: Kind,
    ) -> Mapped<Tensor> {
        let shape = dims.map_or(Ok(Shape::unknown()), shape)?;
        let content = Content::Unknown { name: operator.to_owned() };
        let inputs = inputs.iter().map(|input| input.id).collect();
        let node = self.plain(content, inputs, shape, kind);
        Ok(Tensor { id: self.push(node), dims: dims.unwrap_or_default().into(), kind })
    }

    /// An operator on these tensors, whose output has these sizes in the file; where the operator's own are others of as many
    /// elements, it is viewed under these.
    pub(super) fn emit(
        &mut self,
        op: impl Into<Op>,
        inputs: &[&Tensor],
        weights: Vec<Stored>,
        dims: &[u64],
        kind: Kind,
    ) -> Mapped<Tensor> {
        let op = op.into();
        let shapes: Vec<Shape> = inputs.iter().map(|input| self.node(input.id).shape.clone()).collect();
        let arity: Arity = op.arity();
        if !(arity.least..=arity.most).contains(&inputs.len()) {
            return Err(arity.mismatch(inputs.len()).into());
        }
        let output = op.output(&shapes)?;
        countable(output.dims())?;
        let wanted = op.weights(&shapes).len();
        if wanted != weights.len() {
            let (name, found) = (op.name(), weights.len());
            return Err(Refusal::Unsupported(text!(
                "`{name}` takes {wanted} weights, and {found} are given",
                "`{name}` 需要 {wanted} 个权重,却给出 {found} 个"
            )));
        }
        let inputs = inputs.iter().map(|input| input.id).collect();
        let node = self.plain(Content::Operator(op.into()), inputs, output.clone(), kind);
        let id = self.push(DraftNode { weights, ..node });
        if output.dims() == sample(dims) {
            return Ok(Tensor { id, dims: dims.into(), kind });
        }
        self.view(&Tensor { id, dims: output.dims().into(), kind }, dims)
    }

    /// The same numbers under other sizes.
    pub(super) fn view(&mut self, tensor: &Tensor, dims: &[u64]) -> Mapped<Tensor> {
        let viewed = Tensor { dims: dims.into(), ..tensor.clone() };
        self.as_sample(&viewed, sample(dims))
    }

    /// The tensor with exactly these sizes of one sample, which its operator wants; those in the file stay as they are.
    pub(super) fn as_sample(&mut self, tensor: &Tensor, sizes: &[u64]) -> Mapped<Tensor> {
        let node = self.node(tensor.id);
        if node.shape.dims() == sizes {
            return Ok(tensor.clone());
        }
        let wanted = shape_of(sizes)?;
        // A view of a view is one of what that looks at.
        let (from, of) = match (&node.content, &node.inputs[..]) {
            (Content::Operator(op), &[only]) if matches!(**op, Op::Reshape(_)) => {
                (only, self.node(only).shape.clone())
            }
            _ => (tensor.id, node.shape.clone()),
        };
        if of == wanted {
            return Ok(Tensor { id: from, ..tensor.clone() });
        }
        let sizes = sizes.iter().map(|&size| i64::try_from(size).unwrap_or(i64::MAX)).collect();
        let op = Op::from(Reshape { shape: sizes });
        let output = op.output(&[of]).map_err(|reason| Refusal::Wrong(reason.message))?;
        let node = self.plain(Content::Operator(op.into()), vec![from], output, tensor.kind);
        Ok(Tensor { id: self.push(node), ..tensor.clone() })
    }

    /// The tensor with all its sizes in the file in the sample, a first one that is 1 too, for operators that work on it.
    pub(super) fn full(&mut self, tensor: &Tensor) -> Mapped<Tensor> {
        let dims = tensor.dims.clone();
        self.as_sample(tensor, &dims)
    }

    fn plain(&self, content: Content, inputs: Vec<DraftId>, shape: Shape, kind: Kind) -> DraftNode {
        let element = match kind {
            Kind::INT64 | Kind::INT32 | Kind::UINT32 | Kind::UINT64 => Some(ElementType::I64),
            Kind::BOOL => Some(ElementType::Bool),
            _ => None,
        };
        DraftNode { content, inputs, shape, weights: vec![], element, place: self.place, name: None }
    }
}

/// The shape of a sample of a tensor that has these sizes in the file.
pub(super) fn shape(dims: &[u64]) -> Mapped<Shape> {
    shape_of(sample(dims))
}

fn shape_of(sizes: &[u64]) -> Mapped<Shape> {
    countable(sizes)?;
    Shape::new(sizes.to_vec())
        .map_err(|why| if sizes.contains(&0) { Refusal::Unsupported(why) } else { why.into() })
}

/// Whether the elements of a tensor of these sizes, and so of some of them, can be counted with 64 bits.
fn countable(sizes: &[u64]) -> Mapped<()> {
    if super::array::elements(sizes).is_some() {
        return Ok(());
    }
    let sizes = show(sizes);
    Err(Refusal::Wrong(text!("{sizes} has more than 2^64 elements", "{sizes} 的元素超过 2^64 个")))
}

/// How many numbers an array has, at most as many as there are of 128 bits.
pub(super) fn elements(array: &Array) -> u128 {
    array.dims.iter().fold(1u128, |all, &size| all.saturating_mul(size.into()))
}
