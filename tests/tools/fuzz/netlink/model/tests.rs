// SPDX-License-Identifier: GPL-2.0

//! The model by itself: what is written down in `include/uapi/linux/gtp.h`, in examples, and what
//! has to hold whatever is asked for.

use std::net::IpAddr;

use proptest::prelude::*;

use super::link::{CREATE, DUAL, FD0, FD1, HASHSIZE, LOCAL, LOCAL6, ROLE};
use super::route::{DELROUTE, DST, DST_LEN, GETROUTE, NEWROUTE};
use super::{Change, Driver, Expect, Model, Pdp};
use crate::attr::put;
use crate::fuzz::netlink::generate::Generator;
use crate::fuzz::netlink::op::{socket_fd, space_fd, Op, Set, SocketKind, NO_FD};

const LINK: u32 = 7;
const EXCL: u16 = libc::NLM_F_EXCL as u16;
const REPLACE: u16 = libc::NLM_F_REPLACE as u16;
const DUMP: u16 = libc::NLM_F_DUMP as u16;
const NEW: u16 = (libc::NLM_F_CREATE | libc::NLM_F_EXCL) as u16;

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

fn encode(attrs: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (kind, value) in attrs {
        put(&mut bytes, *kind, value);
    }
    bytes
}

/// Does an operation; what it came to.
fn take(model: &mut Model, op: &Op) -> Expect {
    let (expect, change) = model.judge(op).expect("the model knows");
    model.apply(change);
    expect
}

fn error(model: &mut Model, op: &Op) -> i32 {
    take(model, op).error
}

fn new_link(index: u32, data: Option<&[(u16, Vec<u8>)]>) -> Op {
    Op::NewLink {
        space: 0,
        to: None,
        index,
        name: format!("g{index}"),
        flags: NEW,
        up: true,
        data: data.map(encode),
    }
}

/// A model with a link of the kernel's own IPv4 sockets.
fn model(driver: Driver) -> Model {
    let mut model = Model::new(driver, 0);
    let op = new_link(LINK, Some(&[(CREATE, vec![1])]));
    assert_eq!(error(&mut model, &op), 0);
    model
}

fn pdp(version: u32, id: u64, ms: &str) -> Pdp {
    Pdp {
        version,
        id,
        out: 5,
        ms: ms.parse().unwrap(),
        bearer: 0,
        peer: "192.0.2.1".parse().unwrap(),
    }
}

fn attrs(pdp: &Pdp) -> Vec<(u16, Vec<u8>)> {
    let mut attrs = vec![
        (1, LINK.to_ne_bytes().to_vec()),
        (2, pdp.version.to_ne_bytes().to_vec()),
        (if pdp.peer.is_ipv4() { 4 } else { 11 }, octets(pdp.peer)),
        (if pdp.ms.is_ipv4() { 5 } else { 12 }, octets(pdp.ms)),
        (13, vec![pdp.family()]),
    ];
    if pdp.version == 0 {
        attrs.push((3, pdp.id.to_ne_bytes().to_vec()));
        attrs.push((6, (pdp.out as u16).to_ne_bytes().to_vec()));
    } else {
        attrs.push((8, (pdp.id as u32).to_ne_bytes().to_vec()));
        attrs.push((9, pdp.out.to_ne_bytes().to_vec()));
    }
    attrs
}

fn genl(command: u8, flags: u16, attrs: &[(u16, Vec<u8>)]) -> Op {
    Op::Genl {
        space: 0,
        command,
        flags,
        cut: None,
        attrs: encode(attrs),
    }
}

fn new_pdp(flags: u16, pdp: &Pdp) -> Op {
    genl(0, flags, &attrs(pdp))
}

/// A model with two contexts.
fn two(driver: Driver) -> Model {
    let mut model = model(driver);
    for (id, ms) in [(1, "10.0.0.1"), (2, "10.0.0.2")] {
        assert_eq!(error(&mut model, &new_pdp(EXCL, &pdp(1, id, ms))), 0);
    }
    model
}

