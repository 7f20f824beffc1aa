//! What networks on a page differ in: their totals side by side, and where the difference arises.

use super::html::Html;
use super::{charts, sheet};
use crate::report::Subject;
use crate::report::columns::{self, column};
use crate::report::compare::{Compared, sheets};
use crate::report::rows::Depth;
use crate::report::sheet::{Role, Sheet};
use crate::report::table::lines;
use crate::text;
use crate::text::Language;

/// The columns of a line for each network.
const COLUMNS: [&str; 7] = ["layer", "input", "output", "params", "macs", "flops", "time"];

/// Writes it, for two networks or more; the first is what the others are held against.
pub(super) fn write(html: &mut Html, subjects: &[Subject], language: Language) {
    let Some(compared) = Compared::new(subjects, 1) else { return };
    html.leaf("h2", &[], text!("comparison", "对照").get(language));
    charts::of_several(html, &compared, language);
    let are_many = subjects.len() > 2;
    if are_many {
        sheet::table(html, text!("totals", "合计").get(language), &totals(subjects), language);
    }
    for (index, page) in sheets::pages(&compared, Depth::Fitting, language).iter().enumerate() {
        let title = page.title.as_ref().map_or("", |title| &*title.name);
        // Of many pairs each is opened by itself; the first page is of all.
        if are_many && index > 0 {
            html.element("details", &[], |html| {
                html.leaf("summary", &[], title);
                sheet::table(html, title, page, language);
            });
        } else {
            sheet::table(html, title, page, language);
        }
    }
}

/// A line for each network.
fn totals(subjects: &[Subject]) -> Sheet {
    let is_timed = subjects.iter().any(|subject| subject.roofline.is_some());
    let wanted = COLUMNS.into_iter().filter(|key| *key != "time" || is_timed);
    let wanted: Vec<_> = wanted.filter_map(column).collect();
    let mut sheet = columns::sheet(&lines(subjects, &[]), &wanted);
    for head in sheet.heads.iter_mut().filter(|head| head.role == Role::Name) {
        head.words = text!("network", "网络");
    }
    sheet
}
