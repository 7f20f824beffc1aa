//! What fails with sizes of the input that the command line gives in place of those in the file: where the file relies on its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::description::{DatumKind, Description, Input};
use super::expand;
use super::expression::Value;
use crate::error::{Code, Diagnostic};
use crate::graph::Graph;
use crate::text;
use crate::text::Text;

/// The mistakes that come of the input `sizes`, with what the file's own are where those give none.
pub(super) fn explained(
    description: &Description,
    params: &[(Arc<str>, Value)],
    sizes: &[u64],
    mistakes: Vec<Diagnostic>,
) -> Vec<Diagnostic> {
    let ([input], true) =
        (&description.inputs[..], mistakes.iter().any(|mistake| !mistake.places.is_empty()))
    else {
        return mistakes;
    };
    let expanded = expand::expand(description, params, None, &[]);
    let Some(own) = own_sizes(&expanded.graph).filter(|_| expanded.mistakes.is_empty()) else {
        return mistakes;
    };
    if let Some(mistake) = other_rank(sizes, &own) {
        return vec![mistake];
    }
    let (given, own) = (shown(sizes), shown(&own));
    let label = text!(
        "the file is written for its own {own}, and `--input` gives {given}",
        "文件按自己的 {own} 编写,而 `--input` 给出 {given}"
    );
    let set = settable(input, sizes);
    let explain = |mistake: Diagnostic| {
        let help = match &set {
            Some(set) => {
                text!("the file computes with them: add `{set}`", "文件中还用这些值计算:请加上 `{set}`")
            }
            None => of_a_number(&mistake),
        };
        Diagnostic { help: Some(help), ..mistake.also(input.sizes.span.clone(), label.clone()) }
    };
    mistakes.into_iter().map(explain).collect()
}

/// The sizes of the only input.
fn own_sizes(graph: &Graph) -> Option<Vec<u64>> {
    graph.network_inputs().next().map(|(_, node)| node.shape.dims().to_vec())
}

/// A channel left out, or a batch put in front.
fn other_rank(sizes: &[u64], own: &[u64]) -> Option<Diagnostic> {
    let (count, wanted) = (sizes.len(), own.len());
    let meant = match count.checked_sub(wanted) {
        Some(0) => return None,
        Some(1) => written(&sizes[1..]),
        Some(_) => written(own),
        // A single size is that of a square.
        None if count == 1 && wanted == 3 => written(&[own[0], sizes[0], sizes[0]]),
        None => written(&[&own[..wanted - count], sizes].concat()),
    };
    let (given, own) = (shown(sizes), shown(own));
    let s = if count == 1 { "" } else { "s" };
    let message = text!(
        "`--input` gives {given}, which is {count} size{s}, and the network takes {wanted}: {own}",
        "`--input` 给出 {count} 个尺寸 {given},而网络需要 {wanted} 个:{own}"
    );
    let help = if count > wanted {
        text!(
            "leave out the batch, which is `--batch`: `--input {meant}`",
            "请去掉批次维(用 `--batch` 设定):`--input {meant}`"
        )
    } else {
        text!("channels come first: `--input {meant}`", "通道在最前:`--input {meant}`")
    };
    Some(Diagnostic::nowhere(Code::Inputs, message).help(help))
}

/// The parameters that stand for sizes in the file, set to those that are given: `--set high=600 --set wide=1000`.
fn settable(input: &Input, sizes: &[u64]) -> Option<String> {
    let DatumKind::List(list) = &input.sizes.kind else { return None };
    let mut set: BTreeMap<&str, u64> = BTreeMap::new();
    for (datum, &size) in list.iter().zip(sizes) {
        let Some(name) = datum.word() else { continue };
        let is_name = name.chars().all(|c| c.is_alphanumeric() || c == '_');
        if !is_name || set.insert(name, size).is_some_and(|other| other != size) {
            return None;
        }
    }
    let set = set.into_iter().map(|(name, size)| format!("--set {name}={size}")).collect::<Vec<_>>();
    (!set.is_empty()).then(|| set.join(" "))
}

/// What to do about a mistake at a number that belongs to the file's own sizes.
fn of_a_number(mistake: &Diagnostic) -> Text {
    let also = mistake.help.as_ref().map_or((String::new(), String::new()), |help| {
        (format!("; or else {}", help.english), format!(";或者{}", help.chinese))
    });
    let (english, chinese) = also;
    text!(
        "numbers here that follow from the input are better expressions of what comes in, as `h`, `w` and `in`{english}",
        "此处由输入决定的数宜写成输入的表达式,例如 `h`、`w`、`in`{chinese}"
    )
}

fn shown(sizes: &[u64]) -> String {
    sizes.iter().map(u64::to_string).collect::<Vec<_>>().join("×")
}

/// As `--input` takes them.
fn written(sizes: &[u64]) -> String {
    sizes.iter().map(u64::to_string).collect::<Vec<_>>().join("x")
}
