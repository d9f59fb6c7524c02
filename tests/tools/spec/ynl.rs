// SPDX-License-Identifier: GPL-2.0

//! A netlink specification in the kernel's YNL format, as far as a test needs it.
//!
//! Numbers that a specification leaves out are counted up from the one before, as its format
//! has it. Whether the file obeys the format is for the kernel's schemas to say, not for us;
//! what cannot be made sense of is an error all the same.

use saphyr::{LoadableYamlNode, Yaml};

/// A specification.
#[derive(Debug)]
pub struct Spec {
    /// Name of the family.
    pub name: String,
    /// Whether it is a protocol of its own (`netlink-raw`) and no generic netlink family.
    pub is_raw: bool,
    /// Spaces of attributes.
    pub sets: Vec<Set>,
    /// Enumerations.
    pub enums: Vec<Enum>,
    /// Requests and notifications.
    pub operations: Vec<Operation>,
    /// Names of the multicast groups.
    pub groups: Vec<Group>,
}

/// A space of attributes.
#[derive(Debug)]
pub struct Set {
    /// Its name within the specification.
    pub name: String,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
}

/// An attribute.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Its name within the specification.
    pub name: String,
    /// Its name in C.
    pub c_name: String,
    /// Its number.
    pub number: u16,
    /// Its type's name.
    pub kind: String,
    /// The lowest value that is valid, where one is named.
    pub min: Option<u64>,
    /// The highest value that is valid, where one is named.
    pub max: Option<u64>,
    /// The least length in octets, where one is named.
    pub min_len: Option<usize>,
    /// Name of the enumeration that its values are of, or nothing.
    pub choices: String,
    /// Name of the space that attributes in it are of, or nothing.
    pub nested: String,
}

/// An enumeration.
#[derive(Debug)]
pub struct Enum {
    /// Its name within the specification.
    pub name: String,
    /// Its entries: name in C and value.
    pub entries: Vec<(String, u64)>,
}

/// A request, or a notification.
#[derive(Debug)]
pub struct Operation {
    /// Its name within the specification.
    pub name: String,
    /// Its name in C.
    pub c_name: String,
    /// Its number, of the request where that of the reply is another.
    pub number: u32,
    /// Name of the space that its attributes are of.
    pub set: String,
    /// Who may ask, and the like.
    pub flags: Vec<String>,
    /// What validation the kernel leaves out.
    pub dont_validate: Vec<String>,
    /// Attributes of a request for one object, if it is answered.
    pub request: Option<Vec<String>>,
    /// Whether a request for all objects is answered.
    pub dump: bool,
    /// Attributes of such a request.
    pub dump_request: Vec<String>,
    /// What it is answered with, if it has any.
    pub reply: Option<Reply>,
    /// Attributes of a notification, if it is one.
    pub event: Option<Vec<String>>,
}

/// The answer to a request.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Its number.
    pub number: u32,
    /// Its attributes.
    pub attributes: Vec<String>,
}

/// A multicast group.
#[derive(Debug)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Who may join.
    pub flags: Vec<String>,
}

/// What is wrong with a specification.
pub type Outcome<T> = Result<T, String>;

impl Spec {
    /// Reads a specification.
    ///
    /// # Errors
    ///
    /// Says what is not YAML, is missing, or cannot be made sense of.
    pub fn read(text: &str) -> Outcome<Self> {
        let documents = Yaml::load_from_str(text).map_err(|error| error.to_string())?;
        let [root] = documents.as_slice() else {
            return Err(format!("{} documents, not one", documents.len()));
        };
        let is_raw = match string(root, "protocol")?.as_str() {
            "netlink-raw" => true,
            "genetlink-legacy" => false,
            other => return Err(format!("protocol {other} is none that we know")),
        };
        let list = root
            .as_mapping_get("operations")
            .ok_or("operations are missing")?;
        let mut operations = Vec::new();
        let mut next = 1;
        for node in items(list, "list")? {
            let operation = operation(node, &optional(list, "name-prefix")?, next, &operations)?;
            next = operation.number + 1;
            operations.push(operation);
        }
        let groups = match root.as_mapping_get("mcast-groups") {
            None => Vec::new(),
            Some(groups) => each(groups, "list", |node| {
                Ok(Group {
                    name: string(node, "name")?,
                    flags: strings(node, "flags")?,
                })
            })?,
        };
        Ok(Self {
            name: string(root, "name")?,
            is_raw,
            sets: each(root, "attribute-sets", set)?,
            enums: each(root, "definitions", enumeration)?
                .into_iter()
                .flatten()
                .collect(),
            operations,
            groups,
        })
    }

