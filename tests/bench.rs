//! What `bench` reports, of scripted samples; and the program itself on a tiny network, whose times nobody looks at.
//!
//! `UPDATE_GOLDEN=1 cargo test --test bench` writes the files under tests/bench/ anew: look at what changes.

use std::path::Path;
use std::time::Duration;

use assert_cmd::Command;
use cnncost::bench::baseline::Baseline;
use cnncost::bench::compare::{Difference, Verdict};
use cnncost::bench::machine::Cache;
use cnncost::bench::{self, Bench, Case, Caveat, Effort, Machine, MeasuredPeak, Profile, Samples};
use cnncost::graph::Content;
use cnncost::read::{Description, Options, bundled};
use cnncost::report::Style;
use cnncost::report::bench::{self as report, Choice, json};
use cnncost::shape::ElementType;
use cnncost::subject::Subject;
use cnncost::text::Language;
use serde_json::Value;

use benching::cnncost;

#[path = "common/benching.rs"]
mod benching;

fn subject(name: &str, batch: u64) -> Subject {
    let (file, variant) = bundled::find(name).unwrap();
    let description = Description::parse(file.name, file.text).unwrap();
    let network = description.expand(&Options { variant: variant.clone(), ..Options::default() }).unwrap();
    Subject {
        label: name.to_owned(),
        title: name.to_owned(),
        source: format!("{}.toml", file.name),
        variant,
        sha256: "0".repeat(64).into(),
        ..Subject::of(network, batch).unwrap()
    }
}

