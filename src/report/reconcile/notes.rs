//! What a figure stands for, and what the ways that give it come to.

use super::{Answer, Traced};
use crate::analyze::Status;
use crate::convention::figure::Figure;
use crate::convention::search::{Found, Match, Verdict};
use crate::report::figures::percent;
use crate::text;
use crate::text::Text;
use crate::working::grouped;

/// Shares below this are said to be fewer.
const FEWEST: f64 = 0.001;

/// A sentence for each thing that is to be known.
pub(super) fn notes(answer: &Answer<'_>, traced: &Traced<'_>) -> Vec<Text> {
    let Traced { asked, read, found } = traced;
    let mut notes = vec![];
    if asked.written != read.written {
        let (asked, read) = (&asked.written, &read.written);
        notes.push(text!(
            "`{asked}` has no unit, and is read as `{read}`",
            "`{asked}` 没有单位,按 `{read}` 理解"
        ));
    }
    notes.push(stands_for(read));
    notes.extend(verdict(read, found));
    let unknown = answer.conventions.iter().zip(&answer.totals).filter(|(_, total)| total.is_none());
    let unknown = unknown.map(|(convention, _)| &convention.name).map(|name| text!("{name}", "{name}"));
    let unknown: Vec<_> = unknown.collect();
    if !unknown.is_empty() && found.verdict != Verdict::Convincing {
        let list = Text::list(&unknown);
        notes.push(text!(
            "not tried, as it is not known how they count this network: {list}",
            "未尝试以下口径,因为不知道它们如何计算该网络:{list:#}"
        ));
    }
    if answer.subject.analysis.status() == Status::Partial {
        notes.push(text!("partial: operators are not known and left out", "不完整:有未知算子未计入"));
    }
    notes
}

fn stands_for(figure: &Figure) -> Text {
    let (from, to) = figure.decimal.bounds();
    let (written, from, to) = (&figure.written, grouped(from, ","), grouped(to, ","));
    if from == to {
        text!("`{written}` is {from}", "`{written}` 即 {from}")
    } else {
        text!(
            "`{written}` is written for every number from {from} to {to}, rounded or cut at its last digit",
            "`{written}` 可代表 {from} 到 {to} 之间的任何数,末位四舍五入或截断"
        )
    }
}

fn verdict(figure: &Figure, found: &Found) -> Vec<Text> {
    let (count, tried) = (grouped(found.count as u128, ","), grouped(found.tried as u128, ","));
    let Some(first) = found.matches.first() else { return nothing(found, &tried) };
    let of_tried = match found.count {
        1 => text!(
            "1 of the {tried} ways of counting that were tried gives it",
            "所试的 {tried} 种计数方式中有 1 种可得出该数"
        ),
        _ => text!(
            "{count} of the {tried} ways of counting that were tried give it, odd ones among them",
            "所试的 {tried} 种计数方式中有 {count} 种可得出该数,其中包括少见的"
        ),
    };
    let (share, digits) = (share(first), figure.digits);
    let figures = match digits {
        1 => text!("the figures of 1 digit near it", "附近 1 位数字"),
        _ => text!("the figures of {digits} digits near it", "附近 {digits} 位数字"),
    };
    let said = match found.verdict {
        Verdict::Convincing => text!(
            "hardly by chance: ways that assume no more than the first hit {share} of {figures}",
            "不大可能是巧合:假设不多于第一种的方式,只命中{figures:#}中的{share:#}"
        ),
        Verdict::Usual => text!(
            "perhaps by chance: ways that assume no more than the first hit {share} of {figures}; more digits would tell",
            "可能是巧合:假设不多于第一种的方式,会命中{figures:#}中的{share:#};位数更多才能判断"
        ),
        Verdict::Odd | Verdict::Nothing => text!(
            "nothing usual gives it: only odd ways do, which hit {share} of {figures} by chance",
            "常见的方式均得不出该数:只有少见的方式可得出该数,而它们碰巧会命中{figures:#}中的{share:#}"
        ),
    };
    vec![said, of_tried]
}

fn nothing(found: &Found, tried: &str) -> Vec<Text> {
    let mut notes = vec![text!(
        "none of the {tried} ways of counting that were tried gives it",
        "所试的 {tried} 种计数方式均得不出该数"
    )];
    if let Some((name, total)) = &found.nearest {
        let total = grouped(*total, ",");
        notes.push(text!("what comes nearest is {name}: {total}", "最接近的是 {name:#}:{total}"));
    }
    notes
}

/// How many figures would be met by chance; in Chinese a figure stands apart from the words before it.
fn share(way: &Match) -> Text {
    if way.chance < FEWEST {
        return text!("fewer than 0.1 %", "不到 0.1 %");
    }
    let share = percent(way.chance);
    text!("{share}", " {share}")
}
