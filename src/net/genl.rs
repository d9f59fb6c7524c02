// SPDX-License-Identifier: GPL-2.0

//! Generic netlink families with commands.
//!
//! A driver declares a static [`Family`] with a table of [`Op`]s, each made of a
//! type that implements [`Command`] and perhaps [`Dump`], and holds a
//! [`Registration`] in its module's state. Commands run in process context without
//! any lock of netlink's: families of this type are parallel.
//!
//! C header: `include/net/genetlink.h`.

use super::{
    bindings,
    extack::ExtAck,
    netns::Net,
    nlattr::{
        Attrs,
        Policy,
        Writer, //
    },
};
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};
use kernel::{
    error::{
        from_result,
        to_result, //
    },
    prelude::*,
    sync::atomic::{
        Atomic,
        Full,
        Release, //
    },
    types::Opaque, //
};

/// Flags of a request: make the object if there is none.
pub(crate) const NLM_F_CREATE: u16 = bindings::NLM_F_CREATE as u16;
/// Flags of a request: fail if the object exists.
pub(crate) const NLM_F_EXCL: u16 = bindings::NLM_F_EXCL as u16;
/// Flags of a request: replace the object if it exists.
pub(crate) const NLM_F_REPLACE: u16 = bindings::NLM_F_REPLACE as u16;

/// Room for attributes in a message of the usual size, in octets.
const MESSAGE_SIZE: usize = bindings::NET_CONST_NLMSG_GOODSIZE;

/// A command of a family.
pub(crate) trait Command {
    /// The command's number.
    const CMD: u8;
    /// Flags that a request may have, beside those that are netlink's own, where
    /// validation is strict.
    const FLAGS: u16 = 0;

    /// Answers one request.
    ///
    /// # Errors
    ///
    /// The caller gets them.
    fn run(request: &Request<'_>, extack: &mut ExtAck<'_>) -> Result;
}

/// A command that answers dump requests.
pub(crate) trait Dump {
    /// The command's number.
    const CMD: u8;

    /// Writes the next part of the dump: called again with what it left in
    /// [`DumpRequest::state`] until it writes nothing.
    ///
    /// # Errors
    ///
    /// The caller gets them, and the dump ends.
    fn dump(request: &mut DumpRequest<'_>) -> Result;
}

/// An entry in a family's table of commands.
#[repr(transparent)]
pub(crate) struct Op(bindings::genl_small_ops);

// SAFETY: Entries are not changed, and hold function pointers only.
unsafe impl Sync for Op {}

impl Op {
    /// A command for requests of a caller with CAP_NET_ADMIN over the namespace of its
    /// socket, with the lenient validation of attributes that families older than Linux 5.2
    /// have.
    pub(crate) const fn lenient<C: Command>() -> Self {
        Self(bindings::genl_small_ops {
            doit: Some(doit::<C>),
            dumpit: None,
            cmd: C::CMD,
            internal_flags: 0,
            flags: bindings::GENL_UNS_ADMIN_PERM as u8,
            validate: (bindings::genl_validate_flags_GENL_DONT_VALIDATE_STRICT
                | bindings::genl_validate_flags_GENL_DONT_VALIDATE_DUMP_STRICT)
                as u8,
        })
    }

    /// The same with strict validation: attributes are known, and integers have their length.
    /// No bit is set in the header that has no meaning for the command.
    pub(crate) const fn strict<C: Command>() -> Self {
        let mut op = Self::lenient::<C>();
        op.0.doit = Some(doit_strict::<C>);
        op.0.validate = 0;
        op
    }

    /// A strict command with a dump, of which the same is demanded.
    pub(crate) const fn strict_with_dump<C: Command + Dump>() -> Self {
        let mut op = Self::strict::<C>();
        op.0.dumpit = Some(dumpit_strict::<C>);
        op
    }

    /// A lenient command with a dump.
    pub(crate) const fn lenient_with_dump<C: Command + Dump>() -> Self {
        let mut op = Self::lenient::<C>();
        op.0.dumpit = Some(dumpit::<C>);
        op
    }