    /// The attributes of the space of that name.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn set(&self, name: &str) -> Outcome<&[Attribute]> {
        self.sets
            .iter()
            .find(|set| set.name == name)
            .map(|set| set.attributes.as_slice())
            .ok_or_else(|| format!("there is no attribute set {name}"))
    }

    /// The attributes of those names in a space.
    ///
    /// # Errors
    ///
    /// There is none of one of these names.
    pub fn attributes(&self, set: &str, names: &[String]) -> Outcome<Vec<&Attribute>> {
        let set = self.set(set)?;
        let find = |name: &String| {
            set.iter()
                .find(|attribute| attribute.name == *name)
                .ok_or_else(|| format!("there is no attribute {name}"))
        };
        names.iter().map(find).collect()
    }

    /// The highest value that an attribute may have, where not all are valid.
    pub fn highest(&self, attribute: &Attribute) -> Option<u64> {
        let choices = self.enums.iter().find(|e| e.name == attribute.choices);
        let values = choices.map(|choices| choices.entries.iter().map(|(_, value)| *value));
        attribute.max.or(values.and_then(Iterator::max))
    }

    /// The operation of that name.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn operation(&self, name: &str) -> Outcome<&Operation> {
        self.operations
            .iter()
            .find(|operation| operation.name == name)
            .ok_or_else(|| format!("there is no operation {name}"))
    }
}

impl Attribute {
    /// Its least length in octets; none where it may be empty.
    pub fn len(&self) -> Option<usize> {
        match self.kind.as_str() {
            "u8" => Some(1),
            "u16" => Some(2),
            "u32" => Some(4),
            "u64" => Some(8),
            "binary" => self.min_len.filter(|len| *len > 0),
            _ => None,
        }
    }

    /// The type's number, as the kernel tells it, where it has rules for one.
    pub fn kind_number(&self) -> Option<u32> {
        match self.kind.as_str() {
            "flag" => Some(1),
            "u8" => Some(2),
            "u16" => Some(3),
            "u32" => Some(4),
            "u64" => Some(5),
            "binary" => Some(10),
            _ => None,
        }
    }

    /// Whether it has an unsigned integer for its value.
    pub fn is_integer(&self) -> bool {
        self.kind != "binary" && self.len().is_some()
    }
}

fn set(node: &Yaml<'_>) -> Outcome<Set> {
    let prefix = optional(node, "name-prefix")?;
    let mut attributes = Vec::new();
    let mut next = 1;
    for node in items(node, "attributes")? {
        let name = string(node, "name")?;
        let value = number(node, "value")?.unwrap_or(next);
        next = value + 1;
        let checks = node.as_mapping_get("checks");
        let check = |key| checks.map_or(Ok(None), |checks| number(checks, key));
        attributes.push(Attribute {
            c_name: c_name(&prefix, &name),
            number: fit(value)?,
            kind: string(node, "type")?,
            min: check("min")?,
            max: check("max")?,
            min_len: check("min-len")?.map(fit).transpose()?,
            choices: optional(node, "enum")?,
            nested: optional(node, "nested-attributes")?,
            name,
        });
    }
    Ok(Set {
        name: string(node, "name")?,
        attributes,
    })
}

fn enumeration(node: &Yaml<'_>) -> Outcome<Option<Enum>> {
    if string(node, "type")? != "enum" {
        return Ok(None);
    }
    let prefix = optional(node, "name-prefix")?;
    let mut entries = Vec::new();
    let mut next = 0;
    for node in items(node, "entries")? {
        let value = number(node, "value")?.unwrap_or(next);
        next = value + 1;
        entries.push((c_name(&prefix, &string(node, "name")?), value));
    }
    Ok(Some(Enum {
        name: string(node, "name")?,
        entries,
    }))
}

