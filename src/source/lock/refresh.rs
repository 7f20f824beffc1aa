//! A lock that is there, with the figures as they are now: everything else in it stays as it is.

use super::super::notation::quoted;
use super::super::{Choice, Claims, Findings};
use crate::claim::statement::{Comparison, Statement, TermKind};
use crate::claim::{Known, Value, figure_value};
use crate::error::{Code, Diagnostic, ReadError};
use crate::text;

/// The text of a lock with every `figure == number` as it is now. What was found in the networks goes into `findings`.
///
/// The error has every mistake in the lock, or says why a network that it names cannot be read.
pub fn refreshed(lock: &Claims, findings: &mut Vec<Findings>) -> Result<String, ReadError> {
    if let Claims::Own(_) = lock {
        let why = text!("it names no networks", "其中没有引用网络");
        return Err(lock.invalid(vec![Diagnostic::nowhere(Code::WrongFile, why)]));
    }
    let (parsed, mut mistakes) = lock.parsed();
    let networks = lock.networks(&parsed, &Choice::default(), findings, &mut mistakes)?;
    let known = Known { networks, ..Known::default() };
    let mut text = lock.source().text.clone();
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
                let place = name.place(lock.source(), misread.span);
                let failure = misread.failure;
                mistakes.push(Diagnostic::new(Code::Claim, failure.message, place).help(failure.help));
            }
        }
    }
    if mistakes.is_empty() { Ok(text) } else { Err(lock.invalid(mistakes)) }
}
