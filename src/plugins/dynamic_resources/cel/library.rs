//! Functions of strings, lists, sets and regular expressions (cel-go ext/strings.go, ext/sets.go; upstream
//! apiserver pkg/cel/library/lists.go, regex.go).
//!
//! Those that take time in proportion to what they are given. Where the versions of cel-go differ, or an
//! error's text is not known to the letter, the answer is that there is none.

use std::cmp::Ordering;
use std::sync::Arc;

use regex::Regex;

use super::Failure;
use super::eval::unknown;
use super::value::Value;

/// Calls a function; without a namespace its first argument is the receiver.
pub(super) fn call(namespace: Option<&str>, function: &str, arguments: &[Value]) -> Result<Value, Failure> {
    let answer = match (namespace, arguments) {
        (Some("sets"), [Value::List(one), Value::List(other)]) => sets(function, one, other),
        (None, [Value::String(text), arguments @ ..]) => on_string(text, function, arguments)?,
        (None, [Value::List(items), arguments @ ..]) => on_list(items, function, arguments),
        _ => None,
    };
    answer.map_or_else(|| unknown(format!("the function {function} is not supported for these arguments")), Ok)
}

/// None where there is no such function, or cel-go gives an error.
fn on_string(text: &str, function: &str, arguments: &[Value]) -> Result<Option<Value>, Failure> {
    Ok(match (function, arguments) {
        ("matches" | "find" | "findAll", [Value::String(pattern), rest @ ..]) => {
            if !text.is_ascii() || !pattern.is_ascii() {
                // Character classes such as \d are wider here than in Kubernetes.
                return unknown(format!("the function {function} is not supported beyond ASCII"));
            }
            Regex::new(pattern).ok().and_then(|regex| by_regex(&regex, text, function, rest))
        }
        ("charAt", [Value::Int(index)]) => char_at(text, *index),
        ("indexOf", [Value::String(part)]) => index_of(text, part, 0),
        ("indexOf", [Value::String(part), Value::Int(from)]) => index_of(text, part, *from),
        ("lastIndexOf", [Value::String(part)]) => last_index_of(text, part, None),
        ("lastIndexOf", [Value::String(part), Value::Int(from)]) => last_index_of(text, part, Some(*from)),
        ("lowerAscii", []) => Some(text.to_ascii_lowercase().as_str().into()),
        ("upperAscii", []) => Some(text.to_ascii_uppercase().as_str().into()),
        ("trim", []) => Some(text.trim().into()),
        ("replace", [Value::String(old), Value::String(new)]) => replace(text, old, new, -1),
        ("replace", [Value::String(old), Value::String(new), Value::Int(times)]) => replace(text, old, new, *times),
        ("split", [Value::String(separator)]) => Some(split(text, separator, -1)),
        ("split", [Value::String(separator), Value::Int(most)]) => Some(split(text, separator, *most)),
        ("substring", [Value::Int(from)]) => substring(text, *from, None),
        ("substring", [Value::Int(from), Value::Int(to)]) => substring(text, *from, Some(*to)),
        _ => None,
    })
}

fn by_regex(regex: &Regex, text: &str, function: &str, rest: &[Value]) -> Option<Value> {
    match (function, rest) {
        ("matches", []) => Some(Value::Bool(regex.is_match(text))),
        ("find", []) => Some(regex.find(text).map_or("", |found| found.as_str()).into()),
        ("findAll", []) => Some(strings(regex.find_iter(text).map(|found| found.as_str()))),
        ("findAll", [Value::Int(most)]) => {
            // A negative number means all of them, as Go's FindAllString has it.
            let most = usize::try_from(*most).unwrap_or(usize::MAX);
            Some(strings(regex.find_iter(text).take(most).map(|found| found.as_str())))
        }
        _ => None,
    }
}

fn strings<'a>(items: impl Iterator<Item = &'a str>) -> Value {
    Value::List(Arc::new(items.map(Value::from).collect()))
}

/// An index into characters, up to their number.
fn position(index: i64, length: usize) -> Option<usize> {
    usize::try_from(index).ok().filter(|index| *index <= length)
}

fn char_at(text: &str, index: i64) -> Option<Value> {
    let characters: Vec<char> = text.chars().collect();
    let index = position(index, characters.len())?;
    let found: String = characters.get(index).into_iter().collect();
    Some(found.as_str().into())
}

/// How often versions of cel-go have changed what an empty part, and a place behind the end, give.
fn is_plain(part: &str, from: i64, length: usize) -> bool {
    !part.is_empty() && usize::try_from(from).is_ok_and(|from| from < length.max(1))
}

fn index_of(text: &str, part: &str, from: i64) -> Option<Value> {
    let (characters, part_characters): (Vec<char>, Vec<char>) = (text.chars().collect(), part.chars().collect());
    if !is_plain(part, from, characters.len()) {
        return None;
    }
    let from = usize::try_from(from).ok()?;
    let found = characters.windows(part_characters.len()).enumerate().skip(from);
    Some(index(found.into_iter().find(|(_, window)| *window == part_characters).map(|(index, _)| index)))
}

