//! Measures that one kind of operator has, most of them a tool's own way of getting at a size.

use super::{Facts, elements, product};
use crate::counts::{Overflow, Tally};
use crate::op::conv::Conv;
use crate::op::conv_transpose::ConvTranspose;
use crate::op::settings::Padding;
use crate::op::window::spatial_sizes;
use crate::op::{Op, Weight};

/// The sizes of a recurrent layer.
struct Recurrent {
    steps: u64,
    hidden: u64,
    layers: u64,
    directions: u64,
    gates: u64,
    bias: bool,
}

impl Facts<'_> {
    /// Elements of a local response norm with `size − 1` more channels.
    pub(super) fn padded(&self) -> Result<u128, Overflow> {
        let (Op::LocalResponseNorm(norm), Some(channels)) = (self.op, self.output.channels()) else {
            return Ok(0);
        };
        let position = self.output.elements() / u128::from(channels);
        product(position, u128::from(channels) + u128::from(norm.size.get()) - 1)
    }

    /// Positions of a deformable convolution's window for each position of its output.
    pub(super) fn places(&self) -> Result<u128, Overflow> {
        let Op::DeformConv2d(conv) = self.op else { return Ok(0) };
        let taps = conv.kernel_size.0.into_iter().map(|size| u128::from(size.get())).product();
        product(taps, elements(spatial_sizes(&self.output)))
    }

    /// Whether upsampling is to a size rather than by a factor.
    pub(super) fn is_asked(&self) -> bool {
        matches!(self.op, Op::Upsample(upsample) if upsample.size.is_some())
    }

    /// MACs of a transposed convolution whose output channels are divided by the groups twice.
    pub(super) fn regrouped(&self) -> Result<u128, Overflow> {
        let dims = self.weights.first().map_or(vec![], Weight::dims);
        let [channels, of_group, kernel @ ..] = &dims[..] else { return Ok(0) };
        let groups = self.output.channels().unwrap_or(1) / of_group;
        let positions = self.inputs.first().map_or(0, |input| elements(spatial_sizes(input)));
        let taps = kernel.iter().try_fold(positions, |product, &size| product.times(size))?;
        taps.times(*channels)?.times(of_group / groups.max(1))
    }

    /// Bias of a transposed convolution at the positions that a convolution would have. Where not even one window fits, these
    /// are below zero on that axis, and so may be their product.
    pub(super) fn convolved(&self) -> Result<i128, Overflow> {
        if let Op::ConvTranspose1d(conv) = self.op {
            self.convolved_by(conv)
        } else if let Op::ConvTranspose2d(conv) = self.op {
            self.convolved_by(conv)
        } else if let Op::ConvTranspose3d(conv) = self.op {
            self.convolved_by(conv)
        } else {
            Ok(0)
        }
    }

    fn convolved_by<const N: usize>(&self, conv: &ConvTranspose<N>) -> Result<i128, Overflow> {
        let (false, Some(input)) = (self.bias == 0, self.inputs.first()) else { return Ok(0) };
        let channels = i128::from(conv.out_channels.get() / conv.groups.get());
        conv.axes().iter().zip(spatial_sizes(input)).try_fold(channels, |product, ((axis, _), &size)| {
            let padded = i128::from(size) + i128::from(axis.before) + i128::from(axis.after);
            let windows = (padded - axis.reach().cast_signed()).div_euclid(axis.stride.into()) + 1;
            product.checked_mul(windows).ok_or(Overflow)
        })
    }

    /// A count of a convolution, of as many positions as it has if it is padded alike on both sides: where an odd padding
    /// keeps the size, they are one fewer.
    pub(super) fn evenly(&self, count: u128) -> Result<u128, Overflow> {
        if let Op::Conv1d(conv) = self.op {
            self.evenly_by(conv, count)
        } else if let Op::Conv2d(conv) = self.op {
            self.evenly_by(conv, count)
        } else if let Op::Conv3d(conv) = self.op {
            self.evenly_by(conv, count)
        } else {
            Ok(count)
        }
    }

    fn evenly_by<const N: usize>(&self, conv: &Conv<N>, count: u128) -> Result<u128, Overflow> {
        if conv.padding != Padding::Same {
            return Ok(count);
        }
        let of_position = count / self.positions().max(1);
        (0..N).zip(spatial_sizes(&self.output)).try_fold(of_position, |product, (axis, &size)| {
            let (kernel, dilation) = (conv.kernel_size.0[axis].get(), conv.dilation.0[axis].get());
            let is_odd = kernel.is_multiple_of(2) && !dilation.is_multiple_of(2);
            product.times(size - u64::from(is_odd))
        })
    }

    /// Elements of a bias that PyTorch adds apart from the product, which it does to a tensor that is transposed in memory:
    /// what goes into attention and recurrent layers, where the batch comes first and several samples have several steps.
    pub(super) fn bias_apart(&self) -> Result<u128, Overflow> {
        if self.bias == 0 {
            return Ok(0);
        }
        if let Op::MultiHeadAttention(_) = self.op {
            return self.bias_apart_of_attention();
        }
        if self.batch == 1 {
            return Ok(0);
        }
        match self.recurrent() {
            Some(layer) if layer.bias && layer.steps > 1 => [layer.hidden, layer.gates, layer.directions]
                .into_iter()
                .try_fold(layer.steps.into(), u128::times),
            Some(_) | None => Ok(0),
        }
    }

    /// MACs of attention without projections, where a token of the value has other channels than one of the key.
    pub(super) fn macs_apart(&self) -> u128 {
        let channels = |index: usize| self.inputs.get(index).and_then(|input| input.dims().last());
        let is_apart = matches!(self.op, Op::ScaledDotProductAttention(_)) && channels(1) != channels(2);
        if is_apart { self.work.macs.total() } else { 0 }
    }

    /// Sequences before the tokens make a batch, too.
    fn bias_apart_of_attention(&self) -> Result<u128, Overflow> {
        let Some(query) = self.inputs.first() else { return Ok(0) };
        let key = if self.inputs.len() < 3 { query } else { &self.inputs[1] };
        let (sequences, tokens) = query.dims().split_at(query.rank() - 2);
        if self.batch == 1 && elements(sequences) == 1 {
            return Ok(0);
        }
        let [queries, channels] = [tokens[0], tokens[1]];
        let keys = key.dims()[key.rank() - 2];
        let several = |tokens: u64| {
            if tokens > 1 { product(elements(sequences), u128::from(tokens)) } else { Ok(0) }
        };
        several(queries)?.plus(several(keys)?.times(2)?)?.times(channels)
    }

    /// Numbers of the states of a recurrent layer, over its steps, directions and layers.
    pub(super) fn states(&self) -> Result<u128, Overflow> {
        let Some(Recurrent { steps, hidden, layers, directions, .. }) = self.recurrent() else {
            return Ok(0);
        };
        [hidden, layers, directions].into_iter().try_fold(steps.into(), u128::times)
    }

    /// Directions of a recurrent layer; 1 for every other operator.
    pub(super) fn directions(&self) -> u64 {
        self.recurrent().map_or(1, |layer| layer.directions)
    }

    fn recurrent(&self) -> Option<Recurrent> {
        let steps = self.output.dims().first().copied().unwrap_or(1);
        if let Op::Lstm(layer) = self.op {
            Some(Recurrent {
                steps,
                hidden: layer.hidden_size.get(),
                layers: layer.num_layers.get(),
                directions: 1 + u64::from(layer.bidirectional),
                gates: 4,
                bias: layer.bias,
            })
        } else if let Op::Gru(layer) = self.op {
            Some(Recurrent {
                steps,
                hidden: layer.hidden_size.get(),
                layers: layer.num_layers.get(),
                directions: 1 + u64::from(layer.bidirectional),
                gates: 3,
                bias: layer.bias,
            })
        } else if let Op::Rnn(layer) = self.op {
            Some(Recurrent {
                steps,
                hidden: layer.hidden_size.get(),
                layers: layer.num_layers.get(),
                directions: 1 + u64::from(layer.bidirectional),
                gates: 1,
                bias: layer.bias,
            })
        } else {
            None
        }
    }
}
