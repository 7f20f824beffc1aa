//! What is done to the output of a step while it is at hand.

use cnncost_kernels::{Finish, Function};

use super::Lowering;
use crate::graph::NodeId;
use crate::op::Op;
use crate::op::activation::Approximate;
use crate::plan::{Part, Step};

/// What stands behind the main node of a step.
pub(super) struct Behind {
    /// Batch norms, which are folded.
    pub(super) norms: Vec<NodeId>,
    /// What is done to each number.
    pub(super) finish: Finish,
    /// What is added.
    pub(super) residual: Option<NodeId>,
}

impl Lowering<'_> {
    /// What is behind the main node; `None` if a function of it has no kernel.
    pub(super) fn behind(&self, step: &Step) -> Option<Behind> {
        let main = step.nodes.iter().position(|&id| id == step.main)?;
        let mut behind = Behind { norms: vec![], finish: Finish::NONE, residual: None };
        for &id in &step.nodes[main + 1..] {
            match Part::of(self.graph, id) {
                Part::Scaling => behind.norms.push(id),
                Part::Function => {
                    let function = function(self.graph.node(id).operator()?)?;
                    let place =
                        if behind.finish.add { &mut behind.finish.last } else { &mut behind.finish.first };
                    *place = function;
                }
                Part::Addition => {
                    behind.finish.add = true;
                    behind.residual =
                        step.inputs.iter().copied().find(|&input| self.is_added(step, id, input));
                    behind.residual?;
                }
                Part::Sum
                | Part::Pairwise
                | Part::Finished
                | Part::Passing
                | Part::View
                | Part::Concatenation
                | Part::Other => return None,
            }
        }
        Some(behind)
    }

    /// Whether a tensor from outside the step is what an addition adds to what is inside.
    fn is_added(&self, step: &Step, addition: NodeId, input: NodeId) -> bool {
        let mut taken = self.graph.inputs(addition).map(|id| self.program.plan.passed(id));
        !step.nodes.contains(&input) && taken.any(|id| id == input)
    }

    /// The function behind the main node, where nothing else can be.
    pub(super) fn function_behind(&self, step: &Step) -> Option<Function> {
        let behind = self.behind(step)?;
        (behind.norms.is_empty() && !behind.finish.add).then_some(behind.finish.first)
    }
}

/// A function of each number, as the kernels have it.
#[expect(clippy::cast_possible_truncation, reason = "networks are executed in numbers of 32 bits")]
pub(super) fn function(op: &Op) -> Option<Function> {
    Some(match op {
        Op::Relu(_) => Function::RELU,
        Op::Relu6(_) => Function::Clamp { low: 0.0, high: 6.0 },
        Op::HardTanh(tanh) => Function::Clamp { low: tanh.min_val as f32, high: tanh.max_val as f32 },
        Op::Clamp(clamp) => Function::Clamp {
            low: clamp.min.map_or(f32::NEG_INFINITY, |low| low as f32),
            high: clamp.max.map_or(f32::INFINITY, |high| high as f32),
        },
        Op::LeakyRelu(relu) => Function::LeakyRelu { slope: relu.negative_slope as f32 },
        Op::Elu(elu) => Function::Elu { alpha: elu.alpha as f32 },
        Op::Selu(_) => Function::Selu,
        Op::Celu(celu) => Function::Celu { alpha: celu.alpha as f32 },
        Op::Silu(_) => Function::Silu,
        Op::Gelu(gelu) => match gelu.approximate {
            Approximate::None => Function::Gelu,
            Approximate::Tanh => Function::GeluTanh,
        },
        Op::Mish(_) => Function::Mish,
        Op::Sigmoid(_) => Function::Sigmoid,
        Op::Tanh(_) => Function::Tanh,
        Op::HardSigmoid(_) => Function::HardSigmoid,
        Op::HardSwish(_) => Function::HardSwish,
        Op::Softplus(softplus) => {
            Function::Softplus { beta: softplus.beta as f32, threshold: softplus.threshold as f32 }
        }
        Op::Softsign(_) => Function::Softsign,
        Op::Exponential(_) => Function::Exponential,
        Op::Logarithm(_) => Function::Logarithm,
        Op::ErrorFunction(_) => Function::ErrorFunction,
        Op::SquareRoot(_) => Function::SquareRoot,
        Op::InverseRoot(_) => Function::InverseSquareRoot,
        Op::Reciprocal(_) => Function::Reciprocal,
        Op::Absolute(_) => Function::Absolute,
        Op::Negative(_) => Function::Negative,
        Op::Sign(_) => Function::Sign,
        Op::Floor(_) => Function::Floor,
        Op::Ceiling(_) => Function::Ceiling,
        Op::Round(_) => Function::Round,
        Op::LogicalNot(_) => Function::LogicalNot,
        Op::Power(power) => Function::power(power.exponent)?,
        Op::Threshold(threshold) => {
            Function::Threshold { threshold: threshold.threshold as f32, value: threshold.value as f32 }
        }
        Op::Affine(affine) => Function::Affine { factor: affine.mul as f32, constant: affine.add as f32 },
        _ => return None,
    })
}
