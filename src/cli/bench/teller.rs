//! How far a measurement is, for whoever waits for it.

use crate::bench;
use crate::cli::Output;
use crate::cli::progress::{Progress, short};
use crate::report::Subject;
use crate::text;
use crate::text::Text;

/// Tells how far it is between samples, and does nothing while one is taken.
pub(super) struct Teller(Progress);

impl Teller {
    pub(super) fn new(output: &Output) -> Self {
        Self(Progress::still(output))
    }

    pub(super) fn tell(&self, subjects: &[Subject], progress: bench::Progress) {
        if self.0.is_read() {
            self.0.tell(&line(subjects, progress));
        }
    }
}

fn line(subjects: &[Subject], progress: bench::Progress) -> Text {
    let named = |subject: usize| (short(&subjects[subject].label), subjects[subject].batch());
    match progress {
        bench::Progress::Peak(_) => text!("measuring what the machine reaches", "正在测量机器峰值"),
        bench::Progress::Sample { subject, count: 0, precision: _ } => {
            let (label, batch) = named(subject);
            text!("{label}, batch {batch}: warming up", "{label},批量大小 {batch}:预热")
        }
        bench::Progress::Sample { subject, count, precision } => {
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
        bench::Progress::Profile(subject) => {
            let (label, batch) = named(subject);
            text!("{label}, batch {batch}: layer by layer", "{label},批量大小 {batch}:逐层测量")
        }
    }
}
