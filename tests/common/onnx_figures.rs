//! What is known of an ONNX file beforehand, and how it is held against what is counted.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use cnncost::analyze;
use cnncost::analyze::Status;
use cnncost::op::Op;
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
    fn differ(&self) -> Result<(), Difference> {
        let counted = catch_unwind(AssertUnwindSafe(|| self.found()));
        counted.unwrap_or_else(|_| Err(Difference { what: "a panic".to_owned(), left_out: BTreeSet::new() }))
    }

    fn found(&self) -> Result<(), Difference> {
        let sizes = Sizes { dims: self.dims.clone(), input: None };
        let opened = Onnx::open(&self.path, &self.name);
        let network = opened.and_then(|onnx| onnx.expand(&sizes)).map_err(|error| {
            let text = error.render(Language::English, false, 400);
            let what = text.split_whitespace().collect::<Vec<_>>().join(" ");
            Difference { what, left_out: BTreeSet::new() }
        })?;
        let analysis = analyze(&network.graph).unwrap().at(self.batch).unwrap();
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
        let mut left_out = BTreeSet::new();
        if status != self.status {
            let uncounted = || analysis.uncounted().iter().map(|&id| (id, network.graph.node(id)));
            let paths: Vec<_> = uncounted().take(3).map(|(id, _)| network.graph.path(id)).collect();
            wrong.push(format!("{} instead of {}: {}", status.name(), self.status.name(), paths.join(", ")));
            left_out.extend(uncounted().map(|(_, node)| match node.operator() {
                Some(Op::Opaque(opaque)) => opaque.called().to_owned(),
                _ => node.operator_name().to_owned(),
            }));
        }
        if wrong.is_empty() { Ok(()) } else { Err(Difference { what: wrong.join(", "), left_out }) }
    }
}

/// In what a file differs from its figures.
struct Difference {
    what: String,
    /// The operators that are not counted.
    left_out: BTreeSet<String>,
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
    let mut left_out: BTreeMap<&str, usize> = BTreeMap::new();
    for operator in failed.iter().flat_map(|(_, difference)| &difference.left_out) {
        *left_out.entry(operator).or_default() += 1;
    }
    println!("passed {passed} of {all}; files in which an operator is left out: {left_out:?}");
    for (file, difference) in &failed {
        println!("  {}: {}", file.name, difference.what);
    }
    assert!(passed >= least, "{passed} of {all} files have their figures, at least {least} should");
}

/// The folder with figures of many exported networks, in a folder above; they are too large to be part of this.
pub(crate) fn reference() -> Option<PathBuf> {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(1);
    above.map(|folder| folder.join("shared/reference")).find(|folder| folder.is_dir())
}
