//! The pages on the language name every key, function and reserved word, and their examples are what they say.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use cnncost::read::bundled;
use cnncost::read::expression::{Expression, Failure, RESERVED, Rational, Scope, SizeOf, Value};
use cnncost::read::keys::{self, Key};

use crate::held::Desk;
use crate::made;
use crate::page::{Page, code, rows};
use crate::shown::LEFT_OUT;
use crate::{book, pages};

fn page(name: &str) -> Page {
    Page::read(&book().join("language").join(name))
}

/// The options of every command stand on their page, and what it is for on the first.
#[test]
fn every_command_is_told() {
    let help = made::list("cnncost --help");
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names: Vec<_> = commands.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() > 10, "only {} commands were found", names.len());
    let options = Page::read(&book().join("reference/commands.md")).text();
    let table = Page::read(&book().join("using.md")).section("# The commands");
    for name in names.into_iter().filter(|&name| name != "help") {
        assert!(options.contains(&format!("\n$ cnncost {name} -h\n")), "{name} has no options in the book");
        let told = rows(&table).iter().any(|row| code(row[0]).contains(&name));
        assert!(told, "{name} is not among the commands");
    }
}

/// The page of words has the Chinese ones that the program says.
#[test]
fn chinese_words_are_those_of_the_program() {
    let page = Page::read(&book().join("students/words.md"));
    let section = page.section("# Words");
    let said: String = source_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).concat();
    for row in rows(&section) {
        for word in row[1].split('、') {
            assert!(said.contains(word), "the program does not say {word}");
        }
    }
}

/// The texts of the program.
fn source_files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() { source_files(&path) } else { fs::read_to_string(&path).into_iter().collect() }
        })
        .collect()
}

/// What is said of one network in several ways comes to the same figures.
#[test]
fn ways_of_writing_come_to_the_same() {
    let desk = Desk::with_files(
        "same",
        pages().iter().filter(|page| page.path.starts_with(book().join("language"))),
    );
    let totals = |network: &str| {
        let output = desk.run(&format!("cnncost analyze {network} --format json"));
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
    let mut checked = 0;
    for page in pages() {
        let prose = page.prose();
        for code in code(&prose) {
            if code.starts_with("{ ") && !code.contains(LEFT_OUT) {
                let table: Result<toml::Table, _> = toml::from_str(&format!("table = {code}"));
                assert!(table.is_ok(), "{}: {code}", page.name());
                checked += 1;
            }
        }
    }
    assert!(checked > 3, "only {checked} tables were found");
}

#[test]
fn the_reference_has_every_key() {
    let page = page("keys.md");
    for (heading, lists) in [
        ("## Of the file", &[keys::FILE][..]),
        ("## Of an included file", &[keys::INCLUDED]),
        ("## Of every item", &[keys::ITEM]),
        ("## Of an item, exactly one of these", &[keys::BODY, keys::MERGED]),
        ("## Beside branches", &[keys::MERGING, keys::MERGE_SETTINGS]),
        ("## Of a branch that is more than a list", &[keys::BRANCH]),
        ("## Of a block", &[keys::BLOCK, keys::MERGED]),
        ("## Of a variant", &[keys::VARIANT]),
        ("## Of a claim", &[keys::CLAIM]),
        ("## Of a file of claims", &[keys::CLAIMS_FILE]),
        ("## Of a network in a file of claims", &[keys::REFERENCE]),
    ] {
        let known: Vec<&str> = lists.iter().copied().flatten().map(|key: &Key| key.name).collect();
        let section = page.section(heading);
        let said: Vec<&str> = rows(&section).iter().map(|row| row[0].trim_matches('`')).collect();
        assert_eq!(said, known, "{heading}");
    }
}

#[test]
fn the_reference_has_every_function_and_word() {
    let section = page("expressions.md").section("## Functions");
    let (functions, words) = section.split_once("\nReserved words").unwrap();
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
    let section = page("files.md").section("## Included files");
    let table = rows(&section);
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
    let section = page("expressions.md").section("## Examples");
    let examples = rows(&section);
    assert!(examples.len() > 15, "only {} examples were found", examples.len());
    for row in examples {
        let value = Expression::parse(code(row[0])[0]).and_then(|expression| expression.evaluate(&Here));
        assert_eq!(value.unwrap().to_string(), row[1], "{}", row[0]);
    }
}
