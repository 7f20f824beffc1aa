//! `cnncost check`: whether claims about networks hold.

use std::path::PathBuf;

use clap::Args;

use super::format::Format;
use super::input::{Deployment, NetworkOptions, open_claims, reading};
use super::lock::Update;
use super::progress::{Progress, short};
use super::{Outcome, Output, convention};
use crate::claim::Report;
use crate::claim::metric::ClaimMetric;
use crate::error::ReadError;
use crate::report::check;
use crate::text;
use crate::text::{Language, Text};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Descriptions, files of claims, or bundled ones
    #[arg(
        required_unless_present = "update",
        value_name = "FILE",
        help_heading = "Network",
        display_order = 0,
        long_help = claims_help().english
    )]
    files: Vec<String>,
    /// Write their totals to a file of claims
    ///
    /// Write the totals of these networks to a file of claims, which a later `check` holds them to; without a file, write those
    /// of the lock that is checked anew.
    #[arg(long, value_name = "LOCKFILE", num_args = 0..=1, conflicts_with = "deployed", help_heading = "Claims")]
    update: Option<Vec<PathBuf>>,
    /// With --update: how far off a later total may be
    #[arg(long, value_name = "PERCENT", requires = "update", help_heading = "Claims")]
    within: Option<String>,
    #[command(flatten)]
    options: NetworkOptions,
    #[command(flatten)]
    deployment: Deployment,
    /// Form
    #[arg(long, value_parser = Format::of(FORMATS), default_value = "table", help_heading = "Output")]
    format: Format,
    #[command(flatten)]
    output: Output,
}

/// The forms of what is written.
const FORMATS: &[Format] = &[
    Format::Table,
    Format::Markdown,
    Format::Csv,
    Format::Latex,
    Format::Json,
    Format::Junit,
    Format::Github,
];

pub(super) fn run(arguments: &Arguments) -> Outcome {
    if let Err(message) = arguments.options.refuse_sides() {
        return arguments.output.misused(message, None);
    }
    if let Some(lockfile) = &arguments.update {
        let update = Update {
            files: &arguments.files,
            lockfile: lockfile.first().map(PathBuf::as_path),
            within: arguments.within.as_deref(),
            options: &arguments.options,
            output: &arguments.output,
        };
        return update.run();
    }
    let output = &arguments.output;
    let (mut files, mut broken, mut worst) = (vec![], vec![], Outcome::Done);
    let progress = Progress::begin(output, &text!("reading", "正在读取"));
    for file in &arguments.files {
        progress.tell(&reading(file));
        match open_claims(file) {
            Ok(claims) => files.push(claims),
            Err(error) => broken.push(error),
        }
    }
    let choice = arguments.options.counted(arguments.deployment).choice();
    let mut reports = vec![];
    for claims in &files {
        let mut findings = vec![];
        let name = short(&claims.source().name);
        progress.tell(&text!("checking {name}", "正在检验 {name}"));
        match claims.check(&choice, &mut findings) {
            Ok(checked) => reports.extend(checked),
            Err(error) => broken.push(error),
        }
        for finding in &findings {
            worst = worst.max(arguments.options.judge(finding, output));
        }
    }
    drop(progress);
    for error in &broken {
        worst = worst.max(output.refuse(error));
    }
    if !reports.iter().all(Report::passes) {
        worst = worst.max(Outcome::Failed);
    }
    worst.max(arguments.write(&reports, &broken))
}

impl Arguments {
    /// Writes what is said of the claims, and, where a program reads it, of the files that cannot be read.
    fn write(&self, reports: &[Report], broken: &[ReadError]) -> Outcome {
        let output = &self.output;
        let text = match self.format {
            Format::Json => {
                let broken = check::Broken { errors: broken, is_deployed: self.deployment.deployed };
                return output.stream(|to| check::json(reports, broken, to));
            }
            Format::Junit => check::junit(reports, broken, output.language()),
            Format::Github => check::github(reports, broken, output.language()),
            Format::Markdown | Format::Csv | Format::Latex => {
                self.format.write(&reports.iter().map(check::sheet).collect::<Vec<_>>(), output.style())
            }
            Format::Table | Format::Tree | Format::Beamer | Format::Svg if reports.is_empty() => {
                String::new()
            }
            Format::Table | Format::Tree | Format::Beamer | Format::Svg => {
                check::text(reports, output.style())
            }
        };
        if text.is_empty() { Outcome::Done } else { output.write(&text) }
    }
}

/// What `--help` says of claims.
pub(super) fn claims_help() -> Text {
    let figures = |language| {
        let figures = ClaimMetric::all();
        let lines = figures.map(|metric| format!("  {:<22} {}", metric.name(), metric.about().get(language)));
        lines.collect::<Vec<_>>().join("\n")
    };
    let (english, chinese) = (figures(Language::English), figures(Language::Chinese));
    let conventions = convention::names();
    text!(
        "Descriptions with claims, files of claims, or the names of bundled ones: lecture10, lecture11, papers, resnet50\n\n\
         A claim is `[[claims]]` with `expect`: a figure, a comparison (==, !=, <, <=, >, >=, ~), a figure; a range, as in \
         `3.8G <= macs <= 4.2G`; or `DEVICE.fits`, `not DEVICE.fits`. `~` holds if the figure, rounded or cut at the last digit \
         that is written, is what is written. Figures and numbers are put together with +, -, *, / and parentheses.\n\n\
         A figure is [NETWORK:][PATH.]NAME, or [NETWORK:][PATH.]DEVICE.NAME for the last ones; a name with other characters \
         stands in single quotes:\n\n{english}\n\nor what a tool or paper counts: {conventions}\n\n\
         Numbers are as in 4111514624, 4,111M, 4.11G, 4.1 billion, 4.1×10⁹, 25.6M params, 4.1 GMACs, 64 MiB, 20%, 100 ms",
        "带有论断的网络描述文件、论断文件,或内置的名称:lecture10、lecture11、papers、resnet50\n\n\
         论断写作 `[[claims]]` 及其 `expect`:一个数值、一个比较符(==、!=、<、<=、>、>=、~)、一个数值;或一个范围,例如 \
         `3.8G <= macs <= 4.2G`;或 `设备.fits`、`not 设备.fits`。若数值在所写的最后一位上四舍五入或截断后与所写的相同,则 `~` 成立。\
         数值与数之间可用 +、-、*、/ 和括号。\n\n\
         数值写作 [网络:][路径.]名称,最后几个写作 [网络:][路径.]设备.名称;含有其他字符的名称放在单引号中:\n\n{chinese}\n\n\
         或某工具、某论文所计的数:{conventions}\n\n\
         数的写法如 4111514624、4,111M、4.11G、4.1 billion、4.1×10⁹、25.6M params、4.1 GMACs、64 MiB、20%、100 ms"
    )
}
