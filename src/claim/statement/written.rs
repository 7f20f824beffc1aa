//! What a word of a statement says: a number, a list of sizes, the figure of a network.

use std::ops::Range;

use num_traits::CheckedMul;

use super::super::metric::ClaimMetric;
use super::words::outside_quotes;
use super::{ClaimedFigure, Literal, Misread};
use crate::convention::numeral::Numeral;
use crate::error::{did_you_mean, meant};
use crate::read::expression::{Failure, Rational};
use crate::text;
use crate::text::Text;

/// A number that is written out; `None` if it does not fit 127 bits.
pub(super) fn literal_of(numeral: Numeral, is_negative: bool) -> Option<Literal> {
    let Numeral { mantissa, exponent, unit } = numeral;
    let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
    let power = if exponent < 0 { Rational::new(1, power) } else { power.into() };
    let base: i128 = if unit.is_binary { 1024 } else { 1000 };
    let last_digit = power.checked_mul(&Rational::from(base.checked_pow(unit.thousands)?))?;
    let digits = i128::try_from(mantissa).ok()?;
    let value = last_digit.checked_mul(&Rational::from(if is_negative { -digits } else { digits }))?;
    Some(Literal { value, last_digit, of: unit.of, is_b: unit.is_b })
}

pub(super) fn sizes(word: &str) -> Option<Vec<i128>> {
    let inner = word.strip_prefix('[')?.strip_suffix(']')?;
    inner.split(',').map(|size| size.trim().parse().ok()).collect()
}

/// `[alias:][path.][device.]metric`, which stands at `start`.
pub(super) fn figure(word: &str, start: usize) -> Result<ClaimedFigure, Misread> {
    let span = start..start + word.len();
    let colon = outside_quotes(word).find(|&(_, c)| c == ':').map(|(at, _)| at);
    let (path, name) = split_name(&word[colon.map_or(0, |colon| colon + 1)..]);
    let place = span.end - name.len()..span.end;
    let metric = ClaimMetric::find(&unquoted(name)).ok_or_else(|| unknown(word, name, place.clone()))?;
    let (path, device) = match path {
        Some(path) if metric.is_of_device() => {
            let (path, device) = split_name(path);
            (path, Some(device))
        }
        path => (path, None),
    };
    if metric.is_of_device() && device.is_none() {
        return Err(without_device(name, place));
    }
    let alias = colon.map(|colon| &word[..colon]);
    let [alias, path, device] = [alias, path, device].map(|part| part.map(unquoted));
    for (part, missing) in [
        (&alias, text!("a network's name is missing", "缺少网络的名称")),
        (&path, text!("a layer's path is missing", "缺少层的路径")),
        (&device, text!("a device's name is missing", "缺少设备的名称")),
    ] {
        if part.as_deref() == Some("") {
            return Err(Misread { span, failure: missing.into() });
        }
    }
    Ok(ClaimedFigure { span, alias, path, device, metric })
}

/// What stands before the last point, and the name behind it, which may have points of its own.
fn split_name(word: &str) -> (Option<&str>, &str) {
    let dotted = ClaimMetric::all_names().filter(|name| name.contains('.'));
    for name in dotted {
        match word.strip_suffix(name) {
            Some("") => return (None, word),
            Some(before) if before.ends_with('.') => {
                return (Some(&before[..before.len() - 1]), &word[before.len()..]);
            }
            Some(_) | None => {}
        }
    }
    match outside_quotes(word).filter(|&(_, c)| c == '.').last() {
        Some((dot, _)) => (Some(&word[..dot]), &word[dot + 1..]),
        None => (None, word),
    }
}

fn unquoted(text: &str) -> String {
    text.trim_matches('\'').to_owned()
}

fn unknown(word: &str, name: &str, span: Range<usize>) -> Misread {
    let message = text!("there is no figure `{name}`", "没有名为 `{name}` 的指标");
    Misread { span, failure: Failure::from(message).with_help(meant_figure(word, name)) }
}

/// The figure that was probably meant by `name` at the end of `word`, or else those there are.
fn meant_figure(word: &str, name: &str) -> Text {
    if let Some((path, metric)) = word.rsplit_once('/')
        && ClaimMetric::find(metric).is_some()
    {
        return meant(&format!("{path}.{metric}"));
    }
    let list = ClaimMetric::all().map(ClaimMetric::name).collect::<Vec<_>>().join(", ");
    // No figure has a digit or a slash in its name.
    if name.contains('/') || (name != word && name.contains(|c: char| c.is_ascii_digit())) {
        return text!(
            "behind a layer stands a figure, as in `{word}.macs`; there are {list}",
            "层之后要写指标,例如 `{word}.macs`;可用的有 {list}"
        );
    }
    did_you_mean(name, ClaimMetric::all_names())
        .unwrap_or_else(|| text!("there are {list}", "可用的有 {list}"))
}

fn without_device(name: &str, span: Range<usize>) -> Misread {
    let message: Text = text!("`{name}` is a figure of a device", "`{name}` 是设备的指标");
    let help = text!("name the device before it: `stm32h743.{name}`", "请在前面写出设备:`stm32h743.{name}`");
    Misread { span, failure: Failure::from(message).with_help(help) }
}