fn last_index_of(text: &str, part: &str, from: Option<i64>) -> Option<Value> {
    let (characters, part_characters): (Vec<char>, Vec<char>) = (text.chars().collect(), part.chars().collect());
    if !is_plain(part, from.unwrap_or_default(), characters.len()) {
        return None;
    }
    let upto = from.map_or(Some(usize::MAX), |from| usize::try_from(from).ok())?;
    let found = characters.windows(part_characters.len()).enumerate().filter(|(index, _)| *index <= upto);
    Some(index(found.filter(|(_, window)| *window == part_characters).map(|(index, _)| index).next_back()))
}

fn index(found: Option<usize>) -> Value {
    Value::Int(found.map_or(-1, |index| index as i64))
}

/// Go's strings.Replace: a negative number of times means everywhere.
fn replace(text: &str, old: &str, new: &str, times: i64) -> Option<Value> {
    let replaced = match usize::try_from(times) {
        Ok(times) => text.replacen(old, new, times),
        Err(_) => text.replace(old, new),
    };
    // What it makes is paid for only when it is there.
    (replaced.len() <= LONGEST).then(|| replaced.as_str().into())
}

/// Bytes of a string that a function may make.
const LONGEST: usize = 1 << 20;

/// Go's strings.SplitN: no separator parts all characters, a negative number means all parts.
fn split(text: &str, separator: &str, most: i64) -> Value {
    if most == 0 {
        return Value::List(Arc::default());
    }
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    if separator.is_empty() {
        let ends = text.char_indices().map(|(start, character)| start + character.len_utf8());
        let mut parts = Vec::new();
        let mut start = 0;
        for end in ends {
            if parts.len() + 1 == most {
                break;
            }
            parts.push(text.get(start..end).unwrap_or_default());
            start = end;
        }
        parts.extend(text.get(start..).filter(|rest| !rest.is_empty()));
        return strings(parts.into_iter());
    }
    strings(text.splitn(most, separator))
}

fn substring(text: &str, from: i64, to: Option<i64>) -> Option<Value> {
    let characters: Vec<char> = text.chars().collect();
    let from = position(from, characters.len())?;
    let to = to.map_or(Some(characters.len()), |to| position(to, characters.len()))?;
    let part: String = characters.get(from..to)?.iter().collect();
    Some(part.as_str().into())
}

fn on_list(items: &[Value], function: &str, arguments: &[Value]) -> Option<Value> {
    match (function, arguments) {
        ("join", []) => join(items, ""),
        ("join", [Value::String(separator)]) => join(items, separator),
        ("isSorted", []) => {
            let orders = items.windows(2).map(|pair| pair[0].compare(&pair[1])).collect::<Option<Vec<_>>>()?;
            Some(Value::Bool(orders.into_iter().all(Ordering::is_le)))
        }
        ("min", []) => extreme(items, Ordering::Greater),
        ("max", []) => extreme(items, Ordering::Less),
        ("sum", []) => sum(items),
        ("indexOf", [item]) => Some(index(items.iter().position(|one| one.equals(item)))),
        ("lastIndexOf", [item]) => Some(index(items.iter().rposition(|one| one.equals(item)))),
        _ => None,
    }
}

fn join(items: &[Value], separator: &str) -> Option<Value> {
    let texts = items.iter().map(|item| match item {
        Value::String(text) => Some(text.as_ref()),
        _ => None,
    });
    Some(texts.collect::<Option<Vec<&str>>>()?.join(separator).as_str().into())
}

/// The first of the least or largest items; an item that `worse` ones follow is replaced.
fn extreme(items: &[Value], worse: Ordering) -> Option<Value> {
    let (first, rest) = items.split_first()?;
    let mut found = first;
    for item in rest {
        if found.compare(item)? == worse {
            found = item;
        }
    }
    Some(found.clone())
}

/// Of numbers of one type: the sum of none depends on the list's type, which is not known here.
fn sum(items: &[Value]) -> Option<Value> {
    let (first, rest) = items.split_first()?;
    rest.iter()
        .try_fold(first.clone(), |sum, item| match (sum, item) {
            (Value::Int(sum), Value::Int(item)) => sum.checked_add(*item).map(Value::Int),
            (Value::Uint(sum), Value::Uint(item)) => sum.checked_add(*item).map(Value::Uint),
            (Value::Double(sum), Value::Double(item)) => Some(Value::Double(sum + item)),
            _ => None,
        })
        .filter(|sum| matches!(sum, Value::Int(_) | Value::Uint(_) | Value::Double(_)))
}

fn sets(function: &str, one: &[Value], other: &[Value]) -> Option<Value> {
    let has_all = |one: &[Value], other: &[Value]| other.iter().all(|item| one.iter().any(|known| known.equals(item)));
    Some(Value::Bool(match function {
        "contains" => has_all(one, other),
        "equivalent" => has_all(one, other) && has_all(other, one),
        "intersects" => one.iter().any(|item| other.iter().any(|known| known.equals(item))),
        _ => return None,
    }))
}
