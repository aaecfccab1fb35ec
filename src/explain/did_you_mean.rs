//! Did you mean: the known word nearest to one that was mistyped.

/// The one of `words` that looks most like `wanted`, if any does: the same but for case and
/// separators, or a few letters off in proportion to its length.
pub(super) fn find<'a>(wanted: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let plain_wanted = plain(wanted);
    words
        .filter(|word| *word != wanted && !word.is_empty())
        .filter_map(|word| {
            let other = plain(word);
            if other == plain_wanted {
                return Some((0, word));
            }
            let distance = distance(&plain_wanted, &other);
            let allowed = (plain_wanted.chars().count() / 4).min(3);
            (distance <= allowed && !differ_on_purpose(wanted, word)).then_some((distance, word))
        })
        .min()
        .map(|(_, word)| word)
}

fn plain(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric() || *c == '/').flat_map(char::to_lowercase).collect()
}

/// Numbers and short parts count things: `m5.large` is no misspelt `m6.large`, and neither is
/// `zone-a` a misspelt `zone-b`.
fn differ_on_purpose(a: &str, b: &str) -> bool {
    let parts =
        |word: &str| -> Vec<String> { word.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect() };
    let has_digit = |word: &str| word.contains(|c: char| c.is_ascii_digit());
    let (parts_a, parts_b) = (parts(a), parts(b));
    has_digit(a)
        || has_digit(b)
        || (parts_a.len() == parts_b.len()
            && parts_a.iter().zip(&parts_b).any(|(a, b)| a != b && a.len().min(b.len()) <= 2))
}

/// Letters to insert, delete or replace (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (index, left) in a.chars().enumerate() {
        let mut diagonal = index;
        let mut before = index + 1;
        let mut next = vec![before];
        for (right, above) in b.iter().zip(row.iter().skip(1)) {
            let replaced = diagonal + usize::from(left != *right);
            before = replaced.min(before + 1).min(above + 1);
            diagonal = *above;
            next.push(before);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(wanted: &str, words: &[&str], expected: Option<&str>) {
        assert_eq!(find(wanted, words.iter().copied()), expected, "{wanted}");
    }

    #[test]
    fn typing_errors() {
        case("SSD", &["hdd", "ssd"], Some("ssd"));
        case("disk-type", &["diskType", "zone"], Some("diskType"));
        case("general", &["genral", "gpu"], Some("genral"));
        case("topology.kubernetes.io/zonr", &["topology.kubernetes.io/zone"], Some("topology.kubernetes.io/zone"));
        case("M5.Large", &["m5.large"], Some("m5.large"));
    }

    #[test]
    fn other_things() {
        case("m5.large", &["m5.xlarge", "m6.large"], None);
        case("europe-west-b", &["europe-west-c"], None);
        case("gpu", &["cpu"], None);
        case("ssd", &["ssd"], None);
    }
}
