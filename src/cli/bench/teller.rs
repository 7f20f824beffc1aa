//! How far a measurement is, for whoever waits for it.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::bench::Progress;
use crate::cli::Output;
use crate::report::Subject;
use crate::text;
use crate::text::{Text, printable};

/// Between two words about how far it is: nobody reads faster.
const UPDATE: Duration = Duration::from_millis(100);

/// Tells on standard error how far it is, if somebody is there to read it.
pub(super) struct Teller<'o> {
    output: &'o Output,
    is_read: bool,
    last: Option<Instant>,
}

impl<'o> Teller<'o> {
    pub(super) fn new(output: &'o Output) -> Self {
        Self { output, is_read: !output.quiet && std::io::stderr().is_terminal(), last: None }
    }

    pub(super) fn tell(&mut self, subjects: &[Subject], progress: Progress) {
        let is_sample = matches!(progress, Progress::Sample { .. });
        if !self.is_read || is_sample && self.last.is_some_and(|last| last.elapsed() < UPDATE) {
            return;
        }
        self.last = Some(Instant::now());
        Self::write(line(subjects, progress).get(self.output.language()));
    }

    pub(super) fn clear(&self) {
        if self.is_read {
            Self::write("");
        }
    }

    fn write(line: &str) {
        let mut stderr = std::io::stderr().lock();
        let _ = write!(stderr, "\r\u{1b}[2K{}", printable(line)).and_then(|()| stderr.flush());
    }
}

fn line(subjects: &[Subject], progress: Progress) -> Text {
    let named = |subject: usize| (&subjects[subject].label, subjects[subject].batch());
    match progress {
        Progress::Peak(_) => text!("measuring what the machine reaches", "正在测量机器峰值"),
        Progress::Sample { subject, count: 0, precision: _ } => {
            let (label, batch) = named(subject);
            text!("{label}, batch {batch}: warming up", "{label},批量大小 {batch}:预热")
        }
        Progress::Sample { subject, count, precision } => {
            let (label, batch) = named(subject);
            let sure = if precision.is_finite() {
                let percent = precision * 100.0;
                format!(", ±{percent:.1} %")
            } else {
                String::new()
            };
            text!(
                "{label}, batch {batch}: {count} samples{sure}",
                "{label},批量大小 {batch}:{count} 次测量{sure}"
            )
        }
        Progress::Profile(subject) => {
            let (label, batch) = named(subject);
            text!("{label}, batch {batch}: layer by layer", "{label},批量大小 {batch}:逐层测量")
        }
    }
}