/// The JSON of a measurement.
fn written(bench: &Bench, subjects: &[Subject], choice: &Choice) -> String {
    let mut text = vec![];
    json::write(bench, subjects, choice, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

fn machine() -> Machine {
    let cache = |level, kind: &str, bytes| Cache { level, kind: kind.to_owned(), bytes };
    Machine {
        cpu: Some("A Processor".to_owned()),
        cores: 4,
        logical: 8,
        caches: vec![cache(1, "Data", 32 << 10), cache(3, "Unified", 32 << 20)],
        instruction_sets: vec!["fma".to_owned(), "avx2".to_owned()],
        memory_bytes: Some(16 << 30),
        system: "linux x86_64".to_owned(),
        gpu: None,
        load: Some(0.1),
        is_optimized: true,
    }
}

fn peak(threads: usize) -> MeasuredPeak {
    #[expect(clippy::cast_precision_loss, reason = "threads are few")]
    let times = threads as f64;
    MeasuredPeak {
        threads: Some(threads),
        flops_per_second: 60e9 * times,
        product_size: 1024,
        bytes_per_second: 10e9 * times.sqrt(),
        copied_bytes: 128 << 20,
    }
}

/// Forty samples about a median, in an order without a pattern.
fn samples(median: f64, spread: f64) -> Samples {
    let seconds = (0..40).map(|i| median * (1.0 + spread * (f64::from(i * 37 % 41) / 40.0 - 0.5))).collect();
    Samples { warmup: 4, passes: 1, seconds }
}

/// Each node takes a microsecond, and as long as its arithmetic at so many FLOPs a second.
fn profile(subject: &Subject, rate: f64) -> Profile {
    let graph = &subject.network.graph;
    let pass = graph.nodes().map(|(id, node)| {
        #[expect(clippy::cast_precision_loss, reason = "a script")]
        let flops = subject.analysis.node(id).unwrap().work.ops.flops() as f64;
        if node.content == Content::Input { 0.5 } else { 1e-6 + flops / rate }
    });
    let pass: Vec<f64> = pass.collect();
    Profile::of(graph, &cnncost::run::Engine::Candle.events(graph), &[pass.clone(), pass.clone(), pass])
}

fn case(subject: usize, threads: usize, samples: Samples, profile: Option<Profile>) -> Case {
    bench::case(subject, Some(threads), samples, profile, Effort::default())
}

fn measured(cases: Vec<Case>) -> Bench {
    Bench {
        machine: machine(),
        device: "cpu".to_owned(),
        engine: cnncost::run::Engine::Candle,
        element: ElementType::F32,
        effort: Effort::default(),
        peaks: vec![peak(1), peak(2)],
        cases,
        caveats: vec![],
    }
}

/// The lecture's pair on one thread and two, at two batches, one of them noisy.
fn lecture() -> (Bench, Vec<Subject>) {
    let subjects =
        vec![subject("direct", 1), subject("bottleneck", 1), subject("direct", 8), subject("bottleneck", 8)];
    let noisy = Samples { seconds: samples(0.9e-3, 0.8).seconds, ..samples(1.0, 0.0) };
    let cases = vec![
        case(0, 1, samples(5.2e-3, 0.02), None),
        case(0, 2, samples(3.1e-3, 0.02), None),
        case(1, 1, samples(1.2e-3, 0.03), None),
        case(1, 2, noisy, None),
        case(2, 1, samples(40e-3, 0.02), None),
        case(2, 2, samples(24e-3, 0.02), None),
        case(3, 1, samples(9.6e-3, 0.02), None),
        case(3, 2, samples(24.1e-3, 0.05), None),
    ];
    let mut measured = measured(cases);
    measured.caveats = vec![Caveat::OtherLoad { load: 1.5, cores: 4 }, Caveat::Unoptimized];
    (measured, subjects)
}

fn profiled() -> (Bench, Vec<Subject>) {
    let subjects = vec![subject("inception", 1)];
    let profile = profile(&subjects[0], 20e9);
    (measured(vec![case(0, 2, samples(2.5e-3, 0.02), Some(profile))]), subjects)
}

fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(text == golden, "{name} differs:\n{text}");
}

fn style(language: Language, width: usize) -> Style {
    Style { language, width, color: false }
}

#[test]
fn reports_are_as_they_were() {
    let none = Choice::default();
    let (english, chinese) = (Language::English, Language::Chinese);
    let (bench, subjects) = lecture();
    golden("lecture.txt", &report::text(&bench, &subjects, &none, style(english, 80)));
    golden("lecture.wide.txt", &report::text(&bench, &subjects, &none, style(english, 200)));
    golden("lecture.zh.txt", &report::text(&bench, &subjects, &none, style(chinese, 100)));
    golden("lecture.md", &report::markdown(&bench, &subjects, &none, english));
    golden("lecture.csv", &report::csv(&bench, &subjects, &none));
    let (bench, subjects) = profiled();
    golden("inception.txt", &report::text(&bench, &subjects, &none, style(english, 80)));
    golden("inception.wide.txt", &report::text(&bench, &subjects, &none, style(english, 200)));
    let sorted = Choice { sort: report::column("time_share").into_iter().collect(), ..Choice::default() };
    golden("inception.sorted.zh.txt", &report::text(&bench, &subjects, &sorted, style(chinese, 100)));
    golden("inception.csv", &report::csv(&bench, &subjects, &none));
    golden("inception.json", &written(&bench, &subjects, &none));
}

/// Lines fit the terminal, or have nothing to give.
#[test]
fn lines_fit_the_terminal() {
    // Of a terminal too narrow for any table, or wider than any line, they are as they can be.
    for width in (0..12).chain([65_570, usize::MAX]) {
        for (bench, subjects) in [lecture(), profiled()] {
            let text = report::text(&bench, &subjects, &Choice::default(), style(Language::English, width));
            assert!(text.len() < 100_000, "{width}");
        }
    }
    for width in [80, 100, 200] {
        let (bench, subjects) = profiled();
        let text = report::text(&bench, &subjects, &Choice::default(), style(Language::English, width));
        for line in text.lines().filter(|line| line.contains('█') || line.starts_with('─')) {
            assert!(line.chars().count() <= width, "{line}");
        }
        // Sentences in Chinese have hardly any spaces to break lines at.
        let text = report::text(&bench, &subjects, &Choice::default(), style(Language::Chinese, width));
        for line in text.lines() {
            let columns: usize = line.chars().map(|letter| if letter >= '\u{2e80}' { 2 } else { 1 }).sum();
            assert!(columns <= width, "{line}");
        }
    }
}

/// What JSON says of nodes adds up to what it says of them together, and no figure is beside the schema.
#[test]
fn json_is_as_its_schema_has_it() {
    let schema = serde_json::to_value(json::schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (bench, subjects) in [lecture(), profiled()] {
        let json: Value = serde_json::from_str(&written(&bench, &subjects, &Choice::default())).unwrap();
        let errors: Vec<_> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        let profile = &json["results"][0]["profile"];
        if let Some(nodes) = profile["nodes"].as_array() {
            let sum = |key: &str| nodes.iter().map(|node| node[key].as_f64().unwrap()).sum::<f64>();
            assert!((sum("seconds") - profile["seconds"].as_f64().unwrap()).abs() < 1e-12);
            assert!((sum("time_share") - 1.0).abs() < 1e-9);
        }
    }
}

/// A measurement's own JSON is a baseline: of itself, it is no different.
#[test]
fn a_baseline_says_faster_slower_or_neither() {
    let (now, subjects) = lecture();
    let text = written(&now, &subjects, &Choice::default());
    let verdicts = |text: &str| {
        let mut now = now.clone();
        let differences = Baseline::parse("b.json", text).unwrap().compare(&mut now, &subjects);
        let verdicts: Vec<_> =
            differences.iter().map(|d| d.map(|Difference { verdict, .. }| verdict)).collect();
        let choice = Choice { differences: Some(differences), ..Choice::default() };
        let shown = report::text(&now, &subjects, &choice, style(Language::English, 100));
        (verdicts, now, shown, report::is_slower(&choice))
    };
    let (same, _, shown, is_slower) = verdicts(&text);
    assert_eq!(same, vec![Some(Verdict::NoDifference); 8]);
    assert!(!is_slower);
    assert!(
        shown.contains("direct, batch 1, 1 thread against the baseline: no difference that this noise"),
        "{shown}"
    );

    let edited = |edit: &dyn Fn(&mut Value)| {
        let mut json: Value = serde_json::from_str(&text).unwrap();
        edit(&mut json);
        json.to_string()
    };
    let scale = |case: usize, by: f64| {
        edited(&move |json| {
            for seconds in json["results"][case]["samples_seconds"].as_array_mut().unwrap() {
                *seconds = (seconds.as_f64().unwrap() * by).into();
            }
        })
    };
    // It was slower by a tenth, so it is faster now; and the other way round; in much noise, a twentieth is nothing.
    assert_eq!(verdicts(&scale(0, 1.1)).0[0], Some(Verdict::Faster));
    let (slower, _, shown, is_slower) = verdicts(&scale(0, 0.9));
    assert_eq!((slower[0], is_slower), (Some(Verdict::Slower), true));
    assert!(shown.contains("against the baseline: 1.11× slower (1."), "{shown}");
    assert_eq!(verdicts(&scale(3, 1.05)).0[3], Some(Verdict::NoDifference));

    let (missing, now, ..) = verdicts(&edited(&|json| json["results"][0]["batch"] = 2.into()));
    let what = cnncost::text!(
        "of `direct` the baseline has batch 2 on 1 thread, batch 1 on 2 threads, batch 8 on 1 thread, batch 8 on 2 threads",
        "基线中 `direct` 只有批量大小 2(1 个线程)、批量大小 1(2 个线程)、批量大小 8(1 个线程)、批量大小 8(2 个线程)"
    );
    assert_eq!((missing[0], &now.cases[0].caveats), (None, &vec![Caveat::NoBaseline { what }]));
    let (other, now, shown, _) = verdicts(&edited(&|json| json["machine"]["cpu"] = "Another".into()));
    assert_eq!(other[0], Some(Verdict::NoDifference));
    assert!(now.caveats.iter().any(|caveat| matches!(caveat, Caveat::OtherMachine { .. })));
    assert!(shown.contains("the baseline is of another machine: Another then, A Processor now"), "{shown}");
    // Another network of that name, or another input, is nothing to compare with; another description of it is told.
    let (none, now, ..) =
        verdicts(&edited(&|json| json["results"][0]["inputs"]["input"] = serde_json::json!([1, 2, 2])));
    assert_eq!((none[0], now.cases[0].caveats[0].name()), (None, "no baseline"));
    for (key, value) in [("macs", Value::from(7)), ("model", "Another".into())] {
        assert_eq!(verdicts(&edited(&|json| json["results"][0][key] = value.clone())).0[0], None, "{key}");
    }
    let (same, now, ..) = verdicts(&edited(&|json| json["results"][0]["sha256"] = "0123".into()));
    assert_eq!(
        (same[0], &*now.cases[0].caveats),
        (Some(Verdict::NoDifference), &[Caveat::OtherDescription][..])
    );
    let half = edited(&|json| json["dtype"] = "f16".into());
    assert_eq!(verdicts(&half).0, vec![None; 8]);
}

#[test]
fn the_program_measures_and_compares() {
    let folder = tempfile::tempdir().unwrap();
    let net = "input = [4, 6, 6]\n[[variants]]\nname = 'a'\n[[variants]]\nname = 'b'\n[[layers]]\nop = 'conv2d'\nout_channels = 4\nkernel_size = 3\n";
    std::fs::write(folder.path().join("net.toml"), net).unwrap();
    let quick = ["net.toml@*", "--max-time", "0.1", "--threads", "1,2", "--batch", "1,2"];
    let json = [&quick[..], &["--profile", "--format", "json", "-o", "base.json"]].concat();
    let ran = cnncost(folder.path(), &json);
    assert_eq!((ran.code, &*ran.out, &*ran.error), (Some(0), "", ""));
    let text = std::fs::read_to_string(folder.path().join("base.json")).unwrap();
    let mut base: Value = serde_json::from_str(&text).unwrap();
    let schema = serde_json::to_value(json::schema()).unwrap();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&base));
    let results = base["results"].as_array().unwrap();
    let cases: Vec<_> = results
        .iter()
        .map(|r| format!("{}/{}/{}", r["network"].as_str().unwrap(), r["batch"], r["threads"]))
        .collect();
    assert_eq!(
        cases,
        [
            "net@a/1/1",
            "net@a/1/2",
            "net@b/1/1",
            "net@b/1/2",
            "net@a/2/1",
            "net@a/2/2",
            "net@b/2/1",
            "net@b/2/2"
        ]
    );
    for result in results {
        assert!(result["samples_seconds"].as_array().unwrap().len() >= 3);
        assert!(result["median_seconds"].as_f64().unwrap() > 0.0);
        assert_eq!(result["profile"]["nodes"].as_array().unwrap().len(), 1);
    }
    assert_eq!(base["comparisons"].as_array().unwrap().len(), 4);
    assert_eq!(base["peaks"].as_array().unwrap().len(), 2);

    // A baseline that nothing can be as fast as.
    for result in base["results"].as_array_mut().unwrap() {
        result["samples_seconds"] = serde_json::json!([1e-12, 1e-12, 1e-12]);
    }
    std::fs::write(folder.path().join("base.json"), base.to_string()).unwrap();
    let ran = cnncost(folder.path(), &[&quick[..], &["--compare", "base.json", "--strict"]].concat());
    assert_eq!((ran.code, &*ran.error), (Some(1), ""));
    assert!(ran.out.contains("net@a, batch 1, 1 thread against the baseline: "), "{}", ran.out);
    assert!(
        ran.out.contains("net@b, batch 2, 2 threads against net@a: as many multiplications, "),
        "{}",
        ran.out
    );
}

