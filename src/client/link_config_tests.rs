// SPDX-License-Identifier: GPL-2.0

//! Tests of requests for links on bytes, as iproute2 and libgtpnl send them.

use super::*;
use netlink_packet_core::{
    Emitable,
    NlasIterator, //
};
use std::net::{
    Ipv4Addr,
    Ipv6Addr, //
};

/// Octets before the attributes of a link message.
const LINK_HEADER_LEN: usize = 16;

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
    config.max_pdp = Some(0x0001_86a0);
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
            8, 0, 65, 0, 0xa0, 0x86, 1, 0, // IFLA_GTP_MAX_PDP
        ]
    );

    config.sockets = Sockets::Kernel {
        local: Some(IpAddr::V6(Ipv6Addr::LOCALHOST)),
    };
    assert_eq!(data(&config)[8..12], [20, 0, 8, 0]);
}

#[test]
fn sockets_of_both_families_are_asked_for_by_an_attribute() {
    let mut config = LinkConfig::new("gtp0");
    config.sockets = Sockets::DualStack {
        local4: None,
        local6: None,
    };
    assert_eq!(
        data(&config),
        [
            5, 0, 5, 0, 1, 0, 0, 0, // IFLA_GTP_CREATE_SOCKETS
            5, 0, 64, 0, 1, 0, 0, 0, // IFLA_GTP_DUAL_STACK
        ]
    );

    config.role = Some(Role::Sgsn);
    config.sockets = Sockets::DualStack {
        local4: Some(Ipv4Addr::new(192, 0, 2, 1)),
        local6: Some(Ipv6Addr::LOCALHOST),
    };
    assert_eq!(
        data(&config),
        [
            5, 0, 5, 0, 1, 0, 0, 0, // IFLA_GTP_CREATE_SOCKETS
            8, 0, 7, 0, 192, 0, 2, 1, // IFLA_GTP_LOCAL
            20, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, // IFLA_GTP_LOCAL6
            5, 0, 64, 0, 1, 0, 0, 0, // IFLA_GTP_DUAL_STACK
            8, 0, 4, 0, 1, 0, 0, 0, // IFLA_GTP_ROLE
        ]
    );
}

#[test]
fn usage_is_asked_for_by_an_attribute() {
    let mut config = LinkConfig::new("gtp0");
    config.usage = true;
    assert_eq!(
        data(&config),
        [
            5, 0, 5, 0, 1, 0, 0, 0, // IFLA_GTP_CREATE_SOCKETS
            5, 0, 68, 0, 1, 0, 0, 0, // IFLA_GTP_USAGE
        ]
    );
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
