//! A lock that is there, with the figures as they are now: everything else in it stays as it is.

use std::path::Path;

use super::super::input::{NetworkOptions, quoted};
use super::super::{Outcome, Output};
use crate::claim::statement::{Comparison, Statement, TermKind};
use crate::claim::{Known, Value, figure_value};
use crate::error::{Code, Diagnostic, ReadError};

/// The text of the lock with every `figure == number` as it is.
pub(super) fn refreshed(
    lockfile: &Path,
    options: &NetworkOptions,
    output: &Output,
) -> Result<(String, Outcome), ReadError> {
    let speech = super::read(lockfile, options)?;
    let (parsed, mut mistakes) = speech.parsed();
    let (networks, outcome) = speech.networks(&parsed, None, options, output, &mut mistakes)?;
    let known = Known { networks, ..Known::default() };
    let mut text = speech.source().text.clone();
    // From the end to the front, so that places stay where they are.
    for claim in parsed.iter().rev() {
        let name = &claim.claim.expect;
        let Statement { left, comparison: Comparison::Equal, right, and: None } = claim.statement() else {
            continue;
        };
        let (TermKind::Figure(figure), TermKind::Literal(_)) = (&left.kind, &right.kind) else { continue };
        // Devices are not locked: what depends on one is a budget.
        if figure.device.is_some() {
            continue;
        }
        match figure_value(figure, &known) {
            Ok(Value::Number(number)) if number.is_integer() => {
                let expect = &name.text;
                let (before, after) = (&expect[..right.span.start], &expect[right.span.end..]);
                text.replace_range(name.span.clone(), &quoted(&format!("{before}{number}{after}")));
            }
            Ok(Value::Number(_) | Value::Sizes(_) | Value::Truth(_) | Value::Unknown(_)) => {}
            Err(misread) => {
                let place = name.place(speech.source(), misread.span);
                let failure = misread.failure;
                mistakes.push(Diagnostic::new(Code::Claim, failure.message, place).help(failure.help));
            }
        }
    }
    if mistakes.is_empty() { Ok((text, outcome)) } else { Err(speech.invalid(mistakes)) }
}