#[test]
fn mistakes_are_told() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("other.json"), "{\"schema\": \"cnncost/analysis/1\"}").unwrap();
    for (arguments, code, message) in [
        (&["lenet5", "--device", "gpu"][..], 2, "a device is cpu, cuda, or cuda:1"),
        (&["lenet5", "--engine", "fast"], 2, "[possible values: native, candle]"),
        (&["-", "-"], 2, "standard input can be read only once"),
        (&["lenet5", "--threads", "0"], 2, "a whole number from 1 to 1024"),
        (&["lenet5", "--threads", "2,2"], 2, "`--threads` has a number twice"),
        (
            &["lenet5", "--device", "cuda", "--threads", "2"],
            2,
            "`--threads` is for the processor, not for `cuda`",
        ),
        (&["lenet5", "--precision", "0"], 2, "a precision is as in 2%"),
        (&["lenet5", "--max-time", "x"], 2, "a time is in seconds, as in 0.5"),
        (&["lenet5", "--warmup", "long"], 2, "warming up is a number of passes, or `steady`"),
        (&["lenet5", "--sort", "macs"], 2, "--profile"),
        (&["lenet5", "--profile", "--sort", "mac"], 2, "there is no column `mac` here"),
        (&["lenet5", "--compare", "none.json"], 2, "there is no such file"),
        (
            &["lenet5", "--compare", "other.json"],
            2,
            "it is `cnncost/analysis/1`, and a baseline is `cnncost/bench/1`",
        ),
        (&["lenet6"], 2, "did you mean `lenet5`?"),
        (&["lenet5", "--dtype", "i8"], 2, "networks are not executed in i8, only counted"),
        (&["lenet5", "--dtype", "bf16"], 2, "candle multiplies no matrices of bf16 on the CPU"),
        (&["lenet5", "-o", "none/base.json"], 2, "there is no directory `none`"),
        (&["lenet5", "-o", "."], 2, "it is a directory"),
        (&["lenet5", "--batch", "9000000000"], 2, "at most about `--batch"),
    ] {
        let ran = cnncost(folder.path(), arguments);
        assert_eq!((ran.code, &*ran.out), (Some(code), ""), "{arguments:?}: {}", ran.error);
        assert!(ran.error.contains(message), "{arguments:?}: {}", ran.error);
    }
}

