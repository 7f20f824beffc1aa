//! How far a command is: a line on standard error, for what takes over a second, that is gone when it is done.
//!
//! It is there for whoever looks at a terminal, and nobody else: not through a pipe, not with `--quiet`.

use std::cell::RefCell;
use std::io::IsTerminal;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Voice;
use crate::text::{Language, Text, printable};

thread_local! {
    /// The line of the command that runs in this thread.
    static LINE: RefCell<Option<ProgressBar>> = const { RefCell::new(None) };
}

/// What takes less is over before anybody has read what it is.
const PATIENCE: Duration = Duration::from_secs(1);

/// Between two drawings.
const STEP: Duration = Duration::from_millis(100);

/// The most letters of a name: the line stays one.
const LONGEST: usize = 40;

/// The line while something is done; it goes when this is dropped.
pub(super) struct Progress {
    language: Language,
    start: Instant,
    /// Nothing where nobody looks.
    bar: Option<ProgressBar>,
    /// Who draws it when it has taken a while; without, it is drawn when something is told.
    drawer: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Begins something that is called `what`.
    pub(super) fn begin(voice: &Voice, what: &Text) -> Self {
        let mut progress = Self::still(voice);
        progress.tell(what);
        progress.drawer = progress.bar.clone().map(|bar| {
            let (done, is_done) = channel();
            let draw = move || {
                if is_done.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                    bar.set_draw_target(ProgressDrawTarget::stderr());
                    bar.enable_steady_tick(STEP);
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
        let bar = (is_read && is_free).then(|| {
            let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})");
            ProgressBar::hidden().with_style(style.expect("the template is one"))
        });
        if bar.is_some() {
            LINE.set(bar.clone());
        }
        Self { language: voice.language(), start: Instant::now(), bar, drawer: None }
    }

    /// Says what is done now.
    pub(super) fn tell(&self, what: &Text) {
        let Some(bar) = &self.bar else { return };
        if self.drawer.is_none() && bar.is_hidden() && self.start.elapsed() >= PATIENCE {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        bar.set_message(printable(what.get(self.language)));
    }

    /// Whether anybody is told.
    #[cfg(feature = "run")]
    pub(super) fn is_read(&self) -> bool {
        self.bar.is_some()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((done, drawer)) = self.drawer.take() {
            drop(done);
            let _ = drawer.join();
        }
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
            LINE.take();
        }
    }
}

/// Writes something else to the terminal, without the line in it.
pub(super) fn aside(write: impl FnOnce()) {
    match LINE.with_borrow(Clone::clone) {
        Some(line) => line.suspend(write),
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
}
