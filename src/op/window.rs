//! The sliding window that convolution and pooling share: its sizes, their working, and how it is put in words.

use crate::counts::Overflow;
use crate::shape::{LARGEST_SIZE, Shape};
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

use super::Reason;

mod axis;
mod names;
pub(super) mod shorthand;
mod touch;

pub use axis::Axis;
pub use names::input_positions;
use names::{along_axes, last};
pub(super) use names::{name_sizes, positions};
pub use shorthand::legend;

/// A window over every spatial axis, height before width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// One entry for each spatial axis.
    pub axes: Vec<Axis>,
}

impl Window {
    /// The output sizes for the spatial sizes `input`, or why no window fits on one of the axes.
    pub fn output(&self, input: &[u64]) -> Result<Vec<u64>, Reason> {
        self.axes
            .iter()
            .zip(input)
            .map(|(axis, &size)| {
                check_padding(axis)?;
                axis.output(size).ok_or_else(|| misfit(axis, size))
            })
            .collect()
    }

    /// Taps of all windows that fall on the input: the product over the axes.
    pub fn taps_inside(&self, input: &[u64], output: &[u64]) -> Result<Working, Overflow> {
        self.product(Factor::TapsOnInput, (input, output), Axis::taps_inside)
    }

    /// Taps of all windows that fall on the output, where a window starts at each element of the input and slides over the
    /// output, as in a transposed convolution: the product over the axes.
    pub fn taps_on_output(&self, input: &[u64], output: &[u64]) -> Result<Working, Overflow> {
        self.product(Factor::TapsOnOutput, (output, input), Axis::taps_inside)
    }

    /// Windows that hold at least one element of the input: the product over the axes.
    pub fn windows_inside(&self, input: &[u64], output: &[u64]) -> Result<Working, Overflow> {
        self.product(Factor::WindowsOnInput, (input, output), Axis::windows_inside)
    }

    /// How many numbers of `input` any of the windows touches: the channels times the product over the axes.
    pub fn touched(&self, input: &Shape, output: &Shape) -> u128 {
        let sizes = spatial_sizes(input).iter().zip(spatial_sizes(output));
        let axes = self.axes.iter().zip(sizes);
        let touched = axes.map(|(axis, (&input, &output))| u128::from(axis.touched(input, output)));
        touched.fold(input.channels().unwrap_or(1).into(), |product, positions| product * positions)
    }

    /// The value of a field, if it is the same on every axis.
    pub fn shared<T: PartialEq>(&self, field: impl Fn(&Axis) -> T) -> Option<T> {
        let mut values = self.axes.iter().map(field);
        let first = values.next()?;
        values.all(|value| value == first).then_some(first)
    }

    /// The working of each spatial size of `output`: one for both axes of an image where they are alike.
    pub fn output_workings(&self, input: &Shape, output: &Shape) -> Vec<(Factor, Working)> {
        let sizes = spatial_sizes(input).iter().zip(spatial_sizes(output));
        let workings = self.axes.iter().zip(sizes).map(|(axis, (&from, &to))| axis.output_working(from, to));
        name_sizes(workings.collect())
    }

    /// The working of half its reach, if that is the same on every axis.
    pub(super) fn half(&self) -> Option<Working> {
        let (kernel, dilation) = self.shared(|axis| (axis.kernel, axis.dilation))?;
        let kernel = Working::named(Factor::Kernel, kernel);
        let reach = if dilation == 1 {
            kernel
        } else {
            let between = kernel.less(Working::Number(1));
            Working::Sum(vec![Working::named(Factor::Dilation, dilation).by(between), Working::Number(1)])
        };
        Some(Working::Floor(Box::new(reach), Box::new(Working::Number(2))))
    }

    /// The same where the padding is what makes each size that of the input divided by the stride, rounded up.
    pub(super) fn divided_workings(&self, input: &Shape) -> Vec<(Factor, Working)> {
        let divided = |(axis, &size): (&Axis, &u64)| {
            let [size, stride] = [(Factor::InSize, size), (Factor::Stride, axis.stride)]
                .map(|(name, value)| Box::new(Working::named(name, value)));
            Working::Ceiling(size, stride)
        };
        name_sizes(self.axes.iter().zip(spatial_sizes(input)).map(divided).collect())
    }

    /// The working of the taps that fall on the input rather than on padding, axis by axis, with what they are called: of all
    /// taps of all windows, those that are left. `input` and `output` are the spatial sizes.
    ///
    /// # Errors
    /// If a count does not fit.
    pub fn taps_workings(&self, input: &[u64], output: &[u64]) -> Result<Vec<(Factor, Working)>, Overflow> {
        let axes = self.axes.iter().zip(input.iter().zip(output));
        let working = |(axis, (&input, &output)): (&Axis, (&u64, &u64))| {
            let all = Working::named(Factor::OutSize, output).by(Working::named(Factor::Kernel, axis.kernel));
            let missed = all.evaluate()?.checked_sub(axis.taps_inside(input, output)?).ok_or(Overflow)?;
            Ok(all.less(Working::named(Factor::OnPadding, missed)))
        };
        let workings: Vec<Working> = axes.map(working).collect::<Result<_, _>>()?;
        let names: &[Factor] = match workings.as_slice() {
            [first, others @ ..] if others.iter().all(|other| other == first) => &[Factor::TapsOnEachAxis],
            axes => last(axes.len(), &[Factor::TapsOverDepth, Factor::TapsOverHeight, Factor::TapsOverWidth]),
        };
        Ok(names.iter().copied().zip(along_axes(workings)).collect())
    }

