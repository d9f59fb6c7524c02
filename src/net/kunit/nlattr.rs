// SPDX-License-Identifier: GPL-2.0

//! Tests of [`crate::net::nlattr`].

use super::super::{
    bindings,
    nlattr::{
        total_size,
        Attr,
        Attrs,
        Policy,
        Rule,
        Writer, //
    }, //
};
use core::{
    net::{
        Ipv4Addr,
        Ipv6Addr, //
    },
    ptr::NonNull, //
};
use kernel::prelude::*;

/// Attributes as they lie in a message, aligned as there.
#[repr(C, align(4))]
struct Octets<const N: usize>([u8; N]);

impl<const N: usize> Octets<N> {
    /// What begins here, as one attribute. Its header must say what is there.
    fn attr(&mut self) -> Option<Attr<'_>> {
        let mut table = [self.0.as_mut_ptr().cast::<bindings::nlattr>()];
        // SAFETY: The table holds attribute 0, whose octets are borrowed by the result.
        unsafe { Attrs::from_raw(table.as_mut_ptr(), 0) }.get(0)
    }

    /// Whether the kernel's validation lets the octets pass.
    fn pass<const M: usize>(&self, policy: &'static Policy<M>) -> bool {
        let len = c_int::try_from(N).unwrap_or(0);
        // SAFETY: `len` octets can be read, and the policy covers the attributes up to the
        // highest that is named.
        let result = unsafe {
            bindings::__nla_validate(
                self.0.as_ptr().cast(),
                len,
                Policy::<M>::max_attr() as c_int,
                policy.as_ptr(),
                bindings::netlink_validation_NL_VALIDATE_LIBERAL,
                core::ptr::null_mut(),
            )
        };
        result == 0
    }
}

/// An attribute's header, as it stands in a message.
fn header(len: u16, kind: u16) -> [u8; 4] {
    let ([a, b], [c, d]) = (len.to_ne_bytes(), kind.to_ne_bytes());
    [a, b, c, d]
}

/// `N` octets that begin with `parts`, one behind the other; the rest is `0xee`.
fn octets<const N: usize>(parts: &[&[u8]]) -> Octets<N> {
    let mut octets = [0xee; N];
    let all = parts.iter().flat_map(|part| part.iter());
    for (to, from) in octets.iter_mut().zip(all) {
        *to = *from;
    }
    Octets(octets)
}

/// A message under construction, freed with this.
struct Message(NonNull<bindings::sk_buff>);

impl Message {
    fn new() -> Result<Self> {
        // SAFETY: Any context will do.
        let skb = unsafe { bindings::helpers::genlmsg_new(0, bindings::NET_CONST_GFP_KERNEL) };
        NonNull::new(skb).map(Self).ok_or(ENOMEM)
    }

    fn writer(&mut self) -> Writer<'_> {
        // SAFETY: The message is valid, and borrowed.
        unsafe { Writer::from_raw(self.0) }
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: The message is valid and linear; `len` octets from `data` on are its data.
        unsafe {
            let skb = self.0.as_ptr();
            core::slice::from_raw_parts((*skb).data, (*skb).len as usize)
        }
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        // SAFETY: The message is valid, and given away.
        unsafe { bindings::consume_skb(self.0.as_ptr()) };
    }
}

static POLICY: Policy<8> = Policy::new(&[
    (1, Rule::U8),
    (2, Rule::U16),
    (3, Rule::U32),
    (4, Rule::U64),
    (5, Rule::AtLeast(16)),
]);

