//! What has become of the totals of networks since they were read before, on a line for each.

use super::Subject;
use super::compare::totals::percent;
use crate::text;
use crate::text::{Text, printable};
use crate::working::grouped;

/// The totals of a network on a line: what there is to keep in mind of it.
pub fn headline(subject: &Subject) -> Text {
    let title = printable(&subject.title);
    let figures = figures(subject).into_iter().map(|(words, count)| {
        let count = grouped(count, ",");
        text!("{words} {count}", "{words:#} {count}")
    });
    let figures = joined(figures);
    text!("{title}: {figures}", "{title}:{figures:#}")
}

/// What has become of the totals: a line for each network that was there before, or is new; nothing if all are the same.
pub fn since(before: &[Subject], after: &[Subject]) -> Vec<Text> {
    let is_one = before.len() == 1 && after.len() == 1;
    let line = |(index, subject): (usize, &Subject)| {
        let label = printable(&subject.label);
        let known = before.iter().find(|before| before.label == subject.label);
        let Some(before) = known.or_else(|| before.get(index).filter(|_| is_one)) else {
            return Some(text!("{label}: new", "{label}:新增"));
        };
        let changes = changes(before, subject)?;
        Some(if is_one { changes } else { text!("{label}: {changes}", "{label}:{changes:#}") })
    };
    after.iter().enumerate().filter_map(line).collect()
}

/// What has become of one; `None` if its totals are what they were.
fn changes(before: &Subject, after: &Subject) -> Option<Text> {
    let old = figures(before);
    let changed = figures(after).into_iter().filter_map(|(words, new)| {
        let &(_, old) = old.iter().find(|(known, _)| *known == words).filter(|(_, old)| *old != new)?;
        let (change, old, new) = (percent(old, new), grouped(old, ","), grouped(new, ","));
        Some(text!("{words} {change} ({old} → {new})", "{words:#} {change:#}({old} → {new})"))
    });
    let changed: Vec<_> = changed.collect();
    (!changed.is_empty()).then(|| joined(changed))
}

fn joined(texts: impl IntoIterator<Item = Text>) -> Text {
    let (english, chinese): (Vec<_>, Vec<_>) =
        texts.into_iter().map(|text| (text.english, text.chinese)).unzip();
    Text { english: english.join(" · "), chinese: chinese.join(" · ") }
}

/// The totals that are shown: counted as another tool does, there is one figure, its own, in the place of MACs and FLOPs.
fn figures(subject: &Subject) -> Vec<(Text, u128)> {
    let total = subject.analysis.total();
    let mut figures = vec![(text!("parameters", "参数量"), total.params.total())];
    match &subject.like {
        Some(like) => {
            let name = &like.convention.name;
            figures.extend(like.total().map(|total| (text!("{name}", "{name}"), total)));
        }
        None => figures.extend([
            (text!("MACs", "乘加数"), total.work.macs.total()),
            (text!("FLOPs", "FLOPs"), total.work.ops.flops()),
        ]),
    }
    figures.push((text!("peak bytes", "峰值字节"), subject.peak_bytes()));
    figures
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{self, Choice};

    fn subject(name: &str) -> Subject {
        source::open(name).unwrap().subject(&Choice::default()).unwrap()
    }

    fn english(texts: Vec<Text>) -> Vec<String> {
        texts.into_iter().map(|text| text.english).collect()
    }

    #[test]
    fn what_has_changed_is_said_of_each() {
        let [slim, direct] = ["bottleneck", "bottleneck@direct"].map(|name| vec![subject(name)]);
        assert_eq!(since(&slim, &slim), []);
        let [change] = &english(since(&direct, &slim))[..] else { panic!("one line") };
        assert!(change.contains("MACs −89.7 % (120,422,400 → 12,443,648) · FLOPs −89"), "{change}");
        let two = vec![subject("bottleneck"), subject("lenet5")];
        assert_eq!(english(since(&slim, &two)), ["lenet5: new"]);
        assert!(headline(&two[1]).english.contains(": parameters 61,706 · MACs 416,520 · "));
    }
}
