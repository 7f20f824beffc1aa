//! The language by example and by mistake, and against a second evaluator on random trees.

use std::fmt::Write;

use proptest::prelude::*;

use super::parse::MAX_BYTES;
use super::*;

/// A block's insides: i = 2, width = 3/2, a choice, a flag, and a tensor of 192 × 28 × 28.
struct Example;

impl Scope for Example {
    fn name(&self, name: &str) -> Result<Value, Failure> {
        Ok(match name {
            "i" => Value::Number(2.into()),
            "width" => Value::Number(Rational::new(3, 2)),
            "least" => Value::Number(i128::MIN.into()),
            "kind" => Value::Word("conv".into()),
            "down" => Value::Boolean(true),
            "in" => Value::Number(192.into()),
            _ => return Err(text!("no parameter `{name}`", "没有参数 `{name}`").into()),
        })
    }

    fn dim(&self, k: i128) -> Result<u64, Failure> {
        match k {
            1 | -3 => Ok(192),
            2 | 3 | -1 | -2 => Ok(28),
            _ => Err(text!("no dimension {k}", "没有第 {k} 维").into()),
        }
    }
}

fn evaluate(source: &str) -> Result<Value, ExpressionError> {
    Expression::parse(source)?.evaluate(&Example)
}

#[test]
fn values() {
    let cases = [
        ("5²·28²·192·32", "120422400"),
        ("28×28 − 4", "780"),
        ("10¹²", "1000000000000"),
        ("-2^2", "-4"),
        ("-2²", "-4"),
        ("2^3^2", "512"),
        ("2²^3", "64"), // a superscript belongs to what it touches
        ("2^-2", "1/4"),
        ("(-2/3)^-3", "-27/8"),
        ("(-1)^(10^30 + 1)", "-1"),
        ("0^0", "1"),
        ("-7 % 3", "2"),
        ("7 % -3", "-2"),
        ("7/2 % 1", "1/2"),
        ("1.1 + 1e-1", "6/5"),
        ("1 - 2 - 3", "-4"),
        ("12 / 2 / 3 * 2", "4"),
        ("2 * -3 - -1", "-5"),
        ("not 1 == 2 and true", "true"),
        ("false and 1/0 == 1", "false"),
        ("true or 1/0 == 1", "true"),
        ("if(i == 2, 'yes', 1/0)", "'yes'"),
        ("kind == 'conv' and kind != 'identity'", "true"),
        ("(1 < 2) == (2 <= 2)", "true"),
        ("min(3, width, 2)", "3/2"),
        ("max(3, in, 2)", "192"),
        ("floor(-5/2) + 10*ceil(-5/2)", "-23"),
        ("round(5/2)", "3"),
        ("round(-5/2)", "-2"),
        ("make_divisible(16*width, 8)", "24"),
        ("make_divisible(3, 8)", "8"),
        ("make_divisible(11, 8)", "16"), // 8 would be below 9.9
        ("make_divisible(960/4, 8)", "240"),
        ("4*dim(-1) + dim(1)", "304"),
        ("max (1, 2,)", "2"),
    ];
    for (source, expected) in cases {
        assert_eq!(evaluate(source).map(|value| value.to_string()), Ok(expected.to_owned()), "{source}");
    }
}

