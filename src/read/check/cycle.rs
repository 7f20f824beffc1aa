//! Whether blocks that use one another come to an end.

use crate::error::{Code, Diagnostic};
use crate::read::description::{Block, BlockBody, Body, Description, Item, Name};
use crate::text;

/// How deep blocks may stand in one another.
const BLOCKS: usize = 128;

/// A block that uses itself, directly or through others, or blocks that stand too deep in one another.
pub(super) fn cycle(description: &Description) -> Option<Diagnostic> {
    let uses: Vec<Vec<(usize, &Name)>> =
        description.blocks.iter().map(|block| uses(description, block)).collect();
    // Depth of what is below each block, once it is known.
    let mut depths: Vec<Option<usize>> = vec![None; uses.len()];
    for start in 0..uses.len() {
        let mut path: Vec<(usize, usize)> = if depths[start].is_none() { vec![(start, 0)] } else { vec![] };
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
                let names: Vec<_> =
                    cycle.map(|block| format!("`{}`", description.blocks[block].name.text)).collect();
                let cycle = names.join(" → ");
                let message = text!("a block uses itself: {cycle}", "块使用了自己:{cycle}");
                return Some(Diagnostic::new(Code::Cycle, message, name.span.clone()));
            }
            if depths[inner].is_none() {
                path.push((inner, 0));
            }
        }
    }
    let deepest = depths.iter().position(|depth| depth.is_some_and(|depth| depth > BLOCKS))?;
    let name = &description.blocks[deepest].name;
    let message = text!("blocks stand more than {BLOCKS} deep in one another", "块嵌套超过 {BLOCKS} 层");
    Some(Diagnostic::new(Code::TooLarge, message, name.span.clone()))
}

/// The blocks that `block` uses, and where.
fn uses<'d>(description: &'d Description, block: &'d Block) -> Vec<(usize, &'d Name)> {
    let mut names = vec![];
    match &block.body {
        BlockBody::Layers(items) => add_uses(items, &mut names),
        BlockBody::Branches(branches) => {
            branches.branches.iter().for_each(|b| add_uses(&b.layers, &mut names));
        }
    }
    names.into_iter().filter_map(|name| Some((*description.block_index.get(&name.text)?, name))).collect()
}

fn add_uses<'d>(items: &'d [Item], names: &mut Vec<&'d Name>) {
    for item in items {
        match &item.body {
            Body::Operator { .. } => {}
            Body::Use { block, .. } => names.push(block),
            Body::Layers(items) | Body::Side(items) => add_uses(items, names),
            Body::Branches(branches) => {
                branches.branches.iter().for_each(|branch| add_uses(&branch.layers, names));
            }
        }
    }
}
