// SPDX-License-Identifier: GPL-2.0

//! Tests of [`crate::net::skb`].

use super::{
    super::{
        bindings,
        skb::{
            DropReason,
            SkBuff,
            ETH_P_IP,
            ETH_P_IPV6, //
        },
    },
    loopback,
    Socket, //
};
use kernel::prelude::*;

/// How long the packets of the tests are, in octets: several pages.
const LEN: usize = 9000;

/// A packet of `data`, the first `linear` octets of which are linear, and the first `nhlen`
/// a network header in front of what is to be looked at. It is of EtherType `protocol`.
fn packet_of(data: &[u8], linear: usize, nhlen: usize, protocol: u16) -> Result<SkBuff> {
    // SAFETY: `data` is readable for its length.
    let skb = unsafe {
        bindings::helpers::kunit_skb(
            data.as_ptr().cast(),
            data.len() as c_uint,
            linear as c_uint,
            nhlen as c_uint,
            protocol,
        )
    };
    if skb.is_null() {
        return Err(ENOMEM);
    }
    // SAFETY: The packet is new, so that it is ours.
    Ok(unsafe { SkBuff::from_raw(skb) })
}

/// A packet of IPv4, otherwise as above.
fn packet(data: &[u8], linear: usize, nhlen: usize) -> Result<SkBuff> {
    packet_of(data, linear, nhlen, ETH_P_IP)
}

/// `len` octets that tell where they stand.
fn pattern(len: usize) -> Result<KVec<u8>> {
    let mut data = KVec::with_capacity(len, GFP_KERNEL)?;
    for at in 0..len {
        data.push(octet(at), GFP_KERNEL)?;
    }
    Ok(data)
}

/// What octet number `at` of the pattern is.
fn octet(at: usize) -> u8 {
    (at % 251) as u8
}

/// Whether `data` is the pattern from `start` on.
fn is_pattern(data: &[u8], start: usize) -> bool {
    data.iter()
        .enumerate()
        .all(|(i, &found)| found == octet(start + i))
}

/// The whole of a packet, linear or not.
fn contents(skb: &SkBuff) -> Result<KVec<u8>> {
    let mut data = KVec::from_elem(0, skb.len(), GFP_KERNEL)?;
    // SAFETY: There is room for the packet's length.
    let result = unsafe {
        bindings::helpers::kunit_skb_copy(
            skb.as_ptr(),
            0,
            data.as_mut_ptr().cast(),
            skb.len() as c_int,
        )
    };
    kernel::error::to_result(result)?;
    Ok(data)
}

/// What becomes of `data` of `linear` linear octets, an IP header of `nhlen` in front, when
/// `start` octets behind that are removed, and those from `end` on.
fn decap_to(
    data: &[u8],
    linear: usize,
    nhlen: usize,
    start: usize,
    end: usize,
    protocol: u16,
) -> Result<(SkBuff, Result<(), DropReason>)> {
    let socket = Socket::new(false)?;
    let skb = packet(data, linear, nhlen)?;
    let dev = loopback();
    // SAFETY: The packet is ours; socket and device are valid.
    let code = unsafe {
        bindings::helpers::skb_decap(
            skb.as_ptr(),
            c_uint::try_from(start)?,
            c_uint::try_from(end)?,
            protocol,
            socket.sk().as_ptr(),
            dev,
        )
    };
    let result = match code {
        0 | 1 => Ok(()),
        code => Err(SkBuff::not_received(code)),
    };
    Ok((skb, result))
}

/// The same without an end.
fn decap(
    data: &[u8],
    linear: usize,
    nhlen: usize,
    start: usize,
    protocol: u16,
) -> Result<(SkBuff, Result<(), DropReason>)> {
    decap_to(data, linear, nhlen, start, u32::MAX as usize, protocol)
}

