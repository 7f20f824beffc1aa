//! What can be said of a description before it is expanded: whether every name in it means something.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::description::{Block, BlockBody, Body, Branches, Description, Item, Name, Setting};
use super::expression::{RESERVED, Value};
use crate::error::{Diagnostic, Span, did_you_mean, known_names};
use crate::op::{Entry, OPERATORS};
use crate::text;

mod defaults;

use defaults::sort_defaults;

/// How deep blocks may stand in one another.
const BLOCKS: usize = 128;

/// Mistakes that are helped; fewer are shown.
const HELPED: usize = 50;

/// Every mistake in the names of `description`, and whether it can be expanded in spite of them. Puts the defaults of each
/// block in the order of their evaluation, and adds warnings.
pub(super) fn check(description: &mut Description) -> (Vec<Diagnostic>, bool) {
    let mut mistakes = vec![];
    for block in &mut description.blocks {
        mistakes.extend(sort_defaults(block).err());
    }
    let mut checker = Checker { description, mistakes, used: HashSet::new() };
    checker.params();
    checker.variants();
    checker.list(
        &description.layers,
        &description.inputs.iter().map(|input| &input.name).collect::<Vec<_>>(),
        None,
    );
    for block in &description.blocks {
        checker.block(block);
    }
    let cycle = checker.cycle();
    let is_finite = cycle.is_none();
    let Checker { mut mistakes, used, .. } = checker;
    mistakes.extend(cycle);
    let unused = description.blocks.iter().filter(|block| !used.contains(&block.name.text)).map(|block| {
        let name = &block.name.text;
        let message = text!("block `{name}` is never used", "块 `{name}` 从未使用");
        Diagnostic::new(message, block.name.span.clone()).warning()
    });
    description.warnings = unused.collect();
    (mistakes, is_finite)
}

struct Checker<'d> {
    description: &'d Description,
    mistakes: Vec<Diagnostic>,
    used: HashSet<Arc<str>>,
}

/// The names that `from` may say at some item: those before it in its list, then those around the list.
struct Earlier<'a> {
    items: &'a [Item],
    index: &'a HashMap<&'a str, usize>,
    at: usize,
    outer: Option<&'a Earlier<'a>>,
}

impl<'d> Checker<'d> {
    fn params(&mut self) {
        for param in &self.description.params {
            self.parameter_name(&param.name);
        }
    }

    /// Whether a mistake gets a search for what was meant: many mistakes are not shown, and many names take long.
    fn is_helped(&self) -> bool {
        self.mistakes.len() < HELPED
    }

    fn parameter_name(&mut self, name: &Name) {
        let text = &name.text;
        let plain = text.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && text.chars().all(|c| c.is_alphanumeric() || c == '_');
        if !plain {
            let message = text!("`{text}` cannot be a parameter", "`{text}` 不能作参数名");
            let help = text!(
                "a letter or `_`, then letters, digits and `_`, so that expressions can name it",
                "以字母或 `_` 开头,后接字母、数字或 `_`,这样表达式才能引用它"
            );
            self.mistakes.push(Diagnostic::new(message, name.span.clone()).help(help));
        } else if RESERVED.contains(&&**text) {
            let message = text!(
                "`{text}` means something else in expressions, and cannot be a parameter",
                "`{text}` 在表达式中另有含义,不能作参数名"
            );
            self.mistakes.push(Diagnostic::new(message, name.span.clone()));
        }
    }

    fn variants(&mut self) {
        let description = self.description;
        let mut seen: HashMap<&str, &Span> = HashMap::new();
        for variant in &description.variants {
            let name = &variant.name;
            if let Some(first) = seen.insert(&name.text, &name.span) {
                let text = &name.text;
                let message = text!("two variants are called `{text}`", "有两个名为 `{text}` 的变体");
                let label = text!("the first", "第一个");
                self.mistakes.push(Diagnostic::new(message, name.span.clone()).also(first.clone(), label));
            }
            for (name, value) in &variant.set {
                self.mistakes.extend(description.check_assignment(name, value).err());
            }
        }
    }

    fn block(&mut self, block: &'d Block) {
        let mut seen: HashMap<&str, &Span> = HashMap::new();
        for name in block.parameters() {
            self.parameter_name(name);
            let text = &name.text;
            if let Some(first) = seen.insert(text, &name.span) {
                let message = text!("two parameters are called `{text}`", "有两个名为 `{text}` 的参数");
                let label = text!("the first", "第一个");
                self.mistakes.push(Diagnostic::new(message, name.span.clone()).also(first.clone(), label));
            }
            if let Some(param) = self.description.params.iter().find(|param| param.name.text == *text) {
                let message = text!(
                    "`{text}` would hide the network's parameter of that name",
                    "`{text}` 会遮住网络的同名参数"
                );
                let label = text!("the network's", "网络的参数");
                let diagnostic = Diagnostic::new(message, name.span.clone());
                self.mistakes.push(diagnostic.also(param.name.span.clone(), label));
            }
        }
        let inputs: Vec<_> = block.inputs.iter().collect();
        match &block.body {
            BlockBody::Layers(items) => self.list(items, &inputs, None),
            BlockBody::Branches(branches) => self.branches(branches, &inputs, None),
        }
    }