#[test]
fn new_contexts_meet_others_by_one_key_by_both_or_two_of_them() {
    // Key of the tunnel, of the MS, and what comes with no flag, EXCL, REPLACE.
    let cases = [
        (3, "10.0.0.3", [0, 0, 0]),
        (1, "10.0.0.3", [0, libc::EEXIST, 0]),
        (3, "10.0.0.1", [0, libc::EEXIST, 0]),
        (1, "10.0.0.1", [libc::EEXIST, libc::EEXIST, 0]),
        (1, "10.0.0.2", [libc::EEXIST, libc::EEXIST, libc::EEXIST]),
    ];
    for (id, ms, want) in cases {
        for (flags, want) in [0, EXCL, REPLACE].into_iter().zip(want) {
            let mut model = two(Driver::Rust);
            let new = pdp(1, id, ms);
            let expect = take(&mut model, &new_pdp(flags, &new));
            assert_eq!(expect.error, want, "{id} {ms} {flags:#x}");
            let contexts = &model.links[&LINK].contexts;
            let count = if id == 3 && ms == "10.0.0.3" { 3 } else { 2 };
            assert_eq!(contexts.len(), count, "{id} {ms} {flags:#x}");
            assert_eq!(
                contexts.contains(&new),
                want == 0 || (id, ms) == (1, "10.0.0.1")
            );
            assert_eq!(expect.notices.len(), usize::from(want == 0));
        }
    }
}

#[test]
fn the_c_driver_knows_no_replace_and_its_updates_are_not_modelled() {
    let mut model = two(Driver::C);
    for (id, ms) in [(1, "10.0.0.3"), (1, "10.0.0.1"), (1, "10.0.0.2")] {
        let op = new_pdp(REPLACE, &pdp(1, id, ms));
        assert_eq!(error(&mut model, &op), libc::EOPNOTSUPP);
    }
    assert!(model.judge(&new_pdp(0, &pdp(1, 1, "10.0.0.3"))).is_none());
    let both = new_pdp(0, &pdp(1, 1, "10.0.0.2"));
    assert_eq!(error(&mut model, &both), libc::EEXIST);
    assert_eq!(
        error(&mut model, &new_pdp(REPLACE, &pdp(1, 3, "10.0.0.3"))),
        0
    );
}

#[test]
fn versions_and_families_have_tunnels_of_their_own_but_share_ms_addresses() {
    let mut model = two(Driver::Rust);
    let op = |flags, version, id, ms| new_pdp(flags, &pdp(version, id, ms));
    assert_eq!(error(&mut model, &op(EXCL, 0, 1, "10.0.0.5")), 0);
    assert_eq!(error(&mut model, &op(EXCL, 1, 1, "2001:db8::")), 0);
    assert_eq!(error(&mut model, &op(EXCL, 0, 9, "10.0.0.1")), libc::EEXIST);
    assert_eq!(
        error(&mut model, &op(EXCL, 0, 9, "2001:db8::")),
        libc::EEXIST
    );
    // An MS has the whole /64; that it is no prefix comes up last.
    assert_eq!(
        error(&mut model, &op(EXCL, 1, 9, "2001:db8::1")),
        libc::EEXIST
    );
    assert_eq!(
        error(&mut model, &op(0, 1, 9, "2001:db8::1")),
        libc::EADDRNOTAVAIL
    );
    assert_eq!(
        error(&mut model, &op(0, 1, 9, "2001:db8:1::1")),
        libc::EADDRNOTAVAIL
    );
}

#[test]
fn errors_of_new_contexts_have_an_order() {
    let mut model = model(Driver::Rust);
    let good = pdp(1, 1, "10.0.0.1");
    let mut broken = attrs(&good);
    // From the last check to the first, each left broken.
    type Step<'a> = (&'a [u16], Option<(u16, Vec<u8>)>, i32);
    let steps: [Step<'_>; 7] = [
        (&[13], Some((13, vec![7])), libc::EAFNOSUPPORT),
        (&[13, 5], Some((13, vec![2])), libc::EINVAL),
        (&[4], Some((11, vec![0; 16])), libc::EAFNOSUPPORT),
        (&[11], None, libc::EINVAL),
        (&[1], Some((1, 999u32.to_ne_bytes().to_vec())), libc::ENODEV),
        (&[8], None, libc::EINVAL),
        (&[9], Some((9, vec![0; 3])), libc::ERANGE),
    ];
    for (without, with, want) in steps {
        broken.retain(|(kind, _)| !without.contains(kind));
        broken.extend(with);
        assert_eq!(error(&mut model, &genl(0, 0, &broken)), want, "{broken:?}");
    }
    assert!(model.links[&LINK].contexts.is_empty());
}

