// SPDX-License-Identifier: GPL-2.0

//! Netlink attributes: policies, reading and writing.
//!
//! C header: `include/net/netlink.h`.

use super::bindings;
use core::{
    marker::PhantomData,
    net::{
        Ipv4Addr,
        Ipv6Addr, //
    },
    ptr::NonNull, //
};
use kernel::{
    error::to_result,
    prelude::*, //
};

/// What the validation of a request demands of one attribute. All lengths are minimum
/// lengths: longer attributes are accepted, as for any family with lenient validation. A
/// command with strict validation takes integers of that length only.
#[derive(Clone, Copy)]
pub(crate) enum Rule {
    /// An unsigned integer of one octet.
    U8,
    /// An unsigned integer of one octet, and no more than this.
    AtMost(u8),
    /// Nothing: the attribute is there, or is not.
    Flag,
    /// An unsigned integer of two octets.
    U16,
    /// An unsigned integer of four octets, or an IPv4 address.
    U32,
    /// An unsigned integer of eight octets.
    U64,
    /// At least this many octets.
    AtLeast(u16),
}

/// A policy for the attributes 0 to `N - 1`.
#[repr(transparent)]
pub(crate) struct Policy<const N: usize>([bindings::nla_policy; N]);

// SAFETY: The table is never written, and the pointers in it are null.
unsafe impl<const N: usize> Sync for Policy<N> {}

impl<const N: usize> Policy<N> {
    /// Makes the policy of rules for attributes by their numbers. Anything goes for those
    /// without a rule: they are not looked at.
    pub(crate) const fn new(rules: &[(u16, Rule)]) -> Self {
        // SAFETY: All zero is a valid `struct nla_policy`, one that asks for nothing.
        let mut table: [bindings::nla_policy; N] = unsafe { core::mem::zeroed() };
        let mut i = 0;
        while i < rules.len() {
            let (attr, rule) = rules[i];
            let any = bindings::nla_policy_validation_NLA_VALIDATE_NONE;
            let (kind, validation, bound) = match rule {
                Rule::U8 => (bindings::NLA_U8, any, 0),
                Rule::AtMost(max) => {
                    let at_most = bindings::nla_policy_validation_NLA_VALIDATE_MAX;
                    (bindings::NLA_U8, at_most, max as i16)
                }
                Rule::Flag => (bindings::NLA_FLAG, any, 0),
                Rule::U16 => (bindings::NLA_U16, any, 0),
                Rule::U32 => (bindings::NLA_U32, any, 0),
                Rule::U64 => (bindings::NLA_U64, any, 0),
                Rule::AtLeast(len) => {
                    let at_least = bindings::nla_policy_validation_NLA_VALIDATE_MIN;
                    (bindings::NLA_BINARY, at_least, len as i16)
                }
            };
            table[attr as usize].type_ = kind as u8;
            table[attr as usize].validation_type = validation as u8;
            // Only the bound that the validation is about is looked at.
            table[attr as usize].__bindgen_anon_1.__bindgen_anon_1 =
                bindings::nla_policy__bindgen_ty_1__bindgen_ty_1 {
                    min: bound,
                    max: bound,
                };
            i += 1;
        }
        Self(table)
    }

    /// Returns the pointer that C structures hold.
    pub(super) const fn as_ptr(&self) -> *const bindings::nla_policy {
        self.0.as_ptr()
    }

    /// The highest attribute number that the policy knows.
    pub(super) const fn max_attr() -> u32 {
        (N - 1) as u32
    }
}

/// One attribute of a request.
///
/// # Invariants
///
/// The pointer is valid for reading, the payload that the header announces
/// included, during `'a`.
#[derive(Clone, Copy)]
pub(crate) struct Attr<'a>(NonNull<bindings::nlattr>, PhantomData<&'a [u8]>);

impl<'a> Attr<'a> {
    /// Returns the pointer that C functions take.
    pub(super) fn as_ptr(self) -> *const bindings::nlattr {
        self.0.as_ptr()
    }

    /// The payload.
    pub(crate) fn bytes(self) -> &'a [u8] {
        const HEADER: usize = size_of::<bindings::nlattr>();