/// An outer IPv4 header and eight octets each of UDP and of a tunnel, in front of `inner`.
fn datagram(tos: u8, inner: &[u8]) -> Result<KVec<u8>> {
    let mut data = KVec::from_elem(0, 36, GFP_KERNEL)?;
    if let [first, second, ..] = &mut data[..] {
        (*first, *second) = (0x45, tos);
    }
    data.extend_from_slice(inner, GFP_KERNEL)?;
    Ok(data)
}

/// An IPv4 header with this TOS octet, and nothing else in it.
fn ipv4(tos: u8) -> [u8; 20] {
    let mut header = [0; 20];
    (header[0], header[1]) = (0x45, tos);
    header
}

#[kunit_tests(gtp_net_skb)]
mod tests {
    use super::*;

    #[test]
    fn linear_packet() -> Result {
        let data = pattern(100)?;
        let mut skb = SkBuff::with_data(&data)?;
        assert_eq!(skb.len(), 100);
        assert_eq!(skb.linear().len(), 100);
        assert!(is_pattern(skb.linear(), 0));
        assert!(skb.may_pull(0));
        assert!(skb.may_pull(100));
        assert!(!skb.may_pull(101));
        assert!(!skb.may_pull(usize::MAX));
        assert!(!skb.may_pull(u32::MAX as usize + 1));
        assert_eq!(skb.len(), 100);
        skb.consume();
        Ok(())
    }

    #[test]
    fn empty_packet() -> Result {
        let mut skb = SkBuff::with_data(&[])?;
        assert_eq!(skb.len(), 0);
        assert!(skb.linear().is_empty());
        assert!(skb.may_pull(0));
        assert!(!skb.may_pull(1));
        skb.drop_with(DropReason::HeaderTruncated);
        Ok(())
    }

    #[test]
    fn paged_packet_becomes_linear() -> Result {
        let mut skb = packet(&pattern(LEN)?, 10, 0)?;
        assert_eq!(skb.len(), LEN);
        assert_eq!(skb.linear().len(), 10);
        assert!(skb.may_pull(10));
        assert_eq!(skb.linear().len(), 10);
        // Beyond the end nothing is pulled.
        assert!(!skb.may_pull(LEN + 1));
        assert_eq!(skb.linear().len(), 10);
        assert!(skb.may_pull(64));
        assert!(skb.linear().len() >= 64);
        assert!(is_pattern(skb.linear(), 0));
        assert!(skb.may_pull(LEN));
        assert_eq!(skb.linear().len(), LEN);
        assert!(is_pattern(skb.linear(), 0));
        assert_eq!(skb.len(), LEN);
        Ok(())
    }

    #[test]
    fn packet_without_linear_data() -> Result {
        let mut skb = packet(&pattern(LEN)?, 0, 0)?;
        assert!(skb.linear().is_empty());
        assert!(skb.may_pull(1));
        assert!(is_pattern(skb.linear(), 0));
        Ok(())
    }

    #[test]
    fn decap_trims() -> Result {
        // What is behind the end goes: in the linear part, and in pages.
        let mut inner = pattern(LEN)?;
        inner[..20].copy_from_slice(&ipv4(0));
        let data = datagram(0, &inner)?;
        for linear in [36 + LEN, 36, 28] {
            for len in [LEN, LEN - 1, 4106, 4105, 21, 20] {
                let (skb, result) = decap_to(&data, linear, 20, 16, 16 + len, ETH_P_IP)?;
                assert_eq!(result, Ok(()));
                assert_eq!(skb.len(), len);
                let contents = contents(&skb)?;
                assert_eq!(contents.len(), len);
                assert!(is_pattern(&contents[20..], 20));
            }
            // Nothing is left of the inner header, or not all.
            for end in [0, 15, 16, 35] {
                let (_, result) = decap_to(&data, linear, 20, 16, end, ETH_P_IP)?;
                assert_eq!(result, Err(DropReason::HeaderTruncated));
            }
        }
        Ok(())
    }