    /// The same for requests of a dump, which are all that there are, with strict validation.
    pub(crate) const fn strict_dump<C: Dump>() -> Self {
        Self(bindings::genl_small_ops {
            doit: None,
            dumpit: Some(dumpit_strict::<C>),
            cmd: C::CMD,
            internal_flags: 0,
            flags: bindings::GENL_UNS_ADMIN_PERM as u8,
            validate: 0,
        })
    }
}

/// A multicast group of a family.
#[repr(transparent)]
pub(crate) struct Group(bindings::genl_multicast_group);

// SAFETY: Plain data that is not changed.
unsafe impl Sync for Group {}

impl Group {
    /// A group that takes CAP_NET_ADMIN to join.
    pub(crate) const fn for_admins(name: &'static CStr) -> Self {
        // SAFETY: All zero is a valid group, one with an empty name.
        let mut group: bindings::genl_multicast_group = unsafe { core::mem::zeroed() };
        group.name = name_of(name);
        group.flags = bindings::NET_CONST_GENL_MCAST_CAP_NET_ADMIN;
        Self(group)
    }
}

/// Copies a name into the field that C structures have for it. For constants: a
/// longer name fails the build.
const fn name_of(name: &CStr) -> [c_char; 16] {
    let bytes = name.to_bytes_with_nul();
    let mut field = [0; 16];
    let mut i = 0;
    while i < bytes.len() {
        field[i] = bytes[i];
        i += 1;
    }
    field
}

/// A generic netlink family. To be declared as a static.
///
/// # Invariants
///
/// The operations, groups and the policy that the structure points to are static.
/// Only generic netlink changes it, and [`Registration`] while `registered` says that it
/// may.
pub(crate) struct Family {
    inner: Opaque<bindings::genl_family>,
    registered: Atomic<bool>,
}

// SAFETY: By the type invariant it changes under generic netlink's locks only.
unsafe impl Sync for Family {}

impl Family {
    /// Declares a family of version 0 for all namespaces.
    pub(crate) const fn new<const N: usize>(
        module: &'static ThisModule,
        name: &'static CStr,
        policy: &'static Policy<N>,
        ops: &'static [Op],
        groups: &'static [Group],
    ) -> Self {
        // SAFETY: All zero is a valid family, one without operations.
        let mut family: bindings::genl_family = unsafe { core::mem::zeroed() };
        family.name = name_of(name);
        family.maxattr = Policy::<N>::max_attr();
        family.policy = policy.as_ptr();
        family.module = module.as_ptr().cast();
        family.small_ops = ops.as_ptr().cast();
        family.n_small_ops = ops.len() as u8;
        family.mcgrps = groups.as_ptr().cast();
        family.n_mcgrps = groups.len() as u8;
        // Strict commands look at the header by themselves.
        family.resv_start_op = u8::MAX;
        // INVARIANT: All references are to statics.
        Self {
            inner: Opaque::new(family),
            registered: Atomic::new(false),
        }
    }

    /// Returns the pointer that C functions take.
    fn as_ptr(&self) -> *mut bindings::genl_family {
        self.inner.get()
    }

    /// Whether anybody in `net` listens to the group with this index.
    pub(crate) fn has_listeners(&self, net: &Net, group: u32) -> bool {
        // SAFETY: Family and namespace are valid.
        unsafe { bindings::helpers::genl_has_listeners(self.as_ptr(), net.as_ptr(), group) != 0 }
    }
}

/// The registration of a family.
///
/// # Invariants
///
/// The family is registered.
pub(crate) struct Registration(&'static Family);

impl Registration {
    /// Registers `family`.
    ///
    /// # Errors
    ///
    /// EEXIST when there is a family of that name; ENOMEM.
    pub(crate) fn new(family: &'static Family) -> Result<Self> {
        if family.registered.xchg(true, Full) {
            return Err(EBUSY);
        }
        // SAFETY: The family is static, and not registered, so that its flags may be changed.
        let result = unsafe {
            (*family.as_ptr()).set_netnsok(1);
            (*family.as_ptr()).set_parallel_ops(1);
            to_result(bindings::genl_register_family(family.as_ptr()))
        };
        if result.is_err() {
            family.registered.store(false, Release);
        }
        // INVARIANT: Registered, unless there was an error.
        result.map(|()| Self(family))
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the family is registered.
        unsafe { bindings::genl_unregister_family(self.0.as_ptr()) };
        self.0.registered.store(false, Release);
    }
}

/// A request for a [`Command`].
///
/// # Invariants
///
/// The pointers are valid, with all that they point to, during `'a`.
pub(crate) struct Request<'a> {
    skb: NonNull<bindings::sk_buff>,
    info: NonNull<bindings::genl_info>,
    _lifetime: PhantomData<&'a ()>,
}

impl<'a> Request<'a> {
    /// The request as C code sees it.
    fn info(&self) -> &'a bindings::genl_info {
        // SAFETY: By the type invariant the pointer is valid during `'a`.
        unsafe { &*self.info.as_ptr() }
    }

