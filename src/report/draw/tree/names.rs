//! What is left of paths where a part of them is said already.

/// What is left of a path below `around`.
pub(super) fn below(path: &str, around: &str) -> String {
    match path.strip_prefix(around) {
        Some(rest) if around.is_empty() || rest.starts_with('/') => rest.trim_start_matches('/').to_owned(),
        Some(_) | None => path.to_owned(),
    }
}

/// What is left of a path where that of another goes apart from it.
pub(super) fn apart(path: &str, other: &str) -> String {
    let (mut rest, mut other) = (path, other);
    while let (Some((first, tail)), Some((same, others))) = (rest.split_once('/'), other.split_once('/')) {
        if first != same {
            break;
        }
        (rest, other) = (tail, others);
    }
    rest.to_owned()
}

/// The name of the first of several copies as the names of all: `layer1/0` as `layer1/0–2`.
pub(super) fn copies(name: &str, times: usize) -> String {
    let (stem, last) = name.rsplit_once('/').map_or(("", name), |(stem, last)| (&name[..=stem.len()], last));
    match last.parse::<usize>() {
        Ok(first) if times > 1 => format!("{stem}{first}–{}", first.saturating_add(times - 1)),
        Ok(_) | Err(_) => name.to_owned(),
    }
}

/// A label of something that stands for several.
pub(super) fn times_over(label: &str, times: usize) -> String {
    if times > 1 { format!("{label} × {times}") } else { label.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_as_short_as_tells_them_apart() {
        assert_eq!([below("a/b/c", "a/b"), below("ab/c", "a"), below("a", "")], ["c", "ab/c", "a"]);
        assert_eq!([apart("a/b/c", "a/d"), apart("a", "a/b"), apart("x/y", "a/b")], ["b/c", "a", "x/y"]);
        assert_eq!(
            [copies("layer1/0", 3), copies("a/conv", 3), copies("7", 1)],
            ["layer1/0–2", "a/conv", "7"]
        );
        assert_eq!([times_over("a", 1), times_over("a", 2)], ["a", "a × 2"]);
    }
}
