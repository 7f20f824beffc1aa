//! What an element sees of the input: through windows, and whether everything beside.

use super::{Measure, Missing, Sizes};
use crate::analyze::receptive_field::{ReceptiveField, Seen};
use crate::graph::{NodeId, Place, ScopeId};
use crate::read::expression::Rational;
use crate::subject::Subject;
use crate::text;

/// The positions that an element of what comes out there sees, and the step to the next: `427×427 /32, all`. Of positions where
/// everything is seen there are more than of any window.
pub(super) fn positions(subject: &Subject, place: Place) -> Result<Measure, Missing> {
    const EVERYTHING: u128 = 1 << 127;
    let field = of(subject, place);
    let remarks: Vec<_> = [field.everything.map(|_| "all"), field.misaligned.then_some("misaligned")]
        .into_iter()
        .flatten()
        .collect();
    if field.axes.is_empty() && remarks.is_empty() {
        return Err(untold(subject));
    }
    let windows = field.axes.iter().fold(1u128, |size, seen| size.saturating_mul(seen.size));
    let size = if field.everything.is_some() { windows.saturating_add(EVERYTHING) } else { windows };
    let each = field.axes.iter().map(|seen| Rational::from(seen.size.cast_signed())).collect();
    Ok(Measure::Sizes(Sizes { text: windows_of(field), remarks, size, each }))
}

/// The positions of the input from one element to the next.
pub(super) fn stride(subject: &Subject, place: Place) -> Result<Measure, Missing> {
    let field = of(subject, place);
    if field.axes.is_empty() {
        return Err(untold(subject));
    }
    let each: Vec<Rational> =
        field.axes.iter().map(|seen| Rational::new(seen.stride.0, seen.stride.1)).collect();
    let sizes = each.iter().map(|step| step.ceil().to_integer().unsigned_abs());
    let size = sizes.fold(1u128, u128::saturating_mul);
    let text = steps(field);
    Ok(Measure::Sizes(Sizes { text, size, each, ..Sizes::default() }))
}

/// 1 where an element sees the whole input, 0 where not.
pub(super) fn sees_all(subject: &Subject, place: Place) -> Result<Measure, Missing> {
    let field = of(subject, place);
    match field.everything {
        None if field.axes.is_empty() => Err(untold(subject)),
        since => Ok(Measure::Count(since.is_some().into())),
    }
}

fn of(subject: &Subject, place: Place) -> &ReceptiveField {
    subject.fields().of(output(subject, place))
}

/// The node whose tensor comes out of a place.
pub fn output(subject: &Subject, place: Place) -> NodeId {
    let graph = subject.graph();
    match place {
        Place::Node(id) => id,
        Place::Box(ScopeId::ROOT) => graph.main_output(),
        // Boxes without nodes have no path that could be found: they are left out of the graph.
        Place::Box(id) => graph.leaving(id).last().copied().unwrap_or_else(|| graph.main_output()),
    }
}

/// What is said where it is not followed what elements see.
pub fn untold(subject: &Subject) -> Missing {
    if subject.graph().network_inputs().all(|(_, node)| node.shape.rank() < 2) {
        return Missing::Nothing(text!(
            "what is seen is told along the axes behind the channels, and the input has none",
            "感受野沿通道之后的各轴计算,而输入没有这样的轴"
        ));
    }
    Missing::Untold(text!(
        "its receptive field is not known: windows that slide over rearranged positions are not followed, nor paths of \
         different strides that meet; `sees_all` may yet say whether the whole input is seen",
        "其感受野未知:在重排后的位置上滑动的窗口、以及不同步幅路径的汇合都不再追踪;`sees_all` 或可说明是否看到整个输入"
    ))
}

/// `427×427 /32`: the receptive field through windows, and its stride where that is not 1; empty where it is not known.
fn windows_of(field: &ReceptiveField) -> String {
    let sizes: Vec<_> = field.axes.iter().map(|seen| seen.size.to_string()).collect();
    if sizes.is_empty() {
        return String::new();
    }
    let (size, stride) = (sizes.join("×"), steps(field));
    if stride == "1" { size } else { format!("{size} /{stride}") }
}

fn step(seen: &Seen) -> String {
    match seen.stride {
        (step, 1) => step.to_string(),
        (step, parts) => format!("({step}/{parts})"),
    }
}

/// From one element to the next along each axis, once if they are alike: `2`, `2×1`.
fn steps(field: &ReceptiveField) -> String {
    let steps: Vec<_> = field.axes.iter().map(step).collect();
    match steps.first() {
        Some(first) if steps.iter().all(|step| step == first) => first.clone(),
        Some(_) | None => steps.join("×"),
    }
}
