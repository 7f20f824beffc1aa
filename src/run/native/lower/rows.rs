//! Softmax and norms.

use cnncost_kernels::{
    Function, GroupNorm, GroupNormShape, Layout, LocalResponseNorm, LocalResponseShape, RowNorm, Softmax,
    SoftmaxKind, Statistic,
};

use super::{Lowered, Lowering};
use crate::graph::NodeId;
use crate::op::Op;
use crate::plan::Step;
use crate::run::native::fold::numbers;
use crate::run::native::kernel::Kernel;

macro_rules! kernels {
    ($($Kernel:ident, $name:literal $(, $held:ident)?;)*) => {$(
        impl Kernel for $Kernel {
            fn name(&self) -> &'static str {
                $name
            }

            fn compute(&self, inputs: &[&[f32]], output: &mut [f32], _scratch: &mut [f32]) {
                self.run(inputs[0], output);
            }

            $(fn held(&self) -> usize {
                self.$held()
            })?
        }
    )*};
}

kernels! {
    Softmax, "softmax";
    RowNorm, "norm of rows", held;
    GroupNorm, "norm of groups", held;
    LocalResponseNorm, "local response norm";
}

impl Lowering<'_> {
    /// Softmax and its logarithm.
    pub(super) fn row(&mut self, step: &Step, op: &Op) -> Lowered<()> {
        let (dim, kind) = match op {
            Op::Softmax(softmax) => (softmax.dim, SoftmaxKind::Shares),
            Op::LogSoftmax(softmax) => (softmax.dim, SoftmaxKind::Logarithms),
            _ => return Ok(None),
        };
        let Some(axis) = self.graph.node(step.main).shape.axis(dim.0) else { return Ok(None) };
        let dims = self.dims(step.main);
        let Some(input) = step.inputs.first().and_then(|&input| self.dense(input)) else { return Ok(None) };
        let output = self.dense_output(step);
        let outer = self.batch * dims[..axis].iter().product::<usize>();
        let inner = dims[axis + 1..].iter().product();
        self.compute(Softmax::new(self.isa(), [outer, dims[axis], inner], kind), vec![input], output);
        Ok(Some(()))
    }

    /// Norms, with a function behind them.
    pub(super) fn norm(&mut self, step: &Step, op: &Op) -> Lowered<()> {
        let Some(last) = self.function_behind(step) else { return Ok(None) };
        match op {
            Op::LayerNorm(norm) if last == Function::Identity => {
                self.of_rows(step, Statistic::MeanAndVariance, norm.eps, norm.dims.get())
            }
            Op::RmsNorm(norm) if last == Function::Identity => {
                self.of_rows(step, Statistic::MeanSquare, norm.eps, norm.dims.get())
            }
            Op::GroupNorm(norm) => self.of_groups(step, norm.num_groups.get(), norm.eps, last),
            Op::InstanceNorm1d(norm) => self.of_groups(step, self.channels_of(step), norm.eps, last),
            Op::InstanceNorm2d(norm) => self.of_groups(step, self.channels_of(step), norm.eps, last),
            Op::LocalResponseNorm(norm) if last == Function::Identity => {
                let layout = step.inputs.first().map_or(Layout::Planar, |&input| self.layout(input));
                let Some(input) = step.inputs.first().and_then(|&input| self.spot(input, layout)) else {
                    return Ok(None);
                };
                let output = self.output(step, layout);
                let shape = LocalResponseShape {
                    batch: self.batch,
                    channels: input.channels(),
                    positions: input.positions(),
                    input_sample: input.sample,
                    output_sample: output.sample,
                    size: usize::try_from(norm.size.get()).unwrap_or(usize::MAX),
                    alpha: norm.alpha,
                    beta: norm.beta,
                    k: norm.k,
                };
                self.compute(LocalResponseNorm::new(self.isa(), &shape, layout), vec![input], output);
                Ok(Some(()))
            }
            _ => Ok(None),
        }
    }

    fn channels_of(&self, step: &Step) -> u64 {
        self.graph.node(step.main).shape.dims().first().copied().unwrap_or(1)
    }

    /// The one input of a step and its output, both planar.
    fn planar(&mut self, step: &Step) -> Option<[super::Spot; 2]> {
        let input = self.spot(*step.inputs.first()?, Layout::Planar)?;
        Some([input, self.output(step, Layout::Planar)])
    }

    /// A norm of the last `dims` dimensions.
    fn of_rows(&mut self, step: &Step, statistic: Statistic, eps: f64, dims: u64) -> Lowered<()> {
        let sizes = self.dims(step.main);
        let kept = sizes.len().saturating_sub(usize::try_from(dims).unwrap_or(usize::MAX));
        let size = sizes[kept..].iter().product();
        let rows = self.batch * sizes[..kept].iter().product::<usize>();
        let [weight, bias] = self.learned(step.main)?;
        let Some(input) = step.inputs.first().and_then(|&input| self.dense(input)) else { return Ok(None) };
        let output = self.dense_output(step);
        let (weight, bias) = (weight.as_deref(), bias.as_deref());
        let kernel = RowNorm::new(self.isa(), [rows, size], statistic, eps, weight, bias);
        self.compute(kernel, vec![input], output);
        Ok(Some(()))
    }

    fn of_groups(&mut self, step: &Step, groups: u64, eps: f64, last: Function) -> Lowered<()> {
        let [weight, bias] = self.learned(step.main)?;
        let Some([input, output]) = self.planar(step) else { return Ok(None) };
        let shape = GroupNormShape {
            batch: self.batch,
            channels: input.channels(),
            groups: usize::try_from(groups).unwrap_or(1),
            positions: input.positions(),
            input_sample: input.sample,
            output_sample: output.sample,
        };
        let (weight, bias) = (weight.as_deref(), bias.as_deref());
        let kernel = GroupNorm::new(self.isa(), &shape, eps, weight, bias, last);
        self.compute(kernel, vec![input], output);
        Ok(Some(()))
    }

    /// The weight and the bias of a norm, as far as it has them.
    fn learned(&self, id: NodeId) -> candle_core::Result<[Option<Vec<f32>>; 2]> {
        let weights = self.weights.of(id);
        let number = |index: usize| weights.get(index).map(numbers).transpose();
        Ok([number(0)?, number(1)?])
    }
}
