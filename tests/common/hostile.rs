//! What means it no good: texts and bytes with something changed in them, and names of any characters. And what every answer
//! of the program has to be.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::path::Path;
use std::time::Duration;

use assert_cmd::Command;
use cnncost::text::harmless;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngSeed, TestRunner};

/// A hang fails; no answer takes a tenth of it, but on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Holds that `test` finds nothing wrong with so many cases, which are the same each time.
pub(crate) fn hold<S: Strategy>(cases: u32, strategy: &S, test: impl Fn(S::Value) -> Result<(), String>) {
    // A case that was found belongs into a test of its own, by hand. Smaller ones are looked for as long as one waits for it.
    let rng_seed = RngSeed::Fixed(cases.into());
    let config =
        Config { cases, rng_seed, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let held = TestRunner::new(config).run(strategy, |case| test(case).map_err(TestCaseError::fail));
    assert!(held.is_ok(), "{}", held.unwrap_err());
}

/// Runs the program in a folder, in a terminal of so many columns. The error is that it has not ended as it may: with one of its
/// three codes, with nothing that steers a terminal, no line that a workflow takes for a command, and data that can be read.
pub(crate) fn answer(folder: &Path, columns: &str, arguments: &[String]) -> Result<(), String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cnncost"));
    command.current_dir(folder).env("COLUMNS", columns).env_remove("CLICOLOR_FORCE");
    command.env("RAYON_NUM_THREADS", "1").args(arguments).write_stdin("").timeout(PATIENCE);
    let output = command.output().map_err(|error| format!("{arguments:?}: {error}"))?;
    let (out, error) = (String::from_utf8(output.stdout), String::from_utf8(output.stderr));
    let (Ok(out), Ok(error)) = (out, error) else { return Err(format!("{arguments:?}: this is no text")) };
    let wrong = |what: &str| Err(format!("{arguments:?} in {columns} columns: {what}\n{out:?}\n{error:?}"));
    if !matches!(output.status.code(), Some(0..=2)) {
        return wrong(&format!("it ended with {}", output.status));
    }
    let is_colored = arguments.iter().any(|word| word.contains("always"));
    if harmless(&out, is_colored) != out || harmless(&error, is_colored) != error {
        return wrong("something steers the terminal");
    }
    let format = arguments.windows(2).filter(|pair| pair[0] == "--format").map(|pair| &*pair[1]).next_back();
    let is_ours = |line: &str| {
        format == Some("github") && (line.starts_with("::error ") || line.starts_with("::notice "))
    };
    if out.lines().any(|line| line.starts_with("::") && !is_ours(line))
        || error.lines().any(|line| line.starts_with("::"))
    {
        return wrong("a line is a command to a workflow");
    }
    // Help, and nothing, are no data.
    let is_data = !out.is_empty() && !arguments.iter().any(|word| ["-h", "--help", "-V"].contains(&&**word));
    let why = match format.filter(|_| is_data) {
        Some("json") => serde_json::from_str::<serde_json::Value>(&out).err().map(|why| why.to_string()),
        Some("junit") => roxmltree::Document::parse(&out).err().map(|why| why.to_string()),
        Some("csv") => records(&out).err(),
        _ => None,
    };
    why.map_or(Ok(()), |why| wrong(&format!("the data cannot be read: {why}")))
}

/// Records have as many fields as there are heads, and none is a formula.
fn records(text: &str) -> Result<(), String> {
    let is_formula =
        |field: &str| field.starts_with(['=', '+', '-', '@', '\t', '\r']) && field.parse::<f64>().is_err();
    for record in csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes()).records() {
        let record = record.map_err(|why| why.to_string())?;
        if let Some(field) = record.iter().find(|field| is_formula(field)) {
            return Err(format!("{field:?} is a formula"));
        }
    }
    Ok(())
}

