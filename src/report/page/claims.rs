//! The claims of files on a page: what is claimed, what it is, and whether it holds.

use super::html::Html;
use crate::claim::{Checked, Report, Verdict};
use crate::read::description::Claim;
use crate::report::check;
use crate::text;
use crate::text::{Language, one_line};

/// What the part of the page is called: how many are not as they should be, where some are not.
pub(super) fn title(reports: &[Report], language: Language) -> String {
    let failures: usize = distinct(reports).map(Report::failures).sum();
    let title = match failures {
        0 => text!("claims", "论断"),
        count => text!("claims ({count} fail)", "论断({count} 条不成立)"),
    };
    title.get(language).to_owned()
}

/// Writes the claims of every file.
pub(super) fn write(html: &mut Html, reports: &[Report], language: Language) {
    html.leaf("h2", &[], text!("claims", "论断").get(language));
    for report in distinct(reports) {
        let title = check::title(report);
        html.leaf("h3", &[], &title.name);
        let summary = check::summary(report);
        html.element("p", &[("class", "about")], |html| {
            html.text(&one_line(&report.source.name));
            html.text(" · ");
            html.text(summary.get(language));
        });
        html.element("ul", &[("class", "claims")], |html| {
            for (claim, checked) in &report.results {
                html.element("li", &[("class", class(&checked.verdict))], |html| {
                    one(html, claim, checked, language);
                });
                html.line();
            }
        });
    }
}

/// The reports of each file that say something else than those before: claims that name a variant are the same for all.
fn distinct<'r, 'c>(reports: &'r [Report<'c>]) -> impl Iterator<Item = &'r Report<'c>> {
    let found = |report: &Report| -> Vec<_> {
        report.results.iter().map(|(_, checked)| (checked.verdict.clone(), check::found(checked))).collect()
    };
    let is_same = move |a: &Report, b: &Report| a.source.name == b.source.name && found(a) == found(b);
    let is_new = move |at: usize| !reports[..at].iter().any(|before| is_same(before, &reports[at]));
    (0..reports.len()).filter(move |&at| is_new(at)).map(|at| &reports[at])
}

fn one(html: &mut Html, claim: &Claim, checked: &Checked, language: Language) {
    html.leaf("span", &[("class", "verdict")], check::verdict(&checked.verdict).get(language));
    html.sentence("p", &[("class", "says")], &check::said(claim));
    html.leaf("p", &[("class", "found")], check::found(checked).get(language));
    html.element("dl", &[], |html| {
        for (label, words) in check::details(claim, checked) {
            html.element("div", &[], |html| {
                html.leaf("dt", &[], label.get(language));
                html.sentence("dd", &[], words.get(language));
            });
        }
    });
}

fn class(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Holds(_) => "holds",
        Verdict::KnownWrong => "known",
        Verdict::Fails | Verdict::NotWrong | Verdict::WrongWorking(_) | Verdict::Undecided(_) => "fails",
    }
}
