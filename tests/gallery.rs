//! The gallery in docs/src/gallery: a drawing and the headline figures of every bundled network, as the program draws and counts
//! them. `UPDATE_DOCS=1 cargo test --test gallery` makes it anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use cnncost::metric;
use cnncost::read::bundled::{self, Bundled, Task};
use cnncost::report::Subject;
use cnncost::report::draw::Options;
use cnncost::report::draw::svg::svg;
use cnncost::source::{self, Choice};
use cnncost::text::Language;

/// The most that all drawings together may take.
const MOST_BYTES: usize = 4_000_000;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/src/gallery")
}

/// The bundled networks, by task and year.
fn networks() -> Vec<&'static Bundled> {
    let is_network = |file: &&Bundled| !matches!(file.task, Task::Claims | Task::Blocks);
    bundled::by_task().into_iter().filter(is_network).collect()
}

fn subject(name: &str) -> Subject {
    source::open(name).unwrap().subject(&Choice::default()).unwrap()
}

fn drawing(subject: &Subject) -> String {
    svg(subject, &Options::new(Language::English)).unwrap()
}

/// A line of figures of a network or of a variant.
fn line(name: &str) -> String {
    let subject = subject(name);
    let figure = |name: &str| metric::named(name).unwrap().total(&subject).unwrap();
    let [params, macs, peak] = ["params", "macs", "peak_bytes"].map(figure);
    format!("| `{name}` | {} | {params} | {macs} | {peak} |\n", subject.shapes())
}

fn page() -> String {
    let mut page = String::from(
        "# Gallery\n\nEvery bundled network, as `cnncost draw NAME -o NAME.svg` draws it, with what it and its variants come to: \
         multiply–accumulates (MACs) of one sample, and bytes of activations alive at once in f32. A picture opens in full when it \
         is clicked.\n",
    );
    let mut task = None;
    for file in networks() {
        if task != Some(file.task) {
            task = Some(file.task);
            page.push_str(&format!("\n## {}\n", capital(&file.task.words().english)));
        }
        let (name, title) = (file.name, subject(file.name).title);
        page.push_str(&format!("\n### {name}\n\n{title}\n\n[![{name}]({name}.svg)]({name}.svg)\n\n"));
        page.push_str("| network | shapes | params | MACs | peak bytes |\n|---|---|---:|---:|---:|\n");
        let variants = bundled::variants(file);
        let named = variants.iter().map(|variant| match bundled::find(variant) {
            Some((found, _)) if found.name == name => variant.clone(),
            Some(_) | None => format!("{name}@{variant}"),
        });
        let lines: BTreeSet<String> =
            if variants.is_empty() { [name.to_owned()].into() } else { named.collect() };
        for name in &lines {
            page.push_str(&line(name));
        }
    }
    page
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Holds a file to what it should be, or makes it so.
fn hold(path: &Path, expected: &str) {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, expected).unwrap();
    }
    let found = fs::read_to_string(path).unwrap_or_default();
    assert!(found == expected, "{} is not as it is made: UPDATE_DOCS=1 makes it anew", path.display());
}

#[test]
fn the_gallery_shows_every_bundled_network_as_it_is_drawn() {
    hold(&folder().join("index.md"), &page());
    let mut bytes = 0;
    let mut names = BTreeSet::from(["index.md".to_owned()]);
    for file in networks() {
        let drawing = drawing(&subject(file.name));
        bytes += drawing.len();
        let name = format!("{}.svg", file.name);
        hold(&folder().join(&name), &drawing);
        names.insert(name);
    }
    assert!(bytes < MOST_BYTES, "{bytes} bytes of drawings are too many to keep");
    let there: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(there, names, "what is drawn and what lies in the gallery");
}
