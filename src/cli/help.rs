//! What `-h` and `--help` say beside what each option is: the usage, with what must be there first, and examples.
//!
//! `-h` fits a screen: of each usual option it says the first paragraph of what is written at it. `--help` says the others of
//! every option, or the first where that is all.

use clap::builder::{PossibleValue, StyledStr};
use clap::{Arg, ArgAction, Command};

/// Examples of a command: the line, and what it shows.
struct Examples {
    command: &'static str,
    lines: &'static [(&'static str, &'static str)],
}

/// Every command, in the order of the list.
const EXAMPLES: &[Examples] = &[
    Examples {
        command: "cnncost",
        lines: &[
            ("cnncost lenet5", "what each layer of a bundled network costs"),
            ("cnncost models lenet5 -o net.toml", "its description, as a start for your own"),
            ("cnncost net.toml", "what a network of your own costs"),
            ("cnncost explain net.toml c3", "the working of every number of a layer"),
            ("cnncost compare alexnet resnet18", "which is cheaper, and where"),
        ],
    },
    Examples {
        command: "analyze",
        lines: &[
            ("cnncost analyze resnet50", "the table of a bundled network"),
            ("cnncost analyze resnet50 --depth all --sort macs", "its most expensive layers"),
            ("cnncost analyze vgg16 vgg16_bn resnet@*", "a line for each network"),
            ("cnncost analyze bottleneck --set reduce=32 --batch 8", "with a parameter set"),
            ("cnncost analyze alexnet --columns layer,macs,read,field", "columns of your choice"),
            ("cnncost analyze mobilenet_v2 --device-spec stm32h743 --dtype i8", "whether it fits"),
            ("cnncost analyze resnet18 --format csv -o costs.csv", "figures for a spreadsheet"),
        ],
    },
    Examples {
        command: "bench",
        lines: &[
            ("cnncost bench lenet5 --max-time 0.2", "how long a pass takes"),
            ("cnncost bench lenet5 --profile --max-time 0.2", "and how long each layer"),
            ("cnncost bench lenet5 --format json --max-time 0.2 -o before.json", "kept for later"),
            ("cnncost bench lenet5 --compare before.json --max-time 0.2", "against what was kept"),
        ],
    },
    Examples {
        command: "check",
        lines: &[
            ("cnncost check lecture10", "whether a lecture's figures hold"),
            ("cnncost check bottleneck --format json", "the claims of a description"),
            ("cnncost check resnet50 --update lock.toml --within 1%", "what it comes to, as claims"),
            ("cnncost check lock.toml --format github", "hold it to them"),
        ],
    },
    Examples {
        command: "compare",
        lines: &[
            ("cnncost compare resnet50 resnet101", "the second against the first"),
            ("cnncost compare bottleneck", "the variants of one file"),
            ("cnncost compare bottleneck --set bottleneck:reduce=8", "with a parameter set in one"),
            ("cnncost compare resnet18 --batch 1,8,64", "one network at several batches"),
            ("cnncost compare bottleneck@* --batch 1,8", "its variants at several batches"),
            ("cnncost compare alexnet vgg16 --format markdown", "for a pull request"),
        ],
    },
    Examples {
        command: "explain",
        lines: &[
            ("cnncost explain lenet5", "the whole network"),
            ("cnncost explain lenet5 c3", "one layer"),
            ("cnncost explain inception inception/5x5 --lang zh", "a box, in Chinese"),
            ("cnncost explain bottleneck --format latex", "for a slide"),
        ],
    },
    Examples {
        command: "reconcile",
        lines: &[
            ("cnncost reconcile resnet50", "its total as each tool counts"),
            ("cnncost reconcile resnet50 \"4.12 G\"", "which way of counting gives a figure"),
            ("cnncost reconcile lenet5_1998 340908", "the same of an exact one"),
        ],
    },
    Examples {
        command: "run",
        lines: &[
            ("cnncost run lenet5", "fresh weights, a random input"),
            ("cnncost run lenet5 --batch 4 --output scores.npy", "the output as an array"),
            ("cnncost run bottleneck --input 192x14x14 --seed 1", "at another size"),
        ],
    },
    Examples {
        command: "models",
        lines: &[
            ("cnncost models", "the list"),
            ("cnncost models resnet -o resnet.toml", "a description, to change"),
        ],
    },
    Examples {
        command: "ops",
        lines: &[("cnncost ops", "the list"), ("cnncost ops conv2d", "settings, and how it is counted")],
    },
    Examples {
        command: "schema",
        lines: &[
            ("cnncost schema description -o schema.json", "for an editor"),
            ("cnncost schema analysis", "of what programs read"),
        ],
    },
];