    fn list(&mut self, items: &'d [Item], inputs: &[&Name], outer: Option<&Earlier<'_>>) {
        let index = items.iter().enumerate().map(|(at, item)| (&*item.name, at)).collect();
        for (at, item) in items.iter().enumerate() {
            let earlier = Earlier { items, index: &index, at, outer };
            for name in &item.from {
                let helped = self.is_helped();
                self.mistakes.extend(check_from(name, inputs, &earlier, helped).err());
            }
            self.weights(item, &earlier);
            self.source(item, at);
            match &item.body {
                Body::Operator { op, settings } => self.operator(op, settings),
                Body::Use { block, arguments } => self.arguments(block, arguments),
                Body::Layers(items) | Body::Side(items) => self.list(items, inputs, Some(&earlier)),
                Body::Branches(branches) => self.branches(branches, inputs, Some(&earlier)),
            }
        }
    }

    fn branches(&mut self, branches: &'d Branches, inputs: &[&Name], outer: Option<&Earlier<'_>>) {
        if let Some(dim) = branches.settings.first().filter(|_| &*branches.merge.text != "concat") {
            let message = text!("`dim` is for `merge = \"concat\"`", "`dim` 只用于 `merge = \"concat\"`");
            self.mistakes.push(Diagnostic::new(message, dim.name.span.clone()));
        }
        for branch in &branches.branches {
            self.list(&branch.layers, inputs, outer);
        }
    }

    fn weights(&mut self, item: &Item, earlier: &Earlier<'_>) {
        let Some(name) = &item.weights else { return };
        let text = &name.text;
        if earlier.index.get(&**text).is_some_and(|&at| at < earlier.at) {
            return;
        }
        let message = text!(
            "`weights` names an earlier item of the same list, and there is no `{text}`",
            "`weights` 应指同一列表中靠前的项,这里没有 `{text}`"
        );
        let help =
            if self.is_helped() { known_names(text, &earlier.names().collect::<Vec<_>>()) } else { None };
        self.mistakes.push(Diagnostic::new(message, name.span.clone()).help(help));
    }

    /// What a source follows is lost, unless the source has a name to be taken by.
    fn source(&mut self, item: &Item, at: usize) {
        let Body::Operator { op, .. } = &item.body else { return };
        if at == 0 || item.is_named || &*op.text != "parameter" {
            return;
        }
        let message = text!(
            "a `parameter` takes no input, so what stands before it is lost",
            "`parameter` 不接受输入,它前面的结果会丢失"
        );
        let help = text!(
            "put it first in a branch, or give it a `name` and take it with `from`",
            "请放在分支的开头,或取 `name` 后用 `from` 引用"
        );
        self.mistakes.push(Diagnostic::new(message, op.span.clone()).help(help));
    }

    fn operator(&mut self, op: &Name, settings: &[Setting]) {
        let name = &*op.text;
        let Some(entry) = Entry::find(name) else {
            let message = text!("there is no operator `{name}`", "没有名为 `{name}` 的算子");
            let help = if self.description.block(name).is_some() {
                Some(text!(
                    "`{name}` is a block: `use = \"{name}\"`",
                    "`{name}` 是块:请写 `use = \"{name}\"`"
                ))
            } else {
                did_you_mean(name, OPERATORS.iter().map(|entry| entry.name))
                    .or_else(|| Some(text!("`cnncost ops` lists them", "`cnncost ops` 列出全部算子")))
            };
            self.mistakes.push(Diagnostic::new(message, op.span.clone()).help(help));
            return;
        };
        let known = (entry.settings)();
        for setting in settings.iter().filter(|setting| !known.contains(&&*setting.name.text)) {
            let key = &setting.name.text;
            let message = text!("{name} has no setting `{key}`", "{name} 没有设置 `{key}`");
            let list = known.join("`, `");
            let help = did_you_mean(key, known.iter().copied()).unwrap_or_else(|| match known {
                [] => text!("{name} has no settings", "{name} 没有任何设置"),
                _ => text!("its settings are `{list}`", "它的设置有 `{list}`"),
            });
            self.mistakes.push(Diagnostic::new(message, setting.name.span.clone()).help(help));
        }
    }

