//! How far a command is: a line on standard error, for what takes over a second, that is gone when it is done.
//!
//! It is there for whoever looks at a terminal, and nobody else: not through a pipe, not with `--quiet`.

use std::cell::RefCell;
use std::io::{IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use unicode_width::UnicodeWidthChar;

use super::Voice;
use crate::text::{Language, Text, printable};

thread_local! {
    /// The line of the command that runs in this thread.
    static LINE: RefCell<Option<Arc<Mutex<Line>>>> = const { RefCell::new(None) };
}

/// What takes less is over before anybody has read what it is.
const PATIENCE: Duration = Duration::from_secs(1);

/// Between two drawings.
const STEP: Duration = Duration::from_millis(100);

/// What turns while something is done.
const TURNING: [char; 10] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/// The most letters of a name: the line stays one.
const LONGEST: usize = 40;

/// The line while something is done; it goes when this is dropped.
pub(super) struct Progress {
    language: Language,
    /// Nothing where nobody looks.
    line: Option<Arc<Mutex<Line>>>,
    /// Who draws it again and again; without, it is drawn when something is told.
    drawer: Option<(Sender<()>, JoinHandle<()>)>,
}

/// What is drawn.
struct Line {
    message: String,
    start: Instant,
    /// How often it was drawn, and when last; it is not there while it never was.
    count: usize,
    last: Option<Instant>,
}

impl Progress {
    /// Begins something that is called `what`.
    pub(super) fn begin(voice: &Voice, what: &Text) -> Self {
        let mut progress = Self::still(voice);
        progress.tell(what);
        progress.drawer = progress.line.clone().map(|line| {
            let (done, is_done) = channel();
            let draw = move || {
                let mut wait = PATIENCE;
                while is_done.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                    with(&line, Line::draw);
                    wait = STEP;
                }
            };
            (done, thread::spawn(draw))
        });
        progress
    }

    /// Begins something of which there is a word now and then, between which nothing is to happen: what is measured then would
    /// be disturbed.
    pub(super) fn still(voice: &Voice) -> Self {
        let is_read = !voice.quiet && voice.page.is_none() && std::io::stderr().is_terminal();
        let is_free = LINE.with_borrow(Option::is_none);
        let line = (is_read && is_free).then(|| {
            let line = Line { message: String::new(), start: Instant::now(), count: 0, last: None };
            Arc::new(Mutex::new(line))
        });
        if line.is_some() {
            LINE.set(line.clone());
        }
        Self { language: voice.language(), line, drawer: None }
    }

    /// Says what is done now.
    pub(super) fn tell(&self, what: &Text) {
        let Some(line) = &self.line else { return };
        with(line, |line| {
            line.message = printable(what.get(self.language));
            if self.drawer.is_none() && line.is_due() {
                line.draw();
            }
        });
    }

    /// Whether anybody is told.
    #[cfg(feature = "run")]
    pub(super) fn is_read(&self) -> bool {
        self.line.is_some()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((done, drawer)) = self.drawer.take() {
            drop(done);
            let _ = drawer.join();
        }
        if let Some(line) = self.line.take() {
            with(&line, Line::clear);
            LINE.take();
        }
    }
}

impl Line {
    /// Whether it has taken long enough, and nobody is reading what was drawn last.
    fn is_due(&self) -> bool {
        self.start.elapsed() >= PATIENCE && self.last.is_none_or(|last| last.elapsed() >= STEP)
    }

    fn draw(&mut self) {
        let (turning, seconds) = (TURNING[self.count % TURNING.len()], self.start.elapsed().as_secs());
        let text = format!("{turning} {} ({seconds} s)", self.message);
        write(&format!("\r{}\u{1b}[K", fitting(&text, width())));
        self.count += 1;
        self.last = Some(Instant::now());
    }

    fn clear(&mut self) {
        if self.last.take().is_some() {
            write("\r\u{1b}[K");
        }
    }
}

/// Writes something else to the terminal, without the line in it.
pub(super) fn aside(write: impl FnOnce()) {
    match LINE.with_borrow(Clone::clone) {
        Some(line) => with(&line, |line| {
            line.clear();
            write();
        }),
        None => write(),
    }
}

/// A name as it stands in the line: of a long one, the end, which tells more.
pub(super) fn short(name: &str) -> String {
    let letters = name.chars().count();
    if letters <= LONGEST {
        return name.to_owned();
    }
    std::iter::once('…').chain(name.chars().skip(letters - LONGEST + 1)).collect()
}

fn with(line: &Mutex<Line>, act: impl FnOnce(&mut Line)) {
    act(&mut line.lock().unwrap_or_else(PoisonError::into_inner));
}

fn write(text: &str) {
    let mut stderr = std::io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

/// Columns of the line: one less than the terminal has, which some use to go on below.
fn width() -> usize {
    let size = terminal_size::terminal_size_of(std::io::stderr());
    size.map_or(80, |(terminal_size::Width(columns), _)| usize::from(columns)).saturating_sub(1)
}

/// As much of a text as there are columns for.
fn fitting(text: &str, width: usize) -> &str {
    let mut used = 0;
    let is_over = |&(_, letter): &(usize, char)| {
        used += letter.width().unwrap_or(0);
        used > width
    };
    text.char_indices().find(is_over).map_or(text, |(at, _)| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_keep_their_end() {
        assert_eq!(short("resnet50"), "resnet50");
        let long = short(&format!("{}conv2", "layer1/0/".repeat(10)));
        assert!(long.starts_with('…') && long.ends_with("layer1/0/conv2"), "{long}");
        assert_eq!(long.chars().count(), LONGEST);
    }

    #[test]
    fn the_line_stays_one() {
        assert_eq!(fitting("正在读取 net", 9), "正在读取 ");
        assert_eq!(fitting("正在读取 net", 7), "正在读");
        assert_eq!(fitting("reading", 7), "reading");
        assert_eq!(fitting("reading", 0), "");
    }
}