/// A network without multiplications beside one that has some, and the other way round.
#[test]
fn none_against_some_is_no_ratio() {
    let folder = tempfile::tempdir().unwrap();
    let net = |layer: &str| format!("input = [4, 6, 6]\nlayers = [{{ {layer} }}]\n");
    std::fs::write(folder.path().join("relu.toml"), net("op = 'relu'")).unwrap();
    let conv = net("op = 'conv2d', out_channels = 4, kernel_size = 3");
    std::fs::write(folder.path().join("conv.toml"), conv).unwrap();
    for (files, said) in [
        (["relu.toml", "conv.toml"], "conv against relu: multiplications where the other has none, "),
        (["conv.toml", "relu.toml"], "relu against conv: no multiplications, "),
    ] {
        let ran = cnncost(folder.path(), &[&files[..], &["--max-time", "0"]].concat());
        assert_eq!((ran.code, &*ran.error), (Some(0), ""));
        assert!(ran.out.contains(said), "{}", ran.out);
    }
}

/// The program that measures with other threads reads nothing that only this one can.
#[cfg(unix)]
#[test]
fn what_comes_through_a_pipe_is_read_once() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str], input: &str| {
        let mut command = Command::cargo_bin("cnncost").unwrap();
        command.env("COLUMNS", "100").env_remove("CLICOLOR_FORCE");
        command.env_remove("RAYON_NUM_THREADS").env_remove("CANDLE_NUM_THREADS").current_dir(folder.path());
        command.arg("bench").args(arguments).args(["--max-time", "0"]).write_stdin(input);
        command.timeout(Duration::from_secs(60)).output().unwrap()
    };
    let json = run(&["lenet5", "--threads", "1", "--format", "json"], "");
    let baseline = String::from_utf8(json.stdout).unwrap();
    let compared = run(&["lenet5", "--threads", "1", "--compare", "/dev/stdin"], &baseline);
    assert!(compared.status.success(), "{}", String::from_utf8_lossy(&compared.stderr));
    assert!(String::from_utf8_lossy(&compared.stdout).contains("against the baseline: "));
    let net = "input = [4, 6, 6]\nlayers = [{ op = 'relu' }]\n";
    let refused = run(&["/dev/stdin", "--threads", "1,2"], net);
    let error = String::from_utf8(refused.stderr).unwrap();
    assert!(error.contains("with one number of threads: save it in a file"), "{error}");
    assert_eq!(refused.status.code(), Some(2));
    for file in ["-", "/dev/stdin"] {
        let measured = run(&[file, "--threads", "3", "--format", "csv"], net);
        let table = String::from_utf8(measured.stdout).unwrap();
        assert!(measured.status.success() && table.contains("stdin,1,3,"), "{table}");
        assert_eq!(run(&[file], "input = [4]").status.code(), Some(2));
    }
}

/// Without the feature there is no GPU, and the message says how to get one.
#[test]
fn a_gpu_wants_its_feature() {
    if candle_core::utils::cuda_is_available() {
        // It was built with the feature: there is nothing to see.
        return;
    }
    let ran = cnncost(Path::new("."), &["lenet5", "--device", "cuda"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.error.contains("`cargo build --release --features cuda`"), "{}", ran.error);
}
