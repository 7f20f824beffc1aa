//! Charts: in the terminal they keep to its width; as SVG they are well formed, harmless, and no label is cut or lies on another.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use cnncost::metric::{METRICS, Measure, Sums};
use cnncost::report::Subject;
use cnncost::report::chart::{Costs, Options, Roofline, Theme, Timeline, svg};
use cnncost::report::rows::Depth;
use cnncost::source::{self, Choice, device};
use cnncost::text::Language;
use unicode_width::UnicodeWidthStr;

fn run(arguments: &[&str], width: usize) -> (Option<i32>, String, String) {
    let mut command = Command::cargo_bin("cnncost").unwrap();
    command.env("COLUMNS", width.to_string()).env_remove("CLICOLOR_FORCE").args(arguments);
    let output = command.output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.code(), out, err)
}

fn out(arguments: &[&str], width: usize) -> String {
    let (code, out, err) = run(arguments, width);
    assert_eq!(code, Some(0), "{arguments:?}: {err}");
    out
}

/// What is drawn, and well formed; every text in it within the picture, and no two on each other.
fn picture(arguments: &[&str], file: &Path) -> String {
    assert_eq!(out(&[arguments, &["-o", file.to_str().unwrap()]].concat(), 80), "");
    let svg = fs::read_to_string(file).unwrap();
    let document = roxmltree::Document::parse(&svg).unwrap_or_else(|error| panic!("{arguments:?}: {error}"));
    let root = document.root_element();
    assert_eq!((root.tag_name().name(), root.attribute("role")), ("svg", Some("img")));
    let number = |text: &str| text.parse::<f64>().unwrap();
    let sizes: Vec<f64> = root.attribute("viewBox").unwrap().split(' ').map(number).collect();
    let mut boxes: Vec<(f64, f64, f64, f64, String)> = vec![];
    for text in root.descendants().filter(|node| node.has_tag_name("text")) {
        let words = text.text().unwrap_or_default();
        let size = number(text.attribute("font-size").unwrap());
        // As narrow as letters are: what meets then, meets in any font.
        let width = 0.45 * size * f64::from(u32::try_from(words.width()).unwrap());
        let Some((x, y)) = text.attribute("x").zip(text.attribute("y")) else { continue };
        let (x, y) = (number(x), number(y));
        let left = match text.attribute("text-anchor") {
            None => x,
            Some("middle") => x - width / 2.0,
            Some(_) => x - width,
        };
        assert!(left >= 0.0 && left + width <= sizes[2] && y <= sizes[3], "{arguments:?}: {words} is cut");
        let area = (left, left + width, y - 0.7 * size, y, words.to_owned());
        let meets = boxes
            .iter()
            .find(|other| area.0 < other.1 && other.0 < area.1 && area.2 < other.3 && other.2 < area.3);
        assert_eq!(meets, None, "{arguments:?}: {words}");
        boxes.push(area);
    }
    assert!(boxes.len() > 1, "{arguments:?}: {svg}");
    svg
}