/// Reads an operation that follows on number `next - 1`, after those that are `known`.
fn operation(node: &Yaml<'_>, prefix: &str, next: u32, known: &[Operation]) -> Outcome<Operation> {
    let name = string(node, "name")?;
    let part = |mode: &str, what: &str| {
        node.as_mapping_get(mode)
            .and_then(|mode| mode.as_mapping_get(what))
    };
    let request = part("do", "request");
    // Raw protocols number the two directions apart.
    let own = match request.map(|request| number(request, "value")) {
        Some(own) => own?,
        None => None,
    };
    let number_of_it = match (number(node, "value")?, own) {
        (Some(value), _) | (None, Some(value)) => fit(value)?,
        (None, None) => next,
    };
    let answered = part("do", "reply").or_else(|| part("dump", "reply"));
    let reply = match answered {
        None => None,
        Some(reply) => Some(Reply {
            number: number(reply, "value")?.map_or(Ok(number_of_it), fit)?,
            attributes: strings(reply, "attributes")?,
        }),
    };
    let model = match node.as_mapping_get("notify").and_then(Yaml::as_str) {
        None => None,
        Some(of) => Some(
            known
                .iter()
                .find(|operation| operation.name == of)
                .ok_or_else(|| format!("{name}: there is no operation {of} before it"))?,
        ),
    };
    let event = match (node.as_mapping_get("event"), model) {
        (Some(event), _) => Some(strings(event, "attributes")?),
        (None, Some(model)) => model.reply.clone().map(|reply| reply.attributes),
        (None, None) => None,
    };
    let set = match (optional(node, "attribute-set")?, model) {
        (set, Some(model)) if set.is_empty() => model.set.clone(),
        (set, _) => set,
    };
    Ok(Operation {
        c_name: c_name(prefix, &name),
        number: number_of_it,
        set,
        flags: strings(node, "flags")?,
        dont_validate: strings(node, "dont-validate")?,
        request: request
            .map(|request| strings(request, "attributes"))
            .transpose()?,
        dump: node.as_mapping_get("dump").is_some(),
        dump_request: part("dump", "request")
            .map_or(Ok(Vec::new()), |request| strings(request, "attributes"))?,
        reply,
        event,
        name,
    })
}

/// The name in C: in capitals, `_` for `-`.
fn c_name(prefix: &str, name: &str) -> String {
    format!("{prefix}{name}").to_uppercase().replace('-', "_")
}

fn fit<T: TryFrom<u64>>(value: u64) -> Outcome<T> {
    T::try_from(value).map_err(|_| format!("{value} is too large"))
}

fn each<T>(node: &Yaml<'_>, key: &str, read: impl Fn(&Yaml<'_>) -> Outcome<T>) -> Outcome<Vec<T>> {
    items(node, key)?.iter().map(read).collect()
}

/// The list under `key`; an empty one where there is nothing.
fn items<'a>(node: &'a Yaml<'a>, key: &str) -> Outcome<&'a [Yaml<'a>]> {
    match node.as_mapping_get(key) {
        None => Ok(&[]),
        Some(list) => list
            .as_sequence()
            .map(Vec::as_slice)
            .ok_or_else(|| format!("{key} is no list")),
    }
}

/// The list of words under `key`.
fn strings(node: &Yaml<'_>, key: &str) -> Outcome<Vec<String>> {
    each(node, key, |word| {
        word.as_str()
            .map(str::to_string)
            .ok_or_else(|| format!("{key} has something else than words"))
    })
}

/// The word under `key`.
fn string(node: &Yaml<'_>, key: &str) -> Outcome<String> {
    match optional(node, key)? {
        word if word.is_empty() => Err(format!("{key} is missing")),
        word => Ok(word),
    }
}

/// The word under `key`; an empty one where there is nothing.
fn optional(node: &Yaml<'_>, key: &str) -> Outcome<String> {
    match node.as_mapping_get(key) {
        None => Ok(String::new()),
        Some(word) => word
            .as_str()
            .map(str::to_string)
            .ok_or_else(|| format!("{key} is no word")),
    }
}

/// The number under `key`, if there is one.
fn number(node: &Yaml<'_>, key: &str) -> Outcome<Option<u64>> {
    match node.as_mapping_get(key) {
        None => Ok(None),
        Some(value) => value
            .as_integer()
            .and_then(|value| u64::try_from(value).ok())
            .map(Some)
            .ok_or_else(|| format!("{key} is no number")),
    }
}