        // SAFETY: By the type invariant the header can be read.
        let len = usize::from(unsafe { (*self.0.as_ptr()).nla_len }).saturating_sub(HEADER);
        // SAFETY: By the type invariant `len` octets follow the header and live for `'a`.
        unsafe { core::slice::from_raw_parts(self.0.as_ptr().cast::<u8>().add(HEADER), len) }
    }

    /// The first attribute number `kind` among those in the payload.
    pub(crate) fn nested(self, kind: u16) -> Option<Attr<'a>> {
        /// The bits of a type that are not flags.
        const KIND: u16 = 0x3fff;

        let mut rest = self.bytes();
        loop {
            let [l0, l1, k0, k1] = *rest.first_chunk()?;
            let len = usize::from(u16::from_ne_bytes([l0, l1]));
            let attr = rest.get(..len.max(size_of::<bindings::nlattr>()))?;
            if u16::from_ne_bytes([k0, k1]) & KIND == kind {
                // INVARIANT: The header and the payload that it announces are within the
                // payload of `self`.
                return Some(Attr(NonNull::from(attr).cast(), PhantomData));
            }
            rest = rest.get(attr.len().next_multiple_of(4)..)?;
        }
    }

    /// The first `N` octets; zeroes where the policy let a shorter one pass.
    fn chunk<const N: usize>(self) -> [u8; N] {
        self.bytes().first_chunk().copied().unwrap_or([0; N])
    }

    /// Reads an unsigned integer of one octet.
    pub(crate) fn u8(self) -> u8 {
        u8::from_ne_bytes(self.chunk())
    }

    /// Reads an unsigned integer of two octets, host byte order.
    pub(crate) fn u16(self) -> u16 {
        u16::from_ne_bytes(self.chunk())
    }

    /// Reads an unsigned integer of four octets, host byte order.
    pub(crate) fn u32(self) -> u32 {
        u32::from_ne_bytes(self.chunk())
    }

    /// Reads a signed integer of four octets, host byte order.
    pub(crate) fn i32(self) -> i32 {
        i32::from_ne_bytes(self.chunk())
    }

    /// Reads an unsigned integer of eight octets, host byte order.
    pub(crate) fn u64(self) -> u64 {
        u64::from_ne_bytes(self.chunk())
    }

    /// Reads an IPv4 address.
    pub(crate) fn ipv4(self) -> Ipv4Addr {
        Ipv4Addr::from(self.chunk::<4>())
    }

    /// Reads an IPv6 address.
    pub(crate) fn ipv6(self) -> Ipv6Addr {
        Ipv6Addr::from(self.chunk::<16>())
    }
}

/// The parsed attributes of a request, by number.
///
/// # Invariants
///
/// The pointer is null, or points to a table of `len` pointers that are null or
/// valid attributes during `'a`.
#[derive(Clone, Copy)]
pub(crate) struct Attrs<'a> {
    table: *mut *mut bindings::nlattr,
    len: usize,
    _lifetime: PhantomData<&'a [u8]>,
}

impl<'a> Attrs<'a> {
    /// Wraps the table that a netlink callback was given.
    ///
    /// # Safety
    ///
    /// `table` must be null or hold the attributes 0 to `max` for the lifetime of
    /// the result.
    pub(super) unsafe fn from_raw(table: *mut *mut bindings::nlattr, max: u32) -> Self {
        // INVARIANT: The caller's duty.
        Self {
            table,
            len: usize::try_from(max).unwrap_or(0).saturating_add(1),
            _lifetime: PhantomData,
        }
    }

    /// Whether there is a table at all: `IFLA_INFO_DATA` may be missing.
    pub(crate) fn is_present(&self) -> bool {
        !self.table.is_null()
    }

    /// Returns attribute number `kind`, if the request has it.
    pub(crate) fn get(&self, kind: u16) -> Option<Attr<'a>> {
        let kind = usize::from(kind);
        if self.table.is_null() || kind >= self.len {
            return None;
        }
        // SAFETY: By the type invariant the table has an entry for `kind`.
        let attr = unsafe { *self.table.add(kind) };
        // INVARIANT: Attributes in the table are valid during `'a`.
        NonNull::new(attr).map(|attr| Attr(attr, PhantomData))
    }

    /// The attributes that the request has, with their numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u16, Attr<'a>)> + '_ {
        let kinds = 0..u16::try_from(self.len).unwrap_or(u16::MAX);
        kinds.filter_map(|kind| Some((kind, self.get(kind)?)))
    }
}