#[test]
fn a_link_without_a_socket_of_the_version_is_no_device_before_a_missing_peer_is_seen() {
    let mut model = Model::new(Driver::Rust, 0);
    take(
        &mut model,
        &Op::Open {
            slot: 0,
            kind: SocketKind::Udp4,
        },
    );
    let fd = socket_fd(0).to_ne_bytes().to_vec();
    assert_eq!(error(&mut model, &new_link(LINK, Some(&[(FD1, fd)]))), 0);
    let mut no_peer = attrs(&pdp(0, 1, "10.0.0.1"));
    no_peer.retain(|(kind, _)| *kind != 4);
    assert_eq!(error(&mut model, &genl(0, 0, &no_peer)), libc::ENODEV);
    assert_eq!(error(&mut model, &new_pdp(0, &pdp(1, 1, "10.0.0.1"))), 0);
    take(&mut model, &Op::Close { slot: 0 });
    assert_eq!(
        error(&mut model, &new_pdp(0, &pdp(1, 2, "10.0.0.2"))),
        libc::ENODEV
    );
    // What is there stays, and can be found and removed.
    let key = [
        attrs(&pdp(1, 1, "10.0.0.1"))[..2].to_vec(),
        vec![(8, vec![1, 0, 0, 0])],
    ]
    .concat();
    assert_eq!(take(&mut model, &genl(2, 0, &key)).replies.len(), 1);
    assert_eq!(error(&mut model, &genl(1, 0, &key)), 0);
    assert_eq!(error(&mut model, &genl(1, 0, &key)), libc::ENOENT);
}

#[test]
fn keys_are_tried_in_an_order() {
    let mut model = two(Driver::Rust);
    let link = (1, LINK.to_ne_bytes().to_vec());
    let version = |n: u32| (2, n.to_ne_bytes().to_vec());
    let ms = |text: &str| (5, octets(text.parse().unwrap()));
    let tei = |n: u32| (8, n.to_ne_bytes().to_vec());
    let get = |model: &mut Model, attrs: &[(u16, Vec<u8>)]| {
        let expect = take(model, &genl(2, 0, attrs));
        (expect.error, expect.replies)
    };
    let first = vec![pdp(1, 1, "10.0.0.1").message(0, LINK)];
    let by_ms = [link.clone(), version(77), ms("10.0.0.1"), tei(2)];
    assert_eq!(get(&mut model, &by_ms), (0, first.clone()));
    assert_eq!(
        get(&mut model, &[link.clone(), version(1), tei(1)]),
        (0, first)
    );
    for (more, want) in [
        (vec![], libc::EINVAL),
        (vec![version(2), tei(1)], libc::EINVAL),
        (vec![version(1)], libc::EINVAL),
        (vec![version(1), tei(3)], libc::ENOENT),
        (vec![version(1), tei(1), (13, vec![10])], libc::ENOENT),
        (
            vec![version(1), ms("10.0.0.1"), (13, vec![10])],
            libc::EINVAL,
        ),
        (vec![version(1), (12, vec![0; 16])], libc::EINVAL),
        (
            vec![version(1), (12, vec![1; 16]), (13, vec![10])],
            libc::EADDRNOTAVAIL,
        ),
        (
            vec![version(1), (12, vec![0; 16]), (13, vec![10])],
            libc::ENOENT,
        ),
    ] {
        let request = [vec![link.clone()], more].concat();
        assert_eq!(get(&mut model, &request).0, want, "{request:?}");
    }
}