/// Exit codes, at the end of the program's own help.
const EXIT_CODES: &str = "Exit codes:
  0  done
  1  a claim or a budget failed, no way of counting gives a figure, `--strict`
     found something, or the work failed
  2  an input cannot be read, or the command is wrong or missing";

/// The place of an option behind all others.
const LAST: usize = 1000;

/// Gives the program's help and that of each command its usage and examples.
pub(super) fn written(program: Command) -> Command {
    let names: Vec<String> = program.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    let program = names.iter().fold(program, |program, name| program.mut_subcommand(name, of_command));
    let long = format!("{}\n\n{EXIT_CODES}", examples("cnncost"));
    let usage = "cnncost <FILE>... [OPTIONS]\n       cnncost <COMMAND> [OPTIONS]";
    with_full_about(with_help(program, None)).override_usage(usage).after_long_help(long)
}

fn of_command(command: Command) -> Command {
    let name = command.get_name().to_owned();
    let takes: Vec<String> = command.get_positionals().map(Arg::to_string).collect();
    let usage = format!("cnncost {name} {} [OPTIONS]", takes.join(" "));
    // As they are written, so that what must be there stands first.
    let mut place = 0;
    let command = command.mut_args(|arg| {
        place += 1;
        brief(arg).display_order(place)
    });
    let command = with_full_about(command);
    with_help(command.override_usage(usage).after_long_help(examples(&name)), Some("Output"))
}

/// Puts the words that an option takes behind what `-h` says of it; `--help` has a line for each, and the default.
fn brief(arg: Arg) -> Arg {
    let help = arg.get_help().map(StyledStr::to_string).unwrap_or_default();
    let mut long = arg.get_long_help().map_or_else(|| help.clone(), |long| in_full(&long.to_string()));
    if !arg.get_action().takes_values() {
        return arg.long_help(long);
    }
    let mut short = help;
    let words: Vec<_> = arg.get_possible_values().into_iter().filter(|word| !word.is_hide_set()).collect();
    if !words.is_empty() {
        let names: Vec<_> = words.iter().map(PossibleValue::get_name).collect();
        short = format!("{short}: {}", names.join(", "));
        long.push('\n');
    }
    for word in &words {
        let about = word.get_help().map_or_else(String::new, |about| format!(": {about}"));
        long.push_str(&format!("\n- {}{about}", word.get_name()));
    }
    let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if !defaults.is_empty() {
        long.push_str(&format!("\n\n[default: {}]", defaults.join(",")));
    }
    arg.help(short).long_help(long).hide_possible_values(true).hide_default_value(true)
}

fn with_full_about(command: Command) -> Command {
    let about = command.get_long_about().map(|about| in_full(&about.to_string()));
    about.into_iter().fold(command, Command::long_about)
}

/// What is said at length, without the first paragraph, which says it in short.
fn in_full(text: &str) -> String {
    text.split_once("\n\n").map_or(text, |(_, rest)| rest).to_owned()
}

/// The option that shows the help, among those of the output.
fn with_help(command: Command, heading: Option<&'static str>) -> Command {
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help);
    let help =
        help.help("Print this; `--help` says more, with examples").help_heading(heading).display_order(LAST);
    command.disable_help_flag(true).arg(help)
}

fn examples(command: &str) -> String {
    let found = EXAMPLES.iter().find(|examples| examples.command == command);
    let lines = found.map_or(&[][..], |found| found.lines).iter();
    let shown = lines.map(|(line, about)| format!("\n  # {about}\n  {line}"));
    std::iter::once("Examples:".to_owned()).chain(shown).collect()
}
