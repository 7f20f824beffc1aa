//! What conventions are made of: numbers that an operator at its place in a graph has, for one sample.

use crate::counts::{Overflow, Tally, Work};
use crate::graph::{Graph, NodeId};
use crate::op::window::spatial_sizes;
use crate::op::{Family, Op, Purpose, Role, Weight};
use crate::shape::Shape;

mod particular;

/// Defines the measures with the names they have in the file of conventions, which says what each is.
macro_rules! measures {
    ($($(#[$about:meta])* $Measure:ident = $name:literal,)*) => {
        /// A number that an operator has, for one sample.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Measure { $($(#[$about])* $Measure,)* }

        impl Measure {
            /// Every measure.
            pub const ALL: &[Self] = &[$(Self::$Measure,)*];

            /// The name in the file of conventions.
            pub fn name(self) -> &'static str {
                match self { $(Self::$Measure => $name,)* }
            }
        }
    };
}

measures! {
    /// Multiply–accumulates.
    Macs = "macs",
    /// Those whose input is no padding.
    MacsOff = "macs_off",
    /// Those of linear layers, projections of attention included.
    Linear = "linear",
    /// Scores of attention.
    Scores = "scores",
    /// Elements of attention's query and key.
    Scaled = "scaled",
    /// Scores of attention that a mask is added to.
    Masked = "masked",
    /// Multiply–accumulates of attention whose value has other channels than its key.
    MacsApart = "macs_apart",
    /// Elements that a bias is added to.
    Bias = "bias",
    /// Numbers of the learned bias.
    Biases = "biases",
    /// Elements that a bias is added to which PyTorch adds apart from the product, the tensor being transposed there.
    BiasApart = "bias_apart",
    /// Elements of the first input.
    In = "in",
    /// Elements of the output.
    Out = "out",
    /// Elements of an output that is an image.
    Image = "image",
    /// Elements of the first input, if there are learned factors.
    Affine = "affine",
    /// Learned numbers.
    Params = "params",
    /// Operations of all kinds.
    Flops = "flops",
    /// Operations of all kinds whose input is no padding.
    FlopsOff = "flops_off",
    /// Multiplications.
    Mul = "mul",
    /// Additions.
    Add = "add",
    /// Positions of the window for each element of the output.
    Taps = "taps",
    /// Those along its first axis.
    TapsFirst = "taps_first",
    /// Rows along the axis that it runs along.
    Lines = "lines",
    /// Elements of an output that has a single position.
    Single = "single",
    /// Learned numbers for each position of the output.
    ParamsEverywhere = "params_everywhere",
    /// Numbers of the kernel for each position of the output.
    WeightEverywhere = "weight_everywhere",
    /// Numbers of the kernel behind its first axis for each element of the output.
    Filters = "filters",
    /// Elements with `size − 1` more channels.
    Padded = "padded",
    /// The size that is asked for.
    Asked = "asked",
    /// Elements that are enlarged by a factor.
    Enlarged = "enlarged",
    /// Places that a deformable convolution samples: positions of the window for each position of the output.
    Places = "places",
    /// Those of one with a mask.
    PlacesMasked = "places_masked",
    /// MACs of a convolution that is padded alike on both sides.
    MacsEven = "macs_even",
    /// Bias of a convolution that is padded alike on both sides.
    BiasEven = "bias_even",
    /// MACs of a transposed convolution whose output channels are divided by the groups twice.
    Regrouped = "regrouped",
    /// Bias of a transposed convolution at the positions of a convolution.
    Convolved = "convolved",
    /// How far below zero those are.
    ConvolvedBelow = "convolved_below",
    /// Numbers of the states of a recurrent layer.
    States = "states",
    /// Those of one direction.
    StatesOneWay = "states_one_way",
    /// Multiply–accumulates that project the states of a recurrent layer.
    Projection = "projection",
    /// Learned numbers for each step.
    ParamsStepwise = "params_stepwise",
    /// Elements of a batch norm that is folded into a convolution and gives it a bias.
    Folded = "folded",
    /// Elements of a batch norm that cannot be folded.
    Unfolded = "unfolded",
}

/// What measures of a node are taken from.
pub struct Facts<'g> {
    graph: &'g Graph,
    id: NodeId,
    op: &'g Op,
    inputs: Vec<Shape>,
    output: Shape,
    weights: Vec<Weight>,
    /// Samples of the batch: measures are of one of them, and a few are otherwise where there are several. Copies are samples, too, and of what is the
    /// same for all there is one.
    pub batch: u64,
    /// What it computes, for one sample.
    pub work: Work,
    /// The same without what falls on padding.
    pub off_padding: Work,
    bias: u128,
    scores: u128,
    masked: u128,
    projection: u128,
}