    #[test]
    fn network_header_of_what_was_pulled() -> Result {
        let skb = packet(&pattern(100)?, 100, 20)?;
        assert!(is_pattern(skb.linear(), 20));
        assert!(skb
            .network_header::<20>()
            .is_some_and(|header| is_pattern(&header, 0)));
        // It may go on into the data, but not beyond the linear part.
        assert!(skb.network_header::<100>().is_some());
        assert!(skb.network_header::<101>().is_none());
        let skb = packet(&pattern(LEN)?, 30, 20)?;
        assert!(skb.network_header::<30>().is_some());
        assert!(skb.network_header::<31>().is_none());
        Ok(())
    }

    #[test]
    fn decap_leaves_the_inner_packet() -> Result {
        for linear in [56, 36, 30] {
            let (skb, result) = decap(&datagram(0, &ipv4(0))?, linear, 20, 16, ETH_P_IP)?;
            assert_eq!(result, Ok(()));
            assert_eq!(skb.len(), 20);
            // The inner header was made linear.
            assert_eq!(skb.linear(), &ipv4(0)[..]);
            assert_eq!(skb.network_header::<20>(), Some(ipv4(0)));
        }
        Ok(())
    }

    #[test]
    fn decap_of_a_large_packet() -> Result {
        let mut inner = pattern(LEN)?;
        inner[..20].copy_from_slice(&ipv4(0));
        let (skb, result) = decap(&datagram(0, &inner)?, 28, 20, 16, ETH_P_IP)?;
        assert_eq!(result, Ok(()));
        assert_eq!(skb.len(), LEN);
        let contents = contents(&skb)?;
        assert_eq!(&contents[..20], &ipv4(0)[..]);
        assert!(is_pattern(&contents[20..], 20));
        Ok(())
    }

    #[test]
    fn decap_of_short_data() -> Result {
        // The inner header is cut, or not there at all.
        for len in 0..20 {
            for linear in [36 + len, 20] {
                let data = datagram(0, &ipv4(0)[..len])?;
                let (_, result) = decap(&data, linear, 20, 16, ETH_P_IP)?;
                assert_eq!(result, Err(DropReason::HeaderTruncated));
            }
        }
        for len in [20, 39] {
            let data = datagram(0, &[0x60; 39][..len])?;
            let (_, result) = decap(&data, 36 + len, 20, 16, ETH_P_IPV6)?;
            assert_eq!(result, Err(DropReason::HeaderTruncated));
        }
        // The outer headers are cut.
        let (_, result) = decap(&datagram(0, &[])?, 36, 20, 17, ETH_P_IP)?;
        assert!(result.is_err());
        let (_, result) = decap(&datagram(0, &[])?, 36, 20, u32::MAX as usize, ETH_P_IP)?;
        assert_eq!(result, Err(DropReason::HeaderTruncated));
        Ok(())
    }

    #[test]
    fn decap_marks_congestion() -> Result {
        // Outer CE on an inner packet whose sender understands it: RFC 6040 4.2.
        let (skb, result) = decap(&datagram(3, &ipv4(2))?, 56, 20, 16, ETH_P_IP)?;
        assert_eq!(result, Ok(()));
        assert_eq!(skb.linear().get(1).map(|tos| tos & 3), Some(3));
        // On one whose sender does not it is dropped.
        let (_, result) = decap(&datagram(3, &ipv4(0))?, 56, 20, 16, ETH_P_IP)?;
        assert_eq!(result, Err(DropReason::Ecn));
        Ok(())
    }

    #[test]
    fn inner_header_of_what_is_sent() -> Result {
        for (first, len, protocol) in [(0x45, 20, ETH_P_IP), (0x60, 40, ETH_P_IPV6)] {
            for linear in [0, 1, len - 1, len, 100] {
                let mut data = pattern(100)?;
                data[0] = first;
                let mut skb = packet_of(&data, linear, 0, protocol)?;
                assert_eq!(skb.inner_header(), Some(protocol));
                assert!(skb.linear().len() >= len);
            }
            let mut skb = packet_of(&pattern(len - 1)?, 5, 0, protocol)?;
            assert_eq!(skb.inner_header(), None);
        }
        Ok(())
    }
}
