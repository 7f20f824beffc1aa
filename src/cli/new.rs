//! `cnncost new`: a commented start for a description.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::{Outcome, Voice};
use crate::read::bundled::{self, BLOCKS, CLAIMS};
use crate::source::quoted;
use crate::text;
use crate::text::{Language, Text, is_hidden, printable};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// What the network is called; the file is NAME.toml
    ///
    /// What the network is called, in one word or in quotes; the file is NAME.toml, in the folder that stands before it.
    #[arg(required = true, value_name = "NAME", help_heading = "Network", display_order = 0)]
    name: Vec<String>,
    /// What to start from
    #[arg(long, value_enum, default_value_t = Template::Lenet, value_name = "TEMPLATE", help_heading = "Network")]
    template: Template,
    /// Write over the file if it is there
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Write to this file instead of NAME.toml
    #[arg(short = 'o', long = "output", value_name = "FILE", help_heading = "Output")]
    to: Option<PathBuf>,
    #[command(flatten)]
    voice: Voice,
}

/// What a description may start from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Template {
    /// Layers one behind the other, and claims about them
    Lenet,
    /// Blocks with a shortcut, used several times
    Residual,
    /// Branches side by side, and variants to compare
    Inception,
    /// Convolutions taken apart, with a factor for their width
    Separable,
}

/// Endings of what is no description: a name that has one is a slip.
const OTHERS: [&str; 6] = ["onnx", "py", "json", "yaml", "yml", "pt"];

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let voice = &arguments.voice;
    let (title, path) = match arguments.named() {
        Ok(named) => named,
        Err((message, help)) => return voice.misused(message, Some(help)),
    };
    if let Err((message, help)) = check(&path, arguments.force) {
        return voice.misused(message, Some(help));
    }
    let text = arguments.template.written(&title, &path, voice.language());
    let outcome = voice.write_file(&path, &text);
    if outcome == Outcome::Done && !voice.quiet {
        voice.say(next(&path).get(voice.language()));
        if let Some(note) = bundled_too(&title, &path) {
            voice.say(note.get(voice.language()));
        }
    }
    outcome
}

impl Arguments {
    /// What the network is called, and the file that is written.
    fn named(&self) -> Result<(String, PathBuf), (Text, Text)> {
        let [name] = &*self.name else {
            let joined = self.name.join("_");
            return Err((
                text!("a name is one word, or stands in quotes", "名称应为一个词,或写在引号中"),
                text!("`cnncost new {joined}`", "`cnncost new {joined}`"),
            ));
        };
        let help = || text!("as in `cnncost new my_net`", "例如 `cnncost new my_net`");
        let path = Path::new(name);
        let file = path.file_name().and_then(|file| file.to_str()).filter(|_| !name.ends_with(['/', '\\']));
        let Some(file) = file.filter(|file| !file.trim().is_empty() && !file.starts_with('.')) else {
            return Err((text!("`{name}` names no file", "`{name}` 不是文件名"), help()));
        };
        if name.chars().any(is_hidden) {
            let name = printable(name);
            return Err((text!("`{name}` is no name that can be read", "`{name}` 不是可读的名称"), help()));
        }
        let (stem, ending) = file.rsplit_once('.').unwrap_or((file, ""));
        if OTHERS.iter().any(|other| ending.eq_ignore_ascii_case(other)) {
            return Err((
                text!(
                    "a description is a TOML file, not `.{ending}`",
                    "描述文件是 TOML 文件,不是 `.{ending}`"
                ),
                text!("`cnncost new {stem}` writes `{stem}.toml`", "`cnncost new {stem}` 写出 `{stem}.toml`"),
            ));
        }
        let title = if ending.eq_ignore_ascii_case("toml") { stem } else { file };
        let path = self.to.clone().unwrap_or_else(|| path.with_file_name(format!("{title}.toml")));
        Ok((title.to_owned(), path))
    }
}

impl Template {
    /// The description, of a network that is called `title`, in a file at `path`.
    fn written(self, title: &str, path: &Path, language: Language) -> String {
        let template = match self {
            Self::Lenet => include_str!("new/lenet.toml"),
            Self::Residual => include_str!("new/residual.toml"),
            Self::Inception => include_str!("new/inception.toml"),
            Self::Separable => include_str!("new/separable.toml"),
        };
        let file = word(Path::new(path.file_name().unwrap_or_default()));
        said(template, language).replace("{name}", &quoted(title)).replace("{file}", &file)
    }
}

/// A text in which `«…|…»` is said in English or in Chinese.
fn said(text: &str, language: Language) -> String {
    let mut said = String::new();
    let mut rest = text;
    while let Some((before, choice, after)) = rest
        .split_once('«')
        .and_then(|(before, rest)| rest.split_once('»').map(|(choice, after)| (before, choice, after)))
    {
        let (english, chinese) = choice.split_once('|').unwrap_or((choice, choice));
        said.push_str(before);
        said.push_str(if language == Language::English { english } else { chinese });
        rest = after;
    }
    said + rest
}

