//! Pages of documentation: the files and commands that stand on them, and whether these print what stands below them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A line that stands for lines that are left out.
pub(crate) const LEFT_OUT: &str = "…";

/// Fenced blocks of a language.
pub(crate) fn blocks<'t>(page: &'t str, language: &str) -> Vec<&'t str> {
    let fence = format!("```{language}\n");
    page.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// The files of the page by the name in their first line.
pub(crate) fn files(page: &str) -> Vec<(&str, &str)> {
    let named = |text| {
        let first: &str = str::lines(text).next().unwrap();
        (first.strip_prefix("# ").expect("a file begins with its name"), text)
    };
    blocks(page, "toml").into_iter().map(named).collect()
}

/// A folder with the files of the page in it.
pub(crate) fn folder(name: &str, page: &str) -> PathBuf {
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

pub(crate) fn run(command: &str, folder: &Path) -> Output {
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
pub(crate) fn places(shown: &[&str], printed: &[&str]) -> Option<Vec<(usize, usize)>> {
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
pub(crate) fn anew(shown: &[&str], printed: &[&str]) -> Option<String> {
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

/// Runs the commands of a page, of which some fail, and holds what they print to what stands there, or writes it there anew if
/// `UPDATE_README` is set; the page, and every word of its commands.
pub(crate) fn held(
    mut page: String,
    folder: &Path,
    fails: impl Fn(&str) -> bool,
) -> (String, BTreeSet<String>) {
    let console: Vec<String> = blocks(&page, "console").into_iter().map(str::to_owned).collect();
    let mut run_on = BTreeSet::new();
    for block in console {
        let (first, shown) = block.split_once('\n').unwrap();
        let command = first.strip_prefix("$ ").unwrap();
        let output = run(command, folder);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.success(), !fails(command), "{command}: {errors}");
        run_on.extend(command.split([' ', '@']).map(str::to_owned));
        let printed = String::from_utf8(output.stdout).unwrap() + &errors;
        let (shown, printed): (Vec<_>, Vec<_>) = (shown.lines().collect(), printed.lines().collect());
        if places(&shown, &printed).is_some() {
            continue;
        }
        let (all, is_updated) = (printed.join("\n") + "\n", std::env::var_os("UPDATE_README").is_some());
        assert!(is_updated, "{command} prints\n{all}");
        let filled = anew(&shown, &printed).filter(|_| !shown.is_empty()).unwrap_or(all);
        page = page.replace(&format!("```console\n{block}```"), &format!("```console\n{first}\n{filled}```"));
    }
    (page, run_on)
}
