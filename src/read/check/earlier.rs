//! What an item may take its input or its weights from: what stands before it.

use std::collections::HashMap;

use crate::error::{Diagnostic, known_names, nearest};
use crate::read::description::{Body, DatumKind, Item, Name};
use crate::text;

/// The items before one item: those of its list, then those around the list.
pub(super) struct Earlier<'a> {
    pub(super) items: &'a [Item],
    /// Where in `items` the item of each name stands.
    pub(super) index: &'a HashMap<&'a str, usize>,
    /// Where in `items` the item itself stands.
    pub(super) at: usize,
    /// The same for the item that holds the list, unless that is the list of the network or of a block.
    pub(super) outer: Option<&'a Earlier<'a>>,
}

impl Earlier<'_> {
    /// The names before this place, in its list and around it.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.outwards().flat_map(|list| list.items[..list.at].iter().map(|item| &*item.name))
    }

    /// Whether an item called `name` stands before this place in its own list.
    pub(super) fn holds(&self, name: &str) -> bool {
        self.index.get(name).is_some_and(|&at| at < self.at)
    }

    /// Whether `name`, in `from`, is an item before this place or one of `inputs`; if it is not, what was meant is looked for
    /// where `helped`.
    pub(super) fn check_from(&self, name: &Name, inputs: &[&Name], helped: bool) -> Result<(), Diagnostic> {
        let text = &*name.text;
        let is_input = inputs.iter().any(|input| &*input.text == text);
        if is_input || (text == "input" && inputs.len() <= 1) || self.outwards().any(|list| list.holds(text))
        {
            return Ok(());
        }
        if self.names_misspelled(text) {
            // The mistake is in the key of the name.
            return Ok(());
        }
        let later = self.outwards().find_map(|list| Some((list, *list.index.get(text)?)));
        if let Some((list, at)) = later {
            return Err(too_early(name, list, at));
        }
        if text == "input" {
            let list = inputs.iter().map(|input| format!("`{}`", input.text)).collect::<Vec<_>>().join(", ");
            let message = text!("there are several inputs: {list}", "有多个输入:{list}");
            let help = text!("name one of them", "请写出其中一个的名字");
            return Err(Diagnostic::new(message, name.span.clone()).help(help));
        }
        let message = text!("there is no `{text}` before this item", "此项之前没有 `{text}`");
        let only = inputs.is_empty().then_some("input");
        let known = self.names().chain(inputs.iter().map(|input| &*input.text)).chain(only);
        let help = if helped { known_names(text, &known.collect::<Vec<_>>()) } else { None };
        Err(Diagnostic::new(message, name.span.clone()).help(help))
    }

    /// Whether an item before this place has `name` under a key that is nearly `name`.
    fn names_misspelled(&self, name: &str) -> bool {
        self.outwards().any(|list| {
            list.items[..list.at].iter().any(|item| {
                let (Body::Operator { settings, .. } | Body::Use { arguments: settings, .. }) = &item.body
                else {
                    return false;
                };
                settings.iter().any(|setting| {
                    let is_it = matches!(&setting.value.kind, DatumKind::Text(text, _) if &**text == name);
                    is_it && !item.is_named && nearest(&setting.name.text, ["name"]).is_some()
                })
            })
        })
    }

    /// This list, the one around it, and so on.
    fn outwards(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |list| list.outer)
    }
}

/// Why `name` cannot be item number `at` of `list`: it is the item that takes it, or stands behind that.
fn too_early(name: &Name, list: &Earlier<'_>, at: usize) -> Diagnostic {
    let text = &name.text;
    let help = text!("`from` can name only what stands before", "`from` 只能引用前面的项");
    if at == list.at {
        let message = text!("`{text}` cannot take its own output", "`{text}` 不能以自己的输出为输入");
        return Diagnostic::new(message, name.span.clone()).help(help);
    }
    let message = text!("`{text}` stands later in the file", "`{text}` 在文件中更靠后");
    let diagnostic = Diagnostic::new(message, name.span.clone()).help(help);
    diagnostic.also(list.items[at].span.clone(), text!("here", "在此"))
}