/// Networks of many kinds: of one layer, without MACs, of names in Chinese and of 300 letters, of the largest counts, of thousands of
/// layers.
fn networks(folder: &Path) -> Vec<String> {
    let (title, long) = (format!("<b>\"&{}", "x".repeat(300)), "x".repeat(100));
    let files = [
        ("one.toml", "input = [3, 8, 8]\nlayers = [{ op = 'relu' }]".to_owned()),
        ("none.toml", "input = [3, 8, 8]\nlayers = [{ op = 'identity' }]".to_owned()),
        (
            "names.toml",
            format!(
                "name = '{title}'\ninput = [3, 8, 8]\nlayers = [{{ name = '{long}', op = 'conv2d', out_channels = 2, kernel_size = 3 }}, \
                 {{ name = '卷积层', op = 'conv2d', out_channels = 4, kernel_size = 3 }}, \
                 {{ op = 'flatten' }}, {{ name = '输出', op = 'linear', out_features = 9 }}]"
            ),
        ),
        (
            "large.toml",
            "input = [9007199254740992, 8388608, 8]\nlayers = [{ op = 'relu' }, { op = 'tanh' }]".to_owned(),
        ),
        (
            "many.toml",
            "input = [8, 4, 4]\nlayers = [{ name = 'layer', op = 'conv2d', out_channels = 8, kernel_size = 1, repeat = 3000 }]"
                .to_owned(),
        ),
    ];
    let write = |(name, text): (&str, String)| {
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let own = files.map(write);
    let bundled = ["googlenet", "densenet121", "mobilenet_v2", "lenet5", "vit_b_16"].map(str::to_owned);
    own.into_iter().chain(bundled).collect()
}

#[test]
fn charts_keep_to_the_width() {
    let folder = tempfile::tempdir().unwrap();
    for network in networks(folder.path()) {
        for (language, width) in [("en", 20), ("zh", 33), ("en", 80), ("zh", 200)] {
            for chart in [
                &["--chart", "macs"][..],
                &["--chart", "flops", "--depth", "all"],
                &["--chart", "traffic_bytes", "--sort", "traffic_bytes"],
                &["--chart", "roofline", "--device-spec", "t4"],
            ] {
                let text = out(&[&["analyze", &network, "--lang", language], chart].concat(), width);
                let lines: Vec<_> = text.lines().collect();
                let wide: Vec<_> = lines.iter().filter(|line| line.width() > width).collect();
                assert!(wide.is_empty(), "{network} {chart:?} at {width}: {wide:#?}");
                assert!(lines.len() < 320, "{network} {chart:?}: {} lines", lines.len());
                assert!(!text.contains('\u{1b}'));
            }
        }
    }
}

#[test]
fn pictures_are_well_formed_and_no_label_is_cut_or_on_another() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("picture.svg");
    for network in networks(folder.path()) {
        for language in ["en", "zh"] {
            for chart in [
                &["--chart", "macs"][..],
                &["--chart", "params", "--depth", "1"],
                &["--chart", "flops", "--depth", "all"],
                &["--chart", "time", "--device-spec", "t4"],
                &["--chart", "roofline", "--device-spec", "t4"],
                &["--memory"],
            ] {
                let svg = picture(&[&["analyze", &network, "--lang", language], chart].concat(), &file);
                assert!(svg.len() < 200_000, "{network} {chart:?}: {} bytes", svg.len());
                assert!(!svg.contains("<b>"));
            }
        }
        let svg = picture(&["compare", "lenet5", &network, "--chart"], &file);
        assert!(svg.contains("bytes read + written"));
    }
}

#[test]
fn bars_add_up_to_the_whole() {
    let text = out(&["analyze", "googlenet", "--chart", "macs"], 120);
    let line = |name: &str| text.lines().find(|line| line.trim_start().starts_with(name)).unwrap();
    assert!(line("conv2").contains("347 M  21.9 %     30.2 %"), "{text}");
    assert!(line("fc").contains("0.1 %    100.0 %"), "{text}");
    let sorted = out(&["analyze", "googlenet", "--chart", "macs", "--sort", "macs"], 120);
    let first = sorted.lines().nth(3).unwrap();
    assert!(first.trim_start().starts_with("conv2 ") && first.contains("21.9 %     21.9 %"), "{sorted}");
    let many = out(&["analyze", "densenet121", "--chart", "macs", "--depth", "all", "--sort", "macs"], 120);
    assert!(many.contains("smaller ones") && many.contains("100.0 %"), "{many}");
    assert_eq!(many.lines().filter(|line| line.matches('%').count() == 2).count(), 60);
}