    /// The request's attributes.
    pub(crate) fn attrs(&self) -> Attrs<'a> {
        let info = self.info();
        // SAFETY: Generic netlink has parsed the attributes up to the family's highest,
        // according to its policy.
        unsafe { Attrs::from_raw(info.attrs, (*info.family).maxattr) }
    }

    /// The flags in the netlink header.
    pub(crate) fn flags(&self) -> u16 {
        // SAFETY: The request's header is there.
        unsafe { (*self.info().nlhdr).nlmsg_flags }
    }

    /// The namespace of the caller's socket.
    pub(crate) fn net(&self) -> &'a Net {
        // SAFETY: The request is valid, and the caller's socket holds its namespace.
        unsafe { Net::from_raw(bindings::helpers::genl_info_net(self.info.as_ptr())) }
    }

    /// Whether the caller has CAP_NET_ADMIN over `net`.
    pub(crate) fn is_admin_of(&self, net: &Net) -> bool {
        // SAFETY: By the type invariant the request is valid, and so is the namespace.
        unsafe { bindings::helpers::netlink_net_admin(self.skb.as_ptr(), net.as_ptr()) }
    }

    /// Begins the answer to the request: a message with the command number `cmd`.
    ///
    /// # Errors
    ///
    /// ENOMEM.
    pub(crate) fn answer(&self, family: &'static Family, cmd: u8) -> Result<Message> {
        let info = self.info();
        Message::new(
            family,
            info.snd_portid,
            info.snd_seq,
            cmd,
            bindings::NET_CONST_GFP_KERNEL,
        )
    }

    /// Sends the answer to the request.
    ///
    /// # Errors
    ///
    /// ENOBUFS, EAGAIN, ECONNREFUSED: the caller does not take it.
    pub(crate) fn send(&self, message: Message) -> Result {
        let portid = self.info().snd_portid;
        // SAFETY: The namespace is valid; the message is given away.
        to_result(unsafe {
            bindings::helpers::genlmsg_unicast(self.net().as_ptr(), message.finish(), portid)
        })
    }
}

/// A generic netlink message under construction.
///
/// # Invariants
///
/// `skb` is a valid message that we own, and `header` the generic netlink header
/// in it.
pub(crate) struct Message {
    family: &'static Family,
    skb: NonNull<bindings::sk_buff>,
    header: NonNull<c_void>,
    gfp: bindings::gfp_t,
}

impl Message {
    /// Begins a message with the command number `cmd`.
    ///
    /// # Errors
    ///
    /// ENOMEM.
    fn new(
        family: &'static Family,
        portid: u32,
        seq: u32,
        cmd: u8,
        gfp: bindings::gfp_t,
    ) -> Result<Self> {
        // SAFETY: Allocates, in a way that the callers know to be right for their context.
        let skb = NonNull::new(unsafe { bindings::helpers::genlmsg_new(MESSAGE_SIZE, gfp) })
            .ok_or(ENOMEM)?;
        // SAFETY: Message and family are valid.
        let header =
            unsafe { bindings::genlmsg_put(skb.as_ptr(), portid, seq, family.as_ptr(), 0, cmd) };
        match NonNull::new(header) {
            // INVARIANT: Allocated above, with the header that was put into it.
            Some(header) => Ok(Self {
                family,
                skb,
                header,
                gfp,
            }),
            None => {
                // SAFETY: The message is ours to free.
                unsafe { bindings::consume_skb(skb.as_ptr()) };
                Err(ENOMEM)
            }
        }
    }

    /// Begins a notification, to which no request has led. Process context.
    ///
    /// # Errors
    ///
    /// ENOMEM.
    pub(crate) fn notification(family: &'static Family, cmd: u8) -> Result<Self> {
        Self::new(family, 0, 0, cmd, bindings::NET_CONST_GFP_KERNEL)
    }

