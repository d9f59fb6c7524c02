// SPDX-License-Identifier: GPL-2.0

//! The messages of this folder, decoded, compared with what their files say, and
//! emitted again.
//!
//! A file has a comment with its description and one with its source, a line
//! `expect:` with what is to be found, a line `emit: same` where our own header or
//! message has the same octets, and the octets from the start of the UDP payload.
//! `generate.py` writes those that Scapy makes; `capture` records what a driver sends.

use gtp::wire::{
    inner,
    session,
    v0,
    v1,
    version_of,
    Error,
    Step,
    Version, //
};
use std::{
    collections::BTreeMap,
    fmt::Display,
    fs,
    path::Path, //
};

/// A file of this folder.
struct Golden {
    /// What is to be found.
    expect: String,
    /// Whether the codec emits the same octets.
    emit: bool,
    /// The UDP payload.
    octets: Vec<u8>,
}

/// Reads all files, by name.
fn files() -> BTreeMap<String, Golden> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "hex") {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let golden = parse(&name, &fs::read_to_string(&path).unwrap());
            files.insert(name, golden);
        }
    }
    files
}

/// Reads one file.
fn parse(name: &str, text: &str) -> Golden {
    let mut golden = Golden {
        expect: String::new(),
        emit: false,
        octets: Vec::new(),
    };
    let mut sources = 0;
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix('#') {
            sources += usize::from(comment.starts_with(" source: "));
        } else if let Some(expect) = line.strip_prefix("expect: ") {
            expect.clone_into(&mut golden.expect);
        } else if line == "emit: same" {
            golden.emit = true;
        } else {
            let octets = line.split_whitespace();
            let octets = octets.map(|octet| u8::from_str_radix(octet, 16).unwrap());
            golden.octets.extend(octets);
        }
    }
    assert_eq!(sources, 1, "{name} says where it comes from");
    assert!(!golden.expect.is_empty(), "{name} says what is expected");
    golden
}