impl<'g> Facts<'g> {
    /// Those of a node with this operator, in a batch.
    pub fn new(graph: &'g Graph, id: NodeId, op: &'g Op, batch: u64) -> Result<Self, Overflow> {
        // Where there are copies, every tool sees a larger batch.
        let copies = if let Op::Copies(copies) = op { copies.count() } else { 1 };
        let batch = u64::try_from(copies.times(graph.samples(id, batch))?).map_err(|_| Overflow)?;
        let inputs: Vec<_> = graph.inputs(id).map(|input| op.one(&graph.node(input).shape)).collect();
        let (output, op) = (op.one(&graph.node(id).shape), op.itself());
        let cost = op.cost(&inputs, &output)?;
        let (work, off_padding) = cost.work()?;
        let [mut bias, mut scores, mut masked, mut projection] = [0u128; 4];
        for term in cost.terms {
            let count = term.nominal.evaluate()?;
            let sum = match term.purpose {
                Some(purpose) if purpose.is_bias() => &mut bias,
                Some(Purpose::Scaling) => &mut scores,
                Some(Purpose::Mask) => &mut masked,
                Some(Purpose::ProjectedState) => &mut projection,
                Some(_) | None => continue,
            };
            *sum = sum.plus(count)?;
        }
        let weights = op.weights(&inputs).into_iter().filter(|weight| weight.role == Role::Learned).collect();
        Ok(Self {
            graph,
            id,
            op,
            inputs,
            output,
            weights,
            batch,
            work,
            off_padding,
            bias,
            scores,
            masked,
            projection,
        })
    }

    /// A measure of the node.
    pub fn measure(&self, measure: Measure) -> Result<u128, Overflow> {
        let (input, output) = (self.input(), self.output.elements());
        Ok(match measure {
            Measure::Macs => self.work.macs.total(),
            Measure::MacsOff => self.off_padding.macs.total(),
            Measure::Linear => self.work.macs.linear,
            Measure::Scores => self.scores,
            Measure::Scaled => input.plus(self.inputs.get(1).map_or(input, Shape::elements))?,
            Measure::Masked => self.masked,
            Measure::MacsApart => self.macs_apart(),
            Measure::Bias => self.bias,
            Measure::Biases => {
                let bias = self.weights.iter().find(|weight| weight.is_bias());
                bias.map_or(Ok(0), |bias| bias.count().evaluate())?
            }
            Measure::BiasApart => self.bias_apart()?,
            Measure::In => input,
            Measure::Out => output,
            Measure::Image => self.output.image().map_or(0, |_| output),
            Measure::Affine => {
                let has_factors = !self.weights.is_empty();
                if has_factors { input } else { 0 }
            }
            Measure::Params => self.params()?,
            Measure::Flops => self.work.ops.checked_flops()?,
            Measure::FlopsOff => self.off_padding.ops.checked_flops()?,
            Measure::Mul => self.work.ops.mul,
            Measure::Add => self.work.ops.add,
            Measure::Taps => self.taps(usize::MAX)?,
            Measure::TapsFirst => self.taps(1)?,
            Measure::Lines => self.line().map_or(0, |line| output / line),
            Measure::Single => {
                let is_single = self.positions() == 1;
                if is_single { output } else { 0 }
            }
            Measure::ParamsEverywhere => product(self.params()?, self.positions())?,
            Measure::WeightEverywhere => product(self.kernel(0)?, self.positions())?,
            Measure::Filters => product(output, self.kernel(1)?)?,
            Measure::Padded => self.padded()?,
            Measure::Asked => {
                if self.is_asked() {
                    self.positions()
                } else {
                    0
                }
            }
            Measure::Enlarged => {
                if self.is_asked() {
                    0
                } else {
                    input
                }
            }
            Measure::Places => self.places()?,
            Measure::PlacesMasked => {
                if self.inputs.len() > 2 {
                    self.places()?
                } else {
                    0
                }
            }
            Measure::MacsEven => self.evenly(self.work.macs.total())?,
            Measure::BiasEven => self.evenly(self.bias)?,
            Measure::Regrouped => self.regrouped()?,
            Measure::Convolved => u128::try_from(self.convolved()?).unwrap_or(0),
            Measure::ConvolvedBelow => u128::try_from(-self.convolved()?).unwrap_or(0),
            Measure::States => self.states()?,
            Measure::StatesOneWay => self.states()? / u128::from(self.directions()),
            Measure::Projection => self.projection,
            Measure::ParamsStepwise => {
                self.params()?.times(self.output.dims().first().copied().unwrap_or(1))?
            }
            Measure::Folded => match self.convolution_before() {
                Some(has_bias) if !has_bias => output,
                Some(_) | None => 0,
            },
            Measure::Unfolded => {
                let stays = self.convolution_before().is_none();
                if stays { output } else { 0 }
            }
        })
    }

