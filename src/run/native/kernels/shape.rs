//! The sizes of what is computed.

/// A convolution of images. Padding below and to the right follows from the sizes; a tap outside the input sees 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvShape {
    /// Samples.
    pub batch: usize,
    /// Channels of the input.
    pub in_channels: usize,
    /// Channels of the output.
    pub out_channels: usize,
    /// Groups of channels, which see only each other.
    pub groups: usize,
    /// Height and width of the input; 1 and its length where there is one axis.
    pub input: [usize; 2],
    /// Taps.
    pub kernel: [usize; 2],
    /// From one window to the next.
    pub stride: [usize; 2],
    /// From one tap to the next.
    pub dilation: [usize; 2],
    /// Padding above and to the left.
    pub before: [usize; 2],
    /// Height and width of the output.
    pub output: [usize; 2],
    /// Numbers from one sample of the input to the next: more than it has, where it is a part of another tensor.
    pub input_sample: usize,
    /// The same of the residual.
    pub residual_sample: usize,
    /// The same of the output.
    pub output_sample: usize,
}

impl ConvShape {
    /// Whether each position of the output is made of one of the input: a kernel of 1×1 that does not pad.
    pub fn is_flat(&self) -> bool {
        let inside = |axis: usize| {
            let last = self.output[axis].saturating_sub(1) * self.stride[axis];
            self.before[axis] == 0 && last < self.input[axis]
        };
        self.kernel == [1, 1] && inside(0) && inside(1)
    }
}

/// Images whose channels are treated alike at every position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Positions {
    /// Samples.
    pub batch: usize,
    /// Channels.
    pub channels: usize,
    /// Positions: height times width.
    pub positions: usize,
    /// Numbers from one sample of the input to the next.
    pub input_sample: usize,
    /// The same of the output.
    pub output_sample: usize,
}
