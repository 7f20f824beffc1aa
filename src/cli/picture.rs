//! The forms of pictures: which one is meant, and how it is written.

use std::ffi::OsStr;
use std::fs;
#[cfg(feature = "pictures")]
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::{Outcome, Output};
use crate::error::{Code, Diagnostic};
use crate::text;
use crate::text::{Text, printable};

/// The form of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// For a page, a slide, a browser
    Svg,
    /// Pixels
    Png,
    /// A page
    Pdf,
    /// Source of Graphviz
    Dot,
    /// Source of Mermaid, as GitHub draws it
    Mermaid,
    /// For the terminal
    Tree,
}

/// Endings of files, with the form that each says.
const ENDINGS: [(&str, Form); 8] = [
    ("svg", Form::Svg),
    ("png", Form::Png),
    ("pdf", Form::Pdf),
    ("dot", Form::Dot),
    ("gv", Form::Dot),
    ("mmd", Form::Mermaid),
    ("mermaid", Form::Mermaid),
    ("txt", Form::Tree),
];

/// What is written where.
#[derive(Debug)]
pub(super) struct Target {
    /// The form of it.
    pub(super) form: Form,
    /// The folder that gets a file for each network, if it is one.
    pub(super) folder: Option<PathBuf>,
}

impl Form {
    /// How files of it end.
    fn ending(self) -> &'static str {
        ENDINGS.iter().find(|(_, form)| *form == self).expect("every form has an ending").0
    }
}

impl Target {
    /// What is meant by a path and a form, of which either may be missing; what is wrong with them.
    pub(super) fn of(path: Option<&Path>, form: Option<Form>) -> Result<Self, (Text, Option<Text>)> {
        let Some(path) = path else {
            return Ok(Self { form: form.unwrap_or(Form::Tree), folder: None });
        };
        let is_folder =
            path.is_dir() || path.as_os_str().to_string_lossy().ends_with(['/', std::path::MAIN_SEPARATOR]);
        if is_folder {
            return Ok(Self { form: form.unwrap_or(Form::Svg), folder: Some(path.to_owned()) });
        }
        let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default();
        let known =
            ENDINGS.iter().find(|(known, _)| ending.eq_ignore_ascii_case(known)).map(|(_, form)| *form);
        let name = printable(&path.display().to_string());
        if let (Some(form), Some(known)) = (form, known)
            && form != known
        {
            let (form, known) = (form.ending(), known.ending());
            return Err((
                text!(
                    "`{name}` ends as .{known}, and `--format` asks for {form}",
                    "`{name}` 的扩展名为 .{known},而 `--format` 要求 {form}"
                ),
                Some(text!("leave one of them out", "请去掉其中之一")),
            ));
        }
        if let Some(form) = form.or(known) {
            return Ok(Self { form, folder: None });
        }
        let known: Vec<_> = ENDINGS.iter().map(|(ending, _)| format!(".{ending}")).collect();
        let known = known.join(", ");
        Err((
            text!("the ending of `{name}` says no form of a picture", "`{name}` 的扩展名没有说明图片格式"),
            Some(text!("it is one of {known}; or say `--format`", "扩展名可为 {known};或用 `--format` 指明")),
        ))
    }

    /// A path in the folder for each network, called as that is.
    pub(super) fn names<'s>(
        &self,
        labels: impl Iterator<Item = &'s str>,
    ) -> Result<Vec<PathBuf>, (Text, Text)> {
        let mut names: Vec<PathBuf> = vec![];
        let ending = self.form.ending();
        for label in labels {
            let name = format!("{}.{ending}", file_name(label));
            let path = self.folder.clone().unwrap_or_default().join(&name);
            if names.contains(&path) {
                return Err((
                    text!("two pictures would be called `{name}`", "有两张图会同名:`{name}`"),
                    text!("draw them one by one, each into a file of its own", "请逐个绘制,各写入一个文件"),
                ));
            }
            names.push(path);
        }
        Ok(names)
    }
}

/// What a network is called, as the name of a file.
fn file_name(label: &str) -> String {
    const LETTERS: usize = 100;
    let is_plain = |c: char| c.is_alphanumeric() || "@-_.+".contains(c);
    let label = label.replace(".toml", "").replace(".onnx", "");
    let words = label.split(|c| !is_plain(c)).filter(|word| !word.is_empty());
    let name: String = words.collect::<Vec<_>>().join("_").chars().take(LETTERS).collect();
    let name = name.trim_start_matches('.');
    if name.is_empty() { "network".to_owned() } else { name.to_owned() }
}

impl Output {
    /// Writes text to a file, or to standard output.
    pub(super) fn text_to(&self, path: Option<&Path>, text: &str) -> Outcome {
        match path {
            None => self.print(text),
            Some(path) => self.write_file(path, &text::harmless(text, false)),
        }
    }

