// SPDX-License-Identifier: GPL-2.0

//! Kinds of links, and what rtnetlink and the stack call.

use super::{
    super::{
        bindings,
        extack::ExtAck,
        netns::Net,
        nlattr::{
            Attrs,
            Policy,
            Writer, //
        },
        rcu::assume_read_lock,
        skb::SkBuff,
        work::DeviceWork, //
    },
    device::{
        Device,
        DeviceRef,
        Private,
        Quiet,
        Sending, //
    },
    setup::{
        HighAttrs,
        NewLink,
        Setup, //
    },
    Driver, //
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
    num::casts::u32_as_usize,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Release, //
        },
        rcu, //
    },
    types::Opaque, //
};

/// What the devices made from one namespace hang on.
#[repr(C)]
struct PerNet {
    /// Head of the list of `Private::node`.
    devices: bindings::list_head,
}

/// A kind of link: what rtnetlink knows of the driver `T`. To be declared as a
/// static.
///
/// # Invariants
///
/// Only [`Registration`] changes what is inside, and only while `registered` says
/// that it may.
pub(crate) struct Type<T> {
    link_ops: Opaque<bindings::rtnl_link_ops>,
    netdev_ops: bindings::net_device_ops,
    ethtool_ops: bindings::ethtool_ops,
    device_type: bindings::device_type,
    pernet_ops: Opaque<bindings::pernet_operations>,
    pernet_id: Opaque<c_uint>,
    registered: Atomic<bool>,
    _driver: PhantomData<T>,
}

// SAFETY: By the type invariant nothing inside changes but under the locks of the
// subsystems that it is registered with.
unsafe impl<T> Sync for Type<T> {}

impl<T: Driver> Type<T> {
    /// Declares the kind `kind`, whose attributes are checked by `policy`.
    pub(crate) const fn new<const N: usize>(
        kind: &'static CStr,
        policy: &'static Policy<N>,
    ) -> Self {
        // SAFETY: All zero is valid for these C structures: no list, no operation.
        let (mut link, mut netdev, mut device, mut pernet): (
            bindings::rtnl_link_ops,
            bindings::net_device_ops,
            bindings::device_type,
            bindings::pernet_operations,
        ) = unsafe { core::mem::zeroed() };

        link.kind = kind.to_bytes_with_nul().as_ptr();
        link.priv_size = size_of::<Private<T>>();
        link.maxtype = Policy::<N>::max_attr();
        link.policy = policy.as_ptr();
        link.setup = Some(Self::setup);
        link.validate = Some(Self::validate);
        link.newlink = Some(Self::newlink);
        link.changelink = Some(Self::changelink);
        link.dellink = Some(Self::dellink);
        link.get_size = Some(Self::get_size);
        link.fill_info = Some(Self::fill_info);
        netdev.ndo_init = Some(Self::init);
        netdev.ndo_uninit = Some(Self::uninit);
        netdev.ndo_start_xmit = Some(Self::start_xmit);
        device.name = kind.to_bytes_with_nul().as_ptr();
        pernet.init = Some(Self::net_init);
        pernet.exit_rtnl = Some(Self::net_exit_rtnl);
        pernet.size = size_of::<PerNet>();
        // INVARIANT: Nothing is registered yet.
        Self {
            link_ops: Opaque::new(link),
            netdev_ops: netdev,
            ethtool_ops: Self::ethtool_ops(),
            device_type: device,
            pernet_ops: Opaque::new(pernet),
            pernet_id: Opaque::new(0),
            registered: Atomic::new(false),
            _driver: PhantomData,
        }
    }

    /// Highest attribute number of the kind.
    fn max_attr(&self) -> u32 {
        // SAFETY: The field is not changed after `new()`.
        unsafe { (*self.link_ops.get()).maxtype }
    }

    /// Whether `dev` is of this kind.
    ///
    /// # Safety
    ///
    /// `dev` must be valid.
    unsafe fn made(&self, dev: *mut bindings::net_device) -> bool {
        // SAFETY: The device is valid by the caller's duty.
        core::ptr::eq(unsafe { (*dev).rtnl_link_ops }, self.link_ops.get())
    }

    /// Finds the device of this kind with the number `ifindex` in `net`.
    pub(crate) fn find(&self, net: &Net, ifindex: u32) -> Option<DeviceRef<T>> {
        let ifindex = c_int::try_from(ifindex).ok()?;
        // SAFETY: The namespace is valid; the function takes a reference.
        let dev = NonNull::new(unsafe { bindings::dev_get_by_index(net.as_ptr(), ifindex) })?;
        // SAFETY: We hold a reference to the device.
        if unsafe { self.made(dev.as_ptr()) } {
            // SAFETY: We own a reference. The device can be found, so it is registered, and
            // its private data was initialised before that.
            return Some(unsafe { DeviceRef::from_raw(dev) });
        }
        // SAFETY: We own the reference that is given back.
        unsafe { bindings::helpers::dev_put(dev.as_ptr()) };
        None
    }