#[test]
fn mistakes() {
    let most = "170141183460469231731687303715884105727";
    let (deep, long) = ("(".repeat(65) + "1", "1".repeat(1001));
    let many_not = "not ".repeat(65) + "true";
    let (sum, literal) = (format!("{most} + 1"), format!("{most}0"));
    let cases: [(&str, Range<usize>, &str, &str); 55] = [
        ("", 0..0, "the expression is empty", ""),
        ("  ", 0..2, "the expression is empty", ""),
        (&long, 0..1001, "the expression is too long: 1001 bytes of at most 1000", ""),
        (&deep, 64..65, "the expression is nested too deep: more than 64 levels", ""),
        (&many_not, 256..259, "the expression is nested too deep: more than 64 levels", ""),
        ("1 +", 3..3, "expected a value, but the expression ends here", ""),
        ("1 + * 2", 4..5, "expected a value, not `*`", ""),
        ("1 + not true", 4..7, "expected a value, not `not`", ""),
        ("²", 0..2, "expected a value, not `²`", ""),
        ("2x", 1..2, "expected an operator, not `x`", ""),
        ("(1 2)", 3..4, "expected an operator, not `2`", ""),
        ("1, 2", 1..2, "expected an operator, not `,`", ""),
        ("2*(1 + 2", 2..3, "this parenthesis is not closed", ""),
        ("max(1, 2", 3..4, "this parenthesis is not closed", ""),
        ("1 + 2)", 5..6, "this parenthesis was never opened", ""),
        ("kind == 'conv", 8..9, "this quote is not closed", ""),
        (
            "kind == \"conv\"",
            8..9,
            "`\"` is not part of the language",
            "words stand in single quotes: 'identity'",
        ),
        ("i = 2", 2..3, "`=` is not part of the language", "write `==`"),
        ("down && down", 5..7, "`&&` is not part of the language", "write `and`"),
        ("down || down", 5..7, "`||` is not part of the language", "write `or`"),
        ("!down", 0..1, "`!` is not part of the language", "write `not`"),
        ("2**3", 1..3, "`**` is not part of the language", "write `^`"),
        ("7//2", 1..3, "`//` is not part of the language", "write `floor(a / b)`"),
        ("（1)", 0..3, "`（` is not part of the language", "write `(`"),
        ("i ? 1", 2..3, "`?` is not part of the language", ""),
        ("1 < i < 3", 0..9, "comparisons cannot be chained", "write `1 < i and i < 3`"),
        ("i == (2) != 2+1", 0..15, "comparisons cannot be chained", "write `i == (2) and (2) != 2+1`"),
        ("mx(1, 2)", 0..2, "there is no function `mx`", "did you mean `max`?"),
        (
            "sqrt(4)",
            0..4,
            "there is no function `sqrt`",
            "the functions are if, min, max, floor, ceil, round, make_divisible, dim",
        ),
        ("1 + max(1)", 4..10, "wrong number of arguments for `max`: 1", "write `max(a, b, …)`"),
        ("if(down, 1)", 0..11, "wrong number of arguments for `if`: 2", "write `if(condition, a, b)`"),
        ("floor()", 0..7, "wrong number of arguments for `floor`: 0", "write `floor(x)`"),
        ("2*dim", 2..5, "wrong number of arguments for `dim`: 0", "write `dim(k)`"),
        (&literal, 0..40, &format!("the number is too large: {literal}"), LIMIT),
        ("1e99", 0..4, "the number is too large: 1e99", LIMIT),
        (&sum, 0..43, &format!("the number is too large: {sum}"), LIMIT),
        ("1 + 2^127", 4..9, "the number is too large: 2 ^ 127", LIMIT),
        ("1 + (-2)^127", 4..12, "the number is too large: -2 ^ 127", LIMIT),
        ("2^(0-10^30)", 0..11, "the number is too large: 2 ^ -1000000000000000000000000000000", LIMIT),
        ("1e-38/1e38", 0..10, &format!("the number is too large: 1/1{0} / 1{0}", "0".repeat(38)), LIMIT),
        ("-least", 1..6, "the number is too large: -170141183460469231731687303715884105728", LIMIT),
        (
            "make_divisible(1.6e38, 1e38)",
            0..28,
            &format!("the number is too large: make_divisible(16{}, 1{})", "0".repeat(37), "0".repeat(38)),
            LIMIT,
        ),
        ("1 + 28/(2-2)", 7..12, "division by zero: 28 / 0", ""),
        ("28 % 0", 5..6, "division by zero: 28 % 0", ""),
        ("1 + 0^-1", 4..8, "division by zero: 0 ^ -1", ""),
        ("2^0.5", 2..5, "`^` wants a whole number here, not the number 1/2", ""),
        ("dim(3/2)", 4..7, "`dim` wants a whole number here, not the number 3/2", ""),
        ("1 + down", 4..8, "`+` wants a number here, not the boolean true", ""),
        ("down and i", 9..10, "`and` wants a boolean here, not the number 2", ""),
        ("-'conv'", 1..7, "`-` wants a number here, not the word 'conv'", ""),
        ("i < kind", 4..8, "`<` wants a number here, not the word 'conv'", ""),
        ("1 == down", 0..9, "cannot compare the number 1 with the boolean true", ""),
        ("make_divisible(3, 0)", 18..19, "`make_divisible` wants at least 1 here, not 0", ""),
        ("1 + heigth", 4..10, "no parameter `heigth`", ""),
        ("1 + dim(4)", 4..10, "no dimension 4", ""),
    ];
    for (source, span, message, help) in cases {
        let error = evaluate(source).expect_err(source);
        let Failure { message: found, help: advice } = &error.failure;
        let advice = advice.as_ref().map(Text::to_string).unwrap_or_default();
        assert_eq!((&error.span, &*found.english, &*advice), (&span, message, help), "{source}");
    }
}

