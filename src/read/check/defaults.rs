//! The defaults of a block, which may depend on one another in any order but not in a circle.

use std::collections::HashMap;

use super::super::description::{Block, Datum, DatumKind};
use crate::error::{Code, Diagnostic};
use crate::text;

/// Puts each default after those that it depends on; a cycle is shown.
pub(super) fn sort_defaults(block: &mut Block) -> Result<(), Diagnostic> {
    let index: HashMap<&str, usize> =
        block.defaults.iter().enumerate().map(|(at, default)| (&*default.name.text, at)).collect();
    let needs: Vec<Vec<usize>> =
        block.defaults.iter().map(|default| mentions(&default.value, &index)).collect();
    let mut needed_by: Vec<Vec<usize>> = vec![vec![]; needs.len()];
    let mut waiting: Vec<usize> = needs.iter().map(Vec::len).collect();
    for (at, needs) in needs.iter().enumerate() {
        for &needed in needs {
            needed_by[needed].push(at);
        }
    }
    let mut order: Vec<usize> = (0..needs.len()).filter(|&at| waiting[at] == 0).collect();
    let mut done = 0;
    while let Some(&at) = order.get(done) {
        done += 1;
        for &next in &needed_by[at] {
            waiting[next] -= 1;
            if waiting[next] == 0 {
                order.push(next);
            }
        }
    }
    if let Some(start) = waiting.iter().position(|&count| count > 0) {
        return Err(cycle(block, start, &needs, &waiting));
    }
    let mut rank = vec![0; order.len()];
    order.iter().enumerate().for_each(|(rank_of, &at)| rank[at] = rank_of);
    let mut defaults: Vec<_> = rank.into_iter().zip(std::mem::take(&mut block.defaults)).collect();
    defaults.sort_by_key(|&(rank, _)| rank);
    block.defaults = defaults.into_iter().map(|(_, default)| default).collect();
    Ok(())
}

/// The cycle that is reached from `start` along what is still waiting.
fn cycle(block: &Block, start: usize, needs: &[Vec<usize>], waiting: &[usize]) -> Diagnostic {
    let mut path = vec![start];
    loop {
        let last = path[path.len() - 1];
        let next = needs[last].iter().copied().find(|&next| waiting[next] > 0).unwrap_or(last);
        let from = path.iter().position(|&at| at == next);
        path.push(next);
        if let Some(from) = from {
            let names: Vec<_> =
                path[from..].iter().map(|&at| format!("`{}`", block.defaults[at].name.text)).collect();
            let names = names.join(" → ");
            let message = text!("defaults depend on each other: {names}", "默认值相互依赖:{names}");
            let mistake =
                Diagnostic::new(Code::Cycle, message, block.defaults[path[from]].value.span.clone());
            let own = &block.defaults[last].name.text;
            return mistake.help((next == last).then(|| {
                text!(
                    "here `{own}` is the block's own; where it is used, `{own} = \"{own}\"` gives it the one from outside",
                    "此处的 `{own}` 是块自己的参数;在使用处写 `{own} = \"{own}\"` 可传入外面的同名参数"
                )
            }));
        }
    }
}

/// Which of the defaults an expression mentions, each once.
fn mentions(value: &Datum, index: &HashMap<&str, usize>) -> Vec<usize> {
    let mut mentioned: Vec<usize> = match &value.kind {
        DatumKind::Text(_, expression) => {
            let Ok(expression) = &**expression else { return vec![] };
            expression.names().filter_map(|name| index.get(name).copied()).collect()
        }
        DatumKind::List(list) => list.iter().flat_map(|value| mentions(value, index)).collect(),
        DatumKind::Number(_) | DatumKind::Boolean(_) | DatumKind::Unread => vec![],
    };
    mentioned.sort_unstable();
    mentioned.dedup();
    mentioned
}
