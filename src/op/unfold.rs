//! `unfold` and `fold`: the windows of an image as columns, and columns added up to an image again, as `torch.nn.Unfold` and
//! `torch.nn.Fold`, which others call im2col and col2im. To unfold computes nothing; to fold counts an addition for each number that
//! comes in, padding included.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::{Padding, PerAxis, Size, divides};
use super::window::{self, Axis, Window};
use super::{Class, Cost, Definition, Operator, Reach, Reason, Term, only, only_spatial, shape, size};
#[cfg(feature = "run")]
use super::{
    Reference, Workspace, tensors,
    workspace::{elements, product},
};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// The windows of an image as columns: for each channel and tap a row, for each position of the window a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "把图像的各窗口展开为列:每个通道和取样点一行,每个窗口位置一列(im2col)"))]
pub struct Unfold {
    /// Size of the window.
    #[schemars(extend("x-zh" = "窗口尺寸"))]
    pub kernel_size: PerAxis<Size, 2>,
    /// Steps from one window to the next.
    #[serde(default = "PerAxis::<Size, 2>::ones")]
    #[schemars(extend("x-zh" = "相邻窗口之间的步幅"))]
    pub stride: PerAxis<Size, 2>,
    /// Zeros added on the sides, as in `conv2d`.
    #[serde(default)]
    #[schemars(extend("x-zh" = "两侧填充的零,写法与 `conv2d` 相同"))]
    pub padding: Padding<2>,
    /// Positions from one tap of the window to the next.
    #[serde(default = "PerAxis::<Size, 2>::ones")]
    #[schemars(extend("x-zh" = "窗口内相邻取样点的间距(扩张率)"))]
    pub dilation: PerAxis<Size, 2>,
}

/// Columns added up to an image: each is a window of it, where windows lie upon each other they are summed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "把各列累加成图像:每一列是图像的一个窗口,重叠处相加(col2im)"))]
pub struct Fold {
    /// Height and width of the image.
    #[schemars(extend("x-zh" = "图像的高和宽"))]
    pub output_size: PerAxis<Size, 2>,
    /// Size of the window.
    #[schemars(extend("x-zh" = "窗口尺寸"))]
    pub kernel_size: PerAxis<Size, 2>,
    /// Steps from one window to the next.
    #[serde(default = "PerAxis::<Size, 2>::ones")]
    #[schemars(extend("x-zh" = "相邻窗口之间的步幅"))]
    pub stride: PerAxis<Size, 2>,
    /// What windows have beyond the sides of the image, which is left out; written as in `conv2d`.
    #[serde(default)]
    #[schemars(extend("x-zh" = "窗口超出图像两侧、被舍去的部分,写法与 `conv2d` 的填充相同"))]
    pub padding: Padding<2>,
    /// Positions from one tap of the window to the next.
    #[serde(default = "PerAxis::<Size, 2>::ones")]
    #[schemars(extend("x-zh" = "窗口内相邻取样点的间距(扩张率)"))]
    pub dilation: PerAxis<Size, 2>,
}

impl Definition for Unfold {
    const EXAMPLE: &'static str = r#"{ op = "unfold", kernel_size = 3, padding = 1 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[64, 28, 28]];
}

impl Definition for Fold {
    const EXAMPLE: &'static str = r#"{ op = "fold", output_size = 28, kernel_size = 2, stride = 2 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[256, 196]];
}

impl Operator for Unfold {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let image = only_spatial::<2>(inputs)?;
        self.padding.check(self.stride, divides)?;
        let window = self.over(window::spatial_sizes(image));
        let columns = window.output(window::spatial_sizes(image))?.into_iter().map(u128::from).product();
        shape(vec![rows(image.dims()[0], self.kernel_size)?, size(columns)?])
    }

    fn summary(&self, inputs: &[Shape], _output: &Shape) -> Option<Text> {
        let window = self.over(window::spatial_sizes(&inputs[0]));
        let extent = window.extent();
        let name = text!("{extent} windows as columns", "{extent:#} 窗口展开为列");
        Some(Text::phrase(&[vec![name], window.sliding()].concat()))
    }

    fn reach(&self, _inputs: &[Shape], _output: &Shape) -> Reach {
        Reach::Rearranged
    }

    fn class(&self) -> Class {
        Class::Rearrangement
    }
}

