//! What a word means that the file has only when all of it is read: a block or an operator, an argument or a key.

use std::collections::HashMap;
use std::sync::Arc;

use crate::read::description::{Block, BlockBody, Body, Branches, Copied, Description, Item};
use crate::read::patterns::{is_open, way};

/// Makes a word a block where there is one of that name, and a `tied` an argument where the block has such a parameter. Notes
/// of which items copies are taken one by one.
pub(super) fn words(description: &mut Description) {
    let has_tied = |block: &Block| block.has("tied");
    let blocks: HashMap<Arc<str>, bool> =
        description.blocks.iter().map(|block| (block.name.text.clone(), has_tied(block))).collect();
    let mut resolver = Resolver { blocks, copied: Copied::default() };
    resolver.items(&mut description.layers);
    for block in &mut description.blocks {
        match &mut block.body {
            BlockBody::Layers(items) => resolver.items(items),
            BlockBody::Branches(branches) => resolver.branches(branches),
        }
    }
    description.copied = resolver.copied;
}

struct Resolver {
    /// Whether each block has a parameter called `tied`.
    blocks: HashMap<Arc<str>, bool>,
    copied: Copied,
}

impl Resolver {
    fn items(&mut self, items: &mut [Item]) {
        for item in items {
            self.item(item);
        }
    }

    fn item(&mut self, item: &mut Item) {
        for name in item.from.iter().map(|template| &template.name.text) {
            if let Some((item, _)) = way(name).filter(|(_, way)| way.copy.is_some()) {
                if is_open(item) {
                    self.copied.any = true;
                } else {
                    self.copied.names.insert(item.into());
                }
            }
        }
        match &mut item.body {
            Body::Operator { op, settings } => {
                if item.is_word && self.blocks.contains_key(&op.text) {
                    let (block, arguments) = (op.clone(), std::mem::take(settings));
                    item.body = Body::Use { block, arguments };
                }
            }
            Body::Use { block, arguments } => {
                if self.blocks.get(&block.text) == Some(&true) {
                    arguments.extend(item.tied.take());
                }
            }
            Body::Layers(items) | Body::Side(items) => self.items(items),
            Body::Branches(branches) => self.branches(branches),
        }
    }

    fn branches(&mut self, branches: &mut Branches) {
        branches.branches.iter_mut().for_each(|branch| self.items(&mut branch.layers));
    }
}