    /// Finds the device of this kind in `net` with the lowest number from
    /// `ifindex` on.
    pub(crate) fn next<'rcu>(
        &self,
        net: &Net,
        ifindex: u32,
        _rcu: &'rcu rcu::Guard,
    ) -> Option<&'rcu Device<T>> {
        let mut index = u32_as_usize(ifindex);
        loop {
            // SAFETY: The namespace is valid, and the RCU read lock is held.
            let dev = unsafe { bindings::helpers::netdev_dump_next(net.as_ptr(), &mut index) };
            if dev.is_null() {
                return None;
            }
            // SAFETY: The device stays valid until the end of the read section.
            if unsafe { self.made(dev) } {
                // SAFETY: As above; it can be found, so its private data is initialised.
                return Some(unsafe { Device::from_raw(dev) });
            }
            index = index.checked_add(1)?;
        }
    }

    /// The list of the devices made from `net`.
    ///
    /// # Safety
    ///
    /// `net` must be valid, the kind registered, and RTNL held.
    unsafe fn devices_of(&self, net: *mut bindings::net) -> *mut bindings::list_head {
        // SAFETY: The number was assigned at registration, with room for a `PerNet`.
        unsafe {
            let pernet = bindings::helpers::net_generic(net, *self.pernet_id.get());
            &raw mut (*pernet.cast::<PerNet>()).devices
        }
    }

    /// # Safety
    ///
    /// Called by rtnetlink with a newly allocated device.
    unsafe extern "C" fn setup(dev: *mut bindings::net_device) {
        let kind = T::link_type();
        // SAFETY: The device is valid, and nobody else can see it; the operations are
        // static.
        unsafe {
            (*dev).netdev_ops = &kind.netdev_ops;
            (*dev).ethtool_ops = &kind.ethtool_ops;
            (*dev).dev.type_ = &kind.device_type;
        }
        // SAFETY: As above.
        T::setup(&unsafe { Setup::from_raw(dev) });
    }

    /// # Safety
    ///
    /// Called by rtnetlink with parsed attributes.
    unsafe extern "C" fn validate(
        _tb: *mut *mut bindings::nlattr,
        data: *mut *mut bindings::nlattr,
        extack: *mut bindings::netlink_ext_ack,
    ) -> c_int {
        from_result(|| {
            // SAFETY: rtnetlink has parsed `data` according to the kind's policy, if
            // there is any, and both outlive the call.
            let (attrs, mut extack) = unsafe {
                (
                    Attrs::from_raw(data, T::link_type().max_attr()),
                    ExtAck::from_raw(extack),
                )
            };
            T::validate(&attrs, &mut extack).map(|()| 0)
        })
    }

    /// # Safety
    ///
    /// Called by rtnetlink with a device that `setup()` has seen, RTNL held.
    unsafe extern "C" fn newlink(
        dev: *mut bindings::net_device,
        params: *mut bindings::rtnl_newlink_params,
        extack: *mut bindings::netlink_ext_ack,
    ) -> c_int {
        from_result(|| {
            let kind = T::link_type();
            // SAFETY: The device was allocated with `priv_size`, stays where it is, and nobody
            // else sees it.
            unsafe { DeviceWork::init::<T>((&raw mut (*Private::<T>::of(dev)).work).cast(), dev) };
            // SAFETY: The parameters outlive the call, and rtnetlink has parsed them.
            let params = unsafe { NewLink::from_raw(params, kind.max_attr()) };
            // SAFETY: rtnetlink's extack outlives the call.
            let mut extack = unsafe { ExtAck::from_raw(extack) };
            // SAFETY: The device was allocated with `priv_size`.
            let private = unsafe { Private::<T>::of(dev) };
            // SAFETY: Nobody else sees the device. The data stays where it is until the
            // device is freed, so it is pinned.
            let data = unsafe {
                (*private).dev = dev;
                (*private).data.as_mut_ptr()
            };
            let init = T::new(&params, &mut extack)?;
            // SAFETY: `data` is valid for writing, and stays in its place. On an error
            // nothing is left to drop.
            unsafe { pin_init::raw_try_init(data, init)? };

            // SAFETY: The private data was initialised just now.
            let device = unsafe { Device::<T>::from_raw(dev) };
            // SAFETY: The device is not registered yet.
            let setup = unsafe { Setup::from_raw(dev) };
            let opened = T::open(device, &setup, &params, &mut extack);
            let registered = opened.and_then(|()| {
                // SAFETY: The device is complete, and RTNL is held.
                to_result(unsafe { bindings::register_netdevice(dev) })
            });
            if let Err(error) = registered {
                // SAFETY: The work is initialised; `open()` may have scheduled it. RTNL is held,
                // which the work does not take.
                unsafe { DeviceWork::end((&raw mut (*private).work).cast()) };
                // SAFETY: The device is not registered, or not any more.
                T::close(device, &unsafe { Quiet::assume(dev) });
                let listed = bindings::netdev_reg_state_NETREG_UNREGISTERING;
                // SAFETY: RTNL, under which the state changes, is held.
                if u32::from(unsafe { (*dev).reg_state }) == listed {
                    // The device could be found for a while: others may hold references. The
                    // stack waits for these, and then calls the destructor.
                    T::remove(device);
                    // SAFETY: The device is valid, and the stack looks at the field when RTNL
                    // is released.
                    unsafe { (*dev).priv_destructor = Some(Self::destructor) };
                    return Err(error);
                }
                // Nobody holds a reference. Who came to the data from a socket did so under
                // RCU.
                // SAFETY: We are in process context.
                unsafe { bindings::synchronize_net() };
                // SAFETY: The data is initialised, and nobody looks at it any more: the device
                // was never to be found, `close()` has taken it from its sockets, and their
                // readers are done. There is no destructor yet that would drop it again.
                unsafe { core::ptr::drop_in_place(data) };
                return Err(error);
            }
            // SAFETY: RTNL is held; the namespace and the device are valid.
            unsafe {
                (*dev).priv_destructor = Some(Self::destructor);
                bindings::helpers::list_add(
                    &raw mut (*private).node,
                    kind.devices_of(params.net().as_ptr()),
                );
            }
            Ok(0)
        })
    }

    /// # Safety
    ///
    /// Called by rtnetlink with a registered device of this kind and parsed attributes, RTNL
    /// held.
    unsafe extern "C" fn changelink(
        dev: *mut bindings::net_device,
        tb: *mut *mut bindings::nlattr,
        _data: *mut *mut bindings::nlattr,
        extack: *mut bindings::netlink_ext_ack,
    ) -> c_int {
        from_result(|| {
            // SAFETY: The device is registered, so its data is initialised. rtnetlink has
            // parsed the attributes of the link into `tb`; all outlive the call.
            let (dev, attrs, mut extack) = unsafe {
                (
                    Device::<T>::from_raw(dev),
                    HighAttrs::from_raw(tb),
                    ExtAck::from_raw(extack),
                )
            };
            T::change(dev, &attrs, &mut extack).map(|()| 0)
        })
    }

    /// # Safety
    ///
    /// Called with a registered device of this kind, RTNL held.
    unsafe extern "C" fn dellink(dev: *mut bindings::net_device, head: *mut bindings::list_head) {
        // SAFETY: The device is registered, so its data is initialised.
        T::remove(unsafe { Device::<T>::from_raw(dev) });
        // SAFETY: The device is on its namespace's list since `newlink()`, and RTNL,
        // which protects the list, is held.
        unsafe {
            bindings::helpers::list_del(&raw mut (*Private::<T>::of(dev)).node);
            bindings::unregister_netdevice_queue(dev, head);
        }
    }

    /// # Safety
    ///
    /// Called by the stack with a device of this kind that is being registered.
    unsafe extern "C" fn init(dev: *mut bindings::net_device) -> c_int {
        // SAFETY: The device has a private part, where nobody uses the cells yet.
        unsafe { bindings::gro_cells_init((*Private::<T>::of(dev)).gro_cells.get(), dev) }
    }

    /// # Safety
    ///
    /// Called by the stack with a device of this kind that goes away, RTNL held.
    unsafe extern "C" fn uninit(dev: *mut bindings::net_device) {
        // SAFETY: `newlink()` initialises the work before it registers the device. RTNL is held,
        // which work does not take.
        unsafe { DeviceWork::end((&raw mut (*Private::<T>::of(dev)).work).cast()) };
        // SAFETY: `newlink()` initialises the data before it registers the device, and the
        // stack has closed it and waited for who was sending.
        unsafe { T::close(Device::<T>::from_raw(dev), &Quiet::assume(dev)) };
        // SAFETY: `init()` was called. Who receives under RCU sees that the device is down
        // before it looks at the cells, whose memory is freed a grace period later.
        unsafe { bindings::gro_cells_destroy((*Private::<T>::of(dev)).gro_cells.get()) };
    }

    /// # Safety
    ///
    /// Called by the stack once, when nobody refers to the device any more and a
    /// grace period has passed since `uninit()`.
    unsafe extern "C" fn destructor(dev: *mut bindings::net_device) {
        // SAFETY: The data is initialised, since the destructor is set after that, and
        // nobody else looks at it.
        unsafe { (*Private::<T>::of(dev)).data.assume_init_drop() };
    }

    /// # Safety
    ///
    /// Called by the stack with a packet that it gives away.
    unsafe extern "C" fn start_xmit(
        skb: *mut bindings::sk_buff,
        dev: *mut bindings::net_device,
    ) -> bindings::netdev_tx_t {
        // SAFETY: The stack calls in a read section.
        let rcu = unsafe { assume_read_lock() };
        // SAFETY: The packet is ours from here on; the device is registered, so its
        // data is initialised.
        let (device, skb) = unsafe { (Device::<T>::from_raw(dev), SkBuff::from_raw(skb)) };
        // SAFETY: The stack calls with softirqs disabled, and waits for us when it closes the
        // device.
        let sending = unsafe { Sending::assume(dev) };
        T::xmit(device, skb, &sending, &rcu);
        bindings::netdev_tx_NETDEV_TX_OK
    }

    /// # Safety
    ///
    /// Called by rtnetlink with a device of this kind.
    unsafe extern "C" fn get_size(_dev: *const bindings::net_device) -> usize {
        T::INFO_SIZE
    }

    /// # Safety
    ///
    /// Called by rtnetlink with a registered device and a message to write to.
    unsafe extern "C" fn fill_info(
        skb: *mut bindings::sk_buff,
        dev: *const bindings::net_device,
    ) -> c_int {
        from_result(|| {
            let skb = NonNull::new(skb).ok_or(EINVAL)?;
            // SAFETY: The message is rtnetlink's, for us to write; the device is
            // registered, so its data is initialised.
            let (dev, mut writer) =
                unsafe { (Device::<T>::from_raw(dev.cast_mut()), Writer::from_raw(skb)) };
            T::fill_info(dev, &mut writer).map(|()| 0)
        })
    }

    /// # Safety
    ///
    /// Called once for each namespace.
    unsafe extern "C" fn net_init(net: *mut bindings::net) -> c_int {
        // SAFETY: The kind is being registered, the namespace valid, and nobody else
        // looks at the list yet.
        unsafe {
            let head = T::link_type().devices_of(net);
            (*head).next = head;
            (*head).prev = head;
        }
        0
    }

    /// # Safety
    ///
    /// Called for a namespace that goes away, RTNL held.
    unsafe extern "C" fn net_exit_rtnl(
        net: *mut bindings::net,
        dev_kill_list: *mut bindings::list_head,
    ) {
        // SAFETY: RTNL is held. All entries are `node` of a private part, its first
        // field; `dellink()` takes the entry from the list.
        unsafe {
            let head = T::link_type().devices_of(net);
            loop {
                let node = (*head).next;
                if node == head {
                    break;
                }
                Self::dellink((*node.cast::<Private<T>>()).dev, dev_kill_list);
            }
        }
    }
}