    /// The size of the window on each axis, with its name: one name for all where the sizes are equal.
    pub fn kernel(&self) -> Vec<(Factor, u64)> {
        let names = match self.shared(|axis| axis.kernel) {
            Some(_) => [Factor::Kernel; 3],
            None => [Factor::KernelDepth, Factor::KernelHeight, Factor::KernelWidth],
        };
        let kernels = self.axes.iter().map(|axis| axis.kernel);
        last(self.axes.len(), &names).iter().copied().zip(kernels).collect()
    }

    /// The positions of the window, one factor for each axis: `kernel²`.
    pub fn kernel_working(&self) -> Vec<Working> {
        self.kernel().into_iter().map(|(name, size)| Working::named(name, size)).collect()
    }

    /// How large it is, before the word for what it does: `5×5`, "length-3".
    pub fn extent(&self) -> Text {
        let sizes = self.axes.iter().map(|axis| axis.kernel.to_string()).collect::<Vec<_>>().join("×");
        match self.axes.len() {
            1 => text!("length-{sizes}", "长度 {sizes}"),
            _ => text!("{sizes}", "{sizes}"),
        }
    }

    /// How it slides, in words, where that is not one by one over the bare input: "stride 2", "padding 3".
    pub fn sliding(&self) -> Vec<Text> {
        let mut words = vec![];
        if let Some(stride) = self.unless(|axis| axis.stride, 1) {
            words.push(text!("stride {stride}", "步幅 {stride}"));
        }
        match (self.unless(|axis| axis.before, 0), self.unless(|axis| axis.after, 0)) {
            (None, None) => {}
            (Some(before), Some(after)) if before == after => {
                words.push(text!("padding {before}", "填充 {before}"));
            }
            (before, after) => {
                let [before, after] =
                    [before, after].map(|padding| padding.unwrap_or_else(|| "0".to_owned()));
                words.push(text!(
                    "padding {before} before and {after} after",
                    "前填充 {before},后填充 {after}"
                ));
            }
        }
        if let Some(dilation) = self.unless(|axis| axis.dilation, 1) {
            words.push(text!("dilation {dilation}", "扩张率 {dilation}"));
        }
        if self.axes.iter().any(|axis| axis.ceil) {
            words.push(text!("sizes rounded up", "尺寸向上取整"));
        }
        words
    }

    /// A setting on every axis, `2` or `2×1`; `None` where all have the `default`.
    fn unless(&self, setting: impl Fn(&Axis) -> u64, default: u64) -> Option<String> {
        match self.shared(&setting) {
            Some(value) => (value != default).then(|| value.to_string()),
            None => {
                Some(self.axes.iter().map(|axis| setting(axis).to_string()).collect::<Vec<_>>().join("×"))
            }
        }
    }

    fn product(
        &self,
        name: Factor,
        (input, output): (&[u64], &[u64]),
        count: impl Fn(&Axis, u64, u64) -> Result<u128, Overflow>,
    ) -> Result<Working, Overflow> {
        let axes = self.axes.iter().zip(input.iter().zip(output));
        let factors = axes.map(|(axis, (&input, &output))| count(axis, input, output).map(Working::Number));
        Ok(Working::Product(factors.collect::<Result<_, _>>()?).called(name))
    }
}

/// The sizes of a shape's spatial axes: all but the channels.
pub fn spatial_sizes(shape: &Shape) -> &[u64] {
    shape.dims().get(1..).unwrap_or_default()
}

/// A rule may want more padding than any setting may be.
pub(super) fn check_padding(axis: &Axis) -> Result<(), Reason> {
    if axis.before.max(axis.after) <= LARGEST_SIZE {
        return Ok(());
    }
    let reason = text!("this would be a padding of more than 2^53 positions", "填充的位置数会超过 2^53");
    Err(Reason::new(reason).at("padding"))
}

/// Why there is no window along `axis` over `input` elements.
fn misfit(axis: &Axis, input: u64) -> Reason {
    let (kernel, dilation, reach) = (axis.kernel, axis.dilation, axis.reach());
    let padded = u128::from(input) + u128::from(axis.before) + u128::from(axis.after);
    let missing = reach.saturating_sub(padded);
    if missing == 0 {
        let reason = text!("the output would have more than 2^53 positions", "输出的位置数会超过 2^53");
        return Reason::new(reason);
    }
    let place = match padded - u128::from(input) {
        0 => text!("{input}", "大小为 {input} 的输入"),
        _ => text!("{input}, {padded} with its padding", "大小为 {input} 的输入(加填充后为 {padded})"),
    };
    let window = match dilation {
        1 => text!("a window of {kernel}", "大小为 {kernel} 的窗口"),
        _ => text!(
            "a window of {kernel} with dilation {dilation}, which reaches over {reach},",
            "大小为 {kernel}、扩张率为 {dilation} 的窗口(跨度 {reach})"
        ),
    };
    // Without dilation this is never more than half the kernel, so that a pool may have it, too.
    let padding = u128::from(axis.before) + missing.div_ceil(2);
    let remedy = match dilation {
        1 => text!(
            "a smaller `kernel_size`, or `padding = {padding}`",
            "减小 `kernel_size`,或设 `padding = {padding}`"
        ),
        _ => text!("a smaller `kernel_size` or `dilation`", "减小 `kernel_size` 或 `dilation`"),
    };
    Reason::new(text!("{window} does not fit into {place}", "{window:#}放不进{place:#}"))
        .at("kernel_size")
        .help(remedy)
}