    /// Elements of the first input.
    pub fn input(&self) -> u128 {
        self.inputs.first().map_or(0, Shape::elements)
    }

    fn params(&self) -> Result<u128, Overflow> {
        self.weights.iter().try_fold(0u128, |sum, weight| sum.plus(weight.count().evaluate()?))
    }

    /// Positions of the output, channels apart.
    fn positions(&self) -> u128 {
        elements(spatial_sizes(&self.output))
    }

    /// The numbers of the kernel behind so many of its axes.
    fn kernel(&self, behind: usize) -> Result<u128, Overflow> {
        let dims = self.weights.first().map_or(vec![], Weight::dims);
        dims.iter().skip(behind).try_fold(1u128, |product, &size| product.times(size))
    }

    /// Elements of the output for each position of the window on its first `axes`.
    fn taps(&self, axes: usize) -> Result<u128, Overflow> {
        let window = self.inputs.first().and_then(|input| self.op.window(input));
        match window {
            Some(window) => window
                .axes
                .iter()
                .take(axes)
                .try_fold(self.output.elements(), |product, axis| product.times(axis.kernel)),
            // Bins of several sizes are no window.
            None => Ok(self.input()),
        }
    }

    /// The size along the axis that the operator runs along.
    fn line(&self) -> Option<u128> {
        let axis = if let Op::Softmax(softmax) = self.op {
            self.output.axis(softmax.dim.0)?
        } else if let Op::LayerNorm(norm) = self.op {
            self.output.rank().checked_sub(usize::try_from(norm.dims.get()).ok()?)?
        } else {
            return None;
        };
        self.output.dims().get(axis).map(|&size| size.into())
    }

    /// Whether the convolution that a batch norm alone comes after has a bias; `None` if there is no such convolution.
    fn convolution_before(&self) -> Option<bool> {
        let before = self.graph.inputs(self.id).next()?;
        let op = self.graph.node(before).operator()?;
        let is_only_user = self.graph.users(before).count() == 1
            && self.graph.outputs().iter().all(|&(_, output)| output != before);
        let is_convolution = op.family() == Some(Family::Convolution);
        (is_convolution && is_only_user).then(|| self.graph.weights(before).iter().any(Weight::is_bias))
    }
}

fn elements(sizes: &[u64]) -> u128 {
    sizes.iter().map(|&size| u128::from(size)).product()
}

fn product(a: u128, b: u128) -> Result<u128, Overflow> {
    a.checked_mul(b).ok_or(Overflow)
}
