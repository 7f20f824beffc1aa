//! Conventions as data: those that come with cnncost.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Table;

use crate::convention::measure::Measure;
use crate::convention::{Convention, MODES, Rule, Term};
use crate::op::OPERATORS;
use crate::text::Text;

/// The conventions that come with cnncost; the file says what stands in it.
const BUNDLED: &str = include_str!("conventions.toml");

/// A convention as it stands in the file, under its name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// The convention before it whose counts it takes over.
    like: Option<String>,
    en: String,
    zh: String,
    version: String,
    source: String,
    counts: BTreeMap<String, String>,
}

/// The conventions that come with cnncost, in the order they are shown.
pub fn bundled() -> Vec<Convention> {
    parse(BUNDLED).unwrap_or_else(|mistake| panic!("a test reads the bundled conventions: {mistake}"))
}

/// Their names: what `--help` lists without reading the whole file.
pub fn names() -> impl Iterator<Item = &'static str> {
    let headings = BUNDLED.lines().filter_map(|line| line.strip_prefix('[')?.strip_suffix(']'));
    headings.filter(|heading| !heading.ends_with("counts")).map(|heading| heading.trim_matches('"'))
}

fn parse(text: &str) -> Result<Vec<Convention>, String> {
    let table: Table = text.parse().map_err(|error| format!("{error}"))?;
    let mut conventions: Vec<Convention> = vec![];
    for (name, value) in table {
        let entry: Entry = value.try_into().map_err(|error| format!("{name}: {error}"))?;
        let (mut rules, mut others) = match &entry.like {
            Some(like) => {
                let base = conventions.iter().find(|known| *known.name == **like);
                let base = base.ok_or_else(|| format!("{name}: no `{like}` stands before it"))?;
                (base.rules.clone(), base.others.clone())
            }
            None => (BTreeMap::new(), Rule::default()),
        };
        let mut named = BTreeMap::new();
        for (operators, sum) in &entry.counts {
            let rule = match &**sum {
                "?" => None,
                sum => Some(rule(sum).ok_or_else(|| format!("{name}: `{sum}` is no sum of measures"))?),
            };
            if operators == "*" {
                others = rule.unwrap_or_default();
                continue;
            }
            for operator in expand(operators) {
                is_known(&operator)
                    .then_some(())
                    .ok_or_else(|| format!("{name}: no operator `{operator}`"))?;
                if named.insert(operator.clone(), rule.clone()).is_some() {
                    return Err(format!("{name}: `{operator}` is there twice"));
                }
            }
        }
        rules.extend(named);
        let Entry { en: english, zh: chinese, version, source, .. } = entry;
        conventions.push(Convention {
            name: name.into(),
            about: Text { english, chinese },
            version,
            source,
            rules,
            others,
        });
    }
    Ok(conventions)
}

/// `convNd linear`: each name, `Nd` for 1d, 2d and 3d.
fn expand(operators: &str) -> Vec<String> {
    let names = operators.split_whitespace().flat_map(|word| {
        let (name, mode) = word.find('=').map_or((word, ""), |at| word.split_at(at));
        match name.strip_suffix("Nd") {
            Some(stem) => (1..=3).map(|n| format!("{stem}{n}d{mode}")).collect(),
            None => vec![word.to_owned()],
        }
    });
    names.collect()
}

fn is_known(operator: &str) -> bool {
    match operator.split_once('=') {
        Some((name, mode)) => MODES.iter().any(|(known, modes)| *known == name && modes.contains(&mode)),
        None => OPERATORS.iter().any(|entry| entry.name == operator),
    }
}

/// `2 macs + bias - once lines`, or `0`
fn rule(sum: &str) -> Option<Rule> {
    let mut rule = Rule::default();
    if sum == "0" {
        return Some(rule);
    }
    let mut words = sum.split_whitespace().peekable();
    let mut sign = "+";
    loop {
        let once = words.next_if_eq(&"once").is_some();
        let factor = words.peek().and_then(|word| word.parse::<u64>().ok());
        if factor.is_some() {
            words.next();
        }
        let name = words.next()?;
        let measure = *Measure::ALL.iter().find(|measure| measure.name() == name)?;
        let terms = if sign == "+" { &mut rule.plus } else { &mut rule.minus };
        terms.push(Term { factor: factor.unwrap_or(1), measure, once });
        match words.next() {
            None => return Some(rule),
            Some(next @ ("+" | "-")) => sign = next,
            Some(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bundled_convention_has_a_source() {
        let conventions = bundled();
        assert!(conventions.len() >= 10);
        assert!(names().eq(conventions.iter().map(|convention| &*convention.name)));
        for convention in conventions {
            assert!(!convention.source.is_empty() && !convention.about.chinese.is_empty());
        }
    }

    #[test]
    fn every_measure_is_used_and_explained() {
        for measure in Measure::ALL {
            let name = measure.name();
            let (explained, conventions) = BUNDLED.split_once("\n[macs]").unwrap();
            assert!(explained.contains(name), "{name} is not explained");
            let is_used =
                conventions.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name);
            assert!(is_used, "{name} is used nowhere");
        }
    }

    #[test]
    fn sums_are_read() {
        let term = |factor, measure| Term { factor, measure, once: false };
        assert_eq!(rule("0"), Some(Rule::default()));
        assert_eq!(
            rule("3 out - once lines + macs"),
            Some(Rule {
                plus: vec![term(3, Measure::Out), term(1, Measure::Macs)],
                minus: vec![Term { once: true, ..term(1, Measure::Lines) }]
            })
        );
        for wrong in ["", "3", "macs +", "mac", "macs bias", "2 3 macs", "macs * 2"] {
            assert_eq!(rule(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn mistakes_are_found() {
        let error = |counts: &str| {
            let text = format!("[a]\nen = ''\nzh = ''\nversion = ''\nsource = ''\n[a.counts]\n{counts}");
            parse(&text).unwrap_err()
        };
        assert_eq!(error("convv = 'macs'"), "a: no operator `convv`");
        assert_eq!(error("conv2d = 'mac'"), "a: `mac` is no sum of measures");
        assert_eq!(error("conv2d = 'macs'\nconvNd = 'macs'"), "a: `conv2d` is there twice");
        assert_eq!(error("'upsample=cubic' = 'in'"), "a: no operator `upsample=cubic`");
    }
}
