//! From one layout to the other, and from tensors whose samples lie apart to such whose do not.

use cnncost_kernels::{Convert as Copy, ConvertShape, Isa, Layout};

use super::arena::Spot;
use super::kernel::Kernel;

/// What is copied.
pub(super) struct Convert {
    kernel: Copy,
    layouts: [Layout; 2],
}

impl Convert {
    /// A tensor at `from`, written at `to`.
    pub(super) fn new(isa: Isa, batch: usize, from: &Spot, to: &Spot) -> Self {
        let shape = ConvertShape {
            batch,
            channels: from.channels(),
            positions: from.positions(),
            input_sample: from.sample,
            output_sample: to.sample,
        };
        let layouts = [from.layout, to.layout];
        Self { kernel: Copy::new(isa, &shape, layouts), layouts }
    }
}

impl Kernel for Convert {
    fn name(&self) -> &'static str {
        match self.layouts {
            [Layout::Planar, Layout::Blocked] => "to groups",
            [Layout::Blocked, Layout::Planar] => "from groups",
            [Layout::Planar, Layout::Planar] | [Layout::Blocked, Layout::Blocked] => "copy",
        }
    }

    fn compute(&self, inputs: &[&[f32]], output: &mut [f32], _scratch: &mut [f32]) {
        self.kernel.run(inputs[0], output);
    }
}
