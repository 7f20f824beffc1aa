//! Text into an [`Expression`], by precedence climbing.

use std::ops::Range;

use super::functions::{
    DIM_OF, ELEMENT, FUNCTIONS, Function, Level, NEGATION, NOT, OPERATORS, Operator, POWER,
    RESERVED_FUNCTIONS, SIZES,
};
use super::token::{Token, number, token};
use super::{Expression, Failure, Kind, Outcome, Value, fail};
use crate::error::meant;
use crate::text;
use crate::text::Text;

/// The longest source that is read, in bytes.
pub(super) const MAX_BYTES: usize = 1000;
/// How deep parentheses, calls, signs and powers may stand in each other.
const MAX_NESTING: usize = 64;

/// The expression that `source` is, or where it is none.
pub(super) fn parse(source: &str) -> Outcome<Expression> {
    let bytes = source.len();
    if bytes > MAX_BYTES {
        let message = text!(
            "the expression is too long: {bytes} bytes of at most {MAX_BYTES}",
            "表达式过长:{bytes} 字节,上限 {MAX_BYTES} 字节"
        );
        return fail(&(0..bytes), message);
    }
    if source.trim().is_empty() {
        return fail(&(0..bytes), text!("the expression is empty", "表达式为空"));
    }
    let mut parser = Parser { source, token: Token::End, span: 0..0, nesting: 0 };
    parser.advance()?;
    let expression = parser.expression(Level::Whole)?;
    if parser.token == Token::End { Ok(expression) } else { parser.expected_operator() }
}

/// Reads by precedence climbing, one token ahead.
struct Parser<'a> {
    source: &'a str,
    /// The next token.
    token: Token<'a>,
    /// Where it stands.
    span: Range<usize>,
    nesting: usize,
}

impl<'a> Parser<'a> {
    /// An expression whose operators all bind tighter than `above`.
    fn expression(&mut self, above: Level) -> Outcome<Expression> {
        let mut left = self.operand(above)?;
        while let Some(operator) = self.operator().filter(|operator| operator.level > above) {
            let (_, span) = self.advance()?;
            let right = if operator.level == Level::Power {
                self.nested(&span, Level::Negation)?
            } else {
                self.expression(operator.level)?
            };
            let compared = operator.level == Level::Comparison;
            if let Some(next) = self.operator().filter(|next| compared && next.level == Level::Comparison) {
                return self.chained(&left, &right, next);
            }
            left = call(left.span.start..right.span.end, &operator.function, [left, right]);
        }
        Ok(left)
    }

    /// What an operator of level `above` may stand before.
    fn operand(&mut self, above: Level) -> Outcome<Expression> {
        let (token, span) = self.advance()?;
        let mut operand = match token {
            Token::Constant(value) => Expression { span, kind: Kind::Constant(value) },
            Token::Name(name) => self.name_or_call(name, span)?,
            Token::Symbol("(") => {
                let inner = self.nested(&span, Level::Whole)?;
                Expression { span: span.start..self.close(&span, ")")?, ..inner }
            }
            Token::Symbol("-") => return self.prefix(span, &NEGATION, Level::Negation),
            Token::Symbol("not") if above <= Level::Not => return self.prefix(span, &NOT, Level::Not),
            Token::Symbol(_) | Token::Superscript(_) | Token::End => return self.expected_value(&span),
        };
        loop {
            let (start, token) = (operand.span.start, &self.token);
            if let &Token::Superscript(exponent) = token {
                let (_, span) = self.advance()?;
                let whole = start..span.end;
                let exponent = Expression { span, kind: Kind::Constant(Value::Number(exponent)) };
                operand = call(whole, &POWER.function, [operand, exponent]);
            } else if *token == Token::Symbol("[") {
                let (_, open) = self.advance()?;
                let index = self.nested(&open, Level::Whole)?;
                let end = self.close(&open, "]")?;
                operand = call(start..end, &ELEMENT, [operand, index]);
            } else {
                return Ok(operand);
            }
        }
    }