    fn arguments(&mut self, used: &Name, arguments: &[Setting]) {
        let name = &*used.text;
        let Some(block) = self.description.block(name) else {
            let message = text!("there is no block `{name}`", "没有名为 `{name}` 的块");
            let help = if Entry::find(name).is_some() {
                Some(text!(
                    "`{name}` is an operator: `op = \"{name}\"`",
                    "`{name}` 是算子:请写 `op = \"{name}\"`"
                ))
            } else if !self.is_helped() {
                None
            } else {
                let blocks = self.description.blocks.iter().map(|block| &*block.name.text);
                known_names(name, &blocks.collect::<Vec<_>>())
            };
            self.mistakes.push(Diagnostic::new(message, used.span.clone()).help(help));
            return;
        };
        self.used.insert(block.name.text.clone());
        for argument in arguments {
            let key = &argument.name.text;
            if block.parameters().all(|name| name.text != *key) {
                let message =
                    text!("block `{name}` has no parameter `{key}`", "块 `{name}` 没有参数 `{key}`");
                let known: Vec<_> = block.parameters().map(|name| &*name.text).collect();
                let help = known_names(key, &known);
                self.mistakes.push(Diagnostic::new(message, argument.name.span.clone()).help(help));
            }
        }
        let is_unknown = |argument: &Setting| block.parameters().all(|name| name.text != argument.name.text);
        if arguments.iter().any(is_unknown) {
            // It may well be the one that is missing, misspelled.
            return;
        }
        let given = |name: &Name| arguments.iter().any(|argument| argument.name.text == name.text);
        let missing: Vec<_> =
            block.params.iter().filter(|name| !given(name)).map(|name| format!("`{}`", name.text)).collect();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            let message = text!("block `{name}` also wants {missing}", "块 `{name}` 还需要 {missing}");
            let label = text!("its parameters", "它的参数");
            let diagnostic = Diagnostic::new(message, used.span.clone());
            let first = block.params.iter().map(|name| name.span.start).min().unwrap_or(0);
            let last = block.params.iter().map(|name| name.span.end).max().unwrap_or(0);
            self.mistakes.push(diagnostic.also(first..last, label));
        }
    }

    /// A block that uses itself, on whatever way, and blocks too deep in one another.
    fn cycle(&self) -> Option<Diagnostic> {
        let uses: Vec<Vec<(usize, &Name)>> =
            self.description.blocks.iter().map(|block| self.description.uses(block)).collect();
        // Depth of what is below each block, once it is known.
        let mut depths: Vec<Option<usize>> = vec![None; uses.len()];
        for start in 0..uses.len() {
            let mut path: Vec<(usize, usize)> =
                if depths[start].is_none() { vec![(start, 0)] } else { vec![] };
            while let Some(&mut (block, ref mut next)) = path.last_mut() {
                let Some(&(inner, name)) = uses[block].get(*next) else {
                    let below = uses[block].iter().filter_map(|&(inner, _)| depths[inner]).max();
                    depths[block] = Some(below.map_or(1, |below| below + 1));
                    path.pop();
                    continue;
                };
                *next += 1;
                if depths[inner].is_none()
                    && let Some(from) = path.iter().position(|&(block, _)| block == inner)
                {
                    let cycle = path[from..].iter().map(|&(block, _)| block).chain([inner]);
                    let names: Vec<_> = cycle
                        .map(|block| format!("`{}`", self.description.blocks[block].name.text))
                        .collect();
                    let cycle = names.join(" → ");
                    let message = text!("a block uses itself: {cycle}", "块使用了自己:{cycle}");
                    return Some(Diagnostic::new(message, name.span.clone()));
                }
                if depths[inner].is_none() {
                    path.push((inner, 0));
                }
            }
        }
        let deepest = depths.iter().position(|depth| depth.is_some_and(|depth| depth > BLOCKS))?;
        let name = &self.description.blocks[deepest].name;
        let message = text!("blocks stand more than {BLOCKS} deep in one another", "块嵌套超过 {BLOCKS} 层");
        Some(Diagnostic::new(message, name.span.clone()))
    }
}

