//! Convolutions and linear layers.

use cnncost_kernels::{
    Conv, ConvShape, Depthwise, Function, Layout, Linear, Residual, Tile, Transposed, Winograd,
};

use super::finish::Behind;
use super::{Lowered, Lowering, Spot};
use crate::graph::NodeId;
use crate::op::conv::Conv as ConvOp;
use crate::op::conv_transpose::ConvTranspose;
use crate::op::window::Axis;
use crate::op::{Op, Operator};
use crate::plan::Step;
use crate::run::native::fold::{Folded, Scaling, Sides};
use crate::run::native::kernel::Kernel;

/// Channels of an input that is not worth being put in groups.
const FEW_CHANNELS: usize = 4;

/// A kernel with what it adds.
struct Sum<K> {
    kernel: K,
    adds: Adds,
}

/// Where a residual is that is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Adds {
    Nothing,
    /// The second input.
    Second,
    /// Where the output will be.
    Output,
}

impl Adds {
    fn residual<'a>(self, inputs: &[&'a [f32]]) -> Residual<'a> {
        match self {
            Self::Nothing => Residual::None,
            Self::Second => Residual::Of(inputs[1]),
            Self::Output => Residual::InPlace,
        }
    }
}

macro_rules! sum_kernels {
    ($($Kernel:ident, $name:literal;)*) => {$(
        impl Kernel for Sum<$Kernel> {
            fn name(&self) -> &'static str {
                $name
            }

            fn compute(&self, inputs: &[&[f32]], output: &mut [f32], _scratch: &mut [f32]) {
                self.kernel.run(inputs[0], self.adds.residual(inputs), output);
            }

            fn held(&self) -> usize {
                self.kernel.held()
            }
        }
    )*};
}

sum_kernels! {
    Conv, "direct convolution";
    Depthwise, "depthwise convolution";
    Linear, "linear layer";
}

macro_rules! sum_kernels_with_scratch {
    ($($Kernel:ident, $name:literal;)*) => {$(
        impl Kernel for Sum<$Kernel> {
            fn name(&self) -> &'static str {
                $name
            }

            fn compute(&self, inputs: &[&[f32]], output: &mut [f32], scratch: &mut [f32]) {
                self.kernel.run(inputs[0], self.adds.residual(inputs), output, scratch);
            }

            fn scratch(&self) -> usize {
                self.kernel.scratch()
            }

            fn held(&self) -> usize {
                self.kernel.held()
            }
        }
    )*};
}

sum_kernels_with_scratch! {
    Winograd, "Winograd convolution";
    Transposed, "transposed convolution";
}

/// Where a sum finds and leaves its tensors.
struct Tensors {
    input: Spot,
    residual: Option<Spot>,
    output: Spot,
    adds: Adds,
}

impl Tensors {
    fn reads(&self) -> Vec<Spot> {
        std::iter::once(&self.input).chain(&self.residual).cloned().collect()
    }
}