    fn prefix(
        &mut self,
        span: Range<usize>,
        function: &'static Function,
        level: Level,
    ) -> Outcome<Expression> {
        let argument = self.nested(&span, level)?;
        Ok(call(span.start..argument.span.end, function, [argument]))
    }

    fn name_or_call(&mut self, name: &str, span: Range<usize>) -> Outcome<Expression> {
        let is_call = self.token == Token::Symbol("(");
        if let Some(function) = SIZES.iter().find(|function| is_call && function.name == name) {
            let (arguments, end) = self.arguments()?;
            return applied(function, arguments, span.start..end);
        }
        let of_name = |(at, function): &(usize, &Function)| {
            function.name == name && (is_call || *at < RESERVED_FUNCTIONS)
        };
        let Some((_, function)) = FUNCTIONS.iter().enumerate().find(of_name) else {
            return if is_call {
                fail(&span, unknown_function(name))
            } else {
                Ok(Expression { span, kind: Kind::Name(name.into()) })
            };
        };
        let (arguments, end) = if is_call { self.arguments()? } else { (Vec::new(), span.end) };
        let is_of_a_tensor = name == DIM_OF.name && arguments.len() == 2;
        applied(if is_of_a_tensor { &DIM_OF } else { function }, arguments, span.start..end)
    }

    /// Arguments in parentheses, and where these end.
    fn arguments(&mut self) -> Outcome<(Vec<Expression>, usize)> {
        let (_, open) = self.advance()?;
        let mut arguments = Vec::new();
        while self.token != Token::Symbol(")") {
            arguments.push(self.nested(&open, Level::Whole)?);
            if self.token != Token::Symbol(",") {
                break;
            }
            self.advance()?;
        }
        Ok((arguments, self.close(&open, ")")?))
    }

    /// An expression inside what stands at `outer`.
    fn nested(&mut self, outer: &Range<usize>, above: Level) -> Outcome<Expression> {
        if self.nesting == MAX_NESTING {
            let message = text!(
                "the expression is nested too deep: more than {MAX_NESTING} levels",
                "表达式嵌套过深:超过 {MAX_NESTING} 层"
            );
            return fail(outer, message);
        }
        self.nesting += 1;
        let expression = self.expression(above);
        self.nesting -= 1;
        expression
    }

    /// Takes the parenthesis or bracket that closes the one at `open`, and says where it ends.
    fn close(&mut self, open: &Range<usize>, closing: &'static str) -> Outcome<usize> {
        if self.token == Token::Symbol(closing) {
            Ok(self.advance()?.1.end)
        } else if self.token == Token::End && closing == "]" {
            fail(open, text!("this bracket is not closed", "此方括号没有闭合"))
        } else if self.token == Token::End {
            fail(open, text!("this parenthesis is not closed", "此左括号没有闭合"))
        } else {
            self.expected_operator()
        }
    }

