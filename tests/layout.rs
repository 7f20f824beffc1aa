//! The canonical layout: what comes with cnncost has it, whatever is laid out says the same and stays as it is, and
//! `cnncost fmt` writes it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;

use cnncost::layout::format;
use cnncost::read::bundled::{BUNDLED, CLAIMS};
use cnncost::read::{Description, Options};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Descriptions and files of claims below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![];
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// `cnncost fmt models/*.toml models/claims/*.toml` lays them out anew.
#[test]
fn what_is_bundled_is_laid_out() {
    let texts = BUNDLED.iter().chain(CLAIMS).map(|file| (file.name, file.text));
    for (name, text) in texts {
        assert_eq!(format(name, text).unwrap(), text, "{name}");
    }
}

/// Every network that a description stands for, node by node.
fn networks(name: &str, text: &str) -> Vec<String> {
    let Ok(description) = Description::parse(name, text) else { return vec![] };
    let variants = description.variants.iter().map(|variant| Some(variant.name.text.to_string()));
    let expand = |variant| description.expand(&Options { variant, ..Options::default() });
    std::iter::once(None)
        .chain(variants)
        .map(|variant| match expand(variant) {
            Ok(network) => {
                format!("{:?} {}", network.params, without_places(&format!("{:?}", network.graph)))
            }
            Err(error) => format!("{:?}", error.codes()),
        })
        .collect()
}

/// What is shown of a graph, but where it stands in the file.
fn without_places(shown: &str) -> String {
    let mut parts = shown.split("Text(");
    let first = parts.next().unwrap_or_default().to_owned();
    first
        + &parts
            .map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.'))
            .collect::<String>()
}

/// A text without the spaces that mean nothing.
fn without_spaces(text: &str) -> String {
    let bare = |line: &str| {
        let (mut quote, mut is_comment) = (None, false);
        let is_kept = |&c: &char| {
            is_comment |= quote.is_none() && c == '#';
            match quote {
                _ if is_comment => {}
                Some(open) if open == c => quote = None,
                None if c == '"' || c == '\'' => quote = Some(c),
                Some(_) | None => {}
            }
            c != ' ' || is_comment || quote.is_some()
        };
        line.chars().filter(is_kept).collect::<String>()
    };
    text.lines().map(|line| bare(line) + "\n").collect()
}

/// Files that others have written, the broken ones among them, with and without spaces: whatever can be read is laid out, once
/// and for all.
#[test]
fn a_layout_says_the_same_and_stays() {
    let (mut laid_out, mut changed) = (0, 0);
    for file in ["tests", "models"].map(folder).iter().flat_map(|folder| files(folder)) {
        let (name, text) = (file.display().to_string(), fs::read_to_string(&file).unwrap());
        for text in [without_spaces(&text), text] {
            let Ok(once) = format(&name, &text) else { continue };
            assert_eq!(format(&name, &once).unwrap(), once, "{name}");
            assert_eq!(networks(&name, &once), networks(&name, &text), "{name}");
            laid_out += 1;
            changed += usize::from(once != text);
        }
    }
    assert!(laid_out > 150 && changed > 80, "{changed} of {laid_out} change");
}

/// Where lines end, and what is on each, is not a matter of spaces; but columns are.
#[test]
fn what_is_bundled_is_laid_out_anew_from_its_words() {
    for file in BUNDLED.iter().chain(CLAIMS) {
        let anew = format(file.name, &without_spaces(file.text)).unwrap();
        let one_space =
            |text: &str| text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        let lines = |text: &str| text.lines().map(one_space).collect::<Vec<_>>().join("\n");
        assert_eq!(lines(&anew), lines(file.text), "{}", file.name);
    }
}

const NET: &str = "input=[3, 8, 8]\nlayers = [{op='relu'}]   # one\n";
const LAID_OUT: &str = "input = [3, 8, 8]\nlayers = [\"relu\"]   # one\n";

fn fmt(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut command = Command::cargo_bin("cnncost").unwrap();
    command.current_dir(folder).env("COLUMNS", "100").env_remove("CLICOLOR_FORCE");
    command.arg("fmt").args(arguments).write_stdin(input).output().unwrap()
}

fn code_and_texts(output: &Output) -> (i32, &str, &str) {
    let text = |bytes| std::str::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn files_are_written_in_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let read = |name: &str| fs::read_to_string(path(name)).unwrap();
    fs::write(path("a.toml"), NET).unwrap();
    fs::write(path("b.toml"), LAID_OUT).unwrap();
    fs::write(path("broken.toml"), "input = [3]\nlayers = [{op='rleu'}]\n").unwrap();
    let before = fs::metadata(path("b.toml")).unwrap().modified().unwrap();

    let check = fmt(folder.path(), &["--check", "a.toml", "b.toml"], "");
    let shown = "a.toml:1\n- input=[3, 8, 8]\n+ input = [3, 8, 8]\n";
    assert_eq!(code_and_texts(&check), (1, shown, ""));
    assert_eq!(read("a.toml"), NET);

    // A file with a mistake stays; the others are done.
    let all = fmt(folder.path(), &["a.toml", "broken.toml", "b.toml", "./a.toml", "none.toml"], "");
    let (code, out, said) = code_and_texts(&all);
    assert_eq!((code, out), (2, ""));
    assert!(said.contains("did you mean `relu`?") && said.contains("there is no such file"), "{said}");
    assert_eq!((&*read("a.toml"), &*read("b.toml")), (LAID_OUT, LAID_OUT));
    assert_eq!(read("broken.toml"), "input = [3]\nlayers = [{op='rleu'}]\n");
    assert_eq!(fs::metadata(path("b.toml")).unwrap().modified().unwrap(), before);
    assert_eq!(code_and_texts(&fmt(folder.path(), &["--check", "a.toml", "b.toml"], "")), (0, "", ""));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
}

