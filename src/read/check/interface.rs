//! What goes into a block and what comes out of it by name.

use super::Checker;
use crate::error::{Code, Diagnostic, known_names};
use crate::read::description::{Block, BlockBody, Item, Name};
use crate::read::patterns::can_be;
use crate::text;

impl Checker<'_> {
    /// The names of inputs and outputs.
    pub(super) fn interface(&mut self, block: &Block) {
        let is_any = |name: &&Name| name.text.ends_with('*');
        for name in &block.inputs {
            let text = name.text.strip_suffix('*').unwrap_or(&name.text);
            let is_plain = text.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c));
            if text.is_empty() || !is_plain || text == "previous" {
                let shown = &name.text;
                let message = text!("`{shown}` cannot be an input", "`{shown}` 不能作输入名");
                let help = text!(
                    "letters, digits, `_`, `-` and `.`; a `*` at the end stands for any number of inputs",
                    "可用字母、数字、`_`、`-` 和 `.`;末尾的 `*` 表示任意多个输入"
                );
                self.mistakes.push(Diagnostic::new(Code::BadName, message, name.span.clone()).help(help));
            }
        }
        if let [first, second, ..] = block.inputs.iter().filter(is_any).collect::<Vec<_>>()[..] {
            let message = text!(
                "only one name of inputs can have a `*`: it would not be clear where the other begins",
                "输入名中只能有一个带 `*`,否则不清楚另一个从何处开始"
            );
            let diagnostic = Diagnostic::new(Code::ConflictingKeys, message, second.span.clone());
            self.mistakes.push(diagnostic.also(first.span.clone(), text!("the other", "另一个")));
        }
        let items = match &block.body {
            BlockBody::Layers(items) => items,
            BlockBody::Branches(_) => {
                self.outputs_of_branches(block);
                return;
            }
        };
        if block.has_body {
            self.outputs(&block.outputs, items);
        }
    }

    fn outputs_of_branches(&mut self, block: &Block) {
        let block_name = &block.name.text;
        if let Some(name) = block.outputs.first() {
            let message = text!(
                "`outputs` names items of `layers`, and `{block_name}` has branches, whose merge is its output",
                "`outputs` 应指 `layers` 中的项,而 `{block_name}` 是分支,其合并就是输出"
            );
            self.mistakes.push(Diagnostic::new(Code::ConflictingKeys, message, name.span.clone()));
        }
    }

    /// The outputs of a block or of the network, which are items of its list.
    pub(super) fn outputs(&mut self, outputs: &[Name], items: &[Item]) {
        for (at, name) in outputs.iter().enumerate() {
            let text = &name.text;
            if let Some(first) = outputs[..at].iter().find(|other| other.text == *text) {
                let message = text!("`{text}` is named twice", "`{text}` 出现了两次");
                let mistake = Diagnostic::new(Code::RepeatedName, message, name.span.clone());
                self.mistakes.push(mistake.also(first.span.clone(), text!("the first", "第一个")));
            }
            if items.iter().any(|item| item.name == *text || can_be(&item.name, text)) {
                continue;
            }
            let message = text!("there is no item `{text}` in this list", "此列表中没有名为 `{text}` 的项");
            let known: Vec<_> = items.iter().map(|item| &*item.name).collect();
            let help = if self.is_helped() { known_names(text, &known) } else { None };
            self.mistakes.push(Diagnostic::new(Code::UnknownItem, message, name.span.clone()).help(help));
        }
    }
}
