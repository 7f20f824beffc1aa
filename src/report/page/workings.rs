//! The working of every figure, for the script to show on demand: what several layers have in common stands on the page once.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::report::Subject;
use crate::report::draw::key;
use crate::report::explain::mathml_of_each;
use crate::report::rows::Row;
use crate::text::Language;

/// The most bytes of workings of a network: a page of more would not open.
const MOST: usize = 4_000_000;

/// Workings by place, for data of a page.
#[derive(Debug, Default, Serialize)]
pub(super) struct Workings {
    /// Parts of markup, each once, with a backquote for every `<`: half of it is tags, and in a script these are long.
    parts: Vec<String>,
    /// By the key of a place: which parts it has.
    of: BTreeMap<String, Vec<usize>>,
}

impl Workings {
    /// Those of these lines of a network, and of the network itself, as far as there is room; none of a network as it is deployed:
    /// a layer's working is of the layer by itself.
    pub(super) fn of(subject: &Subject, rows: &[Row<'_>], language: Language) -> Self {
        if subject.plan.is_some() {
            return Self::default();
        }
        let (mut workings, mut known, mut room) = (Self::default(), HashMap::new(), MOST);
        let whole = crate::report::rows::total(subject).place;
        let places = std::iter::once(whole).chain(rows.iter().map(|row| row.place));
        for (place, markup) in places.clone().zip(mathml_of_each(subject, places, language)) {
            let lines = parts(&markup).into_iter().map(|line| {
                let packed = packed(line);
                *known.entry(packed).or_insert_with_key(|packed| {
                    room = room.saturating_sub(packed.len());
                    workings.parts.push(packed.clone());
                    workings.parts.len() - 1
                })
            });
            let lines = lines.collect();
            if room == 0 {
                break;
            }
            workings.of.insert(key(place), lines);
        }
        workings
    }
}

/// Markup in parts that others have too: up to the end of a label, of a formula, of a line.
fn parts(markup: &str) -> Vec<&str> {
    const ENDS: [&str; 6] = ["</dt>", "</dd>", "</dl>", "</math>", "</p>", "</tr>"];
    let (mut parts, mut start) = (vec![], 0);
    for (at, _) in markup.match_indices("</") {
        if let Some(end) = ENDS.iter().find(|end| markup[at..].starts_with(**end)) {
            let end = at + end.len();
            parts.push(&markup[start..end]);
            start = end;
        }
    }
    parts.push(&markup[start..]);
    parts
}

fn packed(markup: &str) -> String {
    markup.replace('`', "&#96;").replace('<', "`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_a_tag_when_it_is_unpacked() {
        let line = "<p>a `script` b</p>";
        assert_eq!(parts("<p>a</p><dl><dt>b</dt></dl>c").concat(), "<p>a</p><dl><dt>b</dt></dl>c");
        assert_eq!(packed(line).replace('`', "<"), "<p>a &#96;script&#96; b</p>");
    }
}
