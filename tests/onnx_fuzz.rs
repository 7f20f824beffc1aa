//! Every small ONNX file with something changed in it becomes a network or is refused: nothing panics, takes long or takes
//! much. A thousand cases, the same each time; for as long as `FUZZ_SECONDS` says, from a seed `FUZZ_SEED`, with
//! `cargo test --test onnx_fuzz -- --ignored --nocapture`.
#![expect(clippy::print_stdout, reason = "what is found is for whoever looks for it")]

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use changed::{Random, changed};
use peak_alloc::PeakAlloc;

#[path = "../fuzz/bodies.rs"]
#[allow(dead_code, reason = "the other targets have tests of their own")]
mod bodies;
#[path = "common/onnx_changed.rs"]
mod changed;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// What a case may take beside its file.
const MOST_MEMORY: usize = 200_000_000;

/// A case takes a few milliseconds, and a loop that is written out as far as it may be some seconds, if not optimized.
const PATIENCE: Duration = Duration::from_secs(60);

/// The largest file that is changed.
const LARGEST: u64 = 100_000;

fn seeds() -> Vec<Vec<u8>> {
    let folders = ["ops", "odd", "reference"]
        .map(|name| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/onnx").join(name));
    let mut files: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|file| {
        file.extension().is_some_and(|ending| ending == "onnx") && file.metadata().unwrap().len() < LARGEST
    });
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// What is wrong with how a file is answered, if something is.
fn wrong(bytes: &[u8]) -> Option<String> {
    ALLOCATOR.reset_peak_usage();
    let (before, start) = (ALLOCATOR.current_usage(), Instant::now());
    let ended = catch_unwind(|| bodies::onnx(bytes));
    let (took, memory) = (start.elapsed(), ALLOCATOR.peak_usage().saturating_sub(before));
    if ended.is_err() {
        return Some("it panics".to_owned());
    }
    (took > PATIENCE || memory > MOST_MEMORY).then(|| format!("{took:?}, {memory} bytes"))
}

#[test]
fn changed_files_are_answered() {
    let (seeds, mut random) = (seeds(), Random(0x9e37_79b9_7f4a_7c15));
    assert!(seeds.len() > 500, "only {}", seeds.len());
    for _ in 0..1_000 {
        let seed = &seeds[random.below(seeds.len())];
        let bytes = changed(seed, &mut random).unwrap();
        if let Some(why) = wrong(&bytes) {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            panic!("{why}: {hex}");
        }
    }
}

#[test]
#[ignore = "as long as it is let"]
fn changed_files_are_answered_for_long() {
    let number = |name: &str, otherwise: u64| {
        std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(otherwise)
    };
    let end = Instant::now() + Duration::from_secs(number("FUZZ_SECONDS", 60));
    let (seeds, mut random) = (seeds(), Random(number("FUZZ_SEED", 1)));
    let (mut cases, mut found) = (0u64, 0);
    while Instant::now() < end {
        let bytes = changed(&seeds[random.below(seeds.len())], &mut random).unwrap();
        cases += 1;
        if let Some(why) = wrong(&bytes) {
            found += 1;
            let file =
                std::env::temp_dir().join(format!("onnx_fuzz_{}_{cases}.onnx", number("FUZZ_SEED", 1)));
            fs::write(&file, &bytes).unwrap();
            println!("{}: {why}", file.display());
        }
    }
    println!("{cases} cases, {found} found");
    assert_eq!(found, 0);
}
