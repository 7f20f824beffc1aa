//! What was probably meant by a word that is none of a statement's: a unit from elsewhere, a decimal comma.

use crate::convention::unit::unit;
use crate::read::expression::Failure;
use crate::text;

/// What is wrong with `word`, and what to write instead, if that is known.
pub(super) fn remedy(word: &str, follows_number: bool) -> Option<Failure> {
    let is_part = |c: char| c.is_ascii_digit() || ".,_'".contains(c);
    let end = word.find(|c| !is_part(c)).unwrap_or(word.len());
    match (word.split_at(end), follows_number) {
        ((number, _), false) if !number.contains(|c: char| c.is_ascii_digit()) => None,
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

fn no_unit(word: &str) -> Failure {
    if unit(word).is_some_and(|(_, length)| length == word.len()) {
        return Failure::from(text!(
            "a number has one unit, and here is another",
            "一个数只有一个单位,这里又有一个"
        ));
    }
    let help = text!(
        "units are k, M, G, T, Ki, Mi, Gi, Ti, %, words such as million and billion, and behind them params, MACs, FLOPs, \
         B; of time ns, us, ms, s",
        "可用的单位有 k、M、G、T、Ki、Mi、Gi、Ti、%、万、亿、million、billion 等,其后可写 params、MACs、FLOPs、B;时间用 ns、us、ms、s"
    );
    Failure::from(text!("there is no unit `{word}`", "没有单位 `{word}`")).with_help(help)
}
