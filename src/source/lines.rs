//! On which line of a manifest an object and its fields stand: for messages and annotations that point there.
//!
//! Objects are decoded without their places ([`crate::decode::yaml`]), so the text is looked at once more, and only where
//! a place is to be named. Block YAML is followed key by key; of JSON and flow style the line of the whole is known.

/// An object of a text, and where its fields stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectLines {
    /// `kind`.
    pub kind: String,
    /// `metadata.name`.
    pub name: String,
    /// `metadata.namespace`; empty where there is none.
    pub namespace: String,
    /// Its first line, counted from 1.
    pub line: usize,
    /// The file that it was made of, where a comment says so: `helm template` writes `# Source: web/templates/app.yaml`.
    pub source: Option<String>,
    /// Its fields in the order of the text: `spec.containers.0.name`, the line, and the value where it is in the line.
    fields: Vec<(String, usize, String)>,
}

impl ObjectLines {
    /// The line of the field `path`, such as `spec.template.spec.containers.0.resources`; of one that is not written, that
    /// of the closest field above it.
    pub fn line_of(&self, path: &str) -> usize {
        let mut path = path;
        loop {
            if let Some((_, line, _)) = self.fields.iter().find(|(field, ..)| field == path) {
                return *line;
            }
            match path.rsplit_once('.') {
                Some((above, _)) => path = above,
                None => return self.line,
            }
        }
    }

    /// Whether the field is written.
    pub fn has(&self, path: &str) -> bool {
        self.fields.iter().any(|(field, ..)| field == path)
    }

    /// The value of the field, as it is written.
    pub fn value(&self, path: &str) -> Option<&str> {
        self.fields.iter().find(|(field, ..)| field == path).map(|(_, _, value)| value.as_str())
    }
}

/// The objects of a text, those of Lists one by one.
pub fn objects(text: &str) -> Vec<ObjectLines> {
    let mut found = Vec::new();
    let mut document: Vec<(usize, &str)> = Vec::new();
    for (place, line) in text.lines().enumerate() {
        let is_separator = line.starts_with("---") || line == "...";
        if is_separator {
            add(&mut found, &document);
            document.clear();
        } else {
            document.push((place + 1, line));
        }
    }
    add(&mut found, &document);
    found
}

fn add(found: &mut Vec<ObjectLines>, document: &[(usize, &str)]) {
    let says = |line: &&(usize, &str)| !line.1.trim().is_empty() && !line.1.trim_start().starts_with('#');
    let Some((first, text)) = document.iter().find(says).copied() else { return };
    if text.trim_start().starts_with(['{', '[']) {
        return json(found, document, first);
    }
    let comments = document.iter().take_while(|(line, _)| *line < first);
    let source = comments.filter_map(|(_, text)| text.strip_prefix("# Source: ")).last();
    let fields = fields(document);
    let items = fields.iter().filter_map(|(path, line, _)| {
        let item = path.strip_prefix("items.")?;
        (!item.contains('.')).then_some((item, *line))
    });
    let items: Vec<(&str, usize)> = items.collect();
    if items.is_empty() {
        found.push(ObjectLines { source: source.map(|source| source.trim().to_owned()), ..object(first, &fields, "") });
    }
    for (item, line) in items {
        found.push(object(line, &fields, &format!("items.{item}.")));
    }
}

fn object(line: usize, all: &[(String, usize, String)], prefix: &str) -> ObjectLines {
    let of_it = all
        .iter()
        .filter_map(|(path, line, value)| Some((path.strip_prefix(prefix)?.to_owned(), *line, value.clone())));
    let mut object = ObjectLines { line, fields: of_it.collect(), ..ObjectLines::default() };
    let text = |path: &str| object.value(path).unwrap_or_default().to_owned();
    (object.kind, object.name, object.namespace) = (text("kind"), text("metadata.name"), text("metadata.namespace"));
    if object.name.is_empty() {
        let flow = object.value("metadata").unwrap_or_default();
        let named = |key: &str| flow_value(flow, key).unwrap_or_default();
        (object.name, object.namespace) = (named("name"), named("namespace"));
    }
    object
}

/// The value of `key` in a map of flow style, such as `{name: web, namespace: shop}`.
fn flow_value(flow: &str, key: &str) -> Option<String> {
    let entries = flow.strip_prefix('{')?.strip_suffix('}')?.split(',');
    entries
        .filter_map(|entry| entry.split_once(':'))
        .find_map(|(name, value)| (unquoted(name.trim()) == key).then(|| unquoted(value.trim()).to_owned()))
}

/// JSON values one after the other; of a List all items are on its first line.
fn json(found: &mut Vec<ObjectLines>, document: &[(usize, &str)], first: usize) {
    let before = document.iter().take_while(|(line, _)| *line < first).count();
    let lines: Vec<&str> = document.iter().skip(before).map(|(_, text)| *text).collect();
    let text = lines.join("\n");
    let mut values = serde_json::Deserializer::from_str(&text).into_iter::<serde_json::Value>();
    let mut start = 0;
    while let Some(Ok(value)) = values.next() {
        let blank = text.get(start..).unwrap_or_default();
        let blank = blank.len() - blank.trim_start().len();
        let line = first + text.get(..start + blank).unwrap_or_default().matches('\n').count();
        start = values.byte_offset();
        let items = value.get("items").and_then(serde_json::Value::as_array);
        let objects = items.map_or_else(|| vec![&value], |items| items.iter().collect());
        found.extend(objects.into_iter().map(|object| {
            let text =
                |path: &str| object.pointer(path).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
            ObjectLines {
                kind: text("/kind"),
                name: text("/metadata/name"),
                namespace: text("/metadata/namespace"),
                line,
                ..ObjectLines::default()
            }
        }));
    }
}

