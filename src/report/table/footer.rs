//! What stands below the table: the totals in words, and what the table does not show.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::super::figures::{bytes, seconds, short};
use super::super::{Style, Subject, like, wrap::wrapped};
use super::{NAME, shortened};
use crate::analyze::Status;
use crate::analyze::roofline::{Device, Roofline};
use crate::text;
use crate::text::Text;
use crate::working::grouped;

/// The totals in words, and what is not in the table.
pub(super) fn footer(subject: &Subject, folded: Option<usize>, style: Style) -> String {
    let language = style.language;
    let total = subject.analysis.total();
    let mut lines = vec![(text!("parameters", "参数量"), total.params.total(), parameters(subject))];
    if total.params.buffers > 0 {
        let remark = text!("stored beside the parameters, not trained", "与参数一同保存,不参与训练");
        lines.push((text!("buffers", "缓冲区"), total.params.buffers, remark));
    }
    if let Some(counted) = &subject.like {
        // Counted as another tool does, there is one figure, its own; none where that is not known.
        lines.extend(counted.total().map(|total| {
            let name = &counted.convention.name;
            (text!("{name}", "{name}"), total, like::remark(counted, total))
        }));
    } else {
        let (macs, flops) = (total.work.macs.total(), total.work.ops.flops());
        lines.push((text!("MACs", "乘加数"), macs, multiplications(subject)));
        lines.push((text!("FLOPs", "FLOPs"), flops, operations(macs, flops)));
    }
    lines.push((text!("peak bytes", "峰值字节"), subject.peak_bytes(), peak(subject, style)));
    let label_width = lines.iter().map(|line| line.0.get(language).width()).max().unwrap_or(0);
    let figure_width = lines.iter().map(|line| grouped(line.1, ",").len()).max().unwrap_or(0);
    let mut text = String::new();
    for (label, figure, remark) in lines {
        let (label, figure) = (label.get(language), grouped(figure, ","));
        let pad = label_width - label.width();
        let _ = writeln!(text, " {label}{:pad$}  {figure:>figure_width$}  {}", "", remark.get(language));
    }
    if let Some(counted) = &subject.like {
        for note in like::notes(subject, counted) {
            text.push_str(&wrapped(note.get(language), style.width));
        }
    }
    if let Some(roofline) = &subject.roofline {
        let _ = writeln!(text, " {}", estimate(subject, roofline).get(language));
        let _ = writeln!(text, " {}", fit(subject, &roofline.device).get(language));
    }
    let _ = writeln!(text, " {}", status(subject).get(language));
    if let Some(depth) = folded {
        let note = text!(
            "boxes are folded at depth {depth}; `--depth all` opens every one",
            "第 {depth} 层以下的模块已折叠;`--depth all` 全部展开"
        );
        let _ = writeln!(text, " {}", note.get(language));
    }
    text
}

fn parameters(subject: &Subject) -> Text {
    let (bytes, element) = (bytes(subject.weight_bytes()), subject.element.name());
    let params = subject.analysis.total().params;
    let with = if params.buffers > 0 { (" with the buffers", "(含缓冲区)") } else { ("", "") };
    let frozen = grouped(params.frozen, ",");
    let frozen = if params.frozen > 0 {
        (format!(", {frozen} frozen"), format!(",其中冻结 {frozen}"))
    } else {
        Default::default()
    };
    let ((with_en, with_zh), (frozen_en, frozen_zh)) = (with, frozen);
    text!("{bytes} in {element}{with_en}{frozen_en}", "以 {element} 存储占 {bytes}{with_zh}{frozen_zh}")
}

fn multiplications(subject: &Subject) -> Text {
    let total = subject.analysis.total();
    let (macs, exact) = (total.work.macs.total(), total.padding_exact.macs.total());
    let (short, exact_text) = (short(macs), grouped(exact, ","));
    if macs == exact {
        return text!("{short}", "{short}");
    }
    text!("{short}; {exact_text} without those on padding", "{short};不计填充为 {exact_text}")
}

fn operations(macs: u128, flops: u128) -> Text {
    let (short, others) = (short(flops), grouped(flops.saturating_sub(2 * macs), ","));
    text!("{short}: 2 for each MAC, and {others} others", "{short}:每次乘加计 2,另有 {others} 次其他运算")
}

fn peak(subject: &Subject, style: Style) -> Text {
    let (alive, all) = (bytes(subject.peak_bytes()), bytes(subject.peak_bytes() + subject.weight_bytes()));
    let graph = &subject.network.graph;
    let at = subject.analysis.memory.peak_at(graph).map_or(String::new(), |id| graph.path(id));
    // The rest of the line, with a figure of 13 digits.
    let at = shortened(&at, style.width.saturating_sub(63).max(NAME));
    text!("{alive} at `{at}`; {all} with weights", "{alive},在 `{at}`;连同权重 {all}")
}

fn estimate(subject: &Subject, roofline: &Roofline) -> Text {
    let (name, total, element) = (&roofline.device.name, roofline.total(), subject.element.name());
    let time = seconds(total.seconds());
    let share = if total.seconds() > 0.0 { 100.0 * total.memory_seconds / total.seconds() } else { 0.0 };
    text!(
        "estimated on {name} in {element}: {time} at best, {share:.0} % of it bound by memory",
        "在 {name} 上以 {element} 估计:至少 {time},其中 {share:.0} % 受内存带宽限制"
    )
}

fn fit(subject: &Subject, device: &Device) -> Text {
    let (weights, peak) = (subject.weight_bytes(), subject.peak_bytes());
    let memory = bytes(device.memory_bytes.into());
    let (needed_en, needed_zh, room) = match device.weight_memory_bytes {
        None => {
            let all = bytes(weights + peak);
            (all.clone(), format!(" {all}"), memory)
        }
        Some(weight_memory) => {
            let (weights, peak, flash) = (bytes(weights), bytes(peak), bytes(weight_memory.into()));
            let needed =
                (format!("{weights} of weights and {peak}"), format!("权重 {weights} 与张量 {peak}"));
            (needed.0, needed.1, format!("{flash} + {memory}"))
        }
    };
    if device.holds(weights, peak) {
        text!("fits: {needed_en} of {room}", "可容纳:{room} 中占{needed_zh}")
    } else {
        text!("does not fit: needs {needed_en}, has {room}", "无法容纳:需要{needed_zh},只有 {room}")
    }
}

fn status(subject: &Subject) -> Text {
    let uncounted = subject.analysis.uncounted();
    let graph = &subject.network.graph;
    match subject.analysis.status() {
        Status::Complete => text!("complete: every operator is counted", "完整:所有算子均已计数"),
        Status::Partial => {
            let count = uncounted.len();
            let shown: Vec<_> = uncounted
                .iter()
                .take(3)
                .map(|&id| format!("`{}` ({})", graph.path(id), graph.node(id).operator_name()))
                .collect();
            let (list, more) = (shown.join(", "), if count > shown.len() { ", …" } else { "" });
            text!("partial: {count} not counted: {list}{more}", "不完整:有 {count} 个未计数:{list}{more}")
        }
    }
}
