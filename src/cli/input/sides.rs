//! What `--set` and `--dim` set: in every network that has such a thing, or in one of several.

use std::fmt::Display;

use crate::error::{Code, Diagnostic, did_you_mean};
use crate::source::{Model, Wish};
use crate::text;
use crate::text::{Text, printable};

/// A word on a parameter or a size: `reduce=16`, or `bottleneck:reduce=16` for one of several networks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Assignment<V> {
    /// The network it is for: its label, its variant, its place in the order, or its file. Without one, all of them.
    pub(in crate::cli) side: Option<String>,
    pub(in crate::cli) name: String,
    pub(in crate::cli) value: V,
}

impl<V: Clone> Assignment<V> {
    /// What is set, wherever that is.
    pub(super) fn pair(&self) -> (String, V) {
        (self.name.clone(), self.value.clone())
    }
}

impl Assignment<u64> {
    /// A size that is open. Its name may have a colon in it: without a network before that, it is all name.
    pub(super) fn whole(&self) -> Self {
        let name = self.side.iter().chain([&self.name]).map(String::as_str).collect::<Vec<_>>().join(":");
        Self { side: None, name, value: self.value }
    }
}

/// What each network gets.
type Shares<V> = Vec<Vec<(String, V)>>;

/// What is wrong, and what to do.
type Misuse = (Text, Option<Text>);

/// What each network sets, or what is wrong with one and what to do.
pub(super) fn share_set(set: &[Assignment<String>], wishes: &[Wish]) -> Result<Shares<String>, Misuse> {
    share(set, wishes, |wish| matches!(wish.named.model, Model::Description(_)))
}

/// What sizes each network gets, likewise.
pub(super) fn share_dims(dims: &[Assignment<u64>], wishes: &[Wish]) -> Result<Shares<u64>, Misuse> {
    let is_called = |side: &String| !called(side, wishes).is_empty();
    let dims: Vec<_> = dims
        .iter()
        .map(|dim| if dim.side.as_ref().is_some_and(is_called) { dim.clone() } else { dim.whole() })
        .collect();
    share(&dims, wishes, |wish| matches!(wish.named.model, Model::Onnx(_)))
}

/// What each network gets: one that is meant, or all of those that `takes` such a thing. Where none does, all get it, and say
/// that they do not.
fn share<V: Clone + Display>(
    set: &[Assignment<V>],
    wishes: &[Wish],
    takes: impl Fn(&Wish) -> bool,
) -> Result<Shares<V>, Misuse> {
    let mut shares = vec![vec![]; wishes.len()];
    let all: Vec<usize> = (0..wishes.len()).filter(|&index| takes(&wishes[index])).collect();
    let all = if all.is_empty() { (0..wishes.len()).collect() } else { all };
    for assignment in set {
        let Assignment { side, name, value } = assignment;
        let taking = match side {
            None => all.clone(),
            Some(side) => called(side, wishes),
        };
        if let (true, Some(side)) = (taking.is_empty(), side) {
            let message = text!(
                "`--set {side}:{name}={value}` names no network here",
                "`--set {side}:{name}={value}` 没有指到此处的任何网络"
            );
            return Err((message, known(side, wishes)));
        }
        for index in taking {
            shares[index].push(assignment.pair());
        }
    }
    Ok(shares)
}

/// The networks that are called so: by what tells most first.
fn called(side: &str, wishes: &[Wish]) -> Vec<usize> {
    let find = |is_called: &dyn Fn(usize, &Wish) -> bool| -> Vec<usize> {
        let called = wishes.iter().enumerate().filter(|&(index, wish)| is_called(index, wish));
        called.map(|(index, _)| index).collect()
    };
    let by_name = find(&|_, wish| wish.label() == side || wish.known_as() == Some(side));
    if !by_name.is_empty() {
        return by_name;
    }
    let by_place = find(&|index, _| side.parse() == Ok(index + 1));
    if !by_place.is_empty() {
        return by_place;
    }
    find(&|_, wish| wish.named.stem == side || wish.named.model.source().name == side)
}

fn known(side: &str, wishes: &[Wish]) -> Option<Text> {
    let labels: Vec<String> = wishes.iter().map(Wish::label).collect();
    let list = labels.join("`, `");
    let there_are = || text!("there are `{list}`", "可用的有 `{list}`");
    let help = did_you_mean(side, labels.iter().map(String::as_str)).unwrap_or_else(there_are);
    (!labels.is_empty()).then_some(help)
}

/// What is probably not meant: a parameter that tells variants apart is set alike in all of them.
pub(super) fn overridden(set: &[Assignment<String>], wishes: &[Wish]) -> Vec<Diagnostic> {
    let everywhere = set.iter().filter(|assignment| assignment.side.is_none());
    everywhere.filter_map(|assignment| leveled(assignment, wishes)).collect()
}

fn leveled(assignment: &Assignment<String>, wishes: &[Wish]) -> Option<Diagnostic> {
    let Assignment { name, value, .. } = assignment;
    let own = |wish: &Wish| wish.named.model.param(wish.variant.as_deref(), name).cloned();
    let differ =
        |a: &Wish, b: &Wish| a.named.model.source().name == b.named.model.source().name && own(a) != own(b);
    let pair = wishes.iter().enumerate().find_map(|(index, second)| {
        let first = wishes[..index].iter().find(|first| differ(first, second))?;
        Some((first.label(), second.label()))
    });
    let (first, second) = pair?;
    let (name, value) = (printable(name), printable(value));
    let message = text!(
        "`{name}` tells `{first}` and `{second}` apart, and `--set {name}={value}` makes it the same in both",
        "`{name}` 是 `{first}` 与 `{second}` 的区别所在,而 `--set {name}={value}` 使二者相同"
    );
    let help = text!(
        "`--set {second}:{name}={value}` sets it in one of them",
        "`--set {second}:{name}={value}` 只在其中一个里设置"
    );
    Some(Diagnostic::nowhere(Code::Usage, message).help(help).warning())
}