#[test]
fn requests_name_links_of_the_callers_namespace_or_of_another() {
    let mut model = two(Driver::Rust);
    let request = |space: usize, fd: Option<u32>| {
        let mut attrs = attrs(&pdp(1, 1, "10.0.0.1"));
        attrs.extend(fd.map(|fd| (7, fd.to_ne_bytes().to_vec())));
        Op::Genl {
            space,
            command: 2,
            flags: 0,
            cut: None,
            attrs: encode(&attrs),
        }
    };
    assert_eq!(error(&mut model, &request(1, None)), libc::ENODEV);
    assert_eq!(error(&mut model, &request(1, Some(space_fd(0)))), 0);
    assert_eq!(
        error(&mut model, &request(0, Some(space_fd(1)))),
        libc::ENODEV
    );
    assert_eq!(error(&mut model, &request(0, Some(NO_FD))), libc::ENODEV);
    assert!(model.judge(&request(0, Some(9))).is_none());
    let set = Set::Space(1);
    let moved = Op::SetLink {
        space: 0,
        index: LINK,
        set,
    };
    assert_eq!(error(&mut model, &moved), 0);
    assert_eq!(error(&mut model, &request(1, None)), 0);
    // It was made from the first namespace, and is in the second.
    take(&mut model, &Op::Renew);
    assert!(model.links.is_empty());
}

#[test]
fn dumps_are_of_a_namespace_or_of_a_link() {
    for driver in [Driver::Rust, Driver::C] {
        let mut model = two(driver);
        assert_eq!(
            error(&mut model, &new_link(8, Some(&[(FD0, vec![255; 4])]))),
            0
        );
        let mut dump = |link: Option<u32>| {
            let attrs = link.map(|link| (1, link.to_ne_bytes().to_vec()));
            let expect = take(&mut model, &genl(2, DUMP, attrs.as_slice()));
            (expect.error, expect.replies.len())
        };
        assert_eq!(dump(None), (0, 2));
        assert_eq!(dump(Some(LINK)), (0, 2));
        let ours = driver == Driver::Rust;
        assert_eq!(dump(Some(8)), (0, if ours { 0 } else { 2 }));
        assert_eq!(dump(Some(9)), if ours { (libc::ENODEV, 0) } else { (0, 2) });
    }
}

#[test]
fn commands_that_are_none() {
    for (driver, with_flags) in [(Driver::Rust, libc::EOPNOTSUPP), (Driver::C, libc::EINVAL)] {
        let mut model = model(driver);
        let mut error = |command, flags| error(&mut model, &genl(command, flags, &[]));
        assert_eq!(error(4, 0), libc::EOPNOTSUPP);
        assert_eq!(error(4, DUMP), libc::EOPNOTSUPP);
        assert_eq!(error(4, EXCL), with_flags);
        // EXCL and REPLACE together are a dump.
        assert_eq!(error(0, EXCL | REPLACE), libc::EOPNOTSUPP);
    }
}

#[test]
fn links_are_made_of_sockets() {
    let mut model = model(Driver::Rust);
    let kinds = [
        SocketKind::Udp4,
        SocketKind::Udp6,
        SocketKind::UdpBoth,
        SocketKind::Tcp,
    ];
    for (slot, kind) in kinds.into_iter().enumerate() {
        take(&mut model, &Op::Open { slot, kind });
    }
    let fd = |kind: u16, slot: usize| (kind, socket_fd(slot).to_ne_bytes().to_vec());
    let local = |text: &str| {
        let address: IpAddr = text.parse().unwrap();
        (
            if address.is_ipv4() { LOCAL } else { LOCAL6 },
            octets(address),
        )
    };
    let create = (CREATE, vec![0]);
    for (data, want) in [
        (vec![], libc::EINVAL),
        (vec![(ROLE, vec![2, 0, 0, 0]), create.clone()], libc::EINVAL),
        (vec![(HASHSIZE, vec![1]), create.clone()], libc::ERANGE),
        (vec![(DUAL, vec![1])], libc::EINVAL),
        (vec![(DUAL, vec![]), create.clone()], libc::ERANGE),
        (vec![fd(FD0, 0), fd(FD1, 0)], libc::EBUSY),
        (vec![fd(FD0, 0), fd(FD1, 1)], libc::EINVAL),
        (vec![fd(FD0, 2)], libc::EADDRNOTAVAIL),
        (vec![fd(FD0, 3)], libc::EINVAL),
        (vec![fd(FD0, 4)], libc::EBADF),
        (
            vec![(FD0, space_fd(0).to_ne_bytes().to_vec())],
            libc::ENOTSOCK,
        ),
        (vec![create.clone()], libc::EADDRINUSE),
        (vec![create.clone(), local("127.0.0.1")], libc::EADDRINUSE),
        (
            vec![create.clone(), local("198.51.100.1")],
            libc::EADDRNOTAVAIL,
        ),
        (
            vec![create.clone(), local("::ffff:127.0.0.1")],
            libc::EADDRNOTAVAIL,
        ),
        // Not for IPv6 only, so it collides with the one for IPv4.
        (vec![create.clone(), local("::")], libc::EADDRINUSE),
        (vec![create.clone(), local("::1")], 0),
    ] {
        assert_eq!(
            error(&mut model, &new_link(8, Some(&data))),
            want,
            "{data:?}"
        );
    }
    assert_eq!(error(&mut model, &new_link(9, None)), libc::EINVAL);
    let mut short = new_link(9, None);
    if let Op::NewLink { data, .. } = &mut short {
        *data = Some(vec![8]);
    }
    assert_eq!(error(&mut model, &short), libc::ERANGE);
    assert_eq!(
        error(&mut model, &new_link(LINK, Some(&[create]))),
        libc::EEXIST
    );
}

