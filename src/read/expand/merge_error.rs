//! Why branches cannot be merged, told over the file: how each branch ends, and which layer made it so.

use std::ops::Range;

use crate::error::{Code, Diagnostic};
use crate::graph::{Graph, NodeId};
use crate::op::{Class, Op, Reason, window::Axis};
use crate::read::description::{Branch, Branches};
use crate::text;
use crate::text::Text;

/// A branch that was expanded.
pub(super) struct Way<'a> {
    pub(super) branch: &'a Branch,
    pub(super) end: NodeId,
    pub(super) nodes: Range<u32>,
}

/// The mistake, drawn at the branches.
pub(super) fn explain(
    graph: &Graph,
    path: &str,
    branches: &Branches,
    ways: &[Way<'_>],
    reason: Reason,
) -> Diagnostic {
    let Reason { message, help, .. } = reason;
    let shapes: Vec<_> = ways.iter().map(|way| &graph.node(way.end).shape).collect();
    let spatial: Vec<_> = shapes.iter().map(|shape| shape.dims().get(1..).unwrap_or_default()).collect();
    let (what_en, what_zh) = match &*branches.merge.text {
        "concat" => ("concatenated", "拼接"),
        "add" => ("added", "相加"),
        _ => ("multiplied", "相乘"),
    };
    // Where sizes of 1 are repeated, sizes may differ, and the reason says which do not.
    let is_stretched = &*branches.merge.text == "mul"
        || branches.settings.iter().any(|setting| &*setting.name.text == "broadcast");
    let (english, chinese) = if !is_stretched && spatial.iter().any(|sizes| *sizes != spatial[0]) {
        ("heights and widths differ".to_owned(), "高和宽不同".to_owned())
    } else {
        (message.english, message.chinese)
    };
    let message = text!(
        "branches of `{path}` cannot be {what_en}: {english}",
        "`{path}` 的分支不能{what_zh}:{chinese}"
    );
    // So many tell what is wrong, and are shown.
    let ways = &ways[..ways.len().min(WAYS)];
    let shrinking = ways.iter().find_map(|way| Some((way, shrunk(graph, way)?)));
    let culprit = shrinking.as_ref().map_or_else(
        || odd_one_out(&spatial[..ways.len()]),
        |(way, _)| ways.iter().position(|other| std::ptr::eq(other, *way)).unwrap_or(0),
    );
    let label = |index: usize| {
        let shape = shapes[index];
        match shrinking.as_ref().filter(|_| index == culprit) {
            Some((_, Shrunk { why, .. })) => {
                let (english, chinese) = (&why.english, &why.chinese);
                text!("ends as {shape}: {english}", "结果为 {shape}:{chinese}")
            }
            None => text!("ends as {shape}", "结果为 {shape}"),
        }
    };
    let mut diagnostic =
        Diagnostic::new(Code::Branches, message, ways[culprit].branch.span.clone()).label(label(culprit));
    for (index, way) in ways.iter().enumerate().filter(|&(index, _)| index != culprit) {
        diagnostic = diagnostic.also(way.branch.span.clone(), label(index));
    }
    let pooled = || ways.iter().find_map(|way| pooled(graph, way, &spatial));
    diagnostic.help(shrinking.map(|(_, shrunk)| shrunk.remedy).or_else(pooled).or(help))
}

/// The most branches that are looked at.
const WAYS: usize = 100;

struct Shrunk {
    why: Text,
    remedy: Text,
}

/// The first layer of a branch whose window shrinks its input though it moves by single steps: a forgotten padding.
fn shrunk(graph: &Graph, way: &Way<'_>) -> Option<Shrunk> {
    let ids = graph.nodes().map(|(id, _)| id).skip(way.nodes.start as usize).take(way.nodes.len());
    for id in ids {
        let node = graph.node(id);
        let input = graph.inputs(id).next().map(|input| &graph.node(input).shape);
        let Some((op, input)) = node.operator().zip(input) else { continue };
        let Some(window) = op.window(input) else { continue };
        let [Axis { kernel, stride: 1, before, dilation, .. }, other] = window.axes[..] else { continue };
        let reach = dilation * (kernel - 1);
        if window.axes[0] != other || before * 2 >= reach || reach % 2 != 0 {
            continue;
        }
        let [[_, from_h, from_w], [_, to_h, to_w]] = [input.image()?, node.shape.image()?];
        let (name, padding) = (op.name(), reach / 2);
        let (with_en, with_zh) = if before == 0 {
            ("without padding".to_owned(), "不加填充的".to_owned())
        } else {
            (format!("with padding {before}"), format!("填充为 {before} 的"))
        };
        return Some(Shrunk {
            why: text!(
                "a {kernel}×{kernel} {name} {with_en} shrinks {from_h}×{from_w} to {to_h}×{to_w}",
                "{with_zh} {kernel}×{kernel} {name} 把 {from_h}×{from_w} 缩成 {to_h}×{to_w}"
            ),
            remedy: text!(
                "add `padding = {padding}` to keep {from_h}×{from_w}",
                "加上 `padding = {padding}` 以保持 {from_h}×{from_w}"
            ),
        });
    }
    None
}

/// The remedy for a pool that moves by its own size, as it does unless `stride` is set, where other branches keep its input's.
fn pooled(graph: &Graph, way: &Way<'_>, spatial: &[&[u64]]) -> Option<Text> {
    let ids = graph.nodes().map(|(id, _)| id).skip(way.nodes.start as usize).take(way.nodes.len());
    for id in ids {
        let node = graph.node(id);
        let input = graph.inputs(id).next().map(|input| &graph.node(input).shape);
        let Some((op, input)) = node.operator().zip(input) else { continue };
        if op.class() != Class::Pooling || matches!(op, Op::GlobalAvgPool(_)) {
            continue;
        }
        let Some(window) = op.window(input) else { continue };
        let [axis @ Axis { kernel, stride, before, .. }, ref others @ ..] = window.axes[..] else { continue };
        let is_own =
            stride == kernel && kernel > 1 && kernel % 2 == 1 && others.iter().all(|other| *other == axis);
        let keeps = spatial.iter().any(|sizes| Some(*sizes) == input.dims().get(1..));
        if !is_own || !keeps {
            continue;
        }
        let (name, reach) = (op.name(), kernel / 2);
        let settings = match before {
            padding if padding == reach => "stride = 1".to_owned(),
            _ => format!("stride = 1, padding = {reach}"),
        };
        return Some(text!(
            "`{name}` moves by its own size, {kernel}, unless `stride` is set: add `{settings}` to keep the size",
            "未设 `stride` 时,`{name}` 按自身大小 {kernel} 移动:加上 `{settings}` 以保持尺寸"
        ));
    }
    None
}

/// The first branch whose sizes are not those of most.
fn odd_one_out(spatial: &[&[u64]]) -> usize {
    let alike = |sizes: &[u64]| spatial.iter().filter(|other| **other == sizes).count();
    (0..spatial.len()).min_by_key(|&index| (alike(spatial[index]), spatial.len() - index)).unwrap_or(0)
}