    /// The same for any context: of something that a packet has told.
    ///
    /// # Errors
    ///
    /// ENOMEM.
    pub(crate) fn notification_atomic(family: &'static Family, cmd: u8) -> Result<Self> {
        Self::new(family, 0, 0, cmd, bindings::NET_CONST_GFP_ATOMIC)
    }

    /// Where the attributes are written.
    pub(crate) fn writer(&mut self) -> Writer<'_> {
        // SAFETY: By the type invariant the message is ours, and borrowed by the result.
        unsafe { Writer::from_raw(self.skb) }
    }

    /// Sends the message to the listeners in `net` of the group with this index. That
    /// there are none, or that some do not keep up, is not an error.
    pub(crate) fn multicast(self, net: &Net, group: u32) {
        let (family, gfp) = (self.family.as_ptr(), self.gfp);
        // SAFETY: Family and namespace are valid; the message is given away.
        unsafe {
            bindings::helpers::genlmsg_multicast_netns(
                family,
                net.as_ptr(),
                self.finish(),
                0,
                group,
                gfp,
            )
        };
    }

    /// Fills in the length and hands the message over to C code.
    fn finish(self) -> *mut bindings::sk_buff {
        let this = core::mem::ManuallyDrop::new(self);
        // SAFETY: By the type invariant message and header belong together.
        unsafe { bindings::helpers::genlmsg_end(this.skb.as_ptr(), this.header.as_ptr()) };
        this.skb.as_ptr()
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the message is ours to free.
        unsafe { bindings::consume_skb(self.skb.as_ptr()) };
    }
}

/// A request for a part of a [`Dump`].
///
/// # Invariants
///
/// The pointers are valid during `'a`, and nobody else uses them.
pub(crate) struct DumpRequest<'a> {
    skb: NonNull<bindings::sk_buff>,
    cb: NonNull<bindings::netlink_callback>,
    _lifetime: PhantomData<&'a mut ()>,
}

impl<'a> DumpRequest<'a> {
    /// The namespace of the caller's socket.
    pub(crate) fn net(&self) -> &'a Net {
        // SAFETY: By the type invariant the message is valid; the caller's socket, which
        // it belongs to, holds its namespace.
        unsafe { Net::from_raw(bindings::helpers::skb_sock_net(self.skb.as_ptr())) }
    }

    /// The request's attributes.
    pub(crate) fn attrs(&self) -> Attrs<'a> {
        // SAFETY: By the type invariant the callback state is valid. Generic netlink keeps
        // the attributes until the end of the dump, parsed up to the family's highest.
        unsafe {
            let info = bindings::helpers::genl_info_dump(self.cb.as_ptr());
            Attrs::from_raw((*info).attrs, (*(*info).family).maxattr)
        }
    }

    /// Where a message for the caller goes, beside an error.
    pub(crate) fn extack(&mut self) -> ExtAck<'_> {
        // SAFETY: By the type invariant the callback state is valid, and its extack lives
        // as long as this part of the dump.
        unsafe { ExtAck::from_raw((*self.cb.as_ptr()).extack) }
    }

    /// What is remembered from one part of the dump to the next: zeroes at first.
    pub(crate) fn state(&mut self) -> &mut [c_long; 6] {
        // SAFETY: By the type invariant the callback state is valid and ours; the union
        // holds plain numbers in either form.
        unsafe { &mut (*self.cb.as_ptr()).__bindgen_anon_1.args }
    }

    /// Writes one entry, a message of its own with the command number `cmd`. False
    /// when it does not fit: then nothing is written, and the entry is to come first
    /// in the next part.
    pub(crate) fn entry(
        &mut self,
        family: &'static Family,
        cmd: u8,
        fill: impl FnOnce(&mut Writer<'_>) -> Result,
    ) -> bool {
        // SAFETY: By the type invariant the pointers are valid, and the callback holds the
        // request that is answered.
        let header = unsafe {
            let cb = self.cb.as_ptr();
            bindings::genlmsg_put(
                self.skb.as_ptr(),
                bindings::helpers::netlink_portid((*cb).skb),
                (*(*cb).nlh).nlmsg_seq,
                family.as_ptr(),
                bindings::NLM_F_MULTI as c_int,
                cmd,
            )
        };
        if header.is_null() {
            return false;
        }
        // SAFETY: By the type invariant nobody else writes the message.
        let mut writer = unsafe { Writer::from_raw(self.skb) };
        let fits = fill(&mut writer).is_ok();
        // SAFETY: `header` was put into this message above.
        unsafe {
            if fits {
                bindings::helpers::genlmsg_end(self.skb.as_ptr(), header);
            } else {
                bindings::helpers::genlmsg_cancel(self.skb.as_ptr(), header);
            }
        }
        fits
    }
}