impl Description {
    /// Whether a parameter of the network can have this value.
    pub(super) fn check_assignment(&self, name: &Name, value: &Value) -> Result<(), Diagnostic> {
        let text = &name.text;
        let Some(param) = self.params.iter().find(|param| param.name.text == *text) else {
            let message = text!("the network has no parameter `{text}`", "网络没有参数 `{text}`");
            let names = || self.params.iter().map(|param| &*param.name.text);
            let help = did_you_mean(text, names()).or_else(|| {
                let list = names().collect::<Vec<_>>().join("`, `");
                (!list.is_empty()).then(|| text!("it has `{list}`", "它有 `{list}`"))
            });
            return Err(Diagnostic::new(message, name.span.clone()).help(help));
        };
        let wrong = |message| Diagnostic::new(message, name.span.clone());
        match (&param.default, value) {
            (Value::Number(_), Value::Number(_)) | (Value::Boolean(_), Value::Boolean(_)) => Ok(()),
            (Value::Word(_), Value::Word(word)) if param.choices.contains(word) => Ok(()),
            (Value::Word(_), _) => {
                let list = param.choices.join("\", \"");
                let message = text!("`{text}` cannot be {value}", "`{text}` 不能是 {value}");
                let choices = text!("it is one of \"{list}\"", "可选 \"{list}\"");
                Err(wrong(message).help(choices))
            }
            (Value::Number(_), _) => Err(wrong(text!(
                "`{text}` is a number, and cannot be {value}",
                "`{text}` 是数,不能是 {value}"
            ))),
            (Value::Boolean(_), _) => Err(wrong(text!(
                "`{text}` is `true` or `false`, and cannot be {value}",
                "`{text}` 只能是 `true` 或 `false`,不能是 {value}"
            ))),
        }
    }

    /// The blocks that `block` uses, and where.
    fn uses<'d>(&'d self, block: &'d Block) -> Vec<(usize, &'d Name)> {
        let mut names = vec![];
        match &block.body {
            BlockBody::Layers(items) => uses(items, &mut names),
            BlockBody::Branches(branches) => {
                branches.branches.iter().for_each(|b| uses(&b.layers, &mut names));
            }
        }
        names.into_iter().filter_map(|name| Some((*self.block_index.get(&name.text)?, name))).collect()
    }
}

fn uses<'d>(items: &'d [Item], names: &mut Vec<&'d Name>) {
    for item in items {
        match &item.body {
            Body::Operator { .. } => {}
            Body::Use { block, .. } => names.push(block),
            Body::Layers(items) | Body::Side(items) => uses(items, names),
            Body::Branches(branches) => {
                branches.branches.iter().for_each(|branch| uses(&branch.layers, names));
            }
        }
    }
}

impl Block {
    /// Every name that a use may give.
    pub(super) fn parameters(&self) -> impl Iterator<Item = &Name> {
        self.params.iter().chain(self.defaults.iter().map(|setting| &setting.name))
    }
}

impl Earlier<'_> {
    /// The names before this place, in its list and around it.
    fn names(&self) -> impl Iterator<Item = &str> {
        let mut list = Some(self);
        std::iter::from_fn(move || {
            let here = list?;
            list = here.outer;
            Some(here.items[..here.at].iter().map(|item| &*item.name))
        })
        .flatten()
    }
}

/// Whether `from` names an item before it, or an input.
fn check_from(name: &Name, inputs: &[&Name], earlier: &Earlier<'_>, helped: bool) -> Result<(), Diagnostic> {
    let text = &*name.text;
    let mut list = Some(earlier);
    let mut later = None;
    while let Some(here) = list {
        match here.index.get(text) {
            Some(&at) if at < here.at => return Ok(()),
            Some(&at) => later = later.or(Some((here, at))),
            None => {}
        }
        list = here.outer;
    }
    let named = inputs.iter().any(|input| &*input.text == text);
    if named || (text == "input" && inputs.len() <= 1) {
        return Ok(());
    }
    if let Some((here, at)) = later {
        let message = if at == here.at {
            text!("`{text}` cannot take its own output", "`{text}` 不能以自己的输出为输入")
        } else {
            text!("`{text}` stands later in the file", "`{text}` 在文件中更靠后")
        };
        let diagnostic = Diagnostic::new(message, name.span.clone());
        let help = text!("`from` can name only what stands before", "`from` 只能引用前面的项");
        let label = text!("here", "在此");
        let diagnostic =
            if at == here.at { diagnostic } else { diagnostic.also(here.items[at].span.clone(), label) };
        return Err(diagnostic.help(help));
    }
    if text == "input" {
        let list = inputs.iter().map(|input| format!("`{}`", input.text)).collect::<Vec<_>>().join(", ");
        let message = text!("there are several inputs: {list}", "有多个输入:{list}");
        return Err(Diagnostic::new(message, name.span.clone()));
    }
    let message = text!("there is no `{text}` before this item", "此项之前没有 `{text}`");
    let only = (inputs.is_empty()).then_some("input");
    let known = earlier.names().chain(inputs.iter().map(|input| &*input.text)).chain(only);
    let help = if helped { known_names(text, &known.collect::<Vec<_>>()) } else { None };
    Err(Diagnostic::new(message, name.span.clone()).help(help))
}
