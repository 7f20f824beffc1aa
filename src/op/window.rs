//! The sliding-window arithmetic that convolution and pooling share, one axis at a time.

use crate::counts::Overflow;
use crate::shape::{LARGEST_SIZE, Shape};
use crate::text;
use crate::text::Text;
use crate::working::Working;

use super::Reason;

/// How a window slides along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    /// Taps of the window.
    pub kernel: u64,
    /// Steps from one window to the next.
    pub stride: u64,
    /// Positions from one tap to the next.
    pub dilation: u64,
    /// Padding before the first element.
    pub before: u64,
    /// Padding after the last element.
    pub after: u64,
    /// Whether a last window that sticks out counts (`ceil_mode`), if it starts inside the input or the padding before it.
    pub ceil: bool,
}

/// A window over every spatial axis, height before width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// One entry for each spatial axis.
    pub axes: Vec<Axis>,
}

impl Axis {
    /// How far a window reaches: `dilation · (kernel − 1) + 1`.
    pub fn reach(&self) -> u128 {
        u128::from(self.dilation) * u128::from(self.kernel - 1) + 1
    }

    /// The number of windows on `input` elements; `None` if not even one fits.
    ///
    /// PyTorch's rule: `⌊(input + before + after − reach) / stride⌋ + 1`; with `ceil_mode` rounded up, less the last window
    /// if it would start in the padding after the input.
    pub fn output(&self, input: u64) -> Option<u64> {
        let (stride, reach) = (u128::from(self.stride), self.reach());
        let padded = u128::from(input) + u128::from(self.before) + u128::from(self.after);
        let slack = if self.ceil { stride - 1 } else { 0 };
        let mut output = (padded + slack).checked_sub(reach)? / stride + 1;
        if self.ceil && (output - 1) * stride >= u128::from(input) + u128::from(self.before) {
            output -= 1;
        }
        u64::try_from(output).ok().filter(|output| (1..=LARGEST_SIZE).contains(output))
    }

    /// The working of [`output`](Self::output), which is `output`.
    pub fn output_working(&self, input: u64, output: u64) -> Working {
        let number = |value: u64| Working::Number(value.into());
        let padding = if self.before == self.after {
            number(2).by(Working::named("padding", self.before))
        } else {
            Working::named("padding before", self.before).and(Working::named("after", self.after))
        };
        let kernel = Working::named("kernel", self.kernel);
        let reach = if self.dilation == 1 {
            kernel
        } else {
            Working::named("dilation", self.dilation).by(kernel.less(number(1))).and(number(1))
        };
        let (input, stride) = (Working::named("in", input), Working::named("stride", self.stride));
        let span = Working::Sum(vec![input.clone(), padding.clone()]).less(reach.clone());
        let size = match (self.ceil, span.evaluate()) {
            (false, _) => Working::Floor(Box::new(span), Box::new(stride)).and(number(1)),
            (true, Ok(_)) => Working::Ceiling(Box::new(span), Box::new(stride)).and(number(1)),
            // A window larger than the padded input: the 1 is taken into the fraction, so that nothing is negative.
            (true, Err(Overflow)) => {
                let span = Working::Sum(vec![input, padding, stride.clone()]).less(reach);
                Working::Ceiling(Box::new(span), Box::new(stride))
            }
        };
        match size.evaluate() {
            Ok(value) if value == u128::from(output) + 1 => {
                size.less(Working::named("window in the padding", 1u64))
            }
            Ok(_) | Err(_) => size,
        }
    }

    /// How many taps of all `output` windows fall on `input` elements rather than on padding.
    ///
    /// Every window's taps, less those before the first and after the last element. Both are sums of `⌈linear⌉`, so this
    /// takes logarithmic time at any size.
    pub fn taps_inside(&self, input: u64, output: u64) -> Result<u128, Overflow> {
        let all = u128::from(self.kernel).checked_mul(output.into()).ok_or(Overflow)?;
        let left = self.taps_outside(self.before.into(), output)?;
        // Seen from the other end, the last window reaches `overhang` past the last element.
        let end = u128::from(output - 1) * u128::from(self.stride) + self.reach();
        let overhang = end.saturating_sub(u128::from(input) + u128::from(self.before));
        let right = self.taps_outside(overhang, output)?;
        all.checked_sub(left).and_then(|inside| inside.checked_sub(right)).ok_or(Overflow)
    }

    /// Taps that fall outside at one end, where the window nearest to it sticks out by `overhang`:
    /// `Σ min(kernel, ⌈(overhang − i·stride) / dilation⌉)` over the windows `i` that stick out.
    fn taps_outside(&self, overhang: u128, output: u64) -> Result<u128, Overflow> {
        let (kernel, stride, dilation) =
            (u128::from(self.kernel), u128::from(self.stride), u128::from(self.dilation));
        let windows = overhang.div_ceil(stride).min(output.into());
        // The first windows may lie outside altogether: all taps of those.
        let whole = overhang
            .checked_sub(dilation * (kernel - 1))
            .map_or(0, |beyond| beyond.div_ceil(stride))
            .min(windows);
        let partial = windows - whole;
        if partial == 0 {
            return whole.checked_mul(kernel).ok_or(Overflow);
        }
        // From the last that sticks out to the first: ⌈(least + i·stride) / dilation⌉.
        let least = overhang - (windows - 1) * stride;
        let part = floor_sum(partial, dilation, stride, least + dilation - 1)?;
        whole.checked_mul(kernel).and_then(|whole| whole.checked_add(part)).ok_or(Overflow)
    }

