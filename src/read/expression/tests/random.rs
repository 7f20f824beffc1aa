//! The language against a second evaluator, on random trees, and on any text.

use std::fmt::Write;

use num_traits::Zero;
use proptest::prelude::*;

use super::super::parse::MAX_BYTES;
use super::*;

/// An expression as a tree, to be printed and, quite differently, evaluated.
#[derive(Clone, Debug)]
enum Tree {
    Leaf(Value, String),
    Prefix(&'static str, Box<Tree>),
    Infix(Box<Tree>, &'static str, Box<Tree>),
    Function(&'static str, Vec<Tree>),
    /// Redundant parentheses.
    Group(Box<Tree>),
}

/// A tree of at most `depth` more levels, most likely a sound one whose value is a number or, if so wanted, a boolean.
fn tree(depth: u32, wanted: Type) -> BoxedStrategy<Tree> {
    let number = |n: i128, d: i128| Value::Number(Rational::new(n, d));
    let numbers = prop_oneof![
        4 => (0..20_i128).prop_map(move |n| Tree::Leaf(number(n, 1), n.to_string())),
        1 => (0..100_i128).prop_map(move |n| Tree::Leaf(number(n, 10), format!("{}.{}", n / 10, n % 10))),
        1 => Just(Tree::Leaf(number(2, 1), "i".into())),
        1 => Just(Tree::Leaf(number(3, 2), "width".into())),
    ];
    let booleans = any::<bool>().prop_map(|b| Tree::Leaf(Value::Boolean(b), b.to_string()));
    let words = prop_oneof![
        Just(Tree::Leaf(Value::Word("conv".into()), "kind".into())),
        Just(Tree::Leaf(Value::Word("same".into()), "'same'".into())),
    ];
    let leaf = match wanted {
        Type::Number => prop_oneof![40 => numbers, 1 => booleans].boxed(),
        Type::Boolean => prop_oneof![40 => booleans, 1 => words].boxed(),
        Type::Word => prop_oneof![40 => words, 1 => numbers].boxed(),
    };
    if depth == 0 {
        return leaf;
    }
    let part = |wanted| tree(depth - 1, wanted);
    let infix = |names: &'static [&'static str], sides| {
        (part(sides), prop::sample::select(names), part(sides))
            .prop_map(|(a, name, b)| Tree::Infix(Box::new(a), name, Box::new(b)))
    };
    let prefix = |name, wanted| part(wanted).prop_map(move |a| Tree::Prefix(name, Box::new(a)));
    let call = |names: &'static [&'static str], count| {
        (prop::sample::select(names), prop::collection::vec(part(Type::Number), count))
            .prop_map(|(name, arguments)| Tree::Function(name, arguments))
    };
    let choice = (part(Type::Boolean), part(wanted), part(wanted))
        .prop_map(|(c, a, b)| Tree::Function("if", vec![c, a, b]));
    let common =
        prop_oneof![2 => leaf, 1 => choice, 1 => part(wanted).prop_map(|a| Tree::Group(Box::new(a)))];
    match wanted {
        Type::Number => prop_oneof![
            4 => common,
            6 => infix(&["+", "-", "*", "/", "%", "·", "×", "−"], Type::Number),
            1 => infix(&["^"], Type::Number),
            1 => prefix("-", Type::Number),
            2 => call(&["floor", "ceil", "round", "floor", "ceil", "round", "dim"], 1..=1),
            1 => call(&["min", "max"], 2..=3),
            1 => call(&["make_divisible"], 2..=2),
        ]
        .boxed(),
        Type::Boolean => prop_oneof![
            2 => common,
            2 => infix(&["and", "or", "==", "!="], Type::Boolean),
            2 => infix(&["==", "!=", "<", "<=", ">", ">="], Type::Number),
            1 => infix(&["==", "!="], Type::Word),
            1 => prefix("not", Type::Boolean),
        ]
        .boxed(),
        Type::Word => common.boxed(),
    }
}

#[derive(Clone, Copy)]
enum Type {
    Number,
    Boolean,
    Word,
}

/// Levels as the documentation counts them: the level of what it prints, and the least level each side must have.
fn levels(infix: &str) -> (u8, u8, u8) {
    match infix {
        "or" => (1, 1, 2),
        "and" => (2, 2, 3),
        "+" | "-" | "−" => (5, 5, 6),
        "*" | "/" | "%" | "·" | "×" => (6, 6, 7),
        "^" => (8, 9, 7),
        _ => (4, 5, 5),
    }
}

fn print(tree: &Tree, least: u8, spaces: &mut impl FnMut() -> &'static str, out: &mut String) {
    let level = match tree {
        Tree::Leaf(..) | Tree::Function(..) | Tree::Group(_) => 9,
        Tree::Prefix(name, _) => {
            if *name == "-" {
                7
            } else {
                3
            }
        }
        Tree::Infix(_, name, _) => levels(name).0,
    };
    if level < least {
        return print(&Tree::Group(Box::new(tree.clone())), 9, spaces, out);
    }
    match tree {
        Tree::Leaf(_, text) => out.push_str(text),
        Tree::Prefix(name, a) => {
            write!(out, "{name}{}", if *name == "-" { spaces() } else { " " }).unwrap();
            print(a, level, spaces, out);
        }
        Tree::Infix(a, name, b) => {
            let (_, left, right) = levels(name);
            let between = if name.starts_with(char::is_alphabetic) { " " } else { spaces() };
            print(a, left, spaces, out);
            write!(out, "{between}{name}{between}").unwrap();
            print(b, right, spaces, out);
        }
        Tree::Function(name, arguments) => {
            write!(out, "{name}{}", spaces()).unwrap();
            for (k, argument) in arguments.iter().enumerate() {
                write!(out, "{}{}", if k == 0 { "(" } else { "," }, spaces()).unwrap();
                print(argument, 0, spaces, out);
            }
            write!(out, "{})", spaces()).unwrap();
        }
        Tree::Group(a) => {
            out.push('(');
            print(a, 0, spaces, out);
            write!(out, "{})", spaces()).unwrap();
        }
    }
}

#[derive(Debug, PartialEq)]
enum Wrong {
    /// An error that must be one.
    Error,
    /// A number so large that the language may call it too large.
    Large,
}

fn reference(tree: &Tree) -> Result<Value, Wrong> {
    let value = match tree {
        Tree::Leaf(value, _) => value.clone(),
        Tree::Group(a) => reference(a)?,
        Tree::Prefix("-", a) => Value::Number(-rational(a)?),
        Tree::Prefix(_, a) => Value::Boolean(!boolean(a)?),
        Tree::Infix(a, name, b) => infix(a, name, b)?,
        Tree::Function(name, arguments) => function(name, arguments)?,
    };
    match &value {
        Value::Number(n) if n.numer().abs().max(*n.denom()) >= 1 << 30 => Err(Wrong::Large),
        Value::Number(_) | Value::Boolean(_) | Value::Word(_) | Value::List(_) => Ok(value),
    }
}

fn infix(a: &Tree, name: &str, b: &Tree) -> Result<Value, Wrong> {
    Ok(match name {
        "or" => Value::Boolean(if boolean(a)? { true } else { boolean(b)? }),
        "and" => Value::Boolean(if boolean(a)? { boolean(b)? } else { false }),
        "==" | "!=" => {
            let equal = match (reference(a)?, reference(b)?) {
                (Value::Number(a), Value::Number(b)) => a == b,
                (Value::Boolean(a), Value::Boolean(b)) => a == b,
                (Value::Word(a), Value::Word(b)) => a == b,
                _ => return Err(Wrong::Error),
            };
            Value::Boolean(equal == (name == "=="))
        }
        _ => {
            let (a, b) = (rational(a)?, rational(b)?);
            match name {
                "<" => Value::Boolean((a - b).numer() < &0),
                "<=" => Value::Boolean((a - b).numer() <= &0),
                ">" => Value::Boolean((a - b).numer() > &0),
                ">=" => Value::Boolean((a - b).numer() >= &0),
                "+" => Value::Number(a + b),
                "-" | "−" => Value::Number(a - b),
                "*" | "·" | "×" => Value::Number(a * b),
                "^" => power_by_steps(a, b)?,
                _ if b == 0.into() => return Err(Wrong::Error),
                "/" => Value::Number(a / b),
                "%" => {
                    let rest = a % b; // has the sign of a
                    let other_sign = rest.numer().signum() * b.numer().signum() < 0;
                    Value::Number(if other_sign { rest + b } else { rest })
                }
                _ => unreachable!("{name} is no operator"),
            }
        }
    })
}

fn power_by_steps(base: Rational, exponent: Rational) -> Result<Value, Wrong> {
    if !exponent.is_integer() || (base.is_zero() && exponent < 0.into()) {
        return Err(Wrong::Error);
    }
    if exponent.numer().abs() > 1000 {
        return Err(Wrong::Large);
    }
    let mut power = Rational::from(1);
    for _ in 0..exponent.numer().abs() {
        power = if exponent < 0.into() { power / base } else { power * base };
        if power.numer().abs().max(*power.denom()) >= 1 << 30 {
            return Err(Wrong::Large);
        }
    }
    Ok(Value::Number(power))
}

fn function(name: &str, arguments: &[Tree]) -> Result<Value, Wrong> {
    if name == "if" {
        return reference(if boolean(&arguments[0])? { &arguments[1] } else { &arguments[2] });
    }
    let numbers = arguments.iter().map(rational).collect::<Result<Vec<_>, _>>()?;
    let (x, half) = (numbers[0], Rational::new(1, 2));
    Ok(Value::Number(match name {
        "min" => *numbers.iter().min().unwrap(),
        "max" => *numbers.iter().max().unwrap(),
        "floor" => x.floor(),
        "ceil" => x.ceil(),
        "round" => (x + half).floor(),
        "dim" if x.is_integer() => i128::from(Example.dim(x.to_integer()).map_err(|_| Wrong::Error)?).into(),
        "make_divisible" if numbers[1].is_integer() && numbers[1] >= 1.into() => {
            let d = numbers[1];
            let nearest = d.max(((x + d * half) / d).floor() * d);
            if nearest < Rational::new(9, 10) * x { nearest + d } else { nearest }
        }
        _ => return Err(Wrong::Error),
    }))
}

fn rational(tree: &Tree) -> Result<Rational, Wrong> {
    match reference(tree)? {
        Value::Number(number) => Ok(number),
        Value::Boolean(_) | Value::Word(_) | Value::List(_) => Err(Wrong::Error),
    }
}

fn boolean(tree: &Tree) -> Result<bool, Wrong> {
    match reference(tree)? {
        Value::Boolean(boolean) => Ok(boolean),
        Value::Number(_) | Value::Word(_) | Value::List(_) => Err(Wrong::Error),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn agrees_with_the_reference(tree in prop_oneof![tree(4, Type::Number), tree(4, Type::Boolean)], seed in any::<u64>()) {
        let mut bits = seed;
        let mut spaces = || {
            bits = bits.rotate_left(7).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ seed;
            ["", " ", "  "][usize::try_from(bits >> 32).unwrap() % 3]
        };
        let mut source = String::new();
        print(&tree, 0, &mut spaces, &mut source);
        prop_assume!(source.len() <= MAX_BYTES);
        let expression = Expression::parse(&source);
        prop_assert!(expression.is_ok(), "{source}: {expression:?}");
        let found = expression.unwrap().evaluate(&Example);
        match reference(&tree) {
            Ok(value) => prop_assert_eq!(found, Ok(value), "{}", source),
            Err(Wrong::Error) => prop_assert!(found.is_err(), "{source}: {found:?}"),
            Err(Wrong::Large) => {}
        }
    }

    #[test]
    fn any_text_is_read_or_refused_at_a_place_in_it(source in ".*") {
        check_any(&source)?;
    }

    #[test]
    fn likely_text_is_read_or_refused_at_a_place_in_it(source in r#"([-+*/%^(),<=>!²³·×−_'" ]|[0-9]{1,40}|e|\.|i|in|if\(|max\(|dim\(|least|and|or|not|é){0,30}"#) {
        check_any(&source)?;
    }
}

fn check_any(source: &str) -> Result<(), TestCaseError> {
    if let Err(error) = evaluate(source) {
        prop_assert!(source.get(error.span.clone()).is_some(), "{source}: {error:?}");
    }
    Ok(())
}