impl Lowering<'_> {
    pub(super) fn sum(&mut self, step: &Step, op: &Op) -> Lowered<()> {
        let Some(behind) = self.behind(step) else { return Ok(None) };
        match op {
            Op::Conv1d(conv) => self.conv(step, conv, &behind),
            Op::Conv2d(conv) => self.conv(step, conv, &behind),
            Op::ConvTranspose1d(conv) => self.transposed(step, conv, &behind),
            Op::ConvTranspose2d(conv) => self.transposed(step, conv, &behind),
            Op::Linear(_) => self.linear(step, &behind),
            _ => Ok(None),
        }
    }

    /// Weights and bias with the batch norms of the step.
    fn folded(&self, step: &Step, behind: &Behind, sides: Sides) -> candle_core::Result<Folded> {
        let mut folded = Folded::of(self.weights.of(step.main), sides)?;
        let scaling = |norm: NodeId| Scaling::of(self.graph, norm, self.weights.of(norm));
        for &norm in &behind.norms {
            folded = folded.behind(&scaling(norm)?);
        }
        let ahead = step.nodes.iter().take_while(|&&id| id != step.main);
        for &norm in ahead {
            folded = folded.ahead(&scaling(norm)?);
        }
        Ok(folded)
    }

    /// The input of a sum or, if a batch norm is folded ahead of it, that of the norm.
    fn summed(&self, step: &Step) -> Option<NodeId> {
        let first = *step.nodes.first()?;
        self.graph.inputs(first).next().map(|input| self.program.plan.passed(input))
    }

    fn conv<const N: usize>(&mut self, step: &Step, conv: &ConvOp<N>, behind: &Behind) -> Lowered<()> {
        let Some(from) = self.summed(step) else { return Ok(None) };
        let input = self.graph.node(from).shape.clone();
        let window = conv.window(&input);
        let Some(window) =
            window.filter(|window| !conv.padding_mode.repeats(window) && conv.connections.is_none())
        else {
            return Ok(None);
        };
        let Some(axes) = images(&window.axes) else { return Ok(None) };
        let mut shape = self.shape(from, step, axes, size(conv.groups.get()));
        let as_it_is = shape.in_channels <= FEW_CHANNELS || shape.is_flat();
        let depthwise =
            shape.groups > 1 && shape.groups == shape.in_channels && shape.groups == shape.out_channels;
        let is_planar = self.layout(from) == Layout::Planar && as_it_is && !depthwise;
        let layout = if is_planar { Layout::Planar } else { Layout::Blocked };
        let Some(tensors) = self.tensors(step, behind, (from, layout), Layout::Blocked) else {
            return Ok(None);
        };
        tensors.set_samples(&mut shape);
        let (isa, finish, adds) = (self.isa(), behind.finish, tensors.adds);
        let Folded { weights, bias, .. } = self.folded(step, behind, Sides::OutIn)?;
        let bias = bias.as_deref();
        if depthwise {
            let kernel = Depthwise::new(isa, &shape, &weights, bias, finish);
            self.compute(Sum { kernel, adds }, tensors.reads(), tensors.output);
        } else if let Some(tile) = self.winograd(&shape, layout) {
            let kernel = Winograd::new(isa, &shape, tile, &weights, bias, finish);
            self.compute(Sum { kernel, adds }, tensors.reads(), tensors.output);
        } else {
            let kernel = Conv::new(isa, &shape, layout, &weights, bias, finish);
            self.compute(Sum { kernel, adds }, tensors.reads(), tensors.output);
        }
        Ok(Some(()))
    }

    /// The sizes of a convolution of images; how far samples are apart is not known yet.
    fn shape(&self, from: NodeId, step: &Step, axes: [Axis; 2], groups: usize) -> ConvShape {
        let each = |of: fn(&Axis) -> u64| axes.map(|axis| size(of(&axis)));
        let (input, output) = (self.dims(from), self.dims(step.output()));
        ConvShape {
            batch: self.batch,
            in_channels: input[0],
            out_channels: output[0],
            groups,
            input: image(&input[1..]),
            kernel: each(|axis| axis.kernel),
            stride: each(|axis| axis.stride),
            dilation: each(|axis| axis.dilation),
            before: each(|axis| axis.before),
            output: image(&output[1..]),
            input_sample: 0,
            residual_sample: 0,
            output_sample: 0,
        }
    }

    fn winograd(&self, shape: &ConvShape, layout: Layout) -> Option<Tile> {
        let may = self.settings.winograd && layout == Layout::Blocked;
        if may { Winograd::faster(shape, self.isa(), rayon::current_num_threads()) } else { None }
    }

    fn transposed<const N: usize>(
        &mut self,
        step: &Step,
        conv: &ConvTranspose<N>,
        behind: &Behind,
    ) -> Lowered<()> {
        let Some(from) = self.summed(step).filter(|_| step.nodes[0] == step.main) else { return Ok(None) };
        let axes: Vec<_> = conv.axes().into_iter().map(|(axis, _)| axis).collect();
        let Some(axes) = images(&axes) else { return Ok(None) };
        let mut shape = self.shape(from, step, axes, size(conv.groups.get()));
        let Some(tensors) = self.tensors(step, behind, (from, Layout::Planar), Layout::Planar) else {
            return Ok(None);
        };
        tensors.set_samples(&mut shape);
        let Folded { weights, bias, .. } = self.folded(step, behind, Sides::InOut)?;
        let kernel = Transposed::new(self.isa(), &shape, &weights, bias.as_deref(), behind.finish);
        self.compute(Sum { kernel, adds: tensors.adds }, tensors.reads(), tensors.output);
        Ok(Some(()))
    }

    fn linear(&mut self, step: &Step, behind: &Behind) -> Lowered<()> {
        let Some(from) = self.summed(step) else { return Ok(None) };
        let (dims, output) = (self.dims(from), self.dims(step.output()));
        let (Some(&from_features), Some(&to_features)) = (dims.last(), output.last()) else {
            return Ok(None);
        };
        let rows = self.batch * dims[..dims.len() - 1].iter().product::<usize>();
        let Some(tensors) = self.dense_tensors(step, behind, from) else { return Ok(None) };
        let Folded { weights, bias, .. } = self.folded(step, behind, Sides::OutIn)?;
        let sizes = [from_features, to_features];
        let kernel = Linear::new(self.isa(), rows, sizes, &weights, bias.as_deref(), behind.finish);
        self.compute(Sum { kernel, adds: tensors.adds }, tensors.reads(), tensors.output);
        Ok(Some(()))
    }

    /// The tensors of a sum in these layouts.
    fn tensors(
        &mut self,
        step: &Step,
        behind: &Behind,
        (from, layout): (NodeId, Layout),
        of_output: Layout,
    ) -> Option<Tensors> {
        let input = self.spot(from, layout)?;
        let Some(residual) = behind.residual else {
            let output = self.output(step, of_output);
            return Some(Tensors { input, residual: None, output, adds: Adds::Nothing });
        };
        let added = self.spot(residual, of_output)?;
        if behind.finish.first == Function::Identity
            && let Some(output) = self.in_place(step, residual, of_output)
        {
            return Some(Tensors { input, residual: None, output, adds: Adds::Output });
        }
        let output = self.output(step, of_output);
        Some(Tensors { input, residual: Some(added), output, adds: Adds::Second })
    }

    /// The same of rows, which lie one behind the other over all samples.
    fn dense_tensors(&mut self, step: &Step, behind: &Behind, from: NodeId) -> Option<Tensors> {
        let input = self.dense(from)?;
        let Some(residual) = behind.residual else {
            let output = self.dense_output(step);
            return Some(Tensors { input, residual: None, output, adds: Adds::Nothing });
        };
        let added = self.dense(residual)?;
        if behind.finish.first == Function::Identity
            && let Some(output) = self.dense_in_place(step, residual)
        {
            return Some(Tensors { input, residual: None, output, adds: Adds::Output });
        }
        let output = self.dense_output(step);
        Some(Tensors { input, residual: Some(added), output, adds: Adds::Second })
    }
}

impl Tensors {
    fn set_samples(&self, shape: &mut ConvShape) {
        shape.input_sample = self.input.sample;
        shape.output_sample = self.output.sample;
        shape.residual_sample = self.residual.as_ref().unwrap_or(&self.output).sample;
    }
}

/// Two axes, of which the first has a single position where there is but one.
fn images(axes: &[Axis]) -> Option<[Axis; 2]> {
    let single = Axis { kernel: 1, stride: 1, dilation: 1, before: 0, after: 0, ceil: false };
    match axes {
        [width] => Some([single, *width]),
        [height, width] => Some([*height, *width]),
        _ => None,
    }
}

/// Height and width of the positions of a channel.
fn image(sizes: &[usize]) -> [usize; 2] {
    match sizes {
        [height, width] => [*height, *width],
        others => [1, others.iter().product()],
    }
}

/// A size that fits into memory, as what is executed does.
fn size(size: u64) -> usize {
    usize::try_from(size).unwrap_or(usize::MAX)
}