/// Writes attributes at the end of a netlink message.
///
/// # Invariants
///
/// The pointer is a netlink message under construction that nobody else writes
/// during `'a`.
pub(crate) struct Writer<'a>(NonNull<bindings::sk_buff>, PhantomData<&'a mut ()>);

impl Writer<'_> {
    /// Wraps a message under construction.
    ///
    /// # Safety
    ///
    /// `skb` must be a netlink message that only the result writes while it lives.
    pub(super) unsafe fn from_raw(skb: NonNull<bindings::sk_buff>) -> Self {
        // INVARIANT: The caller's duty.
        Self(skb, PhantomData)
    }

    /// Appends the attribute `kind` with the payload `bytes`.
    ///
    /// # Errors
    ///
    /// EMSGSIZE when it does not fit.
    pub(crate) fn put(&mut self, kind: u16, bytes: &[u8]) -> Result {
        let len = c_int::try_from(bytes.len()).map_err(|_| EMSGSIZE)?;
        // SAFETY: By the type invariant the message may be written; `bytes` is
        // readable for `len` octets.
        to_result(unsafe {
            bindings::nla_put(
                self.0.as_ptr(),
                c_int::from(kind),
                len,
                bytes.as_ptr().cast(),
            )
        })
    }

    /// Appends an attribute that says all by being there.
    ///
    /// # Errors
    ///
    /// EMSGSIZE when it does not fit.
    pub(crate) fn put_flag(&mut self, kind: u16) -> Result {
        self.put(kind, &[])
    }

    /// Appends an unsigned integer of one octet.
    ///
    /// # Errors
    ///
    /// EMSGSIZE when it does not fit.
    pub(crate) fn put_u8(&mut self, kind: u16, value: u8) -> Result {
        self.put(kind, &[value])
    }

    /// Appends an unsigned integer of two octets, host byte order.
    ///
    /// # Errors
    ///
    /// EMSGSIZE when it does not fit.
    pub(crate) fn put_u16(&mut self, kind: u16, value: u16) -> Result {
        self.put(kind, &value.to_ne_bytes())
    }

    /// Appends an unsigned integer of four octets, host byte order.
    ///
    /// # Errors
    ///
    /// EMSGSIZE when it does not fit.
    pub(crate) fn put_u32(&mut self, kind: u16, value: u32) -> Result {
        self.put(kind, &value.to_ne_bytes())
    }

    /// Appends an unsigned integer of eight octets, host byte order, aligned to
    /// eight octets with an empty attribute `pad` in front where that takes one.
    ///
    /// # Errors
    ///
    /// EMSGSIZE when it does not fit.
    pub(crate) fn put_u64(&mut self, kind: u16, value: u64, pad: u16) -> Result {
        let bytes = value.to_ne_bytes();
        // SAFETY: By the type invariant the message may be written; `bytes` is
        // readable for eight octets.
        to_result(unsafe {
            bindings::nla_put_64bit(
                self.0.as_ptr(),
                c_int::from(kind),
                8,
                bytes.as_ptr().cast(),
                c_int::from(pad),
            )
        })
    }

    /// Appends the attribute `kind` with the attributes in it that `fill` writes.
    ///
    /// # Errors
    ///
    /// EMSGSIZE when it does not fit, or what `fill` says: the message is not whole then.
    pub(crate) fn nest(&mut self, kind: u16, fill: impl FnOnce(&mut Self) -> Result) -> Result {
        // SAFETY: By the type invariant the message may be written.
        let start = unsafe { bindings::helpers::nla_nest_start(self.0.as_ptr(), kind) };
        let start = NonNull::new(start).ok_or(EMSGSIZE)?;
        fill(self)?;
        // SAFETY: As above; the attribute was begun in this message.
        unsafe { bindings::helpers::nla_nest_end(self.0.as_ptr(), start.as_ptr()) };
        Ok(())
    }
}

/// Room that an attribute with a payload of `len` octets takes in a message.
pub(crate) const fn total_size(len: usize) -> usize {
    size_of::<bindings::nlattr>()
        .wrapping_add(len)
        .wrapping_add(3)
        & !3
}
