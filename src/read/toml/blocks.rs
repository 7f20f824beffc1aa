//! Blocks, those of the description and those of the files that it includes.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::description::{
    Block, BlockBody, Choice, Datum, DatumKind, Description, Name, Setting, Template,
};
use super::super::expression::Expression;
use super::super::keys;
use super::{Reader, name};
use crate::error::{Code, Diagnostic};
use crate::text;

impl Reader<'_> {
    /// The blocks of a file that is included, which holds nothing else.
    pub(super) fn included(&mut self, table: &DeTable<'_>) -> Vec<Block> {
        self.refuse_hidden(table);
        let known = [keys::INCLUDED];
        let table = &*self.refuse_unknown(table, &known, ("an included file", "被包含的文件"));
        for key in ["name", "about"] {
            self.text(table, key);
        }
        self.names(table, "include");
        self.blocks(table)
    }

    /// The same of a file that is bundled, which has no mistakes: of its blocks those are read that another file may use, or
    /// another of them that is read. The others have a name, which no other block may have.
    pub(super) fn bundled(&mut self, table: &DeTable<'_>) -> Vec<Block> {
        let Some(blocks) = table.get("blocks").and_then(|blocks| blocks.get_ref().as_table()) else {
            return vec![];
        };
        let mut starts: Vec<usize> = blocks.keys().map(|key| key.span().start).collect();
        starts.sort_unstable();
        let source = self.source;
        let file = source.file_around(starts.first().copied().unwrap_or_default());
        let end = |start: usize| starts.iter().copied().find(|&next| next > start).unwrap_or(file.end);
        let mut texts = vec![&source.text[..file.start], &source.text[file.end..]];
        let mut is_read = vec![false; blocks.len()];
        while let Some(text) = texts.pop() {
            // An escape may stand for any letter.
            let is_meant = |name: &str| text.contains(name) || text.contains('\\');
            for (key, is_read) in blocks.keys().zip(&mut is_read).filter(|(_, is_read)| !**is_read) {
                if is_meant(key.get_ref()) {
                    *is_read = true;
                    let start = key.span().start;
                    texts.push(&source.text[start..end(start)]);
                }
            }
        }
        let read = |((key, value), is_read): (super::Entry<'_, '_>, bool)| {
            if is_read { self.block(name(key), value) } else { Block::unread(name(key)) }
        };
        blocks.iter().zip(is_read).map(read).collect()
    }

    /// Finds each block by its name; whether each has one of its own.
    pub(super) fn index_blocks(&mut self, description: &mut Description) -> bool {
        let before = self.mistakes.len();
        let mut index = HashMap::new();
        let mut blocks: Vec<Block> = Vec::with_capacity(description.blocks.len());
        for block in std::mem::take(&mut description.blocks) {
            match index.entry(block.name.text.clone()) {
                Entry::Vacant(place) => {
                    place.insert(blocks.len());
                    blocks.push(block);
                }
                Entry::Occupied(first) => {
                    let (name, first) = (&block.name.text, &blocks[*first.get()]);
                    let message = text!("two blocks are called `{name}`", "有两个名为 `{name}` 的块");
                    let help = text!("give one of them another name", "请给其中一个改名");
                    let mistake = Diagnostic::new(Code::RepeatedName, message, first.name.span.clone());
                    let label = text!("the other one", "另一个在此");
                    self.mistakes.push(mistake.also(block.name.span.clone(), label).help(help));
                }
            }
        }
        (description.blocks, description.block_index) = (blocks, index);
        self.mistakes.len() == before
    }

    pub(super) fn blocks(&mut self, table: &DeTable<'_>) -> Vec<Block> {
        let Some(blocks) = table.get("blocks").and_then(|value| self.table(value, "blocks")) else {
            return vec![];
        };
        blocks.0.iter().map(|(key, value)| self.block(name(key), value)).collect()
    }

    fn block(&mut self, name: Name, value: &Spanned<DeValue<'_>>) -> Block {
        let before = self.mistakes.len();
        self.check_name(&Template::plain(name.clone()));
        let nothing = DeTable::new();
        let table = self.table(value, &name.text).map_or(&nothing, |(table, _)| table);
        if self.mistakes.len() > before && table.is_empty() {
            return Block::unread(name);
        }
        let table = &*self.refuse_unknown(table, &[keys::BLOCK, keys::MERGED], ("a block", "块"));
        let before = self.mistakes.len();
        let defaults = table.get("defaults").and_then(|value| self.table(value, "defaults"));
        let defaults = defaults.map_or(vec![], |table| self.settings(table.0, &[]));
        let (params, inputs) = (self.names(table, "params"), self.names(table, "inputs"));
        let (params, inputs) = (self.few(params, |name| name), self.few(inputs, |name| name));
        let (choices, words) = self.choices(table);
        let defaults = self.few(defaults.into_iter().chain(words).collect(), |default| &default.name);
        let outputs = self.names(table, "outputs");
        let outputs = self.few(outputs, |name| name);
        let has_parameters = self.mistakes.len() == before;
        let before = self.mistakes.len();
        let body = self.block_body(table, &name);
        let is_empty = matches!(&body, BlockBody::Layers(items) if items.is_empty());
        let has_body = !is_empty || self.mistakes.len() == before;
        Block { name, params, defaults, choices, inputs, outputs, body, has_parameters, has_body }
    }

    /// The parameters that are words, and the first word of each as its default.
    fn choices(&mut self, table: &DeTable<'_>) -> (Vec<Choice>, Vec<Setting>) {
        let Some((choices, _)) = table.get("choices").and_then(|value| self.table(value, "choices")) else {
            return (vec![], vec![]);
        };
        choices.iter().filter_map(|entry| self.choice(entry)).unzip()
    }

    fn choice(&mut self, (key, value): super::Entry<'_, '_>) -> Option<(Choice, Setting)> {
        let list = self.list(value, key.get_ref())?;
        let is_word = |text: &&str| !text.is_empty() && !text.contains(['\'', '\\']);
        let words: Option<Vec<Arc<str>>> =
            list.iter().map(|word| word.get_ref().as_str().filter(is_word).map(Arc::from)).collect();
        let Some((words, first)) = words.and_then(|words| Some((words, list.first()?))) else {
            let message =
                text!("a choice is a list of words, the default first", "选项应是单词列表,默认值在最前");
            return self.refuse(Code::WrongType, value.span(), message);
        };
        let written = format!("'{}'", words[0]);
        let expression = Box::new(Expression::parse(&written));
        let kind = DatumKind::Text(written.into(), expression);
        let default = Setting { name: name(key), value: Datum { span: first.span(), kind } };
        Some((Choice { name: name(key).text, words }, default))
    }

    fn block_body(&mut self, table: &DeTable<'_>, name: &Name) -> BlockBody {
        let merges: Vec<_> = keys::MERGED.iter().filter(|key| table.contains_key(key.name)).collect();
        let branches = match (table.get("layers"), table.get("branches"), &merges[..]) {
            (Some(layers), None, []) => return BlockBody::Layers(self.items(layers)),
            (None, Some(branches), []) => self.branches(table, branches, &name.span),
            (None, None, [merge]) => self.merged(merge.name, table, &[keys::BLOCK]),
            _ => {
                let block = &name.text;
                let message = text!(
                    "block `{block}` wants either `layers` or branches: `add`, `mul` or `concat`",
                    "块 `{block}` 需要 `layers` 或分支(`add`、`mul`、`concat`)之一"
                );
                self.refuse(Code::ConflictingKeys, name.span.clone(), message)
            }
        };
        branches.map_or(BlockBody::Layers(vec![]), BlockBody::Branches)
    }
}

impl Block {
    /// A block of which nothing is known but what it is called.
    fn unread(name: Name) -> Self {
        Self {
            name,
            params: vec![],
            defaults: vec![],
            choices: vec![],
            inputs: vec![],
            outputs: vec![],
            body: BlockBody::Layers(vec![]),
            has_parameters: false,
            has_body: false,
        }
    }
}
