//! What is taken for what in the working of a convolution.

use super::{nodes_of, number};
use crate::analyze::cost;
use crate::claim::Value;
use crate::counts::Contraction;
use crate::graph::{NodeId, Place};
use crate::op::Unit;
use crate::op::window::{Axis, input_positions, spatial_sizes};
use crate::shape::Shape;
use crate::subject::Subject;
use crate::working::{Factor, Working};

/// A factor of a convolution's working, by its name, and what it is taken for by mistake.
pub(super) struct Mistake {
    pub(super) english: &'static str,
    pub(super) chinese: &'static str,
    factors: &'static [Factor],
    taken_for: fn(&Layer, &Working) -> Option<Working>,
}

const POSITIONS: &[Factor] = &[Factor::OutputArea, Factor::OutputLength, Factor::OutputVolume];

/// Those that are often made.
pub(super) const MISTAKES: [Mistake; 8] = [
    Mistake {
        english: "forgets the groups",
        chinese: "忘记了分组",
        factors: &[Factor::InChannelsOfGroup],
        taken_for: |layer, _| Some(Working::Number(layer.channels.0.into())),
    },
    Mistake {
        english: "takes the input's height and width for the output's",
        chinese: "把输入的高宽当作输出的高宽",
        factors: POSITIONS,
        taken_for: |layer, _| Some(layer.input_positions()),
    },
    Mistake {
        english: "multiplies with the input's height and width as well as the output's",
        chinese: "把输入与输出的高宽都乘了进去",
        factors: POSITIONS,
        taken_for: |layer, factor| Some(factor.clone().by(layer.input_positions())),
    },
    Mistake {
        english: "forgets the padding",
        chinese: "忘记了填充",
        factors: POSITIONS,
        taken_for: |layer, _| layer.without_padding(),
    },
    Mistake {
        english: "takes the input channels for the output's",
        chinese: "把输入通道当作输出通道",
        factors: &[Factor::OutChannels],
        taken_for: |layer, _| Some(Working::Number(layer.channels.0.into())),
    },
    Mistake {
        english: "takes the output channels for the input's",
        chinese: "把输出通道当作输入通道",
        factors: &[Factor::InChannels],
        taken_for: |layer, _| Some(Working::Number(layer.channels.1.into())),
    },
    Mistake {
        english: "leaves out the input channels",
        chinese: "漏掉了输入通道",
        factors: &[Factor::InChannels, Factor::InChannelsOfGroup],
        taken_for: |_, _| Some(Working::Number(1)),
    },
    Mistake {
        english: "leaves out the output's height and width",
        chinese: "漏掉了输出的高宽",
        factors: POSITIONS,
        taken_for: |_, _| Some(Working::Number(1)),
    },
];

/// A layer whose working is changed.
struct Layer<'s> {
    subject: &'s Subject,
    id: NodeId,
    /// Of the input and of the output.
    channels: (u64, u64),
}

impl Layer<'_> {
    fn mistaken(&self, factor: &Working, mistake: &Mistake) -> Option<Working> {
        if let Working::Named(name, _) = factor
            && mistake.factors.contains(name)
        {
            return (mistake.taken_for)(self, factor);
        }
        Some(factor.clone())
    }

    fn input_positions(&self) -> Working {
        let shapes = self.subject.graph().input_shapes(self.id);
        input_positions(&shapes[0])
    }

    /// The positions of the output if nothing were padded.
    fn without_padding(&self) -> Option<Working> {
        let sizes = sizes_with(self.subject, self.id, |axis| Axis { before: 0, after: 0, ..axis })?;
        Some(Working::sizes(Factor::OutputArea, &sizes))
    }
}

/// The spatial sizes of a node's output with another window; `None` if it has none or that does not fit.
pub(super) fn sizes_with(subject: &Subject, id: NodeId, change: impl Fn(Axis) -> Axis) -> Option<Vec<u64>> {
    let graph = subject.graph();
    let (op, input) = (graph.node(id).operator()?, graph.input_shapes(id).into_iter().next()?);
    let (window, input) = (op.window(&input)?, op.one(&input));
    let sizes = window.axes.iter().zip(spatial_sizes(&input));
    sizes.map(|(&axis, &size)| change(axis).output(size)).collect()
}

/// The MACs of a place with one factor of each convolution mistaken; `None` if that changes nothing.
pub(super) fn with_mistake(subject: &Subject, place: Place, mistake: &Mistake) -> Option<Value> {
    let graph = subject.graph();
    let (mut total, mut differs) = (0u128, false);
    for id in nodes_of(subject, place) {
        let channels_of = |shape: &Shape| shape.channels().unwrap_or(1);
        let inputs = graph.input_shapes(id);
        let channels = (inputs.first().map_or(1, channels_of), channels_of(&graph.node(id).shape));
        let layer = Layer { subject, id, channels };
        for term in cost(graph, id).ok()??.terms {
            let count = match (term.unit, &term.nominal) {
                (Unit::Macs(Contraction::Convolution), Working::Product(factors)) => {
                    let factors: Option<Vec<_>> =
                        factors.iter().map(|f| layer.mistaken(f, mistake)).collect();
                    Working::Product(factors?).evaluate().ok()?
                }
                (Unit::Macs(_), nominal) => nominal.evaluate().ok()?,
                (Unit::Ops(_), _) => continue,
            };
            differs |= Ok(count) != term.nominal.evaluate();
            total = total.checked_add(count.checked_mul(graph.samples(id, subject.batch()).into())?)?;
        }
    }
    if differs { number(total) } else { None }
}
