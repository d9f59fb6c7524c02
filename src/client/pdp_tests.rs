// SPDX-License-Identifier: GPL-2.0

//! Tests of the PDP context's attributes: golden bytes and round trips.

use super::*;
use netlink_packet_core::{
    DefaultNla,
    Emitable, //
};
use proptest::prelude::*;

fn v1() -> PdpContext {
    PdpContext {
        link: 7,
        limits: Limits::default(),
        usage: None,
        tunnel: Tunnel::V1 {
            i_tei: 100,
            o_tei: 200,
        },
        ms: IpAddr::V4(Ipv4Addr::new(10, 45, 0, 2)),
        peer: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
        flow: None,
        bearer: 0,
        other: Vec::new(),
    }
}

fn emit(attributes: &[GtpAttribute]) -> Vec<u8> {
    let mut bytes = vec![0; attributes.buffer_len()];
    attributes.emit(&mut bytes);
    bytes
}

#[cfg(target_endian = "little")]
#[test]
fn a_v1_context_has_its_golden_bytes() {
    let golden = [
        8, 0, 2, 0, 1, 0, 0, 0, // GTPA_VERSION 1
        8, 0, 1, 0, 7, 0, 0, 0, // GTPA_LINK 7
        5, 0, 13, 0, 2, 0, 0, 0, // GTPA_FAMILY AF_INET
        8, 0, 5, 0, 10, 45, 0, 2, // GTPA_MS_ADDRESS
        8, 0, 4, 0, 192, 0, 2, 1, // GTPA_PEER_ADDRESS
        8, 0, 8, 0, 100, 0, 0, 0, // GTPA_I_TEI
        8, 0, 9, 0, 200, 0, 0, 0, // GTPA_O_TEI
    ];
    assert_eq!(emit(&v1().to_attributes(None)), golden);
}

#[cfg(target_endian = "little")]
#[test]
fn a_qos_flow_comes_behind_what_others_know() {
    let mut context = v1();
    let plain = emit(&context.to_attributes(None));
    context.flow = Some(QosFlow {
        qfi: 9,
        rqi: true,
        ppi: Some(3),
    });
    let golden = [
        5, 0, 64, 0, 9, 0, 0, 0, // GTPA_QFI
        4, 0, 65, 0, // GTPA_RQI
        5, 0, 66, 0, 3, 0, 0, 0, // GTPA_PPI
    ];
    assert_eq!(
        emit(&context.to_attributes(None)),
        [&plain[..], &golden[..]].concat()
    );
}

#[cfg(target_endian = "little")]
#[test]
fn a_v0_reply_of_the_c_driver_is_read() {
    // The kernel aligns GTPA_TID by an empty GTPA_PAD where it must.
    let reply = [
        8, 0, 2, 0, 0, 0, 0, 0, // GTPA_VERSION 0
        8, 0, 1, 0, 7, 0, 0, 0, // GTPA_LINK 7
        5, 0, 13, 0, 2, 0, 0, 0, // GTPA_FAMILY AF_INET
        8, 0, 5, 0, 10, 45, 0, 3, // GTPA_MS_ADDRESS
        8, 0, 4, 0, 192, 0, 2, 1, // GTPA_PEER_ADDRESS
        4, 0, 10, 0, // GTPA_PAD
        12, 0, 3, 0, 0x34, 0x12, 0, 0, 0, 0, 0, 0, // GTPA_TID
        6, 0, 6, 0, 9, 0, 0, 0, // GTPA_FLOW
    ];
    let context = PdpContext::from_attributes(&GtpAttribute::parse_all(&reply).unwrap()).unwrap();
    assert_eq!(
        context,
        PdpContext {
            link: 7,
            limits: Limits::default(),
            usage: None,
            tunnel: Tunnel::V0 {
                tid: 0x1234,
                flow: 9,
            },
            ms: IpAddr::V4(Ipv4Addr::new(10, 45, 0, 3)),
            peer: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
            flow: None,
            bearer: 0,
            other: Vec::new(),
        }
    );
}

#[test]
fn a_reply_without_family_is_a_context_too() {
    let attributes: Vec<_> = v1()
        .to_attributes(None)
        .into_iter()
        .filter(|attribute| !matches!(attribute, GtpAttribute::Family(_)))
        .collect();
    assert_eq!(PdpContext::from_attributes(&attributes).unwrap(), v1());
}

#[test]
fn what_is_missing_is_named() {
    let attributes = [GtpAttribute::Version(1), GtpAttribute::Link(7)];
    assert_eq!(
        PdpContext::from_attributes(&attributes)
            .unwrap_err()
            .to_string(),
        "message without GTPA_I_TEI"
    );
}

#[test]
fn unknown_attributes_are_kept() {
    let unknown = GtpAttribute::Other(DefaultNla::new(99, vec![1, 2, 3]));
    let mut attributes = v1().to_attributes(None);
    attributes.insert(0, unknown.clone());
    assert_eq!(
        PdpContext::from_attributes(&attributes).unwrap().other,
        [unknown]
    );
}

#[test]
fn keys_always_carry_a_version_and_a_link() {
    let link = LinkRef {
        index: 7,
        netns: Some(5),
    };
    let ms6 = Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, 0);

    assert_eq!(
        PdpKey::Ms(IpAddr::V6(ms6)).to_attributes(link),
        [
            GtpAttribute::Version(1),
            GtpAttribute::Link(7),
            GtpAttribute::NetNsFd(5),
            GtpAttribute::Family(10),
            GtpAttribute::MsAddr6(ms6),
        ]
    );
    assert_eq!(
        PdpKey::Tid(1, Family::Inet).to_attributes(LinkRef::local(7)),
        [
            GtpAttribute::Version(0),
            GtpAttribute::Link(7),
            GtpAttribute::Family(2),
            GtpAttribute::Tid(1),
        ]
    );
}

fn tunnel() -> impl Strategy<Value = Tunnel> {
    prop_oneof![
        any::<(u64, u16)>().prop_map(|(tid, flow)| Tunnel::V0 { tid, flow }),
        any::<(u32, u32)>().prop_map(|(i_tei, o_tei)| Tunnel::V1 { i_tei, o_tei }),
    ]
}

fn flow() -> impl Strategy<Value = Option<QosFlow>> {
    any::<Option<(u8, bool, Option<u8>)>>()
        .prop_map(|flow| flow.map(|(qfi, rqi, ppi)| QosFlow { qfi, rqi, ppi }))
}

proptest! {
    #[test]
    fn a_context_is_read_as_it_was_written(
        link in any::<u32>(),
        tunnel in tunnel(),
        ms in any::<IpAddr>(),
        peer in any::<IpAddr>(),
        flow in flow(),
        bearer in any::<u8>(),
    ) {
        let limits = Limits::default();
        let context = PdpContext {
            link, tunnel, ms, peer, flow, bearer, limits, usage: None, other: Vec::new()
        };
        let bytes = emit(&context.to_attributes(Some(3)));
        let attributes = GtpAttribute::parse_all(&bytes).unwrap();
        prop_assert_eq!(PdpContext::from_attributes(&attributes).unwrap(), context);
    }
}
