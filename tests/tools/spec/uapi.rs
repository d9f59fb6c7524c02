// SPDX-License-Identifier: GPL-2.0

//! The numbers of the netlink interface, which stand in five places: the UAPI header, the two
//! specifications, the driver and the client library. Here they are held to be the same.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::{fs, io::Write};

use super::ynl::{Operation, Spec};

/// Numbers by their names in C.
type Numbers = BTreeMap<String, u64>;

const HEADER: &str = "include/uapi/linux/gtp.h";
const FAMILY: &str = "include/netlink/gtp.yaml";
const LINK: &str = "include/netlink/gtp-link.yaml";

/// The suffix of notifications that are numbered like requests.
const NOTIFICATION: &str = "_NTF";

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn read(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn spec(name: &str) -> Spec {
    Spec::read(&read(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What the specification of the family says.
fn family_numbers() -> Numbers {
    let spec = spec(FAMILY);
    let attributes = spec.sets.iter().flat_map(|set| &set.attributes);
    let attributes = attributes.map(|a| (&a.c_name, a.number.into()));
    let operations = spec.operations.iter();
    let operations = operations.map(|o| (&o.c_name, o.number.into()));
    let choices = spec.enums.iter().flat_map(|e| &e.entries);
    attributes
        .chain(operations)
        .chain(choices.map(|(name, value)| (name, *value)))
        .map(|(name, number)| (name.clone(), number))
        .collect()
}

/// What the specification of the link says of that kind's own attributes.
fn link_numbers() -> Numbers {
    let spec = spec(LINK);
    let attributes = spec.set("linkinfo-gtp-attrs").unwrap();
    let attributes = attributes.iter().map(|a| (&a.c_name, a.number.into()));
    let choices = spec.enums.iter().flat_map(|e| &e.entries);
    attributes
        .chain(choices.map(|(name, value)| (name, *value)))
        .map(|(name, number)| (name.clone(), number))
        .collect()
}

fn specified() -> Numbers {
    family_numbers().into_iter().chain(link_numbers()).collect()
}

/// Names that mean nothing, and ends of enumerations.
fn is_number(name: &str) -> bool {
    name != "IFLA_GTP_UNSPEC" && !name.ends_with("_MAX")
}

fn is_c_name(word: &str) -> bool {
    word.contains('_')
        && word
            .chars()
            .all(|c| matches!(c, 'A'..='Z' | '0'..='9' | '_'))
}

/// What the header says: `NAME = 1,` in code, `NAME (1)` in a comment, and the other names.
fn header_numbers() -> Numbers {
    let mut numbers = Numbers::new();
    for line in read(HEADER).lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        let pairs = match words.as_slice() {
            [name, "=", value] => vec![(*name, value.trim_end_matches(','))],
            ["#define", name, of] if name.ends_with(NOTIFICATION) => {
                let number = numbers[*of];
                numbers.insert((*name).to_string(), number);
                continue;
            }
            _ => words
                .windows(2)
                .filter_map(|pair| {
                    let value = pair[1].strip_prefix('(')?;
                    Some((pair[0], value.trim_end_matches([',', ':', ')'])))
                })
                .collect(),
        };
        for (name, value) in pairs {
            if let (true, Ok(value)) = (is_c_name(name), value.parse()) {
                let before = numbers.insert(name.to_string(), value);
                assert!(before.is_none_or(|before| before == value), "{name}");
            }
        }
    }
    numbers
}

/// What `const NAME: TYPE = 1;`, or `NAME = 1,` inside of a macro, says in Rust; in modules of
/// these names with these prefixes.
fn rust_numbers(text: &str, prefixes: &[(&str, &str)]) -> Numbers {
    let mut numbers = Numbers::new();
    let mut prefix = "";
    for line in text.lines() {
        if line == "}" {
            prefix = "";
        }
        let line = line.trim();
        if let Some((_, name)) = line.split_once("mod ").filter(|_| line.ends_with('{')) {
            let name = name.trim_end_matches([' ', '{']);
            let known = prefixes.iter().find(|(module, _)| *module == name);
            prefix = known.map_or("", |(_, prefix)| prefix);
        }
        let Some((left, right)) = line.split_once(" = ") else {
            continue;
        };
        let left = left.split_once(':').map_or(left, |(left, _)| left);
        let Some(name) = left.split_whitespace().last() else {
            continue;
        };
        let name = format!("{prefix}{name}");
        // What a macro makes of it may stand behind the number.
        let right = right.split([',', ';']).next().unwrap_or(right);
        if let (true, Ok(value)) = (is_c_name(&name), right.parse()) {
            numbers.insert(name, value);
        }
    }
    numbers
}

#[test]
fn the_header_says_what_the_specifications_say() {
    let mut wanted = specified();
    wanted.retain(|name, _| is_number(name));
    assert_eq!(header_numbers(), wanted);
}

/// Compiles in C what includes the header.
fn compile(code: &str) -> Result<(), String> {
    let mut compiler = Command::new("cc")
        .args(["-std=gnu11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
        .args(["-fsyntax-only", "-x", "c", "-I"])
        .arg(path("include/uapi"))
        .arg("-")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the C compiler that rustc links with");
    let mut stdin = compiler.stdin.take().unwrap();
    stdin.write_all(code.as_bytes()).unwrap();
    drop(stdin);
    let output = compiler.wait_with_output().unwrap();
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn the_header_compiles_by_itself() {
    compile("#include <linux/gtp.h>\n").unwrap();
}

#[test]
fn the_header_compiles_beside_the_link_s() {
    compile("#include <linux/if_link.h>\n#include <linux/gtp.h>\n").unwrap();
    compile("#include <linux/gtp.h>\n#include <linux/if_link.h>\n").unwrap();
}

#[test]
fn a_compiler_finds_the_same_numbers() {
    let mut code = "#include <linux/gtp.h>\n".to_string();
    let mut numbers = family_numbers();
    let ours = link_numbers().into_iter();
    numbers.extend(ours.filter(|(name, value)| name.starts_with("IFLA") && *value >= 64));
    // Mainline's ends must not move by what is ours.
    numbers.insert("GTP_CMD_MAX".into(), 4);
    numbers.insert("GTPA_MAX".into(), 13);
    numbers.insert("IFLA_GTP_MORE_MAX".into(), 81);
    for (name, number) in &numbers {
        code += &format!("_Static_assert({name} == {number}, \"{name}\");\n");
    }
    compile(&code).unwrap();
    let wrong = code + "_Static_assert(GTPA_LINK == 2, \"is seen\");\n";
    assert!(compile(&wrong).unwrap_err().contains("is seen"));
}

#[test]
fn the_driver_has_the_same_numbers() {
    let prefixes = [
        ("link", "IFLA_GTP_"),
        ("cmd", "GTP_CMD_"),
        ("attr", "GTPA_"),
        ("usage", "GTPA_USAGE_"),
        ("path", "GTPA_PATH_"),
    ];
    let mut found = rust_numbers(&read("src/gtp/uapi.rs"), &prefixes);
    found.retain(|name, _| prefixes.iter().any(|(_, prefix)| name.starts_with(prefix)));
    let mut wanted = specified();
    wanted.retain(|name, _| {
        is_number(name)
            && !name.ends_with("_UNSPEC")
            && !name.ends_with(NOTIFICATION)
            && prefixes.iter().any(|(_, prefix)| name.starts_with(prefix))
    });
    assert_eq!(found, wanted);
}

#[test]
fn the_client_has_the_same_numbers() {
    let mut found = Numbers::new();
    for entry in fs::read_dir(path("src/client")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        found.extend(rust_numbers(&text, &[]));
    }
    found.retain(|name, _| {
        let prefixes = ["IFLA_GTP_", "GTP_CMD_", "GTPA_"];
        prefixes.iter().any(|prefix| name.starts_with(prefix))
    });
    let mut wanted = specified();
    // Mainline's link attributes come from a crate, and nobody asks for those without a value.
    wanted.retain(|name, number| {
        (name.starts_with("GTP_CMD_") && !name.ends_with(NOTIFICATION))
            || (name.starts_with("GTPA_") && !name.ends_with("_UNSPEC"))
            || (name.starts_with("IFLA_GTP_") && *number >= 64)
    });
    assert_eq!(found, wanted);
}

#[test]
fn what_an_operation_names_is_there() {
    for name in [FAMILY, LINK] {
        let spec = spec(name);
        for operation in &spec.operations {
            let reply = operation.reply.as_ref().map(|reply| &reply.attributes);
            let lists = [operation.request.as_ref(), reply, operation.event.as_ref()];
            for list in lists.into_iter().flatten() {
                let found = spec.attributes(&operation.set, list);
                assert!(found.is_ok(), "{}: {found:?}", operation.name);
            }
        }
    }
}

#[test]
fn a_number_is_counted_up_and_a_model_is_followed() {
    let spec = Spec::read(
        "\
name: test
protocol: genetlink-legacy
doc: x
attribute-sets:
  - name: a
    name-prefix: t-a-
    attributes:
      - {name: one, type: u8}
      - {name: seven-up, type: binary, value: 7, checks: {min-len: 3}}
      - {name: eight, type: u64}
operations:
  name-prefix: t-
  list:
    - name: get
      doc: x
      value: 5
      attribute-set: a
      do:
        request: &all {attributes: [one]}
        reply: {value: 9, attributes: [one, eight]}
      dump:
        reply: *all
    - {name: told, doc: x, notify: get}
",
    )
    .unwrap();
    let set = spec.set("a").unwrap();
    let numbers: Vec<_> = set.iter().map(|a| (a.c_name.as_str(), a.number)).collect();
    assert_eq!(
        numbers,
        [("T_A_ONE", 1), ("T_A_SEVEN_UP", 7), ("T_A_EIGHT", 8)]
    );
    assert_eq!(
        [set[0].len(), set[1].len(), set[2].len()],
        [Some(1), Some(3), Some(8)]
    );

    let get = spec.operation("get").unwrap();
    assert_eq!((get.number, get.reply.as_ref().unwrap().number), (5, 9));
    let Operation {
        number, set, event, ..
    } = spec.operation("told").unwrap();
    assert_eq!((*number, set.as_str()), (6, "a"));
    assert_eq!(event.as_deref().unwrap(), ["one", "eight"]);
}

#[test]
fn what_makes_no_sense_is_refused() {
    for (text, what) in [
        ("a: [", ""),
        ("name: x", "protocol is missing"),
        ("name: x\nprotocol: other", "none that we know"),
        ("name: x\nprotocol: netlink-raw", "operations are missing"),
    ] {
        let error = Spec::read(text).unwrap_err();
        assert!(error.contains(what), "{error}");
    }
}
