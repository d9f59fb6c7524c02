// SPDX-License-Identifier: GPL-2.0

//! Tests of link messages on bytes: requests as iproute2 and libgtpnl send
//! them, replies as the kernel does.

use super::*;
use netlink_packet_core::Emitable;
use std::net::{
    Ipv4Addr,
    Ipv6Addr, //
};

fn emit(config: &LinkConfig) -> Vec<u8> {
    let message = config.to_message();
    let mut bytes = vec![0; message.buffer_len()];
    message.emit(&mut bytes);
    bytes
}

/// Cuts the type's flags off: whether a nest is marked does not matter here.
fn data(config: &LinkConfig) -> Vec<u8> {
    let bytes = emit(config);
    let find = |bytes: &[u8], kind| {
        NlasIterator::new(bytes)
            .map(|nla| nla.unwrap())
            .find(|nla| nla.kind() == kind)
            .unwrap()
            .value()
            .to_vec()
    };
    let info = find(&bytes[LINK_HEADER_LEN..], 18);
    assert!(find(&info, 1).starts_with(b"gtp"));
    find(&info, 2)
}

#[test]
fn kernel_sockets_are_asked_for_first() {
    let mut config = LinkConfig::new("gtp0");
    config.role = Some(Role::Sgsn);
    config.hash_size = Some(1024);
    config.restart_count = Some(7);
    config.sockets = Sockets::Kernel {
        local: Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1))),
    };
    assert_eq!(
        data(&config),
        [
            5, 0, 5, 0, 1, 0, 0, 0, // IFLA_GTP_CREATE_SOCKETS
            8, 0, 7, 0, 192, 0, 2, 1, // IFLA_GTP_LOCAL
            8, 0, 3, 0, 0, 4, 0, 0, // IFLA_GTP_PDP_HASHSIZE
            8, 0, 4, 0, 1, 0, 0, 0, // IFLA_GTP_ROLE
            5, 0, 6, 0, 7, 0, 0, 0, // IFLA_GTP_RESTART_COUNT
        ]
    );

    config.sockets = Sockets::Kernel {
        local: Some(IpAddr::V6(Ipv6Addr::LOCALHOST)),
    };
    assert_eq!(data(&config)[8..12], [20, 0, 8, 0]);
}

#[test]
fn descriptors_may_be_absent_or_negative() {
    let mut config = LinkConfig::new("gtp0");
    config.sockets = Sockets::Descriptors {
        fd0: Some(-1),
        fd1: Some(5),
    };
    assert_eq!(
        data(&config),
        [8, 0, 1, 0, 255, 255, 255, 255, 8, 0, 2, 0, 5, 0, 0, 0]
    );

    config.sockets = Sockets::Descriptors {
        fd0: None,
        fd1: None,
    };
    assert!(data(&config).is_empty());
}

#[test]
fn name_flags_and_namespace_stand_outside() {
    let mut config = LinkConfig::new("gtp0");
    config.up = true;
    config.mtu = Some(1500);
    config.netns = Some(9);
    let bytes = emit(&config);

    // Family, type and index are zero: a strict kernel wants nothing else.
    assert_eq!(
        bytes[..16],
        [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]
    );
    assert_eq!(
        bytes[16..44],
        [
            9, 0, 3, 0, b'g', b't', b'p', b'0', 0, 0, 0, 0, // IFLA_IFNAME
            8, 0, 4, 0, 0xdc, 5, 0, 0, // IFLA_MTU
            8, 0, 28, 0, 9, 0, 0, 0, // IFLA_NET_NS_FD
        ]
    );
}

/// A link of the C driver: index 7, up, with what else the kernel sends.
fn reply(kind: &[u8]) -> Vec<u8> {
    let info = [
        &[8, 0, 1, 0][..],
        kind,
        &[36, 0, 2, 0],
        &[8, 0, 3, 0, 0, 4, 0, 0],
        &[8, 0, 4, 0, 1, 0, 0, 0],
        &[5, 0, 6, 0, 3, 0, 0, 0],
        &[8, 0, 64, 0, 1, 2, 3, 4], // of a newer driver
    ]
    .concat();
    [
        &[0, 0, 0xfe, 0xff, 7, 0, 0, 0, 0xd1, 0, 1, 0, 0, 0, 0, 0][..],
        &[9, 0, 3, 0, b'g', b't', b'p', b'0', 0, 0, 0, 0],
        &[8, 0, 4, 0, 0xac, 5, 0, 0],
        &[5, 0, 16, 0, 0, 0, 0, 0],
        &[6, 0, 13, 0, 0, 0, 0, 0],      // IFLA_TXQLEN, broken
        &[8, 0, 0xff, 0x3f, 0, 0, 0, 0], // of a newer kernel
        &[48, 0, 18, 0],
        &info,
    ]
    .concat()
}

fn read(bytes: &[u8]) -> Option<GtpLink> {
    Message::deserialize(&NetlinkHeader::default(), bytes)
        .unwrap()
        .link()
}

#[test]
fn a_reply_is_read_past_what_is_unknown() {
    let link = read(&reply(b"gtp\0")).unwrap();
    assert_eq!(link.other.len(), 1);
    assert_eq!(
        link,
        GtpLink {
            name: "gtp0".to_string(),
            index: 7,
            role: Some(Role::Sgsn),
            hash_size: Some(1024),
            restart_count: Some(3),
            mtu: Some(1452),
            up: true,
            state: "UNKNOWN".to_string(),
            link_netns: None,
            other: link.other.clone(),
        }
    );
}

#[test]
fn a_link_of_another_kind_is_none() {
    assert_eq!(read(&reply(b"gre\0")), None);
}

#[test]
fn names_follow_the_nest() {
    assert_eq!(attribute_name(&[18, 2, 4]), Some("IFLA_GTP_ROLE"));
    assert_eq!(attribute_name(&[4]), Some("IFLA_MTU"));
    assert_eq!(attribute_name(&[18, 4]), None);
}