#[test]
fn a_measurement_is_drawn_of_its_own_network_only() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bench.json");
    let json = file.to_str().unwrap();
    let layers: Vec<_> = [("a", "relu", 0), ("b", "tanh", 0)]
        .iter()
        .map(|(path, op, macs)| {
            format!(r#"{{ "path": "{path}", "op": "{op}", "macs": {macs}, "seconds": 1e-6 }}"#)
        })
        .collect();
    let text = format!(
        r#"{{ "schema": "cnncost/bench/1", "device": "cpu", "dtype": "f32",
            "peaks": [{{ "threads": 2, "flops_per_second": 1e11, "bytes_per_second": 1e10 }}],
            "results": [{{ "network": "net", "batch": 1, "threads": 2, "profile": {{ "nodes": [{}] }} }}] }}"#,
        layers.join(", ")
    );
    fs::write(&file, text).unwrap();
    let net = folder.path().join("net.toml");
    let network = |second: &str| {
        let text = format!(
            "input = [8, 4, 4]\nlayers = [{{ name = 'a', op = 'relu' }}, {{ name = 'b', op = '{second}' }}]"
        );
        fs::write(&net, text).unwrap();
        net.to_str().unwrap().to_owned()
    };
    let own = network("tanh");
    let drawn = out(&["analyze", &own, "--chart", "roofline", "--bench", json], 80);
    assert!(
        drawn.contains("cpu with 2 threads") && drawn.contains("a ×2") && drawn.contains("2.00 µs"),
        "{drawn}"
    );
    for (arguments, why) in [
        (&[][..], "another network: `b` of `net` is another layer"),
        (&["--batch", "2"], "add `--batch 1`"),
        (&["--dtype", "f16"], "add `--dtype f32`"),
    ] {
        let network = network(if arguments.is_empty() { "sigmoid" } else { "tanh" });
        let all = [&["analyze", &network, "--chart", "roofline", "--bench", json], arguments].concat();
        let (code, out, err) = run(&all, 80);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{err}");
        assert!(err.contains(why), "{err}");
    }
    let (code, _, err) = run(&["analyze", &own, "--chart", "roofline", "--bench", &own], 80);
    assert!(code == Some(2) && err.contains("no measurement"), "{err}");
    let (code, _, err) = run(&["analyze", &own, "--chart", "macs", "--bench", json], 80);
    assert!(code == Some(2) && err.contains("`--bench` is for `--chart roofline`"), "{err}");
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    for (arguments, why) in [
        (&["analyze", "lenet5", "--chart", "mac"][..], "did you mean `macs`"),
        (&["analyze", "lenet5", "--chart", "live_bytes"], "do not add up"),
        (&["analyze", "lenet5", "--chart", "time"], "add `--device-spec`"),
        (&["analyze", "lenet5", "--chart", "roofline"], "name one with `--device-spec`"),
        (
            &["analyze", "lenet5", "--chart", "roofline", "--device-spec", "t4", "--depth", "1"],
            "takes no `--depth`",
        ),
        (&["analyze", "lenet5", "--chart", "macs", "--format", "csv"], "`--format svg`"),
        (&["analyze", "lenet5", "--format", "svg"], "add `--chart macs`"),
        (&["analyze", "lenet5", "vgg16", "--chart", "macs", "--format", "svg"], "one at a time"),
        (&["compare", "lenet5", "vgg16", "--format", "svg"], "of `--chart`"),
    ] {
        let (code, out, err) = run(arguments, 80);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}: {err}");
        assert!(err.contains(why), "{arguments:?}: {err}");
    }
}

#[test]
fn what_is_measured_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("roof.svg");
    let bench = ["bench", "lenet5", "--chart", "roofline", "--max-time", "0.2"];
    assert!(out(&bench, 80).contains("layers as measured under the roof of cpu"));
    assert!(picture(&bench, &file).contains("overhead"));
    let (code, out, err) = run(&["bench", "lenet5", "alexnet", "--plot", "roofline", "--format", "svg"], 80);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("one at a time"), "{err}");
}

#[test]
#[cfg(feature = "pictures")]
fn the_ending_of_a_file_says_the_form() {
    let folder = tempfile::tempdir().unwrap();
    for (ending, begins) in [("svg", &b"<svg "[..]), ("png", b"\x89PNG"), ("pdf", b"%PDF")] {
        for arguments in [
            &["analyze", "lenet5", "--chart", "flops"][..],
            &["analyze", "lenet5", "--memory"],
            &["compare", "bottleneck", "--chart"],
        ] {
            let file = folder.path().join(format!("chart.{ending}"));
            assert_eq!(out(&[arguments, &["-o", file.to_str().unwrap()]].concat(), 80), "");
            assert!(fs::read(&file).unwrap().starts_with(begins), "{arguments:?} {ending}");
        }
    }
    assert!(out(&["analyze", "lenet5", "--memory", "--format", "svg"], 80).starts_with("<svg "));
}

fn subject(name: &str) -> Subject {
    let mut subject = source::open(name).unwrap().subject(&Choice::default()).unwrap();
    device::estimate(&mut subject, &device::find("t4").unwrap()).unwrap();
    subject
}

const SOME: [&str; 6] = ["googlenet", "densenet121", "mobilenet_v2", "vit_b_16", "unet", "lenet5"];