    /// Writes an SVG as it is, or as PNG or PDF.
    pub(super) fn picture(&self, path: Option<&Path>, svg: &str, form: Form, scale: f32) -> Outcome {
        match form {
            Form::Png | Form::Pdf => self.converted(path, svg, form, scale),
            Form::Svg | Form::Dot | Form::Mermaid | Form::Tree => self.text_to(path, svg),
        }
    }

    /// Says why there is no picture.
    pub(super) fn failed(&self, message: Text) -> Outcome {
        self.show(&Diagnostic::nowhere(Code::Failed, message));
        Outcome::Failed
    }

    /// Makes a folder, unless it is there.
    pub(super) fn make_folder(&self, folder: &Path) -> Result<(), Outcome> {
        if folder.is_dir() {
            return Ok(());
        }
        fs::create_dir(folder).map_err(|error| {
            let name = printable(&folder.display().to_string());
            self.failed(text!("cannot make the folder `{name}`: {error}", "无法创建目录 `{name}`:{error}"))
        })
    }

    #[cfg(not(feature = "pictures"))]
    fn converted(&self, _: Option<&Path>, _: &str, _: Form, _: f32) -> Outcome {
        let message = text!("this program was built without PNG and PDF", "本程序构建时未包含 PNG 和 PDF");
        let help = text!(
            "write SVG, or build it with the feature `pictures`",
            "请写出 SVG,或启用功能 `pictures` 重新构建"
        );
        self.misused(message, Some(help))
    }

    #[cfg(feature = "pictures")]
    fn converted(&self, path: Option<&Path>, svg: &str, form: Form, scale: f32) -> Outcome {
        use crate::report::draw::convert::Picture;

        if path.is_none() && std::io::stdout().is_terminal() {
            let message = text!("a terminal shows no PNG and no PDF", "终端无法显示 PNG 或 PDF");
            let help = text!("write it to a file with `-o FILE`", "请用 `-o 文件` 写入文件");
            return self.misused(message, Some(help));
        }
        let made = Picture::new(svg, super::fonts::of_system()).and_then(|picture| {
            self.tell_missing(&picture.missing);
            if form == Form::Pdf {
                return picture.pdf();
            }
            let (png, drawn) = picture.png(scale)?;
            self.tell_smaller(scale, drawn);
            Ok(png)
        });
        match made {
            Ok(data) => self.write_data(path, &data),
            Err(message) => self.failed(message),
        }
    }

    #[cfg(feature = "pictures")]
    fn tell_missing(&self, missing: &std::collections::BTreeSet<char>) {
        const SHOWN: usize = 20;
        if self.quiet || missing.is_empty() {
            return;
        }
        let letters: String = missing.iter().take(SHOWN).collect();
        let more = if missing.len() > SHOWN { "…" } else { "" };
        self.note(&text!(
            "no font here has these letters, which are missing from the picture: {letters}{more}",
            "系统中没有字体包含以下字符,图中将缺少它们:{letters}{more}"
        ));
    }

    #[cfg(feature = "pictures")]
    fn tell_smaller(&self, wanted: f32, drawn: f32) {
        if !self.quiet && drawn < wanted {
            self.note(&text!(
                "the picture is drawn at a scale of {drawn:.2}, not {wanted}: it would have too many pixels; SVG and PDF have no \
                 such bound",
                "图片按比例 {drawn:.2} 而不是 {wanted} 绘制,否则像素过多;SVG 和 PDF 没有此限制"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_say_the_form() {
        let of = |path: &str| Target::of(Some(Path::new(path)), None).map(|target| target.form);
        assert_eq!(of("a.SVG").ok(), Some(Form::Svg));
        assert_eq!(of("a/b.c/net.gv").ok(), Some(Form::Dot));
        assert_eq!(of("pictures/").ok(), Some(Form::Svg));
        assert!(of("a.jpg").is_err() && of("svg").is_err());
        let told = Target::of(Some(Path::new("a.jpg")), Some(Form::Png));
        assert_eq!(told.ok().map(|target| target.form), Some(Form::Png));
        assert!(Target::of(Some(Path::new("a.svg")), Some(Form::Png)).is_err());
        assert_eq!(Target::of(None, None).ok().map(|target| target.form), Some(Form::Tree));
    }

    #[test]
    fn labels_are_names_of_files() {
        assert_eq!(file_name("bottleneck@direct"), "bottleneck@direct");
        assert_eq!(file_name("../../etc/passwd"), "_.._etc_passwd");
        assert_eq!(file_name("a/net.toml (2)"), "a_net_2");
        assert_eq!(file_name("...") + &file_name(""), "networknetwork");
        assert_eq!(file_name("网络 1"), "网络_1");
    }
}
