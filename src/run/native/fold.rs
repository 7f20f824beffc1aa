//! The weights of a sum with the batch norms around it.

use candle_core::{DType, Result, Tensor};

use crate::graph::{Graph, NodeId};
use crate::op::Op;

/// Weights and bias of a sum, as its operator has them.
pub(super) struct Folded {
    /// In the order of the operator's weight.
    pub(super) weights: Vec<f32>,
    /// The sizes of that.
    dims: Vec<usize>,
    /// How it is read.
    sides: Sides,
    /// For each output channel, if there is any.
    pub(super) bias: Option<Vec<f32>>,
}

/// Which dimension of a weight is which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sides {
    /// Output channels, then those of the input of a group: convolutions and linear layers.
    OutIn,
    /// Input channels, then those of the output of a group: transposed convolutions.
    InOut,
}

/// A factor and an offset for each channel.
pub(super) struct Scaling {
    pub(super) factors: Vec<f32>,
    pub(super) offsets: Vec<f32>,
}

pub(super) fn numbers(tensor: &Tensor) -> Result<Vec<f32>> {
    tensor.to_dtype(DType::F32)?.contiguous()?.flatten_all()?.to_vec1()
}

impl Scaling {
    /// What a batch norm does.
    pub(super) fn of(graph: &Graph, norm: NodeId, weights: &[Tensor]) -> Result<Self> {
        let eps = match graph.node(norm).operator() {
            Some(Op::BatchNorm1d(norm)) => norm.eps,
            Some(Op::BatchNorm2d(norm)) => norm.eps,
            Some(Op::BatchNorm3d(norm)) => norm.eps,
            _ => candle_core::bail!("only a batch norm is folded"),
        };
        let tensors = weights.iter().map(numbers).collect::<Result<Vec<_>>>()?;
        let (learned, [mean, variance]) = tensors.split_at(tensors.len() - 2) else {
            candle_core::bail!("a batch norm has a mean and a variance")
        };
        #[expect(clippy::cast_possible_truncation, reason = "weights are 32-bit floats")]
        let root = |variance: f32| (1.0 / (f64::from(variance) + eps).sqrt()) as f32;
        let mut factors: Vec<f32> = variance.iter().map(|&variance| root(variance)).collect();
        if let [weight, _] = learned {
            factors.iter_mut().zip(weight).for_each(|(factor, weight)| *factor *= weight);
        }
        let mut offsets: Vec<f32> = factors.iter().zip(mean).map(|(factor, mean)| -factor * mean).collect();
        if let [_, bias] = learned {
            offsets.iter_mut().zip(bias).for_each(|(offset, bias)| *offset += bias);
        }
        Ok(Self { factors, offsets })
    }
}

impl Folded {
    /// The weights of a sum by itself.
    pub(super) fn of(weights: &[Tensor], sides: Sides) -> Result<Self> {
        let [weight, bias @ ..] = weights else { candle_core::bail!("a sum has a weight") };
        let (dims, bias) = (weight.dims().to_vec(), bias.first().map(numbers).transpose()?);
        Ok(Self { weights: numbers(weight)?, dims, sides, bias })
    }

    /// With a batch norm of the output.
    #[must_use]
    pub(super) fn behind(mut self, scaling: &Scaling) -> Self {
        let bias = self.bias.get_or_insert_with(|| vec![0.0; scaling.factors.len()]);
        for ((bias, factor), offset) in bias.iter_mut().zip(&scaling.factors).zip(&scaling.offsets) {
            *bias = *bias * factor + offset;
        }
        let (first, second, taps) = (self.dims[0], self.dims[1], self.dims[2..].iter().product::<usize>());
        // Input channels of a group, where they come first.
        let in_group = first * second / scaling.factors.len();
        for (index, weights) in self.weights.chunks_mut(taps).enumerate() {
            let (row, column) = (index / second, index % second);
            let channel = match self.sides {
                Sides::OutIn => row,
                Sides::InOut => row / in_group * second + column,
            };
            for weight in weights {
                *weight *= scaling.factors[channel];
            }
        }
        self
    }

