//! Networks beside each other: their totals, what batches change, and where the difference arises; a writer for each format.

use std::collections::{HashMap, HashSet};

use crate::compare::Comparison;
use crate::compare::traffic::{Traffic, Turn};
use crate::report::{Subject, deployed};
use crate::text;
use crate::text::{Text, printable};

mod differences;
mod inner;
pub mod json;
mod lines;
pub mod markdown;
pub mod sheets;
pub mod table;
pub(in crate::report) mod totals;
mod what;

/// Networks beside each other; the first is what the others are held against.
#[derive(Debug)]
pub struct Compared<'s> {
    /// The networks, two at least; or one network at several batches.
    pub subjects: Vec<&'s Subject>,
    /// What each is called here, no two alike.
    pub names: Vec<String>,
    /// Each network but the first against the first, in order.
    pub comparisons: Vec<Comparison>,
    /// The networks at each of several batches, in the order these were asked for; empty for a single batch.
    pub batches: Vec<Vec<&'s Subject>>,
}

impl<'s> Compared<'s> {
    /// Networks at each of some batches, all of a network's batches together; `None` if that is less than two to compare.
    ///
    /// A single network is compared with itself at each batch.
    pub fn new(subjects: &'s [Subject], batches: usize) -> Option<Self> {
        let networks: Vec<&[Subject]> = subjects.chunks(batches.max(1)).collect();
        let (subjects, names, batches) = if let [at_batches] = networks[..] {
            let batch = |subject: &Subject| format!("batch {}", subject.batch());
            (at_batches.iter().collect(), at_batches.iter().map(batch).collect(), vec![])
        } else {
            let firsts: Vec<_> = networks.iter().filter_map(|network| network.first()).collect();
            let names = names(&firsts);
            let at = |batch: usize| networks.iter().filter_map(|network| network.get(batch)).collect();
            let batches = if batches > 1 { (0..batches).map(at).collect() } else { vec![] };
            (firsts, names, batches)
        };
        let [first, _, ..] = subjects[..] else { return None };
        let comparisons = subjects[1..].iter().map(|subject| Comparison::new(first, subject)).collect();
        Some(Self { subjects, names, comparisons, batches })
    }

    /// What all of it is about: `batch 1, 8 · f32`, the device that times are of, and whether it is counted as it is deployed.
    pub(super) fn circumstances(&self) -> Text {
        let first = self.subjects[0];
        let mut batches: Vec<_> = self.subjects.iter().map(|subject| subject.batch().to_string()).collect();
        batches.dedup();
        let (list, element) = (batches.join(", "), first.element.name());
        let device =
            first.roofline.as_ref().map(|roofline| format!(" · {}", printable(&roofline.device.name)));
        let (device, deployed) = (device.unwrap_or_default(), deployed::behind(first));
        text!("batch {list} · {element}{device}{deployed}", "批量大小 {list} · {element}{device}{deployed:#}")
    }

    /// Every network but the first beside it: their indices, and the comparison.
    fn pairs(&self) -> impl Iterator<Item = (usize, &Comparison)> {
        (1..).zip(&self.comparisons)
    }

    /// From which batch on a network moves more or less than the first; `None` where all is one network.
    fn turn(&self, index: usize) -> Option<Turn> {
        let (first, second) = (self.subjects[0], self.subjects[index]);
        let same_batch = first.batch() == second.batch();
        same_batch.then(|| Some(Traffic::of(first)?.turn(&Traffic::of(second)?)))?
    }

    /// That in words; nothing where it is what the totals say of one batch, unless several are laid side by side.
    fn turn_in_words(&self, index: usize) -> Option<Text> {
        use std::cmp::Ordering::{Equal, Greater, Less};
        let (first, second) = (&self.names[0], &self.names[index]);
        match self.turn(index)? {
            Turn::From(batch, Greater) => Some(text!(
                "from batch {batch} on, {second} moves more bytes than {first}",
                "批量大小从 {batch} 起,{second} 读写的字节多于 {first}"
            )),
            Turn::From(batch, Equal) => Some(text!(
                "from batch {batch} on, {second} moves as many bytes as {first}",
                "批量大小从 {batch} 起,{second} 与 {first} 读写的字节一样多"
            )),
            Turn::From(batch, Less) => Some(text!(
                "from batch {batch} on, {second} moves fewer bytes than {first}",
                "批量大小从 {batch} 起,{second} 读写的字节少于 {first}"
            )),
            Turn::Always(_) if self.batches.is_empty() => None,
            Turn::Always(Greater) => Some(text!(
                "at every batch, {second} moves more bytes than {first}",
                "无论批量大小为何,{second} 读写的字节都多于 {first}"
            )),
            Turn::Always(Less) => Some(text!(
                "at every batch, {second} moves fewer bytes than {first}",
                "无论批量大小为何,{second} 读写的字节都少于 {first}"
            )),
            Turn::Always(Equal) => Some(text!(
                "at every batch, {second} moves as many bytes as {first}",
                "无论批量大小为何,{second} 与 {first} 读写的字节一样多"
            )),
        }
    }
}

/// What each network is called: as short as tells them apart.
fn names(subjects: &[&Subject]) -> Vec<String> {
    let one_file = subjects.iter().all(|subject| subject.source == subjects[0].source);
    let mut known = HashSet::new();
    let variants = subjects.iter().map(|subject| subject.variant.as_ref());
    if one_file && variants.clone().all(|variant| variant.is_some_and(|variant| known.insert(variant))) {
        return variants.flatten().cloned().collect();
    }
    // By name: the number that is next behind it.
    let mut next: HashMap<String, usize> = HashMap::new();
    let free = |label: &String| {
        let mut name = label.clone();
        while next.contains_key(&name) {
            let number = next.entry(label.clone()).or_insert(2);
            name = format!("{label} ({number})");
            *number += 1;
        }
        next.insert(name.clone(), 2);
        name
    };
    subjects.iter().map(|subject| &subject.label).map(free).collect()
}
