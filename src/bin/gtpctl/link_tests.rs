// SPDX-License-Identifier: GPL-2.0

//! Tests of the words of `gtpctl link`.

use super::*;

fn parse(line: &str) -> Result<Add, String> {
    let words: Vec<_> = line.split_whitespace().collect();
    Add::parse(&words).map_err(|failure| match failure {
        Failure::Usage(text) => text,
        other => panic!("{other:?}"),
    })
}

#[test]
fn a_name_is_enough() {
    for line in ["gtp0", "dev gtp0", "name gtp0"] {
        let add = parse(line).unwrap();
        assert_eq!(add.config, LinkConfig::new("gtp0"));
        assert!(!add.foreground);
    }
}

#[test]
fn words_follow_the_name_in_any_order() {
    let add =
        parse("gtp0 hsize 0x20000 max_pdp 5 local 192.0.2.1 role sgsn up restart_count 255 mtu 1500 netns x")
            .unwrap();
    let mut config = LinkConfig::new("gtp0");
    config.hash_size = Some(131_072);
    config.max_pdp = Some(5);
    config.role = Some(Role::Sgsn);
    config.restart_count = Some(255);
    config.mtu = Some(1500);
    config.up = true;
    config.sockets = Sockets::Kernel {
        local: Some("192.0.2.1".parse().unwrap()),
    };
    assert_eq!(add.config, config);
    assert_eq!(add.netns.as_deref(), Some("x"));
}

#[test]
fn qos_flows_have_their_words() {
    let add = parse("gtp0 qfi_source mark qfi_check").unwrap();
    let mut config = LinkConfig::new("gtp0");
    config.qfi_source = Some(QfiSource::Mark);
    config.qfi_check = true;
    assert_eq!(add.config, config);
    let add = parse("gtp0 bearer_source mark").unwrap();
    assert_eq!(add.config.bearer_source, Some(QfiSource::Mark));
    assert_eq!(
        parse("gtp0 bearer_source 1").unwrap_err(),
        "bearer_source \"1\" is none of context, priority and mark"
    );
    let add = parse("gtp0 qfi_source priority").unwrap();
    assert_eq!(add.config.qfi_source, Some(QfiSource::Priority));
    assert_eq!(
        parse("gtp0 qfi_source tos").unwrap_err(),
        "qfi_source \"tos\" is none of context, priority and mark"
    );
}

#[test]
fn own_sockets_are_asked_for_by_fd() {
    let add = parse("gtp0 fd bind 192.0.2.1 version 1").unwrap();
    assert!(add.foreground);
    assert_eq!(add.version, Some(1));
    assert_eq!(add.local.one(), Some("192.0.2.1".parse().unwrap()));

    let add = parse("gtp0 fd local6 2001:db8::1").unwrap();
    assert_eq!(add.local.one(), Some("2001:db8::1".parse().unwrap()));
}

#[test]
fn sockets_of_both_families_may_have_two_addresses() {
    let v4 = Some("192.0.2.1".parse().unwrap());
    let v6 = Some("2001:db8::1".parse().unwrap());
    for (line, local4, local6) in [
        ("gtp0 dual_stack", None, None),
        ("gtp0 local 192.0.2.1 dual_stack", v4, None),
        ("gtp0 local 2001:db8::1 dual_stack", None, v6),
        ("gtp0 dual_stack local 192.0.2.1 local6 2001:db8::1", v4, v6),
        ("gtp0 bind 2001:db8::1 dual_stack local 192.0.2.1", v4, v6),
    ] {
        assert_eq!(
            parse(line).unwrap().config.sockets,
            Sockets::DualStack { local4, local6 },
            "{line}"
        );
    }

    assert_eq!(
        parse("gtp0 local6 2001:db8::1").unwrap().config.sockets,
        Sockets::Kernel {
            local: v6.map(IpAddr::V6)
        }
    );
}

#[test]
fn what_is_wrong_is_said() {
    for (line, expected) in [
        ("", "no NAME"),
        ("gtp0 restart_count 256", "it goes from 0 to 255"),
        ("gtp0 role hlr", "role \"hlr\" is neither ggsn nor sgsn"),
        ("gtp0 role", "\"role\" lacks its value"),
        ("gtp0 role ggsn role sgsn", "\"role\" stands twice"),
        ("gtp0 local 1.1.1.1 bind 2.2.2.2", "\"bind\" stands twice"),
        (
            "gtp0 local6 192.0.2.1",
            "local6 192.0.2.1 is no IPv6 address",
        ),
        ("gtp0 local ::1 local6 ::2", "\"local6\" stands twice"),
        ("gtp0 local 1.1.1.1 local ::1", "take \"dual_stack\""),
        ("gtp0 fd dual_stack", "exclude each other"),
        ("gtp0 vlan 5", "unknown word \"vlan\""),
        ("gtp0 version 1", "\"version\" goes with \"fd\""),
        ("a-name-of-16-octs", "is no name for a link"),
        ("a/b", "is no name for a link"),
        ("gtp%d", "the kernel would put a number for the %"),
    ] {
        let error = parse(line).unwrap_err();
        assert!(error.contains(expected), "{line}: {error}");
    }
}

/// What a driver says that has made a link and has understood nothing.
fn link_of_old() -> GtpLink {
    GtpLink {
        name: "gtp0".to_string(),
        index: 7,
        state: "DOWN".to_string(),
        ..GtpLink::default()
    }
}

#[test]
fn what_every_driver_can_do_is_not_looked_at() {
    for line in [
        "gtp0",
        "gtp0 role sgsn hsize 64 restart_count 9 mtu 1400 up netns x local 192.0.2.1",
        "gtp0 max_pdp 0 echo_interval 0 qfi_source context bearer_source context ttl 0",
    ] {
        let config = parse(line).unwrap().config;
        assert!(is_plain(&config), "{line}");
        assert_eq!(missing(&config, &link_of_old()), None);
    }
}

#[test]
fn what_a_driver_cannot_do_is_missing() {
    for (line, what) in [
        ("gtp0 dual_stack", "sockets of both families"),
        ("gtp0 usage", "usage per context"),
        ("gtp0 max_pdp 5", "a limit of PDP contexts"),
        ("gtp0 qfi_source mark", "QoS flows"),
        ("gtp0 qfi_check", "QoS flows"),
        ("gtp0 ttl 9", "such outer headers"),
        ("gtp0 echo_interval 60", "supervised paths"),
        ("gtp0 bearer_source mark", "bearers"),
    ] {
        let config = parse(line).unwrap().config;
        assert!(!is_plain(&config), "{line}");
        assert_eq!(missing(&config, &link_of_old()), Some(what), "{line}");
    }
}

#[test]
fn del_and_show_take_one_name() {
    assert_eq!(name(&["gtp0"]).unwrap().as_deref(), Some("gtp0"));
    assert_eq!(name(&["dev", "gtp0"]).unwrap().as_deref(), Some("gtp0"));
    assert_eq!(name(&[]).unwrap(), None);
    assert!(name(&["gtp0", "gtp1"]).is_err());
}
