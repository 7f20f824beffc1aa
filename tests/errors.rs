//! Broken and doubtful descriptions and what is said of each: `errors/NAME.toml` and the whole message in `NAME.txt`, or in
//! `NAME.zh.txt` in Chinese.
//!
//! With `UPDATE_EXPECT=1` the messages are written anew, to be read before they are committed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cnncost::error::{ReadError, Source, render_all};
use cnncost::read::{Description, Network, Options};
use cnncost::text::Language;

/// As wide as a terminal commonly is.
const WIDTH: usize = 100;

/// The fewest descriptions that are expected: a test of no files would pass.
const LEAST: usize = 60;

#[test]
fn messages_are_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/errors");
    let files = descriptions(&folder);
    assert!(files.len() >= LEAST, "only {} broken descriptions", files.len());
    let failures: Vec<_> = files.iter().filter_map(|file| check(file).err()).collect();
    assert!(failures.is_empty(), "{}\n(UPDATE_EXPECT=1 writes them anew)", failures.join("\n"));
}

/// What follows from a mistake is no mistake of its own: a description with one in it gets one message.
#[test]
fn a_mistake_is_shown_alone() {
    let all = include_str!("errors/alone.txt");
    let mut failures = vec![];
    for text in all.split("\n---\n") {
        match read("net.toml", text) {
            Err(ReadError::Invalid { mistakes, .. }) if mistakes.len() == 1 => {}
            Err(error) => failures.push(format!("{text}\n{}", error.render(Language::English, false, WIDTH))),
            Ok(_) => failures.push(format!("{text}\nis not refused")),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// Programs go by codes, which stay when messages are said better: those of each description are in `errors/codes.tsv`.
#[test]
fn codes_are_as_listed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/errors");
    let mut lines = vec![];
    for file in descriptions(&folder) {
        let name = file.file_name().unwrap().to_str().unwrap();
        let read = read(name, &fs::read_to_string(&file).unwrap());
        let codes = match read {
            Err(error) => error.codes(),
            Ok((network, _)) => network.warnings.iter().map(|warning| warning.code).collect(),
        };
        let codes: Vec<_> = codes.iter().map(|code| code.name()).collect();
        lines.push(format!("{name}\t{}\n", codes.join(" ")));
    }
    let (list, found) = (folder.join("codes.tsv"), lines.concat());
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&list, &found).unwrap();
    }
    assert_eq!(found, fs::read_to_string(&list).unwrap_or_default(), "UPDATE_EXPECT=1 writes them anew");
}

fn descriptions(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    files
}

/// The network, and the text that what is said of it is drawn over.
fn read(name: &str, text: &str) -> Result<(Network, Arc<Source>), ReadError> {
    let description = Description::parse(name, text)?;
    Ok((description.expand(&Options::default())?, description.source))
}

/// Compares the messages of one description with those that are written beside it.
fn check(file: &Path) -> Result<(), String> {
    let name = file.file_name().unwrap().to_str().unwrap();
    let text = fs::read_to_string(file).unwrap();
    let read = read(name, &text);
    let say = |language| match &read {
        Err(error) => error.render(language, false, WIDTH),
        Ok((network, source)) => render_all(&network.warnings, source, language, false, WIDTH),
    };
    if say(Language::English).is_empty() {
        return Err(format!("of {name} nothing is said any longer"));
    }
    let languages = [("txt", Language::English), ("zh.txt", Language::Chinese)];
    for (extension, language) in languages {
        let beside = file.with_extension(extension);
        if language == Language::Chinese && !beside.exists() {
            continue;
        }
        let message = say(language) + "\n";
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&beside, &message).unwrap();
        }
        let expected = fs::read_to_string(&beside).unwrap_or_default();
        if message != expected {
            return Err(format!("{}:\n{message}\nbut expected:\n{expected}", beside.display()));
        }
    }
    Ok(())
}
