//! A page held to the program: its files are written into a folder and read, its commands run there, one after the other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use cnncost::read::{devices, weight_map};

use crate::links::links;
use crate::made;
use crate::page::{Page, Part};
use crate::shown::{is_shown, renewed};

/// Languages of blocks that are for reading alone.
const READ: [&str; 9] = ["text", "sh", "python", "rust", "diff", "json", "latex", "markdown", "svg"];

/// Whether pages are to be written as they should be.
pub(crate) fn is_updated() -> bool {
    std::env::var_os("UPDATE_DOCS").is_some()
}

/// Holds a page to the program, or writes what differs anew if `UPDATE_DOCS` is set.
pub(crate) fn hold(page: &mut Page) {
    let name = page.name();
    let mut desk = Desk::of(page);
    for part in &mut page.parts {
        match part {
            Part::Prose(_) => {}
            Part::Made { name: list, body } => {
                let made = made::list(list);
                assert!(*body == made || is_updated(), "{name}: {list} has changed");
                *body = made;
            }
            Part::Block { info, body } => desk.block(info, body),
        }
    }
    desk.hold_that_files_are_used();
    desk.hold_pictures(page);
    if is_updated() {
        fs::write(&page.path, page.text()).unwrap();
    }
}

/// Where the commands of a page are run.
pub(crate) struct Desk {
    page: String,
    pub(crate) folder: PathBuf,
    /// The files of the page that no command has been run on yet.
    unused: BTreeSet<String>,
}

impl Desk {
    /// A new folder, with the files in it that the page speaks of and the repository has.
    fn of(page: &Page) -> Self {
        let (desk, text) = (Self::new(&page.name()), page.text());
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for (from, to) in
            [("models", "models/"), ("models/blocks", "models/blocks/"), ("tests/onnx/page", "")]
        {
            for entry in fs::read_dir(root.join(from)).unwrap() {
                let entry = entry.unwrap();
                let file = format!("{to}{}", entry.file_name().to_str().unwrap());
                if entry.file_type().unwrap().is_file() && text.contains(&file) {
                    fs::copy(entry.path(), desk.folder.join(file)).unwrap();
                }
            }
        }
        desk
    }

