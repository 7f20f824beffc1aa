//! Labels that tell networks apart.

use super::Choice;
use crate::subject::Subject;

/// Gives networks that are called alike longer names: by their files, by what is set in them, or else by a number.
///
/// `networks` says of each subject which network it is, and which of the choices was taken for it: of one at several
/// batches, all are called alike.
pub(super) fn tell_apart(subjects: &mut [Subject], networks: &[usize], choices: &[Choice]) {
    type Name = fn(&Subject, &Choice) -> String;
    let by_file: Name = |subject, _| match &subject.variant {
        Some(variant) => format!("{}@{variant}", subject.source),
        None => subject.source.clone(),
    };
    let by_setting: Name = |subject, choice| {
        let set = choice.set.iter().map(|(name, value)| format!("{name}={value}"));
        std::iter::once(subject.label.clone()).chain(set).collect::<Vec<_>>().join(" ")
    };
    for name in [by_file, by_setting] {
        let alike = alike(subjects, networks);
        // A name that all who are alike share tells none of them apart.
        let longer: Vec<String> = subjects
            .iter()
            .zip(networks)
            .map(|(subject, &network)| name(subject, &choices[network]))
            .collect();
        for index in 0..subjects.len() {
            let tells = alike[index].iter().any(|&other| longer[other] != longer[index]);
            if tells {
                subjects[index].label.clone_from(&longer[index]);
            }
        }
    }
    number(subjects, networks);
}

/// Of each subject, those of other networks that are called as it is.
fn alike(subjects: &[Subject], networks: &[usize]) -> Vec<Vec<usize>> {
    let is_alike = |a: usize, b: usize| networks[a] != networks[b] && subjects[a].label == subjects[b].label;
    let all = 0..subjects.len();
    all.clone().map(|a| all.clone().filter(|&b| is_alike(a, b)).collect()).collect()
}

/// Puts numbers behind the labels that are still alike, but the first.
fn number(subjects: &mut [Subject], networks: &[usize]) {
    let mut taken: Vec<(usize, String)> = vec![];
    for (subject, &network) in subjects.iter_mut().zip(networks) {
        let is_taken = |label: &str| taken.iter().any(|(other, known)| *other != network && known == label);
        if is_taken(&subject.label) {
            let free = (2_usize..).map(|number| format!("{} ({number})", subject.label));
            let mut free = free.filter(|label| !is_taken(label));
            subject.label = free.next().unwrap_or_default();
        }
        taken.push((network, subject.label.clone()));
    }
}
