//! Names that stand for several: `b*` for every `b` with a number behind it, and `x{j}` for what its expression makes of it.

/// Whether `name` is what a `pattern` stands for: the same, with a number for a `*`.
pub(super) fn stands_for(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, after)) => {
            let number = name.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
            number
                .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
        }
    }
}

/// Whether two names can be the same, where a `{…}` may come to anything and a `*` is any number.
pub(super) fn can_be(one: &str, other: &str) -> bool {
    if !is_open(one) && !is_open(other) {
        return one == other;
    }
    let begins = |text: &str| text.find(['{', '*']).unwrap_or(text.len());
    let ends = |text: &str| text.rfind(['}', '*']).map_or(0, |at| at + 1);
    let (a, b) = (&one[..begins(one)], &other[..begins(other)]);
    let (c, d) = (&one[ends(one)..], &other[ends(other)..]);
    (a.starts_with(b) || b.starts_with(a)) && (c.ends_with(d) || d.ends_with(c))
}

/// Whether a name has an expression or a `*` in it.
pub(super) fn is_open(name: &str) -> bool {
    name.contains(['{', '*'])
}

/// A name of `from` that leads further than an item: the item, and the way from there.
pub(super) fn way(name: &str) -> Option<(&str, Way<'_>)> {
    if let Some((item, rest)) = name.split_once('/') {
        let (copy, output) = rest.split_once('/').map_or((rest, None), |(copy, output)| (copy, Some(output)));
        return Some((item, Way { copy: Some(copy), output }));
    }
    let (item, output) = name.rsplit_once('.')?;
    Some((item, Way { copy: None, output: Some(output) }))
}

/// What is taken of an item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Way<'n> {
    /// Which of its copies: a number, or `*` for all.
    pub(super) copy: Option<&'n str>,
    /// Which of its outputs.
    pub(super) output: Option<&'n str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_a_number() {
        for (pattern, name, expected) in [
            ("b*", "b0", true),
            ("b*", "b12", true),
            ("b*", "b", false),
            ("b*", "batch_norm2d_1", false),
            ("y*_out", "y3_out", true),
            ("b1", "b1", true),
            ("b1", "b12", false),
        ] {
            assert_eq!(stands_for(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn open_names_can_be_what_their_ends_allow() {
        for (one, other, expected) in [
            ("b{j}", "b0", true),
            ("b{j}", "c0", false),
            ("b{j}", "b*", true),
            ("b{j}", "{k}", true),
            ("{a}_x", "b_x", true),
            ("{a}_x", "b_y", false),
            ("l{l-2}", "layer0", true),
            ("b", "b0", false),
        ] {
            assert_eq!(can_be(one, other), expected, "{one} {other}");
            assert_eq!(can_be(other, one), expected, "{other} {one}");
        }
    }

    #[test]
    fn ways_lead_to_copies_and_outputs() {
        let all = |copy, output| Way { copy, output };
        assert_eq!(way("stage3.y1"), Some(("stage3", all(None, Some("y1")))));
        assert_eq!(way("layer/*/skip"), Some(("layer", all(Some("*"), Some("skip")))));
        assert_eq!(way("layer/2"), Some(("layer", all(Some("2"), None))));
        assert_eq!(way("layer"), None);
    }
}
