//! Labels that tell networks apart.

use std::collections::HashMap;
use std::path::Path;

use super::Choice;
use crate::subject::Subject;
use crate::text::printable;

/// Gives networks that are called alike longer names: by the names of their files, by where these lie, by what is set in them, or else by a number.
///
/// `networks` says of each subject which network it is, and which of the choices was taken for it: of one at several
/// batches, all are called alike.
pub(super) fn tell_apart(subjects: &mut [Subject], networks: &[usize], choices: &[Choice]) {
    type Name = fn(&Subject, &Choice) -> String;
    let by_file_name: Name = |subject, _| {
        let path = Path::new(&subject.source);
        let name =
            path.file_name().map_or_else(|| subject.source.clone().into(), |name| name.to_string_lossy());
        match &subject.variant {
            Some(variant) => format!("{name}@{variant}"),
            None => name.into_owned(),
        }
    };
    let by_file: Name = |subject, _| match &subject.variant {
        Some(variant) => format!("{}@{variant}", subject.source),
        None => subject.source.clone(),
    };
    let by_setting: Name = |subject, choice| {
        let set = choice.set.iter().map(|(name, value)| format!("{name}={value}"));
        let dims = choice.dims.iter().map(|(name, size)| format!("{name}={size}"));
        std::iter::once(subject.label.clone()).chain(set).chain(dims).collect::<Vec<_>>().join(" ")
    };
    for name in [by_file_name, by_file, by_setting] {
        let longer: Vec<String> = subjects
            .iter()
            .zip(networks)
            .map(|(subject, &network)| printable(&name(subject, &choices[network])))
            .collect();
        for alike in alike(subjects) {
            // A name that all who are alike share tells none of them apart.
            if alike.iter().any(|&index| longer[index] != longer[alike[0]]) {
                for index in alike {
                    subjects[index].label.clone_from(&longer[index]);
                }
            }
        }
    }
    number(subjects, networks);
}

/// Those that are called alike, several of each name.
fn alike(subjects: &[Subject]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = vec![];
    let mut known: HashMap<&str, usize> = HashMap::new();
    for (index, subject) in subjects.iter().enumerate() {
        let group = *known.entry(&subject.label).or_insert(groups.len());
        if group == groups.len() {
            groups.push(vec![]);
        }
        groups[group].push(index);
    }
    groups.retain(|group| group.len() > 1);
    groups
}

/// Puts numbers behind the labels that are still alike, but the first; one network at several batches stays alike.
fn number(subjects: &mut [Subject], networks: &[usize]) {
    // By label: the network it is taken by, and the number that is next behind it. One that gets a label has no other's.
    let mut taken: HashMap<String, (usize, usize)> = HashMap::new();
    // The last network, the label it came with, and the one it has got.
    let mut before: Option<(usize, String, String)> = None;
    for (subject, &network) in subjects.iter_mut().zip(networks) {
        let label = std::mem::take(&mut subject.label);
        if let Some((_, _, same)) = before.as_ref().filter(|(of, from, _)| *of == network && *from == label) {
            subject.label.clone_from(same);
            continue;
        }
        let mut free = label.clone();
        while taken.get(&free).is_some_and(|&(other, _)| other != network) {
            let (_, next) = taken.entry(label.clone()).or_insert((network, 2));
            free = format!("{label} ({next})");
            *next += 1;
        }
        taken.entry(free.clone()).or_insert((network, 2));
        subject.label.clone_from(&free);
        before = Some((network, label, free));
    }
}
