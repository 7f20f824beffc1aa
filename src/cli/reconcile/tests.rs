//! Figures that are, and that are not, of the bundled networks, without a process for each.

use clap::Parser;

use super::*;
use crate::convention::Convention;
use crate::convention::search::{Build, Found, Verdict};
use crate::read::bundled;
use crate::report::rows::Depth;
use crate::report::table::{self, Choice, Layout};
use crate::report::{Style, Subject};
use crate::text::Language;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    arguments: Arguments,
}

/// A network as `reconcile` reads it, and what it may have been read as.
fn read(name: &str) -> (Vec<Subject>, Vec<Vec<Build>>, Vec<Convention>) {
    let Command { arguments } = Command::try_parse_from(["reconcile", name]).unwrap();
    let (options, output) = (&arguments.options, &arguments.output);
    let named = open(&arguments.file).unwrap_or_else(|error| panic!("{name}: {error:?}"));
    let (subjects, outcome) = options.variants(&named, output);
    assert_eq!(outcome, Outcome::Done);
    let conventions = conventions::bundled();
    let choice = options.choice();
    let builds = subjects.iter().map(|subject| candidates(&named, &choice, subject, &conventions)).collect();
    (subjects, builds, conventions)
}

fn traced(figure: &str, conventions: &[Convention], builds: &[Build]) -> Found {
    let figure = Figure::parse(figure).unwrap_or_else(|message| panic!("{figure}: {message:?}"));
    trace(&figure, conventions, builds).1
}

/// The numbers with commas in a text.
fn grouped_numbers(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_ascii_digit() && c != ',').map(|word| word.trim_matches(','));
    words.filter(|word| word.contains(','))
}

#[test]
fn every_number_that_analyze_prints_of_a_network_has_a_name() {
    let choice =
        Choice { layout: Layout::Table, depth: Depth::To(0), columns: None, sort: vec![], links: None };
    let style = Style { language: Language::English, width: 80, color: false };
    for file in bundled::BUNDLED {
        let (subjects, builds, conventions) = read(file.name);
        for (subject, builds) in subjects.iter().zip(&builds) {
            let table = table::network(subject, &choice, style);
            let footer = table.rsplit_once('─').unwrap().1;
            let numbers: Vec<_> = grouped_numbers(footer).map(str::to_owned).collect();
            assert!(numbers.len() > 1, "{footer}");
            let bytes = [subject.weight_bytes(), subject.weight_bytes() + subject.peak_bytes()];
            for number in numbers.into_iter().chain(bytes.map(|bytes| bytes.to_string())) {
                let found = traced(&number, &conventions, &builds[..1]);
                let is_named = found.matches.first().is_some_and(|first| first.assumed == 0);
                assert!(is_named, "{}: {number}: {found:#?}", subject.title);
            }
        }
    }
}

/// Of random figures from 0.8 to 1.25 times a number, with so many digits: how many in a hundred are said to be explained, and how
/// many a usual way gives.
fn met_by_chance(around: u128, digits: u32, builds: &[Build], conventions: &[Convention]) -> [u32; 2] {
    let mut state = 1u128;
    let mut met = [0, 0];
    for _ in 0..100 {
        // Any generator does that leaves no pattern in the first digits.
        state = state * 6_364_136_223_846_793_005 % (1 << 63);
        let number = around * 4 / 5 + around * 9 / 20 * (state >> 31) / (1 << 32);
        let exponent = number.ilog10() + 1 - digits;
        let found = traced(&format!("{}e{exponent}", number / 10u128.pow(exponent)), conventions, builds);
        met[0] += u32::from(found.verdict == Verdict::Convincing);
        met[1] += u32::from(found.verdict.is_answer());
    }
    met
}

#[test]
fn random_figures_are_seldom_explained() {
    for network in ["resnet50", "vgg16", "mobilenet_v1"] {
        let (subjects, builds, conventions) = read(network);
        let macs = subjects[0].analysis.total().work.macs.total();
        for (digits, most) in [(3, [12, 35]), (4, [8, 12])] {
            let met = met_by_chance(macs, digits, &builds[0], &conventions);
            assert!(met[0] <= most[0] && met[1] <= most[1], "{network}, {digits} digits: {met:?} of 100");
        }
    }
}
