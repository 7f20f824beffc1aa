//! The start of a map: what is known of a file's names, as a table to be completed.

use std::collections::BTreeSet;

use super::assign::Named;
use super::modules::{Module, Wanted, modules, split};
use crate::shape::show;
use crate::text;
use crate::text::{Text, printable};

/// Which tensor of a file is which weight, as far as that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    lines: Vec<Line>,
    /// Tensors of the file that no weight is known to be.
    rest: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    ours: String,
    /// Empty if it is not known.
    theirs: String,
    /// What is to be known for completing it.
    shape: String,
    candidates: Vec<String>,
}

/// Candidates that are listed of one weight.
const SHOWN: usize = 8;

impl Draft {
    pub(super) fn of(
        wanted: &[Wanted],
        given: &[Named],
        known: &[Option<usize>],
        candidates: &[Vec<usize>],
    ) -> Self {
        let known = |index: usize| Some(&*given[known.get(index).copied().flatten()?].name);
        let mut lines = vec![];
        for module in modules(wanted.iter().map(|wanted| &*wanted.named.name).enumerate()) {
            match whole(&module, known) {
                Some(theirs) => lines.push(Line::known(module.name, theirs)),
                None if is_open(&module, known, candidates) => {
                    lines.push(Line::open(&module, wanted, given, candidates));
                }
                // Of tensors that the file calls otherwise each is named by itself.
                None => lines.extend(module.tensors.values().map(|&index| {
                    let Named { name, dims } = &wanted[index].named;
                    let may_be = candidates.get(index).into_iter().flatten();
                    Line {
                        ours: name.clone(),
                        theirs: known(index).unwrap_or_default().to_owned(),
                        shape: show(dims),
                        candidates: may_be.map(|&theirs| given[theirs].name.clone()).collect(),
                    }
                })),
            }
        }
        let used: BTreeSet<&str> = (0..wanted.len()).filter_map(known).collect();
        let rest = given.iter().filter(|tensor| !used.contains(&*tensor.name));
        let rest = rest.map(|tensor| format!("{} {}", tensor.name, show(&tensor.dims))).collect();
        Self { lines, rest }
    }

    /// The table, as a file has it.
    pub fn text(&self) -> Text {
        let (mut english, mut chinese) = (String::new(), String::new());
        let mut add = |text: Text| {
            english.push_str(&(text.english + "\n"));
            chinese.push_str(&(text.chinese + "\n"));
        };
        add(text!(
            "# For `cnncost run … --weights FILE --map THIS`: our layer or box = what the file calls it.\n\
             # Several at once: \"layer{{i}}/0\" = \"stages.{{i-1}}.0\". A box leaves what is in it as it is.",
            "# 用于 `cnncost run … --weights 文件 --map 本文件`:我们的层或框 = 文件中的名称。\n\
             # 一次写多个:\"layer{{i}}/0\" = \"stages.{{i-1}}.0\"。框内部分的名称保持不变。"
        ));
        for line in &self.lines {
            add(line.text());
        }
        if !self.rest.is_empty() {
            add(text!("# In the file, and not used above:", "# 文件中有而上面未用到的:"));
        }
        for tensor in &self.rest {
            let tensor = printable(tensor);
            add(text!("#   {tensor}", "#   {tensor}"));
        }
        Text { english, chinese }
    }
}

impl Line {
    fn known(ours: &str, theirs: &str) -> Self {
        Self { ours: ours.to_owned(), theirs: theirs.to_owned(), shape: String::new(), candidates: vec![] }
    }

    /// Of a module of which nothing is known.
    fn open(module: &Module, wanted: &[Wanted], given: &[Named], candidates: &[Vec<usize>]) -> Self {
        let shape = |(name, &index): (&&str, &usize)| format!("{name} {}", show(&wanted[index].named.dims));
        let shape = module.tensors.iter().map(shape).collect::<Vec<_>>().join(" + ");
        let may_be = module.tensors.values().next().and_then(|&index| candidates.get(index));
        let may_be = may_be.into_iter().flatten().map(|&theirs| split(&given[theirs].name).0.to_owned());
        Self { ours: module.name.to_owned(), theirs: String::new(), shape, candidates: may_be.collect() }
    }

    fn text(&self) -> Text {
        let entry = format!("{} = {}", quoted(&self.ours), quoted(&self.theirs));
        if !self.theirs.is_empty() {
            return text!("{entry}", "{entry}");
        }
        let shape = &self.shape;
        let listed = |dots: &str| {
            let names: Vec<_> = self.candidates.iter().take(SHOWN).map(|name| printable(name)).collect();
            let more = if self.candidates.len() > SHOWN { dots } else { "" };
            names.join(", ") + more
        };
        if self.candidates.is_empty() {
            return text!("{entry}  # {shape}", "{entry}  # {shape}");
        }
        let (english, chinese) = (listed(", …"), listed(", ……"));
        text!("{entry}  # {shape}: {english}", "{entry}  # {shape}:{chinese}")
    }
}

/// The module of the file whose tensors are those of ours, each under the same name.
fn whole<'g>(module: &Module, known: impl Fn(usize) -> Option<&'g str>) -> Option<&'g str> {
    let mut theirs = None;
    for (&name, &index) in &module.tensors {
        let (of, tensor) = split(known(index)?);
        if tensor != name || theirs.is_some_and(|theirs| theirs != of) || of.is_empty() {
            return None;
        }
        theirs = Some(of);
    }
    theirs
}

/// Whether nothing is known of a module but that it may be some of the file, whose tensors are called as its own.
fn is_open<'g>(module: &Module, known: impl Fn(usize) -> Option<&'g str>, candidates: &[Vec<usize>]) -> bool {
    let may_be = |index: usize| candidates.get(index).is_some_and(|candidates| !candidates.is_empty());
    module.tensors.values().all(|&index| known(index).is_none() && may_be(index))
}

/// As TOML has a text: JSON's, but for one character.
fn quoted(name: &str) -> String {
    serde_json::Value::from(name).to_string().replace('\u{7f}', "\\u007F")
}