#[test]
fn standard_input_goes_to_standard_output() {
    let folder = tempfile::tempdir().unwrap();
    let fmt = |arguments: &[&str], input: &str| fmt(folder.path(), arguments, input);
    assert_eq!(code_and_texts(&fmt(&["-"], NET)), (0, LAID_OUT, ""));
    assert_eq!(code_and_texts(&fmt(&["-"], &NET.replace('\n', "\r\n"))).1, LAID_OUT.replace('\n', "\r\n"));
    assert_eq!(code_and_texts(&fmt(&["-", "--check"], LAID_OUT)), (0, "", ""));
    let end = "-:2\n(no line ends here)\n";
    assert_eq!(code_and_texts(&fmt(&["-", "--check"], LAID_OUT.trim_end())), (1, end, ""));
    let broken = fmt(&["-"], "input = [");
    let (code, out, said) = code_and_texts(&broken);
    assert!((code, out) == (2, "") && said.contains("standard input:1"), "{said}");
    assert_eq!(code_and_texts(&fmt(&["-", "-o", "new.toml"], NET)), (0, "", ""));
    assert_eq!(fs::read_to_string(folder.path().join("new.toml")).unwrap(), LAID_OUT);
}

#[test]
fn what_has_no_place_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.toml"), NET).unwrap();
    fs::write(folder.path().join("devices.toml"), "[board]\nmemory_bytes = 1000\n").unwrap();
    for (arguments, help) in [
        (&["lenet5"][..], "cnncost models lenet5 -o lenet5.toml"),
        (&["lenet5", "--check"], "cnncost models lenet5 -o lenet5.toml"),
        (&["."], "it is a directory"),
        (&["devices.toml"], "`board` is no key of the file"),
        (&["a.toml", "-o", "a.toml"], "it is not written over"),
        (&["a.toml", "-", "-o", "b.toml"], "takes one file"),
        (&["a.toml", "--check", "-o", "b.toml"], "cannot be used with"),
        (&[], "<FILE>"),
    ] {
        let output = fmt(folder.path(), arguments, "");
        let (code, out, said) = code_and_texts(&output);
        assert_eq!((code, out), (2, ""), "{arguments:?}: {said}");
        assert!(said.contains(help), "{arguments:?}: {said}");
    }
    assert_eq!(fs::read_to_string(folder.path().join("a.toml")).unwrap(), NET);
}

/// A lock is laid out by what writes it, and a file of claims like any other.
#[test]
fn locks_stay_and_claims_are_laid_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut check = Command::cargo_bin("cnncost").unwrap();
    check.current_dir(folder.path()).env_remove("CLICOLOR_FORCE");
    assert!(check.args(["check", "lenet5", "--update", "lock.toml"]).output().unwrap().status.success());
    let lock = fs::read_to_string(folder.path().join("lock.toml")).unwrap();
    fs::write(folder.path().join("claims.toml"), "[networks]\nnet='lenet5'\n[[claims]]\nexpect='macs>1'\n")
        .unwrap();
    assert_eq!(code_and_texts(&fmt(folder.path(), &["lock.toml", "claims.toml"], "")), (0, "", ""));
    assert_eq!(fs::read_to_string(folder.path().join("lock.toml")).unwrap(), lock);
    let claims = fs::read_to_string(folder.path().join("claims.toml")).unwrap();
    assert_eq!(claims, "[networks]\nnet = \"lenet5\"\n\n[[claims]]\nexpect = \"macs>1\"\n");
}

/// A long description takes no longer than it must: a line of many entries, many lines, deep lists.
#[test]
fn large_files_are_laid_out_in_time() {
    let items = "  {op='relu',  name='r'},\n".repeat(20_000);
    let set: String = (0..20_000).map(|index| format!("a{index} = 1,  ")).collect();
    let deep = "{layers=[".repeat(30) + "{op='relu'}" + &"]}".repeat(30);
    for layers in [items, format!("{{op='relu', {set}}}"), deep] {
        let text = format!("input = [8]\nlayers = [{layers}]\n");
        let start = std::time::Instant::now();
        // Whether there are mistakes in it, such as names that stand twice, is of no matter here.
        let _ = format("large.toml", &text);
        assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    }
}