    fn operator(&self) -> Option<&'static Operator> {
        let Token::Symbol(symbol) = self.token else { return None };
        OPERATORS.iter().find(|operator| operator.function.name == symbol).copied()
    }

    /// Fails because `next`, another comparison, follows `left < right`.
    fn chained<T>(&mut self, left: &Expression, right: &Expression, next: &Operator) -> Outcome<T> {
        self.advance()?;
        let last = self.expression(Level::Comparison)?;
        let (first, middle) =
            (&self.source[left.span.start..right.span.end], &self.source[right.span.clone()]);
        let (next, end) = (next.function.name, &self.source[last.span.clone()]);
        let failure = Failure::from(text!("comparisons cannot be chained", "比较不能连写")).with_help(text!(
            "write `{first} and {middle} {next} {end}`",
            "请写成 `{first} and {middle} {next} {end}`"
        ));
        fail(&(left.span.start..last.span.end), failure)
    }

    fn expected_value<T>(&self, span: &Range<usize>) -> Outcome<T> {
        let found = &self.source[span.clone()];
        let message = if found.is_empty() {
            text!("expected a value, but the expression ends here", "此处应有一个值,但表达式已结束")
        } else {
            text!("expected a value, not `{found}`", "此处应为一个值,而不是 `{found}`")
        };
        fail(span, message)
    }

    fn expected_operator<T>(&self) -> Outcome<T> {
        let found = &self.source[self.span.clone()];
        let message = if found == ")" {
            text!("this parenthesis was never opened", "此右括号没有对应的左括号")
        } else {
            text!("expected an operator, not `{found}`", "此处应为运算符,而不是 `{found}`")
        };
        let help = match self.token {
            Token::Name("if" | "else") => {
                Some(text!("write `if(condition, a, b)`", "请写成 `if(condition, a, b)`"))
            }
            Token::Name(name) if name.strip_prefix(['x', 'X']).is_some_and(|rest| number(rest).is_some()) => {
                Some(text!("a size for each axis is a list: `[3, 3]`", "各轴的尺寸写成列表:`[3, 3]`"))
            }
            Token::Name(_) | Token::Symbol("(") => Some(text!(
                "products are written out, `2*width`, and numbers have no unit",
                "乘积要写出乘号 `2*width`,数不带单位"
            )),
            Token::Constant(_) | Token::Superscript(_) | Token::Symbol(_) | Token::End => None,
        };
        fail(&self.span, Failure { message, help })
    }

    /// Takes the next token and reads the one after it.
    fn advance(&mut self) -> Outcome<(Token<'a>, Range<usize>)> {
        let rest = self.source[self.span.end..].trim_start();
        let start = self.source.len() - rest.len();
        let (token, length) =
            token(rest).or_else(|(length, failure)| fail(&(start..start + length), failure))?;
        let span = start..start + length;
        Ok((std::mem::replace(&mut self.token, token), std::mem::replace(&mut self.span, span)))
    }
}

/// A function of `arguments`, if it takes as many.
fn applied(
    function: &'static Function,
    arguments: Vec<Expression>,
    span: Range<usize>,
) -> Outcome<Expression> {
    if function.takes(arguments.len()) {
        return Ok(Expression { span, kind: Kind::Call(function, arguments.into()) });
    }
    let (name, count, usage) = (function.name, arguments.len(), function.usage());
    let message =
        text!("wrong number of arguments for `{name}`: {count}", "函数 `{name}` 的参数个数不对:{count}");
    fail(&span, Failure::from(message).with_help(usage))
}

fn call<const N: usize>(
    span: Range<usize>,
    function: &'static Function,
    arguments: [Expression; N],
) -> Expression {
    Expression { span, kind: Kind::Call(function, Box::new(arguments)) }
}

impl Function {
    fn takes(&self, count: usize) -> bool {
        match self.parameters {
            [required @ .., "…"] => count >= required.len(),
            all => count == all.len(),
        }
    }

    fn usage(&self) -> Text {
        let (name, parameters) = (self.name, self.parameters.join(", "));
        text!("write `{name}({parameters})`", "请写成 `{name}({parameters})`")
    }
}

fn unknown_function(name: &str) -> Failure {
    let distance = |function: &&str| strsim::osa_distance(name, function);
    let names = FUNCTIONS.each_ref().map(|function| function.name);
    let near = names.into_iter().min_by_key(distance).filter(|near| distance(near) <= near.len() / 3);
    let near = near.or_else(|| ["int", "trunc"].contains(&name).then_some("floor"));
    let known = names.join(", ");
    Failure::from(text!("there is no function `{name}`", "没有函数 `{name}`")).with_help(match near {
        Some(near) => meant(near),
        None => text!("the functions are {known}", "可用的函数:{known}"),
    })
}
