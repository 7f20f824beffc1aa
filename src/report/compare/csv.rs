//! The comparison as plain figures.

use super::Compared;
use super::lines::{Line, layers};
use super::totals::traffic;
use crate::counts::Counts;
use crate::text::Language;

/// A line for each layer that differs; of several batches, a line for each network at each of them.
pub fn write(compared: &Compared) -> String {
    let records = if compared.batches.is_empty() { differences(compared) } else { batches(compared) };
    crate::report::csv::records(records)
}

fn differences(compared: &Compared) -> Vec<Vec<String>> {
    let heads = [
        "network",
        "change",
        "layer",
        "is",
        "was",
        "macs",
        "macs_before",
        "params",
        "params_before",
        "flops",
        "flops_before",
    ];
    let mut records = vec![heads.map(str::to_owned).to_vec()];
    for (index, comparison) in compared.pairs() {
        let subjects = [compared.subjects[0], compared.subjects[index]];
        let record = |line: &Line| {
            let what = |side: usize| line.what[side].as_ref().map_or(String::new(), |what| what.long.clone());
            let figures: [fn(&Counts) -> u128; 3] = [
                |counts| counts.work.macs.total(),
                |counts| counts.params.total(),
                |counts| counts.work.ops.flops(),
            ];
            let figures = figures.map(|figure| line.counts.each_ref().map(figure));
            let figures = figures.into_iter().flat_map(|[old, new]| [new.to_string(), old.to_string()]);
            let words = [
                compared.names[index].clone(),
                line.mark.name().to_owned(),
                line.path.clone(),
                what(1),
                what(0),
            ];
            words.into_iter().chain(figures).collect()
        };
        records.extend(layers(subjects, comparison, Language::English).iter().map(record));
    }
    records
}

fn batches(compared: &Compared) -> Vec<Vec<String>> {
    let heads =
        ["batch", "network", "macs", "flops", "traffic_bytes", "weight_bytes", "peak_bytes", "intensity"];
    let lines = compared.batches.iter().flat_map(|networks| {
        networks.iter().zip(&compared.names).map(|(subject, name)| {
            let total = subject.analysis.total();
            vec![
                subject.batch().to_string(),
                name.clone(),
                total.work.macs.total().to_string(),
                total.work.ops.flops().to_string(),
                traffic(subject).to_string(),
                subject.weight_bytes().to_string(),
                subject.peak_bytes().to_string(),
                subject.intensity(total).map_or(String::new(), |ratio| ratio.to_string()),
            ]
        })
    });
    std::iter::once(heads.map(str::to_owned).to_vec()).chain(lines).collect()
}
