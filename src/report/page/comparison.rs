//! What networks on a page differ in: their totals side by side, and where the difference arises.

use super::html::Html;
use super::{charts, sheet};
use crate::report::Subject;
use crate::report::compare::{Compared, sheets};
use crate::report::rows::Depth;
use crate::text;
use crate::text::Language;

/// Writes it, for two networks or more; the first is what the others are held against.
pub(super) fn write(html: &mut Html, subjects: &[Subject], language: Language) {
    let Some(compared) = Compared::new(subjects, 1) else { return };
    html.leaf("h2", &[], text!("comparison", "对照").get(language));
    charts::of_several(html, &compared, language);
    for page in sheets::pages(&compared, Depth::Fitting, language) {
        let title = page.title.as_ref().map_or("", |title| &*title.name);
        sheet::table(html, title, &page, language);
    }
}
