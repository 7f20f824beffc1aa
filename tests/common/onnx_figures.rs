//! What is known of an ONNX file beforehand, and how it is held against what is counted.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use cnncost::analyze;
use cnncost::analyze::Status;
use cnncost::graph::NodeId;
use cnncost::read::onnx::{Onnx, Sizes};
use cnncost::text::Language;

/// The figures of a file.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    /// What it is called in what is printed.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// The numbers that its symbols stand for.
    pub dims: Vec<(String, u64)>,
    /// Samples of a pass; those of the file itself are one.
    pub batch: u64,
    /// Its parameters; a range where that depends on how what is not known is read.
    pub params: RangeInclusive<u128>,
    /// Multiply–accumulates, likewise.
    pub macs: RangeInclusive<u128>,
    /// Those of convolutions, of linear layers, and of products of two activations, where they are known.
    pub kinds: [Option<u128>; 3],
    /// Whether everything in it can be counted.
    pub status: Status,
}

impl Figures {
    /// What is found in place of these, if it is something else, or why nothing is.
    pub(crate) fn differ(&self) -> Result<(), String> {
        let counted = catch_unwind(AssertUnwindSafe(|| self.found()));
        counted.unwrap_or_else(|_| Err("a panic".to_owned()))
    }

    fn found(&self) -> Result<(), String> {
        let sizes = Sizes { dims: self.dims.clone(), input: None };
        let opened = Onnx::open(&self.path, &self.name);
        let network = opened.and_then(|onnx| onnx.expand(&sizes)).map_err(|error| {
            let text = error.render(Language::English, false, 400);
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        })?;
        let analysis = analyze(&network.graph).map_err(|error| error.to_string())?;
        let analysis = analysis.at(self.batch).map_err(|error| error.to_string())?;
        let (total, status) = (analysis.total(), analysis.status());
        let (macs, params) = (total.work.macs, total.params.total());
        let mut wrong = vec![];
        let mut hold = |what: &str, found: u128, expected: &RangeInclusive<u128>| {
            if !expected.contains(&found) {
                wrong.push(format!("{what} {found} instead of {}", shown(expected)));
            }
        };
        hold("params", params, &self.params);
        hold("MACs", macs.total(), &self.macs);
        let kinds = [macs.convolution, macs.linear, macs.attention];
        for ((what, found), expected) in
            ["convolution", "linear", "attention"].iter().zip(kinds).zip(self.kinds)
        {
            if let Some(expected) = expected {
                hold(what, found, &(expected..=expected));
            }
        }
        if status != self.status {
            let node = |&id: &NodeId| {
                format!("{} ({})", network.graph.path(id), network.graph.node(id).operator_name())
            };
            let left_out: Vec<_> = analysis.uncounted().iter().take(3).map(node).collect();
            wrong.push(format!(
                "{} instead of {}: {}",
                status.name(),
                self.status.name(),
                left_out.join(", ")
            ));
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join(", ")) }
    }
}

fn shown(range: &RangeInclusive<u128>) -> String {
    match (range.start(), range.end()) {
        (start, end) if start == end => start.to_string(),
        (start, end) => format!("{start} to {end}"),
    }
}

/// Prints how many of the files have their figures, and what is found in the others; at least `least` must have them.
#[expect(clippy::print_stdout, reason = "the list is for whoever asks for it")]
pub(crate) fn hold(files: &[Figures], least: usize) {
    let found = files.iter().map(|file| (file, file.differ()));
    let failed: Vec<_> = found.filter_map(|(file, found)| Some((file, found.err()?))).collect();
    let (passed, all) = (files.len() - failed.len(), files.len());
    println!("passed {passed} of {all}");
    for (file, why) in failed {
        println!("  {}: {why}", file.name);
    }
    assert!(passed >= least, "{passed} of {all} files have their figures, at least {least} should");
}

/// The folder with figures of many exported networks, in a folder above; they are too large to be part of this.
pub(crate) fn reference() -> Option<PathBuf> {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(1);
    above.map(|folder| folder.join("shared/reference")).find(|folder| folder.is_dir())
}
