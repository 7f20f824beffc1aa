//! Parameters that nothing depends on: what was meant to be set by them is not.

use std::collections::HashSet;

use crate::error::{Code, Diagnostic};
use crate::read::description::{
    Block, BlockBody, Body, Branches, Datum, DatumKind, Description, Item, Name, Param, Template,
};
use crate::read::expression::Value;
use crate::text;

/// A warning for each parameter of the network, and of a block that every use has to give, that is mentioned nowhere.
pub(super) fn unused(description: &Description) -> Vec<Diagnostic> {
    let mut all = Mentioned::default();
    description.inputs.iter().for_each(|input| all.datum(&input.sizes));
    all.items(&description.layers);
    let mut warnings = vec![];
    for block in &description.blocks {
        let mut own = Mentioned::default();
        own.block(block);
        for name in block.params.iter().filter(|name| !own.names.contains(&*name.text)) {
            let (param, block) = (&name.text, &block.name.text);
            let message = text!(
                "nothing in block `{block}` uses its `{param}`",
                "块 `{block}` 中没有使用参数 `{param}`"
            );
            warnings.push(Diagnostic::new(Code::UnusedParameter, message, name.span.clone()).warning());
        }
        // What the block calls so itself is not the network's.
        all.names.extend(own.names.into_iter().filter(|name| !block.has(name)));
    }
    let is_set = |name: &Name| {
        let mut set = description.variants.iter().flat_map(|variant| &variant.set);
        set.any(|(known, _)| known.text == name.text)
    };
    let claims = description.claims.iter();
    let texts = claims.flat_map(|claim| [Some(&claim.expect), claim.working.as_ref()]).flatten();
    let claimed: HashSet<&str> = texts.flat_map(|text| words(&text.text)).collect();
    let is_claimed = |name: &Name| claimed.contains(&*name.text);
    let is_unused = |name: &Name| !all.names.contains(&*name.text) && !is_set(name) && !is_claimed(name);
    let unused = description.params.iter().filter(|param| is_unused(&param.name));
    warnings.extend(unused.map(|Param { name, default, .. }| {
        let param = &name.text;
        let message = text!("nothing uses the parameter `{param}`", "没有任何地方使用参数 `{param}`");
        let help = match default {
            Value::Number(_) => text!(
                "a setting takes it as text: `out_channels = \"{param}\"`",
                "设置以文本引用它:`out_channels = \"{param}\"`"
            ),
            Value::Boolean(_) => {
                text!(
                    "a condition takes it as text: `when = \"{param}\"`",
                    "条件以文本引用它:`when = \"{param}\"`"
                )
            }
            Value::Word(word) => text!(
                "a condition compares it: `when = \"{param} == '{word}'\"`",
                "条件与它比较:`when = \"{param} == '{word}'\"`"
            ),
            Value::List(_) => text!(
                "an item is written out for it: `for = {{ n = \"{param}\" }}`",
                "项按它逐个展开:`for = {{ n = \"{param}\" }}`"
            ),
        };
        Diagnostic::new(Code::UnusedParameter, message, name.span.clone()).warning().help(help)
    }));
    warnings
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
}

/// The names that expressions mention.
#[derive(Default)]
struct Mentioned<'d> {
    names: HashSet<&'d str>,
}

impl<'d> Mentioned<'d> {
    fn block(&mut self, block: &'d Block) {
        block.defaults.iter().for_each(|default| self.datum(&default.value));
        match &block.body {
            BlockBody::Layers(items) => self.items(items),
            BlockBody::Branches(branches) => self.branches(branches),
        }
    }

    fn items(&mut self, items: &'d [Item]) {
        for item in items {
            item.when.iter().chain(&item.repeat).for_each(|datum| self.datum(datum));
            let own = item.first.iter().flat_map(|first| &first.own);
            let lists = item.each.iter().flat_map(|each| &each.lists);
            own.chain(lists).chain(&item.tied).for_each(|setting| self.datum(&setting.value));
            let templates = item.from.iter().chain(&item.weights).chain(item.template.as_deref());
            templates.for_each(|template| self.template(template));
            match &item.body {
                Body::Operator { settings, .. } | Body::Use { arguments: settings, .. } => {
                    for setting in settings {
                        self.datum(&setting.value);
                    }
                }
                Body::Layers(items) | Body::Side(items) => self.items(items),
                Body::Branches(branches) => self.branches(branches),
            }
        }
    }

    fn branches(&mut self, branches: &'d Branches) {
        branches.settings.iter().for_each(|setting| self.datum(&setting.value));
        for branch in &branches.branches {
            let lists = branch.each.iter().flat_map(|each| &each.lists).map(|list| &list.value);
            branch.when.iter().chain(lists).for_each(|datum| self.datum(datum));
            self.template(&branch.name);
            self.items(&branch.layers);
        }
    }

    fn template(&mut self, template: &'d Template) {
        template.expressions().for_each(|expression| self.names.extend(expression.names()));
    }

    fn datum(&mut self, datum: &'d Datum) {
        match &datum.kind {
            DatumKind::Text(_, expression) => {
                if let Ok(expression) = &**expression {
                    self.names.extend(expression.names());
                }
            }
            DatumKind::List(list) => list.iter().for_each(|datum| self.datum(datum)),
            DatumKind::Number(_) | DatumKind::Boolean(_) | DatumKind::Unread => {}
        }
    }
}
