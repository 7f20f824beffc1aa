//! Layers as they were measured, under the roof that was measured with them: just now, or as a file says.

use std::collections::HashMap;

use super::Roofline;
use crate::analyze::roofline::{Device, Peaks};
use crate::graph::NodeId;
use crate::read::measured::{Layer, Measured, Measurements};
use crate::report::Subject;
use crate::text;
use crate::text::{Text, printable};

impl Roofline {
    /// Every layer as it was measured.
    ///
    /// # Errors
    /// If it is not this network that was measured layer by layer.
    pub fn measured(subject: &Subject, measurements: &Measurements) -> Result<Self, Text> {
        let (measured, seconds) = case(subject, measurements)?;
        Ok(Self::of_case(subject, measurements, measured, &seconds))
    }

    fn of_case(
        subject: &Subject,
        measurements: &Measurements,
        measured: &Measured,
        seconds: &HashMap<NodeId, f64>,
    ) -> Self {
        let peak = measurements.peak(measured);
        let device = Device {
            bandwidth: peak.bytes_per_second,
            peaks: Peaks {
                f32: Some(peak.flops_per_second),
                f16: Some(peak.flops_per_second),
                bf16: Some(peak.flops_per_second),
                i8: Some(peak.flops_per_second),
            },
            ..Device::default()
        };
        let of = |id| seconds.get(&id).copied();
        Self::timed(subject, device, &machine(&measurements.device, measured.threads), of)
    }

    /// Every layer of a case that was measured just now; `None` if its layers were not.
    #[cfg(feature = "run")]
    pub fn benched(
        bench: &crate::bench::Bench,
        case: &crate::bench::Case,
        subjects: &[Subject],
    ) -> Option<Self> {
        use crate::graph::Place;
        let (subject, profile) = (&subjects[case.subject], case.profile.as_ref()?);
        let executed = bench.executed(subject);
        let best = bench.roofline(case, subject, &executed);
        let taken = |id| profile.layer(Place::Node(id), &executed, &best, bench.element);
        let seconds = |id| Some(taken(id)?.seconds);
        Some(Self::timed(subject, bench.peak(case).device(), &machine(&bench.device, case.threads), seconds))
    }
}

/// What each node took as it was measured, by its index.
///
/// # Errors
/// If it is not this network that was measured layer by layer.
pub fn taken(subject: &Subject, measurements: &Measurements) -> Result<Vec<f64>, Text> {
    let (_, seconds) = case(subject, measurements)?;
    Ok(subject.graph().nodes().map(|(id, _)| seconds.get(&id).copied().unwrap_or(0.0)).collect())
}

/// The case of this network, and what its nodes took.
fn case<'m>(
    subject: &Subject,
    measurements: &'m Measurements,
) -> Result<(&'m Measured, HashMap<NodeId, f64>), Text> {
    let (batch, element) = (subject.batch(), subject.element.name());
    if measurements.dtype != element {
        let dtype = printable(&measurements.dtype);
        return Err(text!(
            "it was measured in {dtype}, and the network is in {element}: add `--dtype {dtype}`",
            "测量使用 {dtype},而网络为 {element}:请加 `--dtype {dtype}`"
        ));
    }
    let mut why = None;
    for measured in &measurements.results {
        match times(subject, measured) {
            Ok(seconds) => return Ok((measured, seconds)),
            // What is wrong with one of this batch tells more.
            Err(other) if why.is_none() || measured.batch == batch => why = Some(other),
            Err(_) => {}
        }
    }
    Err(why.unwrap_or_else(|| text!("nothing was measured in it", "其中没有测量结果")))
}

/// What was measured on: `cpu with 4 threads`.
fn machine(device: &str, threads: Option<usize>) -> Text {
    let device = printable(device);
    match threads {
        Some(1) => text!("{device} with 1 thread", "{device}(1 个线程)"),
        Some(threads) => text!("{device} with {threads} threads", "{device}({threads} 个线程)"),
        None => text!("{device}", "{device} "),
    }
}

/// What each node took, if it is this network that was measured.
fn times(subject: &Subject, measured: &Measured) -> Result<HashMap<NodeId, f64>, Text> {
    let (graph, network) = (subject.graph(), printable(&measured.network));
    let (batch, now) = (measured.batch, subject.batch());
    if batch != now {
        return Err(text!(
            "`{network}` was measured at batch {batch}, and this is batch {now}: add `--batch {batch}`",
            "`{network}` 测量时批量大小为 {batch},这里为 {now}:请加 `--batch {batch}`"
        ));
    }
    let Some(layers) = &measured.layers else {
        return Err(text!(
            "the layers of `{network}` were not measured: measure with `cnncost bench --profile`",
            "`{network}` 的各层没有测量:请用 `cnncost bench --profile` 测量"
        ));
    };
    let known: HashMap<&str, &Layer> = layers.iter().map(|layer| (&*layer.path, layer)).collect();
    let mut found = HashMap::new();
    for (id, node) in graph.nodes() {
        let Some(counts) = subject.analysis.node(id).filter(|_| node.operator().is_some()) else { continue };
        let path = graph.path(id);
        match known.get(&*path) {
            Some(layer) if layer.macs == counts.work.macs.total() && layer.op == node.operator_name() => {
                found.insert(id, layer.seconds);
            }
            Some(_) => {
                return Err(text!(
                    "it is of another network: `{path}` of `{network}` is another layer there",
                    "它测量的是另一个网络:`{network}` 的 `{path}` 是另一层"
                ));
            }
            None => {
                return Err(text!(
                    "it is of another network: `{network}` has no `{path}` there",
                    "它测量的是另一个网络:其中 `{network}` 没有 `{path}`"
                ));
            }
        }
    }
    if found.len() == known.len() {
        return Ok(found);
    }
    Err(text!(
        "it is of another network: `{network}` has other layers there",
        "它测量的是另一个网络:其中 `{network}` 的层不同"
    ))
}