impl Operator for Fold {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only(inputs)?;
        self.padding.check(self.stride, divides)?;
        let sizes = self.output_size.0.map(Size::get);
        let columns: u128 = self.over(&sizes).output(&sizes)?.into_iter().map(u128::from).product();
        let taps = rows(1, self.kernel_size)?;
        match *input.dims() {
            [rows, found] if rows.is_multiple_of(taps) && u128::from(found) == columns => {
                shape([&[rows / taps], &sizes[..]].concat())
            }
            _ => Err(Reason::new(text!(
                "needs a multiple of {taps} rows, one for each tap, and {columns} columns, one for each window, and gets {input}",
                "需要 {taps}(每个取样点一行)的倍数行、{columns}(每个窗口一列)列,却得到 {input}"
            ))),
        }
    }

    fn cost(&self, inputs: &[Shape], _output: &Shape) -> Result<Cost, Overflow> {
        Ok(Cost { terms: vec![Term::ops(Kind::Add, Working::elements(Factor::InputElements, &inputs[0]))] })
    }

    fn summary(&self, _inputs: &[Shape], _output: &Shape) -> Option<Text> {
        let window = self.over(&self.output_size.0.map(Size::get));
        let extent = window.extent();
        let name = text!("columns added up to {extent} windows", "各列累加为 {extent:#} 窗口");
        Some(Text::phrase(&[vec![name], window.sliding()].concat()))
    }

    fn reach(&self, _inputs: &[Shape], _output: &Shape) -> Reach {
        Reach::Rearranged
    }

    fn class(&self) -> Class {
        Class::Rearrangement
    }
}

impl Unfold {
    fn over(&self, sizes: &[u64]) -> Window {
        over(sizes, [self.kernel_size, self.stride, self.dilation], &self.padding)
    }
}

impl Fold {
    fn over(&self, sizes: &[u64]) -> Window {
        over(sizes, [self.kernel_size, self.stride, self.dilation], &self.padding)
    }
}

/// How a window slides over these sizes.
fn over(sizes: &[u64], settings: [PerAxis<Size, 2>; 3], padding: &Padding<2>) -> Window {
    let axis = |(index, &size): (usize, &u64)| {
        let [kernel, stride, dilation] = settings.map(|setting| setting.0[index].get());
        padding.around(index, Axis { kernel, stride, dilation, before: 0, after: 0, ceil: false }, size)
    };
    Window { axes: sizes.iter().enumerate().map(axis).collect() }
}

/// A row for each channel and tap.
fn rows(channels: u64, kernel: PerAxis<Size, 2>) -> Result<u64, Reason> {
    let [height, width] = kernel.0.map(|size| u128::from(size.get()));
    // Sizes are at most 2^53: two of them fit, and so do three that are cut off above what fits.
    size((height * width).saturating_mul(channels.into()))
}

#[cfg(feature = "run")]
impl Reference for Unfold {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let (image, window) = (&inputs[0], self.over(&tensors::spatial_sizes(&inputs[0])));
        let counts = tensors::windows(image, &window)?;
        let ([down, across], [height, width]) = ([&window.axes[0], &window.axes[1]], [counts[0], counts[1]]);
        let padded = tensors::pad(&image.contiguous()?, &window, 0.0)?;
        let mut taps = vec![];
        for row in 0..down.kernel {
            let rows = tensors::along(&padded, 2, down, row, height)?;
            for column in 0..across.kernel {
                taps.push(tensors::along(&rows, 3, across, column, width)?.flatten_from(2)?);
            }
        }
        Tensor::stack(&taps, 2)?.flatten(1, 2)
    }

    /// The image with its padding, twice while it is padded; a row of windows; and what is seen by all taps.
    fn workspace(&self, inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
        let window = self.over(window::spatial_sizes(&inputs[0]));
        let padded = tensors::padded(inputs[0].dims(), &window);
        Workspace::of_sample(padded.most + 2 * padded.copy.max(elements(inputs[0].dims())))
            + Workspace::copies(1, &[], output)
    }
}