/// Of any figure that adds up, whatever is folded.
#[test]
fn bars_are_parts_of_the_whole() {
    for subject in SOME.map(subject) {
        for metric in METRICS.iter().filter(|metric| metric.sums == Sums::Sum) {
            for depth in [Depth::To(0), Depth::To(1), Depth::Fitting, Depth::All] {
                let costs = Costs::of(&subject, metric, depth, &[]).unwrap();
                let name = format!("{} {} {depth:?}", subject.label, metric.name);
                assert!(costs.bars.len() <= 60, "{name}");
                match costs.total.count() {
                    Some(total) => {
                        let sum: u128 = costs.bars.iter().filter_map(|bar| bar.amount.count()).sum();
                        assert_eq!(sum, total, "{name}");
                    }
                    None if costs.bars.is_empty() => assert_eq!(costs.total, Measure::Real(0.0), "{name}"),
                    None => {
                        let sum: f64 = costs.bars.iter().filter_map(|bar| bar.amount.number()).sum();
                        assert!((sum / costs.total.number().unwrap() - 1.0).abs() < 1e-9, "{name}");
                    }
                }
                for bar in &costs.bars {
                    let parts: f64 = bar.kinds.iter().map(|(_, part)| part).sum();
                    assert!((parts - 1.0).abs() < 1e-9, "{name}: {:?}", bar.what);
                }
                assert!(costs.bars.last().is_none_or(|bar| (bar.cumulated - 1.0).abs() < 1e-9), "{name}");
            }
        }
    }
}

#[test]
fn counted_layers_lie_on_the_roof_and_all_of_them() {
    for subject in SOME.map(subject) {
        let roofline = Roofline::counted(&subject).unwrap();
        for point in &roofline.points {
            let part = point.flops_per_second / roofline.roof.at(point.intensity);
            assert!((part - 1.0).abs() < 1e-9, "{}: {}", subject.label, point.path);
        }
        let total = subject.roofline.as_ref().unwrap().total().seconds();
        assert!((roofline.seconds / total - 1.0).abs() < 1e-9, "{}", subject.label);
    }
}

#[test]
fn the_highest_step_is_the_peak() {
    for subject in SOME.map(subject) {
        let timeline = Timeline::of(&subject).unwrap();
        let highest = timeline.steps.iter().map(|step| step.bytes).max();
        assert_eq!(highest, Some(subject.peak_bytes()), "{}", subject.label);
        let alive: u128 = timeline.alive.iter().map(|tensor| tensor.bytes).sum();
        let more = timeline.more.map_or(0, |(_, bytes)| bytes);
        assert_eq!(alive + more, timeline.peak.bytes, "{}", subject.label);
        assert!(timeline.parts.is_sorted_by(|a, b| a.to <= b.from), "{}", subject.label);
    }
}

/// Several pictures may stand on one page, on any ground.
#[test]
fn ids_are_a_pictures_own() {
    let subject = subject("googlenet");
    let timeline = Timeline::of(&subject).unwrap();
    let costs = Costs::of(&subject, cnncost::metric::named("flops").unwrap(), Depth::Fitting, &[]).unwrap();
    for theme in [Theme::Light, Theme::Dark, Theme::Inherit] {
        let options = Options { language: Language::English, theme, prefix: "a\"b<c" };
        for picture in [svg::cost(&costs, &options), svg::memory(&timeline, &options)] {
            let document = roxmltree::Document::parse(&picture).unwrap();
            let ids: Vec<_> = document.descendants().filter_map(|node| node.attribute("id")).collect();
            assert!(ids.len() >= 2 && ids.iter().all(|id| id.starts_with("abc-")), "{ids:?}");
            assert!(ids.iter().all(|id| ids.iter().filter(|other| *other == id).count() == 1), "{ids:?}");
            let root = document.root_element();
            assert_eq!(root.attribute("width").is_none(), theme == Theme::Inherit);
            let labels = root.attribute("aria-labelledby").unwrap();
            assert!(labels.split(' ').all(|label| ids.contains(&label)), "{labels}");
            for name in picture.split("url(#").skip(1).filter_map(|rest| rest.split(')').next()) {
                assert!(ids.contains(&name), "{name}");
            }
        }
    }
}