    /// How many of `output` windows hold at least one element. All, but for a dilation larger than the input: PyTorch's
    /// pools then have one window, and its taps may straddle the input.
    pub fn windows_inside(&self, input: u64, output: u64) -> u64 {
        if self.dilation <= input {
            return output;
        }
        let first = self.before.div_ceil(self.dilation);
        let inside = first < self.kernel
            && u128::from(first) * u128::from(self.dilation) < u128::from(self.before) + u128::from(input);
        if inside { output } else { 0 }
    }
}

impl Window {
    /// The output sizes on the spatial sizes `input`, or on which axis no window fits.
    pub fn output(&self, input: &[u64]) -> Result<Vec<u64>, Reason> {
        self.axes
            .iter()
            .zip(input)
            .map(|(axis, &size)| axis.output(size).ok_or_else(|| misfit(axis, size)))
            .collect()
    }

    /// Taps of all windows that fall on the input: the axes' multiplied.
    pub fn taps_inside(&self, input: &[u64], output: &[u64]) -> Result<Working, Overflow> {
        self.product("taps on the input", (input, output), Axis::taps_inside)
    }

    /// Taps of all windows that fall on the output, where a window starts at each element of the input and slides over the
    /// output, as in a transposed convolution: the axes' multiplied.
    pub fn taps_on_output(&self, input: &[u64], output: &[u64]) -> Result<Working, Overflow> {
        self.product("taps on the output", (output, input), Axis::taps_inside)
    }

    /// Windows that hold at least one element of the input: the axes' multiplied.
    pub fn windows_inside(&self, input: &[u64], output: &[u64]) -> Result<Working, Overflow> {
        self.product("windows on the input", (input, output), |axis, input, output| {
            Ok(axis.windows_inside(input, output).into())
        })
    }

    /// What is the same on every axis, if it is.
    pub fn shared<T: PartialEq>(&self, field: impl Fn(&Axis) -> T) -> Option<T> {
        let mut values = self.axes.iter().map(field);
        let first = values.next()?;
        values.all(|value| value == first).then_some(first)
    }

    /// The working of each spatial size of `output`: one for both axes of an image where they are alike.
    pub fn output_workings(&self, input: &Shape, output: &Shape) -> Vec<(&'static str, Working)> {
        let sizes = spatial_sizes(input).iter().zip(spatial_sizes(output));
        let workings = self.axes.iter().zip(sizes).map(|(axis, (&from, &to))| axis.output_working(from, to));
        name_sizes(workings.collect())
    }

