//! What stands below the table: the totals in words, and what the table does not show.

use super::super::figures::{bytes, short};
use super::super::sheet::{Cell, Role, Sheet};
use super::super::terminal::list;
use super::super::wrap::wrapped;
use super::super::{Style, Subject, convention, deployed, fit};
use crate::counts::Volume;
use crate::graph::ScopeId;
use crate::text;
use crate::text::Text;
use crate::working::grouped;

/// The totals in words, what is not in the table, and what is to be said of its columns.
pub(super) fn footer(
    subject: &Subject,
    folded: Option<usize>,
    of_columns: impl Iterator<Item = Text>,
    style: Style,
) -> String {
    let lines = totals(subject)
        .into_iter()
        .map(|(label, figure, remark)| [Cell::Said(label), Cell::Count(figure), Cell::Said(remark)]);
    let totals = Sheet::list([Role::Text, Role::Figure, Role::Sentence], lines.collect());
    let mut notes = notes(subject);
    notes.extend(folded.map(|depth| {
        text!(
            "boxes are folded at depth {depth}; `--depth all` opens every one",
            "第 {depth} 层以下的模块已折叠;`--depth all` 全部展开"
        )
    }));
    notes.extend(of_columns);
    list(&totals, 1, style)
        + &notes.iter().map(|note| wrapped(note.get(style.language), style.width)).collect::<String>()
}

/// The totals: what each is, how much, and a remark on it.
pub(in crate::report) fn totals(subject: &Subject) -> Vec<(Text, u128, Text)> {
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
            (text!("{name}", "{name}"), total, convention::remark(counted, total))
        }));
    } else {
        let (macs, flops) = (total.work.macs.total(), total.work.ops.flops());
        lines.push((text!("MACs", "乘加数"), macs, multiplications(subject)));
        lines.push((text!("FLOPs", "FLOPs"), flops, operations(macs, flops)));
    }
    lines.push((text!("peak bytes", "峰值字节"), subject.peak_bytes(), peak(subject)));
    lines
}

/// What is to be said of a network beside its totals; whether everything is counted, last.
pub(in crate::report) fn notes(subject: &Subject) -> Vec<Text> {
    let mut notes = match &subject.like {
        Some(counted) => convention::notes(subject, counted),
        None => vec![],
    };
    notes.extend(deployed::note(subject));
    if let Some(roofline) = &subject.roofline {
        notes.extend([deployed::estimate(subject, roofline), fit::in_words(&subject.fit(&roofline.device))]);
        notes.extend(deployed::fits(subject, roofline));
    }
    notes.extend(inside(subject).into_iter().chain(sight(subject)));
    notes.push(status(subject));
    notes
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

fn peak(subject: &Subject) -> Text {
    let (alive, all) = (bytes(subject.peak_bytes()), bytes(subject.peak_bytes() + subject.weight_bytes()));
    let graph = subject.graph();
    let at =
        subject.analysis.memory.peak_at(graph, subject.element).map_or(String::new(), |id| graph.path(id));
    text!("{alive} at `{at}`; {all} with weights", "{alive},在 `{at}`;连同权重 {all}")
}

/// How much of the peak is no tensor that one layer makes for another.
pub(in crate::report) fn inside(subject: &Subject) -> Option<Text> {
    let (graph, memory) = (subject.graph(), &subject.analysis.memory);
    let at = memory.peak_at(graph, subject.element).filter(|&at| memory.inside(at) != Volume::default())?;
    let (path, held) = (graph.path(at), bytes(subject.bytes(memory.inside(at))));
    Some(text!(
        "{held} of the peak are inside `{path}`: what stands between its own steps",
        "峰值中有 {held} 在 `{path}` 内部:其各步之间保留的数据"
    ))
}

/// What the words in the column of receptive fields mean, if it is shown and has them.
fn sight(subject: &Subject) -> Vec<Text> {
    let (graph, Some(fields)) = (subject.graph(), subject.fields.get()) else { return vec![] };
    let of_all = || graph.nodes().map(|(id, _)| fields.of(id));
    let everything = of_all().find_map(|field| field.everything).map(|id| {
        let path = graph.path(id);
        text!(
            "all: sees the whole input, from `{path}` on; the size is what is seen through windows",
            "all:自 `{path}` 起可看到整个输入;所列尺寸是经由各窗口所见的范围"
        )
    });
    let misaligned = of_all().any(|field| field.misaligned).then(|| {
        text!(
            "misaligned: paths that meet there, or before, see parts of the input with other strides or other centers",
            "misaligned:在该处或之前汇合的各路径,所见范围的步幅或中心不一致"
        )
    });
    [everything, misaligned].into_iter().flatten().collect()
}

fn status(subject: &Subject) -> Text {
    match subject.uncounted(ScopeId::ROOT) {
        None => text!("complete: every operator is counted", "完整:所有算子均已计数"),
        Some(uncounted) => text!("partial: {uncounted}", "不完整:{uncounted:#}"),
    }
}
