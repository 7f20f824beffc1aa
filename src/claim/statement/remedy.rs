//! What was probably meant by a word that is none of a statement's: a unit from elsewhere, a decimal comma, missing spaces.

use super::words::COMPARISONS;
use crate::read::expression::Failure;
use crate::text;

/// What is wrong with `word`, and what to write instead, if that is known.
pub(super) fn remedy(word: &str, follows_number: bool) -> Option<Failure> {
    if word == "=" {
        return None;
    }
    let marks = COMPARISONS.iter().map(|(mark, _)| (*mark, *mark)).chain([("=", "==")]);
    if let Some((_, comparison)) = marks.into_iter().find(|(mark, _)| word.contains(*mark)) {
        let message = text!("`{word}` is read as one word", "`{word}` 会读成一个词");
        let help = text!("put spaces around `{comparison}`", "请在 `{comparison}` 两侧留空格");
        return Some(Failure::from(message).with_help(help));
    }
    let is_part = |c: char| c.is_ascii_digit() || ".,_'".contains(c);
    let end = word.find(|c| !is_part(c)).unwrap_or(word.len());
    match (word.split_at(end), follows_number) {
        (("", _), false) => None,
        ((number, ""), _) => no_number(number),
        ((_, unit), _) => unit.chars().all(char::is_alphabetic).then(|| no_unit(unit)),
    }
}

fn no_number(number: &str) -> Option<Failure> {
    let message = text!("`{number}` is no number", "`{number}` 不是数");
    let help = match number.split_once(',') {
        Some((_, "")) => text!("sizes stand in brackets: [256, 28, 28]", "尺寸写在方括号中:[256, 28, 28]"),
        Some((whole, decimals)) => {
            text!("decimals stand behind a point: {whole}.{decimals}", "小数用小数点:{whole}.{decimals}")
        }
        None => return None,
    };
    Some(Failure::from(message).with_help(help))
}

fn no_unit(unit: &str) -> Failure {
    let lower = unit.to_lowercase();
    let counted = ["flops", "flop", "macs", "mac", "ops", "params", "bytes", "byte", "b"];
    let of = counted.iter().find(|of| lower.len() > of.len() && lower.ends_with(**of));
    let prefix = of.map_or(&*lower, |of| &lower[..lower.len() - of.len()]);
    let instead = match prefix {
        "k" | "thousand" => "k",
        "m" | "mio" | "million" => "M",
        "g" | "b" | "bn" | "billion" => "G",
        "t" | "trillion" => "T",
        "ki" => "Ki",
        "mi" => "Mi",
        "gi" => "Gi",
        "ti" => "Ti",
        _ => "",
    };
    let help = match (instead, of) {
        ("", _) => text!(
            "units are k, M, G, T, Ki, Mi, Gi, Ti and %",
            "可用的单位有 k、M、G、T、Ki、Mi、Gi、Ti 和 %"
        ),
        (_, Some(_)) => text!(
            "write `{instead}`: the figure says what is counted",
            "请写成 `{instead}`:数的是什么由指标决定"
        ),
        (_, None) => text!("write `{instead}`", "请写成 `{instead}`"),
    };
    Failure::from(text!("there is no unit `{unit}`", "没有单位 `{unit}`")).with_help(help)
}
