//! `cnncost analyze --watch`: the same again whenever a file changes, on a screen of its own or, through a pipe, one below the
//! other.

use std::cell::RefCell;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::analyze::Arguments;
use super::format::Format;
use super::output::write_stdout;
use super::{Outcome, Voice, files, say};
#[cfg(unix)]
use crate::report::wrap::hanging;
use crate::report::{Subject, change};
use crate::source::Address;
use crate::text;
use crate::text::Text;
#[cfg(unix)]
use crate::text::printable;

mod page;
#[cfg(unix)]
mod screen;
mod stamp;

pub(super) use page::Page;
#[cfg(unix)]
use screen::{Key, Screen};
use stamp::Watched;

/// Between two looks at the files.
const POLL: Duration = Duration::from_millis(100);

/// Between two attempts to read what cannot be read: what it lacks may be another file.
const AGAIN: Duration = Duration::from_secs(1);

pub(super) fn run(mut arguments: Arguments) -> Outcome {
    let voice = arguments.output.voice.clone();
    if let Err((message, help)) = check(&arguments) {
        return voice.misused(message, help);
    }
    let watched = Watched::new(named(&arguments.networks.files));
    // What is wrong or not there at the start is a slip of the pen.
    if let Err(outcome) = arguments.asked() {
        return outcome;
    }
    if watched.paths().iter().any(|path| !path.is_file()) {
        return arguments.report().1;
    }
    let is_terminal = std::io::stdout().is_terminal();
    let page = Rc::new(RefCell::new(Page { is_screen: is_terminal, ..Page::default() }));
    arguments.output.voice.page = Some(page.clone());
    let mut watch = Watch { arguments, voice, page, watched, good: vec![], changes: vec![] };
    #[cfg(unix)]
    if is_terminal && let Ok(screen) = Screen::open() {
        return watch.on_screen(screen);
    }
    watch.page.borrow_mut().is_screen = false;
    watch.in_turn()
}

/// What is watched, and what has been seen of it.
struct Watch {
    arguments: Arguments,
    voice: Voice,
    page: Rc<RefCell<Page>>,
    watched: Watched,
    /// The networks as they were when they could be read last.
    good: Vec<Subject>,
    /// What had become of their totals then.
    changes: Vec<Text>,
}

impl Watch {
    /// Reads the files, and gives what is to be shown of them. What has become of the totals is found out where something has
    /// changed.
    fn read(&mut self, has_changed: bool) -> Page {
        files::begin();
        self.arguments.output.warned.borrow_mut().clear();
        let (subjects, outcome) = self.arguments.report();
        self.watched.add(files::read());
        let mut page = self.page.borrow_mut().take();
        page.is_good = outcome < Outcome::Unusable;
        if has_changed && page.is_good && !subjects.is_empty() {
            if !self.good.is_empty() {
                self.changes = change::since(&self.good, &subjects);
                if self.changes.is_empty() {
                    self.changes.push(text!("the totals are the same", "合计不变"));
                }
            }
            self.good = subjects;
        }
        page
    }

    /// One below the other, each with what has changed above it; what cannot be read is said on standard error.
    fn in_turn(&mut self) -> Outcome {
        let mut shown: Option<Page> = None;
        loop {
            let page = self.read(true);
            if shown.as_ref() != Some(&page) {
                let above = if shown.is_some() { self.separator(page.is_good) } else { String::new() };
                if !page.data.is_empty() && write_stdout((above + &page.data).as_bytes()).is_err() {
                    // Nobody reads on.
                    return Outcome::Done;
                }
                page.said.iter().for_each(|said| say(said));
                shown = Some(page);
            }
            let is_good = shown.as_ref().is_some_and(|page| page.is_good);
            let start = Instant::now();
            while !self.watched.have_changed() && (is_good || start.elapsed() < AGAIN) {
                std::thread::sleep(POLL);
            }
        }
    }

    fn separator(&self, is_good: bool) -> String {
        let partial = [text!("not everything can be read", "有文件无法读取")];
        let changes = if is_good { &self.changes[..] } else { &partial };
        let language = self.voice.language();
        let changes: String = changes.iter().map(|change| format!("── {}\n", change.get(language))).collect();
        format!("\n{changes}\n")
    }

