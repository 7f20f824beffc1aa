//! What can be said of a description before it is expanded: whether every name in it means something.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::description::{
    Block, BlockBody, Body, Branches, Datum, DatumKind, Description, Each, Item, Name, Setting, Template,
};
use super::expression::{Expression, RESERVED};
use crate::error::{Code, Diagnostic, Span, did_you_mean, known_names};
use crate::text;

mod assignment;
mod cycle;
mod defaults;
mod earlier;
mod interface;
mod resolve;
mod settings;
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
    resolve::words(description);
    let mut mistakes = vec![];
    for block in &mut description.blocks {
        mistakes.extend(sort_defaults(block).err());
    }
    let mut checker = Checker { description, mistakes, block: None, used: HashSet::new(), hidden: vec![] };
    checker.params();
    checker.variants();
    checker.list(
        &description.layers,
        &description.inputs.iter().map(|input| &input.name).collect::<Vec<_>>(),
        None,
    );
    checker.outputs(&description.outputs, &description.layers);
    for block in &description.blocks {
        checker.block(block);
    }
    let cycle = cycle(description);
    let is_finite = cycle.is_none();
    let Checker { mut mistakes, used, .. } = checker;
    mistakes.extend(cycle);
    // A file of blocks has more than one network uses.
    let own = description.blocks.iter().filter(|block| !description.source.is_included(&block.name.span));
    let unused = own.filter(|block| !used.contains(&block.name.text)).map(|block| {
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
    /// The block that is looked at, whose parameters hide those of the network.
    block: Option<&'d Block>,
    used: HashSet<Arc<str>>,
    /// Names that mean something else here than a parameter of the network.
    hidden: Vec<&'d str>,
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
        }
        self.block = Some(block);
        self.words(block.defaults.iter().map(|default| &default.value));
        self.interface(block);
        let inputs: Vec<_> = block.inputs.iter().collect();
        match &block.body {
            BlockBody::Layers(items) => self.list(items, &inputs, None),
            BlockBody::Branches(branches) => self.branches(branches, &inputs, None),
        }
        self.block = None;
    }

    fn list(&mut self, items: &'d [Item], inputs: &[&Name], outer: Option<&Earlier<'_>>) {
        let index = items.iter().enumerate().map(|(at, item)| (&*item.name, at)).collect();
        let has_templates = items.iter().any(|item| item.template.is_some());
        for (at, item) in items.iter().enumerate() {
            let earlier = Earlier { items, index: &index, at, has_templates, outer };
            let hidden = self.hidden.len();
            self.each(item.each.as_ref());
            for template in &item.from {
                let helped = self.is_helped();
                self.mistakes.extend(earlier.check_from(&template.name, inputs, helped).err());
            }
            self.weights(item, &earlier);
            self.source(item, at);
            self.words(item.when.iter().chain(&item.repeat));
            if let Some(tied) = &item.tied {
                self.words([&tied.value]);
                if item.repeat.is_none() {
                    let message = text!("`tied` stands beside a `repeat`", "`tied` 应与 `repeat` 同用");
                    let mistake = Diagnostic::new(Code::MissingKey, message, tied.name.span.clone());
                    self.mistakes.push(mistake);
                }
            }
            let own = item.first.as_ref().map_or(&[][..], |first| &first.own);
            match &item.body {
                Body::Operator { op, settings } => {
                    self.operator(op, settings, own, item.is_word);
                    self.words(settings.iter().chain(own).map(|setting| &setting.value));
                }
                Body::Use { block, arguments } => {
                    self.arguments(block, arguments, own);
                    self.words(arguments.iter().chain(own).map(|argument| &argument.value));
                }
                Body::Layers(items) | Body::Side(items) => self.list(items, inputs, Some(&earlier)),
                Body::Branches(branches) => self.branches(branches, inputs, Some(&earlier)),
            }
            self.hidden.truncate(hidden);
        }
    }

    fn branches(&mut self, branches: &'d Branches, inputs: &[&Name], outer: Option<&Earlier<'_>>) {
        let is_concat = &*branches.merge.text == "concat";
        let is_misplaced = |setting: &&Setting| (&*setting.name.text == "dim") != is_concat;
        for Setting { name, .. } in branches.settings.iter().filter(is_misplaced) {
            let message = if is_concat {
                text!("`broadcast` is for `add` and `mul`", "`broadcast` 只用于 `add` 和 `mul`")
            } else {
                text!("`dim` is for `concat`", "`dim` 只用于 `concat`")
            };
            self.mistakes.push(Diagnostic::new(Code::ConflictingKeys, message, name.span.clone()));
        }
        for branch in &branches.branches {
            let hidden = self.hidden.len();
            self.each(branch.each.as_ref());
            self.words(&branch.when);
            self.list(&branch.layers, inputs, outer);
            self.hidden.truncate(hidden);
        }
    }

    /// The names of a `for`, which hide what is called the same around it.
    fn each(&mut self, each: Option<&'d Each>) {
        for list in each.iter().flat_map(|each| &each.lists) {
            self.words([&list.value]);
            self.parameter_name(&list.name);
            self.hidden.push(&list.name.text);
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
            let choices = if self.hidden.contains(&name) {
                &[][..]
            } else if let Some(block) = self.block.filter(|block| block.has(name)) {
                block.choices(name)
            } else {
                let param = self.description.params.iter().find(|param| &*param.name.text == name);
                param.map_or(&[][..], |param| &param.choices)
            };
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
        let Some(Template { name, .. }) = &item.weights else { return };
        let text = &name.text;
        if earlier.has(text) {
            return;
        }
        let message = text!(
            "`weights` names an earlier item of the same list or around it, and there is no `{text}`",
            "`weights` 应指同一列表或外层列表中靠前的项,这里没有 `{text}`"
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
}

impl Block {
    /// Whether a use may give `name`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.parameters().any(|known| &*known.text == name)
    }

    /// The words that the parameter `name` may be; none if it is no choice.
    pub(super) fn choices(&self, name: &str) -> &[Arc<str>] {
        let choice = self.choices.iter().find(|choice| &*choice.name == name);
        choice.map_or(&[], |choice| &choice.words)
    }

    /// Every name that a use may give.
    pub(super) fn parameters(&self) -> impl Iterator<Item = &Name> {
        self.params.iter().chain(self.defaults.iter().map(|setting| &setting.name))
    }
}
