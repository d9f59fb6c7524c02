// SPDX-License-Identifier: GPL-2.0

//! Property tests: parsing what was emitted gives back what was to be emitted,
//! for every message, and no input panics.

use super::body;
use gtp::wire::{
    ext::ExtensionType,
    session::{
        self,
        Ppi,
        Qfi, //
    },
    v0,
    v1,
    Error,
    FlowLabel,
    MessageType,
    Seq,
    Step,
    Teid,
    Tid, //
};
use proptest::{
    collection::vec,
    option,
    prelude::*, //
};
use std::net::IpAddr;

fn seq() -> impl Strategy<Value = Seq> {
    any::<u16>().prop_map(Seq)
}

fn teid() -> impl Strategy<Value = Teid> {
    any::<u32>().prop_map(Teid)
}

fn tid() -> impl Strategy<Value = Tid> {
    any::<u64>().prop_map(Tid)
}

fn flow() -> impl Strategy<Value = FlowLabel> {
    any::<u16>().prop_map(FlowLabel)
}

fn qfi() -> impl Strategy<Value = Qfi> {
    (0u8..64).prop_map(|value| Qfi::new(value).unwrap())
}

fn container() -> impl Strategy<Value = session::Repr> {
    let ppi = (0u8..8).prop_map(|value| Ppi::new(value).unwrap());
    prop_oneof![
        (qfi(), any::<bool>(), option::of(ppi))
            .prop_map(|(qfi, rqi, ppi)| session::Repr::Downlink { qfi, rqi, ppi }),
        qfi().prop_map(|qfi| session::Repr::Uplink { qfi }),
    ]
}

prop_compose! {
    fn header()(
        message in any::<u8>().prop_map(MessageType::from),
        teid in teid(),
        seq in option::of(seq()),
        npdu in option::of(any::<u8>()),
        session in option::of(container()),
        udp_port in option::of(any::<u16>()),
        payload_len in 0usize..1500,
    ) -> v1::Repr {
        v1::Repr { message, teid, seq, npdu, session, udp_port, payload_len }
    }
}

/// A signalling message of version 1 with these parts.
fn signalling(
    which: u8,
    seq: Seq,
    teid: Teid,
    peer: IpAddr,
    udp_port: Option<u16>,
    types: &[u8],
    number: u8,
) -> v1::Signalling<'_> {
    match which {
        0 => v1::Signalling::EchoRequest { seq },
        1 => v1::Signalling::EchoResponse {
            seq,
            recovery: number,
        },
        2 => v1::Signalling::VersionNotSupported { seq },
        3 => v1::Signalling::ErrorIndication {
            teid,
            peer,
            udp_port,
        },
        4 => v1::Signalling::SupportedExtensionHeadersNotification { types },
        5 => v1::Signalling::TunnelStatus {
            teid,
            spoc: number % 2 == 1,
        },
        _ => v1::Signalling::EndMarker { teid },
    }
}

fn signalling_v0() -> impl Strategy<Value = v0::Signalling> {
    prop_oneof![
        seq().prop_map(|seq| v0::Signalling::EchoRequest { seq }),
        (seq(), any::<u8>())
            .prop_map(|(seq, recovery)| v0::Signalling::EchoResponse { seq, recovery }),
        seq().prop_map(|seq| v0::Signalling::VersionNotSupported { seq }),
        (seq(), flow(), tid()).prop_map(|(seq, flow, tid)| v0::Signalling::ErrorIndication {
            seq,
            flow,
            tid
        }),
    ]
}