    /// A new folder, with the files in it that stand on these pages.
    pub(crate) fn with_files<'p>(name: &str, pages: impl Iterator<Item = &'p Page>) -> Self {
        let desk = Self::new(name);
        for text in pages.flat_map(|page| page.blocks("toml")) {
            fs::write(desk.folder.join(name_in(text)), text).unwrap();
        }
        desk
    }

    fn new(name: &str) -> Self {
        let folder = format!("docs-{}", name.replace(['/', '\\', '.'], "-"));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("models/blocks")).unwrap();
        Self { page: name.to_owned(), folder, unused: BTreeSet::new() }
    }

    /// Holds a block, or corrects it.
    fn block(&mut self, info: &str, body: &mut String) {
        let (language, mark) = info.split_once(' ').unwrap_or((info, ""));
        match language {
            "console" => {
                let code = mark.strip_prefix("exit=").map_or(0, |code| code.parse().unwrap());
                *body = self.console(body, code);
            }
            "toml" => self.file(body, mark == "broken"),
            "yaml" => self.workflow(body),
            other => {
                assert!(READ.contains(&other), "{}: what is a block of `{info}`?", self.page);
            }
        }
    }

    /// What a block of commands says once they have been run. Outputs of several are left out, unless one is shown.
    fn console(&mut self, block: &str, code: i32) -> String {
        let mut commands: Vec<(&str, String)> = vec![];
        for line in block.lines() {
            match (line.strip_prefix("$ "), commands.last_mut()) {
                (Some(command), _) => commands.push((command, String::new())),
                (None, Some((_, shown))) => shown.push_str(&format!("{line}\n")),
                (None, None) => panic!("{}: {line} stands before any command", self.page),
            }
        }
        let is_left_out = commands.len() > 1 && commands.iter().all(|(_, shown)| shown.is_empty());
        let mut text = String::new();
        for (command, shown) in commands {
            let printed = self.printed(command, code);
            let is_right = is_left_out || command == "cargo test" || is_shown(&shown, &printed);
            assert!(is_right || is_updated(), "{}: {command} prints\n{printed}", self.page);
            let shown = if is_right { shown } else { renewed(&shown, &printed) };
            text.push_str(&format!("$ {command}\n{shown}"));
        }
        text
    }

    /// What a command prints, its notes and errors last.
    fn printed(&mut self, command: &str, code: i32) -> String {
        if command == "cargo test" {
            return String::new();
        }
        for word in command.split([' ', '@', '\'']) {
            self.unused.remove(word);
        }
        let output = self.run(command);
        let errors = String::from_utf8(output.stderr).unwrap();
        let printed = String::from_utf8(output.stdout).unwrap() + &errors;
        assert_eq!(output.status.code(), Some(code), "{}: {command}: {printed}", self.page);
        printed
    }

    /// Runs a command as a reader does, in the folder.
    pub(crate) fn run(&self, command: &str) -> Output {
        let bin = Path::new(env!("CARGO_BIN_EXE_cnncost")).parent().unwrap();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let paths = std::iter::once(bin.to_owned()).chain(std::env::split_paths(&path));
        Command::new("sh")
            .args(["-c", &command.replace("cargo run --release -- ", "cnncost ")])
            .env("PATH", std::env::join_paths(paths).unwrap())
            .env("COLUMNS", "100")
            .env("GITHUB_STEP_SUMMARY", "summary.md")
            .env_remove("CLICOLOR_FORCE")
            .current_dir(&self.folder)
            .output()
            .unwrap()
    }

    /// Writes a file under the name in its first line, and holds that it is read, or refused if it is `broken`.
    fn file(&mut self, text: &str, broken: bool) {
        let name = name_in(text);
        fs::write(self.folder.join(name), text).unwrap();
        let has = |key: &str| text.contains(&format!("\n{key}"));
        let commands = if has("networks") || has("[networks]") {
            vec![format!("cnncost check {name}")]
        } else if has("layers") && has("input") {
            let all = if has("variants") { "@*" } else { "" };
            let check = has("[[claims]]").then(|| format!("cnncost check {name}"));
            std::iter::once(format!("cnncost analyze {name}{all} --strict")).chain(check).collect()
        } else {
            if has("peak_flops") {
                devices::parse(name, text).unwrap();
            } else if has("[blocks.") {
                self.unused.insert(name.to_owned());
            } else {
                weight_map::parse(name, text).unwrap();
            }
            return;
        };
        self.unused.insert(name.to_owned());
        let said: Vec<_> = commands.iter().map(|command| (command, self.run(command))).collect();
        if broken {
            let is_refused = said.iter().any(|(_, output)| !output.status.success());
            assert!(is_refused, "{}: {name} is not broken", self.page);
            return;
        }
        for (command, output) in said {
            let (printed, errors) =
                (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            assert!(output.status.success(), "{}: {command}: {printed}{errors}", self.page);
            assert!(!errors.contains("warning"), "{}: {command}: {errors}", self.page);
        }
    }

    /// A workflow for a repository that is not this one: it installs the program from elsewhere, and its commands work.
    fn workflow(&self, text: &str) {
        assert!(text.contains("cargo install --locked --git"), "{}: {text}", self.page);
        assert!(!text.contains("--path"), "{}: {text}", self.page);
        let commands = text.lines().filter_map(|line| Some(&line[line.find("cnncost ")?..]));
        for command in commands.filter(|command| !command.contains("--git")) {
            let output = self.run(command);
            assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }

    /// Each picture of the page is one that a command on it has drawn.
    fn hold_pictures(&self, page: &Page) {
        for target in links(&page.prose()).iter().filter(|target| target.contains("pictures/")) {
            let path = page.path.parent().unwrap().join(target);
            let drawn = fs::read(self.folder.join(path.file_name().unwrap())).unwrap_or_else(|_| {
                panic!("{}: no command draws {target}", self.page);
            });
            if is_updated() {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(&path, drawn).unwrap();
            } else {
                assert!(
                    fs::read(&path).is_ok_and(|kept| kept == drawn),
                    "{}: {target} has changed",
                    self.page
                );
            }
        }
    }

    /// Each file is followed by a command on it, or included by such a file.
    fn hold_that_files_are_used(&self) {
        for name in &self.unused {
            let include = format!("include = [\"{name}\"");
            let is_included = fs::read_dir(&self.folder).unwrap().any(|entry| {
                fs::read_to_string(entry.unwrap().path()).is_ok_and(|text| text.contains(&include))
            });
            assert!(is_included, "{}: nothing runs {name}", self.page);
        }
    }
}

/// What a file is called: its first line says it.
fn name_in(text: &str) -> &str {
    let first = text.lines().next().unwrap();
    first.strip_prefix("# ").unwrap_or_else(|| panic!("there is no name in {first}"))
}
