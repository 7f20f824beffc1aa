//! Boxes that look alike from outside: what differs in them, in a few words.

use super::what::{Side, What, differing_words};
use crate::compare::{Difference, Sides};
use crate::graph::Place;
use crate::report::Subject;
use crate::text;
use crate::text::Language;

/// The most words about what is in a box.
const MOST: usize = 3;

/// What is said of the inside of two boxes.
#[derive(Default)]
struct Found {
    /// How windows slide that do so in another way, in each box.
    signs: [Vec<String>; 2],
    /// What only one of them has, and other words.
    others: [Vec<String>; 2],
}

/// Puts first how windows slide in them that do so in another way, and what only one of them has; where there is little room,
/// one of these.
pub(super) fn tell_apart(
    subjects: [&Subject; 2],
    difference: &Difference,
    whats: [&mut What; 2],
    language: Language,
) {
    let mut found = Found::default();
    add(subjects, &difference.inside, &mut found, language);
    for ((what, mut words), others) in whats.into_iter().zip(found.signs).zip(found.others) {
        words.extend(others);
        let Some(first) = words.first().cloned() else { continue };
        if let Some(more @ 1..) = words.len().checked_sub(MOST) {
            words.truncate(MOST);
            words.push(text!("{more} more", "另有 {more} 处").get(language).to_owned());
        }
        let all = words.join(", ");
        what.put_first([&first, &all, &all], language);
        what.signs.extend(words);
    }
}

/// Adds the words about some parts, each once.
fn add(subjects: [&Subject; 2], parts: &[Difference], found: &mut Found, language: Language) {
    for part in parts {
        let (words, are_signs) = match part.sides {
            Sides::Both(Place::Node(a), Place::Node(b)) => {
                let side = |side: usize, id| Side::new(subjects[side], Place::Node(id), language);
                let (first, second) = (side(0, a), side(1, b));
                (changed(&first, &second, language), first.signs != second.signs)
            }
            Sides::Both(..) => {
                add(subjects, &part.inside, found, language);
                continue;
            }
            Sides::First(place) => ([Some(lone(subjects[0], place, language)), None], false),
            Sides::Second(place) => ([None, Some(lone(subjects[1], place, language))], false),
        };
        let found = if are_signs { &mut found.signs } else { &mut found.others };
        for (found, word) in found.iter_mut().zip(words) {
            found.extend(word.filter(|word| !found.contains(word)));
        }
    }
}

/// What a layer or box is that only one has.
fn lone(subject: &Subject, place: Place, language: Language) -> String {
    let side = Side::new(subject, place, language);
    format!("{} {}", side.kind, side.signs).trim().to_owned()
}

/// What is another of two layers beside their shapes.
fn changed(first: &Side, second: &Side, language: Language) -> [Option<String>; 2] {
    let sides = [first, second];
    if first.kind != second.kind {
        return sides.map(|side| Some(format!("{} {}", side.kind, side.signs).trim().to_owned()));
    }
    if first.signs != second.signs {
        return sides.map(|side| Some(side.signs.clone()));
    }
    differing_words(sides, language)
        .unwrap_or_default()
        .map(|words| words.filter(|words| !words.contains('→')))
}
