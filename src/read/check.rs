//! What can be said of a description before it is expanded: whether every name in it means something.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::description::{
    Block, BlockBody, Body, Branches, Datum, DatumKind, Description, Item, Name, Setting,
};
use super::expression::{Expression, RESERVED};
use super::synonyms;
use crate::error::{Code, Diagnostic, Span, did_you_mean, known_names};
use crate::op::Entry;
use crate::text;

mod assignment;
mod cycle;
mod defaults;
mod earlier;
mod unused;

use assignment::reserved;
use cycle::cycle;
use defaults::sort_defaults;
use earlier::Earlier;

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
    let cycle = cycle(description);
    let is_finite = cycle.is_none();
    let Checker { mut mistakes, used, .. } = checker;
    mistakes.extend(cycle);
    let unused = description.blocks.iter().filter(|block| !used.contains(&block.name.text)).map(|block| {
        let name = &block.name.text;
        let message = text!("block `{name}` is never used", "块 `{name}` 从未使用");
        Diagnostic::new(Code::UnusedBlock, message, block.name.span.clone()).warning()
    });
    description.warnings = unused.chain(unused::unused(description)).collect();
    (mistakes, is_finite)
}

struct Checker<'d> {
    description: &'d Description,
    mistakes: Vec<Diagnostic>,
    used: HashSet<Arc<str>>,
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
            self.mistakes.push(Diagnostic::new(Code::BadName, message, name.span.clone()).help(help));
        } else if RESERVED.contains(&&**text) {
            let message = text!(
                "`{text}` has a meaning of its own in expressions, and cannot be a parameter",
                "`{text}` 在表达式中另有含义,不能作参数名"
            );
            self.mistakes
                .push(Diagnostic::new(Code::BadName, message, name.span.clone()).help(reserved(text)));
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
                self.mistakes.push(
                    Diagnostic::new(Code::RepeatedName, message, name.span.clone())
                        .also(first.clone(), label),
                );
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
                self.mistakes.push(
                    Diagnostic::new(Code::RepeatedName, message, name.span.clone())
                        .also(first.clone(), label),
                );
            }
            if let Some(param) = self.description.params.iter().find(|param| param.name.text == *text) {
                let message = text!(
                    "`{text}` would hide the network's parameter of that name",
                    "`{text}` 会遮住网络的同名参数"
                );
                let label = text!("the network's", "网络的参数");
                let diagnostic = Diagnostic::new(Code::RepeatedName, message, name.span.clone());
                self.mistakes.push(diagnostic.also(param.name.span.clone(), label));
            }
        }
        self.words(block.defaults.iter().map(|default| &default.value));
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
                self.mistakes.extend(earlier.check_from(name, inputs, helped).err());
            }
            self.weights(item, &earlier);
            self.source(item, at);
            self.words(item.when.iter().chain(&item.repeat));
            match &item.body {
                Body::Operator { op, settings } => {
                    self.operator(op, settings);
                    self.words(settings.iter().map(|setting| &setting.value));
                }
                Body::Use { block, arguments } => {
                    self.arguments(block, arguments);
                    self.words(arguments.iter().map(|argument| &argument.value));
                }
                Body::Layers(items) | Body::Side(items) => self.list(items, inputs, Some(&earlier)),
                Body::Branches(branches) => self.branches(branches, inputs, Some(&earlier)),
            }
        }
    }

    fn branches(&mut self, branches: &'d Branches, inputs: &[&Name], outer: Option<&Earlier<'_>>) {
        if let Some(dim) = branches.settings.first().filter(|_| &*branches.merge.text != "concat") {
            let message = text!("`dim` is for `merge = \"concat\"`", "`dim` 只用于 `merge = \"concat\"`");
            self.mistakes.push(Diagnostic::new(Code::ConflictingKeys, message, dim.name.span.clone()));
        }
        for branch in &branches.branches {
            self.words(&branch.when);
            self.list(&branch.layers, inputs, outer);
        }
    }

    /// A choice that is compared with a word it can never be: a misspelled `when` would leave its layer out.
    fn words<'v>(&mut self, values: impl IntoIterator<Item = &'v Datum>) {
        for datum in values {
            match &datum.kind {
                DatumKind::Text(_, expression) => {
                    if let Ok(expression) = &**expression {
                        self.words_of(datum, expression);
                    }
                }
                DatumKind::List(list) => self.words(list),
                DatumKind::Number(_) | DatumKind::Boolean(_) | DatumKind::Unread => {}
            }
        }
    }

    fn words_of(&mut self, datum: &Datum, expression: &Expression) {
        for (name, word, span) in expression.compared_words() {
            let param = self.description.params.iter().find(|param| &*param.name.text == name);
            let choices = param.map_or(&[][..], |param| &param.choices);
            if choices.is_empty() || choices.iter().any(|choice| &**choice == word) {
                continue;
            }
            let message = text!("`{name}` is never '{word}'", "`{name}` 永远不会是 '{word}'");
            let list = choices.join("', '");
            let help = did_you_mean(word, choices.iter().map(|choice| &**choice))
                .unwrap_or_else(|| text!("it is one of '{list}'", "可选 '{list}'"));
            let place = datum.place(&self.description.source, span.clone());
            self.mistakes.push(Diagnostic::new(Code::WrongValue, message, place).help(help));
        }
    }

    fn weights(&mut self, item: &Item, earlier: &Earlier<'_>) {
        let Some(name) = &item.weights else { return };
        let text = &name.text;
        if earlier.holds(text) {
            return;
        }
        if let Some(outer) = earlier.holds_outside(text) {
            self.mistakes.push(not_in_the_list(name, outer));
            return;
        }
        let message = text!(
            "`weights` names an earlier item of the same list, and there is no `{text}`",
            "`weights` 应指同一列表中靠前的项,这里没有 `{text}`"
        );
        let help =
            if self.is_helped() { known_names(text, &earlier.names().collect::<Vec<_>>()) } else { None };
        self.mistakes.push(Diagnostic::new(Code::UnknownItem, message, name.span.clone()).help(help));
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
        self.mistakes.push(Diagnostic::new(Code::Inputs, message, op.span.clone()).help(help));
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
                synonyms::operator(name)
                    .or_else(|| Some(text!("`cnncost ops` lists them", "`cnncost ops` 列出全部算子")))
            };
            self.mistakes.push(Diagnostic::new(Code::UnknownOperator, message, op.span.clone()).help(help));
            return;
        };
        let known = (entry.settings)();
        // An entry of a table has the table's name in front, and says itself what is wrong with its own.
        let table = |setting: &Setting| setting.name.text.split('.').next().unwrap_or_default().to_owned();
        for setting in settings.iter().filter(|setting| !known.contains(&&*table(setting))) {
            let key = &setting.name.text;
            let message = text!("{name} has no setting `{key}`", "{name} 没有设置 `{key}`");
            let list = known.join("`, `");
            let value = setting.value.word();
            let help = synonyms::setting(key, value, known).unwrap_or_else(|| match known {
                [] => text!("{name} has no settings", "{name} 没有任何设置"),
                _ => text!("its settings are `{list}`", "它的设置有 `{list}`"),
            });
            self.mistakes
                .push(Diagnostic::new(Code::UnknownSetting, message, setting.name.span.clone()).help(help));
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
            self.mistakes.push(Diagnostic::new(Code::UnknownBlock, message, used.span.clone()).help(help));
            return;
        };
        self.used.insert(block.name.text.clone());
        if !block.has_parameters {
            return;
        }
        for argument in arguments {
            let key = &argument.name.text;
            if block.parameters().all(|name| name.text != *key) {
                let message =
                    text!("block `{name}` has no parameter `{key}`", "块 `{name}` 没有参数 `{key}`");
                let known: Vec<_> = block.parameters().map(|name| &*name.text).collect();
                let help = known_names(key, &known);
                self.mistakes.push(
                    Diagnostic::new(Code::UnknownParameter, message, argument.name.span.clone()).help(help),
                );
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
            let diagnostic = Diagnostic::new(Code::MissingArgument, message, used.span.clone());
            let first = block.params.iter().map(|name| name.span.start).min().unwrap_or(0);
            let last = block.params.iter().map(|name| name.span.end).max().unwrap_or(0);
            self.mistakes.push(diagnostic.also(first..last, label));
        }
    }
}

/// Why the weights of `outer`, which stands in a list around this one, cannot be used.
fn not_in_the_list(name: &Name, outer: &Item) -> Diagnostic {
    let text = &name.text;
    let message = text!(
        "`weights` names an earlier item of the same list, and `{text}` stands in a list around it",
        "`weights` 应指同一列表中靠前的项,而 `{text}` 在外层列表中"
    );
    let help = text!(
        "put both into one list, or let the groups that they stand in share: `weights` may stand at a group too",
        "请把两者放进同一列表,或让它们所在的组共享:`weights` 也可写在组上"
    );
    Diagnostic::new(Code::UnreachableItem, message, name.span.clone())
        .help(help)
        .also(outer.span.clone(), text!("here", "在此"))
}

impl Block {
    /// Whether a use may give `name`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.parameters().any(|known| &*known.text == name)
    }

    /// Every name that a use may give.
    pub(super) fn parameters(&self) -> impl Iterator<Item = &Name> {
        self.params.iter().chain(self.defaults.iter().map(|setting| &setting.name))
    }
}
