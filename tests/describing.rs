//! `docs/describing-a-network.md` is true: every description on it is read, every output is what the program prints, and its
//! reference names every key, function and reserved word.
//!
//! `UPDATE_README=1 cargo test --test describing` writes the outputs anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use cnncost::read::bundled;
use cnncost::read::expression::{Expression, Failure, RESERVED, Rational, Scope, SizeOf, Value};
use cnncost::read::keys::{self, Key};

/// The file that is refused, to show how.
const BROKEN: &str = "broken.toml";

/// A line that stands for lines that are left out.
const LEFT_OUT: &str = "…";

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/describing-a-network.md")
}

fn page() -> String {
    fs::read_to_string(path()).unwrap()
}

/// Fenced blocks of a language.
fn blocks<'t>(page: &'t str, language: &str) -> Vec<&'t str> {
    let fence = format!("```{language}\n");
    page.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// The files of the page by the name in their first line.
fn files(page: &str) -> Vec<(&str, &str)> {
    let named = |text| {
        let first: &str = str::lines(text).next().unwrap();
        (first.strip_prefix("# ").expect("a file begins with its name"), text)
    };
    blocks(page, "toml").into_iter().map(named).collect()
}

/// A folder with the files of the page in it.
fn folder(name: &str, page: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    for (name, text) in files(page) {
        let path = folder.join(name);
        assert!(!path.exists(), "{name} stands twice");
        fs::write(path, text).unwrap();
    }
    folder
}

fn run(command: &str, folder: &Path) -> Output {
    let bin = Path::new(env!("CARGO_BIN_EXE_cnncost")).parent().unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::iter::once(bin.to_owned()).chain(std::env::split_paths(&path));
    Command::new("sh")
        .args(["-c", command])
        .env("PATH", std::env::join_paths(paths).unwrap())
        .env("COLUMNS", "100")
        .env_remove("CLICOLOR_FORCE")
        .current_dir(folder)
        .output()
        .unwrap()
}

/// Where the pieces of `shown` stand in what was printed, one behind the other; `None` if one does not.
fn places(shown: &[&str], printed: &[&str]) -> Option<Vec<(usize, usize)>> {
    let pieces: Vec<_> = shown.split(|line| *line == LEFT_OUT).collect();
    let (mut at, mut places) = (0, vec![]);
    for (number, piece) in pieces.iter().enumerate() {
        let fits = |from: &usize| printed.get(*from..from + piece.len()) == Some(piece);
        let from = match (number, number + 1 == pieces.len()) {
            (0, false) => Some(0).filter(fits),
            (0, true) => Some(0).filter(|from| piece.len() == printed.len() && fits(from)),
            (_, true) => printed.len().checked_sub(piece.len()).filter(|&from| from >= at && fits(&from)),
            _ => (at..=printed.len()).find(fits),
        }?;
        at = from + piece.len();
        places.push((from, at));
    }
    Some(places)
}

/// The pieces of `shown` as they are printed now: the lines from the one that begins with the same word as the first of a
/// piece to the one that begins as its last.
fn anew(shown: &[&str], printed: &[&str]) -> Option<String> {
    let word = |line: &str| line.split_whitespace().next().map(|word| word.trim_end_matches('─').to_owned());
    let pieces: Vec<_> = shown.split(|line| *line == LEFT_OUT).collect();
    let (mut at, mut lines) = (0, vec![]);
    for (number, piece) in pieces.iter().enumerate() {
        if let (Some(first), Some(last)) = (piece.first(), piece.last()) {
            let is_like = |line: &str, other: &str| word(line) == word(other);
            let from =
                if number == 0 { 0 } else { at + printed[at..].iter().position(|l| is_like(l, first))? };
            let least = from + piece.len().min(printed.len() - from) - 1;
            at = 1 + least + printed[least..].iter().position(|line| is_like(line, last))?;
            lines.extend(&printed[from..at]);
        }
        if number + 1 < pieces.len() {
            lines.push(LEFT_OUT);
        }
    }
    Some(lines.iter().map(|line| format!("{line}\n")).collect())
}

