//! How what stands on a page is counted: what columns mean, the rules of the operators that occur, the files.

use std::collections::BTreeSet;

use super::html::Html;
use super::layers::{about, columns};
use super::sheet;
use crate::op::OPERATORS;
use crate::report::Subject;
use crate::report::deployed;
use crate::report::operators::{note, rules};
use crate::report::sheet::{Cell, Head, Role, Sheet};
use crate::text;
use crate::text::Language;

/// Writes it.
pub(super) fn write(html: &mut Html, subjects: &[Subject], language: Language) {
    html.leaf("h2", &[], text!("how it is counted", "计数方法").get(language));
    html.sentence("p", &[], note().get(language));
    let said = if subjects.iter().any(|subject| subject.plan.is_some()) {
        deployed::meaning()
    } else {
        text!("Every figure is exact, and comes from its working.", "每个数都精确,并由其算式得出。")
    };
    html.sentence("p", &[], said.get(language));
    meanings(html, subjects, language);
    sheet::table(
        html,
        text!("counting rules", "计数规则").get(language),
        &rules_of(subjects, language),
        language,
    );
    sheet::table(html, text!("files", "文件").get(language), &files(subjects), language);
    let version = env!("CARGO_PKG_VERSION");
    html.leaf("p", &[("class", "about")], &format!("cnncost {version}"));
}

/// What each column means.
fn meanings(html: &mut Html, subjects: &[Subject], language: Language) {
    let longest = subjects.iter().map(columns).max_by_key(Vec::len).unwrap_or_default();
    html.leaf("h3", &[], text!("columns", "列").get(language));
    html.element("dl", &[("class", "meanings")], |html| {
        for (column, _) in longest {
            html.element("div", &[], |html| {
                html.leaf("dt", &[], column.heading(language));
                html.sentence("dd", &[], about(column.key).get(language));
            });
        }
    });
}

/// What each operator that occurs costs, in names.
fn rules_of(subjects: &[Subject], language: Language) -> Sheet {
    let nodes = subjects.iter().flat_map(|subject| subject.graph().nodes());
    let names: BTreeSet<&str> =
        nodes.filter_map(|(_, node)| node.operator()).map(crate::op::Op::name).collect();
    let heads = vec![
        Head::new("operator", text!("operator", "算子"), Role::Name),
        Head::new("rule", text!("what it costs", "运算量"), Role::Sentence),
    ];
    let lines = OPERATORS.iter().filter(|entry| names.contains(entry.name)).map(|entry| {
        let rules = rules(entry, language);
        let rule = if rules.is_empty() {
            text!("computes nothing", "无运算").get(language).to_owned()
        } else {
            rules.join("; ")
        };
        vec![Cell::Text(entry.name.to_owned()), Cell::Text(rule)]
    });
    Sheet::of(heads, lines.collect())
}

/// What everything was read from.
fn files(subjects: &[Subject]) -> Sheet {
    let heads = vec![
        Head::new("network", text!("network", "网络"), Role::Name),
        Head::new("source", text!("file", "文件"), Role::Text),
        Head::new("variant", text!("variant", "变体"), Role::Text),
        Head::new("sha256", text!("SHA-256", "SHA-256"), Role::Text),
    ];
    let line = |subject: &Subject| {
        let variant = subject.variant.clone().map_or(Cell::Empty, Cell::Text);
        vec![
            Cell::Text(subject.label.clone()),
            Cell::Text(subject.source.clone()),
            variant,
            Cell::Text(subject.sha256.to_string()),
        ]
    };
    Sheet::of(heads, subjects.iter().map(line).collect())
}
