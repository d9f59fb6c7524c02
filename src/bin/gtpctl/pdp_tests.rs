// SPDX-License-Identifier: GPL-2.0

//! Tests of the words of `gtpctl pdp`.

use super::*;
use crate::names::LinkName;

fn split(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

fn usage(failure: Failure) -> String {
    match failure {
        Failure::Usage(text) => text,
        other => panic!("{other:?}"),
    }
}

fn add_error(line: &str) -> String {
    usage(AddWords::parse(&split(line)).unwrap_err())
}

fn key_error(line: &str) -> String {
    usage(KeyWords::parse(&split(line)).unwrap_err())
}

#[test]
fn words_stand_in_any_order() {
    let expected = AddWords {
        link: LinkWords {
            link: LinkName::Dev("gtp0"),
            netns: None,
        },
        limits: Limits::default(),
        tunnel: Tunnel::V1 {
            i_tei: 100,
            o_tei: 200,
        },
        ms: "10.45.0.2".parse().unwrap(),
        peer: "192.0.2.1".parse().unwrap(),
        flow: None,
        bearer: 0,
        end_marker: false,
    };
    for line in [
        "dev gtp0 version 1 i_tei 100 o_tei 200 ms 10.45.0.2 peer 192.0.2.1",
        "peer 192.0.2.1 ms 10.45.0.2 o_tei 0xc8 i_tei 0x64 dev gtp0",
    ] {
        assert_eq!(AddWords::parse(&split(line)).unwrap(), expected);
    }
}

#[test]
fn version_0_has_tid_and_flow() {
    let words = split("version 0 tid 0x1234 flow 9 ms 10.45.0.3 peer 192.0.2.1 ifindex 7 netns x");
    let add = AddWords::parse(&words).unwrap();
    assert_eq!(
        add.tunnel,
        Tunnel::V0 {
            tid: 0x1234,
            flow: 9,
        }
    );
    assert_eq!(
        add.link,
        LinkWords {
            link: LinkName::Index(7),
            netns: Some("x"),
        }
    );
}

#[test]
fn what_add_lacks_is_named() {
    let whole = "dev gtp0 i_tei 1 o_tei 2 ms 10.0.0.1 peer 192.0.2.1";
    for (word, without) in [
        ("dev", "i_tei 1 o_tei 2 ms 10.0.0.1 peer 192.0.2.1"),
        ("i_tei", "dev gtp0 o_tei 2 ms 10.0.0.1 peer 192.0.2.1"),
        ("o_tei", "dev gtp0 i_tei 1 ms 10.0.0.1 peer 192.0.2.1"),
        ("ms", "dev gtp0 i_tei 1 o_tei 2 peer 192.0.2.1"),
        ("peer", "dev gtp0 i_tei 1 o_tei 2 ms 10.0.0.1"),
        ("version", "dev gtp0 ms 10.0.0.1 peer 192.0.2.1"),
        ("flow", "dev gtp0 tid 1 ms 10.0.0.1 peer 192.0.2.1"),
        ("tid", "dev gtp0 flow 1 ms 10.0.0.1 peer 192.0.2.1"),
    ] {
        assert_eq!(add_error(without), format!("\"{word}\" is missing"));
    }
    assert!(AddWords::parse(&split(whole)).is_ok());
}

#[test]
fn ranges_are_said() {
    let error = add_error("dev gtp0 version 2");
    assert_eq!(error, "version 2 is out of range, it goes from 0 to 1");
    let error = add_error("flow 65536");
    assert_eq!(error, "flow 65536 is out of range, it goes from 0 to 65535");
    let error = key_error("i_tei 0x100000000");
    assert_eq!(
        error,
        "i_tei 0x100000000 is out of range, it goes from 0 to 4294967295"
    );
}

#[test]
fn limits_are_read() {
    let whole = "dev gtp0 i_tei 1 o_tei 2 ms 10.0.0.1 peer 192.0.2.1";
    let limits = |more: &str| {
        let line = format!("{whole} {more}");
        AddWords::parse(&split(&line)).unwrap().limits
    };
    assert_eq!(
        limits("threshold 5 quota 6 quota_action drop"),
        Limits {
            threshold: Some(5),
            quota: Some((6, QuotaAction::Drop)),
        }
    );
    assert_eq!(
        limits("quota none"),
        Limits {
            threshold: None,
            quota: Some((u64::MAX, QuotaAction::Tell)),
        }
    );
    let error = add_error(&format!("{whole} quota_action drop"));
    assert_eq!(error, "\"quota_action\" goes with \"quota\"");
    assert!(add_error("threshold 0x1000000000000000").contains("is out of range"));
    assert!(add_error("quota 1 quota_action stop").contains("neither tell nor drop"));
    assert!(key_error("threshold 1").starts_with("unknown word"));
}

#[test]
fn versions_do_not_mix() {
    assert_eq!(
        add_error("version 0 i_tei 1"),
        "version 0 has tid and flow, not i_tei"
    );
    assert_eq!(
        add_error("version 1 tid 1"),
        "version 1 has i_tei and o_tei, not tid"
    );
    assert_eq!(
        key_error("tid 1 i_tei 1"),
        "tid and flow are of version 0, i_tei and o_tei of version 1"
    );
}

#[test]
fn a_context_is_named_by_one_key() {
    let key = |line: &str| KeyWords::parse(&split(line)).unwrap().key;
    assert_eq!(
        key("dev gtp0 ms 10.45.0.2"),
        PdpKey::Ms("10.45.0.2".parse().unwrap())
    );
    assert_eq!(
        key("dev gtp0 version 1 i_tei 100"),
        PdpKey::ITei(100, Family::Inet)
    );
    assert_eq!(
        key("dev gtp0 tid 5 family inet6"),
        PdpKey::Tid(5, Family::Inet6)
    );
    assert_eq!(
        key("dev gtp0 version 0 ms 2001:db8:0:1:: family inet6"),
        PdpKey::Ms("2001:db8:0:1::".parse().unwrap())
    );

    assert_eq!(
        key_error("dev gtp0"),
        "one of \"ms\", \"i_tei\" and \"tid\" is missing"
    );
    assert_eq!(
        key_error("dev gtp0 ms 10.0.0.1 i_tei 1"),
        "\"ms\", \"i_tei\" and \"tid\" exclude each other"
    );
    assert_eq!(
        key_error("dev gtp0 ms 10.0.0.1 family inet6"),
        "ms 10.0.0.1 is not of family inet6"
    );
    assert_eq!(key_error("ms 10.0.0.1"), "\"dev\" is missing");
    assert_eq!(
        key_error("dev gtp0 ifindex 1 ms 10.0.0.1"),
        "\"dev\" and \"ifindex\" exclude each other"
    );
}

#[test]
fn a_command_has_its_own_words() {
    assert!(key_error("peer 192.0.2.1").starts_with("unknown word \"peer\", expected one of: dev"));
    assert!(add_error("family inet").starts_with("unknown word \"family\""));
    assert!(list_words(&split("ms 10.0.0.1")).is_err());
    assert_eq!(list_words(&[]).unwrap(), None);
    assert!(list_words(&split("dev gtp0")).unwrap().is_some());
    assert_eq!(
        usage(family("inet5").unwrap_err()),
        "family \"inet5\" is neither inet nor inet6"
    );
}

#[test]
fn a_qos_flow_has_its_words() {
    let whole = "dev gtp0 i_tei 1 o_tei 2 ms 10.0.0.1 peer 192.0.2.1";
    let flow = |more: &str| {
        let line = format!("{whole} {more}");
        AddWords::parse(&split(&line)).unwrap().flow
    };
    let expected = |qfi, rqi, ppi| Some(QosFlow { qfi, rqi, ppi });
    assert_eq!(flow(""), None);
    assert_eq!(flow("qfi 63"), expected(63, false, None));
    assert_eq!(flow("rqi qfi 0 ppi 7"), expected(0, true, Some(7)));

    let error = |more: &str| add_error(&format!("{whole} {more}"));
    assert_eq!(
        error("qfi 64"),
        "qfi 64 is out of range, it goes from 0 to 63"
    );
    assert_eq!(
        error("qfi 1 ppi 8"),
        "ppi 8 is out of range, it goes from 0 to 7"
    );
    assert_eq!(error("rqi"), "\"rqi\" and \"ppi\" go with \"qfi\"");
    assert_eq!(error("ppi 1"), "\"rqi\" and \"ppi\" go with \"qfi\"");
    assert_eq!(error("qfi 1 rqi rqi"), "\"rqi\" stands twice");
    assert_eq!(
        add_error("dev gtp0 tid 1 flow 2 ms 10.0.0.1 peer 192.0.2.1 qfi 1"),
        "version 0 has no QoS flows"
    );
    assert!(key_error("dev gtp0 qfi 1").starts_with("unknown word \"qfi\""));
    assert!(key_error("dev gtp0 rqi").starts_with("unknown word \"rqi\""));
}

#[test]
fn a_tunnel_is_ended_where_one_can_be_left() {
    let line = "dev gtp0 i_tei 1 o_tei 2 ms 10.0.0.1 peer 192.0.2.1 end_marker";
    let words = split(line);
    let add = AddWords::parse(&words).unwrap();
    assert_eq!(add.mode(NewMode::Update).unwrap(), NewMode::UpdateAndEnd);
    assert_eq!(add.mode(NewMode::Replace).unwrap(), NewMode::ReplaceAndEnd);
    assert!(usage(add.mode(NewMode::Exclusive).unwrap_err()).contains("add ends no tunnel"));
}

#[test]
fn what_is_printed_can_be_read_again() {
    let context = PdpContext {
        link: 7,
        limits: Limits::default(),
        usage: None,
        tunnel: Tunnel::V0 {
            tid: u64::MAX,
            flow: 65535,
        },
        ms: "2001:db8:0:1::".parse().unwrap(),
        peer: "192.0.2.1".parse().unwrap(),
        flow: None,
        bearer: 0,
        other: Vec::new(),
    };
    let text = PdpView::new(&context, None).to_string();
    let words = split(&text);
    let (again, netns) = AddWords::parse(&words)
        .unwrap()
        .resolve(&mut Links::default())
        .unwrap();
    assert_eq!(again, context);
    assert_eq!(netns, None);
}