#[test]
fn commands_print_what_stands_there() {
    let mut page = page();
    let folder = folder("describing-printed", &page);
    let console: Vec<String> = blocks(&page, "console").into_iter().map(str::to_owned).collect();
    assert!(console.len() > 20, "only {} commands were found", console.len());
    let mut run_on = BTreeSet::new();
    for block in console {
        let (first, shown) = block.split_once('\n').unwrap();
        let command = first.strip_prefix("$ ").unwrap();
        let output = run(command, &folder);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.success(), !command.contains(BROKEN), "{command}: {errors}");
        run_on.extend(command.split([' ', '@']).map(str::to_owned));
        let printed = String::from_utf8(output.stdout).unwrap() + &errors;
        let (shown, printed): (Vec<_>, Vec<_>) = (shown.lines().collect(), printed.lines().collect());
        if places(&shown, &printed).is_some() {
            continue;
        }
        let (all, is_updated) = (printed.join("\n") + "\n", std::env::var_os("UPDATE_README").is_some());
        assert!(is_updated, "{command} prints\n{all}");
        let filled = anew(&shown, &printed).unwrap_or(all);
        page = page.replace(&format!("```console\n{block}```"), &format!("```console\n{first}\n{filled}```"));
    }
    // Each file is followed by a command on it, and what is included is included by such a file.
    for (name, text) in files(&page) {
        let is_included =
            files(&page).iter().any(|(_, other)| other.contains(&format!("include = [\"{name}\"")));
        assert!(run_on.contains(name) || (is_included && !text.contains("\ninput")), "nothing runs {name}");
    }
    if std::env::var_os("UPDATE_README").is_some() {
        fs::write(path(), page).unwrap();
    }
}

#[test]
fn pieces_are_found_only_where_they_stand() {
    let printed = ["a", "b", "c", "b", "d"];
    for (shown, expected) in [
        (&["a", "b", "c", "b", "d"][..], true),
        (&["a", "b"], false),
        (&["a", "…"], true),
        (&["b", "…"], false),
        (&["…", "b", "d"], true),
        (&["…", "b", "c"], false),
        (&["a", "…", "c", "…", "d"], true),
        (&["a", "…", "d", "…", "c", "…"], false),
        (&["…", "c", "d", "…"], false),
    ] {
        assert_eq!(places(shown, &printed).is_some(), expected, "{shown:?}");
    }
}

#[test]
fn descriptions_are_read_without_a_warning_and_claims_hold() {
    let page = page();
    let folder = folder("describing-read", &page);
    let files = files(&page);
    assert!(files.len() > 20, "only {} files were found", files.len());
    for (name, text) in files {
        if !text.contains("\nlayers") || !text.contains("\ninput") {
            continue;
        }
        let all = if text.contains("\nvariants") { "@*" } else { "" };
        let output = run(&format!("cnncost analyze {name}{all} --strict"), &folder);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.success(), name != BROKEN, "{name}: {said}");
        assert!(!said.contains("warning"), "{name}: {said}");
        if text.contains("[[claims]]") {
            assert!(run(&format!("cnncost check {name}"), &folder).status.success(), "{name}");
        }
    }
}

/// What is said of one network in several ways comes to the same figures.
#[test]
fn ways_of_writing_come_to_the_same() {
    let page = page();
    let folder = folder("describing-same", &page);
    let totals = |network: &str| {
        let output = run(&format!("cnncost analyze {network} --format json"), &folder);
        assert!(output.status.success(), "{network}: {}", String::from_utf8_lossy(&output.stderr));
        let analysis: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        analysis["networks"][0]["totals"].as_object().expect("there are totals").clone()
    };
    for (one, other) in [
        ("lenet.toml", "named.toml"),
        ("resnet18.toml", "resnet18"),
        ("resnets.toml@resnet18", "resnet18"),
        ("resnets.toml@resnet34", "resnet34"),
        ("resnets.toml@resnet50", "resnet50"),
        ("resnets.toml@resnet101", "resnet101"),
        ("resnet_std.toml", "resnet18"),
        ("resnet_std.toml --set depths=3,4,6,3", "resnet34"),
    ] {
        assert_eq!(totals(one), totals(other), "{one} and {other}");
    }
}

/// Inline tables in the text are TOML.
#[test]
fn tables_in_the_text_are_toml() {
    let (page, mut checked) = (page(), 0);
    let prose = page.split("```").step_by(2);
    for code in prose.flat_map(|text| text.split('`').skip(1).step_by(2)) {
        if code.starts_with("{ ") && !code.contains(LEFT_OUT) {
            let table: Result<toml::Table, _> = toml::from_str(&format!("table = {code}"));
            assert!(table.is_ok(), "{code}");
            checked += 1;
        }
    }
    assert!(checked > 3, "only {checked} tables were found");
}

/// What stands under a heading, up to the next heading of any level.
fn section<'p>(page: &'p str, heading: &str) -> &'p str {
    let from = page.find(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("there is no {heading}"));
    let rest = &page[from + heading.len() + 2..];
    rest.split("\n##").next().unwrap()
}

/// The rows of the table in a section, each with its cells.
fn rows(section: &str) -> Vec<Vec<&str>> {
    let lines = section.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    lines.skip(1).map(|line| line.split(" | ").collect()).collect()
}

