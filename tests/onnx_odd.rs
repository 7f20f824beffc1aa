//! ONNX files that contradict themselves, leave something open, or do what is allowed and seldom done: see `onnx/odd.py`.

use std::path::Path;

use cnncost::analyze;
use cnncost::analyze::Status;
use cnncost::error::ReadError;
use cnncost::read::onnx::{Onnx, Sizes};
use cnncost::text::Language;

/// How many must become what they should.
const LEAST: usize = 38;

/// What becomes of a file.
enum Fate {
    /// It is refused, and what is said has these words in it.
    Refused(&'static [&'static str]),
    /// It has so many multiply–accumulates, is complete or partial, and so many warnings are given.
    Counted(u128, Status, usize),
}

use Fate::{Counted, Refused};
use Status::{Complete, Partial};

/// Names and sizes, as `--dim` takes them.
type Dims = &'static [(&'static str, u64)];

/// Name, `--dim`, and what becomes of it.
const FILES: [(&str, Dims, Fate); 38] = [
    ("batch_fixed_inside", &[("N", 1)], Counted(0, Complete, 0)),
    ("batch_fixed_inside", &[("N", 2)], Refused(&["/net/Reshape_3", "16", "32", "`N` to 1"])),
    // It was written for 3 of them.
    ("batch_fixed_and_rest", &[("N", 3)], Counted(0, Complete, 0)),
    ("batch_fixed_and_rest", &[], Refused(&["/net/Reshape_3", "`N` to 3"])),
    ("input_twice", &[], Refused(&["`x`"])),
    ("weight_twice", &[], Refused(&["`w`"])),
    ("weight_and_output", &[], Refused(&["/net/Relu", "`w`"])),
    ("too_many_inputs", &[], Refused(&["/net/Relu", "takes 1 inputs, and 2"])),
    ("too_few_inputs", &[], Refused(&["/net/conv/Conv", "takes 2 to 3 inputs, and 1"])),
    ("rows_and_columns", &[], Refused(&["/net/MatMul", "rows of 5", "columns of 2"])),
    ("norm_of_others", &[], Refused(&["/net/bn/BatchNormalization", "5", "3"])),
    ("gemm_of_others", &[], Refused(&["/net/fc/Gemm", "10×191", "10×192"])),
    ("version_old", &[], Counted(6 * 6 * 4 * 3 * 3 * 3, Complete, 1)),
    ("version_new", &[], Counted(6 * 6 * 4 * 3 * 3 * 3, Complete, 1)),
    ("shape_cast_and_gone", &[], Refused(&["/net/Reshape", "gone.bin", "`s`"])),
    ("size_left_open", &[], Refused(&["height"])),
    ("size_left_open", &[("height", 8)], Counted(6 * 6 * 4 * 3 * 3 * 3, Complete, 0)),
    ("size_left_open", &[("height", 8), ("width", 8)], Refused(&["width", "height"])),
    ("size_without_name", &[], Refused(&["x.2"])),
    ("size_without_name", &[("x.2", 8)], Counted(6 * 6 * 4 * 3 * 3 * 3, Complete, 0)),
    ("channels_differ", &[], Refused(&["/net/conv/Conv", "3", "5"])),
    ("kernel_larger_than_image", &[], Refused(&["/net/conv/Conv", "9", "8"])),
    ("weight_of_another_kernel", &[], Refused(&["/net/conv/Conv", "5", "3"])),
    ("nothing_makes_it", &[], Refused(&["/net/Add", "`z`"])),
    ("order_reversed", &[], Refused(&["/net/second", "`a`"])),
    ("output_made_twice", &[], Refused(&["`y`"])),
    ("output_never_made", &[], Refused(&["`y`"])),
    ("sizes_do_not_fit", &[], Refused(&["/net/fc/MatMul", "4", "5"])),
    ("axis_out_of_range", &[], Refused(&["/net/Softmax", "4"])),
    ("group_does_not_divide", &[], Refused(&["/net/conv/Conv", "2", "3"])),
    ("no_inputs_taken", &[], Refused(&["/net/Relu"])),
    ("shape_elsewhere", &[], Counted(0, Complete, 0)),
    // Sizes depend on it; on a weight none do.
    ("shape_elsewhere_and_gone", &[], Refused(&["gone.bin", "`s`"])),
    ("weight_elsewhere_and_gone", &[], Counted(6 * 6 * 4 * 3 * 3 * 3, Complete, 0)),
    ("channels_last", &[], Counted(6 * 6 * 4 * 3 * 3 * 3, Complete, 0)),
    // What is inferred wins, with a warning for the inner one and for the output.
    ("hints_are_wrong", &[], Counted(6 * 6 * 4 * 3 * 3 * 3, Complete, 2)),
    ("operator_unknown", &[], Counted(6 * 6 * 4 * 3 * 3 * 3, Partial, 1)),
    // Its version is not known, nor is the operator.
    ("operator_from_the_future", &[], Counted(0, Partial, 2)),
];

fn becomes(name: &str, dims: Dims, fate: &Fate) -> Result<(), String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/onnx/odd/{name}.onnx"));
    let sizes =
        Sizes { dims: dims.iter().map(|&(name, size)| (name.to_owned(), size)).collect(), input: None };
    let said = |error: ReadError| error.render(Language::English, false, 200);
    match (Onnx::open(&path, name).and_then(|onnx| onnx.expand(&sizes)).map_err(said), fate) {
        (Err(said), Refused(words)) => {
            let missing: Vec<_> = words.iter().filter(|word| !said.contains(**word)).collect();
            if missing.is_empty() { Ok(()) } else { Err(format!("{missing:?} is not said: {said}")) }
        }
        (Ok(_), Refused(_)) => Err("it is read".to_owned()),
        (Err(said), Counted(..)) => Err(said),
        (Ok(network), &Counted(macs, status, warnings)) => {
            let analysis = analyze(&network.graph).unwrap();
            let found = (analysis.total().work.macs.total(), analysis.status(), network.warnings.len());
            if found == (macs, status, warnings) {
                Ok(())
            } else {
                Err(format!("{found:?} {:?}", network.warnings))
            }
        }
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the list is for whoever asks for it")]
fn odd_files_are_refused_with_the_place_or_counted() {
    let failed = FILES.iter().filter_map(|(name, dims, fate)| {
        let why = becomes(name, dims, fate).err()?;
        Some(format!("  {name} {dims:?}: {why}"))
    });
    let failed: Vec<_> = failed.collect();
    let (passed, all) = (FILES.len() - failed.len(), FILES.len());
    println!("passed {passed} of {all}\n{}", failed.join("\n"));
    assert!(passed >= LEAST, "{passed} of {all} become what they should, at least {LEAST} should");
}