#[test]
fn an_echo_request_comes_back_if_its_addresses_are_the_links() {
    let mut model = model(Driver::Rust);
    let ask = |peer: [u8; 4], local: [u8; 4]| {
        let version = (2, 1u32.to_ne_bytes().to_vec());
        let link = (1, LINK.to_ne_bytes().to_vec());
        genl(
            3,
            0,
            &[version, link, (4, peer.to_vec()), (5, local.to_vec())],
        )
    };
    let near = [127, 0, 0, 2];
    let expect = take(&mut model, &ask([127, 0, 0, 1], near));
    assert_eq!(
        (expect.error, expect.notices.len(), expect.later),
        (0, 1, true)
    );
    assert_eq!(
        error(&mut model, &ask([198, 51, 100, 1], near)),
        libc::ENODEV
    );
    assert!(model.judge(&ask([224, 0, 0, 1], near)).is_none());
    let set = Set::Up(false);
    take(
        &mut model,
        &Op::SetLink {
            space: 0,
            index: LINK,
            set,
        },
    );
    assert_eq!(
        error(&mut model, &ask([127, 0, 0, 1], near)),
        libc::ENETDOWN
    );
}

#[test]
fn the_end_of_a_link_is_told_if_it_had_contexts() {
    for (driver, told) in [(Driver::Rust, 1), (Driver::C, 0)] {
        let mut model = two(driver);
        let end = Op::DelLink {
            space: 0,
            index: LINK,
        };
        assert_eq!(take(&mut model, &end).notices.len(), told);
        assert_eq!(error(&mut model, &end), libc::ENODEV);
    }
    let mut model = model(Driver::Rust);
    let end = Op::DelLink {
        space: 0,
        index: LINK,
    };
    assert!(take(&mut model, &end).notices.is_empty());
}

fn route(command: u8, flags: u16, dst: &str, len: u8, via: Option<&str>) -> Op {
    let mut attrs = vec![
        (1, LINK.to_ne_bytes().to_vec()),
        (DST, octets(dst.parse().unwrap())),
        (DST_LEN, vec![len]),
    ];
    if let Some(via) = via {
        attrs.push((5, octets(via.parse().unwrap())));
    }
    genl(command, flags, &attrs)
}

