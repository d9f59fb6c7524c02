// SPDX-License-Identifier: GPL-2.0

//! Tests of links on bytes, as the kernel sends them.

use super::*;

/// A link of the C driver: index 7, up, with what else the kernel sends.
fn reply(kind: &[u8]) -> Vec<u8> {
    reply_with(kind, &[])
}

/// The same with further attributes of the driver.
fn reply_with(kind: &[u8], more: &[u8]) -> Vec<u8> {
    let len = |len: usize| u8::try_from(len + more.len()).unwrap();
    let info = [
        &[8, 0, 1, 0][..],
        kind,
        &[len(36), 0, 2, 0],
        &[8, 0, 3, 0, 0, 4, 0, 0],
        &[8, 0, 4, 0, 1, 0, 0, 0],
        &[5, 0, 6, 0, 3, 0, 0, 0],
        &[8, 0, 90, 0, 1, 2, 3, 4], // of a newer driver
        more,
    ]
    .concat();
    [
        &[0, 0, 0xfe, 0xff, 7, 0, 0, 0, 0xd1, 0, 1, 0, 0, 0, 0, 0][..],
        &[9, 0, 3, 0, b'g', b't', b'p', b'0', 0, 0, 0, 0],
        &[8, 0, 4, 0, 0xac, 5, 0, 0],
        &[5, 0, 16, 0, 0, 0, 0, 0],
        &[6, 0, 13, 0, 0, 0, 0, 0],      // IFLA_TXQLEN, broken
        &[8, 0, 0xff, 0x3f, 0, 0, 0, 0], // of a newer kernel
        &[len(48), 0, 18, 0],
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
            other: link.other.clone(),
            ..GtpLink::default()
        }
    );
}

#[test]
fn what_is_done_about_qos_flows_is_seen() {
    let more = [5, 0, 66, 0, 2, 0, 0, 0, 5, 0, 67, 0, 1, 0, 0, 0];
    let link = read(&reply_with(b"gtp\0", &more)).unwrap();
    assert_eq!((link.qfi_source, link.qfi_check), (QfiSource::Mark, true));
    assert_eq!(link.other.len(), 1);
    assert_eq!(attribute_name(&[18, 2, 66]), Some("IFLA_GTP_QFI_SOURCE"));
}

#[test]
fn sockets_of_both_families_are_seen() {
    for (value, expected) in [(1, true), (0, false)] {
        let more = [5, 0, 64, 0, value, 0, 0, 0];
        let link = read(&reply_with(b"gtp\0", &more)).unwrap();
        assert_eq!(link.dual_stack, expected);
        assert_eq!(link.other.len(), 1);
    }

    // Without a value it is no more than something unknown.
    let link = read(&reply_with(b"gtp\0", &[4, 0, 64, 0])).unwrap();
    assert!(!link.dual_stack);
    assert_eq!(link.other.len(), 2);
}

#[test]
fn a_limit_of_contexts_is_seen() {
    let link = read(&reply_with(b"gtp\0", &[8, 0, 65, 0, 0xa0, 0x86, 1, 0])).unwrap();
    assert_eq!(link.max_pdp, Some(100_000));
    assert_eq!(link.other.len(), 1);

    // Too short it is no more than something unknown.
    let link = read(&reply_with(b"gtp\0", &[6, 0, 65, 0, 1, 0, 0, 0])).unwrap();
    assert_eq!(link.max_pdp, None);
    assert_eq!(link.other.len(), 2);
}

#[test]
fn usage_is_seen() {
    for (value, expected) in [(1, true), (0, false)] {
        let more = [5, 0, 68, 0, value, 0, 0, 0];
        let link = read(&reply_with(b"gtp\0", &more)).unwrap();
        assert_eq!(link.usage, expected);
        assert_eq!(link.other.len(), 1);
    }
}

#[test]
fn a_link_of_another_kind_is_none() {
    assert_eq!(read(&reply(b"gre\0")), None);
}

#[test]
fn names_follow_the_nest() {
    assert_eq!(attribute_name(&[18, 2, 4]), Some("IFLA_GTP_ROLE"));
    assert_eq!(attribute_name(&[18, 2, 64]), Some("IFLA_GTP_DUAL_STACK"));
    assert_eq!(attribute_name(&[18, 2, 65]), Some("IFLA_GTP_MAX_PDP"));
    assert_eq!(attribute_name(&[18, 2, 68]), Some("IFLA_GTP_USAGE"));
    assert_eq!(attribute_name(&[4]), Some("IFLA_MTU"));
    assert_eq!(attribute_name(&[18, 4]), None);
}
