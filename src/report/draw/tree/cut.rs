//! Text that is cut where there is no room for it.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// As much of the beginning of `text` as `width` columns hold.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    if width == 0 {
        return String::new();
    }
    let mut used = 0;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used < width
    };
    text.chars().take_while(fits).collect::<String>() + "…"
}

/// The lines before a label, in at most `width` columns: of those that are too long, the end, which is what joins neighbors.
pub(super) fn stem(stem: &str, width: usize) -> String {
    let length = stem.chars().count();
    if length <= width.max(4) {
        return stem.to_owned();
    }
    std::iter::once('…').chain(stem.chars().skip(length - (width.max(4) - 1))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_says_so() {
        assert_eq!([cut("conv", 4), cut("conv", 3), cut("conv", 0)], ["conv", "co…", ""]);
        assert_eq!(cut("卷积层", 5), "卷积…");
        assert_eq!(cut("卷积层", 4), "卷…");
        assert_eq!(stem("│ │ ├─ ", 8), "│ │ ├─ ");
        assert_eq!(stem("│ │ │ ├─ ", 6), "… ├─ ".replace("… ", "…│ "));
    }
}