#[test]
fn a_route_is_for_one_prefix_and_goes_with_the_default_bearer_of_its_ms() {
    let mut model = two(Driver::Rust);
    let new = |flags, dst, len, via| route(NEWROUTE, flags, dst, len, Some(via));
    let ms = ["10.0.0.1", "10.0.0.2", "10.0.0.3"];
    for (op, want) in [
        (new(0, "10.1.0.0", 16, ms[0]), 0),
        (new(EXCL, "10.1.0.0", 16, ms[1]), libc::EEXIST),
        (new(REPLACE, "10.1.0.0", 16, ms[1]), 0),
        (new(0, "10.1.0.0", 17, ms[0]), 0),
        (new(0, "10.1.0.1", 16, ms[0]), libc::EINVAL),
        (new(0, "10.1.0.0", 33, ms[0]), libc::EINVAL),
        (new(0, "10.1.0.0", 18, ms[2]), libc::ENOENT),
        (route(NEWROUTE, 0, "10.2.0.0", 16, None), libc::EINVAL),
        (route(GETROUTE, 0, "10.1.0.0", 18, None), libc::ENOENT),
        (route(GETROUTE, 0, "10.1.0.0", 17, None), 0),
    ] {
        assert_eq!(error(&mut model, &op), want, "{op}");
    }
    let dump = genl(GETROUTE, DUMP, &[]);
    assert_eq!(take(&mut model, &dump).replies.len(), 2);
    let more = route(GETROUTE, DUMP, "10.1.0.0", 16, None);
    assert_eq!(error(&mut model, &more), libc::EINVAL);

    // A dedicated bearer has none, and takes none along.
    let mut dedicated = pdp(1, 3, ms[0]);
    dedicated.bearer = 5;
    let mut with_bearer = attrs(&dedicated);
    with_bearer.push((80, vec![5]));
    assert_eq!(error(&mut model, &genl(0, 0, &with_bearer)), 0);
    let key = [
        with_bearer[0].clone(),
        with_bearer[1].clone(),
        with_bearer[5].clone(),
    ];
    assert_eq!(error(&mut model, &genl(1, 0, &key)), 0);
    assert_eq!(take(&mut model, &dump).replies.len(), 2);

    // A handover keeps them, another address of the MS does not.
    assert_eq!(error(&mut model, &new_pdp(REPLACE, &pdp(1, 9, ms[0]))), 0);
    assert_eq!(take(&mut model, &dump).replies.len(), 2);
    assert_eq!(error(&mut model, &new_pdp(0, &pdp(1, 9, ms[2]))), 0);
    assert_eq!(take(&mut model, &dump).replies.len(), 1);
    assert_eq!(
        error(&mut model, &route(DELROUTE, 0, "10.1.0.0", 16, None)),
        0
    );
    assert_eq!(take(&mut model, &dump).replies.len(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    /// Whatever is asked for: what is refused changes nothing, both keys are unique, and what a dump
    /// shows is found by both of them.
    #[test]
    fn keys_are_unique_and_routes_lead_to_default_bearers(seed: u64, ours: bool) {
        let driver = if ours { Driver::Rust } else { Driver::C };
        let mut model = Model::new(driver, 0);
        let mut generator = Generator::new(driver, seed, 30);
        for _ in 0..400 {
            let op = generator.next(&model);
            let (expect, change) = model.judge(&op).expect("the generator asks what is known");
            prop_assert!(expect.error == 0 || matches!(change, Change::None));
            model.apply(change);
        }
        for (index, link) in &model.links {
            for (at, a) in link.contexts.iter().enumerate() {
                for b in &link.contexts[at + 1..] {
                    prop_assert!((a.ms, a.bearer) != (b.ms, b.bearer));
                    prop_assert!((a.version, a.id, a.family()) != (b.version, b.id, b.family()));
                }
                let message = a.message(0, *index);
                for key in [&[5, 12, 80][..], &[3, 8]] {
                    let mut attrs = Vec::new();
                    for (kind, value) in crate::attr::list(&message[4..]) {
                        if matches!(kind, 1 | 2 | 13) || key.contains(&kind) {
                            put(&mut attrs, kind, value);
                        }
                    }
                    let op = Op::Genl { space: link.space, command: 2, flags: 0, cut: None, attrs };
                    let (expect, _) = model.judge(&op).expect("known");
                    prop_assert_eq!(&expect.replies, &vec![message.clone()]);
                }
            }
            for (at, a) in link.routes.iter().enumerate() {
                prop_assert!(link.contexts.iter().any(|pdp| pdp.is_for(a.via, 0)));
                for b in &link.routes[at + 1..] {
                    prop_assert!((a.dst, a.len) != (b.dst, b.len));
                }
            }
        }
    }
}
