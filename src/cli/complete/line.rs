//! The command line before the word that is to be completed, read by clap's own definition.
//!
//! clap's parser wants a whole command line; here one stops in the middle, so each word is only
//! distinguished: a command, a flag, the value of a flag, or a word by itself.

use clap::{Arg, Command};

/// What has been typed.
#[derive(Debug)]
pub(super) struct Line<'a> {
    /// The command that the words name.
    pub(super) command: &'a Command,
    /// Flags, with their values.
    pub(super) flags: Vec<(&'a Arg, Option<String>)>,
    /// Words that are neither.
    pub(super) words: Vec<String>,
    /// A flag whose value comes next.
    waiting: Option<&'a Arg>,
    /// After `--` nothing is a flag.
    only_words: bool,
}

/// What the last word is the beginning of.
#[derive(Clone, Copy, Debug)]
pub(super) enum WordToComplete<'a> {
    /// The value of a flag.
    Value(&'a Arg),
    /// A flag's name.
    Flag,
    /// A command, or a word by itself.
    Word,
}

impl<'a> Line<'a> {
    /// Reads `words`; what clap would refuse is ignored.
    pub(super) fn read(cli: &'a Command, words: &[String]) -> Self {
        let mut line = Self { command: cli, flags: Vec::new(), words: Vec::new(), waiting: None, only_words: false };
        for word in words {
            line.take(word);
        }
        line
    }

    /// What `last` is the beginning of.
    pub(super) fn wanted(&self, last: &str) -> WordToComplete<'a> {
        if let Some(argument) = self.waiting {
            return WordToComplete::Value(argument);
        }
        if self.only_words || !last.starts_with('-') {
            return WordToComplete::Word;
        }
        let flag = last.split_once('=').and_then(|(flag, _)| match flag.strip_prefix("--") {
            Some(long) => self.long(long),
            None => flag.chars().next_back().and_then(|letter| self.short(letter)),
        });
        flag.filter(|flag| takes_value(flag)).map_or(WordToComplete::Flag, WordToComplete::Value)
    }

    /// The argument that a further word by itself is the value of.
    pub(super) fn positional(&self) -> Option<&'a Arg> {
        let next = self.command.get_positionals().nth(self.words.len());
        let last = self.command.get_positionals().last();
        next.or(last.filter(|last| last.get_num_args().is_some_and(|range| range.max_values() > 1)))
    }

    /// Whether `argument` has been given.
    pub(super) fn gave(&self, argument: &Arg) -> bool {
        self.flags.iter().any(|(given, _)| given.get_id() == argument.get_id())
    }

    fn take(&mut self, word: &str) {
        if let Some(argument) = self.waiting.take() {
            self.flags.push((argument, Some(word.to_owned())));
        } else if self.only_words {
            self.words.push(word.to_owned());
        } else if word == "--" {
            self.only_words = true;
        } else if let Some(long) = word.strip_prefix("--") {
            self.take_long(long);
        } else if let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            self.take_shorts(letters);
        } else {
            match self.command.find_subcommand(word) {
                Some(command) if self.words.is_empty() => self.command = command,
                _ => self.words.push(word.to_owned()),
            }
        }
    }

    /// `--flag`, `--flag=value`.
    fn take_long(&mut self, text: &str) {
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        if let Some(argument) = self.long(name) {
            self.take_flag(argument, value);
        }
    }

    /// `-a`, `-ab`, `-avalue`, `-a=value`.
    fn take_shorts(&mut self, text: &str) {
        let mut letters = text.chars();
        while let Some(argument) = letters.next().and_then(|letter| self.short(letter)) {
            let rest = letters.as_str();
            let value = rest
                .strip_prefix('=')
                .or_else(|| (!rest.is_empty() && !argument.is_require_equals_set()).then_some(rest));
            if takes_value(argument) && (value.is_some() || rest.is_empty()) {
                return self.take_flag(argument, value);
            }
            self.flags.push((argument, None));
        }
    }

    fn take_flag(&mut self, argument: &'a Arg, value: Option<&str>) {
        if value.is_none() && takes_value(argument) && !argument.is_require_equals_set() {
            self.waiting = Some(argument);
        } else {
            self.flags.push((argument, value.map(str::to_owned)));
        }
    }

    fn long(&self, name: &str) -> Option<&'a Arg> {
        self.command.get_arguments().find(|argument| {
            argument.get_long() == Some(name)
                || argument.get_all_aliases().is_some_and(|aliases| aliases.contains(&name))
        })
    }

    fn short(&self, letter: char) -> Option<&'a Arg> {
        self.command.get_arguments().find(|argument| argument.get_short() == Some(letter))
    }
}

fn takes_value(argument: &Arg) -> bool {
    argument.get_action().takes_values()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(typed: &str, expected: &str) {
        let mut cli = crate::cli::command();
        cli.build();
        let words: Vec<String> = typed.split_whitespace().map(str::to_owned).collect();
        let line = Line::read(&cli, &words);
        let flags = line
            .flags
            .iter()
            .map(|(argument, value)| format!("{}={}", argument.get_id(), value.as_deref().unwrap_or("-")));
        let parts = [vec![line.command.get_name().to_owned()], flags.collect(), line.words.clone()];
        let waiting = line.waiting.map(|argument| format!(" waiting for {}", argument.get_id())).unwrap_or_default();
        assert_eq!(parts.concat().join(" ") + &waiting, expected, "{typed:?}");
    }

    #[test]
    fn flags_are_read_as_clap_and_kubectl_read_them() {
        case("", "kubectl-sched");
        case("explain web", "explain web");
        case("explain -n shop web", "explain namespace=shop web");
        case("explain -nshop --node=a", "explain namespace=shop node=a");
        case("explain -n=shop -An shop", "explain namespace=shop all_namespaces=- namespace=shop");
        case("explain -v web", "explain verbosity=- web");
        case("explain -v=6 --v=6", "explain verbosity=6 verbosity=6");
        case("explain --context", "explain waiting for context");
        case("explain -- -n explain", "explain -n explain");
        case("explain explain", "explain explain");
        case("--wrong -? explain", "explain");
    }
}
