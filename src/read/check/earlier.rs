//! What an item may take its input or its weights from: what stands before it.

use std::collections::HashMap;

use crate::error::{Code, Diagnostic, known_names, nearest};
use crate::read::description::{Body, DatumKind, Item, Name};
use crate::read::patterns::{can_be, is_open, way};
use crate::text;

/// The items before one item: those of its list, then those around the list.
pub(super) struct Earlier<'a> {
    pub(super) items: &'a [Item],
    /// Where in `items` the item of each name stands.
    pub(super) index: &'a HashMap<&'a str, usize>,
    /// Where in `items` the item itself stands.
    pub(super) at: usize,
    /// Whether expressions are in the name of any.
    pub(super) has_templates: bool,
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

    /// Whether an item before this place, in its list or around it, is or may be called `name`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.outwards().any(|list| list.holds(name)) || self.may_have(name)
    }

    /// Whether an item before this place may be called `name`, by what an expression in either comes to.
    fn may_have(&self, name: &str) -> bool {
        /// Of so many, expansion finds out.
        const MANY: usize = 1000;
        let is_it = |item: &Item| (is_open(name) || item.template.is_some()) && can_be(&item.name, name);
        self.outwards().any(|list| {
            let is_likely = is_open(name) || list.has_templates;
            is_likely && (list.at > MANY || list.items[..list.at].iter().any(is_it))
        })
    }

    /// Whether `name`, in `from`, is an item before this place or one of `inputs`; if it is not, what was meant is looked for
    /// where `helped`.
    pub(super) fn check_from(&self, name: &Name, inputs: &[&Name], helped: bool) -> Result<(), Diagnostic> {
        let text = &*name.text;
        let is_word = text == "previous" || (text == "input" && inputs.len() <= 1);
        let is_input =
            |name: &str| inputs.iter().any(|input| &*input.text == name || can_be(&input.text, name));
        if is_word || is_input(text) || self.has(text) {
            return Ok(());
        }
        // What is at the end of the way is known where that is gone.
        let is_copied = |item: &Item| item.repeat.is_some() || item.each.is_some();
        if let Some((item, way)) = way(text)
            && self.has(item)
            && (way.copy.is_none()
                || self
                    .outwards()
                    .all(|list| list.index.get(item).is_none_or(|&at| is_copied(&list.items[at]))))
        {
            return Ok(());
        }
        // Looking at everything before takes long, and after many mistakes helps nobody.
        if helped && self.names_misspelled(text) {
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
            return Err(Diagnostic::new(Code::Inputs, message, name.span.clone()).help(help));
        }
        if let Some(item) = helped.then(|| self.holder(text)).flatten() {
            return Err(inside(name, item));
        }
        let message = text!("there is no `{text}` before this item", "此项之前没有 `{text}`");
        let only = inputs.is_empty().then_some("input");
        let known = self.names().chain(inputs.iter().map(|input| &*input.text)).chain(only);
        let help = if helped { known_names(text, &known.collect::<Vec<_>>()) } else { None };
        Err(Diagnostic::new(Code::UnknownItem, message, name.span.clone()).help(help))
    }

    /// The item before this place that has what a path leads to, or an item of that name, in it.
    fn holder(&self, name: &str) -> Option<&Item> {
        let first = name.split(['/', '.']).next().filter(|first| first.len() < name.len());
        let mut earlier = self.outwards().flat_map(|list| list.items[..list.at].iter());
        earlier.find(|item| Some(&*item.name) == first || has_inside(item, name))
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

/// Whether an item called `name` stands in the item, block uses left closed.
fn has_inside(item: &Item, name: &str) -> bool {
    let is_in = |items: &[Item]| items.iter().any(|item| &*item.name == name);
    match &item.body {
        Body::Operator { .. } | Body::Use { .. } => false,
        Body::Layers(items) | Body::Side(items) => is_in(items),
        Body::Branches(branches) => {
            branches.branches.iter().any(|branch| &*branch.name.name.text == name || is_in(&branch.layers))
        }
    }
}

/// Why `name`, which leads into `item`, cannot be taken.
fn inside(name: &Name, item: &Item) -> Diagnostic {
    let (text, outer) = (&name.text, &item.name);
    let message = text!(
        "`{text}` is inside `{outer}`, and only the output of `{outer}` can be taken from outside",
        "`{text}` 在 `{outer}` 内部,从外面只能引用 `{outer}` 的输出"
    );
    let last = text.rsplit('/').next().unwrap_or(text);
    let help = text!(
        "end `{outer}` there and let a second item go on, or take both in it; `side = []` behind `{last}` makes it an output of the \
         network",
        "请让 `{outer}` 在该处结束,由第二个项继续,或在其内部使用;在 `{last}` 之后加 `side = []` 可使它成为网络的输出"
    );
    Diagnostic::new(Code::UnreachableItem, message, name.span.clone())
        .help(help)
        .also(item.span.clone(), text!("here", "在此"))
}

/// Why `name` cannot be item number `at` of `list`: it is the item that takes it, or stands behind that.
fn too_early(name: &Name, list: &Earlier<'_>, at: usize) -> Diagnostic {
    let text = &name.text;
    let help = text!("`from` can name only what stands before", "`from` 只能引用前面的项");
    if at == list.at {
        let message = text!("`{text}` cannot take its own output", "`{text}` 不能以自己的输出为输入");
        return Diagnostic::new(Code::UnreachableItem, message, name.span.clone()).help(help);
    }
    let message = text!("`{text}` stands later in the file", "`{text}` 在文件中更靠后");
    let diagnostic = Diagnostic::new(Code::UnreachableItem, message, name.span.clone()).help(help);
    diagnostic.also(list.items[at].span.clone(), text!("here", "在此"))
}