#[cfg(feature = "run")]
impl Reference for Fold {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let [height, width] = self.output_size.0.map(Size::get);
        let window = self.over(&[height, width]);
        let (Some(down), Some(across)) =
            (Landing::of(&window.axes[0], height)?, Landing::of(&window.axes[1], width)?)
        else {
            candle_core::bail!("no window fits into {height}×{width}")
        };
        let taps = down.kernel * across.kernel;
        let (batch, channels, columns) = (inputs[0].dim(0)?, inputs[0].dim(1)? / taps, inputs[0].dim(2)?);
        let by_tap = inputs[0].contiguous()?.reshape((batch, channels, taps, columns))?;
        let mut canvas =
            Tensor::zeros((batch, channels, down.room * across.room), by_tap.dtype(), by_tap.device())?;
        for tap in 0..taps {
            let (rows, columns) = (down.places(tap / across.kernel), across.places(tap % across.kernel));
            let places = rows
                .flat_map(|row| columns.clone().map(move |column| u32::try_from(row * across.room + column)));
            let places = places.collect::<Result<Vec<_>, _>>().map_err(candle_core::Error::wrap)?;
            let places = Tensor::new(places, by_tap.device())?;
            canvas = canvas.index_add(&places, &by_tap.narrow(2, tap, 1)?.squeeze(2)?.contiguous()?, 2)?;
        }
        let canvas = canvas.reshape((batch, channels, down.room, across.room))?;
        let image = canvas.narrow(2, down.before, down.size)?.narrow(3, across.before, across.size)?;
        image.contiguous()
    }

    /// The image with what is beside it, twice, and what is added for a tap.
    fn workspace(&self, inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
        let sizes = self.output_size.0.map(Size::get);
        let rooms = self.over(&sizes).axes.into_iter().zip(sizes).map(|(axis, size)| room(&axis, size));
        let canvas = product(rooms.chain([output.dims()[0].into()]));
        Workspace::of_sample(product([2, canvas]) + elements(inputs[0].dims()))
    }
}

/// How many positions windows reach over on an axis, padding and all.
#[cfg(feature = "run")]
fn room(axis: &Axis, size: u64) -> u128 {
    let last = u128::from(axis.output(size).unwrap_or(1) - 1) * u128::from(axis.stride);
    (last + axis.reach()).max(u128::from(axis.before) + u128::from(size))
}

/// Where what windows hold lands on an axis.
#[cfg(feature = "run")]
#[derive(Clone, Copy)]
struct Landing {
    kernel: usize,
    stride: usize,
    dilation: usize,
    windows: usize,
    before: usize,
    size: usize,
    room: usize,
}

#[cfg(feature = "run")]
impl Landing {
    fn of(axis: &Axis, size: u64) -> candle_core::Result<Option<Self>> {
        let Some(windows) = axis.output(size) else { return Ok(None) };
        let fitting = |number: u64| tensors::size_of(number);
        Ok(Some(Self {
            kernel: fitting(axis.kernel)?,
            stride: fitting(axis.stride)?,
            dilation: fitting(axis.dilation)?,
            windows: fitting(windows)?,
            before: fitting(axis.before)?,
            size: fitting(size)?,
            room: usize::try_from(room(axis, size)).map_err(candle_core::Error::wrap)?,
        }))
    }

    /// Where a tap of each window lands.
    fn places(self, tap: usize) -> impl Iterator<Item = usize> + Clone {
        (0..self.windows).map(move |window| window * self.stride + tap * self.dilation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Ops;
    use crate::op::settings::of_toml;
    use crate::op::shapes;

    #[test]
    fn there_and_back() {
        let unfold: Unfold = of_toml("kernel_size = 3\npadding = 1\nstride = 2");
        let columns = unfold.output(&shapes(&[&[64, 28, 28]])).unwrap();
        assert_eq!(columns.dims(), [64 * 9, 14 * 14]);
        let fold: Fold = of_toml("output_size = 28\nkernel_size = 3\npadding = 1\nstride = 2");
        let image = fold.output(std::slice::from_ref(&columns)).unwrap();
        assert_eq!(image.dims(), [64, 28, 28]);
        let ops = fold.cost(&[columns], &image).unwrap().work().unwrap().0.ops;
        assert_eq!(ops, Ops::of(Kind::Add, 64 * 9 * 14 * 14));
        let reason = fold.output(&shapes(&[&[64 * 9, 195]])).unwrap_err().to_string();
        assert!(
            reason.starts_with("needs a multiple of 9 rows, one for each tap, and 196 columns"),
            "{reason}"
        );
    }
}