/// What stands between single backticks.
fn code(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn the_reference_has_every_key() {
    let page = page();
    for (heading, lists) in [
        ("#### Of the file", &[keys::FILE][..]),
        ("#### Of an included file", &[keys::INCLUDED]),
        ("#### Of every item", &[keys::ITEM]),
        ("#### Of an item, exactly one of these", &[keys::BODY, keys::MERGED]),
        ("#### Beside branches", &[keys::MERGING, keys::MERGE_SETTINGS]),
        ("#### Of a branch that is more than a list", &[keys::BRANCH]),
        ("#### Of a block", &[keys::BLOCK, keys::MERGED]),
        ("#### Of a variant", &[keys::VARIANT]),
        ("#### Of a claim", &[keys::CLAIM]),
        ("#### Of a file of claims", &[keys::CLAIMS_FILE]),
        ("#### Of a network in a file of claims", &[keys::REFERENCE]),
    ] {
        let known: Vec<&str> = lists.iter().copied().flatten().map(|key: &Key| key.name).collect();
        let said: Vec<&str> =
            rows(section(&page, heading)).iter().map(|row| row[0].trim_matches('`')).collect();
        assert_eq!(said, known, "{heading}");
    }
}

#[test]
fn the_reference_has_every_function_and_word() {
    let page = page();
    let (functions, words): (&str, &str) =
        section(&page, "#### Functions").split_once("\nReserved words").unwrap();
    let said: BTreeSet<&str> = rows(functions)
        .into_iter()
        .flat_map(|row| code(row[0]).into_iter().map(|usage| usage.split('(').next().unwrap()))
        .collect();
    // A mistake lists them, but for those that are names too.
    let mistake = Expression::parse("qqqqqqqqqqqq(1)").unwrap_err().failure.help.unwrap().english;
    let listed = mistake.strip_prefix("the functions are ").unwrap();
    let known: BTreeSet<&str> = listed.split(", ").chain(["in", "h", "w"]).collect();
    assert_eq!(said, known);
    let words = words.split("\n\n").next().unwrap();
    let said: BTreeSet<&str> = code(words).into_iter().collect();
    assert_eq!(said, RESERVED.iter().copied().collect());
}

#[test]
fn included_blocks_are_listed_with_their_parameters() {
    let page = page();
    let text = bundled::BLOCKS.iter().find(|file| file.name == "std").unwrap().text;
    let file: toml::Table = toml::from_str(text).unwrap();
    let names = |block: &toml::Value| {
        let required = block.get("params").and_then(toml::Value::as_array).into_iter().flatten();
        let mut names: BTreeSet<String> = required.map(|name| name.as_str().unwrap().to_owned()).collect();
        for given in ["defaults", "choices"].into_iter().filter_map(|key| block.get(key)?.as_table()) {
            names.extend(given.keys().cloned());
        }
        names
    };
    let known = file["blocks"].as_table().unwrap().iter().map(|(name, block)| (name.clone(), names(block)));
    let all =
        |cells: &[&str]| cells.iter().flat_map(|cell| code(cell)).map(str::to_owned).collect::<BTreeSet<_>>();
    let table = rows(section(&page, "## Included files"));
    let said = table.iter().map(|row| (code(row[0])[0].to_owned(), all(&row[1..row.len() - 1])));
    assert_eq!(said.collect::<BTreeSet<_>>(), known.collect::<BTreeSet<_>>());
}

/// What the page's examples of expressions are evaluated in.
struct Here;

fn number(number: i128) -> Value {
    Value::Number(Rational::from_integer(number))
}

fn size(sizes: [u64; 3], k: i128) -> u64 {
    sizes[usize::try_from(if k < 0 { k + 3 } else { k - 1 }).unwrap()]
}

impl Scope for Here {
    fn name(&self, name: &str) -> Result<Value, Failure> {
        Ok(match name {
            "in" => number(64),
            "h" => number(56),
            "w" => number(28),
            "width" => number(96),
            "i" => number(2),
            "depths" => Value::List([3, 4, 6, 3].map(number).into()),
            "act" => Value::Word("relu".into()),
            _ => panic!("nothing is called {name}"),
        })
    }

    fn dim(&self, k: i128) -> Result<u64, Failure> {
        Ok(size([64, 56, 28], k))
    }

    fn size_of(&self, name: &str, asked: SizeOf) -> Result<u64, Failure> {
        assert_eq!(name, "low");
        Ok(match asked {
            SizeOf::Channels => 128,
            SizeOf::Height => 14,
            SizeOf::Width => 7,
            SizeOf::Dimension(k) => size([128, 14, 7], k),
        })
    }
}

#[test]
fn expressions_have_the_values_that_stand_there() {
    let page = page();
    let examples = rows(section(&page, "#### Examples"));
    assert!(examples.len() > 15, "only {} examples were found", examples.len());
    for row in examples {
        let value = Expression::parse(code(row[0])[0]).and_then(|expression| expression.evaluate(&Here));
        assert_eq!(value.unwrap().to_string(), row[1], "{}", row[0]);
    }
}