/// The registration of a kind of link. Dropping it removes all devices.
///
/// # Invariants
///
/// The kind is registered with rtnetlink and for every namespace.
pub(crate) struct Registration<T: Driver>(&'static Type<T>);

impl<T: Driver> Registration<T> {
    /// Registers the driver's kind.
    ///
    /// # Errors
    ///
    /// EEXIST when another driver has registered the kind; ENOMEM.
    pub(crate) fn new() -> Result<Self> {
        let kind = T::link_type();
        if kind.registered.xchg(true, Full) {
            return Err(EBUSY);
        }
        let result = Self::register(kind);
        if result.is_err() {
            kind.registered.store(false, Release);
        }
        // INVARIANT: Registered, unless there was an error.
        result.map(|()| Self(kind))
    }

    /// Registers for the namespaces, which must be there before the first device,
    /// and then with rtnetlink.
    fn register(kind: &'static Type<T>) -> Result {
        // SAFETY: `registered` says that we alone may change what is inside. All is
        // static.
        unsafe {
            (*kind.pernet_ops.get()).id = kind.pernet_id.get();
            to_result(bindings::register_pernet_subsys(kind.pernet_ops.get()))?;
            to_result(bindings::rtnl_link_register(kind.link_ops.get())).inspect_err(|_| {
                bindings::unregister_pernet_subsys(kind.pernet_ops.get());
            })
        }
    }
}

impl<T: Driver> Drop for Registration<T> {
    fn drop(&mut self) {
        // The driver is not asked again, which might name another kind.
        let kind = self.0;
        // SAFETY: By the type invariant both are registered.
        unsafe {
            bindings::rtnl_link_unregister(kind.link_ops.get());
            bindings::unregister_pernet_subsys(kind.pernet_ops.get());
        }
        kind.registered.store(false, Release);
    }
}