#[kunit_tests(gtp_net_nlattr)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let payload = [1, 2, 3, 4, 5, 6, 7, 8];
        let mut octets: Octets<12> = octets(&[&header(12, 1), &payload]);
        let attr = octets.attr();
        assert_eq!(attr.map(Attr::bytes), Some(&payload[..]));
        assert_eq!(attr.map(Attr::u8), Some(1));
        assert_eq!(attr.map(Attr::u16), Some(u16::from_ne_bytes([1, 2])));
        assert_eq!(attr.map(Attr::u32), Some(u32::from_ne_bytes([1, 2, 3, 4])));
        assert_eq!(attr.map(Attr::i32), Some(i32::from_ne_bytes([1, 2, 3, 4])));
        assert_eq!(attr.map(Attr::u64), Some(u64::from_ne_bytes(payload)));
        assert_eq!(attr.map(Attr::ipv4), Some(Ipv4Addr::new(1, 2, 3, 4)));
    }

    #[test]
    fn shorter_than_the_number() {
        // What stands behind the attribute is not read.
        let mut octets: Octets<24> = octets(&[&header(7, 1), &[1, 2, 3]]);
        let attr = octets.attr();
        assert_eq!(attr.map(|attr| attr.bytes().len()), Some(3));
        assert_eq!(attr.map(Attr::u16), Some(u16::from_ne_bytes([1, 2])));
        assert_eq!(attr.map(Attr::u32), Some(0));
        assert_eq!(attr.map(Attr::u64), Some(0));
        assert_eq!(attr.map(Attr::ipv6), Some(Ipv6Addr::UNSPECIFIED));
    }

    #[test]
    fn shorter_than_a_header() {
        for len in 0..4 {
            let mut octets: Octets<8> = octets(&[&header(len, 1)]);
            assert_eq!(octets.attr().map(|attr| attr.bytes().len()), Some(0));
            assert_eq!(octets.attr().map(Attr::u8), Some(0));
        }
    }

    #[test]
    fn nested() {
        let mut octets: Octets<28> = octets(&[
            &header(28, 1),
            // Five octets and three of padding, a flag in the type, an empty one.
            &header(9, 2),
            &[1, 2, 3, 4, 5, 0, 0, 0],
            &header(8, 3 | 0x8000),
            &[6, 7, 8, 9],
            &header(4, 4),
        ]);
        let attr = octets.attr();
        let find = |kind| attr.and_then(|attr| attr.nested(kind)).map(Attr::bytes);
        assert_eq!(find(2), Some(&[1, 2, 3, 4, 5][..]));
        assert_eq!(find(3), Some(&[6, 7, 8, 9][..]));
        assert_eq!(find(4), Some(&[][..]));
        assert_eq!(find(1), None);
        assert_eq!(find(5), None);
    }

    #[test]
    fn nested_is_the_first() {
        let mut octets: Octets<20> = octets(&[
            &header(20, 1),
            &header(8, 2),
            &[1; 4],
            &header(8, 2),
            &[2; 4],
        ]);
        let attr = octets.attr().and_then(|attr| attr.nested(2));
        assert_eq!(attr.map(Attr::bytes), Some(&[1; 4][..]));
    }

    #[test]
    fn nested_is_truncated() {
        // The inner one says more than the outer one has, up to all there can be.
        for len in [9, 12, 16, u16::MAX] {
            let mut octets: Octets<32> = octets(&[&header(12, 1), &header(len, 2), &[1; 4]]);
            assert!(octets.attr().is_some_and(|attr| attr.nested(2).is_none()));
        }
        // It is cut within its header.
        for len in 4..8 {
            let mut octets: Octets<32> = octets(&[&header(len, 1), &header(4, 2)]);
            assert!(octets.attr().is_some_and(|attr| attr.nested(2).is_none()));
        }
        // Its padding is cut, and it is the last one.
        let mut octets: Octets<32> = octets(&[&header(13, 1), &header(9, 2), &[1; 5]]);
        let attr = octets.attr().and_then(|attr| attr.nested(2));
        assert_eq!(attr.map(Attr::bytes), Some(&[1; 5][..]));
    }

    #[test]
    fn nested_comes_to_an_end() {
        // Lengths that are none do not lead in a circle.
        for len in 0..4 {
            let mut octets: Octets<24> = octets(&[
                &header(20, 1),
                &header(len, 2),
                &header(len, 2),
                &header(8, 3),
            ]);
            let attr = octets.attr();
            let found = attr.and_then(|attr| attr.nested(3)).map(Attr::bytes);
            assert_eq!(found, Some(&[0xee; 4][..]));
            let empty = attr.and_then(|attr| attr.nested(2)).map(Attr::bytes);
            assert_eq!(empty, Some(&[][..]));
        }
    }

    #[test]
    fn table() {
        let mut octets: Octets<8> = octets(&[&header(8, 2), &[1; 4]]);
        let mut table = [core::ptr::null_mut(), octets.0.as_mut_ptr().cast()];
        // SAFETY: The table holds the attributes 0 and 1.
        let attrs = unsafe { Attrs::from_raw(table.as_mut_ptr(), 1) };
        assert!(attrs.is_present());
        assert!(attrs.get(0).is_none());
        assert_eq!(attrs.get(1).map(Attr::bytes), Some(&[1; 4][..]));
        assert!(attrs.get(2).is_none());
        assert!(attrs.get(u16::MAX).is_none());
        // SAFETY: None may be null.
        let none = unsafe { Attrs::from_raw(core::ptr::null_mut(), 8) };
        assert!(!none.is_present());
        assert!(none.get(0).is_none());
        assert!(none.get(8).is_none());
    }

    #[test]
    fn policy_asks_for_a_length() {
        for (kind, least) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16)] {
            for len in 0..20u16 {
                let octets: Octets<24> = octets(&[&header(4 + len, kind)]);
                assert_eq!(octets.pass(&POLICY), len >= least);
            }
        }
        // Those without a rule, and those behind the last, are not looked at.
        for kind in [0, 6, 7, 8, 100] {
            let octets: Octets<4> = octets(&[&header(4, kind)]);
            assert!(octets.pass(&POLICY));
        }
        assert_eq!(Policy::<8>::max_attr(), 7);
    }

    #[test]
    fn written_and_read_again() -> Result {
        let mut message = Message::new()?;
        let mut writer = message.writer();
        writer.put_u8(1, 1)?;
        writer.put_u16(2, 2)?;
        writer.put_u32(3, 3)?;
        writer.put_u64(4, 4, 7)?;
        writer.put(5, &[5; 5])?;
        let bytes = message.bytes();
        assert_eq!(bytes.len() % 4, 0);
        // Eight octets are aligned to eight, if they must be, by an empty one in front.
        let least = [1, 2, 4, 8, 5].map(total_size).iter().sum::<usize>();
        assert!(bytes.len() == least || bytes.len() == least + 4);
        let len = u16::try_from(bytes.len() + 4).map_err(|_| EINVAL)?;
        let mut octets: Octets<128> = octets(&[&header(len, 1), bytes]);
        let attr = octets.attr().ok_or(EINVAL)?;
        assert_eq!(attr.nested(1).map(Attr::u8), Some(1));
        assert_eq!(attr.nested(2).map(Attr::u16), Some(2));
        assert_eq!(attr.nested(3).map(Attr::u32), Some(3));
        assert_eq!(attr.nested(4).map(Attr::u64), Some(4));
        assert_eq!(attr.nested(5).map(Attr::bytes), Some(&[5; 5][..]));
        Ok(())
    }

    #[test]
    fn written_until_it_is_full() -> Result {
        let mut message = Message::new()?;
        let mut count = 0;
        while count < 10_000 && message.writer().put(1, &[1; 8]).is_ok() {
            count += 1;
        }
        assert!(count > 0 && count < 10_000);
        assert_eq!(message.writer().put(1, &[1; 8]), Err(EMSGSIZE));
        assert_eq!(message.bytes().len(), count * total_size(8));
        Ok(())
    }
}
