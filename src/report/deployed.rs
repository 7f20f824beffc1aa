//! How it is said that a network is counted as it is deployed, and what a device takes of that.

use super::figures::seconds;
use super::{Subject, fit};
use crate::analyze::roofline::{Estimate, Roofline};
use crate::graph::Graph;
use crate::plan::Plan;
use crate::subject::AtBest;
use crate::text;
use crate::text::{Text, printable};
use crate::working::grouped;

/// In a few words, for a heading.
pub(super) fn short() -> Text {
    text!("as deployed", "按部署方式")
}

/// Behind other words of a heading; nothing where it is the graph that is counted.
pub(super) fn behind(subject: &Subject) -> Text {
    let words = short();
    match subject.plan {
        Some(_) => text!(" · {words}", " · {words:#}"),
        None => text!("", ""),
    }
}

/// What it means for one network; nothing where it is the graph that is counted.
pub(super) fn note(subject: &Subject) -> Option<Text> {
    let meaning = meaning();
    let steps = steps(subject.graph(), subject.plan.as_ref()?);
    Some(text!("{meaning}; {steps}", "{meaning:#};{steps:#}"))
}

/// What it means.
pub(super) fn meaning() -> Text {
    text!(
        "as deployed: norms folded, activations and additions fused, in place where that can be",
        "按部署方式:归一化已折叠,激活与相加已融合,可原地者原地执行"
    )
}

/// How many layers are executed in how many steps.
pub(super) fn steps(graph: &Graph, plan: &Plan) -> Text {
    let layers = graph.nodes().filter(|(_, node)| node.operator().is_some()).count();
    let [layer, step] =
        [(layers, "layer"), (plan.steps.len(), "step")].map(|(count, word)| plural(count, word));
    let [layers, steps] = [layers, plan.steps.len()].map(|count| grouped(count as u128, ","));
    text!("{layers} {layer} in {steps} {step}", "{layers} 层分为 {steps} 步")
}

/// A word as it is said of so many.
pub(super) fn plural(count: usize, word: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{word}{ending}")
}

/// What a device takes at best, which is as the network is deployed, beside what it takes layer by layer where that is counted.
pub(super) fn estimate(subject: &Subject, roofline: &Roofline) -> Text {
    let (name, element) = (printable(&roofline.device.name), subject.element.name());
    let total = roofline.total();
    let best = subject.at_best.as_ref().map_or(total, |at_best| at_best.estimate);
    let (time, share) = (seconds(best.seconds()), share_of_memory(best));
    // Where nothing is fused, both are one.
    if best == total {
        return text!(
            "estimated on {name} in {element}: {time} at best, {share:.0} % of it bound by memory",
            "在 {name} 上以 {element} 估计:至少 {time},其中 {share:.0} % 受内存带宽限制"
        );
    }
    let by_layers = seconds(total.seconds());
    text!(
        "estimated on {name} in {element}: {time} at best as deployed, {share:.0} % of it bound by memory; {by_layers} layer by layer",
        "在 {name} 上以 {element} 估计:按部署方式至少 {time},其中 {share:.0} % 受内存带宽限制;逐层执行为 {by_layers}"
    )
}

/// How many hundredths of a time are bound by memory.
fn share_of_memory(time: Estimate) -> f64 {
    if time.seconds() > 0.0 { 100.0 * time.memory_seconds / time.seconds() } else { 0.0 }
}

/// That a device holds it as it is deployed, where it does not hold what is counted.
pub(super) fn fits(subject: &Subject, roofline: &Roofline) -> Option<Text> {
    let AtBest { fit: deployed, .. } = subject.at_best.as_ref()?;
    let helps = deployed.holds() && !subject.fit(&roofline.device).holds();
    let words = fit::in_words(deployed);
    helps.then(|| text!("as deployed it {words}; see `--deployed`", "按部署方式{words:#};见 `--deployed`"))
}
