//! Pictures sampled where others point.

use crate::op::grid_sample::{GridSample, Mode, Outside};
use crate::op::roi_align::RoiAlign;
use crate::op::settings::PerAxis;
use crate::op::{Copies, Op};
use crate::read::onnx::call::{Call, size_of};
use crate::read::onnx::import::Importer;
use crate::read::onnx::value::{Mapped, Refusal, Value};
use crate::text;

/// `GridSample`, of each picture at the places of its grid.
pub(super) fn grid_sample(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let (pictures, grid) = (import.tensor(call, 0)?, import.tensor(call, 1)?);
    let mode = match call.node.text("mode").unwrap_or("bilinear") {
        "bilinear" | "linear" => Mode::Bilinear,
        "nearest" => Mode::Nearest,
        other => return Err(unsupported("mode", other)),
    };
    let padding_mode = match call.node.text("padding_mode").unwrap_or("zeros") {
        "zeros" => Outside::Zeros,
        "border" => Outside::Border,
        "reflection" => Outside::Reflection,
        other => return Err(unsupported("padding_mode", other)),
    };
    let op = GridSample { mode, padding_mode, align_corners: call.int_or("align_corners", 0) != 0 };
    let ([batch, channels, ..], [count, positions @ .., _]) = (&pictures.dims[..], &grid.dims[..]) else {
        return Err(Refusal::Wrong(text!("its input is no picture", "输入不是图像")));
    };
    if batch != count {
        return Err(Refusal::Wrong(text!(
            "there are {count} grids for {batch} pictures",
            "{batch} 幅图像有 {count} 个网格"
        )));
    }
    let dims = [&[*batch, *channels], positions].concat();
    let op: Op = if *batch == 1 { op.into() } else { Copies::of(vec![*batch], op)? };
    import.one(op, &[&pictures, &grid], vec![], &dims, pictures.kind)
}

/// `RoiAlign`, of one picture: which one each rectangle is in, is known then.
pub(super) fn roi_align(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let (picture, boxes) = (import.tensor(call, 0)?, import.tensor(call, 1)?);
    if call.node.text("mode").unwrap_or("avg") != "avg" {
        return Err(unsupported("mode", "max"));
    }
    let ratio = call.int_or("sampling_ratio", 0);
    if ratio == 0 {
        return Err(Refusal::Unsupported(text!(
            "the data decide at how many places it samples",
            "采样点数由数据决定"
        )));
    }
    let ([1, channels, _, _], [count, _]) = (&picture.dims[..], &boxes.dims[..]) else {
        return Err(Refusal::Unsupported(text!("it takes several pictures", "它取自多幅图像")));
    };
    let [height, width] = ["output_height", "output_width"].map(|name| size_of(call.int_or(name, 1)));
    let (height, width) = (height?, width?);
    let otherwise = if call.opset < 16 { "output_half_pixel" } else { "half_pixel" };
    let way = call.node.text("coordinate_transformation_mode").unwrap_or(otherwise);
    let op = RoiAlign {
        output_size: PerAxis([height, width]),
        spatial_scale: call.float_or("spatial_scale", 1.0),
        sampling_ratio: size_of(ratio)?,
        aligned: way == "half_pixel",
    };
    let dims = [*count, *channels, height.get(), width.get()];
    let boxes = import.full(&boxes)?;
    import.one(op, &[&picture, &boxes], vec![], &dims, picture.kind)
}

fn unsupported(setting: &'static str, value: &str) -> Refusal {
    let value = value.to_owned();
    Refusal::Unsupported(text!("`{setting}` is `{value}`", "`{setting}` 的值为 `{value}`"))
}