/// A chain of extension headers of any type and length: the first type, and the
/// octets.
fn chain() -> impl Strategy<Value = (u8, Vec<u8>)> {
    let skipped = prop::sample::select(&[0x03, 0x20, 0x40, 0x81, 0x85, 0xc0, 0x3e, 0x7e][..]);
    let kind = prop_oneof![30 => skipped, 1 => 1u8..=255];
    vec((kind, 1u8..6, any::<u8>()), 0..12).prop_map(|headers| {
        let first = headers.first().map_or(0, |header| header.0);
        let mut octets = Vec::new();
        for (at, &(_, units, filler)) in headers.iter().enumerate() {
            octets.push(units);
            octets.resize(octets.len() + 4 * usize::from(units) - 2, filler);
            octets.push(headers.get(at + 1).map_or(0, |next| next.0));
        }
        (first, octets)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn header_of_version_1(repr in header(), surplus in 0usize..4) {
        let mut buf = vec![0xaa; repr.header_len() + repr.payload_len + surplus];
        prop_assert_eq!(repr.emit(&mut buf), Ok(repr.header_len()));
        let (parsed, payload) = v1::Repr::parse(&buf).unwrap();
        prop_assert_eq!(parsed, repr);
        prop_assert_eq!(payload.len(), repr.payload_len);
        prop_assert!(payload.iter().all(|&octet| octet == 0xaa));
        // Nothing is written behind the header.
        prop_assert!(buf[repr.header_len()..].iter().all(|&octet| octet == 0xaa));
    }

    #[test]
    fn small_buffers_are_left_alone(repr in header()) {
        let mut buf = vec![0xaa; repr.header_len() - 1];
        prop_assert_eq!(repr.emit(&mut buf), Err(Error::BufferTooSmall));
        prop_assert!(buf.iter().all(|&octet| octet == 0xaa));
    }

    #[test]
    fn headers_of_the_datapath(teid in teid(), seq in seq(), payload in 0usize..70_000) {
        let repr = v1::Repr::new(MessageType::GPdu, teid, payload);
        let mut buf = [0; 12];
        let want = repr.emit(&mut buf).map(|_| *buf.first_chunk::<8>().unwrap());
        prop_assert_eq!(v1::gpdu_header(teid, payload), want);
        let repr = v1::Repr { seq: Some(seq), ..repr };
        let want = repr.emit(&mut buf).map(|_| buf);
        prop_assert_eq!(v1::gpdu_header_with_seq(teid, seq, payload), want);
    }

    #[test]
    fn header_of_version_0(
        tid in tid(), flow in flow(), seq in seq(), npdu in option::of(any::<u8>()),
        message in any::<u8>().prop_map(MessageType::from), length in any::<u16>(),
    ) {
        let header = v0::Header { message, length, seq, flow, npdu, tid };
        prop_assert_eq!(v0::Header::parse(&header.octets()), Ok(header));
        let header = v0::Header { message: MessageType::GPdu, npdu: None, ..header };
        let octets = v0::gpdu_header(tid, flow, seq, length.into());
        prop_assert_eq!(octets, Ok(header.octets()));
    }

    #[test]
    fn messages_of_version_1(
        which in 0u8..7, seq in seq(), teid in teid(), peer in any::<IpAddr>(),
        udp_port in option::of(any::<u16>()), types in vec(any::<u8>(), 0..256),
        number in any::<u8>(),
    ) {
        let message = signalling(which, seq, teid, peer, udp_port, &types, number);
        let mut buf = vec![0xaa; message.buffer_len() + 1];
        prop_assert_eq!(message.emit(&mut buf), Ok(message.buffer_len()));
        prop_assert_eq!(buf.last(), Some(&0xaa));
        prop_assert_eq!(v1::Signalling::parse(&buf), Ok(message));
        body::check(&buf);
    }

    #[test]
    fn messages_of_version_0(message in signalling_v0()) {
        let mut buf = vec![0xaa; message.buffer_len() + 1];
        prop_assert_eq!(message.emit(&mut buf), Ok(message.buffer_len()));
        prop_assert_eq!(buf.last(), Some(&0xaa));
        prop_assert_eq!(v0::Signalling::parse(&buf), Ok(message));
        body::check(&buf);
    }

    #[test]
    fn elements_of_version_1(
        count in any::<u8>(), teid in teid(), peer in any::<IpAddr>(),
        types in vec(any::<u8>(), 0..256), seconds in any::<u32>(), id in any::<u16>(),
        value in vec(any::<u8>(), 0..300), spoc in any::<bool>(),
    ) {
        let ies = [
            v1::Ie::Recovery(count),
            v1::Ie::TeidDataI(teid),
            v1::Ie::PeerAddress(peer),
            v1::Ie::ExtensionHeaderTypeList(&types),
            v1::Ie::TunnelStatus { spoc },
            v1::Ie::RecoveryTimeStamp(seconds),
            v1::Ie::PrivateExtension(v1::PrivateExtension { id, value: &value }),
        ];
        let mut octets = Vec::new();
        for ie in ies {
            let mut buf = vec![0; ie.buffer_len()];
            prop_assert_eq!(ie.emit(&mut buf), Ok(buf.len()));
            octets.extend(buf);
        }
        let read: Result<Vec<_>, _> = v1::Ies::new(&octets).collect();
        prop_assert_eq!(read, Ok(ies.to_vec()));
    }

    /// The walk against a plain one over the list that made the chain.
    #[test]
    fn chains_of_extension_headers((first, octets) in chain(), payload in 0u8..64) {
        let mut data = vec![0x34, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, first];
        data.extend(&octets);
        let chain_end = data.len();
        data.resize(chain_end + usize::from(payload), 0x45);
        let length = u16::try_from(data.len() - 8).unwrap();
        data[2..4].copy_from_slice(&length.to_be_bytes());

        let mut types = Vec::new();
        let (mut kind, mut rest) = (first, &octets[..]);
        while kind != 0 {
            types.push(kind);
            let len = 4 * usize::from(rest[0]);
            kind = rest[len - 1];
            rest = &rest[len..];
        }
        let unsupported = types
            .iter()
            .position(|&kind| kind >= 0x80 && !ExtensionType::SUPPORTED.contains(&kind));
        let decoded = v1::decode(&data, data.len());
        match unsupported {
            Some(at) if at <= 8 => match decoded {
                Ok(Step::Done(v1::Decoded::Unsupported(what))) => {
                    prop_assert_eq!(what.extension, types[at]);
                }
                other => prop_assert!(false, "{:?}", other),
            },
            _ if types.len() > 8 => prop_assert_eq!(decoded, Err(Error::TooManyExtensions)),
            _ => match decoded {
                Ok(Step::Done(v1::Decoded::GPdu(message))) => {
                    prop_assert_eq!((message.start, message.end), (chain_end, data.len()));
                    prop_assert_eq!(message.udp_port.is_some(), types.contains(&0x40));
                    prop_assert_eq!(message.session.is_some(), types.contains(&0x85));
                }
                other => prop_assert!(false, "{:?}", other),
            },
        }
        body::check(&data);
    }

    #[test]
    fn no_octets_panic(data in vec(any::<u8>(), 0..128)) {
        body::check(&data);
    }

    #[test]
    fn no_octets_behind_a_header_panic(
        flags in 0x30u8..0x40, kind in prop_oneof![Just(255), any::<u8>()],
        rest in vec(any::<u8>(), 4..128),
    ) {
        let length = u16::try_from(rest.len() - 4).unwrap();
        let mut data = vec![flags, kind];
        data.extend(length.to_be_bytes());
        data.extend(&rest);
        body::check(&data);
    }
}