    /// On the terminal's other screen, until somebody ends it.
    #[cfg(unix)]
    fn on_screen(&mut self, mut screen: Screen) -> Outcome {
        let mut has_changed = true;
        loop {
            let (page, size) = (self.read(has_changed), terminal_size::terminal_size());
            let height = size.map_or(24, |(_, terminal_size::Height(height))| usize::from(height));
            let lines = page.lines(&self.below(&page), height, self.voice.language());
            if screen.draw(&lines).is_err() {
                return Outcome::Done;
            }
            let start = Instant::now();
            has_changed = loop {
                match screen.wait() {
                    Some(Key::End) => return Outcome::Done,
                    Some(Key::Redraw) => break false,
                    None => {}
                }
                let is_due = !page.is_good && start.elapsed() >= AGAIN;
                if self.watched.have_changed() || is_due {
                    break true;
                }
                if terminal_size::terminal_size() != size {
                    break false;
                }
            };
        }
    }

    /// What stands below: what was good last where nothing is now, else what has changed; and how to end it.
    #[cfg(unix)]
    fn below(&self, page: &Page) -> Vec<String> {
        let (language, style) = (self.voice.language(), self.voice.style());
        let (on, off) = if style.color { ("\u{1b}[2m", "\u{1b}[0m") } else { ("", "") };
        let lines = |text: &Text| {
            let lines = hanging(text.get(language), 1, style.width);
            lines.lines().map(|line| format!(" {}", line.trim_start())).collect::<Vec<_>>()
        };
        let dim =
            |text: &Text| lines(text).into_iter().map(|line| format!("{on}{line}{off}")).collect::<Vec<_>>();
        let mut below: Vec<String> = if page.is_good {
            self.changes.iter().flat_map(lines).collect()
        } else {
            let last = |subject| {
                let headline = change::headline(subject);
                text!("before: {headline}", "此前:{headline:#}")
            };
            self.good.iter().flat_map(|subject| dim(&last(subject))).collect()
        };
        below.truncate(page::MOST_BELOW);
        let watched = watching(self.watched.paths());
        below.extend(dim(&text!(
            "watching {watched} · `q` or Ctrl-C ends",
            "正在监视 {watched:#} · 按 `q` 或 Ctrl-C 结束"
        )));
        below
    }
}

/// Which files are watched, in words.
#[cfg(unix)]
fn watching(paths: &[PathBuf]) -> Text {
    let shown = |path: &PathBuf| printable(&path.to_string_lossy());
    match paths {
        [] => text!("nothing", "无"),
        [one] => {
            let one = shown(one);
            text!("{one}", "{one}")
        }
        [first, others @ ..] => {
            let (first, others) = (shown(first), others.len());
            text!("{first} and {others} more", "{first} 及另外 {others} 个文件")
        }
    }
}

/// The files among what is named.
fn named(names: &[String]) -> Vec<PathBuf> {
    let address = |name: &String| Address::of(name).0.file().map(Path::to_owned);
    names.iter().filter_map(address).collect()
}

/// Whether there is something to watch, and something to show.
fn check(arguments: &Arguments) -> Result<(), (Text, Option<Text>)> {
    let addresses: Vec<_> = arguments.networks.files.iter().map(|name| Address::of(name).0).collect();
    if addresses.iter().any(Address::is_pipe) {
        return Err((
            text!("what comes through a pipe does not change", "来自管道的输入不会变化"),
            Some(text!("`--watch` is for files: save it in one", "`--watch` 用于文件:请先存为文件")),
        ));
    }
    if let Some(Address::Bundled(name)) = addresses.iter().find(|address| address.file().is_none())
        && addresses.iter().all(|address| address.file().is_none())
    {
        return Err((
            text!("`{name}` is bundled, and does not change", "`{name}` 是内置网络,不会变化"),
            Some(text!(
                "`cnncost models {name} -o {name}.toml` makes a file of it",
                "用 `cnncost models {name} -o {name}.toml` 存为文件"
            )),
        ));
    }
    if arguments.output.to.is_some() {
        return Err((
            text!("`--watch` shows what it finds, and writes no file", "`--watch` 只显示结果,不写文件"),
            Some(text!("leave out `-o`", "请去掉 `-o`")),
        ));
    }
    if !matches!(arguments.format, Format::Table | Format::Tree) {
        return Err((
            text!("`--watch` shows a table or a tree", "`--watch` 只显示 table 或 tree"),
            Some(text!("leave out `--format`", "请去掉 `--format`")),
        ));
    }
    Ok(())
}
