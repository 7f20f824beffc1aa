//! Whether operators and blocks are there, and have the settings and parameters that are given.

use super::Checker;
use crate::error::{Code, Diagnostic, did_you_mean, known_names};
use crate::op::Entry;
use crate::read::description::{Name, Setting};
use crate::read::synonyms;
use crate::text;
use crate::text::Text;

impl Checker<'_> {
    /// The operator and the names of its settings, those of a first copy among them.
    pub(super) fn operator(&mut self, op: &Name, settings: &[Setting], own: &[Setting], is_word: bool) {
        let name = &*op.text;
        let Some(entry) = Entry::find(name) else {
            let message = if is_word {
                text!("there is no operator and no block `{name}`", "没有名为 `{name}` 的算子或块")
            } else {
                text!("there is no operator `{name}`", "没有名为 `{name}` 的算子")
            };
            let help = if self.description.block(name).is_some() {
                Some(text!(
                    "`{name}` is a block: `use = \"{name}\"`",
                    "`{name}` 是块:请写 `use = \"{name}\"`"
                ))
            } else if is_word && let Some(near) = self.near_block(name) {
                Some(near)
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
        for setting in settings.iter().chain(own).filter(|setting| !known.contains(&&*table(setting))) {
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

    /// The block and the names of its arguments, those of a first copy among them.
    pub(super) fn arguments(&mut self, used: &Name, arguments: &[Setting], own: &[Setting]) {
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
        for argument in arguments.iter().chain(own) {
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

    /// The block whose name is nearly `name`.
    fn near_block(&self, name: &str) -> Option<Text> {
        if !self.is_helped() {
            return None;
        }
        did_you_mean(name, self.description.blocks.iter().map(|block| &*block.name.text))
    }
}