/// What a name may hold that is more than a name somewhere: to a terminal, a workflow, a spreadsheet, XML, TOML, a shell.
const SCRAPS: &str = "\u{1b}[31m \u{1b}]0;t\u{7} \u{7} \r\n::error::x ::notice::y %0A::error::z \0 \u{7f} \u{9b}2J \u{85} \u{202e} \
    \u{2066} \u{200b} \u{200d} \u{feff} \u{2028} \u{fffe} \u{ffff} \u{e0041} =1+1 +1 -1 @SUM(1) \" ' ` < > & ]]> | \
    \\ / $ % # {0} { } [ ] * _ ~ ^ , ; : = . .. a b é e\u{301} 模型 🧠 \u{fe0f} \u{fffd} 1 x@y --help \
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// A name of such scraps.
pub(crate) fn name() -> impl Strategy<Value = String> {
    let scraps: Vec<&str> = SCRAPS.split(' ').chain([" ", "\n", "\t", "\r\n::error::x"]).collect();
    vec(select(scraps), 1..5).prop_map(|scraps| scraps.concat())
}

/// Text as TOML writes it.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap().replace('\u{7f}', "\\u007f")
}

/// A change to a text.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Delete(Index),
    Duplicate(Index),
    Replace(Index, &'static str),
    /// What stands at one place, at another.
    Move(Index, Index),
    /// What is no text any more is mended as a lossy reader would.
    Byte(Index, u8),
}

pub(crate) fn change(tokens: impl Strategy<Value = &'static str>) -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    prop_oneof![
        at().prop_map(Change::Delete),
        at().prop_map(Change::Duplicate),
        (at(), tokens).prop_map(|(at, new)| Change::Replace(at, new)),
        (at(), at()).prop_map(|(from, to)| Change::Move(from, to)),
        (at(), any::<u8>()).prop_map(|(at, new)| Change::Byte(at, new)),
    ]
}

/// Words and numbers whole, everything else by character.
fn tokens(text: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut tokens = vec![];
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end =
            if is_word(first) { rest.find(|c| !is_word(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
        let (token, after) = rest.split_at(end);
        tokens.push(token);
        rest = after;
    }
    tokens
}

pub(crate) fn apply(text: &str, change: &Change) -> String {
    let mut tokens = tokens(text);
    if tokens.is_empty() {
        return String::new();
    }
    match change {
        Change::Delete(at) => {
            tokens.remove(at.index(tokens.len()));
        }
        Change::Duplicate(at) => {
            let at = at.index(tokens.len());
            tokens.insert(at, tokens[at]);
        }
        Change::Replace(at, new) => *at.get_mut(&mut tokens) = new,
        Change::Move(from, to) => {
            let (from, to) = (from.index(tokens.len()), to.index(tokens.len()));
            tokens[to] = tokens[from];
        }
        Change::Byte(at, new) => {
            let mut bytes = text.as_bytes().to_vec();
            *at.get_mut(&mut bytes) = *new;
            return String::from_utf8_lossy(&bytes).into_owned();
        }
    }
    tokens.concat()
}

/// A text with a few changes.
pub(crate) fn changed(
    text: &'static str,
    tokens: impl Strategy<Value = &'static str>,
) -> impl Strategy<Value = String> {
    let change = change(tokens);
    vec(change, 0..5)
        .prop_map(move |changes| changes.iter().fold(text.to_owned(), |text, change| apply(&text, change)))
}

/// Bytes with a few changes, most of them near the beginning, where a file says what it holds.
pub(crate) fn damaged(bytes: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
    const HEAD: usize = 160;
    let place = (any::<Index>(), prop::bool::weighted(0.75))
        .prop_map(move |(at, is_near)| at.index(if is_near { bytes.len().min(HEAD) } else { bytes.len() }));
    let digits = select(&b"0123456789,:{}()[]'\"<>|fi-"[..]);
    let byte = prop_oneof![Just(0), Just(0xff), Just(0x7f), Just(0x80), digits, any::<u8>()];
    let damage = (place, 0..6_usize, vec(byte, 0..4));
    vec(damage, 0..4).prop_map(move |damages| {
        let mut bytes = bytes.to_vec();
        for (at, length, new) in damages {
            let at = at.min(bytes.len());
            // As many bytes as before, or more, or fewer; now and then all that is behind is gone.
            let end = if length == 5 { bytes.len() } else { (at + length).min(bytes.len()) };
            bytes.splice(at..end, new);
        }
        bytes
    })
}