/// Whether a description can be written there, or why not and what to do.
fn check(path: &Path, force: bool) -> Result<(), (Text, Text)> {
    let name = printable(&path.to_string_lossy());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        let (shown, word) = (printable(&folder.to_string_lossy()), word(folder));
        return Err((
            text!("there is no folder `{shown}`", "没有文件夹 `{shown}`"),
            text!("`mkdir {word}` makes it", "用 `mkdir {word}` 创建"),
        ));
    }
    if path.is_dir() {
        return Err((
            text!("`{name}` is a directory", "`{name}` 是一个目录"),
            text!("give another name", "请换一个名称"),
        ));
    }
    if path.is_file() && !force {
        return Err((
            text!("`{name}` is there already", "`{name}` 已经存在"),
            text!(
                "give another name, or `--force`, which writes over it",
                "请换一个名称,或用 `--force` 覆盖它"
            ),
        ));
    }
    Ok(())
}

/// What to do with it next.
fn next(path: &Path) -> Text {
    let (name, file) = (printable(&path.to_string_lossy()), word(path));
    text!(
        "`{name}` is written. What it costs, the same whenever you save it, and whether its claims hold:\n\
         \n  cnncost {file}\n  cnncost analyze --watch {file}\n  cnncost check {file}",
        "已写出 `{name}`。查看开销、每次保存后自动刷新、检验其中的论断:\n\
         \n  cnncost {file}\n  cnncost analyze --watch {file}\n  cnncost check {file}"
    )
}

/// That something bundled is called so too, which a name alone means.
fn bundled_too(title: &str, path: &Path) -> Option<Text> {
    let is_other = CLAIMS.iter().chain(BLOCKS).any(|file| file.name == title);
    (is_other || bundled::find(title).is_some()).then(|| {
        let file = word(path);
        text!(
            "\nnote: `{title}` alone is what is bundled, which `cnncost models {title}` prints; yours is {file}",
            "\n说明:单写 `{title}` 指内置的文件,`cnncost models {title}` 可输出它;您的文件是 {file}"
        )
    })
}

/// A path as it is typed in a shell.
fn word(path: &Path) -> String {
    let path = path.to_string_lossy();
    let path = if path.starts_with('-') { format!("./{path}") } else { path.into_owned() };
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+=:,@%~\\".contains(c);
    let is_plain =
        path.chars().all(is_plain) && !path.starts_with('~') && (cfg!(windows) || !path.contains('\\'));
    if is_plain { path } else { format!("'{}'", path.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::Report;
    use crate::layout::format;
    use crate::source::{Choice, Claims, Findings};

    /// Every start reads, is laid out, and claims what holds, whatever it is called.
    #[test]
    fn every_start_holds() {
        for &template in Template::value_variants() {
            for language in [Language::English, Language::Chinese] {
                for title in ["net", "my \"own\" net", "网络"] {
                    let path = PathBuf::from(format!("{title}.toml"));
                    let text = template.written(title, &path, language);
                    let laid_out = format("net.toml", &text).unwrap_or_else(|error| panic!("{error}"));
                    assert_eq!(text, laid_out);
                    assert!(!text.contains(['«', '»', '|']), "{text}");
                    let is_chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
                    let comments = text.lines().filter_map(|line| line.split_once("# "));
                    let comments: Vec<_> = comments.filter(|(_, said)| !said.contains("cnncost")).collect();
                    assert!(comments.len() > 1, "{text}");
                    let is_spoken =
                        |said: &str| said.chars().any(is_chinese) == (language == Language::Chinese);
                    assert!(comments.iter().all(|(_, said)| is_spoken(said)), "{text}");
                    let claims = folder(&text);
                    let mut findings = vec![];
                    let reports = claims.check(&Choice::default(), &mut findings).unwrap();
                    assert!(reports.iter().all(Report::passes) && !reports.is_empty());
                    assert!(findings.iter().all(Findings::is_empty), "{findings:?}");
                }
            }
        }
    }

    /// The claims of a description, from a file.
    fn folder(text: &str) -> Claims {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("net.toml");
        std::fs::write(&path, text).unwrap();
        Claims::open(path.to_str().unwrap()).unwrap()
    }

    #[test]
    fn paths_are_typed_as_a_shell_wants_them() {
        let words = ["net.toml", "my net.toml", "it's.toml", "-n.toml", "网/a.toml"]
            .map(|path| word(Path::new(path)));
        assert_eq!(words, ["net.toml", "'my net.toml'", "'it'\\''s.toml'", "./-n.toml", "网/a.toml"]);
    }
}