/// An optional number, as the expect line writes it.
fn number(value: Option<impl Display>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// The addresses of a T-PDU, or why there are none.
fn inner(payload: &[u8]) -> String {
    match inner::decode(payload, payload.len()) {
        Ok(Step::Done(inner::Addresses::V4 {
            source,
            destination,
        })) => format!("{source} {destination}"),
        Ok(Step::Done(inner::Addresses::V6 {
            source,
            destination,
        })) => format!("{source} {destination}"),
        Ok(Step::Need(need)) => panic!("needs {need} octets of {}", payload.len()),
        Err(error) => error.as_str().to_owned(),
    }
}

/// A PDU Session Container, as the expect line writes it.
fn session(content: Option<&[u8]>) -> Result<String, Error> {
    Ok(match content.map(session::Repr::parse).transpose()? {
        None => "-".to_owned(),
        Some(session::Repr::Uplink { qfi }) => format!("ul:{}", qfi.get()),
        Some(session::Repr::Downlink { qfi, rqi, ppi }) => format!(
            "dl:{}:{}:{}",
            qfi.get(),
            if rqi { "rqi" } else { "-" },
            number(ppi.map(session::Ppi::get))
        ),
    })
}

/// What the codec finds in a message of version 1.
fn describe_v1(data: &[u8]) -> Result<String, Error> {
    let message = match v1::decode(data, data.len())? {
        Step::Done(v1::Decoded::GPdu(message)) => message,
        Step::Done(v1::Decoded::Signalling(_)) => return signalling_v1(data),
        Step::Done(v1::Decoded::Unsupported(what)) => {
            return Ok(format!("unsupported {:#x}", what.extension));
        }
        Step::Need(need) => panic!("needs {need} octets of {}", data.len()),
    };
    let payload = &data[message.start..message.end];
    assert_eq!(message.payload_len(), payload.len());
    Ok(format!(
        "gpdu teid {} seq {} npdu {} session {} port {} payload {}..{} inner {}",
        message.teid,
        number(message.seq.map(|seq| seq.0)),
        number(message.npdu),
        session(message.session.and_then(|content| content.of(data)))?,
        number(message.udp_port),
        message.start,
        message.end,
        inner(payload)
    ))
}

/// What the codec finds in a signalling message of version 1.
fn signalling_v1(data: &[u8]) -> Result<String, Error> {
    use v1::Signalling::*;
    Ok(match v1::Signalling::parse(data)? {
        EchoRequest { seq } => format!("echo-request seq {}", seq.0),
        EchoResponse { seq, recovery } => {
            format!("echo-response seq {} recovery {recovery}", seq.0)
        }
        VersionNotSupported { seq } => format!("version-not-supported seq {}", seq.0),
        ErrorIndication {
            teid,
            peer,
            udp_port,
        } => format!(
            "error-indication teid {teid} peer {peer} port {}",
            number(udp_port)
        ),
        SupportedExtensionHeadersNotification { types } => {
            let types: Vec<_> = types.iter().map(|kind| format!("{kind:02x}")).collect();
            format!("supported-extensions {}", types.join(" "))
        }
        TunnelStatus { teid, spoc } => {
            format!("tunnel-status teid {teid} spoc {}", u8::from(spoc))
        }
        EndMarker { teid } => format!("end-marker teid {teid}"),
    })
}

/// What the codec finds in a message of version 0.
fn describe_v0(data: &[u8]) -> Result<String, Error> {
    use v0::Signalling::*;
    let message = match v0::decode(data, data.len())? {
        Step::Done(v0::Decoded::GPdu(message)) => message,
        Step::Done(v0::Decoded::Signalling(_)) => {
            return Ok(match v0::Signalling::parse(data)? {
                EchoRequest { seq } => format!("echo-request seq {}", seq.0),
                EchoResponse { seq, recovery } => {
                    format!("echo-response seq {} recovery {recovery}", seq.0)
                }
                VersionNotSupported { seq } => format!("version-not-supported seq {}", seq.0),
                ErrorIndication { seq, flow, tid } => {
                    format!(
                        "error-indication seq {} flow {:#06x} tid {tid}",
                        seq.0, flow.0
                    )
                }
            });
        }
        Step::Need(need) => panic!("needs {need} octets of {}", data.len()),
    };
    let header = message.header;
    Ok(format!(
        "gpdu tid {} flow {:#06x} seq {} npdu {} payload {}..{} inner {}",
        header.tid,
        header.flow.0,
        header.seq.0,
        number(header.npdu),
        message.start,
        message.end,
        inner(&data[message.start..message.end])
    ))
}

/// What the codec finds in a message, as the expect line writes it.
fn describe(data: &[u8]) -> String {
    let (version, found) = match version_of(data[0]) {
        Version::V0 => ("v0", describe_v0(data)),
        Version::V1 => ("v1", describe_v1(data)),
        Version::Other(other) => return format!("other version {other}"),
    };
    match found {
        Ok(found) => format!("{version} {found}"),
        Err(error) => format!("{version} error {}", error.as_str()),
    }
}

/// Emits a message again: a signalling message as a whole, a header otherwise,
/// with the payload copied behind it.
fn emit(data: &[u8]) -> Result<Vec<u8>, Error> {
    let mut buf = vec![0xaa; data.len() + 64];
    let len = match version_of(data[0]) {
        Version::V0 => match v0::Signalling::parse(data) {
            Ok(message) => message.emit(&mut buf)?,
            Err(_) => {
                let header = v0::Header::parse(data.first_chunk().unwrap())?;
                buf[..20].copy_from_slice(&header.octets());
                buf[20..data.len()].copy_from_slice(&data[20..]);
                data.len()
            }
        },
        _ => match v1::Signalling::parse(data) {
            Ok(message) => message.emit(&mut buf)?,
            Err(_) => {
                let (repr, payload) = v1::Repr::parse(data)?;
                let len = repr.emit(&mut buf)?;
                buf[len..len + payload.len()].copy_from_slice(payload);
                len + payload.len()
            }
        },
    };
    buf.truncate(len);
    Ok(buf)
}

#[test]
fn every_message_is_what_its_file_says() {
    let files = files();
    assert!(files.len() >= 50, "{} files", files.len());
    for (name, golden) in files {
        assert_eq!(describe(&golden.octets), golden.expect, "{name}");
    }
}

#[test]
fn messages_of_ours_have_the_same_octets() {
    let files = files();
    let same: Vec<_> = files.iter().filter(|(_, golden)| golden.emit).collect();
    assert!(same.len() >= 25, "{} files", same.len());
    for (name, golden) in same {
        assert_eq!(emit(&golden.octets).as_ref(), Ok(&golden.octets), "{name}");
    }
}