    /// The size of the window on each axis, with what it is called: the same where the sizes are.
    pub fn kernel(&self) -> Vec<(&'static str, u64)> {
        let names = match self.shared(|axis| axis.kernel) {
            Some(_) => ["kernel"; 3],
            None => ["kernel depth", "kernel height", "kernel width"],
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
                    "前填充 {before}、后填充 {after}"
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

    /// A setting of every axis, `2` or `2×1`, unless all are as they are by `default`.
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
        name: &'static str,
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

/// The workings of an output's spatial sizes with what they are called: one for both axes of an image where they are alike.
pub fn name_sizes(workings: Vec<Working>) -> Vec<(&'static str, Working)> {
    let names: &[&str] = match workings.as_slice() {
        [_] => &["output length"],
        [height, width] if height == width => &["output height = width"],
        axes => last(axes.len(), &["output depth", "output height", "output width"]),
    };
    names.iter().copied().zip(workings).collect()
}

/// The positions of an output as one factor: `output height·width = 28²`.
pub fn positions(output: &Shape) -> Working {
    let names = ["output length", "output height·width", "output depth·height·width"];
    named_positions(names, output)
}

/// The positions of an input as one factor: `input height·width = 28²`.
pub fn input_positions(input: &Shape) -> Working {
    named_positions(["input length", "input height·width", "input depth·height·width"], input)
}

fn named_positions([line, area, volume]: [&'static str; 3], shape: &Shape) -> Working {
    let sizes = spatial_sizes(shape);
    let name = match sizes.len() {
        1 => line,
        2 => area,
        _ => volume,
    };
    Working::sizes(name, sizes)
}

/// The names of the last `axes` axes of three.
fn last<'a>(axes: usize, names: &'a [&'static str; 3]) -> &'a [&'static str] {
    &names[names.len().saturating_sub(axes)..]
}

/// Why `axis` has no output on `input` elements.
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

/// `Σ ⌊(step·i + start) / divisor⌋` for `i` from 0 to `count − 1`, by Euclid's algorithm.
pub fn floor_sum(count: u128, divisor: u128, step: u128, start: u128) -> Result<u128, Overflow> {
    let (mut n, mut m, mut a, mut b) = (count, divisor, step, start);
    let mut sum = 0u128;
    while n > 0 {
        let triangle =
            if n.is_multiple_of(2) { (n / 2).checked_mul(n - 1) } else { n.checked_mul((n - 1) / 2) };
        let whole = triangle
            .and_then(|triangle| triangle.checked_mul(a / m))
            .and_then(|steps| steps.checked_add(n.checked_mul(b / m)?));
        sum = whole.and_then(|whole| sum.checked_add(whole)).ok_or(Overflow)?;
        (a, b) = (a % m, b % m);
        let last = a.checked_mul(n).and_then(|top| top.checked_add(b)).ok_or(Overflow)?;
        // What is left is a sum of the same kind with the roles of the two lengths exchanged.
        (n, b) = (last / m, last % m);
        (m, a) = (a, m);
        if m == 0 {
            break;
        }
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every tap of every window, one by one: `(output, taps on the input, windows with such a tap)`.
    fn brute_force(axis: &Axis, input: u64) -> Option<(u64, u128, u64)> {
        let signed = |value: u64| i64::try_from(value).unwrap();
        let (input_end, padded_end) = (signed(input), signed(input + axis.after));
        let (mut windows, mut inside, mut inhabited) = (0, 0, 0);
        for index in 0.. {
            let start = signed(index * axis.stride) - signed(axis.before);
            let last = start + signed(axis.dilation * (axis.kernel - 1));
            let fits = if axis.ceil {
                start < input_end && last < padded_end + signed(axis.stride) - 1
            } else {
                last < padded_end
            };
            if !fits {
                break;
            }
            let taps = (0..axis.kernel).map(|tap| start + signed(tap * axis.dilation));
            let hits = taps.filter(|tap| (0..input_end).contains(tap)).count();
            windows += 1;
            inside += hits as u128;
            inhabited += u64::from(hits > 0);
        }
        (windows > 0).then_some((windows, inside, inhabited))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn windows_are_those_that_brute_force_finds(
            input in 1u64..12, kernel in 1u64..6, stride in 1u64..5, dilation in 1u64..5,
            before in 0u64..8, after in 0u64..8, ceil: bool,
        ) {
            // With `ceil_mode`, PyTorch allows a padding of at most half the kernel.
            let most = if ceil { kernel / 2 } else { u64::MAX };
            let axis = Axis { kernel, stride, dilation, before: before.min(most), after: after.min(most), ceil };
            match (axis.output(input), brute_force(&axis, input)) {
                (Some(output), Some((windows, inside, _))) => {
                    prop_assert_eq!(output, windows);
                    prop_assert_eq!(axis.taps_inside(input, output), Ok(inside));
                    prop_assert_eq!(axis.output_working(input, output).evaluate(), Ok(output.into()));
                }
                (found, expected) => prop_assert_eq!(found, expected.map(|(windows, ..)| windows)),
            }
        }

        /// PyTorch allows a pool a padding of at most half its kernel.
        #[test]
        fn windows_without_an_element_are_found(
            input in 1u64..6, kernel in 1u64..6, stride in 1u64..9, dilation in 1u64..8, ceil: bool, pad in 0u64..3,
        ) {
            let pad = pad.min(kernel / 2);
            let axis = Axis { kernel, stride, dilation, before: pad, after: pad, ceil };
            if let Some((windows, _, inhabited)) = brute_force(&axis, input) {
                prop_assert_eq!(axis.windows_inside(input, windows), inhabited);
            }
        }

        #[test]
        fn floor_sums_are_those_of_a_loop(n in 0u128..50, m in 1u128..50, a in 0u128..100, b in 0u128..100) {
            prop_assert_eq!(floor_sum(n, m, a, b), Ok((0..n).map(|i| (a * i + b) / m).sum()));
        }
    }

    #[test]
    fn sizes_of_any_magnitude_take_no_time() {
        let axis =
            Axis { kernel: 1 << 40, stride: 3, dilation: 5, before: 1 << 50, after: 1 << 50, ceil: false };
        let output = axis.output(LARGEST_SIZE).unwrap();
        assert!(axis.taps_inside(LARGEST_SIZE, output).unwrap() < u128::from(output) << 40);
    }

    #[test]
    fn the_lectures_convolution() {
        let axis = Axis { kernel: 5, stride: 1, dilation: 1, before: 2, after: 2, ceil: false };
        assert_eq!(axis.output(28), Some(28));
        assert_eq!(axis.taps_inside(28, 28), Ok(134));
        let working = axis.output_working(28, 28);
        let text = crate::working::Notation::Text;
        assert_eq!(working.formula(text), "⌊(in + 2 · padding − kernel)/stride⌋ + 1");
        assert_eq!(working.substitution(text), "⌊(28 + 2·2 − 5)/1⌋ + 1");
    }
}