/// A part of a path, and the column that it begins in.
enum Part {
    Key(usize, String),
    Item(usize, usize),
}

impl Part {
    fn column(&self) -> usize {
        match self {
            Self::Key(column, _) | Self::Item(column, _) => *column,
        }
    }
}

/// The keys and items of a block YAML document.
fn fields(document: &[(usize, &str)]) -> Vec<(String, usize, String)> {
    let mut fields = Vec::new();
    let mut path: Vec<Part> = Vec::new();
    // Lines that are further in than this are those of a text.
    let mut text_below: Option<usize> = None;
    for (number, line) in document {
        let content = line.trim_start_matches(' ');
        let mut column = line.len() - content.len();
        if content.trim().is_empty() || text_below.is_some_and(|of| column > of) {
            continue;
        }
        text_below = None;
        if content.starts_with('#') {
            continue;
        }
        let mut rest = content;
        while let Some(behind) = rest.strip_prefix('-').filter(|behind| behind.is_empty() || behind.starts_with(' ')) {
            let same = |part: &Part| matches!(part, Part::Item(of, _) if *of == column);
            while path.last().is_some_and(|last| {
                last.column() > column
                    || (last.column() == column && matches!(last, Part::Key(..)) && path.iter().any(same))
            }) {
                path.pop();
            }
            match path.last_mut() {
                Some(Part::Item(of, index)) if *of == column => *index += 1,
                _ => path.push(Part::Item(column, 0)),
            }
            fields.push((joined(&path), *number, String::new()));
            let trimmed = behind.trim_start_matches(' ');
            column += 1 + behind.len() - trimmed.len();
            rest = trimmed;
        }
        let Some((key, value)) = key_of(rest) else { continue };
        while path.last().is_some_and(|last| last.column() >= column) {
            path.pop();
        }
        path.push(Part::Key(column, key.to_owned()));
        if value.starts_with(['|', '>']) {
            text_below = Some(column);
        }
        fields.push((joined(&path), *number, unquoted(value).to_owned()));
    }
    fields
}

fn joined(path: &[Part]) -> String {
    let parts = path.iter().map(|part| match part {
        Part::Key(_, key) => key.clone(),
        Part::Item(_, index) => index.to_string(),
    });
    parts.collect::<Vec<_>>().join(".")
}

/// `key: value`.
fn key_of(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|first| matches!(first, '"' | '\''));
    let end = match quote {
        Some(quote) => text.get(1..)?.find(quote)? + 2,
        None => 0,
    };
    let colon = end
        + text.get(end..)?.match_indices(':').map(|(place, _)| place).find(|place| {
            text.get(end + place + 1..).is_some_and(|behind| behind.is_empty() || behind.starts_with([' ', '\r']))
        })?;
    let value = text.get(colon + 1..)?.trim();
    let value = value.find(" #").and_then(|comment| value.get(..comment)).unwrap_or(value).trim();
    Some((unquoted(text.get(..colon)?.trim()), value))
}

fn unquoted(text: &str) -> &str {
    let within = |quote: char| text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
    within('"').or_else(|| within('\'')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# A comment
apiVersion: v1
kind: ConfigMap
metadata: {name: flow}
data:
  script: |
    kind: not a key
    - neither
---
kind: Deployment
metadata:
  name: \"web\"   # quoted
  namespace: shop
spec:
  template:
    spec:
      containers:
      - name: main
        resources:
          requests:
            cpu: 500m
      -   name: side
          image: a:1
      tolerations:
        - key: x
";

    #[test]
    fn fields_have_their_lines() {
        let found = objects(TEXT);
        let names: Vec<(&str, &str, usize)> =
            found.iter().map(|object| (object.kind.as_str(), object.name.as_str(), object.line)).collect();
        assert_eq!(names, [("ConfigMap", "flow", 2), ("Deployment", "web", 10)]);
        let web = &found[1];
        let line = |path: &str| web.line_of(path);
        assert_eq!(web.namespace, "shop");
        assert_eq!(line("spec.template.spec.containers.0.resources.requests.cpu"), 21);
        assert_eq!(line("spec.template.spec.containers.1.image"), 23);
        assert_eq!(line("spec.template.spec.tolerations.0.key"), 25);
        // What is not written is where it would be.
        assert_eq!(line("spec.template.spec.containers.1.resources.requests"), 22);
        assert_eq!(line("status"), 10);
        assert!(!found[0].has("data.script.kind"));
    }

    #[test]
    fn items_of_lists_and_json_are_objects() {
        let list = "kind: List\nitems:\n- kind: Pod\n  metadata:\n    name: a\n- metadata:\n    name: b\n  kind: Pod\n";
        let found: Vec<(String, usize)> = objects(list).into_iter().map(|object| (object.name, object.line)).collect();
        assert_eq!(found, [("a".to_owned(), 3), ("b".to_owned(), 6)]);
        let json = "\n{\"kind\":\"Pod\",\n\"metadata\":{\"name\":\"a\"}}\n{\"kind\":\"Pod\"}\n";
        let found: Vec<(String, usize)> = objects(json).into_iter().map(|object| (object.name, object.line)).collect();
        assert_eq!(found, [("a".to_owned(), 2), (String::new(), 4)]);
    }
}