/// Checks that nothing is set in the headers of a request but flags that netlink itself looks at,
/// and `flags`. Generic netlink would do so by itself, but lets no command have flags then.
///
/// # Safety
///
/// `info` must be that of a valid request, and `extack` null or valid for writing.
unsafe fn check_headers(
    info: *const bindings::genl_info,
    flags: u32,
    extack: *mut bindings::netlink_ext_ack,
) -> Result {
    let known = bindings::NLM_F_REQUEST | bindings::NLM_F_ACK | bindings::NLM_F_ECHO;
    // SAFETY: By the caller's duty the request is valid, with both of its headers, and the extack
    // can be written; it is not used after the call.
    let (set, reserved, mut extack) = unsafe {
        let info = &*info;
        (
            u32::from((*info.nlhdr).nlmsg_flags),
            (*info.genlhdr).reserved,
            ExtAck::from_raw(extack),
        )
    };
    if set & !(known | flags) != 0 {
        return Err(extack.fail(EINVAL, c"Flags are set that this command does not have"));
    }
    if reserved != 0 {
        return Err(extack.fail(EINVAL, c"The reserved octets of the header are to be zero"));
    }
    Ok(())
}

/// # Safety
///
/// Called by generic netlink with a valid request.
unsafe extern "C" fn doit_strict<C: Command>(
    skb: *mut bindings::sk_buff,
    info: *mut bindings::genl_info,
) -> c_int {
    // SAFETY: The caller's duty; the request's extack is valid as long.
    match unsafe { check_headers(info, u32::from(C::FLAGS), (*info).extack) } {
        // SAFETY: The caller's duty.
        Ok(()) => unsafe { doit::<C>(skb, info) },
        Err(error) => error.to_errno(),
    }
}

/// # Safety
///
/// Called by generic netlink with a valid request.
unsafe extern "C" fn doit<C: Command>(
    skb: *mut bindings::sk_buff,
    info: *mut bindings::genl_info,
) -> c_int {
    from_result(|| {
        // INVARIANT: The request outlives the call.
        let request = Request {
            skb: NonNull::new(skb).ok_or(EINVAL)?,
            info: NonNull::new(info).ok_or(EINVAL)?,
            _lifetime: PhantomData,
        };
        // SAFETY: The request's extack outlives the call, and the result is dropped
        // before.
        let mut extack = unsafe { ExtAck::from_raw((*info).extack) };
        C::run(&request, &mut extack).map(|()| 0)
    })
}

/// # Safety
///
/// Called by generic netlink with a valid message and callback state.
unsafe extern "C" fn dumpit<C: Dump>(
    skb: *mut bindings::sk_buff,
    cb: *mut bindings::netlink_callback,
) -> c_int {
    let result = || -> Result<c_int> {
        // INVARIANT: Both are ours for the duration of the call.
        let mut request = DumpRequest {
            skb: NonNull::new(skb).ok_or(EINVAL)?,
            cb: NonNull::new(cb).ok_or(EINVAL)?,
            _lifetime: PhantomData,
        };
        C::dump(&mut request)?;
        // SAFETY: The message is valid.
        c_int::try_from(unsafe { (*skb).len }).map_err(|_| EINVAL)
    };
    result().unwrap_or_else(Error::to_errno)
}

/// # Safety
///
/// Called by generic netlink with a valid message and callback state.
unsafe extern "C" fn dumpit_strict<C: Dump>(
    skb: *mut bindings::sk_buff,
    cb: *mut bindings::netlink_callback,
) -> c_int {
    // SAFETY: The callback state is valid, and holds the request that is answered. Its extack is
    // that of this part of the dump, while the one in `info` is that of the first.
    let checked = unsafe {
        let info = bindings::helpers::genl_info_dump(cb);
        check_headers(info, bindings::NLM_F_DUMP, (*cb).extack)
    };
    match checked {
        // SAFETY: The caller's duty.
        Ok(()) => unsafe { dumpit::<C>(skb, cb) },
        Err(error) => error.to_errno(),
    }
}