    /// With a batch norm of the input: of a sum that is not transposed.
    #[must_use]
    pub(super) fn ahead(mut self, scaling: &Scaling) -> Self {
        let (out_channels, in_group, taps) =
            (self.dims[0], self.dims[1], self.dims[2..].iter().product::<usize>());
        let bias = self.bias.get_or_insert_with(|| vec![0.0; out_channels]);
        let of_group = out_channels / (scaling.factors.len() / in_group);
        for (index, weights) in self.weights.chunks_mut(taps).enumerate() {
            let (channel, input) = (index / in_group, index % in_group);
            let from = channel / of_group * in_group + input;
            bias[channel] += scaling.offsets[from] * weights.iter().sum::<f32>();
            for weight in weights {
                *weight *= scaling.factors[from];
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor};

    use super::*;

    fn ramp(dims: &[usize], start: f32) -> Tensor {
        let count = dims.iter().product();
        let number = |i: usize| start + f32::from(u8::try_from(i * 7 % 11).unwrap()) / 4.0;
        let numbers: Vec<f32> = (0..count).map(number).collect();
        Tensor::from_vec(numbers, dims, &Device::Cpu).unwrap()
    }

    fn channels(values: &[f32]) -> Tensor {
        Tensor::new(values, &Device::Cpu).unwrap().reshape((1, values.len(), 1, 1)).unwrap()
    }

    fn scaled(tensor: &Tensor, scaling: &Scaling) -> Tensor {
        let scaled = tensor.broadcast_mul(&channels(&scaling.factors)).unwrap();
        scaled.broadcast_add(&channels(&scaling.offsets)).unwrap()
    }

    fn scaling(count: u8) -> Scaling {
        let values = |start: f32| (0..count).map(|i| start + f32::from(i) / 2.0).collect();
        Scaling { factors: values(0.5), offsets: values(-1.0) }
    }

    fn close(a: &Tensor, b: &Tensor) {
        let difference = (a - b).unwrap().abs().unwrap().flatten_all().unwrap().max(0).unwrap();
        assert!(difference.to_scalar::<f32>().unwrap() < 1e-3, "{a} {b}");
    }

    /// Convolutions with folded weights are those with the batch norm beside them.
    #[test]
    fn a_folded_convolution_is_the_convolution_and_the_norm() {
        let (input, weight) = (ramp(&[2, 4, 5, 5], -1.0), ramp(&[6, 2, 3, 3], -0.75));
        let convolved = |input: &Tensor, folded: &Folded| {
            let weight = Tensor::from_vec(folded.weights.clone(), (6, 2, 3, 3), &Device::Cpu).unwrap();
            let output = input.conv2d(&weight, 0, 1, 1, 2).unwrap();
            output.broadcast_add(&channels(folded.bias.as_ref().unwrap())).unwrap()
        };
        let bias = ramp(&[6], 0.25);
        let plain = Folded::of(&[weight.clone(), bias.clone()], Sides::OutIn).unwrap();
        let behind = Folded::of(&[weight.clone(), bias.clone()], Sides::OutIn).unwrap().behind(&scaling(6));
        close(&scaled(&convolved(&input, &plain), &scaling(6)), &convolved(&input, &behind));
        let ahead = Folded::of(&[weight, bias], Sides::OutIn).unwrap().ahead(&scaling(4));
        close(&convolved(&scaled(&input, &scaling(4)), &plain), &convolved(&input, &ahead));
    }

    #[test]
    fn a_transposed_convolution_has_its_output_channels_second() {
        let (input, weight) = (ramp(&[1, 3, 4, 4], -1.0), ramp(&[3, 5, 2, 2], -0.75));
        let folded = Folded::of(std::slice::from_ref(&weight), Sides::InOut).unwrap().behind(&scaling(5));
        let weights = Tensor::from_vec(folded.weights, (3, 5, 2, 2), &Device::Cpu).unwrap();
        let transposed = |weight: &Tensor| input.conv_transpose2d(weight, 0, 0, 2, 1).unwrap();
        let with_bias = transposed(&weights).broadcast_add(&channels(&folded.bias.unwrap())).unwrap();
        close(&scaled(&transposed(&weight), &scaling(5)), &with_bias);
    }
}