const LIMIT: &str = "numbers are exact fractions whose two parts have at most 127 bits";

#[test]
fn literals() {
    for (literal, numer, denom) in [
        ("1.1", 11, 10),
        ("1e-5", 1, 100_000),
        ("1_000", 1000, 1),
        ("-0.50", -1, 2),
        ("+1.5e+1", 15, 1),
        ("0e999", 0, 1),
    ] {
        assert_eq!(number(literal), Some(Rational::new(numer, denom)), "{literal}");
    }
    for literal in [
        "",
        "-",
        "1.",
        ".5",
        "1__0",
        "_1",
        "1_",
        "1e",
        "0x10",
        "nan",
        "1 ",
        "--1",
        "1e39",
        "1e-39",
        "1e9999999999",
    ] {
        assert_eq!(number(literal), None, "{literal}");
    }
}

#[test]
fn names_without_functions_but_with_dim() {
    let expression = Expression::parse("if(down, max(in, dim(i)), 'w') + in").unwrap();
    assert_eq!(expression.names().collect::<Vec<_>>(), ["down", "in", "dim", "i", "in"]);
}

#[test]
fn reserved_words() {
    let mut reserved = RESERVED.to_vec();
    reserved.sort_unstable();
    let expected = "and ceil dim false floor h i if in input make_divisible max min not or round true w";
    assert_eq!(reserved.join(" "), expected);
}

#[test]
fn long_and_deep_sources_need_little_stack() {
    let sum = vec!["1"; 500].join("+");
    let deep = format!("{}1{}", "1 or 1 and 1<1+1*(".repeat(50), ")".repeat(50));
    let powers = format!("1{}", " ²".repeat(333));
    std::thread::Builder::new()
        .stack_size(1 << 20)
        .spawn(move || {
            assert_eq!(evaluate(&sum), Ok(Value::Number(500.into())));
            assert_eq!(evaluate(&powers), Ok(Value::Number(1.into())));
            Expression::parse(&deep).unwrap();
            assert_eq!(
                evaluate(&format!("{}1{}", "(".repeat(64), ")".repeat(64))),
                Ok(Value::Number(1.into()))
            );
        })
        .unwrap()
        .join()
        .unwrap();
}

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
        Value::Number(_) | Value::Boolean(_) | Value::Word(_) => Ok(value),
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
        Value::Boolean(_) | Value::Word(_) => Err(Wrong::Error),
    }
}

fn boolean(tree: &Tree) -> Result<bool, Wrong> {
    match reference(tree)? {
        Value::Boolean(boolean) => Ok(boolean),
        Value::Number(_) | Value::Word(_) => Err(Wrong::Error),
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
